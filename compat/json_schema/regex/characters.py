"""Sets of characters as sorted, disjoint ranges of code points (surrogates are no characters)."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
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
    index = bisect_right(charset, (point, LAST)) - 1
    return index >= 0 and charset[index][1] >= point


def category(name: str) -> CharSet | None:
    """The characters of a Unicode general category, as this Python's Unicode has them; None for other names."""
    if name == "Any":
        return ANY
    if name == "ASCII":
        return of((0, 127))
    short = _LONG_NAMES.get(name, name)
    if short == "LC":
        return union(_categories().get(each, NONE) for each in ("Lu", "Ll", "Lt"))
    found = [charset for each, charset in _categories().items() if short in (each, each[0])]
    return union(found) if found else None


@lru_cache(maxsize=1)
def _categories() -> dict[str, CharSet]:
    """Every category with its characters; made when a pattern first asks for one."""
    ranges: dict[str, list[tuple[int, int]]] = {}
    for first, last in ANY:
        for name, run in groupby(range(first, last + 1), lambda point: unicodedata.category(chr(point))):
            points = list(run)
            ranges.setdefault(name, []).append((points[0], points[-1]))
    return {name: tuple(found) for name, found in ranges.items()}


_LONG_NAMES: Final = {
    "Letter": "L", "Cased_Letter": "LC", "Uppercase_Letter": "Lu", "Lowercase_Letter": "Ll", "Titlecase_Letter": "Lt",
    "Modifier_Letter": "Lm", "Other_Letter": "Lo", "Mark": "M", "Combining_Mark": "M", "Nonspacing_Mark": "Mn",
    "Spacing_Mark": "Mc", "Enclosing_Mark": "Me", "Number": "N", "Decimal_Number": "Nd", "digit": "Nd",
    "Letter_Number": "Nl", "Other_Number": "No", "Punctuation": "P", "punct": "P", "Connector_Punctuation": "Pc",
    "Dash_Punctuation": "Pd", "Open_Punctuation": "Ps", "Close_Punctuation": "Pe", "Initial_Punctuation": "Pi",
    "Final_Punctuation": "Pf", "Other_Punctuation": "Po", "Symbol": "S", "Math_Symbol": "Sm", "Currency_Symbol": "Sc",
    "Modifier_Symbol": "Sk", "Other_Symbol": "So", "Separator": "Z", "Space_Separator": "Zs", "Line_Separator": "Zl",
    "Paragraph_Separator": "Zp", "Other": "C", "Control": "Cc", "Format": "Cf", "Private_Use": "Co",
    "Unassigned": "Cn",
}  # fmt: skip

DIGIT: Final = of((48, 57))
WORD: Final = of((48, 57), (65, 90), (95, 95), (97, 122))
SPACE: Final = of(
    (9, 13), (32, 32), (160, 160), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F),
    (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF),
)  # fmt: skip
DOT: Final = complement(of((10, 10), (13, 13), (0x2028, 0x2029)))
