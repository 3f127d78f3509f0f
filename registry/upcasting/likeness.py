"""How alike names are, and which of many are worth comparing: records may have hundreds of members on either side."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from typing import Final

_CLOSEST: Final = 8
"""Names that one is compared with in full: those it shares most pairs of letters with."""

_COMMON: Final = 64
"""A pair of letters that more names have tells nothing about any of them."""


def alike(one: str, other: str) -> float:
    """How alike two names are: 1 if only case and separators differ."""
    return _ratio(_folded(one), _folded(other))


def likely_pairs(names: Iterable[str], others: Iterable[str]) -> Iterator[tuple[str, str, float]]:
    """Pairs of a name and another that may be the same thing, with their likeness.

    Each name is compared with a bounded number of others, so that the cost grows with the names, not with the pairs.
    """
    folded = {other: _folded(other) for other in others}
    same: dict[str, list[str]] = defaultdict(list)
    sharing: dict[str, list[str]] = defaultdict(list)
    for other, text in folded.items():
        same[text].append(other)
        for pair in _letters(text):
            sharing[pair].append(other)
    for name in names:
        text = _folded(name)
        if text in same:
            yield from ((name, other, 1.0) for other in same[text])
            continue
        for other in _closest(text, sharing, folded):
            yield name, other, _ratio(text, folded[other])


def _closest(text: str, sharing: dict[str, list[str]], folded: dict[str, str]) -> list[str]:
    if len(folded) <= _CLOSEST:
        return list(folded)
    shared: Counter[str] = Counter()
    for pair in _letters(text):
        if len(sharing.get(pair, ())) <= _COMMON:
            shared.update(sharing.get(pair, ()))
    ranked = sorted(shared, key=lambda other: (-2 * shared[other] / (len(text) + len(folded[other])), other))
    return ranked[:_CLOSEST]


def _letters(text: str) -> set[str]:
    """Pairs of neighbouring letters, those at the ends included."""
    padded = f"^{text}$"
    return {padded[index : index + 2] for index in range(len(padded) - 1)}


def _folded(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


def _ratio(one: str, other: str) -> float:
    return 1.0 if one == other else 0.95 * SequenceMatcher(None, one, other).ratio()
