"""Arrays that fulfil what is asked of their items, their length, their containing and their being unique."""

from __future__ import annotations

from collections.abc import Generator, Hashable
from functools import partial
from itertools import product
from typing import Any, Final

from compat.json_schema import nodes as n
from compat.json_schema.answer import EMPTY, Answer, Status, found, maybe, tentative
from compat.json_schema.conjunction import State
from compat.json_schema.counting import Counting, Goal, merged
from compat.json_schema.evaluate import Evaluator
from compat.json_schema.nodes import FALSE, Node, Op
from compat.json_schema.similar import Similar
from compat.json_schema.values import key, small
from compat.verdict import Reason

Asking = Generator[State, Answer, Answer]

MAX_LENGTH: Final = 20_000
"""Items of the longest array that is made."""
MAX_ASKED: Final = 200
"""Items that are asked, one by one, to be none of those before them."""
MAX_COMPARED: Final = 250
"""Different objects or arrays in one array: validators compare each with each."""
_MANY: Final = (n.STRING, n.INTEGER)
"""Kinds with many values that validators tell apart fast, where a long array needs them."""
_MAX_PLACEMENTS: Final = 400

_DOUBT: Final = maybe(Reason.ARRAY_COUNTING, "how often items may occur or repeat is not decided here")
_TOO_LONG: Final = maybe(Reason.BUDGET_SPENT, f"an array of more than {MAX_LENGTH} items is not tried")
_TOO_DIFFERENT: Final = maybe(Reason.BUDGET_SPENT, "so many different items are not looked for")


class Arrays:
    """The demands of one case on an array."""

    def __init__(self, atoms: list[Node]) -> None:
        self.items: dict[int, list[Node]] = {}
        self.rests: list[tuple[int, Node]] = []
        self.low = 0
        self.high: int | None = None
        self.unique = self.repeated = False
        self.somewhere: list[tuple[int, Node, int]] = []
        """(from index, node, how many)"""
        self.at_most: list[tuple[Node, int]] = []
        self.either_count: list[tuple[Node, int, int]] = []
        """negated CONTAINS with both bounds: fewer than, or more than"""
        for atom in atoms:
            self._take(atom)

    def _take(self, atom: Node) -> None:
        if atom.op is Op.NOT:
            self._take_negation(atom.args[0])
            return
        op, args = atom.op, atom.args
        if op is Op.ITEM:
            self.items.setdefault(args[0], []).append(args[1])
        elif op is Op.REST:
            self.rests.append(args)
        elif op is Op.MIN_ITEMS:
            self._at_least(args[0])
        elif op is Op.MAX_ITEMS:
            self._no_more_than(args[0])
        elif op is Op.UNIQUE:
            self.unique = True
        else:
            self._contains(*args)

    def _take_negation(self, inner: Node) -> None:
        op, args = inner.op, inner.args
        if op is Op.ITEM:
            self._at_least(args[0] + 1)
            self.items.setdefault(args[0], []).append(n.negate(args[1]))
        elif op is Op.REST:
            self.somewhere.append((args[0], n.negate(args[1]), 1))
        elif op is Op.MIN_ITEMS:
            self._no_more_than(args[0] - 1)
        elif op is Op.MAX_ITEMS:
            self._at_least(args[0] + 1)
        elif op is Op.UNIQUE:
            self.repeated = True
        else:
            node, low, high = args
            if high is None:
                self._contains(node, 0, low - 1)
            elif low <= 0:
                self._contains(node, high + 1, None)
            else:
                self.either_count.append(args)

    def _contains(self, node: Node, low: int, high: int | None) -> None:
        if high is not None and high < low:
            self.high = -1
        if low > 0:
            self.somewhere.append((0, node, low))
        if high == 0:
            self.rests.append((0, n.negate(node)))
        elif high is not None:
            self.at_most.append((node, high))

    def _at_least(self, size: int) -> None:
        self.low = max(self.low, size)

    def _no_more_than(self, size: int) -> None:
        self.high = size if self.high is None else min(self.high, size)

    @property
    def counts(self) -> bool:
        """Whether items of several sorts, or several of one sort, are counted."""
        return bool(self.at_most) or len(self.somewhere) > 1 or any(count > 1 for _, _, count in self.somewhere)

    @property
    def horizon(self) -> int:
        """From this index on all items are asked the same."""
        starts = [index + 1 for index in self.items]
        starts += [start for start, _ in self.rests]
        starts += [start for start, _, _ in self.somewhere]
        return max(starts, default=0)

    def at(self, index: int) -> list[Node]:
        """What is asked of an item whatever is placed there."""
        asked = list(self.items.get(index, ()))
        asked += [node for start, node in self.rests if start <= index]
        return asked


def solve(atoms: list[Node], judge: Evaluator) -> Asking:
    """An array that fulfils the atoms."""
    demands = Arrays(atoms)
    if demands.either_count:
        return (yield from _either_count(demands, atoms, judge))
    if demands.high is not None and demands.high < demands.low:
        return EMPTY
    if demands.counts and not (demands.unique or demands.repeated):
        return (yield from _counted(demands))
    placements, complete = _placements(demands)
    doubt: Answer | None = None if complete else _DOUBT
    best: Answer | None = None
    for placement in placements:
        answer = yield from _placed(demands, placement, judge)
        if answer.status is Status.FOUND:
            return answer
        if answer.status is Status.MAYBE:
            doubt = answer
            best = answer if answer.has_value else best
    if doubt is not None and (relaxed := _relaxed(atoms)) is not None:
        wider = yield from solve(relaxed, judge)
        if wider.status is Status.EMPTY:
            return EMPTY
    return best or doubt or EMPTY


def _counted(demands: Arrays) -> Asking:
    goals = merged(
        [
            *(Goal(start, node, count, None) for start, node, count in demands.somewhere),
            *(Goal(0, node, 0, count) for node, count in demands.at_most),
        ]
    )
    if any(goal.most is not None and goal.least > goal.most for goal in goals):
        return EMPTY
    asked = [demands.at(index) for index in range(demands.horizon + 1)]
    counting = Counting(goals, asked, demands.low, demands.high)
    if counting.longest > MAX_LENGTH:
        return _TOO_LONG
    return (yield from counting.solve())


def _relaxed(atoms: list[Node]) -> list[Node] | None:
    """The atoms without those that compare items: where these find nothing, all of them do not either."""
    out = [atom for atom in atoms if Op.UNIQUE not in (atom.op, atom.args[0].op if atom.op is Op.NOT else None)]
    return out if len(out) < len(atoms) else None


def _either_count(demands: Arrays, atoms: list[Node], judge: Evaluator) -> Asking:
    """Not between two counts: fewer, or more."""
    node, low, high = demands.either_count[0]
    this = (node, low, high)
    rest = [a for a in atoms if not (a.op is Op.NOT and a.args[0].op is Op.CONTAINS and a.args[0].args == this)]
    fewer = yield from solve([*rest, n.negate(n.atom(Op.CONTAINS, node, low, None))], judge)
    if fewer.status is Status.FOUND:
        return fewer
    more = yield from solve([*rest, n.atom(Op.CONTAINS, node, high + 1, None)], judge)
    if more.status is Status.FOUND or fewer is EMPTY:
        return more
    return fewer


class _Placement:
    """Where what must be somewhere is put: extra demands by index, and two indices with one value."""

    def __init__(self) -> None:
        self.extra: dict[int, list[Node]] = {}
        self.twins: tuple[int, int] | None = None
        self.filler: list[Node] = []


def _placements(demands: Arrays) -> tuple[list[_Placement], bool]:
    """The placements to try, and whether they are all that matter."""
    horizon = demands.horizon
    single = [(start, node) for start, node, count in demands.somewhere if count == 1]
    many = [(start, node, count) for start, node, count in demands.somewhere if count > 1]
    slots = horizon + len(single) + 1 + (1 if demands.repeated else 0)
    complete = not demands.at_most and slots <= 64
    slots = min(slots, 64)
    choices: list[list[int]] = [[i for i in range(slots - 1, -1, -1) if i >= start] for start, _ in single]
    for options in choices:
        options.sort(key=lambda i: (i < horizon, i))
    twins: list[tuple[int, int] | None] = [None]
    if demands.repeated:
        twins = [(i, j) for j in range(1, horizon + 2) for i in range(j)]
        complete = complete and len(twins) < _MAX_PLACEMENTS
    out: list[_Placement] = []
    wheres = product(*choices)  # not a factor of a product: that would hold all of them at once
    for where, pair in ((where, pair) for where in wheres for pair in twins):
        if len(out) >= _MAX_PLACEMENTS:
            complete = False
            break
        out.append(_placement(demands, single, where, pair))
    return out, complete and (not many or (len(many) == 1 and not single and not demands.repeated))


def _placement(
    demands: Arrays, single: list[tuple[int, Node]], where: tuple[int, ...],
    pair: tuple[int, int] | None,
) -> _Placement:  # fmt: skip
    placement = _Placement()
    for (_, node), index in zip(single, where, strict=True):
        placement.extra.setdefault(index, []).append(node)
    placement.twins = pair
    placement.filler = [n.negate(node) for node, _ in demands.at_most]
    return placement


def _placed(demands: Arrays, placement: _Placement, judge: Evaluator) -> Asking:
    """An array with everything in its place."""
    needed = max([demands.low, *(index + 1 for index in placement.extra)])
    if placement.twins:
        needed = max(needed, placement.twins[1] + 1)
    many = [(start, node, count) for start, node, count in demands.somewhere if count > 1]
    if demands.high is not None and needed > demands.high:
        return EMPTY
    if max([needed, *(start + count for start, _, count in many)]) > MAX_LENGTH:
        return _TOO_LONG
    built = _Built(demands, placement, judge)
    index = 0
    missing = [count for _, _, count in many]
    while index < needed or any(left > 0 for left in missing):
        if demands.high is not None and index >= demands.high:
            return built.give_up()
        if index > MAX_LENGTH:
            return _TOO_LONG
        wanted = [node for (start, node, _), left in zip(many, missing, strict=True) if left > 0 and index >= start]
        answer = yield from built.add(index, wanted)
        took = bool(wanted) and answer.status is not Status.EMPTY
        if wanted and not took:
            answer = yield from built.add(index, [])
        if answer.status is Status.EMPTY or not answer.has_value:
            return built.give_up(answer)
        built.keep(answer)
        if took:
            missing = [left - (node in wanted) for (_, node, _), left in zip(many, missing, strict=True)]
        elif index > demands.horizon + needed and many:
            return built.give_up()
        index += 1
    return built.finish()


class _Built:
    """An array that is being built item by item."""

    def __init__(self, demands: Arrays, placement: _Placement, judge: Evaluator) -> None:
        self.demands, self.placement, self.judge = demands, placement, judge
        self.values: list[Any] = []
        self.doubt: Answer | None = None
        self.alike = True
        """Whether all items so far were asked the same (then running out of distinct values is a proof)."""
        self._first: State | None = None
        self._taken: set[Hashable] = set()
        self._similar: dict[State, Similar] = {}
        self._asked_for = 0

    def add(self, index: int, wanted: list[Node]) -> Asking:
        asked = self._asked(index) + wanted
        twins = self.placement.twins
        if twins and index in twins:
            asked = self._asked(twins[0]) + self._asked(twins[1]) + wanted
            if index == twins[1]:
                return found(self.values[twins[0]])
        if FALSE in asked:
            return EMPTY
        state = frozenset(asked)
        if self._first is None:
            self._first = state
        self.alike = self.alike and state == self._first and not wanted
        if self.demands.unique:
            return (yield from self._another(state))
        return (yield state)

    def _another(self, state: State) -> Asking:
        """A value that is none of those before: one like the last that was asked for, or else one more is asked for."""
        if len(self.values) >= MAX_COMPARED and isinstance(self.values[-1], dict | list):
            return _TOO_DIFFERENT
        similar = self._similar.get(state)
        if similar is not None and (value := similar.next(partial(self._fits, tuple(state)))) is not None:
            return found(value)
        self._asked_for += 1
        if self._asked_for > MAX_ASKED:
            return _TOO_DIFFERENT
        if not small(self.values):
            return _DOUBT
        other = state | {n.negate(n.values(self.values))} if self.values else state
        preferred = [other | {n.kinds(kind)} for kind in _MANY] if self.demands.low > MAX_ASKED else []
        for wish in (*preferred, other):
            answer = yield wish
            if answer.status is Status.FOUND:
                self._similar[state] = Similar(answer.value)
                break
        return answer

    def _fits(self, asked: tuple[Node, ...], value: Any) -> bool:
        return key(value) not in self._taken and self.judge.fulfils(asked, value) is True

    def _asked(self, index: int) -> list[Node]:
        extra = self.placement.extra.get(index, [])
        asked = self.demands.at(index) + extra
        if self.placement.filler and not extra:
            asked += self.placement.filler
        return asked

    def keep(self, answer: Answer) -> None:
        if answer.status is Status.MAYBE:
            self.doubt = answer
        self.values.append(answer.value)
        if self.demands.unique:
            self._taken.add(key(answer.value))

    def give_up(self, answer: Answer = EMPTY) -> Answer:
        if answer.status is Status.MAYBE:
            return answer
        if self.demands.unique and self.values and not self.alike:
            return _DOUBT
        if self.demands.at_most or self.doubt is not None:
            return self.doubt or _DOUBT
        return EMPTY

    def finish(self) -> Answer:
        if self.demands.unique and len(self._taken) < len(self.values):
            return tentative(self.values, _DOUBT)
        if self.doubt is not None:
            return tentative(self.values, self.doubt)
        if self.demands.at_most and (self.placement.extra or len(self.demands.somewhere) > 0):
            return tentative(self.values, _DOUBT)
        return found(self.values)
