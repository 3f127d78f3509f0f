"""What the services answer with, beyond the values of the model."""

from __future__ import annotations

from dataclasses import dataclass

from compat.definition import Format
from compat.outline import Type
from compat.profile import Criteria
from compat.verdict import Difference, Finding, Verdict
from registry.contracts import Answer, Readability, Reason, Way
from registry.events import Entry
from registry.model import Association, Build, Deployment, Reader, Subject, SubjectSummary, Version, Writer
from registry.policy import Policy


@dataclass(frozen=True, slots=True)
class Checked:
    """A verdict over some versions of a subject."""

    verdict: Verdict
    subject: Subject
    format: Format
    """Of the candidate."""
    versions: tuple[int, ...]
    """The version numbers of the history that was handed to the check: ``versions[finding.version]``."""
    validate_fields: bool
    """Whether the subject's settings have the candidate's fields validated."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Any two versions of a subject side by side."""

    old: Version
    new: Version
    differences: tuple[Difference, ...]
    backward: tuple[Finding, ...]
    """What keeps readers of the new version from reading what was written with the old one."""
    forward: tuple[Finding, ...]
    """What keeps readers of the old version from reading what is written with the new one."""
    criteria: Criteria
    """By what the subject judges."""


@dataclass(frozen=True, slots=True)
class SubjectDetail:
    """All that a page about one subject shows at once."""

    summary: SubjectSummary
    policy: Policy
    versions: tuple[Version, ...]
    """As many of the last ones as were asked for, oldest first, deleted ones included."""
    total: int
    """How many versions there are, deleted ones included."""
    latest: Version
    """The highest one that is not deleted; where all are, the highest."""
    referrers: tuple[tuple[Subject, int], ...]
    """Versions of other subjects that refer to any version of this one."""
    refusals: tuple[Entry, ...]
    """The latest refused registrations, newest first; the events are RegistrationRefused."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A version in a listing of schemas."""

    version: Version
    aliases: tuple[Subject, ...] = ()
    """Other names of its subject, where they are asked for."""
    associations: tuple[Association, ...] = ()
    """Of its subject, where they are asked for."""


@dataclass(frozen=True, slots=True)
class Newest:
    """The last live versions of a subject, with what is in force for it."""

    policy: Policy
    versions: tuple[Version, ...]
    """Oldest first."""
    lifts: frozenset[tuple[int, int]]
    """The pairs of versions that a published upcaster joins."""


@dataclass(frozen=True, slots=True)
class Described:
    """A version with its outline."""

    version: Version
    outline: Type


@dataclass(frozen=True, slots=True)
class ApplicationDetail:
    """An application with everything its builds have declared, and where they are live."""

    name: str
    owner: str
    readers: tuple[Reader, ...]
    writers: tuple[Writer, ...]
    deployments: tuple[Deployment, ...]


@dataclass(frozen=True, slots=True)
class ReaderRow:
    """A reader of a subject: where its build is live, and how it reads each version."""

    reader: Reader
    owner: str
    deployments: tuple[Deployment, ...]
    cells: tuple[Readability, ...]
    """In the order of the matrix' versions."""


@dataclass(frozen=True, slots=True)
class WriterRow:
    """A writer of a subject, and where its build is live."""

    writer: Writer
    owner: str
    deployments: tuple[Deployment, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The readers of a subject down, its live versions across."""

    subject: Subject
    environment: str | None
    """Only what is live there; None is everything that was declared."""
    versions: tuple[int, ...]
    rows: tuple[ReaderRow, ...]
    writers: tuple[WriterRow, ...]
    hidden: int = 0
    """Older live versions that are left out."""


@dataclass(frozen=True, slots=True)
class Impact:
    """What a candidate, or a version, does to the live readers of its subject."""

    subject: Subject
    environment: str | None
    """None is every environment."""
    readers: tuple[ReaderRow, ...]
    """Each with one cell; a candidate is version 0 there."""
    recorded: bool
    """Whether anything is recorded as live there; if not, nothing is known."""

    @property
    def broken(self) -> tuple[ReaderRow, ...]:
        """The readers that would fail on some event."""
        return tuple(row for row in self.readers if row.cells[0].way is Way.BROKEN)

    @property
    def unknown(self) -> tuple[ReaderRow, ...]:
        """The readers for which it stayed undecided."""
        return tuple(row for row in self.readers if row.cells[0].way is Way.UNKNOWN)

    @property
    def answer(self) -> Answer:
        """Whether it may go live as far as the readers are concerned."""
        if self.broken:
            return Answer.NO
        return Answer.YES if self.recorded and not self.unknown else Answer.UNKNOWN


@dataclass(frozen=True, slots=True)
class Deployability:
    """Whether a build may go live in an environment: yes, no or unknown, and why."""

    build: Build
    environment: str
    answer: Answer
    reasons: tuple[Reason, ...]
    warnings: tuple[str, ...]
