"""How much larger than an event its result may be: bounded before a plan runs, and between steps that run one by one.

The static bound counts how often each place of the event stands in the result: one that stands there twice makes it
twice as large at most. Whatever is computed of a place counts as the place, save what is always small: numbers, truth.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from upcasters.expression import Binary, Call, Constant, Expression, Has, Items, Loop, Name, Ternary, Unary
from upcasters.functions import LONGEST
from upcasters.operations import Scale
from upcasters.plan import (
    ROUNDS,
    Apply,
    Build,
    Checked,
    Const,
    Each,
    Enter,
    Fallback,
    Formula,
    Get,
    If,
    Joined,
    Node,
    Nothing,
    Piece,
    Present,
    Raise,
    Switch,
    Var,
)

LARGEST: Final = 256
"""How many times an event may stand in its result."""

_Path: TypeAlias = tuple[str | frozenset[str], ...]
"""A place of the event; that of items ends in ``[]``, that of all members but some in their names."""

_Uses: TypeAlias = Mapping[_Path, float]
"""How often each place of the event stands in a value."""

_ITEM: Final = "[]"


def growth(node: Node) -> float:
    """How many times as large as the event the value of a node may be: the most any place of it stands there."""
    uses = _Counter().of(node)
    rests: dict[_Path, list[tuple[frozenset[str], float]]] = {}
    for path, count in uses.items():
        if path and isinstance(path[-1], frozenset):
            rests.setdefault(path[:-1], []).append((path[-1], count))

    def total(path: _Path) -> float:
        whole = sum(uses.get(path[:depth], 0) for depth in range(len(path) + 1) if _named(path[:depth]))
        return whole + sum(
            count
            for depth, name in enumerate(path)
            for known, count in rests.get(path[:depth], ())
            if name not in known
        )

    return max(map(total, uses), default=0)


def _named(path: _Path) -> bool:
    return not path or isinstance(path[-1], str)


def require_room(value: Any) -> Any:
    """The value, if it is not larger than what one text may have. Raises ValueError."""
    left, waiting = LONGEST, [value]
    while waiting:
        current = waiting.pop()
        left -= 1 + len(current) if isinstance(current, str | bytes) else 1
        if isinstance(current, dict):
            left -= sum(map(len, current))
            waiting.extend(current.values())
        elif isinstance(current, list):
            waiting.extend(current)
        if left < 0:
            raise ValueError(f"it grows beyond {LONGEST:,} characters and values: copy less")
    return value


class _Counter:
    """Counts over one plan; every node once. ``_places`` are what variables stand for, where that is a place."""

    def __init__(self) -> None:
        self._places: dict[int, _Path] = {0: ()}
        self._values: dict[int, _Uses] = {}
        self._known: dict[int, _Uses] = {}

    def of(self, node: Node) -> _Uses:
        if id(node) not in self._known:
            self._known[id(node)] = self._count(node)
        return self._known[id(node)]

    def _count(self, node: Node) -> _Uses:  # noqa: C901 - one case per sort of node
        match node:
            case Const() | Nothing() | Raise() | Present() | Apply(function=Scale()):
                return {}
            case Var(number=number):
                return self._values[number] if number in self._values else {self._places[number]: 1}
            case Get(of=of):
                path = self._place(node)
                return self.of(of) if path is None else {path: 1}
            case Build(members=members, source=source):
                rest = [self._rest(node, source)] if source is not None and node.open else []
                return _sum([*(self.of(member) for _, member in members), *rest])
            case Apply(function=Piece(count=count), to=to):
                return _times(self.of(to), 1 / count)
            case Apply(to=to):
                return self.of(to)
            case Joined(texts=texts):
                return _sum(map(self.of, texts))
            case Fallback(value=value) | Checked(then=value):
                return self.of(value)
            case If(then=then, otherwise=otherwise):
                return _most([self.of(then), self.of(otherwise)])
            case Enter(value=value, var=var, body=body):
                self._bind(var, value)
                return self.of(body)
            case Each(value=value, var=var, body=body):
                self._bind(var, value, (_ITEM,))
                return self.of(body)
            case Switch(value=value, var=var, arms=arms):
                self._bind(var, value)
                return _most([self.of(value), *(self.of(body) for _, body in arms)])
            case Formula(expression=expression, inputs=inputs):
                uses = _stands(expression)
                return _sum(_times(self.of(given), uses.get(path, 0)) for path, given in inputs)

    def _bind(self, var: int, value: Node, below: _Path = ()) -> None:
        path = self._place(value)
        if path is None:
            self._values[var] = self.of(value)
        else:
            self._places[var] = path + below

    def _place(self, node: Node) -> _Path | None:
        match node:
            case Var(number=number):
                return self._places.get(number)
            case Get(of=of, name=name):
                holder = self._place(of)
                return None if holder is None else (*holder, name)
            case _:
                return None

    def _rest(self, node: Build, source: Node) -> _Uses:
        """The members that a record carries along without naming them."""
        path = self._place(source)
        return self.of(source) if path is None else {(*path, node.known | {name for name, _ in node.members}): 1}


def _stands(tree: Expression) -> dict[_Path, float]:
    """How often each name of an expression, loop variables by ``("", name)``, may stand in its value."""
    match tree:
        case Name(parts=parts, local=local):
            return {("", local) if local else parts: 1}
        case Binary(operator="+", left=left, right=right, sort="string" | "list" | "any" | ""):
            return dict(_sum([_stands(left), _stands(right)]))
        case Ternary(then=then, otherwise=otherwise):
            return dict(_most([_stands(then), _stands(otherwise)]))
        case (
            Items(items=parts)
            | Call(
                function="lower" | "upper" | "trim" | "substring" | "before" | "after" | "coalesce" | "string",
                arguments=parts,
            )
        ):
            return dict(_sum(map(_stands, parts)))
        case Loop(kind="filter", over=over):
            return _stands(over)
        case Loop(kind="map", over=over, variable=variable, body=body):
            inner = _stands(body)
            items = inner.pop(("", variable), 0)
            return dict(_sum([_times(_stands(over), items), _times(inner, ROUNDS)]))
        case Constant() | Has() | Unary() | Binary() | Call() | Loop():
            return {}


def _sum(counted: Iterable[_Uses]) -> _Uses:
    total: dict[_Path, float] = {}
    for uses in counted:
        for path, count in uses.items():
            total[path] = total.get(path, 0) + count
    return total


def _most(counted: Iterable[_Uses]) -> _Uses:
    largest: dict[_Path, float] = {}
    for uses in counted:
        for path, count in uses.items():
            largest[path] = max(largest.get(path, 0), count)
    return largest


def _times(uses: _Uses, factor: float) -> _Uses:
    return uses if factor == 1 else {path: count * factor for path, count in uses.items() if factor}
