"""buf's rules for messages and enums, one function each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from google.protobuf.descriptor_pb2 import FeatureSet

from compat.buf.pairs import Found, declared, enum_pairs, inner, message_pairs, messages
from compat.protobuf.model import Schema
from compat.protobuf.records import Enum, Field, Message
from compat.protobuf.words import (
    enum_fragment,
    field_label,
    fragment,
    message_fragment,
    spelt_range,
    value_fragment,
)
from compat.verdict import Fragment

# ---------------------------------------------------------------------------------------------- what is gone


def message_no_delete(old: Schema, new: Schema) -> Iterator[Found]:
    """By the name inside the file, so that another package deletes nothing."""
    left = {inner(new, name) for name in messages(new)}
    for name, message in messages(old).items():
        if inner(old, name) not in left:
            yield Found(f"the message {name} is gone", message_fragment(message))


def enum_no_delete(old: Schema, new: Schema) -> Iterator[Found]:
    """By the name inside the file, as for messages."""
    left = {inner(new, name) for name in new.enum_names}
    for name in old.enum_names:
        if inner(old, name) not in left:
            yield Found(f"the enum {name} is gone", enum_fragment(old.enum(name)))


def field_no_delete(old: Schema, new: Schema) -> Iterator[Found]:
    """A field number is gone."""
    for message, field, _ in _gone(old, new):
        yield Found(f"{field_label(message, field)} is gone", fragment(field))


def field_no_delete_unless_number_reserved(old: Schema, new: Schema) -> Iterator[Found]:
    """A field is gone, and its number may be used again."""
    for message, field, after in _gone(old, new):
        if not after.reserves(field.number):
            yield Found(f"{field_label(message, field)} is gone and its number not reserved", fragment(field))


def field_no_delete_unless_name_reserved(old: Schema, new: Schema) -> Iterator[Found]:
    """A field is gone, and its name may be used again."""
    for message, field, after in _gone(old, new):
        if field.name not in after.reserved_names:
            yield Found(f"{field_label(message, field)} is gone and its name not reserved", fragment(field))


def _gone(old: Schema, new: Schema) -> Iterator[tuple[Message, Field, Message]]:
    for before, after in message_pairs(old, new):
        left = declared(after)
        yield from ((before, field, after) for number, field in declared(before).items() if number not in left)


def oneof_no_delete(old: Schema, new: Schema) -> Iterator[Found]:
    """A oneof is gone from a message."""
    for before, after in message_pairs(old, new):
        for name in before.oneofs:
            if name not in after.oneofs:
                yield Found(f"the oneof {name} of {before.name} is gone", message_fragment(before))


# ---------------------------------------------------------------------------------------------- messages


def message_same_required_fields(old: Schema, new: Schema) -> Iterator[Found]:
    """The label of proto2 counts, not the feature of an edition."""
    for before, after in message_pairs(old, new):
        earlier, later = _required(old, before), _required(new, after)
        for number in sorted(earlier.keys() ^ later.keys()):
            field = earlier.get(number) or later[number]
            change = "not required any more" if number in earlier else "required now"
            sides = (fragment(field), None) if number in earlier else (None, fragment(field))
            yield Found(f"{field_label(before, field)} is {change}", *sides)


def _required(schema: Schema, message: Message) -> dict[int, Field]:
    if schema.files[message.file].syntax == "editions":
        return {}
    return {number: field for number, field in declared(message).items() if field.required}


def reserved_message_no_delete(old: Schema, new: Schema) -> Iterator[Found]:
    """A reservation of a message is gone."""
    for before, after in message_pairs(old, new):
        sides = message_fragment(before), message_fragment(after)
        yield from _reservations(before, after, sides)


def extension_message_no_delete(old: Schema, new: Schema) -> Iterator[Found]:
    """An extension range of a message is gone."""
    for before, after in message_pairs(old, new):
        for first, last in before.extension_ranges:
            if not _covered(first, last, after.extension_ranges):
                what = f"the extension range {spelt_range(first, last)} of {before.name} is gone"
                yield Found(what, message_fragment(before), message_fragment(after))


def message_same_json_format(old: Schema, new: Schema) -> Iterator[Found]:
    """A message may be written as JSON with fewer guarantees."""
    for before, after in message_pairs(old, new):
        if not before.map_entry and _json_weakened(_message_json(old, before), _message_json(new, after)):
            yield Found(f"{before.name} promises less for JSON", message_fragment(before), message_fragment(after))


def message_no_remove_standard_descriptor_accessor(old: Schema, new: Schema) -> Iterator[Found]:
    """Generated code loses an accessor."""
    for before, after in message_pairs(old, new):
        was, now = (
            schema.pool.FindMessageTypeByName(each.name).GetOptions().no_standard_descriptor_accessor
            for schema, each in ((old, before), (new, after))
        )
        if now and not was:
            what = f"{before.name} has no_standard_descriptor_accessor set"
            yield Found(what, message_fragment(before), message_fragment(after))


# ---------------------------------------------------------------------------------------------- enums


def enum_value_no_delete(old: Schema, new: Schema) -> Iterator[Found]:
    """A number of an enum is gone."""
    for before, after, number in _values_gone(old, new):
        value = before.by_number[number][0]
        yield Found(f"{after.name} has no value {number} any more", value_fragment(value), enum_fragment(after))


def enum_value_no_delete_unless_number_reserved(old: Schema, new: Schema) -> Iterator[Found]:
    """A number of an enum is gone, and may be used again."""
    for before, after, number in _values_gone(old, new):
        if not any(first <= number <= last for first, last in after.reserved):
            value = value_fragment(before.by_number[number][0])
            yield Found(f"the value {number} of {after.name} is gone and not reserved", value, enum_fragment(after))


def enum_value_no_delete_unless_name_reserved(old: Schema, new: Schema) -> Iterator[Found]:
    """A number of an enum is gone, and its name may be used again."""
    for before, after, number in _values_gone(old, new):
        values = before.by_number[number]
        if not {value.name for value in values} <= after.reserved_names:
            what = f"the value {number} of {after.name} is gone and its name not reserved"
            yield Found(what, value_fragment(values[0]), enum_fragment(after))


def _values_gone(old: Schema, new: Schema) -> Iterator[tuple[Enum, Enum, int]]:
    for before, after in enum_pairs(old, new):
        left = after.by_number
        yield from ((before, after, number) for number in before.by_number if number not in left)


def enum_value_same_name(old: Schema, new: Schema) -> Iterator[Found]:
    """With aliases the names of a number may only become more."""
    for before, after in enum_pairs(old, new):
        now = after.by_number
        for number, values in before.by_number.items():
            if number in now and not {value.name for value in values} <= {value.name for value in now[number]}:
                what = f"{number} of {before.name} is called {now[number][0].name} instead of {values[0].name}"
                yield Found(what, value_fragment(values[0]), value_fragment(now[number][0]))


def enum_same_type(old: Schema, new: Schema) -> Iterator[Found]:
    """An open enum became closed, or the other way round."""
    for before, after in enum_pairs(old, new):
        if before.closed != after.closed:
            change = "open" if before.closed else "closed"
            yield Found(f"{before.name} is {change} now", enum_fragment(before), enum_fragment(after))


def enum_same_json_format(old: Schema, new: Schema) -> Iterator[Found]:
    """An enum may be written as JSON with fewer guarantees."""
    for before, after in enum_pairs(old, new):
        if _json_weakened(_enum_json(old, before), _enum_json(new, after)):
            yield Found(f"{before.name} promises less for JSON", enum_fragment(before), enum_fragment(after))


def reserved_enum_no_delete(old: Schema, new: Schema) -> Iterator[Found]:
    """A reservation of an enum is gone."""
    for before, after in enum_pairs(old, new):
        yield from _reservations(before, after, (enum_fragment(before), enum_fragment(after)))


# ---------------------------------------------------------------------------------------------- both


def _reservations(before: Message | Enum, after: Message | Enum, sides: tuple[Fragment, Fragment]) -> Iterator[Found]:
    for first, last in before.reserved:
        if not _covered(first, last, after.reserved):
            yield Found(f"{before.name} does not reserve {spelt_range(first, last)} any more", *sides)
    for name in sorted(before.reserved_names - after.reserved_names):
        yield Found(f"{before.name} does not reserve the name {name} any more", *sides)


def _covered(first: int, last: int, ranges: Sequence[tuple[int, int]]) -> bool:
    """Whether ranges together take in another."""
    for start, end in sorted(ranges):
        if start <= first <= end:
            first = end + 1
    return first > last


_ALLOW = FeatureSet.ALLOW


def _json_weakened(before: int, after: int) -> bool:
    return before == _ALLOW != after


def _message_json(schema: Schema, message: Message) -> int:
    return _json_format(schema, message.file, schema.pool.FindMessageTypeByName(message.name).GetOptions())


def _enum_json(schema: Schema, enum: Enum) -> int:
    return _json_format(schema, enum.file, schema.pool.FindEnumTypeByName(enum.name).GetOptions())


def _json_format(schema: Schema, file: str, options: object) -> int:
    """proto3 allows, proto2 does its best; an edition says it for the type or the file, and allows by default."""
    declared_in = schema.files[file]
    if declared_in.syntax != "editions":
        return _ALLOW if declared_in.syntax == "proto3" else FeatureSet.LEGACY_BEST_EFFORT
    for features in (getattr(options, "features"), declared_in.options.features):  # noqa: B009 - of two types
        if features.HasField("json_format"):
            return int(features.json_format)
    return _ALLOW
