"""Sets of characters as sorted, disjoint ranges of code points."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

CharSet: TypeAlias = tuple[tuple[int, int], ...]
"""First and last of every range."""

LAST: Final = 0x10FFFF
ANY: Final[CharSet] = ((0, LAST),)


def merged(ranges: Iterable[tuple[int, int]]) -> CharSet:
    """The set of everything in some ranges."""
    found: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return tuple(found)


def complement(charset: CharSet) -> CharSet:
    """Every character that is not in the set."""
    found: list[tuple[int, int]] = []
    start = 0
    for low, high in charset:
        if low > start:
            found.append((start, low - 1))
        start = high + 1
    if start <= LAST:
        found.append((start, LAST))
    return tuple(found)


def meet(one: CharSet, other: CharSet) -> bool:
    """Whether two sets have a character in common."""
    return any(low <= end and start <= high for low, high in one for start, end in other)


DIGIT: Final[CharSet] = ((0x30, 0x39),)
WORD: Final[CharSet] = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
SPACE: Final[CharSet] = ((9, 10), (12, 13), (32, 32))
DOT: Final[CharSet] = complement(((10, 10),))
