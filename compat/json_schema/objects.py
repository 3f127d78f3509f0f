"""Objects that fulfil what is asked of their members, their names and their size."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import cached_property
from typing import Any, Final

from compat.json_schema import nodes as n
from compat.json_schema.answer import EMPTY, Answer, Status, found, maybe, tentative
from compat.json_schema.conjunction import State
from compat.json_schema.evaluate import Evaluator
from compat.json_schema.nodes import FALSE, Node, Op
from compat.json_schema.similar import Similar
from compat.verdict import Reason

Asking = Generator[State, Answer, Answer]

MAX_MEMBERS: Final = 20_000
MAX_ASKED: Final = 200
"""Members, added only because there must be so many, whose names are asked for one by one."""
_FEW: Final = 8
"""So many further members have names of their own; more are numbered."""
_MAX_CELLS: Final = 256
_MAX_PARTITIONS: Final = 4

_STRING: Final = n.kinds(n.STRING)
_NOT_EMPTY: Final = n.atom(Op.MIN_LENGTH, 1)
"""A name that people can see is preferred."""
_TOO_MANY: Final = maybe(Reason.BUDGET_SPENT, f"more than {MAX_ASKED} names of members are not looked for")
_UNSURE: Final = maybe(Reason.BUDGET_SPENT, "several demands on further members meet in ways that are not all tried")


class _Somewhere:
    """Some member whose name fulfils ``names`` has a value that fulfils ``values``."""

    __slots__ = ("names", "values")

    def __init__(self, names: list[Node], values: list[Node]) -> None:
        self.names, self.values = names, values

    def __add__(self, other: _Somewhere) -> _Somewhere:
        return _Somewhere(self.names + other.names, self.values + other.values)


class Objects:
    """The demands of one case on an object."""

    def __init__(self, atoms: list[Node]) -> None:
        self.members: dict[str, list[Node]] = {}
        self.matching: list[tuple[str, Node]] = []
        self.others: list[tuple[frozenset[str], frozenset[str], Node]] = []
        self.names: list[Node] = []
        self.required: dict[str, None] = {}
        self.somewhere: list[_Somewhere] = []
        self.low = 0
        self.high: int | None = None
        for atom in atoms:
            if atom.op is Op.MEMBER:  # most are
                name, said = atom.args
                self.members.setdefault(name, []).append(said)
            elif atom.op is Op.NOT:
                self._take_negation(atom.args[0])
            else:
                self._take(atom)

    def _take(self, atom: Node) -> None:
        op, args = atom.op, atom.args
        if op is Op.MATCHING:
            self.matching.append(args)
        elif op is Op.OTHERS:
            self.others.append(args)
        elif op is Op.REQUIRED:
            self.required[args[0]] = None
        elif op is Op.NAMES:
            self.names.append(args[0])
        elif op is Op.MIN_MEMBERS:
            self.low = max(self.low, args[0])
        else:
            self.high = args[0] if self.high is None else min(self.high, args[0])

    def _take_negation(self, inner: Node) -> None:
        op, args = inner.op, inner.args
        if op is Op.MEMBER:
            self.required[args[0]] = None
            self.members.setdefault(args[0], []).append(n.negate(args[1]))
        elif op is Op.MATCHING:
            self.somewhere.append(_Somewhere([n.atom(Op.PATTERN, args[0])], [n.negate(args[1])]))
        elif op is Op.OTHERS:
            names = [n.negate(n.atom(Op.PATTERN, pattern)) for pattern in sorted(args[1])]
            if args[0]:
                names.append(n.negate(n.values(sorted(args[0]))))
            self.somewhere.append(_Somewhere(names, [n.negate(args[2])]))
        elif op is Op.REQUIRED:
            self.members.setdefault(args[0], []).append(FALSE)
        elif op is Op.NAMES:
            self.somewhere.append(_Somewhere([n.negate(args[0])], []))
        elif op is Op.MIN_MEMBERS:
            self.high = args[0] - 1 if self.high is None else min(self.high, args[0] - 1)
        else:
            self.low = max(self.low, args[0] + 1)


def solve(atoms: list[Node], judge: Evaluator) -> Asking:
    """An object that fulfils the atoms."""
    demands = Objects(atoms)
    required = len(demands.required)
    if demands.high is not None and (demands.high < demands.low or required > demands.high):
        return EMPTY
    search = _Search(demands, judge)
    if required > MAX_MEMBERS or demands.low > MAX_MEMBERS:
        return maybe(Reason.BUDGET_SPENT, f"an object of more than {MAX_MEMBERS} members is not tried")
    start = yield from search.required_members()
    if start is not None:
        return start
    if not demands.somewhere:
        return (yield from search.finish({}))
    return (yield from search.somewhere())


class _Search:
    def __init__(self, demands: Objects, judge: Evaluator) -> None:
        self.demands, self.judge = demands, judge
        self.chosen: dict[str, Answer] = {}
        """Required members with their values."""
        self.doubt: Answer | None = None

    @cached_property
    def patterns(self) -> list[str]:
        """Every pattern that something is said about, once."""
        matching = {pattern for pattern, _ in self.demands.matching}
        return sorted(matching | {pattern for _, patterns, _ in self.demands.others for pattern in patterns})

    @cached_property
    def explicit(self) -> list[str]:
        """Every name that something is said about, once."""
        demands = self.demands
        return sorted({*demands.members, *demands.required, *(x for names, _, _ in demands.others for x in names)})

    def required_members(self) -> Asking | Any:
        """Fill in what must be there; an answer if that cannot be done."""
        for name in self.demands.required:
            answer = yield from self.member(name, [])
            if answer.status is Status.EMPTY:
                return EMPTY
            if not answer.has_value:
                return answer
            if answer.status is Status.MAYBE:
                self.doubt = answer
            self.chosen[name] = answer
        return None

    def member(self, name: str, extra: list[Node]) -> Asking:
        """A value for a member of this name."""
        asked, doubt = self.asked_of(name)
        if asked is None or FALSE in extra:
            return EMPTY
        answer = yield frozenset(asked + extra)
        if doubt is not None and answer.status is Status.FOUND:
            return tentative(answer.value, doubt)
        return answer

    def asked_of(self, name: str) -> tuple[list[Node] | None, Answer | None]:
        """What is asked of a member's value (None: there can be no such member), and what is unclear about it."""
        demands = self.demands
        asked = list(demands.members.get(name, ()))
        doubt: Answer | None = None
        for node in demands.names:
            held = self.judge.holds(node, name)
            if held is False:
                return None, None
            if held is None:
                doubt = maybe(Reason.PATTERN_NOT_REGULAR, f"whether {name!r} may be a name here")
        for pattern, node in demands.matching:
            concerned = self.judge.holds(n.atom(Op.PATTERN, pattern), name)
            if concerned:
                asked.append(node)
            elif concerned is None:
                doubt = maybe(Reason.PATTERN_NOT_REGULAR, f"whether {name!r} matches {pattern!r}")
        for names, patterns, node in demands.others:
            concerned = self.judge.is_other(name, names, patterns)
            if concerned:
                asked.append(node)
            elif concerned is None:
                doubt = maybe(Reason.PATTERN_NOT_REGULAR, f"whether {name!r} matches one of {sorted(patterns)}")
        return (None, None) if FALSE in asked else (asked, doubt)

    def somewhere(self) -> Asking:
        """Members for everything that must be somewhere."""
        wanted = self.demands.somewhere
        total: Answer = EMPTY
        if len(wanted) > 1:
            for each in wanted:
                alone = yield from self.place([each], {})
                if alone.status is Status.EMPTY:
                    return EMPTY
            if len(wanted) > _MAX_PARTITIONS:
                return _UNSURE
        for groups in _partitions(wanted):
            answer = yield from self.place(groups, {})
            if answer.status is Status.FOUND:
                return answer
            if answer.status is Status.MAYBE and not total.has_value:
                total = answer
        if len(wanted) > 1 and total is EMPTY:
            return _UNSURE
        return total

    def place(self, groups: list[_Somewhere], placed: dict[str, Answer]) -> Asking:
        """One member for each group, different ones; the object around the first arrangement that works."""
        if not groups:
            return (yield from self.finish(placed))
        group, rest = groups[0], groups[1:]
        total: Answer = EMPTY
        for name in self._candidates(placed):
            allowed = [self.judge.holds(node, name) for node in group.names]
            if False in allowed:
                continue
            answer = yield from self.member(name, group.values)
            if answer.status is Status.MAYBE or None in allowed:
                total = answer if answer.status is Status.MAYBE else _UNSURE
            if answer.has_value:
                ended = yield from self.place(rest, {**placed, name: answer})
                if ended.status is Status.FOUND:
                    return ended
                if ended.status is Status.MAYBE:
                    total = ended
        cell = yield from self.further(group, placed)
        name, answer = cell
        if name is None:
            return total if answer.status is Status.EMPTY or total.has_value else answer
        ended = yield from self.place(rest, {**placed, name: answer})
        return ended if ended.status is Status.FOUND or total is EMPTY else total

    def _candidates(self, placed: dict[str, Answer]) -> list[str]:
        """Names that something speaks about: the required ones first, they cost no further member."""
        names = [*self.demands.required, *(name for name in self.explicit if name not in self.demands.required)]
        return [name for name in names if name not in placed]

    def further(self, group: _Somewhere, placed: dict[str, Answer]) -> Generator[State, Answer, tuple[Any, Answer]]:
        """A member with a name that nothing speaks about: (name, its value), or (None, why not)."""
        total: Answer = EMPTY
        taken = [*self.explicit, *placed]
        base = [_STRING, *self.demands.names, *group.names]
        if taken:
            base.append(n.negate(n.values(taken)))
        tried = 0
        stack: list[_Cell] = [(base, 0, frozenset())]
        while stack:
            names, index, matched = stack.pop()
            tried += 1
            if tried > _MAX_CELLS:
                return None, _UNSURE
            if index < len(self.patterns):
                stack += _told_apart(names, self.patterns[index], index, matched)
                continue
            asked = self._asked_further(matched, group)
            if FALSE in asked:
                continue
            name, value = yield from self._named(names, asked)
            if value.has_value:
                return name, value
            if value.status is Status.MAYBE:
                total = value
        return None, total

    def _named(self, names: list[Node], asked: list[Node]) -> Generator[State, Answer, tuple[Any, Answer]]:
        """A name and a value for it; where one of them is missing, the answer says why."""
        name = yield frozenset((*names, _NOT_EMPTY))
        if name.status is Status.EMPTY:
            name = yield frozenset(names)
        if name.status is Status.EMPTY:
            return None, EMPTY
        value = yield frozenset(asked)
        if value.status is Status.EMPTY or not value.has_value:
            return None, value
        if not name.has_value:
            return None, name
        return name.value, value if name.status is Status.FOUND else tentative(value.value, name)

    def _asked_further(self, matched: frozenset[str], group: _Somewhere) -> list[Node]:
        asked = list(group.values)
        asked += [node for pattern, node in self.demands.matching if pattern in matched]
        asked += [node for _, patterns, node in self.demands.others if not patterns & matched]
        return asked

    def finish(self, placed: dict[str, Answer]) -> Asking:
        """The object with its required and placed members, filled up to the size that is asked for."""
        members = {**self.chosen, **placed}
        demands = self.demands
        if demands.high is not None and len(members) > demands.high:
            return EMPTY
        doubt = self.doubt
        for answer in placed.values():
            doubt = answer if answer.status is Status.MAYBE else doubt
        if len(members) < demands.low:
            filled = yield from self.fill(members)
            if filled is not None:
                return filled
        for answer in members.values():
            doubt = answer if answer.status is Status.MAYBE else doubt
        value = {name: answer.value for name, answer in members.items()}
        return found(value) if doubt is None else tentative(value, doubt)

    def fill(self, members: dict[str, Answer]) -> Asking | Any:
        """Add members until there are enough; an answer if that cannot be done."""
        doubt: Answer | None = None
        for name in self.explicit:
            if len(members) >= self.demands.low:
                return None
            if name in members:
                continue
            answer = yield from self.member(name, [])
            if answer.has_value:
                members[name] = answer
            elif answer.status is Status.MAYBE:
                doubt = answer
        anything = _Somewhere([], [])
        for _ in range(MAX_ASKED):
            if len(members) >= self.demands.low:
                return None
            name, answer = yield from self.further(anything, members)
            if name is None:
                return doubt or (answer if answer.status is Status.MAYBE else EMPTY)
            members[name] = answer
            if self.demands.low - len(members) > _FEW:
                self.fill_alike(members, name)
        return None if len(members) >= self.demands.low else _TOO_MANY

    def fill_alike(self, members: dict[str, Answer], name: str) -> None:
        """Add members with names like this one, of which the same is asked, until there are enough."""
        asked, similar = self.asked_of(name), Similar(name)

        def fits(other: str) -> bool:
            return other not in members and other not in self.explicit and self.asked_of(other) == asked

        while len(members) < self.demands.low and (other := similar.next(fits)) is not None:
            members[other] = members[name]


_Cell = tuple[list[Node], int, frozenset[str]]


def _told_apart(names: list[Node], pattern: str, index: int, matched: frozenset[str]) -> list[_Cell]:
    """The names that match a pattern, and those that do not."""
    inside = n.atom(Op.PATTERN, pattern)
    out: list[_Cell] = []
    for node, more in ((inside, frozenset((pattern,))), (n.negate(inside), frozenset[str]())):
        if n.negate(node) not in names:
            out.append(([*names, node], index + 1, matched | more))
    return out


def _partitions(wanted: list[_Somewhere]) -> Iterator[list[_Somewhere]]:
    """All ways to let demands be met by the same member; each apart first."""
    if not wanted:
        yield []
        return
    first, rest = wanted[0], wanted[1:]
    for groups in _partitions(rest):
        yield [first, *groups]
        for index, group in enumerate(groups):
            yield [*groups[:index], first + group, *groups[index + 1 :]]
