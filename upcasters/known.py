"""What a shape says of a place: what stands there, and whether it always does."""

from __future__ import annotations

from upcasters.expression_check import member_at
from upcasters.path import Pointer
from upcasters.shape import ANYTHING, Anything, Array, Record, Shape, Table, nullable, without_null


def value_at(shape: Shape, at: Pointer) -> Shape:
    """The values at a place, null aside; any where nothing is declared."""
    member = member_at(shape, at.parts)
    return ANYTHING if member is None else without_null(member.shape)


def items_at(shape: Shape, at: Pointer) -> Shape:
    """The items of the list, or the values of the map, at a place, null aside."""
    match value_at(shape, at):
        case Array(items=inner) | Table(values=inner):
            return without_null(inner)
        case _:
            return ANYTHING


def declared(shape: Shape, at: Pointer) -> bool:
    """Whether the record around a place declares the member."""
    holder = value_at(shape, at.parent)
    return isinstance(holder, Record) and at.name in holder.members


def certain(shape: Shape, at: Pointer) -> bool:
    """Whether every event has a value that is not null at a place, and all records on the way."""
    steps = (member_at(shape, at.parts[:depth]) for depth in range(1, len(at.parts) + 1))
    return all(step is not None and step.required and not nullable(step.shape) for step in steps)


def always(shape: Shape, at: Pointer) -> bool:
    """Whether every event has a value at a place, null included."""
    member = member_at(shape, at.parts)
    return member is not None and member.required and certain(shape, at.parent)


def may_be_empty(shape: Shape, at: Pointer, without: str) -> bool:
    """Whether the record at a place may have no member but one."""
    holder = value_at(shape, at)
    if not isinstance(holder, Record):
        return True
    return not any(member.required for name, member in holder.members.items() if name != without)


def made(shape: Shape, at: Pointer) -> Pointer:
    """The topmost record that has to be made in order to write at a place; the place itself if none has."""
    for depth in range(1, len(at.parts)):
        around = value_at(shape, Pointer(at.parts[: depth - 1]))
        if member_at(shape, at.parts[:depth]) is None or isinstance(around, Anything):
            return Pointer(at.parts[:depth])
    return at
