"""JSON Schema: whether one schema follows another is a greatest fixpoint over the pairs of schemas that meet.

A pair is accepted if all its own differences are of an accepted kind and all pairs that have to be are; pairs that wait
for each other count as accepted. ``json_rules`` says, per pair, what differs there and which pairs are asked.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from compat.budget import Budget
from compat.confluent.json_model import Model, Node
from compat.confluent.json_parts import Below, Part
from compat.confluent.json_rules import parts
from compat.confluent.kinds import KINDS, Policy, Seen
from compat.definition import Format
from compat.json_schema.schema import ParsedSchema
from compat.json_schema.strings import Strings

_KINDS = KINDS[Format.JSON]
Pair: TypeAlias = tuple[Node, Node]


def differences(original: ParsedSchema, update: ParsedSchema, policy: Policy, budget: Budget) -> Iterator[Seen]:
    """In the order of the schemas, every pair of schemas once. Raises BudgetSpent."""
    comparison = _Comparison(Model(original), Model(update), policy, budget)
    comparison.settle()
    yield from comparison.told()


@dataclass(slots=True)
class _Goal:
    """A pair that was asked about: the answer so far, what was found, and whose answers rest on it."""

    accepted: bool = True
    parts: list[Part] = field(default_factory=list)
    dependents: set[tuple[bool, Pair]] = field(default_factory=set)


class _Comparison:
    """Both directions are asked about (a negation turns them round): a key is (turned round?, original, update)."""

    def __init__(self, original: Model, update: Model, policy: Policy, budget: Budget) -> None:
        self._models = (original, update)
        self._policy = policy
        self._budget = budget
        self.strings = Strings(budget.spend)
        self._goals: dict[tuple[bool, Pair], _Goal] = {}
        self._queue: deque[tuple[bool, Pair]] = deque()
        self._root: tuple[bool, Pair] = (False, (original.root, update.root))

    def settle(self) -> None:
        """Ask until no answer changes any more; answers only ever go from yes to no."""
        self._goal(self._root)
        while self._queue:
            key = self._queue.popleft()
            goal = self._goals[key]
            if not goal.accepted:
                continue
            self._budget.spend()
            goal.parts = list(parts(_Side(self, key), *key[1]))
            if not all(self._accepts(key, part) for part in goal.parts):
                goal.accepted = False
                self._queue.extend(goal.dependents)

    def told(self) -> Iterator[Seen]:
        """The differences of the pairs that the root rests on, with whole paths."""
        pending = [(self._root, "#")]
        seen = {self._root}
        while pending:
            key, path = pending.pop()
            below = []
            for part in self._goals[key].parts:
                if isinstance(part, Seen):
                    yield Seen(part.kind, f"{path}{part.path}" or "#", part.before, part.after, part.detail)
                elif (inner := (key[0], (part.original, part.update))) in self._goals and inner not in seen:
                    seen.add(inner)
                    below.append((inner, f"{path}{part.path}"))
            pending += reversed(below)

    def ask(self, asker: tuple[bool, Pair], key: tuple[bool, Pair]) -> bool:
        """Whether a pair is accepted, as far as is known now."""
        self._budget.spend()
        goal = self._goal(key)
        goal.dependents.add(asker)
        return goal.accepted

    def models(self, *, turned: bool) -> tuple[Model, Model]:
        return self._models[::-1] if turned else self._models

    def _goal(self, key: tuple[bool, Pair]) -> _Goal:
        goal = self._goals.get(key)
        if goal is None:
            goal = self._goals[key] = _Goal()
            self._queue.append(key)
        return goal

    def _accepts(self, key: tuple[bool, Pair], part: Part) -> bool:
        if isinstance(part, Below):
            return self.ask(key, (key[0], (part.original, part.update)))
        return _KINDS[part.kind].accepted_by(self._policy)


class _Side:
    """One pair's view of the comparison: its two models, and questions in its name."""

    def __init__(self, comparison: _Comparison, key: tuple[bool, Pair]) -> None:
        self._comparison = comparison
        self._key = key
        self.original, self.update = comparison.models(turned=key[0])

    def matches(self, pattern: str, name: str) -> bool:
        """Whether a pattern takes a name; one that is not regular takes none."""
        return bool(self._comparison.strings.matches(pattern, name))

    def accepted(self, original: Node, update: Node) -> bool:
        return self._comparison.ask(self._key, (self._key[0], (original, update)))

    def accepted_turned_round(self, original: Node, update: Node) -> bool:
        """Whether the original follows the update."""
        return self._comparison.ask(self._key, (not self._key[0], (update, original)))
