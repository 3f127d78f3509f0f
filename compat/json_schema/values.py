"""JSON values as JSON Schema compares them: 1 is 1.0, true is not 1 (2020-12 core, 4.2.2)."""

from __future__ import annotations

from collections.abc import Hashable
from decimal import Decimal
from fractions import Fraction
from typing import Any


def key(value: Any) -> Hashable:
    """A hashable stand-in: two values are equal in JSON Schema exactly if their keys are."""
    if value is None or isinstance(value, bool):
        return ("b", value)
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float, Decimal, Fraction)):
        return Fraction(value)
    if isinstance(value, (list, tuple)):
        return ("a", *map(key, value))
    return ("o", frozenset((name, key(inner)) for name, inner in value.items()))


def equal(left: Any, right: Any) -> bool:
    """Whether two values are the same to JSON Schema."""
    return key(left) == key(right)


def is_number(value: object) -> bool:
    """Whether a value is a JSON number."""
    return isinstance(value, (int, float, Decimal, Fraction)) and not isinstance(value, bool)


def small(value: Any, limit: int = 20_000) -> bool:
    """Whether a value written out has no more parts than this: values may share parts, so counting must end."""
    pending, count = [value], 0
    while pending:
        here = pending.pop()
        count += 1
        if count > limit:
            return False
        if isinstance(here, dict):
            pending += here.values()
        elif isinstance(here, list):
            pending += here
    return True
