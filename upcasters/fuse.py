"""Fuse a chain into one plan: run its operations once on a symbolic event, whose leaves are places in the real one.

The shape of the event runs along, so that the plan knows what is always there and what may be null. Computations whose
result is thrown away later are kept as checks where they may refuse an event: a plan refuses what its steps refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final, Literal, TypeAlias, assert_never

from upcasters.codecs import constant
from upcasters.errors import UpcastersError
from upcasters.expression import needs, parse
from upcasters.expression_check import member_at, sort, typed
from upcasters.growth import LARGEST, growth
from upcasters.operations import (
    Add,
    Branch,
    Collect,
    Convert,
    Copy,
    Default,
    DropEvent,
    Emit,
    Entries,
    Envelope,
    Fail,
    In,
    Join,
    Map,
    Move,
    Only,
    Operation,
    Remove,
    Rename,
    Retype,
    Scale,
    Set,
    Split,
    Unwrap,
    When,
    Wrap,
)
from upcasters.operations import (
    Each as EachOperation,
)
from upcasters.path import Pointer
from upcasters.plan import (
    EVENT,
    NOTHING,
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
    Plan,
    Present,
    Prune,
    Raise,
    Switch,
    Var,
    fallible,
    maybe_absent,
    weight,
)
from upcasters.reduce import reduce
from upcasters.shape import ANYTHING, Anything, Array, OneOf, Record, Shape, Table, nullable, without_null
from upcasters.shape_change import after

HEAVIEST: Final = 50_000
"""Nodes of one plan: no document can make code grow beyond it, nor an event by constants."""


SOME_RECORD: Final = Record({}, open=True)
"""What a payload is taken for when its shape is not known: harmless, since operations at the root ask for none."""


class PlanTooHeavy(UpcastersError):
    """The chain computes more than a plan may hold, as a text doubled forty times would."""


def fuse(steps: Iterable[Iterable[Operation]], shape: Shape = ANYTHING) -> Plan:
    """The plan of operations, step after step, on events of a shape. Raises PlanTooHeavy, NotAPayload."""
    fuser = _Fuser()
    tree: Node = EVENT
    shape = SOME_RECORD if isinstance(shape, Anything) else shape
    checks: list[Node] = []
    for ops in steps:
        tree, shape = fuser.run(tuple(ops), tree, shape, checks)
        _bound(tree, checks)
    root = reduce(_checked(checks, tree))
    if growth(root) > LARGEST:
        raise PlanTooHeavy(f"a part of the event would come out more than {LARGEST} times: copy less, join less")
    return Plan(root)


def _bound(tree: Node, checks: list[Node]) -> None:
    if weight(tree) + sum(map(weight, checks)) > HEAVIEST:
        raise PlanTooHeavy(f"the plan would have more than {HEAVIEST} nodes: copy less, or nest fewer conditions")


def _checked(checks: list[Node], tree: Node) -> Node:
    return Checked(tuple(checks), tree) if checks else tree


_Edit: TypeAlias = Callable[[Node, Shape], Node]


class _Fuser:
    """Numbers the variables of one plan and does operations on trees of nodes."""

    def __init__(self) -> None:
        self._variables = 0

    def _fresh(self) -> int:
        self._variables += 1
        return self._variables

    def run(self, ops: tuple[Operation, ...], tree: Node, shape: Shape, checks: list[Node]) -> tuple[Node, Shape]:
        """The tree and shape after operations; what must still be computed goes to ``checks``."""
        for operation in ops:
            tree = self._apply(operation, tree, shape, checks)
            shape = after(operation, shape)
        return tree, shape

    def _apply(self, operation: Operation, tree: Node, shape: Shape, checks: list[Node]) -> Node:  # noqa: C901
        match operation:
            case Rename(at=at, to=to):
                return self._rename(tree, shape, at, to, checks)
            case Move(source=source, to=to, prune=prune):
                moved = self._move(tree, shape, source, to, checks)
                return self._prune(moved, after(replace_prune(operation), shape), source.parent) if prune else moved
            case Copy(source=source, to=to):
                self._drop(tree, shape, to, checks)
                return self._put(tree, shape, to, self._read(tree, shape, source.parts))
            case Add(at=at, value=value, literal=literal):
                self._drop(tree, shape, at, checks)
                return self._write(tree, shape, at.parts, Const(constant(value, literal)))
            case Default():
                return self._default(operation, tree, shape)
            case Remove(at=at):
                self._drop(tree, shape, at, checks)
                return self._delete(tree, shape, at)
            case Only():
                return self._only(operation, tree, shape, checks)
            case Map() | Convert() | Wrap() | Unwrap() | Entries():
                return self._edit(tree, shape, operation.at.parts, lambda node, own: _applied(operation, node, own))
            case Scale():
                scaled = self._edit(tree, shape, operation.at.parts, lambda node, own: _applied(operation, node, own))
                if operation.to is None:
                    return scaled
                return self._rename(scaled, after(replace_to(operation), shape), operation.at, operation.to, checks)
            case Set():
                return self._set(operation, tree, shape, checks)
            case Join():
                return self._join(operation, tree, shape, checks)
            case Split():
                return self._split(operation, tree, shape, checks)
            case EachOperation(at=at):
                return self._edit(tree, shape, at.parts, lambda node, own: self._each(operation, node, own))
            case In(at=at, ops=ops):
                return self._edit(tree, shape, at.parts, lambda node, own: self._in(ops, node, own))
            case When():
                return self._when(operation, tree, shape, checks)
            case Branch(at=at):
                return self._edit(tree, shape, at.parts, lambda node, _: self._branch(operation, node))
            case Fail(condition=condition, reason=reason):
                checks.append(If(self._formula(condition, tree, shape, boolean=True), Raise(reason), NOTHING))
                return tree
            case Envelope() | Retype() | DropEvent() | Emit() | Collect():
                raise UpcastersError(f"{type(operation).__name__} concerns the event, not its payload")
            case _:
                assert_never(operation)

    # Places

    def _expand(self, tree: Node, shape: Shape) -> Node:
        """The node as something whose members can be named."""
        match tree:
            case Build() | Enter() | If() | Checked() | Nothing():
                return tree
            case Const(value=dict() as value):
                return Build(tuple((name, Const(item)) for name, item in value.items()))
            case Var() | Get() if not maybe_absent(tree) and isinstance(shape, Record):
                return _record(tree, shape)
            case _:
                var = self._fresh()
                body = _record(Var(var), without_null(shape))
                return Enter(tree, var, body, nullable=nullable(shape))

    def _read(self, tree: Node, shape: Shape, path: tuple[str, ...]) -> Node:
        """What stands at a path."""
        if not path:
            return tree
        tree = self._expand(tree, shape)
        match tree:
            case Build():
                return self._read(_member(tree, path[0]), _below(shape, path[0]), path[1:])
            case Enter(body=body):
                found = self._read(body, _scope(tree, shape), path)
                null: Literal["absent", "pass"] = "pass" if tree.null == "pass" else "absent"
                return found if isinstance(found, Nothing) else replace(tree, body=found, null=null)
            case If(then=then, otherwise=otherwise):
                return If(tree.condition, self._read(then, shape, path), self._read(otherwise, shape, path))
            case Checked(then=then):
                return self._read(then, shape, path)
            case _:
                return NOTHING

    def _edit(self, tree: Node, shape: Shape, path: tuple[str, ...], edit: _Edit) -> Node:
        """The tree with what stands at a path changed, where something stands there."""
        if not path:
            return edit(tree, shape)
        tree = self._expand(tree, shape)
        match tree:
            case Build():
                member = _member(tree, path[0])
                if isinstance(member, Nothing):
                    return tree
                return _with(tree, path[0], self._edit(member, _below(shape, path[0]), path[1:], edit))
            case Enter(body=body):
                return replace(tree, body=self._edit(body, _scope(tree, shape), path, edit))
            case If(then=then, otherwise=otherwise):
                return replace(
                    tree, then=self._edit(then, shape, path, edit), otherwise=self._edit(otherwise, shape, path, edit)
                )
            case Checked(then=then):
                return replace(tree, then=self._edit(then, shape, path, edit))
            case _:
                return tree

    def _write(self, tree: Node, shape: Shape, path: tuple[str, ...], value: Node) -> Node:
        """The tree with a node put at a path; records on the way are made."""
        if not path:
            return value
        tree = self._expand(tree, shape)
        match tree:
            case Build():
                member = _member(tree, path[0])
                if isinstance(member, Nothing) and len(path) > 1:
                    return _with(tree, path[0], self._made(path[1:], value))
                return _with(tree, path[0], self._write(member, _below(shape, path[0]), path[1:], value))
            case Enter(body=body) if _written(tree) or not (maybe_absent(tree.value) or nullable(shape)):
                return replace(tree, body=self._write(body, shape, path, _inside(tree, value)))
            case If(then=then, otherwise=otherwise):
                return replace(
                    tree,
                    then=self._write(then, shape, path, value),
                    otherwise=self._write(otherwise, shape, path, value),
                )
            case Checked(then=then):
                return replace(tree, then=self._write(then, shape, path, value))
            case Nothing():
                return self._made(path, value)
            case _:
                return self._write_beneath(tree, path, value)

    def _write_beneath(self, tree: Node, path: tuple[str, ...], value: Node) -> Node:
        """Write below a record that may be absent: with the value it comes to be, unless the value is absent too."""
        var = self._fresh()
        body = self._write(Build((), Var(var), frozenset(), open=True), ANYTHING, path, value)
        written = Enter(tree, var, body, absent="empty", null="error")
        return If(Present((value,)), written, tree) if maybe_absent(value) else written

    def _made(self, path: tuple[str, ...], value: Node) -> Node:
        """Records around a value; none where it is absent."""
        if not maybe_absent(value):
            return _nested(path, value)
        var = self._fresh()
        return Enter(value, var, _nested(path, Var(var)), null="pass")

    def _put(self, tree: Node, shape: Shape, at: Pointer, value: Node) -> Node:
        """Write a node at a place, or take away what is there if the node is nothing."""
        if isinstance(value, Nothing):
            return self._delete(tree, shape, at)
        if maybe_absent(value) and len(at.parts) > 1:
            tree = self._delete(tree, shape, at)
        return self._write(tree, shape, at.parts, value)

    def _delete(self, tree: Node, shape: Shape, at: Pointer) -> Node:
        if isinstance(self._read(tree, shape, at.parts), Nothing):
            return tree
        return self._edit(tree, shape, at.parent.parts, lambda node, own: self._without(node, own, at.name))

    def _without(self, node: Node, shape: Shape, name: str) -> Node:
        node = self._expand(node, shape)
        match node:
            case Build():
                return _with(node, name, NOTHING)
            case Enter(body=body):
                return replace(node, body=self._without(body, _scope(node, shape), name))
            case If(then=then, otherwise=otherwise):
                return replace(
                    node, then=self._without(then, shape, name), otherwise=self._without(otherwise, shape, name)
                )
            case Checked(then=then):
                return replace(node, then=self._without(then, shape, name))
            case _:
                return node

    def _drop(self, tree: Node, shape: Shape, at: Pointer, checks: list[Node]) -> None:
        """Remember to compute what is about to go, if that may refuse the event."""
        if at.parts and fallible(gone := self._read(tree, shape, at.parts)):
            checks.append(gone)

    # Operations

    def _only(self, operation: Only, tree: Node, shape: Shape, checks: list[Node]) -> Node:
        at = operation.at
        for name in _names(self._read(tree, shape, at.parts)):
            if name not in operation.members:
                self._drop(tree, shape, at / name, checks)

        def kept(node: Node, own: Shape) -> Node:
            node = self._expand(node, own)
            match node:
                case Build():
                    named = ((name, _member(node, name)) for name in operation.members)
                    return Build(tuple((name, member) for name, member in named if not isinstance(member, Nothing)))
                case Enter(body=body):
                    return replace(node, body=kept(body, _scope(node, own)))
                case If(then=then, otherwise=otherwise):
                    return replace(node, then=kept(then, own), otherwise=kept(otherwise, own))
                case Checked(then=then):
                    return replace(node, then=kept(then, own))
                case _:
                    return Apply(operation, node, nullable(own), sort(own))

        return self._edit(tree, shape, at.parts, kept)

    def _rename(self, tree: Node, shape: Shape, at: Pointer, to: str, checks: list[Node]) -> Node:
        self._drop(tree, shape, at.parent / to, checks)

        def renamed(node: Node, own: Shape) -> Node:
            node = self._expand(node, own)
            match node:
                case Build():
                    return _renamed(node, at.name, to)
                case Enter(body=body):
                    return replace(node, body=renamed(body, _scope(node, own)))
                case If(then=then, otherwise=otherwise):
                    return replace(node, then=renamed(then, own), otherwise=renamed(otherwise, own))
                case Checked(then=then):
                    return replace(node, then=renamed(then, own))
                case _:
                    return node

        return self._edit(tree, shape, at.parent.parts, renamed)

    def _move(self, tree: Node, shape: Shape, source: Pointer, to: Pointer, checks: list[Node]) -> Node:
        if source.parts and source.parent == to.parent and to.parts:
            return self._rename(tree, shape, source, to.name, checks)
        value = self._read(tree, shape, source.parts)
        if not source.parts:
            return self._put(Build(()), ANYTHING, to, value)
        taken = self._delete(tree, shape, source)
        left = after(Remove(source), shape)
        self._drop(taken, left, to, checks)
        return self._put(taken, left, to, value)

    def _prune(self, tree: Node, shape: Shape, at: Pointer) -> Node:
        while at.parts:
            if isinstance(self._read(tree, shape, at.parts), Nothing):
                at = at.parent
                continue
            empty = self._read(tree, shape, at.parts) == Build(())
            if empty:
                tree = self._delete(tree, shape, at)
            else:
                tree = self._edit(tree, shape, at.parts, lambda node, own: Apply(Prune(), node, nullable(own)))
            at = at.parent
        return tree

    def _default(self, operation: Default, tree: Node, shape: Shape) -> Node:
        value = Const(constant(operation.value, operation.literal))
        found = self._read(tree, shape, operation.at.parts)
        member = member_at(shape, operation.at.parts)
        may_be_null = member is None or nullable(member.shape)
        if isinstance(found, Nothing):
            return tree if operation.when == "null" else self._write(tree, shape, operation.at.parts, value)
        if (operation.when == "absent" or not may_be_null) and not maybe_absent(found):
            return tree
        if operation.when == "null":
            return self._edit(tree, shape, operation.at.parts, lambda node, _: Fallback(node, value, operation.when))
        return self._write(tree, shape, operation.at.parts, Fallback(found, value, operation.when))

    def _formula(self, text: str, tree: Node, shape: Shape, *, boolean: bool = False) -> Formula:
        parsed = parse(text)
        wanted = needs(parsed)
        found = typed(parsed, shape)
        inputs = tuple((path, self._read(tree, shape, path)) for path in (*wanted.required, *wanted.guarded))
        certain = sort(found.shape) == "boolean" and not nullable(found.shape)
        return Formula(found.tree, inputs, frozenset(wanted.required), boolean and not certain)

    def _set(self, operation: Set, tree: Node, shape: Shape, checks: list[Node]) -> Node:
        formula = self._formula(operation.expr, tree, shape)
        uncertain = tuple(node for path, node in formula.inputs if path in formula.required and maybe_absent(node))
        self._drop(tree, shape, operation.at, checks)
        if operation.absent == "error" or not uncertain:
            return self._write(tree, shape, operation.at.parts, formula)
        if any(isinstance(node, Nothing) for node in uncertain):
            return tree
        old = self._read(tree, shape, operation.at.parts)
        chosen = If(Present(uncertain), formula, old)
        return self._write(tree, shape, operation.at.parts, chosen)

    def _join(self, operation: Join, tree: Node, shape: Shape, checks: list[Node]) -> Node:
        texts = tuple(self._read(tree, shape, source.parts) for source in operation.source)
        members = [member_at(shape, source.parts) for source in operation.source]
        may_be_null = any(member is None or nullable(member.shape) for member in members)
        for source in operation.source:
            tree = self._delete(tree, shape, source)
            shape = after(Remove(source), shape)
        self._drop(tree, shape, operation.to, checks)
        if any(isinstance(text, Nothing) for text in texts):
            return self._delete(tree, shape, operation.to)
        return self._put(tree, shape, operation.to, Joined(texts, operation.separator, may_be_null))

    def _split(self, operation: Split, tree: Node, shape: Shape, checks: list[Node]) -> Node:
        text = self._read(tree, shape, operation.source.parts)
        member = member_at(shape, operation.source.parts)
        tree = self._delete(tree, shape, operation.source)
        shape = after(Remove(operation.source), shape)
        may_be_null = member is None or nullable(member.shape)
        if may_be_null and not isinstance(text, Nothing):
            var = self._fresh()
            text = Enter(text, var, Var(var), null="absent")
        for index, target in enumerate(operation.to):
            self._drop(tree, shape, target, checks)
            piece: Node = Apply(Piece(operation.separator, len(operation.to), index), text, nullable=False)
            piece = NOTHING if isinstance(text, Nothing) else piece
            tree = self._put(tree, shape, target, piece)
            shape = after(Add(target, ""), shape)
        return tree

    def _each(self, operation: EachOperation, node: Node, shape: Shape) -> Node:
        bare = without_null(shape)
        items = bare.items if isinstance(bare, Array) else bare.values if isinstance(bare, Table) else ANYTHING
        checks: list[Node] = []
        if isinstance(node, Each) and (isinstance(node.body, Build) or not nullable(items)):
            body, _ = self.run(operation.ops, node.body, without_null(items), checks)
            return replace(node, body=_checked(checks, body))
        var = self._fresh()
        body, _ = self.run(operation.ops, Var(var), without_null(items), checks)
        container = "list" if isinstance(bare, Array) else "map" if isinstance(bare, Table) else "either"
        return Each(node, var, _checked(checks, body), container, nullable(shape), nullable(items))  # type: ignore[arg-type]

    def _in(self, ops: tuple[Operation, ...], node: Node, shape: Shape) -> Node:
        checks: list[Node] = []
        if isinstance(node, Build):
            body, _ = self.run(ops, node, shape, checks)
            return _checked(checks, body)
        if isinstance(node, Enter) and node.null == "keep" and node.absent == "keep" and isinstance(node.body, Build):
            body, _ = self.run(ops, node.body, without_null(shape), checks)
            return replace(node, body=_checked(checks, body))
        if isinstance(node, Var | Get) and not maybe_absent(node) and isinstance(shape, Record):
            body, _ = self.run(ops, node, shape, checks)
            return _checked(checks, body)
        var = self._fresh()
        body, _ = self.run(ops, Var(var), without_null(shape), checks)
        return Enter(node, var, _checked(checks, body), nullable=nullable(shape))

    def _when(self, operation: When, tree: Node, shape: Shape, checks: list[Node]) -> Node:
        condition = self._formula(operation.condition, tree, shape, boolean=True)
        there: list[Node] = []
        then, _ = self.run(operation.then, tree, shape, there)
        checks.extend(If(condition, check, NOTHING) for check in there)
        elsewhere: list[Node] = []
        otherwise, _ = self.run(operation.otherwise, tree, shape, elsewhere)
        checks.extend(If(condition, NOTHING, check) for check in elsewhere)
        merged = _merge(condition, then, otherwise)
        _bound(merged, checks)
        if then == otherwise and fallible(condition):
            checks.append(condition)  # nowhere else is it computed
        return merged

    def _branch(self, operation: Branch, node: Node) -> Node:
        arms: list[tuple[str, Node]] = []
        var = self._fresh()
        for name, ops in operation.arms.items():
            checks: list[Node] = []
            body, _ = self.run(ops, Var(var), ANYTHING, checks)
            arms.append((name, _checked(checks, body)))
        return Switch(node, var, operation.by, tuple(arms), operation.otherwise)


def replace_prune(operation: Move) -> Move:
    """The same move without pruning."""
    return Move(operation.source, operation.to)


def replace_to(operation: Scale) -> Scale:
    """The same scaling without a new name."""
    return Scale(operation.at, operation.by, operation.rounding, operation.result, None, operation.places)


def _scope(tree: Enter, shape: Shape) -> Shape:
    """The shape of what is inside: null is ruled out where it is kept or refused outside."""
    return without_null(shape) if tree.null in ("keep", "error") else shape


def _applied(function: Map | Convert | Wrap | Unwrap | Entries | Scale, node: Node, shape: Shape) -> Node:
    return Apply(function, node, nullable(shape), sort(shape))


def _names(node: Node) -> Iterator[str]:
    """The members that a node is known to give its record."""
    match node:
        case Build(members=members):
            yield from (name for name, _ in members)
        case Enter(body=body):
            yield from _names(body)
        case If(then=then, otherwise=otherwise):
            yield from _names(then)
            yield from _names(otherwise)
        case Checked(then=then):
            yield from _names(then)
        case _:
            return


def _record(base: Node, shape: Shape) -> Build:
    if isinstance(shape, Record):
        members = tuple((name, Get(base, name, not member.required)) for name, member in shape.members.items())
        count = None if any(not member.required for member in shape.members.values()) else len(members)
        return Build(members, base, frozenset(shape.members), shape.open, count)
    return Build((), base, frozenset(), open=True)


def _below(shape: Shape, name: str) -> Shape:
    """The shape of a member once its record is there."""
    bare = without_null(shape)
    match bare:
        case Record(members=members):
            return members[name].shape if name in members else ANYTHING
        case Table(values=values):
            return values
        case Anything() | OneOf():
            return ANYTHING
        case _:
            return ANYTHING


def _member(build: Build, name: str) -> Node:
    for own, node in build.members:
        if own == name:
            return node
    if name in build.known or not build.open or build.source is None:
        return NOTHING
    return Get(build.source, name, optional=True)


def _with(build: Build, name: str, node: Node) -> Build:
    """The record with another member; Nothing takes it away."""
    known = build.known | {name} if build.open else build.known
    if isinstance(node, Nothing):
        return replace(build, members=tuple(member for member in build.members if member[0] != name), known=known)
    if any(own == name for own, _ in build.members):
        members = tuple((own, node if own == name else old) for own, old in build.members)
    else:
        members = (*build.members, (name, node))
    return replace(build, members=members, known=known)


def _renamed(build: Build, name: str, to: str) -> Build:
    node = _member(build, name)
    without = _with(_with(build, name, NOTHING), to, NOTHING)
    return without if isinstance(node, Nothing) else _with(without, to, node)


def _nested(path: tuple[str, ...], value: Node) -> Node:
    for name in reversed(path):
        value = Build(((name, value),))
    return value


def _written(tree: Enter) -> bool:
    """Whether something was put below a record that may be absent: what follows goes to the same place."""
    return tree.absent == "empty" and tree.null == "error"


def _inside(scope: Enter, value: Node) -> Node:
    """A node as it reads within a scope it was taken from."""
    return value.body if isinstance(value, Enter) and value.var == scope.var else value


def _merge(condition: Node, one: Node, other: Node) -> Node:
    """One of two trees, chosen as far down as they differ."""
    if one is other or one == other:
        return one
    match one, other:
        case Build(), Build() if one.source == other.source and one.open == other.open:
            names = dict.fromkeys(
                [name for name, _ in (*one.members, *other.members)] + sorted(one.known | other.known)
            )
            merged = ((name, _merge(condition, _member(one, name), _member(other, name))) for name in names)
            members = tuple((name, node) for name, node in merged if not isinstance(node, Nothing))
            return replace(one, members=members, known=one.known | other.known)
        case Enter(), Enter() if replace(one, body=NOTHING) == replace(other, body=NOTHING):
            return replace(one, body=_merge(condition, one.body, other.body))
        case Var() | Get(), Build(source=source) if source == one:
            return _merge(condition, _same_record(other), other)
        case Build(source=source), Var() | Get() if source == other:
            return _merge(condition, one, _same_record(one))
        case _:
            return If(condition, one, other)


def _same_record(build: Build) -> Build:
    """The untouched record that a changed one comes of."""
    source = build.source or EVENT
    own = dict(build.members)
    members = ((name, Get(source, name, optional=True)) for name in sorted(build.known))
    untouched = ((name, own[name] if own.get(name) == replace(get, optional=False) else get) for name, get in members)
    return replace(build, members=tuple(untouched))
