"""What the gate says: one finding, one subject, the whole report. The same shape on every surface."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from compat.definition import Definition, Format
from compat.formats import parse
from compat.gate.rules import UNDECIDED, Explanation, explanation, foreign_explanation
from compat.level import Direction
from compat.positions import scan
from compat.profile import Profile, Weight
from compat.verdict import Difference, Finding, Fragment, Incompatibility, Objection, Place, Undecided


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a file: lines and columns count from 1; None where only the file is known."""

    path: str
    line: int | None = None
    column: int | None = None
    pointer: str = ""
    text: str = ""
    """How it reads there."""


@dataclass(frozen=True, slots=True)
class Counterexample:
    """An event that was executed: valid where it was written, not readable where it is read."""

    event: object
    encoded: str | None
    """Its bytes in base64, where the format has bytes."""
    reader: str
    """What read it."""
    written_as: str
    error: str
    """The reader's own words."""


@dataclass(frozen=True, slots=True)
class Waived:
    """Who accepted a finding, why and until when."""

    reason: str
    person: str
    expires: date


@dataclass(frozen=True, slots=True)
class GateFinding:
    """One thing to know about one subject, with everything a person needs to act on it."""

    rule: Explanation
    weight: Weight
    subject: str
    message: str
    spot: Spot
    fingerprint: str
    direction: Direction | None = None
    baseline: str = ""
    base_versions: tuple[str, ...] = ()
    """The versions it was found against, newest first."""
    base_spot: Spot | None = None
    counterexample: Counterexample | None = None
    note: str = ""
    """Where the profile and the truth about data part."""
    waived: Waived | None = None

    @property
    def fixes(self) -> tuple[str, ...]:
        """What to do instead."""
        return (self.rule.remedy,)


class Standing(StrEnum):
    """How one subject stands against one baseline."""

    COMPATIBLE = "compatible"
    INCOMPATIBLE = "incompatible"
    UNKNOWN = "unknown"
    UNCHANGED = "unchanged"
    NEW = "new"
    REMOVED = "removed"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class LiveReaders:
    """The verdict beside the policy's: what the new schema does to those who read the subject in an environment."""

    environment: str
    count: int
    broken: int
    unknown: int
    recorded: bool
    """Whether anything is recorded as live there; if not, nobody knows."""

    def __str__(self) -> str:
        if not self.recorded:
            return f"live readers in {self.environment}: unknown, nothing is recorded as live there"
        if not self.count:
            return f"live readers in {self.environment}: nobody who is live there has declared to read it"
        undecided = f", {self.unknown} unknown" if self.unknown else ""
        return f"live readers in {self.environment}: {self.broken} of {self.count} broken{undecided}"


@dataclass(frozen=True, slots=True)
class SubjectResult:
    """One subject against one baseline."""

    subject: str
    path: str
    format: Format | None
    baseline: str
    standing: Standing
    level: str
    compared: tuple[str, ...]
    """The versions it was compared with, oldest first."""
    findings: tuple[GateFinding, ...]
    readers: LiveReaders | None = None
    """Where an environment was asked about."""
    profile: Profile = Profile.STRICT
    """Whose rules decided."""


class Status(StrEnum):
    """The answer of the gate."""

    PASS = "pass"  # noqa: S105 - not a password
    FINDINGS = "findings"
    COULD_NOT_CHECK = "could_not_check"


@dataclass(frozen=True, slots=True)
class Report:
    """Everything one run found; ``failure`` says why nothing was decided, where that is so."""

    results: tuple[SubjectResult, ...]
    fail_on: Weight = Weight.ERROR
    notes: tuple[GateFinding, ...] = ()
    """Findings about no subject in particular."""
    failure: str | None = None

    @property
    def findings(self) -> tuple[GateFinding, ...]:
        """All findings, heaviest first, then by place."""
        found = [finding for result in self.results for finding in result.findings]
        return tuple(sorted([*found, *self.notes], key=_importance))

    @property
    def open(self) -> tuple[GateFinding, ...]:
        """The findings nobody has accepted."""
        return tuple(finding for finding in self.findings if finding.waived is None)

    @property
    def status(self) -> Status:
        """A run that could not check never passes."""
        if self.failure is not None:
            return Status.COULD_NOT_CHECK
        failing = any(finding.weight.rank <= self.fail_on.rank for finding in self.open)
        return Status.FINDINGS if failing else Status.PASS

    def count(self, weight: Weight) -> int:
        """How many open findings weigh this much."""
        return sum(finding.weight is weight for finding in self.open)


def _importance(finding: GateFinding) -> tuple[int, str, int, int, str]:
    spot = finding.spot
    return (finding.weight.rank, spot.path, spot.line or 0, spot.column or 0, finding.rule.name)


def fingerprint(subject: str, rule: str, *parts: str) -> str:
    """Twelve hex digits for a finding about a subject, the same however its message is worded."""
    text = "\0".join([subject, rule, *parts])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Compared:
    """A definition that took part in a comparison, and the file (or version) a person finds it in."""

    name: str
    definition: Definition
    path: str
    files: Mapping[str, str] = field(default_factory=dict)
    """The path of each reference that is known to be a file, by the reference's name."""


def from_verdict(subject: str, finding: Finding, candidate: Compared, base: Compared, baseline: str) -> GateFinding:
    """What a check found, told about files."""
    match finding.cause:
        case Undecided(reason=reason, message=message, place=place):
            rule, counterexample = UNDECIDED[reason], None
            fragment = None if place is None else Fragment(place, "")
            new, old = fragment, None
        case Incompatibility(difference=difference, severity=severity) as cause:
            message = difference.message
            rule = explanation(difference.rule, candidate.definition.format, severity)
            counterexample = _counterexample(cause)
            new, old = _sides(difference, finding.direction)
        case Objection(difference=difference):
            message, counterexample = difference.message, None
            rule = foreign_explanation(difference.rule, candidate.definition.format)
            new, old = _sides(difference, finding.direction)
    return GateFinding(
        rule,
        finding.weight,
        subject,
        message,
        _spot(candidate, new or _around(old)),
        fingerprint(subject, finding.fingerprint),
        finding.direction,
        baseline,
        (base.name,),
        _spot(base, old) if old is not None else None,
        counterexample,
        finding.note,
    )


def _sides(difference: Difference, direction: Direction) -> tuple[Fragment | None, Fragment | None]:
    """How the candidate reads at a difference, and how the version it is compared with does."""
    writer, reader = difference.before, difference.after
    return (reader, writer) if direction is Direction.BACKWARD else (writer, reader)


def merged(findings: Sequence[GateFinding]) -> tuple[GateFinding, ...]:
    """Findings that are the same against several versions, told once with all of them (``findings``: newest first)."""
    kept: dict[str, GateFinding] = {}
    for finding in findings:
        same = kept.get(finding.fingerprint)
        if same is None:
            kept[finding.fingerprint] = finding
        elif (version := finding.base_versions[0]) not in same.base_versions:
            kept[finding.fingerprint] = replace(same, base_versions=(*same.base_versions, version))
    return tuple(kept.values())


def _counterexample(cause: Incompatibility) -> Counterexample | None:
    witness = cause.witness
    if witness is None:
        return None
    encoded = None if witness.encoded is None else base64.b64encode(witness.encoded).decode("ascii")
    return Counterexample(witness.payload, encoded, witness.executor, witness.writer_result, witness.reader_error)


def _around(fragment: Fragment | None) -> Fragment | None:
    """What stands around a fragment: where to point to in the schema that lacks it."""
    if fragment is None:
        return None
    pointer = fragment.place.pointer
    outer = pointer.rpartition("/" if pointer.startswith("/") else ".")[0]
    return Fragment(Place(outer), "")


def _spot(compared: Compared, fragment: Fragment | None) -> Spot:
    if fragment is None:
        return Spot(compared.path)
    place = fragment.place
    if place.line is None and place.imported is None and not place.reference:
        place = _located(compared.definition, place.pointer)
    return spot_of(place, compared.path, compared.files, fragment.text)


def spot_of(place: Place, path: str, files: Mapping[str, str], text: str = "") -> Spot:
    """The file a place stands in: that of its reference where it stands in one, else ``path``.

    The lines of a reference whose file is not known would point anywhere in ``path``, so they are left out.
    """
    if place.imported is not None and place.imported.name in files:
        return Spot(files[place.imported.name], place.imported.line, place.imported.column, place.pointer, text)
    if not (name := place.reference):
        return Spot(path, place.line, place.column, place.pointer, text)
    if name not in files:
        return Spot(path, pointer=place.pointer, text=text)
    return Spot(files[name], place.line, place.column, place.pointer.partition("#")[2], text)


def _located(definition: Definition, pointer: str) -> Place:
    """Where a pointer stands in a definition, or what is nearest around it."""
    if definition.format is Format.PROTOBUF:
        found: Place | None = parse(definition).schema.place(pointer)
        return found or Place(pointer)
    known, near = scan(definition.text), pointer
    while (at := known.find(near)) is None and near:
        near = near.rpartition("/")[0]
    return Place(pointer, *(at or ()))
