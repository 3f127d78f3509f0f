"""The format-neutral tree of a message: for the catalog, never for verdicts."""

from __future__ import annotations

from typing import Final

from compat.outline import ABSENT, Field, Kind, Type
from compat.protobuf.model import Schema
from compat.protobuf.records import Field as Declared
from compat.protobuf.records import Message
from compat.protobuf.wire import INTEGER_BOUNDS

MAX_DEPTH: Final = 32
"""Nesting that is written out; deeper messages are named only."""

MAX_TYPES: Final = 5_000
"""Messages that are written out, repeated ones counted each time."""

_SIMPLE: Final = {"string": Kind.STRING, "bytes": Kind.BYTES, "bool": Kind.BOOLEAN}


def outline(schema: Schema, message_type: str) -> Type:
    """The tree of one message; a message inside itself is cut with ``Kind.REPEAT``."""
    return _Outline(schema).message(schema.message(message_type), ())


class _Outline:
    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._written = 0

    def message(self, message: Message, above: tuple[str, ...]) -> Type:
        self._written += 1
        if message.name in above or len(above) >= MAX_DEPTH or self._written > MAX_TYPES:
            return Type(Kind.REPEAT, message.name, name=message.name)
        inside = (*above, message.name)
        return Type(
            Kind.RECORD,
            message.name,
            name=message.name,
            doc=message.doc,
            fields=tuple(self._field(field, inside) for field in message.fields.values()),
            logical=message.name if message.name.startswith("google.protobuf.") else "",
        )

    def _field(self, field: Declared, above: tuple[str, ...]) -> Field:
        return Field(
            name=f"[{field.extension}]" if field.extension else field.name,
            type=self._type(field, above),
            required=field.required,
            default=_default(self._schema, field),
            doc=field.doc,
            number=field.number,
            oneof=field.oneof,
            deprecated=field.deprecated,
            pointer=field.place.pointer,
            line=field.place.line,
        )

    def _type(self, field: Declared, above: tuple[str, ...]) -> Type:
        if field.map:
            key, value = (self._schema.message(field.type_name).fields[number] for number in (1, 2))
            items = self._element(value, above)
            constraints = (("keys", key.type),)
            return Type(Kind.MAP, f"map<{key.type}, {items.label}>", items=items, constraints=constraints)
        element = self._element(field, above)
        return Type(Kind.ARRAY, f"repeated {element.label}", items=element) if field.repeated else element

    def _element(self, field: Declared, above: tuple[str, ...]) -> Type:
        if field.holds_message:
            return self.message(self._schema.message(field.type_name), above)
        if field.type == "enum":
            enum = self._schema.enum(field.type_name)
            symbols = tuple(value.name for value in enum.values)
            numbers = {value.name: value.number for value in enum.values}
            constraints = (("numbers", numbers), ("closed", enum.closed))
            return Type(Kind.ENUM, enum.name, name=enum.name, doc=enum.doc, symbols=symbols, constraints=constraints)
        if field.type in INTEGER_BOUNDS:
            least, greatest = INTEGER_BOUNDS[field.type]
            bits = (greatest - least + 1).bit_length() - 1
            return Type(Kind.INTEGER, field.type, bits=bits if least else -bits)
        if field.type in {"float", "double"}:
            return Type(Kind.FLOAT, field.type, bits=32 if field.type == "float" else 64)
        return Type(_SIMPLE[field.type], field.type)


def _default(schema: Schema, field: Declared) -> object:
    """What an absent scalar reads as, JSON-ready; a field without presence always has one."""
    if field.repeated or field.holds_message or field.required:
        return ABSENT
    if field.type == "enum":
        named = schema.enum(field.type_name).by_number.get(field.default)  # type: ignore[call-overload]
        return named[0].name if named else ABSENT
    if isinstance(field.default, bytes):
        return field.default.decode("latin-1")
    return field.default
