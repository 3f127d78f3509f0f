"""Execute an event: parse the same bytes as the writer's and as the reader's message, and compare what arrives.

This is the only place that makes a Witness, and it makes one only of what it has just run.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import google.protobuf
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.internal import api_implementation
from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet

from compat.protobuf.model import Schema
from compat.protobuf.payload import RuntimeField, entries, to_json_tree
from compat.stopwatch import timed
from compat.verdict import Severity, Witness

EXECUTOR: Final = f"protobuf {google.protobuf.__version__} ({api_implementation.Type()})"

ORDER: Final = (Severity.INFO, Severity.LOSSY, Severity.DATA_DEPENDENT, Severity.DROPPED, Severity.ERROR)
"""Severities from harmless to worst."""


@dataclass(frozen=True, slots=True)
class Event:
    """Bytes the writer could have sent, and the message types under which both sides parse them."""

    writer_type: str
    reader_type: str
    data: bytes
    zeros: bool = False
    """Whether its JSON names fields without presence that hold zero, as every JSON writer can be asked to."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of one field of an event: the executed outcome, and its story for people."""

    severity: Severity
    writer_result: str
    reader_error: str


class Executor:
    """Runs events of one writer against one reader."""

    def __init__(self, writer: Schema, reader: Schema) -> None:
        self._writer = writer
        self._reader = reader
        self._last: tuple[Event, Message | None] | None = None
        """The event that was asked about last, as its writer sees it: all questions about it come in a row."""

    @timed
    def parse_written(self, event: Event) -> Message | None:
        """The event as its writer sees it; nothing if the writer's own schema does not admit it."""
        if self._last is None or self._last[0] is not event:
            self._last = event, self._admitted(event)
        return self._last[1]

    def _admitted(self, event: Event) -> Message | None:
        message = self._writer.event_class(event.writer_type)()
        try:
            message.ParseFromString(event.data)
        except DecodeError:
            return None
        return message if message.IsInitialized() else None

    @timed
    def parse_read(self, event: Event) -> Any:
        """The event as the reader sees it (a Message), or the decoder's own words (a str)."""
        message = self._reader.event_class(event.reader_type)()
        try:
            message.ParseFromString(event.data)
        except DecodeError as error:
            return str(error)
        return message

    def arrival(self, event: Event, path: Sequence[int], number: int) -> Reading | None:
        """What arrives of the field at ``path`` (field numbers down to its message).

        Nothing if the event is none of the writer's, or has nothing at this place.
        """
        written = self.parse_written(event)
        holder = None if written is None else follow(written, path)
        if holder is None:
            return None
        sent = _Found.of(holder, number)
        if sent is None or not sent.values:
            return None
        read = self.parse_read(event)
        said = f"{_label(holder, number)} is {sent}"
        if isinstance(read, str):
            return Reading(Severity.ERROR, said, read)
        target = follow(read, path)
        if target is None:
            return Reading(Severity.DROPPED, said, f"parsed, but the message that holds field {number} did not arrive")
        return _compare(said, sent, target, number)

    def missing(self, event: Event) -> Reading | None:
        """Whether the reader finds the event incomplete."""
        written, read = self.parse_written(event), self.parse_read(event)
        if written is None:
            return None
        if isinstance(read, str):
            return Reading(Severity.ERROR, "a complete event", read)
        if read.IsInitialized():
            return None
        names = ", ".join(read.FindInitializationErrors())
        return Reading(Severity.ERROR, "a complete event", f"missing required fields: {names}")

    def absent(self, event: Event, path: Sequence[int], number: int) -> Reading | None:
        """How an absent singular field reads on both sides."""
        written, read = self.parse_written(event), self.parse_read(event)
        if written is None or isinstance(read, str):
            return None
        ours, theirs = follow(written, path), follow(read, path)
        if ours is None or theirs is None:
            return None
        before, after = _default(ours, number), _default(theirs, number)
        if same(before, after):
            return None
        return Reading(
            Severity.LOSSY, f"field {number} is absent and reads as {_spell(before)}", f"reads as {_spell(after)}"
        )

    def presence(self, event: Event, path: Sequence[int], number: int) -> Reading | None:
        """Whether a value that was set explicitly can still be told from an absent one."""
        written, read = self.parse_written(event), self.parse_read(event)
        if written is None or isinstance(read, str):
            return None
        ours, theirs = follow(written, path), follow(read, path)
        if ours is None or theirs is None or not is_set(ours, number) or is_set(theirs, number):
            return None
        before = _spell(_default(ours, number) if _Found.of(ours, number) is None else _Found.of(ours, number))
        return Reading(
            Severity.LOSSY,
            f"{_label(ours, number)} is set to {before}",
            "the reader cannot tell it from an absent field",
        )

    def by_name(self, event: Event, path: Sequence[int], number: int) -> Reading | None:
        """What the reader has in its field of the same name as one that was set; INFO if it happens to be alike."""
        written, read = self.parse_written(event), self.parse_read(event)
        ours = None if written is None else follow(written, path)
        if not isinstance(ours, Message):
            return None
        field, sent = find_field(ours, number), _Found.of(ours, number)
        if isinstance(read, str):
            return Reading(Severity.ERROR, f"{_label(ours, number)} is {sent}", read)
        theirs = follow(read, path)
        if not isinstance(theirs, Message):
            return None
        other = None if field is None else theirs.DESCRIPTOR.fields_by_name.get(field.name)
        if sent is None or other is None:
            return None
        came = _Found.of(theirs, other.number)
        alike = came is not None and came.values == sent.values and _Opaque() not in sent.values
        found = "is not set" if came is None else f"is {came}, which the writer gave to another field"
        return Reading(
            Severity.INFO if alike else Severity.LOSSY,
            f"{_label(ours, number)} is {sent}",
            f"the reader's {_label(theirs, other.number)} {found}",
        )

    def no_type(self, event: Event) -> Reading | None:
        """Whether the reader has no type of the event's name."""
        if self.parse_written(event) is None:
            return None
        try:
            self._reader.pool.FindMessageTypeByName(event.reader_type)
        except KeyError as error:
            return Reading(Severity.ERROR, f"an event of {event.writer_type}", str(error.args[0]))
        return None

    def witness(self, event: Event, reading: Reading) -> Witness:
        """What was just executed, for keeping; the writer's part starts with the message type of the event."""
        written = self.parse_written(event)
        payload = None if written is None else to_json_tree(written)
        story = f"{event.writer_type}: {reading.writer_result}"
        return Witness(payload, event.data, EXECUTOR, story, reading.reader_error)


@dataclass(frozen=True, slots=True)
class _Found:
    """The values of one field in one message, as atoms that compare across types."""

    values: tuple[Any, ...]
    shown: str

    @classmethod
    def of(cls, message: Message | Entry, number: int) -> _Found | None:
        """Nothing if the message has no such field or it is not set."""
        if isinstance(message, Entry):
            content = message.key if number == 1 else message.value
            return cls((_atom(content),), _spell(content))
        field = find_field(message, number)
        if field is None or not is_set(message, number):
            return None
        content = get(message, field)
        if not field.is_repeated:
            return cls((_atom(content),), _spell(content))
        if is_map(field):
            pairs = sorted(entries(content), key=lambda pair: repr(pair[0]))
            atoms = tuple((_atom(key), _atom(item)) for key, item in pairs)
            return cls(atoms, "{" + ", ".join(f"{_spell(k)}: {_spell(v)}" for k, v in pairs[:4]) + "}")
        return cls(tuple(map(_atom, content)), "[" + ", ".join(_spell(item) for item in content[:4]) + "]")

    def __str__(self) -> str:
        return self.shown


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a map, where a path leads through it."""

    key: Any
    value: Any
    fields: Mapping[int, RuntimeField]
    """The entry's own fields: 1 for the key, 2 for the value."""


@dataclass(frozen=True, slots=True)
class _Opaque:
    """A message as a value: its contents are compared where they are declared."""


def _compare(said: str, sent: _Found, target: Message | Entry, number: int) -> Reading:
    got = _Found.of(target, number)
    unknown = isinstance(target, Message) and number in unknown_numbers(target)
    received = () if got is None else got.values
    if got is not None and _is_garbled(target, number):
        return Reading(Severity.ERROR, said, f"reads as {got}, which is not UTF-8 and so no text")
    if same(sent.values, received):
        return Reading(Severity.INFO, said, "the same value")
    if not received and _only_defaults(sent) and not unknown:
        return Reading(Severity.INFO, said, "absent, which reads as the same value")
    if unknown:
        rest = "nothing" if got is None else f"only {got}"
        return Reading(Severity.DROPPED, said, f"{rest} arrives: the value is among the unknown fields")
    if got is None and not _reads_as_default(target, number):
        return Reading(Severity.DROPPED, said, "nothing arrives")
    return Reading(Severity.LOSSY, said, f"reads as {got if got is not None else _spell(_default(target, number))}")


def _is_garbled(target: Message | Entry, number: int) -> bool:
    """Whether the runtime gives bytes where a text stands: it checks nothing in proto2, and cannot decode them."""
    if isinstance(target, Entry):
        text = target.fields[number].type == FieldDescriptor.TYPE_STRING
        return text and isinstance(target.key if number == 1 else target.value, bytes)
    field = find_field(target, number)
    if field is None:
        return False
    content = get(target, field)
    if is_map(field):
        parts: Any = field.message_type
        pairs = (Entry(key, value, parts.fields_by_number) for key, value in entries(content))
        return any(_is_garbled(pair, each) for pair in pairs for each in (1, 2))
    contents = content if field.is_repeated else [content]
    return field.type == FieldDescriptor.TYPE_STRING and any(isinstance(each, bytes) for each in contents)


def _only_defaults(sent: _Found) -> bool:
    return len(sent.values) == 1 and sent.values[0] in (0, b"") and not isinstance(sent.values[0], _Opaque)


def _reads_as_default(target: Message | Entry, number: int) -> bool:
    """Whether 'not set' is a value here: a singular scalar without presence holds zero rather than nothing."""
    field = find_field(target, number) if isinstance(target, Message) else None
    return field is not None and not field.is_repeated and not field.has_presence


def follow(message: Message, path: Sequence[int]) -> Message | Entry | None:
    """The message at the end of field numbers; of lists the last element, of maps the first entry."""
    at: Any = message
    for number in path:
        if isinstance(at, Entry):
            at = at.key if number == 1 else at.value
        elif isinstance(at, Message):
            field = find_field(at, number)
            if field is None or field.message_type is None or not is_set(at, number):
                return None
            content = get(at, field)
            if is_map(field):
                parts: Any = field.message_type
                at = Entry(*entries(content)[0], parts.fields_by_number)
            else:
                at = content[-1] if field.is_repeated else content
        else:
            return None
    return at if isinstance(at, Message | Entry) else None


def find_field(message: Message, number: int) -> RuntimeField | None:
    """The field or known extension of this number."""
    descriptor: Any = message.DESCRIPTOR
    field: RuntimeField | None = descriptor.fields_by_number.get(number)
    if field is None and descriptor.extension_ranges:
        field = next((e for e in descriptor.file.pool.FindAllExtensions(descriptor) if e.number == number), None)
    return field


def is_map(field: RuntimeField) -> bool:
    """Whether the runtime presents the field as a dict."""
    return bool(field.is_repeated and field.message_type is not None and field.message_type.GetOptions().map_entry)


def unknown_numbers(message: Message) -> set[int]:
    """Numbers on the wire that the message's type does not know, or knows with another wire type."""
    fields: Any = UnknownFieldSet(message)
    return {unknown.field_number for unknown in fields}


def get(message: Any, field: RuntimeField) -> Any:
    """The content of a field or extension."""
    return message.Extensions[field] if field.is_extension else getattr(message, field.name)


def is_set(holder: Message | Entry, number: int) -> bool:
    """Whether the field was on the wire, as far as the runtime can tell."""
    if isinstance(holder, Entry):
        return True
    message: Any = holder
    field = find_field(message, number)
    if field is None:
        return False
    if field.is_repeated:
        return len(get(message, field)) > 0
    if field.has_presence:
        return bool(message.HasExtension(field) if field.is_extension else message.HasField(field.name))
    return not same(get(message, field), field.default_value)


def _default(message: Message | Entry, number: int) -> Any:
    if isinstance(message, Entry):
        return None
    field = find_field(message, number)
    return None if field is None else get(message, field)


def _label(message: Message | Entry, number: int) -> str:
    if isinstance(message, Entry):
        return "the key" if number == 1 else "the value"
    field = find_field(message, number)
    return f"{field.name} ({number})" if field is not None else f"field {number}"


def _atom(content: Any) -> Any:
    """A value that compares across types: text as its bytes, numbers as numbers, messages as opaque."""
    if isinstance(content, Message):
        return _Opaque()
    if isinstance(content, str):
        return content.encode("utf-8", "surrogateescape")
    return content


def same(one: Any, other: Any) -> bool:
    """Equality of values across types: 1 is true and 1.0 is 1, but -0.0 is not 0, and NaN is NaN."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, float) and isinstance(other, float):
        return struct.pack("<d", one) == struct.pack("<d", other)
    if isinstance(one, str):
        one = one.encode()
    if isinstance(other, str):
        other = other.encode()
    return bool(one == other)


def _spell(content: Any) -> str:
    if isinstance(content, Message):
        text = str(to_json_tree(content))
    else:
        text = str(content) if isinstance(content, _Found) else repr(content)
    return text if len(text) <= 80 else f"{text[:77]}..."


def worst(
    readings: Iterable[tuple[Event, Reading | None]], enough: Severity = Severity.ERROR
) -> tuple[Event, Reading] | None:
    """The worst reading, the earliest of its kind; nothing if no event counted. Stops at one that is bad enough."""
    found: tuple[Event, Reading] | None = None
    for event, reading in readings:
        if reading is None:
            continue
        if found is None or ORDER.index(reading.severity) > ORDER.index(found[1].severity):
            found = (event, reading)
            if ORDER.index(reading.severity) >= ORDER.index(enough):
                break
    return found
