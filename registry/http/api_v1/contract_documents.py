"""The documents about readers, writers and deployments."""

from __future__ import annotations

from typing import Any

import msgspec

from registry.contracts import Readability, Reason
from registry.http.api_v1.documents import Answer
from registry.model import Deployment, FieldsNeed, Reader, ReaderNeed, Writer
from registry.service import wording
from registry.service.answers import ApplicationDetail, Deployability, Impact, Matrix, ReaderRow, WriterRow


class ReaderDocument(Answer, frozen=True):
    """A declared reader."""

    subject: str
    application: str
    build: str
    need: dict[str, Any]
    """``kind`` is ``fields``, ``schema`` or ``versions``."""
    declared: str
    actor: str
    position: int


class WriterDocument(Answer, frozen=True):
    """A declared writer."""

    subject: str
    application: str
    build: str
    versions: list[int]
    declared: str
    actor: str
    position: int


class DeploymentDocument(Answer, frozen=True):
    """A build that is live."""

    application: str
    build: str
    environment: str
    mode: str
    since: str
    actor: str


class ApplicationDocument(Answer, frozen=True):
    """An application with what its builds read and write, and where they are live."""

    application: str
    owner: str
    readers: list[ReaderDocument]
    writers: list[WriterDocument]
    deployments: list[DeploymentDocument]


class EnvironmentDocument(Answer, frozen=True):
    """An environment and how many builds are live there."""

    environment: str
    builds: int


class CellDocument(Answer, frozen=True):
    """How a reader reads one version: ``direct``, ``upcaster``, ``broken`` or ``unknown``."""

    version: int
    """0 for a candidate."""
    way: str
    through: list[int]
    """The versions on the way, where upcasters bring the event."""
    obstacles: list[dict[str, Any]]
    """What keeps it from reading the version directly, with the witness."""


class RowDocument(Answer, frozen=True):
    """A reader with its cells."""

    application: str
    build: str
    owner: str
    environments: list[str]
    need: dict[str, Any]
    cells: list[CellDocument]


class WriterRowDocument(Answer, frozen=True):
    """A writer and where it is live."""

    application: str
    build: str
    owner: str
    environments: list[str]
    versions: list[int]


class MatrixDocument(Answer, frozen=True):
    """Readers down, live versions across."""

    subject: str
    environment: str | None
    versions: list[int]
    readers: list[RowDocument]
    writers: list[WriterRowDocument]


class ImpactDocument(Answer, frozen=True):
    """What a candidate would do to the live readers."""

    subject: str
    environment: str | None
    answer: str
    """``yes``: all of them read it; ``no``: some break; ``unknown``: undecided, or nothing is recorded as live."""
    readers: int
    broken: int
    unknown: int
    recorded: bool
    """Whether anything is recorded as live there."""
    rows: list[RowDocument]
    messages: list[str]
    """One sentence for each reader that does not read it."""


class ReasonDocument(Answer, frozen=True):
    """One sentence of an answer, with what it is about."""

    answer: str
    sentence: str
    subject: str | None
    version: int | None
    reader: str | None
    writer: str | None
    obstacles: list[dict[str, Any]]


class DeployabilityDocument(Answer, frozen=True):
    """Whether a build may go live: ``yes``, ``no`` or ``unknown``, and why."""

    application: str
    build: str
    environment: str
    answer: str
    reasons: list[ReasonDocument]
    warnings: list[str]


def _need(need: ReaderNeed) -> dict[str, Any]:
    """As it stands in the log, with nothing left out that is empty."""
    found: dict[str, Any] = msgspec.to_builtins(need)
    return found | ({"basedOn": need.based_on} if isinstance(need, FieldsNeed) else {})


def reader(one: Reader) -> ReaderDocument:
    """A declared reader."""
    return ReaderDocument(
        subject=str(one.subject),
        application=one.build.application,
        build=one.build.name,
        need=_need(one.need),
        declared=one.declared.isoformat(),
        actor=one.actor,
        position=one.position,
    )


def writer(one: Writer) -> WriterDocument:
    """A declared writer."""
    return WriterDocument(
        subject=str(one.subject),
        application=one.build.application,
        build=one.build.name,
        versions=list(one.versions),
        declared=one.declared.isoformat(),
        actor=one.actor,
        position=one.position,
    )


def deployment(one: Deployment) -> DeploymentDocument:
    """A build that is live."""
    return DeploymentDocument(
        application=one.build.application,
        build=one.build.name,
        environment=one.environment,
        mode=one.mode,
        since=one.since.isoformat(),
        actor=one.actor,
    )


def application(one: ApplicationDetail) -> ApplicationDocument:
    """An application with what it has declared."""
    return ApplicationDocument(
        application=one.name,
        owner=one.owner,
        readers=[reader(each) for each in one.readers],
        writers=[writer(each) for each in one.writers],
        deployments=[deployment(each) for each in one.deployments],
    )


def _row(row: ReaderRow) -> RowDocument:
    return RowDocument(
        application=row.reader.build.application,
        build=row.reader.build.name,
        owner=row.owner,
        environments=[one.environment for one in row.deployments],
        need=_need(row.reader.need),
        cells=[_cell(cell) for cell in row.cells],
    )


def _writer_row(row: WriterRow) -> WriterRowDocument:
    return WriterRowDocument(
        application=row.writer.build.application,
        build=row.writer.build.name,
        owner=row.owner,
        environments=[one.environment for one in row.deployments],
        versions=list(row.writer.versions),
    )


def _cell(cell: Readability) -> CellDocument:
    return CellDocument(
        version=cell.version,
        way=cell.way.value,
        through=list(cell.through),
        obstacles=[wording.cause(cause) for cause in cell.obstacles],
    )


def impact(found: Impact) -> ImpactDocument:
    """What a candidate would do to the live readers."""
    return ImpactDocument(
        subject=str(found.subject),
        environment=found.environment,
        answer=found.answer.value,
        readers=len(found.readers),
        broken=len(found.broken),
        unknown=len(found.unknown),
        recorded=found.recorded,
        rows=[_row(row) for row in found.readers],
        messages=[wording.reader_sentence(row) for row in (*found.broken, *found.unknown)],
    )


def _reason(one: Reason) -> ReasonDocument:
    return ReasonDocument(
        answer=one.answer.value,
        sentence=one.sentence,
        subject=None if one.subject is None else str(one.subject),
        version=one.version,
        reader=None if one.reader is None else str(one.reader),
        writer=None if one.writer is None else str(one.writer),
        obstacles=[wording.cause(cause) for cause in one.obstacles],
    )


def matrix(found: Matrix) -> MatrixDocument:
    """Readers down, versions across."""
    return MatrixDocument(
        subject=str(found.subject),
        environment=found.environment,
        versions=list(found.versions),
        readers=[_row(one) for one in found.rows],
        writers=[_writer_row(one) for one in found.writers],
    )


def deployability(found: Deployability) -> DeployabilityDocument:
    """An answer with its reasons."""
    return DeployabilityDocument(
        application=found.build.application,
        build=found.build.name,
        environment=found.environment,
        answer=found.answer.value,
        reasons=[_reason(one) for one in found.reasons],
        warnings=list(found.warnings),
    )
