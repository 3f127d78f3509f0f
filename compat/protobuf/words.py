"""Declarations as people read them, with their places, and findings that need no proof."""

from __future__ import annotations

from google.protobuf.descriptor_pb2 import Edition

from compat.protobuf.candidates import zero_value
from compat.protobuf.model import Schema
from compat.protobuf.records import Enum, EnumValue, Field, Message
from compat.protobuf.rules import RULES
from compat.verdict import Difference, Fragment, Incompatibility, Place


def declaration(field: Field) -> str:
    """A field as the language declares it, in one line."""
    label = "" if field.map else "repeated " if field.repeated else "required " if field.required else ""
    if field.presence and not (label or field.oneof or field.holds_message):
        label = "optional "
    return f"{label}{kind(field)} {field.name} = {field.number}"


def kind(field: Field) -> str:
    """The type of a field, by name where it has one."""
    if field.map:
        return f"map ({field.type_name})"
    return f"group {field.type_name}" if field.type == "group" else field.type_name or field.type


def fragment(field: Field) -> Fragment:
    """A field and its place."""
    return Fragment(field.place, declaration(field))


def spelt_syntax(schema: Schema) -> str:
    """The syntax or edition of the definition's own file."""
    file = schema.file
    if file.syntax != "editions":
        return f'syntax = "{file.syntax or "proto2"}"'
    return f'edition = "{Edition.Name(file.edition).removeprefix("EDITION_")}"'


def info(rule: str, message: str, before: Fragment | None, after: Fragment | None) -> Incompatibility:
    """A finding that harms nobody."""
    return Incompatibility(Difference(rule, message, before, after), RULES[rule].severity, None)


def plain(text: str) -> Fragment:
    """Text that stands at no place of its own."""
    return Fragment(Place(""), text)


def where(field: Field) -> str:
    """Which oneof a field stands in."""
    return f"in the oneof {field.oneof}" if field.oneof else "in no oneof"


def encoding(field: Field) -> str:
    """How a message is put on the wire."""
    if field.type == "item":
        return "an item of a message set"
    return "a group" if field.type == "group" else "a message with its length"


def message_fragment(message: Message) -> Fragment:
    """A message and its place."""
    return Fragment(message.place, f"message {message.name}")


def enum_fragment(enum: Enum) -> Fragment:
    """An enum and its place."""
    return Fragment(enum.place, f"{'closed' if enum.closed else 'open'} enum {enum.name}")


def value_fragment(value: EnumValue) -> Fragment:
    """A value of an enum and its place."""
    return Fragment(value.place, f"{value.name} = {value.number}")


def spelt_zero(field: Field) -> str:
    """The zero of a field's type."""
    return repr(zero_value(field))


def spelt_range(first: int, last: int) -> str:
    """A range as the language writes it."""
    return str(first) if first == last else f"{first} to {last}"


def field_label(message: Message, field: Field) -> str:
    """A field with its message and number."""
    return f"{message.name}.{field.name} ({field.number})"
