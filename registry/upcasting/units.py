"""Units in names: ``weight_kg`` and ``weightGrams`` are one thing, and a thousand of one is one of the other."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Final

_UNITS: Final[dict[str, tuple[str, Fraction]]] = {
    spelling: (dimension, Fraction(size))
    for dimension, sizes in {
        "mass": {"mg milligrams": "1/1000", "g gram grams": "1", "kg kilo kilos kilogram kilograms": "1000"},
        "length": {"mm": "1/1000", "cm": "1/100", "m meter meters metre metres": "1", "km kilometers": "1000"},
        "time": {
            "us micros microseconds": "1/1000000", "ms millis milliseconds": "1/1000", "s sec secs seconds": "1",
            "min mins minutes": "60", "h hours": "3600", "days": "86400",
        },
        "share": {"percent pct": "1/100", "ratio fraction share": "1"},
    }.items()
    for spellings, size in sizes.items()
    for spelling in spellings.split()
}  # fmt: skip
"""Units as names are written, with what they measure and their size."""


def unit_pairs(names: Iterable[str], others: Iterable[str]) -> Iterator[tuple[str, str, str, str]]:
    """Pairs of names that differ in their last word alone, each a unit of one thing: factor, and words for people."""
    known = defaultdict(list)
    for other in others:
        *stem, unit = _words(other) or [""]
        if unit in _UNITS:
            known[tuple(stem)].append((other, unit))
    for name in names:
        *stem, unit = _words(name) or [""]
        if not stem or unit not in _UNITS:
            continue
        measured, size = _UNITS[unit]
        for other, its in known[tuple(stem)]:
            if _UNITS[its][0] == measured and _UNITS[its][1] != size:
                factor = str(size / _UNITS[its][1])
                yield name, other, factor, f"the unit in the name was {unit} and is {its}: times {factor}"


def _words(name: str) -> list[str]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return [word for word in re.split(r"[\W_]+", spaced.casefold()) if word]
