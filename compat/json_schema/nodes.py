"""The normal form: what schemas of all drafts are turned into.

A node is a truth about a value. *Atoms* speak about one group of kinds only (``MINIMUM`` about numbers) and hold for
every other value, as keywords do. Nodes are interned: equal ones are one object, so that what two schemas share is
recognised by identity. References of recursive schemas stay references (``REF``), resolved when they are looked into.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import IntEnum, auto
from fractions import Fraction
from typing import Any, Final
from weakref import WeakValueDictionary

from compat.json_schema.values import is_number, key
from compat.verdict import Reason

NULL, BOOLEAN, INTEGER, FLOAT_INTEGER, FRACTION, STRING, ARRAY, OBJECT = (1 << bit for bit in range(8))
"""The kinds of values. ``1.0`` has a kind of its own: draft 4 does not take it for an integer."""
NUMBER: Final = INTEGER | FLOAT_INTEGER | FRACTION
EVERY: Final = 255


class Op(IntEnum):
    """What a node says. (An IntEnum because nodes are interned by it, and its hash is fast.)"""

    TRUE = auto()
    FALSE = auto()
    KINDS = auto()
    """(mask)"""
    AND = auto()
    """(nodes)"""
    OR = auto()
    """(nodes)"""
    ONE_OF = auto()
    """(nodes): exactly one holds"""
    REF = auto()
    """resolved by ``target``"""
    NOT = auto()
    """(an atom, VALUES, ONE_OF, REF or OPAQUE)"""
    VALUES = auto()
    """(keys, values, keys in the order of the values): the value is one of these"""
    OPAQUE = auto()
    """(identity, reason, message): nobody knows"""
    # numbers
    MINIMUM = auto()
    """(bound, exclusive)"""
    MAXIMUM = auto()
    MULTIPLE = auto()
    """(divisor)"""
    # strings
    MIN_LENGTH = auto()
    MAX_LENGTH = auto()
    PATTERN = auto()
    FORMAT = auto()
    # arrays
    ITEM = auto()
    """(index, node): if there is such an item"""
    REST = auto()
    """(index, node): every item from there on"""
    CONTAINS = auto()
    """(node, at least, at most or None)"""
    MIN_ITEMS = auto()
    MAX_ITEMS = auto()
    UNIQUE = auto()
    # objects
    MEMBER = auto()
    """(name, node): if there is such a member"""
    MATCHING = auto()
    """(pattern, node): every member whose name matches"""
    OTHERS = auto()
    """(names, patterns, node): every member with none of these names, matching none of these patterns"""
    REQUIRED = auto()
    """(name)"""
    NAMES = auto()
    """(node): every name"""
    MIN_MEMBERS = auto()
    MAX_MEMBERS = auto()


GROUPS: Final = {
    **dict.fromkeys((Op.MINIMUM, Op.MAXIMUM, Op.MULTIPLE), NUMBER),
    **dict.fromkeys((Op.MIN_LENGTH, Op.MAX_LENGTH, Op.PATTERN, Op.FORMAT), STRING),
    **dict.fromkeys((Op.ITEM, Op.REST, Op.CONTAINS, Op.MIN_ITEMS, Op.MAX_ITEMS, Op.UNIQUE), ARRAY),
    **dict.fromkeys((Op.MEMBER, Op.MATCHING, Op.OTHERS, Op.REQUIRED, Op.NAMES, Op.MIN_MEMBERS, Op.MAX_MEMBERS), OBJECT),
}


class Node:
    """One truth about a value; compared by identity."""

    __slots__ = ("__weakref__", "_exclusive", "args", "group", "kinds", "op", "opposite", "target")

    def __init__(self, op: Op, args: tuple[Any, ...], kinds: int) -> None:
        self.op = op
        self.args = args
        self.group: int = args[0].group if op is Op.NOT else GROUPS.get(op, 0)
        """The kinds an atom, or the negation of one, speaks about; 0 for anything else."""
        self.kinds = kinds
        """Kinds of values for which it may hold."""
        self.target: Callable[[], Node] | None = None
        self.opposite: Node | None = None
        """The negation, once somebody has asked for it: two nodes plainly contradict each other by it."""
        self._exclusive: int | None = None

    def __repr__(self) -> str:
        return f"{self.op.name}{self.args!r}" if self.op is not Op.REF else f"REF@{id(self):x}"


_known: WeakValueDictionary[tuple[Any, ...], Node] = WeakValueDictionary()


def _make(op: Op, args: tuple[Any, ...], kinds: int = EVERY, identity: tuple[Any, ...] | None = None) -> Node:
    name = (op, args if identity is None else identity)
    found = _known.get(name)
    if found is None:
        found = Node(op, args, kinds)
        _known[name] = found
    return found


TRUE: Final = _make(Op.TRUE, ())
FALSE: Final = _make(Op.FALSE, (), 0)
TRUE.opposite, FALSE.opposite = FALSE, TRUE


def kinds(mask: int) -> Node:
    """The value is of one of the kinds."""
    if mask == EVERY:
        return TRUE
    return _make(Op.KINDS, (mask,), mask) if mask else FALSE


def both(parts: Iterable[Node]) -> Node:
    """All of the nodes hold."""
    flat: dict[Node, None] = {}
    mask = EVERY
    for part in parts:
        for each in part.args[0] if part.op is Op.AND else (part,):
            if each.op is Op.KINDS:
                mask &= each.args[0]
            elif each is not TRUE:
                flat[each] = None
                mask &= each.kinds
    if not mask or FALSE in flat or any(each.opposite in flat for each in flat):
        return FALSE
    implied = EVERY
    for each in flat:
        implied &= each.kinds
    if mask != implied:
        flat = {kinds(mask): None, **flat}
    members = tuple(flat)
    if not members:
        return TRUE
    if len(members) == 1:
        return members[0]
    return _make(Op.AND, (members,), mask, (frozenset(members),))


def either(parts: Iterable[Node]) -> Node:
    """Any of the nodes holds."""
    flat: dict[Node, None] = {}
    mask = 0
    for part in parts:
        for each in part.args[0] if part.op is Op.OR else (part,):
            if each.op is Op.KINDS:
                mask |= each.args[0]
            elif each is not FALSE:
                flat[each] = None
    if TRUE in flat or any(each.opposite in flat for each in flat):
        return TRUE
    if mask == EVERY:
        return TRUE
    if mask:
        flat = {kinds(mask): None, **flat}
    members = tuple(flat)
    if not members:
        return FALSE
    if len(members) == 1:
        return members[0]
    total = 0
    for each in members:
        total |= each.kinds
    return _make(Op.OR, (members,), total, (frozenset(members),))


def exactly_one(parts: Iterable[Node]) -> Node:
    """Exactly one of the nodes holds."""
    members = tuple(each for each in parts if each is not FALSE)
    if not members:
        return FALSE
    if len(members) == 1:
        return members[0]
    total = 0
    for each in members:
        total |= each.kinds
    return _make(Op.ONE_OF, (members,), total)


def spread(node: Node, mask: int = EVERY) -> Node:
    """A ONE_OF, or the negation of one, by AND and OR, for values of the kinds in ``mask``.

    Where no value can fulfil two members (``exclusive``), a oneOf says what an anyOf says; otherwise it takes the
    square of its length, so one of more than MAX_ONE_OF members is not looked into.
    """
    one_of = node if node.op is Op.ONE_OF else node.args[0]
    members: tuple[Node, ...] = one_of.args[0]
    if not mask & ~exclusive(one_of):
        return either(members) if node is one_of else both(map(negate, members))
    if len(members) > MAX_ONE_OF:
        message = f"a oneOf of more than {MAX_ONE_OF} alternatives that nothing plainly tells apart"
        unknown = opaque(one_of, Reason.BUDGET_SPENT, message)
        return unknown if node is one_of else negate(unknown)
    if node is one_of:
        return either(
            both((each, *(negate(other) for at, other in enumerate(members) if at != index)))
            for index, each in enumerate(members)
        )
    pairs = (both((each, either(members[index + 1 :]))) for index, each in enumerate(members[:-1]))
    return either((both(negate(each) for each in members), *pairs))


MAX_ONE_OF: Final = 300


def exclusive(one_of: Node) -> int:
    """The kinds of values of which none plainly fulfils two members of a ONE_OF.

    Members are told apart by kind, and those for objects also by a member that all of them ask for with other values.
    """
    if one_of._exclusive is None:  # noqa: SLF001
        once = twice = 0
        for each in one_of.args[0]:
            twice |= once & each.kinds
            once |= each.kinds
        if twice & OBJECT and _discriminated([each for each in one_of.args[0] if each.kinds & OBJECT]):
            twice &= ~OBJECT
        one_of._exclusive = EVERY & ~twice  # noqa: SLF001
    return one_of._exclusive  # noqa: SLF001


def _discriminated(members: list[Node]) -> bool:
    """Whether one property, required by all members, has other values in each."""
    listed = [_listed(each) for each in members]
    for name in listed[0]:
        if all(name in each for each in listed):
            apart = [each[name] for each in listed]
            if len(frozenset().union(*apart)) == sum(map(len, apart)):
                return True
    return False


def _listed(node: Node) -> dict[str, frozenset[Any]]:
    """The keys of the values of each required property whose values are listed."""
    parts = node.args[0] if node.op is Op.AND else (node,)
    required = {part.args[0] for part in parts if part.op is Op.REQUIRED}
    found: dict[str, frozenset[Any]] = {}
    for part in parts:
        if part.op is Op.MEMBER and part.args[0] in required:
            inner = part.args[1].args[0] if part.args[1].op is Op.AND else (part.args[1],)
            if (listed := next((each for each in inner if each.op is Op.VALUES), None)) is not None:
                found[part.args[0]] = listed.args[0]
    return found


def negate(node: Node) -> Node:
    """What holds exactly where the node does not."""
    if node.opposite is None:
        made = _negate(node)
        node.opposite = made
        if made.opposite is None:
            made.opposite = node
    return node.opposite


def _negate(node: Node) -> Node:
    if node.op is Op.NOT:
        inner: Node = node.args[0]
        return inner
    if node.op is Op.KINDS:
        return kinds(EVERY & ~node.args[0])
    if node.op is Op.AND:
        return either(negate(each) for each in node.args[0])
    if node.op is Op.OR:
        return both(negate(each) for each in node.args[0])
    return _make(Op.NOT, (node,), node.group or EVERY)


def reference(target: Callable[[], Node], mask: int = EVERY) -> Node:
    """A node that is found when it is looked into, and holds for values of the kinds in ``mask`` at most.

    Never interned.
    """
    node = Node(Op.REF, (), mask)
    node.target = target
    return node


def values(members: Iterable[Any]) -> Node:
    """The value is one of these."""
    by_key = {key(each): each for each in members}
    if not by_key:
        return FALSE
    mask = 0
    for each in by_key.values():
        mask |= NUMBER if is_number(each) else kind_of(each)
    keys = frozenset(by_key)
    return _make(Op.VALUES, (keys, tuple(by_key.values()), tuple(by_key)), mask, (keys,))


def opaque(identity: Any, reason: Reason, message: str) -> Node:
    """Something that is not understood; equal identities mean the same."""
    return _make(Op.OPAQUE, (identity, reason, message))


def atom(op: Op, *args: Any) -> Node:
    """An atom. Those that say nothing become TRUE."""
    last = args[-1] if args else None
    if isinstance(last, Node) and last.op is Op.TRUE and op is not Op.CONTAINS:
        return TRUE
    if op in _FROM_ZERO and last == 0:
        return TRUE
    if op is Op.MULTIPLE and args[0] < 0:
        args = (-args[0],)
    if op is Op.CONTAINS and args[1] <= 0 and args[2] is None:
        return TRUE
    return _make(op, args)


_FROM_ZERO: Final = frozenset({Op.MIN_LENGTH, Op.MIN_ITEMS, Op.MIN_MEMBERS})


def kind_of(value: Any) -> int:
    """The kind of a value."""
    if value is None:
        return NULL
    if isinstance(value, bool):
        return BOOLEAN
    if isinstance(value, int):
        return INTEGER
    if is_number(value):
        return FLOAT_INTEGER if Fraction(value).denominator == 1 else FRACTION
    if isinstance(value, str):
        return STRING
    return ARRAY if isinstance(value, (list, tuple)) else OBJECT
