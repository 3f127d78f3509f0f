"""Types that hold themselves: where a place lies deeper than operations reach (decision 19)."""

from __future__ import annotations

from upcasters.path import ROOT, Pointer
from upcasters.shape import Anything, Array, OneOf, Record, Shape, Table


def remedy(shape: Shape, at: Pointer) -> str:
    """What to do about a place that lies within a type that holds itself; empty if it lies in none."""
    found = _again(shape, at.parts, ROOT)
    if found is None:
        return ""
    place, name = found
    return (
        f"from {place} on the event holds {name} again, to any depth, and operations reach the depths that they name: "
        "leave such a type as it is and put what is new into a type of another name, or name every depth and refuse "
        "deeper events with fail"
    )


def _again(shape: Shape, parts: tuple[str, ...], at: Pointer) -> tuple[Pointer, str] | None:
    """The place on the way where a type is met again, and what it is called."""
    match shape:
        case Anything(of=name) if name:
            return at, name
        case Record(members=members) if parts and parts[0] in members:
            return _again(members[parts[0]].shape, parts[1:], at / parts[0])
        case Array(items=inner) | Table(values=inner) if parts:
            return _again(inner, parts[1:], at / parts[0])
        case OneOf(arms=arms):
            return next(filter(None, (_again(arm, parts, at) for arm in arms)), None)
        case _:
            return None
