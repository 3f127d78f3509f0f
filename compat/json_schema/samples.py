"""Payloads of a schema: the smallest one first, then those at the boundaries, then seeded random ones.

Candidates are made from the normal form and judged by a validator before they are given out, so every sample is valid
whatever the normal form leaves out.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from typing import Any, Final

from compat.budget import Budget, Limits
from compat.errors import InvalidPayload
from compat.json_schema import formats
from compat.json_schema import nodes as n
from compat.json_schema.arrays import Arrays
from compat.json_schema.conjunction import Case, State, cases
from compat.json_schema.evaluate import Evaluator
from compat.json_schema.execute import Executors, executors
from compat.json_schema.nodes import FALSE, Node, Op
from compat.json_schema.normal import normal
from compat.json_schema.objects import Objects
from compat.json_schema.schema import ParsedSchema
from compat.json_schema.solver import Solver
from compat.json_schema.text import number
from compat.json_schema.values import key, small

MAX_DEPTH: Final = 12
_MAX_BOUNDARIES: Final = 400
_BOUNDARY_DEPTH: Final = 4
_MAX_CASES: Final = 12
_MAX_IN_VAIN: Final = 300
"""Candidates in a row that are invalid or known already before the samples end."""
_MAX_PARTS: Final = 50_000
"""Values inside such candidates, for candidates that grow with every level."""
_LONG: Final = 300
_ANOTHER: Final = "another"
"""The name of a member that no property is called by."""
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyzABCXYZ0123456789 -_.é漢😀"
_LIMITS: Final = Limits(steps=400_000, seconds=20.0)


def minimal(schema: ParsedSchema) -> object:
    """The smallest payload that was found. Raises InvalidPayload if the schema admits none, or none was found."""
    known = schema.cache.get("minimal")
    if known is None:
        known = schema.cache["minimal"] = _minimal(schema)
    if not known:
        raise InvalidPayload("the schema admits no payload, or none that was found")
    found: object = known[0]
    return _copy(found)


def _minimal(schema: ParsedSchema) -> list[Any]:
    root = normal(schema).root
    judges = executors(schema, formats=False)
    for kinds in (n.OBJECT, n.EVERY):
        answer = Solver(Budget(_LIMITS)).solve(n.kinds(kinds), root)
        if answer.has_value and small(answer.value) and judges.accepts(answer.value) is True:
            return [answer.value]
    return []


def samples(schema: ParsedSchema, seed: int) -> Iterator[object]:
    """Valid payloads, each once, until no new one turns up: boundary values first, then random ones by ``seed``."""
    seen: set[Any] = set()
    judges = executors(schema, formats=False)
    maker = _Maker(random.Random(seed))  # noqa: S311 - samples, not secrets
    in_vain = 0
    for candidate in _candidates(schema, maker):
        name = key(candidate)
        if name in seen or not _valid(judges, candidate):
            in_vain += 1
            if in_vain > _MAX_IN_VAIN or maker.parts > _MAX_PARTS:
                return
            continue
        in_vain = maker.parts = 0
        seen.add(name)
        yield candidate


def _valid(judges: Executors, candidate: Any) -> bool:
    try:
        return bool(judges.rust.is_valid(candidate))
    except ValueError:
        return False


def _candidates(schema: ParsedSchema, maker: _Maker) -> Iterator[Any]:
    with suppress(InvalidPayload):
        yield minimal(schema)
    root: State = frozenset({normal(schema).root})
    yield from islice(maker.boundaries(root, 0), _MAX_BOUNDARIES)
    while True:
        candidate = maker.random(root, 0)
        yield candidate if candidate is not _NOTHING else None


_NOTHING: Final = object()


class _Members:
    """What is asked of an object and of each of its members by name; made once per case."""

    def __init__(self, demands: Objects, judge: Evaluator) -> None:
        self.demands = demands
        self._judge = judge
        self._states: dict[str, State] = {}

    def state(self, name: str) -> State:
        """What is asked of a member."""
        known = self._states.get(name)
        if known is None:
            demands, judge = self.demands, self._judge
            asked = list(demands.members.get(name, ()))
            asked += [node for pattern, node in demands.matching if judge.matches(pattern, name)]
            asked += [node for names, patterns, node in demands.others if judge.is_other(name, names, patterns)]
            known = self._states[name] = frozenset(asked)
        return known


class _Maker:
    """Makes candidates for states."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.parts = 0
        """Values that were made at random, of whatever depth."""
        self.solver = Solver(Budget(_LIMITS))
        self._large: set[State] = set()
        """States whose smallest value is too large to be given out."""
        self._cases: dict[State, list[Case]] = {}
        self._atoms: dict[tuple[int, int], list[Node]] = {}
        """Atoms of a case (by its id; cases are kept) about one group of kinds."""
        self._members: dict[int, _Members] = {}
        """By the id of such a list of atoms."""

    def atoms(self, case: Case, group: int) -> list[Node]:
        """What a case says about one group of kinds."""
        name = (id(case), group)
        if name not in self._atoms:
            self._atoms[name] = [atom for atom in case.atoms if atom.group & group]
        return self._atoms[name]

    def members(self, atoms: list[Node]) -> _Members:
        """What a list of atoms, as ``atoms`` gives it, asks of objects."""
        known = self._members.get(id(atoms))
        if known is None:
            known = self._members[id(atoms)] = _Members(Objects(atoms), self.solver.judge)
        return known

    def smallest(self, state: State) -> Any:
        if FALSE in state or state in self._large:
            return _NOTHING
        answer = self.solver.solve(*state)
        if not answer.has_value:
            return _NOTHING
        if not small(answer.value):
            self._large.add(state)
            return _NOTHING
        return _copy(answer.value)

    def cases(self, state: State) -> list[Case]:
        known = self._cases.get(state)
        if known is None:
            known = list(islice(cases(state, lambda _: None), _MAX_CASES))
            self._cases[state] = known
        return known

    # boundaries

    def boundaries(self, state: State, depth: int) -> Iterator[Any]:
        """Values at the edges of what a state allows."""
        if depth > _BOUNDARY_DEPTH or FALSE in state:
            return
        for case in self.cases(state):
            if case.allowed:
                yield from case.allowed[0].args[1]
                continue
            for group in (n.OBJECT, n.ARRAY, n.STRING, n.NUMBER, n.BOOLEAN, n.NULL):
                if group & case.mask:
                    yield from self._edges(case, group, depth)

    def _edges(self, case: Case, group: int, depth: int) -> Iterator[Any]:
        atoms = self.atoms(case, group)
        if group == n.OBJECT:
            yield from self._object_edges(atoms, depth)
        elif group == n.ARRAY:
            yield from self._array_edges(atoms, depth)
        elif group == n.STRING:
            yield from self._string_edges(atoms)
        elif group == n.NUMBER:
            yield from _number_edges(atoms, case.mask)
        elif group == n.BOOLEAN:
            yield from (True, False)
        else:
            yield None

    def _object_edges(self, atoms: list[Node], depth: int) -> Iterator[Any]:
        base = self.smallest(frozenset({n.kinds(n.OBJECT), *atoms}))
        if base is _NOTHING:
            return
        yield base
        members = self.members(atoms)
        states = {name: members.state(name) for name in members.demands.members}
        full = _copy(base)
        for name, state in states.items():
            value = self.smallest(state) if depth < MAX_DEPTH else _NOTHING
            if value is not _NOTHING:
                full[name] = value
        yield full
        for name, state in states.items():
            for value in islice(self.boundaries(state, depth + 1), 24):
                yield {**full, name: value}
            if name in full and name not in base:
                yield {other: value for other, value in full.items() if other != name}
        others = members.state(_ANOTHER)
        for value in islice(self.boundaries(others, depth + 1), 24) if others else ("x",):
            yield {**full, _ANOTHER: value}

    def _array_edges(self, atoms: list[Node], depth: int) -> Iterator[Any]:
        base = self.smallest(frozenset({n.kinds(n.ARRAY), *atoms}))
        if base is _NOTHING:
            return
        yield base
        demands = Arrays(atoms)
        size = len(base)
        for value in islice(self.boundaries(frozenset(demands.at(size)), depth + 1), 24):
            yield [*base, value]
        longest = self.smallest(frozenset({n.kinds(n.ARRAY), *atoms, n.atom(Op.MIN_ITEMS, min(demands.high or 3, 20))}))
        if longest is not _NOTHING:
            yield longest

    def _string_edges(self, atoms: list[Node]) -> Iterator[Any]:
        low, high = _lengths(atoms)
        for atom in atoms:
            if atom.op is Op.FORMAT:
                yield from formats.EXAMPLES[atom.args[0]]
        lengths = {low, low + 1, min(high, _LONG) if high is not None else low + 12}
        for length in sorted(lengths):
            exact = (n.atom(Op.MIN_LENGTH, length), n.atom(Op.MAX_LENGTH, length))
            value = self.smallest(frozenset({n.kinds(n.STRING), *atoms, *exact}))
            if value is not _NOTHING:
                yield value
        yield from ("", "é漢😀", "a b", '"\\/', "0")

    # random values

    def random(self, state: State, depth: int) -> Any:
        """A random value of a state, or _NOTHING."""
        self.parts += 1
        if FALSE in state or self.parts > _MAX_PARTS:
            return _NOTHING
        known = self.cases(state)
        if not known:
            return _NOTHING
        if depth > MAX_DEPTH:
            return self.smallest(state)
        case = self.chance.choice(known)
        if case.allowed:
            return _copy(self.chance.choice(case.allowed[0].args[1]))
        groups = [g for g in (n.OBJECT, n.ARRAY, n.STRING, n.NUMBER, n.BOOLEAN, n.NULL) if g & case.mask]
        if depth == 0 and n.OBJECT in groups and self.chance.random() < 0.8:
            groups = [n.OBJECT]
        elif depth > 3 and len(groups) > 2:
            groups = [g for g in groups if g not in (n.OBJECT, n.ARRAY)]
        group = self.chance.choice(groups)
        atoms = self.atoms(case, group)
        if group == n.OBJECT:
            return self._random_object(atoms, depth)
        if group == n.ARRAY:
            return self._random_array(atoms, depth)
        if group == n.STRING:
            return self._random_string(atoms)
        if group == n.NUMBER:
            return self._random_number(atoms, case.mask)
        return None if group == n.NULL else self.chance.random() < 0.5

    def _random_object(self, atoms: list[Node], depth: int) -> Any:
        members = self.members(atoms)
        demands = members.demands
        out: dict[str, Any] = {}
        if demands.somewhere or demands.low > len(demands.required):
            base = self.smallest(frozenset({n.kinds(n.OBJECT), *atoms}))
            if base is _NOTHING:
                return base
            out.update(base)
        share = self.chance.choice((0.1, 0.5, 0.9))
        for name in {**demands.members, **demands.required}:
            if name in demands.required or self.chance.random() < share:
                value = self.random(members.state(name), depth + 1)
                if value is not _NOTHING:
                    out[name] = value
        asked = bool(members.state(_ANOTHER))
        if self.chance.random() < (0.5 if asked else 0.1):
            name = self._word()
            value = self.random(members.state(name), depth + (1 if asked else 3))
            if value is not _NOTHING:
                out[name] = value
        return out

    def _random_array(self, atoms: list[Node], depth: int) -> Any:
        demands = Arrays(atoms)
        high = demands.high if demands.high is not None else demands.low + 3
        size = self.chance.randint(demands.low, max(demands.low, min(high, demands.low + 4)))
        if size > 100 or demands.somewhere:
            return self.smallest(frozenset({n.kinds(n.ARRAY), *atoms}))
        out: list[Any] = []
        for index in range(size):
            value = self.random(frozenset(demands.at(index)), depth + 1)
            if value is _NOTHING:
                break
            if not demands.unique or all(key(value) != key(other) for other in out):
                out.append(value)
        return out

    def _random_string(self, atoms: list[Node]) -> Any:
        named = [atom.args[0] for atom in atoms if atom.op is Op.FORMAT]
        if named:
            return self.chance.choice(formats.EXAMPLES[named[0]])
        low, high = _lengths(atoms)
        length = self.chance.randint(low, max(low, min(low + 12, high if high is not None else low + 12)))
        if any(atom.op in (Op.PATTERN, Op.NOT) for atom in atoms):
            longer = self.smallest(frozenset({n.kinds(n.STRING), *atoms, n.atom(Op.MIN_LENGTH, length)}))
            return longer if longer is not _NOTHING else self.smallest(frozenset({n.kinds(n.STRING), *atoms}))
        return self._word(length)

    def _word(self, length: int | None = None) -> str:
        size = self.chance.randint(1, 8) if length is None else length
        return "".join(self.chance.choice(_LETTERS) for _ in range(min(size, 2_000)))

    def _random_number(self, atoms: list[Node], mask: int) -> Any:
        low = max((a.args[0] for a in atoms if a.op is Op.MINIMUM), default=None)
        high = min((a.args[0] for a in atoms if a.op is Op.MAXIMUM), default=None)
        start = low if low is not None else (high - 1000 if high is not None else Fraction(-1000))
        end = high if high is not None else start + 2000
        step = next((a.args[0] for a in atoms if a.op is Op.MULTIPLE), None)
        if step is None:
            whole = bool(mask & (n.INTEGER | n.FLOAT_INTEGER)) and self.chance.random() < 0.7
            step = Fraction(1) if whole else Fraction(1, 100)
        span = max(int((end - start) / step), 0)
        first = -(-start // step)
        return number((first + self.chance.randint(0, span)) * step)


def _lengths(atoms: list[Node]) -> tuple[int, int | None]:
    low = max((atom.args[0] for atom in atoms if atom.op is Op.MIN_LENGTH), default=0)
    high = min((atom.args[0] for atom in atoms if atom.op is Op.MAX_LENGTH), default=None)
    return low, high


def _number_edges(atoms: list[Node], mask: int) -> Iterator[Any]:
    edges: list[Fraction] = []
    step = next((atom.args[0] for atom in atoms if atom.op is Op.MULTIPLE), Fraction(1))
    for atom in atoms:
        if atom.op in (Op.MINIMUM, Op.MAXIMUM):
            bound = atom.args[0]
            edges += [bound, bound + 1, bound - 1, -(-bound // step) * step, bound // step * step]
    edges += [Fraction(0), step, -step, Fraction(2**53 + 1), Fraction(2**31)]
    yield from (number(edge) for edge in edges)
    if mask & n.FRACTION:
        yield from (Decimal("0.5"), Decimal("-0.1"), Decimal("1e-7"), Decimal("123456789.123456789"))


def _copy(value: Any) -> Any:
    """A value of its own, so that nobody changes what is remembered."""
    if isinstance(value, dict):
        return {name: _copy(inner) for name, inner in value.items()}
    return [_copy(inner) for inner in value] if isinstance(value, list) else value
