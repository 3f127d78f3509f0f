"""The greatest fixpoint of goals that depend on each other: how every format decides recursion.

A goal holds if each of its clauses has a goal that holds (a conjunction of alternatives); circles count as holding.
Goals are explored breadth first without recursion. Each clause *watches* one alternative, optimistically, and moves on
to the next when that one fails; when nothing is left to explore, the goals that have not failed support each other,
which is exactly what the greatest fixpoint means. Only then is anything remembered: while an assumption is open
no result leaves the run, so nothing learned under an assumption that fails later can survive it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

G = TypeVar("G", bound=Hashable)


class GreatestFixpoint(Generic[G]):
    """Decides goals and remembers them.

    ``expand`` gives the clauses of a goal, each a sequence of alternatives in the order they should be tried: no clause
    means true, an empty clause means false. ``spend`` is called once per goal explored and may raise to end the run;
    what a broken run has learned is forgotten.
    """

    def __init__(self, expand: Callable[[G], Sequence[Sequence[G]]], spend: Callable[[], None] | None = None) -> None:
        self._expand = expand
        self._spend = spend
        self._known: dict[G, bool] = {}
        self._blame: dict[G, int] = {}

    def holds(self, goal: G) -> bool:
        """Whether the goal belongs to the greatest fixpoint."""
        if goal not in self._known:
            run = _Run(self._expand, self._spend, self._known)
            run.settle(goal)
            self._known.update(run.results())
            self._blame.update(run.blame)
        return self._known[goal]

    def blame(self, goal: G) -> int:
        """Index of the clause that ran out of alternatives, for a goal that does not hold."""
        return self._blame[goal]


class _Run(Generic[G]):
    """One exploration from a root: what is open, what has failed, who watches whom."""

    def __init__(
        self,
        expand: Callable[[G], Sequence[Sequence[G]]],
        spend: Callable[[], None] | None,
        known: dict[G, bool],
    ) -> None:
        self._expand = expand
        self._spend = spend
        self._known = known
        self._clauses: dict[G, Sequence[Sequence[G]]] = {}
        self._watchers: dict[G, list[tuple[G, int, int]]] = {}
        self._queue: deque[G] = deque()
        self.blame: dict[G, int] = {}

    def settle(self, root: G) -> None:
        self._watchers[root] = []
        self._queue.append(root)
        while self._queue:
            goal = self._queue.popleft()
            if goal is not root and goal != root and self._is_abandoned(goal):
                del self._watchers[goal]
                continue
            if self._spend is not None:
                self._spend()
            clauses = self._clauses[goal] = self._expand(goal)
            for index in range(len(clauses)):
                if goal in self.blame:
                    break
                self._advance(goal, index, 0)

    def results(self) -> dict[G, bool]:
        return {goal: goal not in self.blame for goal in self._clauses}

    def _is_abandoned(self, goal: G) -> bool:
        return all(parent in self.blame for parent, _, _ in self._watchers[goal])

    def _advance(self, goal: G, index: int, start: int) -> None:
        """Let a clause watch its next alternative; spread the failure of those that have none left."""
        moves = [(goal, index, start)]
        while moves:
            parent, clause, position = moves.pop()
            if parent in self.blame or self._watch(parent, clause, position):
                continue
            self.blame[parent] = clause
            moves += [(watcher, c, p + 1) for watcher, c, p in self._watchers.get(parent, ())]

    def _watch(self, parent: G, clause: int, start: int) -> bool:
        alternatives = self._clauses[parent][clause]
        for position in range(start, len(alternatives)):
            child = alternatives[position]
            known = self._known.get(child)
            if known:
                return True
            if known is False or child in self.blame:
                continue
            if child not in self._watchers:
                self._watchers[child] = []
                self._queue.append(child)
            self._watchers[child].append((parent, clause, position))
            return True
        return False
