"""buf's rules for fields, one function each, over a number that both versions declare."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from google.protobuf.descriptor_pb2 import EDITION_2024

from compat.buf.pairs import FieldPair, Found
from compat.protobuf.model import Schema
from compat.protobuf.records import ENUM, GROUP, MESSAGE, Field
from compat.protobuf.words import kind

_WIRE_GROUPS: Final = {
    **dict.fromkeys(("int32", "int64", "uint32", "uint64", "bool"), "varint"),
    **dict.fromkeys(("sint32", "sint64"), "zigzag"),
    **dict.fromkeys(("fixed32", "sfixed32"), "fixed32"),
    **dict.fromkeys(("fixed64", "sfixed64"), "fixed64"),
}
_JSON_GROUPS: Final = {
    **dict.fromkeys(("int32", "uint32"), "32 bits"),
    **dict.fromkeys(("int64", "uint64"), "64 bits"),
    **dict.fromkeys(("fixed32", "sfixed32"), "fixed 32 bits"),
    **dict.fromkeys(("fixed64", "sfixed64"), "fixed 64 bits"),
}
"""Types that stand in for each other have the same group; a type without one stands alone."""


def same_name(pair: FieldPair) -> Iterator[Found]:
    """The number has another name."""
    if pair.old.name != pair.new.name:
        yield pair.found(f"it is called {pair.new.name} now")


def same_json_name(pair: FieldPair) -> Iterator[Found]:
    """The field has another name in JSON."""
    if pair.old.json_name != pair.new.json_name:
        yield pair.found(f"its JSON name is {pair.new.json_name} instead of {pair.old.json_name}")


def same_type(pair: FieldPair) -> Iterator[Found]:
    """Any other type, by kind or by name."""
    if pair.old.type != pair.new.type or pair.old.type_name != pair.new.type_name:
        yield _type_changed(pair)


def wire_compatible_type(pair: FieldPair) -> Iterator[Found]:
    """A type that does not stand in for the old one on the wire."""
    text_to_bytes = (pair.old.type, pair.new.type) == ("string", "bytes")
    if not text_to_bytes and not _stand_in(pair, _WIRE_GROUPS):
        yield _type_changed(pair)


def wire_json_compatible_type(pair: FieldPair) -> Iterator[Found]:
    """A type that does not stand in for the old one in JSON."""
    if not _stand_in(pair, _JSON_GROUPS):
        yield _type_changed(pair)


def _stand_in(pair: FieldPair, groups: dict[str, str]) -> bool:
    old, new = pair.old, pair.new
    if groups.get(old.type, old.type) != groups.get(new.type, new.type):
        return False
    if old.type_name == new.type_name:
        return True
    return old.type == ENUM and _enum_grew(pair)


def _enum_grew(pair: FieldPair) -> bool:
    """Whether another enum has the same short name and every value of the old one."""
    before, after = pair.schemas[0].enum(pair.old.type_name), pair.schemas[1].enum(pair.new.type_name)
    if before.name.rpartition(".")[2] != after.name.rpartition(".")[2]:
        return False
    values = {(value.name, value.number) for value in after.values}
    return {(value.name, value.number) for value in before.values} <= values


def _type_changed(pair: FieldPair) -> Found:
    return pair.found(f"its type changed from {kind(pair.old)} to {kind(pair.new)}")


def cardinality(field: Field) -> str:
    """Whether there may be none, one or many, and whether none can be told from zero."""
    if field.map:
        return "map"
    if field.repeated:
        return "repeated"
    if field.required:
        return "required"
    return "optional with explicit presence" if field.presence else "optional with implicit presence"


def same_cardinality(pair: FieldPair) -> Iterator[Found]:
    """Another label, or presence gained or lost."""
    if not pair.message.map_entry:  # keys and values are always there
        yield from _cardinality(pair, cardinality(pair.old), cardinality(pair.new))


def wire_json_compatible_cardinality(pair: FieldPair) -> Iterator[Found]:
    """Another label; presence does not count."""
    yield from _cardinality(pair, *(cardinality(f).partition(" ")[0] for f in (pair.old, pair.new)))


def wire_compatible_cardinality(pair: FieldPair) -> Iterator[Found]:
    """Another label; a map counts as a list, presence does not count."""
    groups = (cardinality(field).partition(" ")[0].replace("map", "repeated") for field in (pair.old, pair.new))
    yield from _cardinality(pair, *groups)


def _cardinality(pair: FieldPair, before: str, after: str) -> Iterator[Found]:
    if before != after:
        yield pair.found(f"it was {cardinality(pair.old)} and is {cardinality(pair.new)}")


def same_oneof(pair: FieldPair) -> Iterator[Found]:
    """Moved into, out of or between oneofs."""
    if pair.old.oneof != pair.new.oneof:
        yield pair.found(f"it stands in the oneof {pair.new.oneof or '(none)'} instead of {pair.old.oneof or '(none)'}")


def same_default(pair: FieldPair) -> Iterator[Found]:
    """An absent field reads as another value."""
    old, new = pair.old, pair.new
    if old.repeated or new.repeated or {old.type, new.type} & {MESSAGE, GROUP}:
        return
    before, after = _default(pair.schemas[0], old), _default(pair.schemas[1], new)
    if before != after:
        yield pair.found(f"absent reads as {after!r} instead of {before!r}")


def _default(schema: Schema, field: Field) -> object:
    """The default in a form that types of one family share; every zero is one."""
    value = field.default
    if field.type == ENUM:
        value = next((v.number for v in schema.enum(field.type_name).values if v.number == value), value)
    return value or 0


def same_jstype(pair: FieldPair) -> Iterator[Found]:
    """The option ``jstype`` changed."""
    yield from _option(pair, "jstype")


def same_cpp_string_type(pair: FieldPair) -> Iterator[Found]:
    """C++ has another type for it: by the option ``ctype``, or because editions from 2024 on have views."""
    if pair.old.type in {"string", "bytes"} and pair.new.type in {"string", "bytes"}:
        before, after = map(_cpp_string_type, pair.schemas, (pair.old, pair.new))
        if before != after:
            yield pair.found("C++ has another string type for it")


def _cpp_string_type(schema: Schema, field: Field) -> object:
    descriptor = _descriptor(schema, field)
    views = schema.file.edition >= EDITION_2024 and not descriptor.containing_type.GetOptions().map_entry
    return descriptor.GetOptions().ctype or (views and "view")


def same_utf8_validation(pair: FieldPair) -> Iterator[Found]:
    """UTF-8 is verified by one version only."""
    if pair.old.type == pair.new.type == "string" and pair.old.checked != pair.new.checked:
        yield pair.found("only one version verifies UTF-8")


def same_java_utf8_validation(pair: FieldPair) -> Iterator[Found]:
    """As generated Java verifies: by the field's features, or in proto2 by an option of the file."""
    if pair.old.type == pair.new.type == "string":
        before, after = (
            field.checked or schema.file.options.java_string_check_utf8
            for schema, field in zip(pair.schemas, (pair.old, pair.new), strict=True)
        )
        if before != after:
            yield pair.found("only one version verifies UTF-8 in Java")


def _option(pair: FieldPair, name: str) -> Iterator[Found]:
    before, after = _options(pair.schemas[0], pair.old, name), _options(pair.schemas[1], pair.new, name)
    if before != after:
        yield pair.found(f"its option {name} changed")


def _options(schema: Schema, field: Field, name: str) -> Any:
    return getattr(_descriptor(schema, field).GetOptions(), name)


def _descriptor(schema: Schema, field: Field) -> Any:
    message = field.site.name.rpartition(".")[0]
    return schema.pool.FindMessageTypeByName(message).fields_by_number[field.number]
