"""The smallest event of every message: its required fields at their plainest, and theirs; or that there is none."""

from __future__ import annotations

from collections.abc import Container
from typing import Final

from compat.errors import LimitExceeded
from compat.protobuf.model import Schema
from compat.protobuf.payload import MAX_DEPTH
from compat.protobuf.records import ENUM, Field, Message
from compat.protobuf.wire import record

MAX_BYTES: Final = 1_000_000
"""Size of a smallest event: two required fields per level double it with each level."""


_MAP_VALUE: Final = 2


class Minimal:
    """Smallest encodings of one schema's messages, found once: a least fixpoint over required fields."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._found: dict[str, tuple[bytes, int] | None] = {}
        self._maybe_needed: dict[str, tuple[Field, ...]] = {}

    def of(self, name: str) -> bytes | None:
        """The encoded event; nothing if the message requires itself without end, so that no event exists."""
        if name not in self._found:
            self._settle(name)
        found = self._found[name]
        return None if found is None else found[0]

    def complete(self, message: Message, inner: bytes, given: Container[int]) -> bytes:
        """``inner`` with the required fields it does not give put in front. Raises KeyError if there is no event."""
        if message.name not in self._maybe_needed:
            fields = message.fields.values()
            self._maybe_needed[message.name] = tuple(each for each in fields if each.required or message.map_entry)
        required = b"".join(
            self._required_record(field)
            for field in self._maybe_needed[message.name]
            if field.number not in given and (field.required or self._value_needed(field))
        )
        return required + inner

    def _value_needed(self, field: Field) -> bool:
        """An entry without its value has an empty message there, which may lack required fields."""
        return field.number == _MAP_VALUE and field.holds_message and self.of(field.type_name) != b""

    def _required_record(self, field: Field) -> bytes:
        if field.holds_message:
            content = self.of(field.type_name)
            if content is None:
                raise KeyError(field.type_name)
            return record(field.number, field.type, content)
        return record(field.number, field.type, plain_value(field))

    def _settle(self, name: str) -> None:
        order = self._needed(name)
        progress = True
        while progress:
            progress = False
            # Innermost first: a chain is settled in one pass.
            for waiting in reversed(order):
                if waiting not in self._found and self._ready(waiting):
                    self._found[waiting] = self._encode(waiting)
                    progress = True
        for waiting in order:
            self._found.setdefault(waiting, None)

    def _needed(self, name: str) -> list[str]:
        """The message and all it requires, in the order they are met."""
        order, met, stack = [], {name}, [name]
        while stack:
            at = stack.pop()
            order.append(at)
            for inner in self._requires(at):
                if inner not in met and inner not in self._found:
                    met.add(inner)
                    stack.append(inner)
        return order

    def _requires(self, name: str) -> list[str]:
        """Messages without which there is no event of this one; a map's entry is nothing without its value."""
        message = self._schema.message(name)
        return [
            field.type_name
            for field in message.fields.values()
            if field.holds_message and (field.required or (message.map_entry and field.number == _MAP_VALUE))
        ]

    def _ready(self, name: str) -> bool:
        return all(inner in self._found for inner in self._requires(name))

    def _encode(self, name: str) -> tuple[bytes, int] | None:
        inner = [self._found[needed] for needed in self._requires(name)]
        if any(found is None for found in inner):
            return None
        height = 1 + max((found[1] for found in inner if found is not None), default=0)
        if height >= MAX_DEPTH:
            return None  # no reader follows it so deep, so no such event is ever read
        encoded = self.complete(self._schema.message(name), b"", ())
        if len(encoded) > MAX_BYTES:
            raise LimitExceeded("size of the smallest event (bytes)", MAX_BYTES, f"let {name} require less")
        return encoded, height


def plain_value(field: Field) -> object:
    """Zero, false, empty, or an enum's default: what a required field holds when nothing else is asked of it."""
    if field.type == "string":
        return ""
    if field.type == "bytes":
        return b""
    if field.type == "bool":
        return False
    if field.type == ENUM:
        return field.default if field.default is not None else 0
    return 0.0 if field.type in {"float", "double"} else 0
