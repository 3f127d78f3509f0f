"""Whether a pattern can be read in two ways: the reason why backtracking matchers take for ever.

A pattern is seen as its *positions* (Glushkov): one per character it stands for, with those that may follow. A
backtracking matcher tries ways through them. Where no text leads to one position in two ways, it tries each position
at each character once at most: its time is the length of the text times the positions. Where some text does, the time
can grow with the square of the length or beyond; then the pattern is refused, whatever else the matcher does.

A pattern that may stand anywhere is tried from every character. Ways from different starts count as two as well,
except beyond the end of a match, where no further start is tried.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final

from upcasters.charset import CharSet, meet

MOST_STEPS: Final = 200_000
"""Pairs of positions that are compared."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Why a pattern is refused, and what to write instead."""

    reason: str
    remedy: str


@dataclass(slots=True)
class Part:
    """Part of a pattern: where it begins and ends, and in how many ways it is empty."""

    first: Counter[int] = field(default_factory=Counter)
    """Positions, each with the number of ways to it."""
    last: Counter[int] = field(default_factory=Counter)
    empty: int = 0


@dataclass(slots=True)
class Positions:
    """The positions of a pattern, with those that may follow each."""

    charsets: list[CharSet] = field(default_factory=list)
    follow: list[Counter[int]] = field(default_factory=list)
    at_start: Counter[int] = field(default_factory=Counter)
    """Where matches begin at the start of the text only."""
    anywhere: Counter[int] = field(default_factory=Counter)
    """Where matches begin at any character."""
    ends: set[int] = field(default_factory=set)
    """Where a match is complete, whatever follows."""

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.charsets)

    def character(self, charset: CharSet) -> Part:
        """A new position."""
        self.charsets.append(charset)
        self.follow.append(Counter())
        place = Counter({self.count - 1: 1})
        return Part(place, Counter(place))

    def link(self, one: Part, other: Part) -> None:
        """Have one part follow another."""
        for place, ways in one.last.items():
            for following, more in other.first.items():
                self.follow[place][following] += ways * more

    def alternative(self, part: Part, *, at_start: bool, at_end: bool) -> None:
        """A whole alternative of the pattern."""
        (self.at_start if at_start else self.anywhere).update(part.first)
        if not at_end:
            self.ends.update(part.last)


def after(one: Part, other: Part) -> Part:
    """One part after another, once they are linked."""
    first, last = Counter(one.first), Counter(other.last)
    for place, ways in other.first.items():
        first[place] += one.empty * ways
    for place, ways in one.last.items():
        last[place] += other.empty * ways
    return Part(+first, +last, one.empty * other.empty)


def either(parts: list[Part]) -> Part:
    """Any of several parts."""
    whole = Part()
    for part in parts:
        whole.first.update(part.first)
        whole.last.update(part.last)
        whole.empty += part.empty
    return whole


_START: Final = -1
_SKIPPED: Final = -2
"""Between the start of the text and the start of the match."""


def ambiguous(positions: Positions) -> Conflict | None:
    """Why the pattern can be read in two ways; None if it cannot."""
    alike = _alike(positions.charsets)
    begin = positions.at_start + positions.anywhere
    inside = dict(enumerate(positions.follow)) | {_START: begin}
    if reason := _conflict(inside, alike):
        return Conflict(reason, "write repetitions and alternatives so that the next character tells which is meant")
    ahead = {place: Counter() if place in positions.ends else ways for place, ways in enumerate(positions.follow)}
    skipped = Counter({_SKIPPED: 1})
    ahead |= {_START: begin + skipped, _SKIPPED: positions.anywhere + skipped}
    if reason := _conflict(ahead, alike):
        return Conflict(f"tried from every character of a text, {reason}", "write ^ at its start, or repeat less there")
    return None


def _alike(charsets: list[CharSet]) -> dict[int, set[int]]:
    """For every position, those that have a character in common with it."""
    found = {place: {place, _SKIPPED} for place in range(len(charsets))}
    found[_SKIPPED] = {_SKIPPED, *found}
    for one, other in combinations(range(len(charsets)), 2):
        if meet(charsets[one], charsets[other]):
            found[one].add(other)
            found[other].add(one)
    return found


def _conflict(follow: dict[int, Counter[int]], alike: dict[int, set[int]]) -> str:
    """Why two ways lead to one position on some text; empty if none do.

    Pairs of positions that one text leads to are found from the start on; once apart, two ways must not meet again.
    """
    seen: set[tuple[int, int]] = {(_START, _START)}
    waiting = [(_START, _START)]
    steps = 0
    while waiting:
        one, other = waiting.pop()
        for left, ways in follow[one].items():
            both = alike[left] & follow[other].keys()
            steps += 1 + len(both)
            if left in both and (one != other or ways > 1):
                return "it can be read in two ways, which takes some matchers for ever"
            for right in both:
                pair = (min(left, right), max(left, right))
                if pair not in seen:
                    seen.add(pair)
                    waiting.append(pair)
        if steps > MOST_STEPS:
            return "it is too intricate to be proven harmless"
    return ""
