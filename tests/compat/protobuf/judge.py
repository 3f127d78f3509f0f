"""A second opinion on a pair of schemas, written apart from the engine: run an event and look at what arrives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet

from compat.protobuf.model import Schema
from compat.protobuf.payload import entries
from compat.protobuf.witness import is_map


@dataclass
class Outcome:
    """What the reader makes of one event."""

    error: str = ""
    incomplete: bool = False
    lost: list[str] = field(default_factory=list)
    """Values of fields both sides declare that did not arrive."""
    changed: list[str] = field(default_factory=list)
    """Values that arrived as others, and presence or defaults that differ."""


def judge(writer: Schema, reader: Schema, message: str, data: bytes, target: str = "") -> Outcome:
    """Parse as both sides and compare by field number."""
    written = writer.event_class(message)()
    written.ParseFromString(data)
    assert written.IsInitialized(), "not an event of the writer"
    read = reader.event_class(target or message)()
    try:
        read.ParseFromString(data)
    except DecodeError as error:
        return Outcome(error=str(error))
    outcome = Outcome(incomplete=not read.IsInitialized())
    _compare(written, read, message, outcome)
    return outcome


def _compare(written: Message, read: Message, at: str, outcome: Outcome) -> None:
    unknown = {entry.field_number for entry in UnknownFieldSet(read)}
    known = {field.number: field for field in _fields(read)}
    for ours in _fields(written):
        theirs = known.get(ours.number)
        place = f"{at}.{ours.name}"
        if theirs is None:
            # Within one message type this is how fields are retired; another type was never meant to hold the value.
            if written.DESCRIPTOR.name != read.DESCRIPTOR.name and _values(written, ours):
                outcome.lost.append(place)
            continue
        before, after = _values(written, ours), _values(read, theirs)
        if any(map(_is_garbled, [theirs] * len(after), after)):
            outcome.error = f"{place} is no text"
        if is_map(ours) and not is_map(theirs):
            after = _as_entries(after)
        if (before and ours.number in unknown) or (before and not after and theirs.has_presence):
            outcome.lost.append(place)
        elif len(before) != len(after):
            # A single zero without presence stands for itself whether it is there or not.
            if not (_zero(before) and _zero(after)) or (ours.has_presence and not theirs.has_presence):
                outcome.changed.append(place)
        elif is_map(ours) and is_map(theirs) and [_raw(key) for key, _ in before] != [_raw(key) for key, _ in after]:
            outcome.changed.append(place)  # entries cannot be told apart any more
        else:
            for one, other in zip(before, after, strict=True):
                _compare_one(one, other, place, outcome)
        alike = ours.message_type is None and theirs.message_type is None
        if alike and not before and not after and _default(written, ours) != _default(read, theirs):
            outcome.changed.append(f"{place} (default)")


def _fields(message: Message) -> list[Any]:
    """Declared fields, and the extensions that the schema knows."""
    descriptor: Any = message.DESCRIPTOR
    extensions = descriptor.file.pool.FindAllExtensions(descriptor) if descriptor.extension_ranges else []
    return [*descriptor.fields, *extensions]


def _compare_one(one: Any, other: Any, place: str, outcome: Outcome) -> None:
    if isinstance(one, Message) and isinstance(other, Message):
        _compare(one, other, place, outcome)
    elif isinstance(one, tuple) and isinstance(other, tuple):
        for a, b in zip(one, other, strict=True):
            _compare_one(a, b, place, outcome)
    elif isinstance(one, Message) or isinstance(other, Message) or _raw(one) != _raw(other):
        outcome.changed.append(place)


def _is_garbled(declared: Any, value: Any) -> bool:
    """Whether the runtime gives bytes where a text stands, or nothing for the value of such a key."""
    if isinstance(value, tuple):
        parts = declared.message_type.fields_by_number
        return any(_is_garbled(parts[index + 1], each) for index, each in enumerate(value))
    if isinstance(value, Message):
        return any(_is_garbled(inner, each) for inner in _fields(value) for each in _values(value, inner))
    return bool(declared.type == declared.TYPE_STRING and isinstance(value, bytes))


def _raw(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode()
    return str(value) if value != value or (value == 0 and isinstance(value, float)) else value


def _values(message: Message, declared: Any) -> list[Any]:
    for listed, content in message.ListFields():
        if listed.number == declared.number:
            if not declared.is_repeated:
                return [content]
            if is_map(declared):
                return sorted(entries(content), key=lambda pair: repr(_raw(pair[0])))
            return list(content)
    return []


def _as_entries(values: list[Any]) -> list[Any]:
    """Messages with a key and a value as the entries of a map; others as they are."""
    pairs = []
    for value in values:
        parts = value.DESCRIPTOR.fields_by_number if isinstance(value, Message) else {}
        if not {1, 2} <= set(parts):
            return values
        pairs.append(tuple(getattr(value, parts[number].name) for number in (1, 2)))
    return sorted(pairs, key=lambda pair: repr(_raw(pair[0])))


def _zero(values: list[Any]) -> bool:
    return not values or (len(values) == 1 and not isinstance(values[0], Message | tuple) and not values[0])


def _default(message: Message, declared: Any) -> Any:
    if declared.is_repeated or declared.message_type is not None or declared.is_extension:
        return None
    value = getattr(message, declared.name)
    return value if value or str(value) == "-0.0" else None
