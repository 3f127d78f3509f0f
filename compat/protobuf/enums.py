"""Enums of the two sides: closed or open, values added, removed and renamed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from compat.budget import Budget
from compat.protobuf.model import Schema
from compat.protobuf.proofs import Cause, Goal, Proofs
from compat.protobuf.records import Enum, EnumValue, Field
from compat.protobuf.words import enum_fragment, field_label, fragment, info, value_fragment


class Enums:
    """Compares each pair of enums once. ``translate`` gives the reader's name of a type of the writer."""

    def __init__(
        self, reader: Schema, writer: Schema, proofs: Proofs, budget: Budget, translate: Callable[[str], str]
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._proofs = proofs
        self._budget = budget
        self._translate = translate
        self._met: set[tuple[str, str]] = set()

    def fields(self, goal: Goal, writer: Field, reader: Field) -> Iterator[Cause]:
        """Two fields that hold enums: their types are compared where they first meet."""
        ours, theirs = self._writer.enum(writer.type_name), self._reader.enum(reader.type_name)
        if self._translate(ours.name) != theirs.name:
            message = f"{field_label(goal.writer, writer)}: the enum {ours.name} became {theirs.name}"
            yield info("FIELD_TYPE_RENAMED", message, fragment(writer), fragment(reader))
        if (ours.name, theirs.name) not in self._met:
            self._met.add((ours.name, theirs.name))
            yield from self._pair(goal, writer, ours, theirs)

    def _pair(self, goal: Goal, field: Field, writer: Enum, reader: Enum) -> Iterator[Cause]:
        before, after = enum_fragment(writer), enum_fragment(reader)
        ours, theirs = writer.by_number, reader.by_number
        removed = [number for number in ours if number not in theirs]
        if reader.closed and not writer.closed:
            strange = removed[0] if removed else undeclared(theirs)
            message = f"{writer.name} is open and can hold {strange}; {reader.name} is closed and cannot"
            probe = partial(self._proofs.worst_arrival, goal, field, [[strange]])
            yield self._proofs.proven("ENUM_CLOSED", message, before, after, probe)
        elif writer.closed and not reader.closed:
            yield info("ENUM_OPENED", f"{writer.name} is closed, {reader.name} is open", before, after)
        for number in removed:
            yield self._value_removed(goal, field, ours[number][0], reader)
        yield from self._values(writer, reader)

    def _values(self, writer: Enum, reader: Enum) -> Iterator[Cause]:
        """Values that were added or renamed."""
        ours = writer.by_number
        for number, values in reader.by_number.items():
            self._budget.spend()
            if number not in ours:
                message = f"{reader.name} has {values[0].name} = {number}, which the writer does not have"
                yield info("ENUM_VALUE_ADDED", message, enum_fragment(writer), value_fragment(values[0]))
            elif not {value.name for value in ours[number]} <= {value.name for value in values}:
                message = f"{writer.name}: {number} is called {values[0].name} instead of {ours[number][0].name}"
                yield info("ENUM_VALUE_RENAMED", message, value_fragment(ours[number][0]), value_fragment(values[0]))

    def unused(self) -> Iterator[Cause]:
        """Enums of the writer's file that no field of it holds: no event has them, but another file may."""
        for name in self._writer.enum_names:
            target = self._translate(name)
            if (name, target) in self._met or not self._reader.has_enum(target):
                continue
            writer, reader = self._writer.enum(name), self._reader.enum(target)
            if writer.closed and not reader.closed:
                message = f"{name} is closed, {target} is open; no field holds it"
                yield info("ENUM_OPENED", message, enum_fragment(writer), enum_fragment(reader))
            for number, values in writer.by_number.items():
                if number not in reader.by_number:
                    message = f"{target} has no value {number} ({values[0].name}); no field holds it"
                    yield info("ENUM_VALUE_REMOVED", message, value_fragment(values[0]), enum_fragment(reader))
            yield from self._values(writer, reader)

    def _value_removed(self, goal: Goal, field: Field, value: EnumValue, reader: Enum) -> Cause:
        message = f"{reader.name} has no value {value.number} ({value.name})"
        before, after = value_fragment(value), enum_fragment(reader)
        if not reader.closed:
            return info("ENUM_VALUE_REMOVED", message, before, after)
        return self._proofs.proven(
            "CLOSED_ENUM_VALUE_REMOVED",
            f"{message}, and is closed",
            before,
            after,
            lambda: self._proofs.worst_arrival(goal, field, [[value.number]]),
        )


def undeclared(numbers: Iterable[int]) -> int:
    """The smallest positive number an enum does not declare."""
    taken = set(numbers)
    return next(number for number in range(1, len(taken) + 2) if number not in taken)
