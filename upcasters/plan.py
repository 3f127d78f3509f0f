"""A plan: what a chain computes, with the steps gone. One expression per member of the result, over the first event.

Nodes are values, shared where one thing is used twice. A node gives a value, or nothing where an event has nothing
there (``maybe_absent``). Compilers read plans; they need to know no operation but the value functions at the leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, Union

from upcasters.expression import Binary, Call, Constant, Expression, Has, Items, Loop, Name, Ternary, Unary, walk
from upcasters.expression import parts as inside
from upcasters.operations import Convert, Entries, Map, Only, Scale, Unwrap, Wrap
from upcasters.pattern import parse


@dataclass(frozen=True, slots=True)
class Var:
    """What is being read: 0 is the event, others are bound by Enter, Each and Switch."""

    number: int


@dataclass(frozen=True, slots=True)
class Get:
    """A member of a record that is there. ``optional``: the member may be absent."""

    of: Node
    name: str
    optional: bool


@dataclass(frozen=True, slots=True)
class Const:
    """A constant; made anew for every event."""

    value: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Const) and _same(self.value, other.value)

    def __hash__(self) -> int:
        return hash(repr(self.value))


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other) and repr(one) == repr(other)


@dataclass(frozen=True, slots=True)
class Nothing:
    """Absence."""


@dataclass(frozen=True, slots=True)
class Build:
    """A record: its members, and those of ``source`` that are not ``known`` when it is ``open``.

    ``known`` are the members the source declares, and of an open one all others that were written or taken away.
    """

    members: tuple[tuple[str, Node], ...]
    source: Node | None = None
    known: frozenset[str] = frozenset()
    open: bool = False
    count: int | None = None
    """How many members the source declares, if all of them are always there."""


@dataclass(frozen=True, slots=True)
class Piece:
    """The piece of a text at an index, when it is split at its first separators into ``count`` pieces."""

    separator: str
    count: int
    index: int


@dataclass(frozen=True, slots=True)
class Prune:
    """A record, or nothing if it is empty."""


Function: TypeAlias = Map | Convert | Scale | Wrap | Unwrap | Entries | Only | Piece | Prune


@dataclass(frozen=True, slots=True)
class Apply:
    """A function of one value; absent stays absent, and null null (``nullable`` says that it may come).

    ``sort`` is what the value is, as far as the shape knows: ``int double string any ...``.
    """

    function: Function
    to: Node
    nullable: bool
    sort: str = "any"


@dataclass(frozen=True, slots=True)
class Joined:
    """Texts put together; nothing where one is absent or null."""

    texts: tuple[Node, ...]
    separator: str
    nullable: bool


@dataclass(frozen=True, slots=True)
class Fallback:
    """A value, or a constant where it is absent, null or either."""

    value: Node
    constant: Const
    when: Literal["absent", "null", "either"]


@dataclass(frozen=True, slots=True)
class Formula:
    """An expression with types, and the nodes its names stand for. Those in ``required`` must be there."""

    expression: Expression
    inputs: tuple[tuple[tuple[str, ...], Node], ...]
    required: frozenset[tuple[str, ...]]
    boolean: bool = False
    """The value must be true or false."""
    native: frozenset[tuple[str, ...]] = frozenset()
    """Where in the inputs values stand that JSON does not have."""


@dataclass(frozen=True, slots=True)
class Present:
    """Whether all nodes are there."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class If:
    """One of two nodes, by a Formula or Present."""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Enter:
    """Give a value a name and go on with it.

    Where it is absent: nothing, or go on with an empty record. Where it is null: null, nothing, go on, or an error.
    """

    value: Node
    var: int
    body: Node
    absent: Literal["keep", "empty"] = "keep"
    null: Literal["keep", "absent", "pass", "error"] = "keep"
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class Each:
    """A list or map with every item that is not null replaced."""

    value: Node
    var: int
    body: Node
    container: Literal["list", "map", "either"]
    nullable: bool
    """Whether null may come in place of the container; it stays."""
    nullable_items: bool


@dataclass(frozen=True, slots=True)
class Switch:
    """The arm that a value is on, by its sort or by a member of it."""

    value: Node
    var: int
    by: str | None
    arms: tuple[tuple[str, Node], ...]
    otherwise: Literal["error", "keep"]
    native: str = ""
    """A kind of value that may come and that JSON does not have."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A node, after others whose values are not needed have been computed: they may refuse the event."""

    checks: tuple[Node, ...]
    then: Node


@dataclass(frozen=True, slots=True)
class Raise:
    """Refuse the event."""

    reason: str


Node: TypeAlias = Union[  # noqa: UP007 - the members refer to it
    Var, Get, Const, Nothing, Build, Apply, Joined, Fallback, Formula, Present, If, Enter, Each, Switch, Checked, Raise,
]  # fmt: skip

NOTHING: Final = Nothing()
EVENT: Final = Var(0)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a chain computes."""

    root: Node

    @property
    def identity(self) -> bool:
        """Whether events stay as they are."""
        return self.root == EVENT


def parts(node: Node) -> tuple[Node, ...]:  # noqa: C901 - one case per sort of node
    """The nodes directly inside one."""
    match node:
        case Var() | Const() | Nothing() | Raise():
            return ()
        case Get(of=of):
            return (of,)
        case Build(members=members, source=source):
            return (*(member for _, member in members), *(() if source is None else (source,)))
        case Apply(to=to):
            return (to,)
        case Joined(texts=texts):
            return texts
        case Fallback(value=value, constant=constant):
            return (value, constant)
        case Formula(inputs=inputs):
            return tuple(given for _, given in inputs)
        case Present(nodes=nodes):
            return nodes
        case If(condition=condition, then=then, otherwise=otherwise):
            return (condition, then, otherwise)
        case Enter(value=value, body=body) | Each(value=value, body=body):
            return (value, body)
        case Switch(value=value, arms=arms):
            return (value, *(body for _, body in arms))
        case Checked(checks=checks, then=then):
            return (*checks, then)


def unique(node: Node) -> Iterator[Node]:
    """Every node inside one, itself included, each object once."""
    seen: set[int] = set()
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if id(current) not in seen:
            seen.add(id(current))
            yield current
            waiting.extend(parts(current))


ROUNDS: Final = 16
"""How often a loop counts as gone through, when what a plan may make of an event is bounded."""


CHARACTERS: Final = 32
"""How many characters and values of a constant weigh as much as a node."""


def _extent(value: Any) -> int:
    match value:
        case str() | bytes():
            return len(value)
        case dict():
            return sum(len(name) + _extent(item) for name, item in value.items())
        case list():
            return 1 + sum(map(_extent, value))
        case _:
            return 1


def weight(node: Node) -> int:
    """A bound on what a plan computes and how large its results grow, in nodes.

    What is used twice counts twice, and what is used in a loop as often as ROUNDS; so neither a text that is doubled
    forty times nor loops over the results of loops come through.
    """
    known: dict[int, int] = {}
    conditions: dict[int, Node] = {}

    def count(current: Node) -> int:
        if id(current) not in known:
            known[id(current)] = weigh(current)
        return known[id(current)]

    def weigh(current: Node) -> int:
        match current:
            case Formula():
                return _formula_weight(current, count)
            case Const(value=value):
                return 1 + _extent(value) // CHARACTERS
            case If(condition=condition, then=then, otherwise=otherwise):
                conditions[id(condition)] = condition  # computed once, whatever it chooses between
                return 1 + count(then) + count(otherwise)
            case _:
                return 1 + sum(map(count, parts(current)))

    total = count(node)
    weighed = 0
    while weighed < len(conditions):
        condition = list(conditions.values())[weighed]
        total += count(condition)
        weighed += 1
    return total


def _formula_weight(node: Formula, count: Callable[[Node], int]) -> int:
    uses: dict[tuple[str, ...], int] = {}
    own = _uses(node.expression, 1, uses)
    return own + sum(uses.get(path, 1) * count(given) for path, given in node.inputs)


def _uses(tree: Expression, rounds: int, uses: dict[tuple[str, ...], int]) -> int:
    """Count the nodes of an expression and, per member, how often it is used."""
    if isinstance(tree, Name) and not tree.local:
        uses[tree.parts] = uses.get(tree.parts, 0) + rounds
    if isinstance(tree, Loop):
        return rounds + _uses(tree.over, rounds, uses) + _uses(tree.body, rounds * ROUNDS, uses)
    own = rounds + sum(_uses(part, rounds, uses) for part in inside(tree))
    match tree:
        case Call(function="matches", arguments=(_, Constant(value=str(pattern)))):
            return own + rounds * parse(pattern).positions
        case _:
            return own


def maybe_absent(node: Node) -> bool:
    """Whether the node may give nothing."""
    match node:
        case Nothing():
            return True
        case Get(optional=optional):
            return optional
        case Apply(function=Unwrap(take="first" | "last") | Prune()):
            return True
        case Apply(to=to):
            return maybe_absent(to)
        case Joined(texts=texts, nullable=nullable):
            return nullable or any(map(maybe_absent, texts))
        case Fallback(value=value, when=when):
            return when == "null" and maybe_absent(value)
        case If(then=then, otherwise=otherwise):
            return maybe_absent(then) or maybe_absent(otherwise)
        case Enter(value=value, body=body, absent=absent, null=null, nullable=nullable):
            left_out = (absent == "keep" and maybe_absent(value)) or (null == "absent" and nullable)
            return left_out or maybe_absent(body)
        case Each(value=value) | Switch(value=value):
            return maybe_absent(value)
        case Checked(then=then):
            return maybe_absent(then)
        case _:
            return False


def fallible(node: Node) -> bool:
    """Whether computing the node may refuse an event that is valid."""
    return any(_fails(part) for part in unique(node))


def _fails(node: Node) -> bool:
    match node:
        case Raise() | Switch(otherwise="error") | Enter(null="error"):
            return True
        case Apply(function=Map(otherwise=otherwise)):
            return otherwise == "error"
        case Apply(function=Wrap() | Prune() | Only()):
            return False
        case Apply():
            return True
        case Formula(expression=expression, inputs=inputs, required=required):
            absent = any(maybe_absent(given) for path, given in inputs if path in required)
            return absent or any(_computes(part) for part in walk(expression))
        case _:
            return False


def _computes(tree: Expression) -> bool:
    match tree:
        case Constant() | Name(local="") | Has() | Ternary() | Items():
            return False
        case Binary(operator="==" | "!=" | "&&" | "||") | Call(function="coalesce"):
            return False
        case Binary() | Unary() | Call() | Loop() | Name():
            return True
