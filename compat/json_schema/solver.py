"""Is there a value that fulfils a state? The engine's proof and its witness come from this one question.

``W <= R`` holds exactly if the state {W, not R} has no value. A state is split into cases, a case into kinds; objects
and arrays ask about the states of their members. A value has finite depth, hence the smallest value of a state never
has a part that is asked the same: while a state is being worked on, it counts as empty below itself. What is found
empty in this way rests on an assumption: it is remembered for good only once the state that was assumed empty has been
found empty, and forgotten if it has not (compat.md 6.2). No Python recursion: a stack of generators.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import Any, Final
from weakref import WeakKeyDictionary

from compat.budget import Budget, BudgetSpent
from compat.json_schema import arrays, numbers, objects
from compat.json_schema import nodes as n
from compat.json_schema.answer import EMPTY, Answer, Status, better, found, maybe, tentative
from compat.json_schema.conjunction import Branches, Case, State, smallest_choice
from compat.json_schema.evaluate import Evaluator
from compat.json_schema.nodes import FALSE, Node, Op
from compat.json_schema.strings import Strings
from compat.json_schema.values import is_number, small
from compat.verdict import Reason

Asking = Generator[State, Answer, Answer]

DEPTHS: Final = (100, 20_000)
"""States inside each other: shallow values are looked for first, because a deep one proves little to a person."""
_STEPS_ONCE_CUT: Final = 500
"""Steps after which the search for a shallow value is given up, once something was too deep for it."""
_TOO_DEEP: Final = maybe(Reason.BUDGET_SPENT, f"values would have to be nested more than {DEPTHS[-1]} deep")


@dataclass(slots=True)
class _Frame:
    """A state that is being worked on."""

    state: State
    work: Asking
    lowest: int
    """Index of the lowest frame that was assumed empty on the way to the answer EMPTY."""
    leans: int
    """Index of the lowest frame that any answer on the way depends on; -1 where it depends on the depth."""
    first_provisional: int
    steps: int
    """What was spent before."""
    answer: Answer | None = field(default=None)


_FACTS: Final[dict[tuple[bool, bool], WeakKeyDictionary[Node, tuple[Answer, int]]]] = {
    (spelt, asserted): WeakKeyDictionary() for spelt in (False, True) for asserted in (False, True)
}
"""What single nodes were found to admit, with the steps that took, by what is ``spelt`` and ``asserted``.

It is true of a node whatever is checked, so later checks need not find it out again; they pay the same steps for it, so
that an answer does not depend on what was asked before.
"""


class Solver:
    """Answers about states for one check; remembers what it has settled."""

    def __init__(self, budget: Budget, *, spelt: bool = True, asserted: bool = False) -> None:
        """``spelt``: draft 4 takes part, to which 1.0 is no integer, so listed numbers are tried in both spellings.

        ``asserted``: formats refuse what does not conform; otherwise each may or may not, on both sides alike.
        """
        self._budget = budget
        self._spelt = spelt
        self.spent = ""
        """What the budget said when it was used up; empty as long as something is left."""
        self._settled: dict[State, Answer] = {}
        self._cut = 0
        """The steps that were done when a question was first left open because it was too deep; 0: never."""
        self._bases: dict[Node, Case | None] = {}
        self._facts = _FACTS[spelt, asserted]
        self._provisional: dict[State, int] = {}
        """Empty under the assumption that the frame with this index (or one above it) is empty."""
        self.strings = Strings(budget.spend, asserted=asserted)
        self.judge = Evaluator(self.strings.matches, budget.spend, asserted=asserted)

    def solve(self, *nodes: Node) -> Answer:
        """A value that fulfils all the nodes. Spent budgets are answered with MAYBE."""
        answer = EMPTY
        if self.spent:
            return maybe(Reason.BUDGET_SPENT, self.spent)
        try:
            for depth in DEPTHS:
                self._cut = 0
                answer = self._run(frozenset(nodes), list(nodes), depth)
                if answer.status is not Status.MAYBE or not self._cut:
                    break
                self._settled = {state: each for state, each in self._settled.items() if each.status is Status.EMPTY}
        except BudgetSpent as spent:
            self.spent = str(spent)
            return maybe(Reason.BUDGET_SPENT, self.spent)
        except RecursionError:
            return maybe(Reason.BUDGET_SPENT, "the schemas are nested too deeply")
        return answer

    def refute(self, writer: Node, reader: Node) -> Answer:
        """A value of the writer that is none of the reader; EMPTY proves that there is none."""
        base = self.base(writer)
        return EMPTY if base is None else self.solve(writer, base.denied(reader))

    def pay(self, steps: int) -> bool:
        """Count work that is done around the solver; False once the budget is used up."""
        try:
            self._budget.spend(steps)
        except BudgetSpent as spent:
            self.spent = str(spent)
        return not self.spent

    def _run(self, state: State, order: list[Node], depth: int) -> Answer:
        known = self._quick(state)
        if known is not None:
            return known
        self._provisional.clear()
        frames = [_Frame(state, self._work(state, order), 0, 0, 0, self._budget.steps)]
        open_at = {state: 0}
        reply: Answer | None = None
        while True:
            frame = frames[-1]
            try:
                asked = frame.work.send(reply) if reply is not None else next(frame.work)
            except StopIteration as stop:
                reply = stop.value
                self._close(frames, open_at, reply)
                if not frames:
                    return reply
                continue
            reply = self._quick(asked)
            if reply is not None:
                continue
            if (index := open_at.get(asked)) is not None or (index := self._provisional.get(asked)) is not None:
                frame.lowest = min(frame.lowest, index)
                frame.leans = min(frame.leans, index)
                reply = EMPTY
                continue
            if len(frames) > depth:
                reply = _TOO_DEEP
                frame.leans = -1
                self._cut = self._cut or self._budget.steps
                if self._budget.steps - self._cut > _STEPS_ONCE_CUT:
                    return reply
                continue
            self._budget.spend()
            at = open_at[asked] = len(frames)
            frames.append(_Frame(asked, self._work(asked, []), at, at, len(self._provisional), self._budget.steps))
            reply = None

    def _close(self, frames: list[_Frame], open_at: dict[State, int], answer: Answer) -> None:
        frame = frames.pop()
        index = len(frames)
        del open_at[frame.state]
        if frames:
            frames[-1].leans = min(frames[-1].leans, frame.leans)
        if frame.leans >= index and len(frame.state) == 1 and answer.status is not Status.MAYBE:
            (node,) = frame.state
            self._facts[node] = answer, self._budget.steps - frame.steps
        if answer.status is not Status.EMPTY:
            self._settled[frame.state] = answer
            self._forget(frame.first_provisional)
            return
        if frame.lowest >= index:
            self._settled[frame.state] = EMPTY
            self._keep(frame.first_provisional, index)
            return
        self._provisional[frame.state] = frame.lowest
        frames[-1].lowest = min(frames[-1].lowest, frame.lowest)

    def _forget(self, first: int) -> None:
        while len(self._provisional) > first:
            self._provisional.popitem()

    def _keep(self, first: int, index: int) -> None:
        """The assumption held: what rested on it alone is settled; what rests on lower ones too is forgotten."""
        while len(self._provisional) > first:
            state, lowest = self._provisional.popitem()
            if lowest >= index:
                self._settled[state] = EMPTY

    def _quick(self, state: State) -> Answer | None:
        """What is known without work."""
        known = self._settled.get(state)
        if known is None and (FALSE in state or any(node.opposite in state for node in state)):
            known = EMPTY
        if known is None and len(state) == 1:
            (node,) = state
            if (fact := self._facts.get(node)) is not None:
                known, steps = fact
                self._settled[state] = known
                self._budget.spend(steps)
        return known

    def _work(self, state: State, order: list[Node]) -> Asking:
        total: Answer = EMPTY
        first = self._start(state, order)
        if first is None:
            return EMPTY
        branches = Branches(first)
        while (following := branches.next()) is not None:
            case, todo, needed_again = following
            if todo and (yield from self._hopeless(case, todo[0])):
                continue
            self._budget.spend(6 + len(case.atoms) // 4)
            case = case.copy() if needed_again else case
            if not case.take(todo):
                continue
            members = None if case.allowed else smallest_choice(case)
            self._budget.spend(sum(len(choice.args[0]) for choice in case.choices) // 8)
            if members is not None:
                branches.add(case, sorted(members, key=_is_deep))
                continue
            answer = self._listed(case) if case.allowed else (yield from self._kinds(case))
            if case.opaque and answer.status is not Status.EMPTY:
                answer = _doubted(case.opaque[0], answer)
            if answer.status is Status.FOUND:
                return answer
            total = better(total, answer)
        return total

    def _start(self, state: State, order: list[Node]) -> Case | None:
        """The case of a state before any choice; what the first node of a question says is remembered."""
        if not order:
            case = Case()
            return case if case.take(sorted(state, key=_is_positive)) else None
        known = self.base(order[0])
        if known is None:
            return None
        case = known.copy()
        return case if case.take(list(reversed(order[1:]))) else None

    def base(self, node: Node) -> Case | None:
        """What one node says without making choices, to be copied; None if it contradicts itself."""
        if node not in self._bases:
            base = Case()
            self._bases[node] = base if base.take([node]) else None
        return self._bases[node]

    def _hopeless(self, case: Case, member: Node) -> Generator[State, Answer, bool]:
        """Whether a member of a choice asks of a property or an item what it cannot be."""
        if member.op is not Op.NOT or member.args[0].op not in (Op.MEMBER, Op.ITEM):
            return False
        name, inner = member.args[0].args
        asked = case.asked_of(name, self.judge.concerns)
        if FALSE in asked:
            return True
        answer = yield frozenset((*asked, n.negate(inner)))
        return answer.status is Status.EMPTY

    def _listed(self, case: Case) -> Answer:
        """One of the values that are listed, if it fulfils everything else."""
        total: Answer = EMPTY
        smallest = min(case.allowed, key=lambda node: len(node.args[1]))
        left = smallest.args[0].intersection(*(node.args[0] for node in case.allowed))
        left = left.difference(*(node.args[0] for node in case.excluded))
        for name, value in zip(smallest.args[2], smallest.args[1], strict=True):
            if name not in left:
                continue
            ways = spellings(value) if self._spelt else [value]
            for spelling in ways or [value]:
                held = self._fulfils(case, spelling)
                if held:
                    return found(spelling)
                if held is None or ways is None:
                    doubt = maybe(Reason.NO_WITNESS, "whether a listed value is still allowed is not known")
                    total = better(total, tentative(spelling, doubt))
        return total

    def _fulfils(self, case: Case, value: Any) -> bool | None:
        if not case.mask & (n.kind_of(value) if self._spelt or not is_number(value) else _number_kinds(value)):
            return False
        nodes = (*case.allowed, *map(n.negate, case.excluded), *case.atoms, *case.choices)
        return self.judge.fulfils(nodes, value)

    def _kinds(self, case: Case) -> Asking:
        """A value of any kind that the case allows, simple kinds first."""
        excluded = [value for node in case.excluded for value in node.args[1]]
        total: Answer = EMPTY
        for group in (n.NULL, n.STRING, n.NUMBER, n.BOOLEAN, n.OBJECT, n.ARRAY):
            if not group & case.mask:
                continue
            atoms = [atom for atom in case.atoms if atom.group & group]
            if group is n.NUMBER:
                self._budget.spend(len(atoms) // 8)
                out = {Fraction(value) for value in excluded if is_number(value)}
                answer = numbers.solve(case.mask & n.NUMBER, atoms, out)
            elif group is n.STRING:
                strings = {value for value in excluded if isinstance(value, str)}
                answer = self.strings.solve(atoms, strings, self.judge.holds)
            elif group in (n.OBJECT, n.ARRAY):
                answer = yield from self._compound(group, atoms, excluded)
            else:
                answer = _constant(group, excluded)
            if answer.status is Status.FOUND:
                return answer
            total = better(total, answer)
        return total

    def _compound(self, group: int, atoms: list[Node], excluded: list[Any]) -> Asking:
        """An object or array; where one is excluded by value, it is taken apart into what differs from it."""
        same = [value for value in excluded if n.kind_of(value) == group]
        if not same:
            self._budget.spend(2 + len(atoms) // 4)
            return (yield from self._made(group, atoms))
        total: Answer = EMPTY
        self._budget.spend(2 + len(atoms) // 4)
        answer = yield from self._made(group, atoms)
        if not small(answer.value):
            return maybe(Reason.BUDGET_SPENT, "the smallest value would be too large")
        if not answer.has_value or not any(n.values([answer.value]) is n.values([value]) for value in same):
            return answer
        if len(same) > 1:
            return (yield from self._apart(group, atoms, same))
        for node in differences_from(same[0]):
            answer = yield from self._made(group, [*atoms, node])
            if answer.status is Status.FOUND:
                return answer
            total = better(total, answer)
        return total

    def _apart(self, group: int, atoms: list[Node], same: list[Any]) -> Asking:
        unlike = [n.either(differences_from(value)) for value in same]
        kind = n.kinds(group)
        return (yield frozenset((kind, *atoms, *unlike)))

    def _made(self, group: int, atoms: list[Node]) -> Asking:
        if group is n.OBJECT:
            return (yield from objects.solve(atoms, self.judge))
        return (yield from arrays.solve(atoms, self.judge))


def differences_from(value: Any) -> list[Node]:
    """What an object or array must fulfil, one at least, to be another than this one."""
    if isinstance(value, dict):
        missing = [n.negate(n.atom(Op.REQUIRED, name)) for name in value]
        changed = [n.negate(n.atom(Op.MEMBER, name, n.values([inner]))) for name, inner in value.items()]
        more = n.negate(n.atom(Op.OTHERS, frozenset(value), frozenset(), FALSE))
        return [*missing, *changed, more]
    changed = [n.negate(n.atom(Op.ITEM, index, n.values([inner]))) for index, inner in enumerate(value)]
    longer = n.negate(n.atom(Op.MAX_ITEMS, len(value)))
    shorter = [n.negate(n.atom(Op.MIN_ITEMS, len(value)))] if value else []
    return [longer, *shorter, *changed]


def _is_positive(node: Node) -> bool:
    """What is said comes before what is denied: taken in last to first."""
    return node.op is not Op.NOT


def _is_deep(member: Node) -> bool:
    """Whether a member of a choice leads into objects or arrays: what does not is tried first."""
    inner = member.args[0] if member.op is Op.NOT else member
    if inner.op not in (Op.MEMBER, Op.ITEM):
        return False
    return bool(inner.args[1].kinds & (n.OBJECT | n.ARRAY))


def _constant(group: int, excluded: list[Any]) -> Answer:
    options: list[Any] = [None] if group is n.NULL else [True, False]
    for value in options:
        if not any(value is other for other in excluded):
            return found(value)
    return EMPTY


def spellings(value: Any) -> list[Any] | None:
    """A listed value in every way its integers can be written, 1 or 1.0; None if those are too many."""
    numbers_in = _count_integers(value)
    if numbers_in > 6:
        return None
    return [value, *(_spelt(value, iter(choice)) for choice in product((False, True), repeat=numbers_in))]


def _count_integers(value: Any) -> int:
    if isinstance(value, dict):
        return sum(map(_count_integers, value.values()))
    if isinstance(value, list):
        return sum(map(_count_integers, value))
    return int(is_number(value) and Fraction(value).denominator == 1)


def _spelt(value: Any, choices: Iterator[bool]) -> Any:
    if isinstance(value, dict):
        return {name: _spelt(inner, choices) for name, inner in value.items()}
    if isinstance(value, list):
        return [_spelt(inner, choices) for inner in value]
    if is_number(value) and Fraction(value).denominator == 1:
        whole = Fraction(value).numerator
        return Decimal(f"{whole}.0") if next(choices) else whole
    return value


def _number_kinds(value: Any) -> int:
    """The kinds a number may have if it may be written in any way."""
    return n.INTEGER | n.FLOAT_INTEGER if Fraction(value).denominator == 1 else n.FRACTION


def _doubted(node: Node, answer: Answer) -> Answer:
    inner = node.args[0] if node.op is Op.NOT else node
    doubt = maybe(inner.args[1], inner.args[2])
    return tentative(answer.value, doubt) if answer.has_value else doubt
