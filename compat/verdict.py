"""What a check says: differences, incompatibilities with their witness, and the verdict over them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum, StrEnum

from compat.definition import Format
from compat.level import Direction, Level


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
class Place:
    """A place in a definition: a JSON pointer (Avro, JSON Schema) or dotted name (Protobuf), its line if known."""

    pointer: str
    line: int | None = None
    column: int | None = None

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


@dataclass(frozen=True, slots=True)
class Undecided:
    """A question the engine could not answer, with the reason and what was spent on it."""

    reason: Reason
    message: str
    place: Place | None = None


class Outcome(Enum):
    """The three answers of a check."""

    COMPATIBLE = "compatible"
    INCOMPATIBLE = "incompatible"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, against which version of the history, in which direction."""

    cause: Incompatibility | Undecided
    direction: Direction
    version: int
    """Index into the history that was handed in, 0 for the oldest."""

    @property
    def blocks(self) -> bool:
        """Whether this finding alone keeps the candidate from being compatible."""
        return isinstance(self.cause, Undecided) or self.cause.severity.blocks

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that stay the same when a message is reworded: the handle of waivers."""
        match self.cause:
            case Undecided(reason=reason, place=place):
                parts = [reason.value, place.pointer if place else ""]
            case Incompatibility(difference=d):
                parts = [d.rule]
                for fragment in (d.before, d.after):
                    parts += ["", ""] if fragment is None else [fragment.place.pointer, fragment.text]
        return hashlib.sha256("\0".join([self.direction, *parts]).encode("utf-8", "surrogatepass")).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer of a check: the outcome, and everything that was found."""

    level: Level
    findings: tuple[Finding, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """Incompatible once something proven blocks, unknown while only undecided questions block, else compatible."""
        blocking = [finding.cause for finding in self.findings if finding.blocks]
        if not blocking:
            return Outcome.COMPATIBLE
        proven = any(isinstance(cause, Incompatibility) for cause in blocking)
        return Outcome.INCOMPATIBLE if proven else Outcome.UNKNOWN

    @property
    def compatible(self) -> bool:
        """Whether a candidate with this verdict may be registered: unknown blocks like an incompatibility."""
        return self.outcome is Outcome.COMPATIBLE
