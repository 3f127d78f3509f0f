"""Rules of JSON Schema for single values: strings, numbers, enums, constants, negations.

Numbers are compared as doubles, boolean limits (draft 4) and formats are not looked at, and a lower exclusiveMaximum is
held against ``maximum``: known weaknesses, kept. Where Confluent's server fails (a constant null, a lower
exclusiveMaximum without a maximum), the kind is given that it would have named.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

from compat.confluent.json_model import Node
from compat.confluent.json_parts import Asking, Part, limits, number, seen
from compat.json_schema.values import equal, key


def strings(_asking: Asking, old: Node, new: Node) -> Iterator[Part]:
    """Lengths and pattern."""
    yield from limits(old, new, ("maxLength", "MAX_LENGTH"), ("minLength", "MIN_LENGTH"))
    before, after = old.get("pattern"), new.get("pattern")
    if before != after:
        kind = "ADDED" if before is None else "REMOVED" if after is None else "CHANGED"
        yield seen(f"PATTERN_{kind}", old, new, "pattern")


def numbers(_asking: Asking, old: Node, new: Node) -> Iterator[Part]:
    """Limits, multiples, and whether integers only."""
    yield from limits(old, new, ("maximum", "MAXIMUM"), ("minimum", "MINIMUM"))
    yield from limits(old, new, ("exclusiveMinimum", "EXCLUSIVE_MINIMUM"))
    yield from _exclusive_maximum(old, new)
    yield from _multiples(old, new)
    if old.integer != new.integer:
        yield seen("TYPE_NARROWED" if new.integer else "TYPE_EXTENDED", old, new, "type")


def _exclusive_maximum(old: Node, new: Node) -> Iterator[Part]:
    """Whether it became lower is asked of the update's ``maximum``, if it has one."""
    before, after = number(old, "exclusiveMaximum"), number(new, "exclusiveMaximum")
    maximum = number(new, "maximum")
    if before is None or after is None or before <= after or maximum is None:
        yield from limits(old, new, ("exclusiveMaximum", "EXCLUSIVE_MAXIMUM"))
    elif before > maximum:
        yield seen("EXCLUSIVE_MAXIMUM_DECREASED", old, new, "exclusiveMaximum")


def _multiples(old: Node, new: Node) -> Iterator[Part]:
    before, after = _exact(old.get("multipleOf")), _exact(new.get("multipleOf"))
    if before == after:
        return
    if not before or not after:
        kind = "ADDED" if not before else "REMOVED"
    else:
        kind = "EXPANDED" if after % before == 0 else "REDUCED" if before % after == 0 else "CHANGED"
    yield seen(f"MULTIPLE_OF_{kind}", old, new, "multipleOf")


def enums(_asking: Asking, old: Node, new: Node) -> Iterator[Part]:
    """Whether values were added, removed, or both."""
    before, after = ({key(value) for value in node.get("enum")} for node in (old, new))
    if before != after:
        kind = "EXTENDED" if before < after else "NARROWED" if after < before else "CHANGED"
        yield seen(f"ENUM_ARRAY_{kind}", old, new, "enum")


def constants(_asking: Asking, old: Node, new: Node) -> Iterator[Part]:
    """A constant is told as an enum of one value."""
    if not equal(old.get("const"), new.get("const")):
        yield seen("ENUM_ARRAY_CHANGED", old, new, "const")


def negations(asking: Asking, old: Node, new: Node) -> Iterator[Part]:
    """Less is forbidden if the inner schema of the original takes what that of the update takes."""
    before, after = asking.original.child(old, "not"), asking.update.child(new, "not")
    if before is None or after is None:
        return
    if not asking.accepted_turned_round(before, after):
        yield seen("NOT_TYPE_EXTENDED", old, new, "not")
    elif not equal(before.location.raw, after.location.raw):
        yield seen("NOT_TYPE_NARROWED", old, new, "not")


def _exact(value: Any) -> Fraction | None:
    return Fraction(value) if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else None
