"""What a check says: differences, incompatibilities with their witness, and the verdict over them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import TypeAlias

from compat.definition import Format
from compat.level import Direction, Level
from compat.profile import STRICT, Criteria, Weight


class Severity(StrEnum):
    """How bad a difference is for the reader."""

    ERROR = "ERROR"
    """Some event cannot be read."""
    DROPPED = "DROPPED"
    """A value of a field that both sides declare does not arrive."""
    DATA_DEPENDENT = "DATA_DEPENDENT"
    """Some event cannot be read by some readers."""
    LOSSY = "LOSSY"
    """Read, with another value or meaning."""
    INFO = "INFO"
    """A difference that harms nobody."""

    @property
    def blocks(self) -> bool:
        """Whether a finding of this severity refuses a candidate unless a policy says otherwise."""
        return self in _BLOCKING

    @property
    def weight(self) -> Weight:
        """What blocks is an error, a changed value a warning, the rest information."""
        if self.blocks:
            return Weight.ERROR
        return Weight.WARNING if self is Severity.LOSSY else Weight.INFO


_BLOCKING = frozenset({Severity.ERROR, Severity.DROPPED, Severity.DATA_DEPENDENT})


@dataclass(frozen=True, slots=True)
class Rule:
    """A named check of one format: published, documented, never renamed."""

    name: str
    format: Format
    severity: Severity
    summary: str
    """One sentence in plain words: what is wrong."""
    why: str
    """Why it hurts the reader."""
    remedy: str
    """What to do instead."""
    confluent: tuple[str, ...] = ()
    """Confluent's names for the same finding."""
    buf: tuple[str, ...] = ()
    """buf's rule ids for the same finding."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A position in a file that a definition imports, by the name of the import."""

    name: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a definition: a JSON pointer (Avro, JSON Schema) or dotted name (Protobuf), its line if known."""

    pointer: str
    line: int | None = None
    column: int | None = None
    imported: Imported | None = field(default=None, compare=False)
    """Where it stands in an import (Protobuf, whose dotted names do not tell the file); line and column are None."""

    @property
    def reference(self) -> str:
        """The name of the reference the place stands in (before the ``#``); empty in the definition itself."""
        name, mark, _ = self.pointer.partition("#")
        return name if mark and not name.startswith("/") else ""

    def __str__(self) -> str:
        where = self.pointer or "the root"
        return where if self.line is None else f"{where}, line {self.line}, column {self.column}"


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of one definition: where it stands and how it reads there (compact, at most a few hundred characters)."""

    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs between two schemas.

    ``before`` is the side that came first (in time, or as the data flow: the writer), ``after`` the other;
    one may be absent.
    """

    rule: str
    message: str
    before: Fragment | None = None
    after: Fragment | None = None


@dataclass(frozen=True, slots=True)
class Witness:
    """An event that proves an incompatibility. Made only by the function that has just executed it."""

    payload: object
    """The event as a JSON-ready tree, for people."""
    encoded: bytes | None
    """Its bytes under the writer schema (Avro, Protobuf; the JSON text for JSON Schema)."""
    executor: str
    """What read it: ``fastavro 1.13.1``."""
    writer_result: str
    """What it is under the writer schema, in words."""
    reader_error: str
    """The decoder's own words, or how the value changed."""


@dataclass(frozen=True, slots=True)
class Incompatibility:
    """A difference that matters to a reader, with its severity and (always, where it blocks) its witness."""

    difference: Difference
    severity: Severity
    witness: Witness | None


class Reason(StrEnum):
    """Why something stayed undecided: a closed list."""

    BUDGET_SPENT = "BUDGET_SPENT"
    PATTERN_NOT_REGULAR = "PATTERN_NOT_REGULAR"
    DYNAMIC_REFERENCE = "DYNAMIC_REFERENCE"
    UNEVALUATED = "UNEVALUATED"
    ARRAY_COUNTING = "ARRAY_COUNTING"
    UNKNOWN_KEYWORD = "UNKNOWN_KEYWORD"
    NO_WITNESS = "NO_WITNESS"
    EXECUTORS_DISAGREE = "EXECUTORS_DISAGREE"
    MORE_FINDINGS = "MORE_FINDINGS"


@dataclass(frozen=True, slots=True)
class Undecided:
    """A question the engine could not answer, with the reason and what was spent on it."""

    reason: Reason
    message: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Objection:
    """A difference as another authority names it: ``confluent:TYPE_CHANGED``. It proves nothing about data."""

    difference: Difference
    path: str
    """Where the authority says that it is, in its own spelling."""
    detail: str
    """What exactly, in a few words; may be empty."""
    refused: bool
    """Whether the authority refuses it under the profile that was asked for."""


Fact: TypeAlias = Incompatibility | Undecided
"""What lineal itself says about a pair of schemas."""
Cause: TypeAlias = Fact | Objection


class Outcome(Enum):
    """The three answers of a check."""

    COMPATIBLE = "compatible"
    INCOMPATIBLE = "incompatible"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, against which version of the history, in which direction, and what it weighs there."""

    cause: Cause
    direction: Direction
    version: int
    """Index into the history that was handed in, 0 for the oldest."""
    weight: Weight
    """As the profile and its overrides judge it."""
    note: str = ""
    """Where the profile and the truth about data part: what each says."""

    @property
    def blocks(self) -> bool:
        """Whether this finding alone keeps the candidate from being compatible."""
        return self.weight is Weight.ERROR

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that stay the same when a message is reworded: the handle of waivers."""
        match self.cause:
            case Undecided(reason=reason, place=place):
                parts = [reason.value, place.pointer if place else ""]
            case Incompatibility(difference=d) | Objection(difference=d):
                parts = [d.rule]
                for fragment in (d.before, d.after):
                    parts += ["", ""] if fragment is None else [fragment.place.pointer, fragment.text]
        return hashlib.sha256("\0".join([self.direction, *parts]).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def outcome(findings: Iterable[Finding]) -> Outcome:
    """Incompatible once something certain blocks, unknown while only undecided questions block, else compatible."""
    blocking = [finding.cause for finding in findings if finding.blocks]
    if not blocking:
        return Outcome.COMPATIBLE
    certain = any(not isinstance(cause, Undecided) for cause in blocking)
    return Outcome.INCOMPATIBLE if certain else Outcome.UNKNOWN


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer of a check: the outcome, everything that was found, and by what it was judged."""

    level: Level
    findings: tuple[Finding, ...] = ()
    criteria: Criteria = STRICT

    @property
    def outcome(self) -> Outcome:
        return outcome(self.findings)

    @property
    def compatible(self) -> bool:
        """Whether a candidate with this verdict may be registered: unknown blocks like an incompatibility."""
        return self.outcome is Outcome.COMPATIBLE

    @property
    def notes(self) -> tuple[str, ...]:
        """Where the profile and the truth about data part, each note once."""
        return tuple(dict.fromkeys(finding.note for finding in self.findings if finding.note))
