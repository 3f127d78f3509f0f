"""The shape of a schema's events, as upcasters see it: what the outline says, and when a member is there.

Messages of Protobuf have one member more, the bytes of their unknown fields: so they come along wherever a message
goes, and no operation loses them in silence.
"""

from __future__ import annotations

from typing import Any, Final

from compat.definition import Format
from compat.formats import Parsed
from compat.outline import Field, Kind, Type
from compat.protobuf.payload import UNKNOWN
from upcasters.shape import (
    ANYTHING,
    BOOLEAN,
    DECIMAL,
    NULL,
    NUMBER,
    STRING,
    Anything,
    Array,
    Choice,
    Integer,
    Member,
    Never,
    Plain,
    Record,
    Shape,
    Table,
    union,
)

_LOGICAL: Final[dict[tuple[Format, str], Shape]] = {
    (Format.AVRO, "decimal"): DECIMAL,
    (Format.AVRO, "uuid"): Plain("uuid"),
    (Format.AVRO, "date"): Plain("date"),
    (Format.AVRO, "time-millis"): Plain("time"),
    (Format.AVRO, "time-micros"): Plain("time"),
    (Format.AVRO, "timestamp-millis"): Plain("timestamp"),
    (Format.AVRO, "timestamp-micros"): Plain("timestamp"),
    (Format.AVRO, "local-timestamp-millis"): Plain("timestamp"),
    (Format.AVRO, "local-timestamp-micros"): Plain("timestamp"),
}
"""Logical types whose values are not those of the type beneath."""

_PLAIN: Final = {
    Kind.STRING: STRING, Kind.BYTES: Plain("bytes"), Kind.BOOLEAN: BOOLEAN, Kind.FLOAT: NUMBER, Kind.DECIMAL: DECIMAL,
    Kind.NULL: NULL,
}  # fmt: skip


def shape_of(parsed: Parsed) -> Shape:
    """The shape of payloads as the format's decoder gives them."""
    return _Shaper(parsed).shape(parsed.engine.outline(parsed.schema))


class _Shaper:
    def __init__(self, parsed: Parsed) -> None:
        self._format = parsed.definition.format
        self._schema = parsed.schema

    def shape(self, outline: Type) -> Shape:
        if (logical := _LOGICAL.get((self._format, outline.logical))) is not None:
            return logical
        match outline.kind:
            case Kind.RECORD:
                return self._record(outline)
            case Kind.MAP:
                return Table(self._inner(outline))
            case Kind.ARRAY:
                return Array(self._inner(outline))
            case Kind.UNION:
                return union(*map(self.shape, outline.variants))
            case Kind.ENUM:
                return self._enum(outline.symbols)
            case Kind.INTEGER:
                return Integer(outline.bits)
            case Kind.ANY:
                return ANYTHING
            case Kind.NEVER:
                return Never()
            case Kind.REPEAT:
                return Anything(outline.name)
            case kind:
                return _PLAIN[kind]

    def _inner(self, outline: Type) -> Shape:
        return ANYTHING if outline.items is None else self.shape(outline.items)

    def _enum(self, symbols: tuple[object, ...]) -> Shape:
        """An enum; of records and lists among the values of a JSON Schema only that they may come is known."""
        scalars: list[Any] = [symbol for symbol in symbols if isinstance(symbol, str | int | float | bool | None)]
        return Choice(tuple(scalars)) if len(scalars) == len(symbols) else ANYTHING

    def _record(self, outline: Type) -> Shape:
        members = {field.name: Member(self.shape(field.type), self._always(outline, field)) for field in outline.fields}
        if self._format is Format.PROTOBUF:
            members[UNKNOWN] = Member(Plain("bytes"), required=False)
        return Record(members, open=outline.open, name=outline.name)

    def _always(self, outline: Type, field: Field) -> bool:
        """Whether every payload has the member: all of a written Avro record, and fields without presence."""
        match self._format:
            case Format.AVRO:
                return True
            case Format.PROTOBUF:
                declared = self._schema.message(outline.name).fields.get(field.number)
                return field.required or (declared is not None and not declared.presence)
            case Format.JSON:
                return field.required
