"""Execute an event as ProtoJSON: written by the runtime with the writer's names, parsed by it with the reader's.

The rules are those of protobuf.dev, 'ProtoJSON Format', with the defaults every parser has: a field of an unknown name
is an error. A witness is made only of what has just been run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import json_format
from google.protobuf.message import Message

from compat.protobuf.model import Schema
from compat.protobuf.payload import entries
from compat.protobuf.records import ENUM, Field
from compat.protobuf.witness import EXECUTOR, Entry, Event, Executor, Reading, find_field, follow, get, is_map, same
from compat.verdict import Severity, Witness

JSON_EXECUTOR: Final = f"{EXECUTOR}, json_format"

_REFUSALS: Final = (json_format.Error, ValueError, TypeError, KeyError, AttributeError)
"""What the runtime's JSON code raises: its own errors, and now and then those of Python."""

MAX_NESTING: Final = 95
"""Levels of messages that the runtime's JSON parser follows (100), those around a witness apart."""


@dataclass(frozen=True, slots=True)
class Step:
    """One field on the way down, as both sides know it."""

    writer: Field
    reader: Field


class JsonExecutor:
    """Runs events of one writer against one reader, both speaking JSON."""

    def __init__(self, writer: Schema, reader: Schema) -> None:
        self._writer = writer
        self._reader = reader
        self._binary = Executor(writer, reader)

    def document(self, event: Event) -> dict[str, Any] | None:
        """The JSON of an event; nothing if the writer's schema does not admit it, or JSON cannot say it."""
        message = self._binary.parse_written(event)
        if message is None:
            return None
        try:
            return json_format.MessageToDict(
                message, descriptor_pool=self._writer.pool, always_print_fields_with_no_presence=event.zeros
            )
        except (*_REFUSALS, UnicodeError):
            return None

    def refusal(self, event: Event, document: dict[str, Any]) -> str | None:
        """The parser's own words if the reader cannot parse the document, None if it can."""
        parsed = self._parsed(event, document)
        return parsed if isinstance(parsed, str) else None

    def refused(self, event: Event) -> Reading | None:
        """Whether the reader refuses the whole event."""
        document = self.document(event)
        error = None if document is None else self.refusal(event, document)
        return None if error is None else Reading(Severity.ERROR, "an event that the writer can say in JSON", error)

    def missing(self, event: Event) -> Reading | None:
        """Whether the reader refuses the event, or finds it incomplete."""
        document = self.document(event)
        read = None if document is None else self._parsed(event, document)
        if read is None or (not isinstance(read, str) and read.IsInitialized()):
            return None
        if isinstance(read, str):
            return Reading(Severity.ERROR, "a complete event", read)
        missing = ", ".join(read.FindInitializationErrors())
        return Reading(Severity.ERROR, "a complete event", f"missing required fields: {missing}")

    def joined(self, event: Event, steps: Sequence[Step], members: Sequence[Field], taken: Field) -> Reading | None:
        """What becomes of two fields that are one for the reader; DROPPED only where they held different things."""
        document = self.document(event)
        holder = None if document is None else _inside(document, [step.writer for step in steps])
        if document is None or holder is None or not all(each.json_name in holder for each in members[:2]):
            return None
        sent = {each.json_name: holder[each.json_name] for each in members[:2]}
        said = " and ".join(f"{name} is written as {_short(content)}" for name, content in sent.items())
        read = self._parsed(event, document)
        if isinstance(read, str):
            return Reading(Severity.ERROR, said, read)
        holder = _inside(self._printed(read), [step.reader for step in steps]) or {}
        told_apart = len({json.dumps(content) for content in sent.values()}) > 1
        severity = Severity.DROPPED if told_apart else Severity.LOSSY
        return Reading(severity, said, f"one field reads as {_short(holder.get(taken.json_name))}")

    def arrival(self, event: Event, steps: Sequence[Step], field: Field, other: Field | None) -> Reading | None:
        """What becomes of one field, alone in the document so that nothing else is judged with it.

        Nothing if the event is none, or its JSON leaves the field out. ``other`` is the reader's field, if it has one.
        """
        document, message = self.document(event), self._binary.parse_written(event)
        if document is None or message is None:
            return None
        alone = _alone(document, [*(step.writer for step in steps), field])
        if alone is None:
            return None
        said = f"{field.json_name} is written as {_short(alone)}"
        read = self._parsed(event, alone)
        if isinstance(read, str):
            return Reading(Severity.ERROR, said, self.refusal(event, document) or read)
        is_key = bool(steps) and steps[-1].writer.map and field.number == 1  # a text in any case
        if other is None or is_key or field.holds_message or other.holds_message:
            return Reading(Severity.INFO, said, "parsed")
        sent = _atoms(self._writer, message, [step.writer.number for step in steps], field)
        got = _atoms(self._reader, read, [step.reader.number for step in steps], other)
        if len(sent) == len(got) and all(a[0] == b[0] and same(a[1], b[1]) for a, b in zip(sent, got, strict=True)):
            return Reading(Severity.INFO, said, "the same value")
        if self.refusal(event, document) is not None:
            return None  # for another field's sake: nothing of this event arrives, changed or not
        return Reading(Severity.LOSSY, said, f"reads as {', '.join(repr(value) for _, value in got[:4]) or 'nothing'}")

    def witness(self, event: Event, reading: Reading) -> Witness:
        """What was just executed: the document, and its text as the bytes that were parsed."""
        document = self.document(event)
        encoded = json.dumps(document, ensure_ascii=False).encode()
        return Witness(
            document, encoded, JSON_EXECUTOR, f"{event.writer_type}: {reading.writer_result}", reading.reader_error
        )

    def _printed(self, read: Message) -> dict[str, Any]:
        return json_format.MessageToDict(
            read, descriptor_pool=self._reader.pool, always_print_fields_with_no_presence=True
        )

    def _parsed(self, event: Event, document: dict[str, Any]) -> Any:
        """The message, or the parser's own words (a str)."""
        message = self._reader.event_class(event.reader_type)()
        try:
            return json_format.ParseDict(document, message, descriptor_pool=self._reader.pool)
        except _REFUSALS as error:
            return str(error)


def _inside(document: dict[str, Any], way: Sequence[Field]) -> dict[str, Any] | None:
    """The object at the end of the way; of lists and maps the last element."""
    at: Any = document
    steps = iter(way)
    for field in steps:
        content = at.get(field.json_name)
        if not content:
            return None
        if field.map:
            next(steps, None)  # the way leads through the entry's value
            at = [*content.values()][-1]
        else:
            at = content[-1] if field.repeated else content
    return at if isinstance(at, dict) else None


def _alone(document: dict[str, Any], way: Sequence[Field]) -> dict[str, Any] | None:
    """The document with nothing but the way to the last field and what it holds; of lists and maps the last element."""
    field, rest = way[0], way[1:]
    content = document.get(field.json_name)
    if content is None:
        return None
    if not rest:
        return {field.json_name: content}
    if field.map:
        key, value = list(content.items())[-1]
        inside = value if len(rest) == 1 else _alone(value, rest[1:])  # the way leads through the entry's value
        return None if inside is None else {field.json_name: {key: inside}}
    inside = _alone(content[-1] if field.repeated else content, rest)
    return None if inside is None else {field.json_name: [inside] if field.repeated else inside}


def _atoms(schema: Schema, message: Message, path: Sequence[int], field: Field) -> list[tuple[str, Any]]:
    """The values of a field with their kind: text is not bytes, and an enum's value is its name."""
    holder = follow(message, path)
    if holder is None:
        return []
    names = (
        {number: values[0].name for number, values in schema.enum(field.type_name).by_number.items()}
        if field.type == ENUM
        else {}
    )
    kind = field.type if field.type in {"string", "bytes", ENUM} else "number"
    return [(kind, names.get(value, value)) for value in _contents(holder, field.number)]


def _contents(holder: Message | Entry, number: int) -> Iterator[Any]:
    if isinstance(holder, Entry):
        yield holder.key if number == 1 else holder.value
        return
    field = find_field(holder, number)
    if field is None:
        return
    content = get(holder, field)
    if is_map(field):
        yield from (value for _, value in entries(content))
    elif field.is_repeated:
        yield from content
    else:
        yield content


def _short(document: object) -> str:
    text = json.dumps(document, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}..."
