"""Plain words for what the pages show: tones of a verdict, levels, kinds of types, ages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from compat.outline import Kind, Type
from compat.profile import Profile
from compat.verdict import Severity


@dataclass(frozen=True, slots=True)
class Tone:
    """How a finding looks: a class for its colour, a sign and a word, never colour alone."""

    css: str
    icon: str
    word: str


GOOD: Final = Tone("good", "check", "compatible")
BAD: Final = Tone("bad", "cross", "breaks")
DOUBT: Final = Tone("doubt", "question", "unknown")
LIFT: Final = Tone("lift", "up", "via upcaster")
PLAIN: Final = Tone("plain", "dot", "not checked")

SEVERITIES: Final = {
    Severity.ERROR: Tone("bad", "cross", "cannot be read"),
    Severity.DROPPED: Tone("bad", "cross", "value is dropped"),
    Severity.DATA_DEPENDENT: Tone("bad", "cross", "breaks for some events"),
    Severity.LOSSY: Tone("doubt", "question", "read, but altered"),
    Severity.INFO: Tone("plain", "dot", "harmless"),
}

OBJECTION: Final = Tone("bad", "cross", "refused by another's rules")

PROFILES: Final = {
    Profile.STRICT: "",
    Profile.CONFLUENT: "judged as Confluent's policy STRICT does",
    Profile.CONFLUENT_LENIENT: "judged as Confluent's policy LENIENT does",
    Profile.BUF_FILE: "judged by buf's category FILE",
    Profile.BUF_PACKAGE: "judged by buf's category PACKAGE",
    Profile.BUF_WIRE_JSON: "judged by buf's category WIRE_JSON",
    Profile.BUF_WIRE: "judged by buf's category WIRE",
}
"""Whose rules decide, where they are not lineal's own."""

LEVELS: Final = {
    "NONE": "anything may follow",
    "BACKWARD": "a new version reads what the one before wrote",
    "BACKWARD_TRANSITIVE": "a new version reads what every version before wrote",
    "FORWARD": "the version before reads what a new one writes",
    "FORWARD_TRANSITIVE": "every version before reads what a new one writes",
    "FULL": "a new version and the one before read each other",
    "FULL_TRANSITIVE": "a new version and every one before read each other",
}

FORMATS: Final = {"AVRO": "Avro", "JSON": "JSON Schema", "PROTOBUF": "Protobuf"}


def level_words(level: str) -> str:
    """What a compatibility level asks for; the level's own name where we have no words."""
    return LEVELS.get(level, level)


def format_words(name: str) -> str:
    """A format's name as people write it."""
    return FORMATS.get(name, name)


_SCALARS: Final = {
    Kind.STRING: "text",
    Kind.BYTES: "bytes",
    Kind.BOOLEAN: "true or false",
    Kind.INTEGER: "whole number",
    Kind.FLOAT: "number",
    Kind.DECIMAL: "exact decimal",
    Kind.NULL: "nothing",
    Kind.ANY: "anything",
    Kind.NEVER: "no value",
}


def type_words(type_: Type, depth: int = 0) -> str:
    """A type in words: ``list of OrderLine``, ``text or nothing``, ``timestamp-millis``."""
    if depth > 8:
        return "…"
    match type_.kind:
        case Kind.ARRAY:
            return f"list of {type_words(type_.items, depth + 1)}" if type_.items else "list"
        case Kind.MAP:
            return f"map of {type_words(type_.items, depth + 1)}" if type_.items else "map"
        case Kind.UNION:
            ordered = sorted(type_.variants, key=lambda variant: variant.kind is Kind.NULL)
            return " or ".join(dict.fromkeys(type_words(variant, depth + 1) for variant in ordered)) or type_.label
        case Kind.RECORD:
            return short_name(type_.name) or "object"
        case Kind.ENUM:
            return short_name(type_.name) or "one of a list"
        case Kind.REPEAT:
            return short_name(type_.name) or "itself"
        case kind:
            return _SCALARS.get(kind, type_.label)


def short_name(name: str) -> str:
    """A full name without its namespace."""
    return name.rstrip("/").rsplit(".", 1)[-1] if "/" not in name else name.rstrip("/").rsplit("/", 1)[-1]


LOGICAL: Final = {
    "timestamp-millis": "milliseconds since 1970 in UTC: 1772357400000 is 2026-03-01T09:30:00Z",
    "timestamp-micros": "microseconds since 1970 in UTC: 1772357400000000 is 2026-03-01T09:30:00Z",
    "timestamp-nanos": "nanoseconds since 1970 in UTC",
    "local-timestamp-millis": "milliseconds of a local date and time, without a zone",
    "local-timestamp-micros": "microseconds of a local date and time, without a zone",
    "date": "a calendar day: 2026-03-01",
    "time-millis": "milliseconds since midnight",
    "time-micros": "microseconds since midnight",
    "date-time": "a moment with its zone: 2026-03-01T09:30:00Z",
    "uuid": "an identifier: 6f2c1d0e-5b1a-4c6e-9a43-2f6e0c8e7f10",
    "email": "an e-mail address",
    "google.protobuf.Timestamp": "a moment: 2026-03-01T09:30:00Z",
    "google.protobuf.Duration": "a length of time: 1.5s",
}


def logical_words(type_: Type) -> str:
    """What a logical type means, with an example; empty where nothing is to be said."""
    if type_.logical == "decimal":
        known = dict(type_.constraints)
        if "precision" in known:
            return f"decimal({known['precision']},{known.get('scale', 0)}), exact"
    return LOGICAL.get(type_.logical, "")


def age(moment: datetime, now: datetime | None = None) -> str:
    """How long ago, in the largest whole unit: ``3 days ago``."""
    seconds = ((now or datetime.now(UTC)) - moment).total_seconds()
    if seconds < 60:
        return "just now"
    for unit, length in (("year", 31_536_000), ("month", 2_592_000), ("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"


def until(moment: datetime, now: datetime | None = None) -> str:
    """How long it is until then, in the largest unit that says enough: ``in 40 seconds``."""
    seconds = (moment - (now or datetime.now(UTC))).total_seconds()
    if seconds < 1:
        return "at once"
    for unit, length in (("hour", 3_600), ("minute", 60)):
        if seconds >= 2 * length:
            return f"in {counted(round(seconds / length), unit)}"
    return f"in {counted(round(seconds), 'second')}"


def counted(number: int, noun: str, plural: str = "") -> str:
    """``1 version``, ``3 versions``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
