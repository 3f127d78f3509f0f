"""Fuse a chain into one plan: run its operations once on a symbolic event, whose leaves are places in the real one.

The shape of the event runs along, so that the plan knows what is always there and what may be null. Computations whose
result is thrown away later are kept as checks where they may refuse an event: a plan refuses what its steps refuse.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, assert_never

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
from upcasters.shape import (
    ANYTHING,
    Anything,
    Array,
    Record,
    Shape,
    Table,
    native_kind,
    native_leaves,
    nullable,
    without_null,
)
from upcasters.shape_change import after
from upcasters.symbolic import Symbolic, member_of, merge, names, renamed

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


class _Fuser:
    """Does operations on the symbolic event of one plan."""

    def __init__(self) -> None:
        self._tree = Symbolic()

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
                return self._tree.put(tree, shape, to, self._tree.read(tree, shape, source.parts))
            case Add(at=at, value=value, literal=literal):
                self._drop(tree, shape, at, checks)
                return self._tree.write(tree, shape, at.parts, Const(constant(value, literal)))
            case Default():
                return self._default(operation, tree, shape)
            case Remove(at=at):
                self._drop(tree, shape, at, checks)
                return self._tree.delete(tree, shape, at)
            case Only():
                return self._only(operation, tree, shape, checks)
            case Map() | Convert() | Wrap() | Unwrap() | Entries():
                return self._apply_function(operation, tree, shape)
            case Scale():
                scaled = self._apply_function(operation, tree, shape)
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
                return self._tree.edit(tree, shape, at.parts, lambda node, own: self._each(operation, node, own))
            case In(at=at, ops=ops):
                return self._tree.edit(tree, shape, at.parts, lambda node, own: self._in(ops, node, own))
            case When():
                return self._when(operation, tree, shape, checks)
            case Branch(at=at):
                return self._tree.edit(tree, shape, at.parts, lambda node, own: self._branch(operation, node, own))
            case Fail(condition=condition, reason=reason):
                checks.append(If(self._formula(condition, tree, shape, boolean=True), Raise(reason), NOTHING))
                return tree
            case Envelope() | Retype() | DropEvent() | Emit() | Collect():
                raise UpcastersError(f"{type(operation).__name__} concerns the event, not its payload")
            case _:
                assert_never(operation)

    def _drop(self, tree: Node, shape: Shape, at: Pointer, checks: list[Node]) -> None:
        """Remember to compute what is about to go, if that may refuse the event."""
        if at.parts and fallible(gone := self._tree.read(tree, shape, at.parts)):
            checks.append(gone)

    def _apply_function(
        self, operation: Map | Convert | Wrap | Unwrap | Entries | Scale, tree: Node, shape: Shape
    ) -> Node:
        return self._tree.edit(tree, shape, operation.at.parts, lambda node, own: _applied(operation, node, own))

    def _only(self, operation: Only, tree: Node, shape: Shape, checks: list[Node]) -> Node:
        at = operation.at
        for name in names(self._tree.read(tree, shape, at.parts)):
            if name not in operation.members:
                self._drop(tree, shape, at / name, checks)

        def kept(build: Build) -> Build:
            named = ((name, member_of(build, name)) for name in operation.members)
            return Build(tuple((name, member) for name, member in named if not isinstance(member, Nothing)))

        def edit(node: Node, own: Shape) -> Node:
            return self._tree.rebuilt(node, own, kept, lambda other, its: _applied(operation, other, its))

        return self._tree.edit(tree, shape, at.parts, edit)

    def _rename(self, tree: Node, shape: Shape, at: Pointer, to: str, checks: list[Node]) -> Node:
        self._drop(tree, shape, at.parent / to, checks)

        def edit(node: Node, own: Shape) -> Node:
            return self._tree.rebuilt(node, own, lambda build: renamed(build, at.name, to))

        return self._tree.edit(tree, shape, at.parent.parts, edit)

    def _move(self, tree: Node, shape: Shape, source: Pointer, to: Pointer, checks: list[Node]) -> Node:
        if source.parts and source.parent == to.parent and to.parts:
            return self._rename(tree, shape, source, to.name, checks)
        value = self._tree.read(tree, shape, source.parts)
        if not source.parts:
            return self._tree.put(Build(()), ANYTHING, to, value)
        taken = self._tree.delete(tree, shape, source)
        left = after(Remove(source), shape)
        self._drop(taken, left, to, checks)
        return self._tree.put(taken, left, to, value)

    def _prune(self, tree: Node, shape: Shape, at: Pointer) -> Node:
        while at.parts:
            if isinstance(self._tree.read(tree, shape, at.parts), Nothing):
                at = at.parent
                continue
            empty = self._tree.read(tree, shape, at.parts) == Build(())
            if empty:
                tree = self._tree.delete(tree, shape, at)
            else:
                tree = self._tree.edit(tree, shape, at.parts, lambda node, own: Apply(Prune(), node, nullable(own)))
            at = at.parent
        return tree

    def _default(self, operation: Default, tree: Node, shape: Shape) -> Node:
        value = Const(constant(operation.value, operation.literal))
        found = self._tree.read(tree, shape, operation.at.parts)
        member = member_at(shape, operation.at.parts)
        may_be_null = member is None or nullable(member.shape)
        if isinstance(found, Nothing):
            return tree if operation.when == "null" else self._tree.write(tree, shape, operation.at.parts, value)
        if (operation.when == "absent" or not may_be_null) and not maybe_absent(found):
            return tree
        if operation.when == "null":
            return self._tree.edit(
                tree, shape, operation.at.parts, lambda node, _: Fallback(node, value, operation.when)
            )
        return self._tree.write(tree, shape, operation.at.parts, Fallback(found, value, operation.when))

    def _formula(self, text: str, tree: Node, shape: Shape, *, boolean: bool = False) -> Formula:
        parsed = parse(text)
        wanted = needs(parsed)
        found = typed(parsed, shape)
        inputs = tuple((path, self._tree.read(tree, shape, path)) for path in (*wanted.required, *wanted.guarded))
        certain = sort(found.shape) == "boolean" and not nullable(found.shape)
        members = ((path, member_at(shape, path)) for path, _ in inputs)
        native = (leaf for path, member in members if member for leaf in native_leaves(member.shape, path))
        return Formula(found.tree, inputs, frozenset(wanted.required), boolean and not certain, frozenset(native))

    def _set(self, operation: Set, tree: Node, shape: Shape, checks: list[Node]) -> Node:
        formula = self._formula(operation.expr, tree, shape)
        uncertain = tuple(node for path, node in formula.inputs if path in formula.required and maybe_absent(node))
        self._drop(tree, shape, operation.at, checks)
        if operation.absent == "error" or not uncertain:
            return self._tree.write(tree, shape, operation.at.parts, formula)
        if any(isinstance(node, Nothing) for node in uncertain):
            return tree
        old = self._tree.read(tree, shape, operation.at.parts)
        chosen = If(Present(uncertain), formula, old)
        return self._tree.write(tree, shape, operation.at.parts, chosen)

    def _join(self, operation: Join, tree: Node, shape: Shape, checks: list[Node]) -> Node:
        texts = tuple(self._tree.read(tree, shape, source.parts) for source in operation.source)
        members = [member_at(shape, source.parts) for source in operation.source]
        may_be_null = any(member is None or nullable(member.shape) for member in members)
        for source in operation.source:
            tree = self._tree.delete(tree, shape, source)
            shape = after(Remove(source), shape)
        self._drop(tree, shape, operation.to, checks)
        if any(isinstance(text, Nothing) for text in texts):
            return self._tree.delete(tree, shape, operation.to)
        return self._tree.put(tree, shape, operation.to, Joined(texts, operation.separator, may_be_null))

    def _split(self, operation: Split, tree: Node, shape: Shape, checks: list[Node]) -> Node:
        text = self._tree.read(tree, shape, operation.source.parts)
        member = member_at(shape, operation.source.parts)
        tree = self._tree.delete(tree, shape, operation.source)
        shape = after(Remove(operation.source), shape)
        may_be_null = member is None or nullable(member.shape)
        if may_be_null and not isinstance(text, Nothing):
            var = self._tree.fresh()
            text = Enter(text, var, Var(var), null="absent")
        for index, target in enumerate(operation.to):
            self._drop(tree, shape, target, checks)
            piece: Node = Apply(Piece(operation.separator, len(operation.to), index), text, nullable=False)
            piece = NOTHING if isinstance(text, Nothing) else piece
            tree = self._tree.put(tree, shape, target, piece)
            shape = after(Add(target, ""), shape)
        return tree

    def _each(self, operation: EachOperation, node: Node, shape: Shape) -> Node:
        bare = without_null(shape)
        items = bare.items if isinstance(bare, Array) else bare.values if isinstance(bare, Table) else ANYTHING
        checks: list[Node] = []
        if isinstance(node, Each) and (isinstance(node.body, Build) or not nullable(items)):
            body, _ = self.run(operation.ops, node.body, without_null(items), checks)
            return replace(node, body=_checked(checks, body))
        var = self._tree.fresh()
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
        var = self._tree.fresh()
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
        merged = merge(condition, then, otherwise)
        _bound(merged, checks)
        if then == otherwise and fallible(condition):
            checks.append(condition)  # nowhere else is it computed
        return merged

    def _branch(self, operation: Branch, node: Node, shape: Shape) -> Node:
        arms: list[tuple[str, Node]] = []
        var = self._tree.fresh()
        for name, ops in operation.arms.items():
            checks: list[Node] = []
            body, _ = self.run(ops, Var(var), ANYTHING, checks)
            arms.append((name, _checked(checks, body)))
        native = native_kind(shape) if operation.by is None and not isinstance(without_null(shape), Record) else ""
        return Switch(node, var, operation.by, tuple(arms), operation.otherwise, native)


def replace_prune(operation: Move) -> Move:
    """The same move without pruning."""
    return Move(operation.source, operation.to)


def replace_to(operation: Scale) -> Scale:
    """The same scaling without a new name."""
    return Scale(operation.at, operation.by, operation.rounding, operation.result, None, operation.places)


def _applied(function: Map | Only | Convert | Wrap | Unwrap | Entries | Scale, node: Node, shape: Shape) -> Node:
    return Apply(function, node, nullable(shape), sort(shape))
