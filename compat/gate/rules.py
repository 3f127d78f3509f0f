"""The gate's own rules, above those of the formats, and every rule there is by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

from compat import confluent
from compat.confluent.kinds import Accepted
from compat.definition import Format
from compat.formats import ENGINES
from compat.profile import BUF_PREFIX
from compat.verdict import Reason, Severity


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a person should know about a rule, whoever it belongs to."""

    name: str
    applies_to: str
    """A format, or ``any``."""
    severity: Severity
    summary: str
    why: str
    remedy: str
    equivalents: tuple[str, ...] = ()
    """What other authorities call it: ``confluent:TYPE_CHANGED``."""


INVALID_SCHEMA: Final = Explanation(
    "INVALID_SCHEMA",
    "any",
    Severity.ERROR,
    "The file is not a schema of its format.",
    "Nothing can be written or read with it, and nothing can be compared with it.",
    "Correct it at the place the message names.",
)
UNRESOLVED_REFERENCE: Final = Explanation(
    "UNRESOLVED_REFERENCE",
    "any",
    Severity.ERROR,
    "The schema uses a name that no file of the folder defines.",
    "A registry refuses a schema whose names it cannot resolve; no reader could be built from it.",
    "Add the file that defines the name, correct the name, or pull the subject that holds it.",
)
SUBJECT_REMOVED: Final = Explanation(
    "SUBJECT_REMOVED",
    "any",
    Severity.ERROR,
    "The baseline has this subject, the folder has not.",
    "Events written under it are still stored, and readers still ask for its schema.",
    "Restore the file. If the events are really gone, waive this finding with the reason.",
)
VERSION_CHANGED: Final = Explanation(
    "VERSION_CHANGED",
    "any",
    Severity.ERROR,
    "A version that was published before reads differently now.",
    "Events were written with the old text; a version means one schema for ever.",
    "Restore the file and put the change into a new version beside it.",
)
VERSION_REMOVED: Final = Explanation(
    "VERSION_REMOVED",
    "any",
    Severity.ERROR,
    "The baseline has this version of the subject, the folder has not.",
    "Stored events of that version lose the schema they were written with.",
    "Restore the file; a folder of versions only ever grows.",
)
FORMAT_CHANGED: Final = Explanation(
    "FORMAT_CHANGED",
    "any",
    Severity.ERROR,
    "The new version is written in another format than the one before.",
    "Data of one format cannot be read with a schema of another.",
    "Keep the format, or start a new subject.",
)
UNKNOWN_SUBJECT: Final = Explanation(
    "UNKNOWN_SUBJECT",
    "any",
    Severity.INFO,
    "The baseline does not have this subject yet.",
    "There is nothing to break; only a misspelt name would be a mistake.",
    "Nothing to do. With --require-known this is an error: correct the name or publish the subject first.",
)
WAIVER_EXPIRED: Final = Explanation(
    "WAIVER_EXPIRED",
    "any",
    Severity.ERROR,
    "The waiver of a finding has expired.",
    "It was accepted until a date that has passed; the risk it named is still there.",
    "Repair the schema, or renew the waiver with a new date and the reason.",
)
WAIVER_UNUSED: Final = Explanation(
    "WAIVER_UNUSED",
    "any",
    Severity.INFO,
    "A waiver matches no finding any more.",
    "What it accepted is repaired or has changed; a stale waiver hides nothing but misleads.",
    "Delete it from .lineal/waivers.toml.",
)
MISSING_DOCUMENTATION: Final = Explanation(
    "MISSING_DOCUMENTATION",
    "any",
    Severity.LOSSY,
    "Fields say nothing about what they mean.",
    "The next team reads the catalog, not your mind; a wrong guess about a field is a silent error.",
    "Say what each field means and in which unit: doc in Avro, description in JSON Schema, a comment in Protobuf.",
)

LIVE_READER_BROKEN: Final = Explanation(
    "LIVE_READER_BROKEN",
    "any",
    Severity.ERROR,
    "An application that is live cannot read what the new schema writes.",
    "It has declared what it needs; once the new version is written, it fails on the first such event.",
    "Keep what it needs, or have the reader changed and live before the new version is written.",
)
LIVE_READERS_UNKNOWN: Final = Explanation(
    "LIVE_READERS_UNKNOWN",
    "any",
    Severity.LOSSY,
    "Whether live readers can read what the new schema writes is not known.",
    "Nothing is recorded as live in the environment, or the comparison stayed undecided: that is no yes.",
    "Record what is live (lineal deploy record) and what it reads (lineal reader declare).",
)

GATE_RULES: Final = (
    INVALID_SCHEMA,
    UNRESOLVED_REFERENCE,
    SUBJECT_REMOVED,
    VERSION_CHANGED,
    VERSION_REMOVED,
    FORMAT_CHANGED,
    UNKNOWN_SUBJECT,
    WAIVER_EXPIRED,
    WAIVER_UNUSED,
    MISSING_DOCUMENTATION,
    LIVE_READER_BROKEN,
    LIVE_READERS_UNKNOWN,
)

_UNDECIDED_SUMMARY: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        Reason.BUDGET_SPENT: "The check used up its budget of steps or seconds before it had an answer.",
        Reason.PATTERN_NOT_REGULAR: "A pattern uses back-references or look-around, which cannot be compared exactly.",
        Reason.DYNAMIC_REFERENCE: "A dynamic reference means something else depending on who refers to it.",
        Reason.UNEVALUATED: "unevaluatedProperties or unevaluatedItems depends on which other keywords applied.",
        Reason.ARRAY_COUNTING: "Counting the items that match a schema is beyond what is compared exactly.",
        Reason.UNKNOWN_KEYWORD: "A keyword is not known, so what it forbids is not known either.",
        Reason.NO_WITNESS: "No proof of compatibility was found, and no event that would disprove it either.",
        Reason.EXECUTORS_DISAGREE: "Two validators disagree about the same event.",
        Reason.MORE_FINDINGS: "There are more findings than are told, so there is more to look at once these are gone.",
    }
)


def _undecided(reason: Reason) -> Explanation:
    return Explanation(
        reason.value,
        "any",
        Severity.ERROR,
        _UNDECIDED_SUMMARY[reason],
        "lineal says compatible only when it is proven; an undecided question blocks like an incompatibility.",
        "Look at the place named, write the schema more simply there, or waive the finding with your reason.",
    )


UNDECIDED: Final[Mapping[Reason, Explanation]] = MappingProxyType({reason: _undecided(reason) for reason in Reason})


@cache
def every_rule() -> tuple[Explanation, ...]:
    """Every rule, by name and format: the gate's, the reasons for staying undecided, and those of each format.

    Two formats may have a rule of the same name; each has its own explanation.
    """
    formats = [rule for format_ in Format for rule in _rules_of(format_).values()]
    return tuple(sorted([*_GENERAL.values(), *formats], key=lambda rule: (rule.name, rule.applies_to)))


_GENERAL: Final = {rule.name: rule for rule in (*GATE_RULES, *UNDECIDED.values())}


@cache
def _rules_of(format_: Format) -> dict[str, Explanation]:
    """The rules of one format, by name; those that hold for any are not among them."""
    return {
        rule.name: Explanation(
            rule.name,
            format_.value,
            rule.severity,
            rule.summary,
            rule.why,
            rule.remedy,
            (*(confluent.PREFIX + name for name in rule.confluent), *(BUF_PREFIX + name for name in rule.buf)),
        )
        for rule in ENGINES[format_].rules.values()
        if rule.name not in _GENERAL
    }


def foreign_explanation(name: str, format_: Format) -> Explanation:
    """What there is to say about a kind that another authority names, with the prefix of the authority."""
    return next(rule for rule in foreign_rules() if rule.name == name and rule.applies_to == format_.value)


@cache
def foreign_rules() -> tuple[Explanation, ...]:
    """Every kind of Confluent's and every rule of buf's, as their profiles report them."""
    from compat import buf  # brings the Protobuf engine along

    kinds = [
        Explanation(
            confluent.PREFIX + kind.name,
            format_.value,
            Severity.INFO if kind.accepted is Accepted.ALWAYS else Severity.ERROR,
            f"{kind.summary[:1].upper()}{kind.summary[1:]}.",
            _CONFLUENT_WHY[kind.accepted],
            "What it does to events is said beside it, with an event where one fails.",
        )
        for format_, known in confluent.KINDS.items()
        for kind in known.values()
    ]
    rules = [
        Explanation(
            BUF_PREFIX + rule.name,
            Format.PROTOBUF.value,
            Severity.ERROR,
            f"buf's rule {rule.name} of the categories {', '.join(c for c in buf.CATEGORIES if c in rule.categories)}.",
            "buf keeps generated code and the wire alike; what it does to events is said beside it.",
            "See buf's documentation of the rule, or weigh it otherwise.",
        )
        for rule in buf.RULES.values()
    ]
    return (*kinds, *rules)


_CONFLUENT_WHY: Final = {
    Accepted.ALWAYS: "Confluent accepts this under every policy.",
    Accepted.LENIENTLY: "Confluent refuses this under its policy STRICT and accepts it under LENIENT.",
    Accepted.NEVER: "Confluent refuses this under every policy.",
}


def explanations(name: str) -> tuple[Explanation, ...]:
    """What there is to say about a rule, once per format that has it; nothing if there is no such rule."""
    if ":" in name:
        return tuple(rule for rule in foreign_rules() if rule.name == name)
    return tuple(rule for rule in every_rule() if rule.name == name)


def explanation(name: str, format_: Format, severity: Severity) -> Explanation:
    """What there is to say about a rule that an engine of ``format_`` has named."""
    if (known := _GENERAL.get(name) or _rules_of(format_).get(name)) is not None:
        return known
    return Explanation(name, format_.value, severity, f"{name.replace('_', ' ').capitalize()}.", "", "")
