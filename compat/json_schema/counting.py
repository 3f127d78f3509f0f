"""Arrays that contain so many items of one sort and so few of another: exact, where items need not differ.

Items are told apart by which of the counted nodes they fulfil; for every position the sorts that can stand there are
found once, then sorts are laid out from left to right. An item that no lower bound needs can be left out once the array
is long enough, so no longer arrays than ``longest`` have to be tried.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from compat.json_schema import nodes as n
from compat.json_schema.answer import Answer, Status, found, maybe, tentative
from compat.json_schema.conjunction import State
from compat.json_schema.nodes import Node
from compat.verdict import Reason

MAX_SORTS: Final = 64
"""Sorts of items at one position."""
MAX_LAYOUTS: Final = 5_000
"""Beginnings of arrays that are looked at."""

_TOO_MANY: Final = maybe(Reason.ARRAY_COUNTING, "items of too many sorts are counted")


@dataclass(frozen=True, slots=True)
class Goal:
    """At least and at most (None: without bound) so many items from ``start`` on fulfil a node."""

    start: int
    node: Node
    least: int
    most: int | None

    @property
    def cap(self) -> int:
        """Where counting stops to matter."""
        return self.least if self.most is None else self.most + 1


def merged(goals: Iterable[Goal]) -> list[Goal]:
    """One goal for each node that is counted from the same item on."""
    found: dict[tuple[int, Node], Goal] = {}
    for goal in goals:
        known = found.setdefault((goal.start, goal.node), goal)
        bounds = [each.most for each in (known, goal) if each.most is not None]
        found[goal.start, goal.node] = replace(
            known, least=max(known.least, goal.least), most=min(bounds, default=None)
        )
    return list(found.values())


_Sort = tuple[frozenset[int], Answer]
"""Which goals an item counts for, and such an item."""
_Items = tuple[Any, ...]
"""The items so far, last first: (answer, the items before)."""


class Counting:
    """The goals of one array. ``asked`` says what is asked of an item at an index anyway."""

    def __init__(self, goals: list[Goal], asked: list[list[Node]], low: int, high: int | None) -> None:
        self.goals, self.low = goals, low
        self.asked = asked
        """For each index up to the one from which on all items are asked the same."""
        longest = max(low, len(asked) - 1) + sum(goal.least for goal in goals)
        self.longest = longest if high is None else min(longest, high)
        self._sorts: dict[int, list[_Sort]] = {}
        self._doubt: Answer | None = None

    def solve(self) -> Generator[State, Answer, Answer]:
        """An array; EMPTY is a proof."""
        pending: list[tuple[int, tuple[int, ...], _Items]] = [(0, (0,) * len(self.goals), ())]
        seen: set[tuple[int, tuple[int, ...]]] = set()
        while pending:
            length, counts, items = pending.pop()
            if length >= self.low and all(c >= g.least for c, g in zip(counts, self.goals, strict=True)):
                return _array(items)
            if length >= self.longest or (length, counts) in seen:
                continue
            seen.add((length, counts))
            if len(seen) > MAX_LAYOUTS:
                return _TOO_MANY
            sorts = yield from self._sorts_at(length)
            if sorts is None:
                return _TOO_MANY
            pending += self._longer(length, counts, items, sorts)
        return self._doubt or Answer(Status.EMPTY)

    def _longer(
        self, length: int, counts: tuple[int, ...], items: _Items, sorts: list[_Sort]
    ) -> list[tuple[int, tuple[int, ...], _Items]]:
        """The array with one more item of each sort, the most useful one last."""
        ranked = []
        for holds, answer in sorts:
            more = tuple(
                min(count + (index in holds), goal.cap)
                for index, (count, goal) in enumerate(zip(counts, self.goals, strict=True))
            )
            if any(goal.most is not None and count > goal.most for count, goal in zip(more, self.goals, strict=True)):
                continue
            useful = sum(
                count < new and count < goal.least for count, new, goal in zip(counts, more, self.goals, strict=True)
            )
            ranked.append((useful, -sum(more), (length + 1, more, (answer, items))))
        ranked.sort(key=lambda each: each[:2])
        return [each for _, _, each in ranked]

    def _sorts_at(self, index: int) -> Generator[State, Answer, list[_Sort] | None]:
        """The sorts of items that can stand at an index; None if there are too many."""
        index = min(index, len(self.asked) - 1)
        if index not in self._sorts:
            base = self.asked[index]
            open_: list[tuple[frozenset[int], list[Node], Answer]] = [(frozenset(), base, (yield frozenset(base)))]
            for number, goal in enumerate(self.goals):
                if index < goal.start:
                    continue
                split: list[tuple[frozenset[int], list[Node], Answer]] = []
                for holds, nodes, _ in open_:
                    for counted, node in ((holds | {number}, goal.node), (holds, n.negate(goal.node))):
                        answer = yield frozenset((*nodes, node))
                        if answer.status is not Status.EMPTY:
                            split.append((counted, [*nodes, node], answer))
                open_ = split
                if len(open_) > MAX_SORTS:
                    return None
            self._sorts[index] = self._usable(open_)
        return self._sorts[index]

    def _usable(self, sorts: list[tuple[frozenset[int], list[Node], Answer]]) -> list[_Sort]:
        self._doubt = next((answer for _, _, answer in sorts if answer.status is Status.MAYBE), self._doubt)
        return [(holds, answer) for holds, _, answer in sorts if answer.has_value]


def _array(items: _Items) -> Answer:
    values: list[Any] = []
    doubt: Answer | None = None
    while items:
        answer, items = items
        values.append(answer.value)
        doubt = doubt if answer.status is Status.FOUND else answer
    values.reverse()
    return found(values) if doubt is None else tentative(values, doubt)
