"""Values of Protobuf's enums: numbers, as its fields are, whatever they are called.

A payload names a value by the schema it is read with. Where two versions give a name to other numbers, the name alone
does not say which of the two is meant: bytes mean the number, so a name that is left alone would change the value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from compat.definition import Format
from compat.formats import Parsed
from compat.outline import Kind, Type
from registry.upcasting.shapes import shape_of
from upcasters.losses import arrivals
from upcasters.operations import Operation
from upcasters.path import ROOT, Pointer


@dataclass(frozen=True, slots=True)
class Renumbered:
    """A name of an enum that stands for another number in the other version."""

    place: Pointer
    """Of the enum, in the old event."""
    name: str
    number: int
    now: int
    called: str
    """What the old number is called in the other version; empty if nothing."""


def renumbered_values(ops: tuple[Operation, ...], old: Parsed, new: Parsed) -> Iterator[Renumbered]:
    """Names of enums that operations pass on untouched, and that mean another number in the new version."""
    if old.definition.format is not Format.PROTOBUF or new.definition.format is not Format.PROTOBUF:
        return
    before, now = old.engine.outline(old.schema), new.engine.outline(new.schema)
    for source, target in arrivals(ops, shape_of(old)):
        one, other = _type_at(before, source), _type_at(now, target)
        if one is not None and other is not None:
            yield from other_values(one, other, source)


def other_values(one: Type, other: Type, at: Pointer = ROOT) -> Iterator[Renumbered]:
    """Names that mean another number in the other type, in it and in what has the same name beneath."""
    one, other = one.items or one, other.items or other
    if one.kind is Kind.ENUM and other.kind is Kind.ENUM:
        numbers, now = numbers_of(one), numbers_of(other)
        called = {number: name for name, number in now.items()}
        for name, number in numbers.items():
            if now.get(name, number) != number:
                yield Renumbered(at, name, number, now[name], called.get(number, ""))
    fields = {field.name: field for field in other.fields}
    for field in one.fields:
        if field.name in fields:
            yield from other_values(field.type, fields[field.name].type, at / field.name)


def numbers_of(enum: Type) -> dict[str, int]:
    """The numbers of an enum of Protobuf by name; nothing for other types."""
    numbers = dict(enum.constraints).get("numbers")
    return numbers if isinstance(numbers, dict) else {}


def _type_at(outline: Type, at: Pointer) -> Type | None:
    """What stands at a place; lists and maps have the place of their items."""
    for name in at.parts:
        holder = outline.items or outline
        field = next((each for each in holder.fields if each.name == name), None)
        if field is None:
            return None
        outline = field.type
    return outline
