"""Sets of characters as sorted, disjoint ranges of code points (surrogates are no characters)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

CharSet: TypeAlias = tuple[tuple[int, int], ...]

LAST: Final = 0x10FFFF
ANY: Final[CharSet] = ((0, 0xD7FF), (0xE000, LAST))
NONE: Final[CharSet] = ()


def of(*ranges: tuple[int, int]) -> CharSet:
    """The union of ranges, both ends included."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return tuple(merged)


def single(character: str) -> CharSet:
    """The set of one character."""
    return ((ord(character), ord(character)),)


def union(sets: Iterable[CharSet]) -> CharSet:
    """All characters of any of the sets."""
    return of(*(each for charset in sets for each in charset))


def complement(charset: CharSet) -> CharSet:
    """Every character that is not in the set."""
    out: list[tuple[int, int]] = []
    for first, last in ANY:
        start = first
        for low, high in charset:
            if high < start or low > last:
                continue
            if low > start:
                out.append((start, low - 1))
            start = max(start, high + 1)
        if start <= last:
            out.append((start, last))
    return tuple(out)


def contains(charset: CharSet, point: int) -> bool:
    """Whether a code point is in the set."""
    return any(low <= point <= high for low, high in charset)


DIGIT: Final = of((48, 57))
WORD: Final = of((48, 57), (65, 90), (95, 95), (97, 122))
SPACE: Final = of(
    (9, 13), (32, 32), (160, 160), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F),
    (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF),
)  # fmt: skip
DOT: Final = complement(of((10, 10), (13, 13), (0x2028, 0x2029)))
