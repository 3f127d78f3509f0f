"""Contents to write into a field so that a reader's different idea of it shows: boundary values, plainest first."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from compat.protobuf.minimal import Minimal
from compat.protobuf.model import Schema
from compat.protobuf.records import ENUM, PACKABLE, Field, Message
from compat.protobuf.wire import boundary_values, records

_MAX_VALUES: Final = 40
"""Numbers of an enum tried for one field."""

_MAX_MESSAGES: Final = 400
"""Messages tried for one field."""

_LONG: Final = 70
"""Elements or levels after which a length no longer fits into one byte; the runtime reads 100 levels."""


class Candidates:
    """What the writer can put into its fields."""

    def __init__(self, schema: Schema, minimal: Minimal) -> None:
        self._schema = schema
        self._minimal = minimal

    def contents(self, field: Field, avoided: Collection[int] = ()) -> Iterator[list[object]]:
        """Contents of the field as lists of elements, one element where it is single.

        ``avoided`` are the numbers a reader's enum declares: one that it does not declare comes first.
        """
        tried: list[object] = []
        for element in self.elements(field, avoided):
            yield [element]
            if len(tried) < _MAX_VALUES:
                tried.append(element)
        if field.repeated and tried:
            yield from self._several(field, tried)

    def elements(self, field: Field, avoided: Collection[int] = ()) -> Iterator[object]:
        """Single values of the field's type, at most a few dozen."""
        if field.holds_message:
            yield from self._messages(field)
        elif field.type == ENUM:
            yield from self._numbers(field)
        else:
            values = boundary_values(field.type)
            if avoided:
                yield from (value for value in values if isinstance(value, int) and value not in avoided)
            yield from values

    def lists(self, field: Field, numbers: frozenset[int] | None) -> Iterator[list[object]]:
        """Contents of two elements or one; of an enum only from ``numbers``."""
        elements: list[object] = [*islice(self.elements(field), 8)]
        if numbers:
            elements = [*sorted(numbers)[:8]]
        yield [elements[0], elements[min(1, len(elements) - 1)]]
        yield from ([element] for element in elements)

    def twins(self, field: Field) -> Iterator[list[object]]:
        """Two equal elements, which a map would take for one."""
        for element in self.elements(field):
            yield [element, element]

    @staticmethod
    def _several(field: Field, elements: list[object]) -> Iterator[list[object]]:
        yield elements[:2]
        yield [elements[0]] * 3
        if field.type in PACKABLE:
            yield from ([element, elements[0]] for element in elements)
            yield elements

    def _numbers(self, field: Field) -> Iterator[int]:
        """An enum's own numbers, its extremes first; if it is open, any other number too."""
        enum = self._schema.enum(field.type_name)
        declared = list(enum.by_number)
        picked = [n for n in (max(declared), min(declared), *declared) if n][: _MAX_VALUES // 2]
        yield from dict.fromkeys([*picked, *(n for n in (0,) if n in declared)])
        if not enum.closed:
            yield from (number for number in boundary_values(ENUM) if isinstance(number, int))

    def _messages(self, field: Field) -> Iterator[bytes]:
        """Encodings of a message: the smallest, and for every message it can hold, each field at its boundaries.

        Read as something else than a message, any byte in them may matter: tags, lengths, and what is deep inside.
        """
        message = self._schema.message(field.type_name)
        smallest = self._minimal.of(message.name)
        if smallest is None:
            return
        yield smallest
        count = 0
        for at in self._reachable(message):
            for content in self._single_fields(at.message):
                yield at.wrapped(content, self._minimal)
                count += 1
                if count >= _MAX_MESSAGES:
                    return

    def _single_fields(self, message: Message) -> Iterator[bytes]:
        """The message with one of its fields set, once for each boundary value, and once at some length."""
        for inner in message.fields.values():
            if inner.holds_message:
                smallest = self._minimal.of(inner.type_name)
                contents: Iterable[object] = () if smallest is None else (smallest,)
            else:
                contents = self.elements(inner)
            first = None
            for element in contents:
                first = element if first is None else first
                yield self._minimal.complete(message, records(inner, [element]), {inner.number})
            if inner.repeated and first is not None:
                yield self._minimal.complete(message, records(inner, [first] * _LONG), {inner.number})

    def _reachable(self, message: Message) -> Iterator[_Reached]:
        """The message and all it can hold, each at the shortest way down, and one chain long enough to count."""
        start = _Reached(message)
        met, waiting = {message.name}, deque([start])
        while waiting:
            at = waiting.popleft()
            yield at
            for inner in at.message.fields.values():
                if not inner.holds_message or self._minimal.of(inner.type_name) is None:
                    continue
                below = _Reached(self._schema.message(inner.type_name), at, inner, at.depth + 1)
                if inner.type_name not in met and at.depth < _LONG:
                    met.add(inner.type_name)
                    waiting.append(below)
                elif at.depth == 0:
                    yield self._chain(below)

    def _chain(self, at: _Reached) -> _Reached:
        """A way down through messages that hold each other, so far that lengths take two bytes."""
        while at.depth < _LONG:
            step = next((f for f in at.message.fields.values() if f.type_name in {at.message.name, _root(at)}), None)
            if step is None or self._minimal.of(step.type_name) is None:
                break
            at = _Reached(self._schema.message(step.type_name), at, step, at.depth + 1)
        return at


@dataclass(frozen=True, slots=True)
class _Reached:
    """A message inside another, and the way to it."""

    message: Message
    parent: _Reached | None = None
    via: Field | None = None
    depth: int = 0

    def wrapped(self, content: bytes, minimal: Minimal) -> bytes:
        """The outermost message around this content of the innermost."""
        at = self
        while at.parent is not None and at.via is not None:
            content = minimal.complete(at.parent.message, records(at.via, [content]), {at.via.number})
            at = at.parent
        return content


def _root(at: _Reached) -> str:
    while at.parent is not None:
        at = at.parent
    return at.message.name


def zero_value(field: Field) -> object:
    """What an absent field of this type without a default of its own reads as."""
    if field.type == "string":
        return ""
    if field.type == "bytes":
        return b""
    if field.type == "bool":
        return False
    return 0.0 if field.type in {"float", "double"} else 0
