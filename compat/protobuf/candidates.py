"""Contents to write into a field so that a reader's different idea of it shows: boundary values, plainest first."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import Final

from compat.protobuf.minimal import Minimal
from compat.protobuf.model import ENUM, PACKABLE, Field, Schema
from compat.protobuf.wire import boundary_values, records

_MAX_VALUES: Final = 40
"""Elements tried for one field."""


class Candidates:
    """What the writer can put into its fields."""

    def __init__(self, schema: Schema, minimal: Minimal) -> None:
        self._schema = schema
        self._minimal = minimal

    def contents(self, field: Field, avoided: Container[int] = ()) -> Iterator[list[object]]:
        """Contents of the field as lists of elements, one element where it is single.

        ``avoided`` are the numbers a reader's enum declares: one that it does not declare comes first.
        """
        elements = list(self.elements(field, avoided))
        for element in elements:
            yield [element]
        if field.repeated and elements:
            yield from self._several(field, elements)

    def elements(self, field: Field, avoided: Container[int] = ()) -> Iterator[object]:
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
        elements = list(self.elements(field))
        if numbers is not None:
            elements = sorted(numbers) or elements
        yield [elements[0], elements[-1]]
        yield from ([element] for element in elements[:8])

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
        """The smallest message, then with one of its fields set to one of its boundary values."""
        message = self._schema.message(field.type_name)
        smallest = self._minimal.of(message.name)
        if smallest is None:
            return
        yield smallest
        count = 0
        for inner in message.fields.values():
            if inner.holds_message:
                continue
            for element in self.elements(inner):
                yield self._minimal.complete(message, records(inner, [element]), {inner.number})
                count += 1
                if count >= _MAX_VALUES:
                    return


def zero_value(field: Field) -> object:
    """What an absent field of this type without a default of its own reads as."""
    if field.type == "string":
        return ""
    if field.type == "bytes":
        return b""
    if field.type == "bool":
        return False
    return 0.0 if field.type in {"float", "double"} else 0


def first_of(contents: Iterable[list[object]]) -> list[object]:
    """The plainest content."""
    return next(iter(contents))
