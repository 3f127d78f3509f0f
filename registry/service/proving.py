"""Upcaster documents, and the proof that one holds between the two versions that it joins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from compat.formats import Parsed
from registry.errors import InvalidUpcaster, UpcasterRefused
from registry.events import UpcasterPublished
from registry.model import Subject, Version
from registry.service.definitions import Definitions, parse
from registry.service.lookup import find_version
from registry.settings import ENGINES, PREFIX, Settings
from registry.storage.reading import Reading
from registry.upcasting import Limits, Report, by_names, migration_rules, verify
from registry.upcasting.engines import engines, unasked
from upcasters.document import Document, load, read, write
from upcasters.errors import InvalidDocument


def read_document(document: Any) -> Document:
    """A document from its JSON tree, or from a text in JSON or YAML. Raises InvalidUpcaster."""
    try:
        return load(document) if isinstance(document, str | bytes) else read(document)
    except InvalidDocument as error:
        raise InvalidUpcaster(f"The document is no upcaster: {error}") from error


def subject_of(document: Document, wanted: Subject | None) -> Subject:
    """The subject of a document; in the address of a request it may stand in another spelling."""
    if wanted is None:
        return Subject.parse(document.subject)
    if document.subject not in {str(wanted), wanted.name}:
        raise InvalidUpcaster(
            f"The document is for subject '{document.subject}', the request for '{wanted}': write subject: {wanted}"
        )
    return wanted


@dataclass(frozen=True, slots=True)
class Joined:
    """The two versions an upcaster joins, as they were when it was proven."""

    subject: Subject
    versions: tuple[Version, Version]
    parsed: tuple[Parsed, Parsed]

    @classmethod
    def of(cls, definitions: Definitions, reading: Reading, subject: Subject, document: Document) -> Joined:
        """Raises SubjectNotFound, VersionNotFound, InvalidUpcaster where the versions are no neighbours."""
        old = find_version(reading, subject, document.source, deleted=True)
        new = find_version(reading, subject, document.target, deleted=True)
        between = [number for number, _ in reading.numbers(subject) if old.number < number < new.number]
        if between:
            raise InvalidUpcaster(
                f"Versions {', '.join(map(str, between))} lie between {old.number} and {new.number}: an upcaster joins "
                "neighbours, write one per step"
            )
        return cls(
            subject,
            (old, new),
            (parse(definitions.of(reading, old)), parse(definitions.of(reading, new))),
        )

    def still(self, reading: Reading) -> bool:
        """Whether both versions are what they were."""
        now = (reading.version(self.subject, version.number) for version in self.versions)
        return all(
            found is not None and found.position == version.position
            for found, version in zip(now, self.versions, strict=True)
        )


def resolved(document: Document, old: Parsed, new: Parsed) -> Document:
    """The document with numbers of Protobuf fields resolved to names. Raises InvalidUpcaster."""
    try:
        return by_names(document, old, new)
    except InvalidDocument as error:
        raise InvalidUpcaster(f"The document does not go with its versions: {error}") from error


def limits(settings: Settings) -> Limits:
    """The bounds on a proof, and the engines that it asks."""
    named = settings.engines
    others = unasked((name for name in ENGINES if name not in named), f"{PREFIX}PROOF_ENGINES does not name it")
    asked = (*engines(named, settings.proof_server), *others)
    return Limits(engines=asked, engine_seconds=settings.proof_engine_seconds)


def proof(document: Document, old: Parsed, new: Parsed, settings: Settings) -> UpcasterPublished:
    """The event that publishes an upcaster for the first time. Raises UpcasterRefused."""
    report = verify(document, old, new, limits=limits(settings))
    if not report.accepted:
        raise UpcasterRefused(_refusal(document, report), msgspec.to_builtins(report))
    return event_of(document, report, old, new)


def event_of(
    document: Document, report: Report, old: Parsed, new: Parsed, *, implied: bool = False
) -> UpcasterPublished:
    """The event that publishes what the proof has found to hold."""
    return UpcasterPublished(
        source=document.source,
        target=document.target,
        revision=1,
        hash=document.digest(),
        document=write(document),
        migration_rules=list(migration_rules(document, old, new).rules),
        details={**msgspec.to_builtins(report), "implied": implied},
    )


def _refusal(document: Document, report: Report) -> str:
    first = report.findings[0]
    more = f" (and {len(report.findings) - 1} more)" if len(report.findings) > 1 else ""
    remedy = f": {first.remedy}" if first.remedy else ""
    return (
        f"The upcaster of {document.subject} from version {document.source} to {document.target} does not hold: "
        f"{first.place}: {first.message} (at {first.pointer or 'the root'} of the event){remedy}{more}"
    )
