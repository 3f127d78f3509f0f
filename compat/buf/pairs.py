"""The declarations of two versions of a file that stand for each other, and what is gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from google.protobuf.descriptor_pb2 import MethodDescriptorProto

from compat.protobuf.model import Schema
from compat.protobuf.records import Enum, Field, Message
from compat.protobuf.words import field_label, fragment
from compat.verdict import Fragment, Place


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule has found: in words, and how both sides read."""

    message: str
    before: Fragment | None = None
    after: Fragment | None = None


@dataclass(frozen=True, slots=True)
class FieldPair:
    """A field number that both versions of a message declare."""

    message: Message
    old: Field
    new: Field
    schemas: tuple[Schema, Schema]

    def found(self, what: str) -> Found:
        return Found(f"{field_label(self.message, self.old)}: {what}", fragment(self.old), fragment(self.new))


def messages(schema: Schema) -> dict[str, Message]:
    """The messages of the definition's own file by full name, those that maps make in passing included."""
    found = {name: schema.message(name) for name in schema.message_names}
    entries = {f.type_name for message in found.values() for f in message.fields.values() if f.map and not f.extension}
    return {**found, **{name: schema.message(name) for name in sorted(entries)}}


def message_pairs(old: Schema, new: Schema) -> Iterator[tuple[Message, Message]]:
    """Messages of one full name."""
    after = messages(new)
    return ((message, after[name]) for name, message in messages(old).items() if name in after)


def enum_pairs(old: Schema, new: Schema) -> Iterator[tuple[Enum, Enum]]:
    """Enums of one full name."""
    names = set(new.enum_names)
    return ((old.enum(name), new.enum(name)) for name in old.enum_names if name in names)


def field_pairs(old: Schema, new: Schema) -> Iterator[FieldPair]:
    """Fields of one number in messages of one name."""
    for before, after in message_pairs(old, new):
        now = declared(after)
        for number, field in declared(before).items():
            if number in now:
                yield FieldPair(before, field, now[number], (old, new))


def method_pairs(old: Schema, new: Schema) -> Iterator[tuple[str, MethodDescriptorProto, MethodDescriptorProto]]:
    """Methods of one name in services of one name."""
    after = methods(new)
    return ((name, method, after[name]) for name, method in methods(old).items() if name in after)


def methods(schema: Schema) -> dict[str, MethodDescriptorProto]:
    """By ``package.Service.Method``."""
    scope = f"{schema.package}." if schema.package else ""
    return {
        f"{scope}{service.name}.{method.name}": method for service in schema.file.service for method in service.method
    }


def declared(message: Message) -> dict[int, Field]:
    """The fields of the message itself, without known extensions."""
    return {number: field for number, field in message.fields.items() if not field.extension}


def inner(schema: Schema, name: str) -> str:
    """The name of a type inside its file, without the package."""
    return name.removeprefix(f"{schema.package}.") if schema.package else name


def spelt(text: str, name: str = "") -> Fragment:
    """A piece of text at a named place, without a line."""
    return Fragment(Place(name), text)
