"""The tree of names and types of a schema, the same for all formats.

For catalog, diff, search and upcasting; never for verdicts, which need what one tree for all formats would lose.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What sort of value a type describes."""

    RECORD = "record"
    MAP = "map"
    ARRAY = "array"
    UNION = "union"
    ENUM = "enum"
    STRING = "string"
    BYTES = "bytes"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    FLOAT = "float"
    DECIMAL = "decimal"
    NULL = "null"
    ANY = "any"
    """Any value at all."""
    NEVER = "never"
    """No value at all."""
    REPEAT = "repeat"
    """A type already being described further up, named by ``name``: where recursion is cut."""


class _Absent:
    """The one value that says 'no default', since null is a default."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()


@dataclass(frozen=True, slots=True)
class Type:
    """A type, in words for people (``label``) and as a tree for programs."""

    kind: Kind
    label: str
    """How the format names it: ``timestamp-millis``, ``int64``, ``text or nothing``."""
    name: str = ""
    """Full name of a named type, else empty."""
    doc: str = ""
    fields: tuple[Field, ...] = ()
    """Of a record, in the order of the definition."""
    open: bool = False
    """Whether a record may carry fields it does not declare (JSON Schema)."""
    items: Type | None = None
    """Of an array, or the values of a map."""
    variants: tuple[Type, ...] = ()
    """Of a union."""
    symbols: tuple[object, ...] = ()
    """Of an enum: its values in order."""
    bits: int | None = None
    """Width of an integer or float where the format fixes it; negative for unsigned integers."""
    logical: str = ""
    """Logical type, format keyword or well-known type: ``decimal``, ``date-time``, ``google.protobuf.Timestamp``."""
    constraints: tuple[tuple[str, object], ...] = ()
    """Everything else that narrows it, by keyword, JSON-ready."""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """A named part of a record."""

    name: str
    type: Type
    required: bool
    """Whether an event without it is invalid (JSON Schema, proto2) or, in Avro, whether it has no default."""
    default: object = ABSENT
    """JSON-ready; ABSENT if there is none."""
    doc: str = ""
    number: int | None = None
    """Protobuf's field number."""
    oneof: str = ""
    """Protobuf's oneof it belongs to."""
    aliases: tuple[str, ...] = ()
    deprecated: bool = False
    pointer: str = field(default="", compare=False)
    """Where it is declared: JSON pointer or dotted name in the definition."""
    line: int | None = field(default=None, compare=False)
