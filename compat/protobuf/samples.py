"""Events of a message: each field at its boundary values first, then seeded random ones."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice
from typing import Final

from compat.protobuf.minimal import Minimal
from compat.protobuf.model import Schema
from compat.protobuf.payload import decode, field_key
from compat.protobuf.records import ENUM, Field, Message
from compat.protobuf.wire import INTEGER_BOUNDS, boundary_values

_DEPTH: Final = 4
"""Nesting at which messages are left at their smallest."""

_PER_FIELD: Final = 24
"""Boundary contents tried for one field that holds a message."""

_TRIES: Final = 100
"""Repetitions in a row after which there is taken to be nothing new."""

_REMEMBERED: Final = 20_000
"""Events compared with to leave out repetitions."""

_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyzABCXYZ0189 _-./:@éßñ中😀"

_RANGES: Final = {
    "google.protobuf.Timestamp": {"seconds": (-62_135_596_800, 253_402_300_799), "nanos": (0, 999_999_999)},
    "google.protobuf.Duration": {"seconds": (0, 315_576_000_000), "nanos": (0, 999_999_999)},
}
"""Well-known messages with fewer values than their field types allow (their documentation in the .proto files)."""

Tree = dict[str, object]


def samples(schema: Schema, message_type: str, seed: int) -> Iterator[object]:
    """Valid events without end, or until no new one is found; none if the message has no event."""
    maker = _Maker(schema, random.Random(seed))  # noqa: S311 - repeatable on purpose
    message = schema.message(message_type)
    if maker.base(message) is None:
        return
    seen: set[str] = set()
    repeated = 0
    for event in maker.events(message):
        key = repr(event)
        if key in seen:
            repeated += 1
            if repeated >= _TRIES:
                return
            continue
        repeated = 0
        if len(seen) < _REMEMBERED:
            seen.add(key)
        yield event


class _Maker:
    def __init__(self, schema: Schema, chance: random.Random) -> None:
        self._schema = schema
        self._chance = chance
        self._minimal = Minimal(schema)
        self._bases: dict[str, Tree | None] = {}

    def base(self, message: Message) -> Tree | None:
        """The smallest event, as a fresh payload."""
        if message.name not in self._bases:
            smallest = self._minimal.of(message.name)
            self._bases[message.name] = None if smallest is None else decode(self._schema, message.name, smallest)
        base = self._bases[message.name]
        return None if base is None else {key: _copied(value) for key, value in base.items()}

    def events(self, message: Message) -> Iterator[Tree]:
        yield from self._boundaries(message, 0)
        while True:
            yield self._random(message, 0)

    # -------------------------------------------------------------------------------------- boundaries

    def _boundaries(self, message: Message, depth: int) -> Iterator[Tree]:
        base = self.base(message)
        if base is None:
            return
        yield base
        full = self._full(message, depth)
        if full != base:
            yield full
        for field in message.fields.values():
            for content in self._contents(message, field, depth):
                yield {**self._fresh(message), field_key(field): content}

    def _fresh(self, message: Message) -> Tree:
        return self.base(message) or {}

    def _full(self, message: Message, depth: int) -> Tree:
        """Every field set to something plain, one of each oneof."""
        tree = self._fresh(message)
        chosen: set[str] = set()
        for field in message.fields.values():
            if field.oneof in chosen:
                continue
            content = next(self._contents(message, field, depth), None)
            if content is not None and not (field.extension and content == []):  # an extension without items is absent
                tree[field_key(field)] = content
                if field.oneof:
                    chosen.add(field.oneof)
        return tree

    def _contents(self, message: Message, field: Field, depth: int) -> Iterator[object]:
        if field.map:
            entry = self._schema.message(field.type_name)
            keys, values = entry.fields[1], entry.fields[2]
            for value in self._elements(entry, values, depth):
                yield {next(self._elements(entry, keys, depth)): value}
            for key, value in zip(
                self._elements(entry, keys, depth), self._elements(entry, values, depth), strict=False
            ):
                yield {key: value}
        elif field.repeated:
            several = list(islice(self._elements(message, field, depth), _PER_FIELD))
            yield from ([element] for element in several)
            if len(several) > 1:
                yield several[:3]
                yield [several[0], several[0]]
        else:
            yield from self._elements(message, field, depth)

    def _elements(self, message: Message, field: Field, depth: int) -> Iterator[object]:
        if field.holds_message:
            inner = self._schema.message(field.type_name)
            if depth + 1 < _DEPTH and not _opaque(inner):
                yield from islice(self._boundaries(inner, depth + 1), _PER_FIELD)
            elif (base := self.base(inner)) is not None:
                yield base
        elif field.type == ENUM:
            yield from self._enum_values(field)
        elif (bounds := _RANGES.get(message.name, {}).get(field.name)) is not None:
            yield from bounds
        else:
            yield from boundary_values(field.type)

    def _enum_values(self, field: Field) -> Iterator[object]:
        enum = self._schema.enum(field.type_name)
        for values in enum.by_number.values():
            yield values[0].name
        if not enum.closed:
            yield next(number for number in range(-1, -len(enum.values) - 2, -1) if number not in enum.by_number)

    # -------------------------------------------------------------------------------------- chance

    def _random(self, message: Message, depth: int) -> Tree:
        tree = self._fresh(message)
        if _opaque(message):
            return tree
        chosen: set[str] = set()
        for field in sorted(message.fields.values(), key=lambda _: self._chance.random()):
            likely = 0.8 if depth < 2 else 0.3
            if field.oneof in chosen or (not field.required and self._chance.random() > likely):
                continue
            content = self._random_content(message, field, depth)
            if content is not None and not (field.extension and content == []):  # an extension without items is absent
                tree[field_key(field)] = content
                if field.oneof:
                    chosen.add(field.oneof)
        return tree

    def _random_content(self, message: Message, field: Field, depth: int) -> object:
        if field.map:
            entry = self._schema.message(field.type_name)
            pairs = {}
            for _ in range(self._chance.randrange(4)):
                key = self._random_element(entry, entry.fields[1], depth)
                value = self._random_element(entry, entry.fields[2], depth)
                if value is not None:
                    pairs[key] = value
            return pairs
        if field.repeated:
            elements = (self._random_element(message, field, depth) for _ in range(self._chance.randrange(4)))
            return [element for element in elements if element is not None]
        return self._random_element(message, field, depth)

    def _random_element(self, message: Message, field: Field, depth: int) -> object:
        if field.holds_message:
            inner = self._schema.message(field.type_name)
            return (
                self._random(inner, depth + 1)
                if depth + 1 < _DEPTH and self.base(inner) is not None
                else self.base(inner)
            )
        if field.type == ENUM:
            return self._chance.choice(list(self._enum_values(field)))
        if (bounds := _RANGES.get(message.name, {}).get(field.name)) is not None:
            return self._chance.randint(*bounds)
        return self._random_scalar(field.type)

    def _random_scalar(self, type_: str) -> object:
        chance = self._chance
        if chance.random() < 0.2:
            return chance.choice(boundary_values(type_))
        if type_ in INTEGER_BOUNDS:
            least, greatest = INTEGER_BOUNDS[type_]
            return chance.randint(max(least, -1000), 1000) if chance.random() < 0.5 else chance.randint(least, greatest)
        if type_ == "bool":
            return chance.random() < 0.5
        if type_ == "string":
            return "".join(chance.choice(_ALPHABET) for _ in range(chance.randrange(12)))
        if type_ == "bytes":
            return chance.randbytes(chance.randrange(12))
        return float(chance.randint(-(2**20), 2**20)) / 8


def _copied(value: object) -> object:
    """A payload's own lists and objects; what they hold in the end never changes."""
    if isinstance(value, dict):
        return {key: _copied(each) for key, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value


def _opaque(message: Message) -> bool:
    """An Any's bytes mean something only together with its type: it is left empty."""
    return message.name == "google.protobuf.Any"
