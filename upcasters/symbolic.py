"""The symbolic event: trees of nodes, read and written at places, with the shape of the event beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Literal, TypeAlias

from upcasters.path import Pointer
from upcasters.plan import (
    EVENT,
    NOTHING,
    Build,
    Checked,
    Const,
    Enter,
    Get,
    If,
    Node,
    Nothing,
    Present,
    Var,
    maybe_absent,
)
from upcasters.shape import ANYTHING, Anything, OneOf, Record, Shape, Table, nullable, without_null

Edit: TypeAlias = Callable[[Node, Shape], Node]
"""What is done to the node at a place, which has a shape."""


class Symbolic:
    """Reads and writes trees; numbers the variables of one plan."""

    def __init__(self) -> None:
        self._variables = 0

    def fresh(self) -> int:
        """The number of a new variable."""
        self._variables += 1
        return self._variables

    def expand(self, tree: Node, shape: Shape) -> Node:
        """The node as something whose members can be named."""
        match tree:
            case Build() | Enter() | If() | Checked() | Nothing():
                return tree
            case Const(value=dict() as value):
                return Build(tuple((name, Const(item)) for name, item in value.items()))
            case Var() | Get() if not maybe_absent(tree) and isinstance(shape, Record):
                return _record(tree, shape)
            case _:
                var = self.fresh()
                body = _record(Var(var), without_null(shape))
                return Enter(tree, var, body, nullable=nullable(shape))

    def read(self, tree: Node, shape: Shape, path: tuple[str, ...]) -> Node:
        """What stands at a path."""
        if not path:
            return tree
        tree = self.expand(tree, shape)
        match tree:
            case Build():
                return self.read(member_of(tree, path[0]), _below(shape, path[0]), path[1:])
            case Enter(body=body):
                found = self.read(body, inner_shape(tree, shape), path)
                null: Literal["absent", "pass"] = "pass" if tree.null == "pass" else "absent"
                return found if isinstance(found, Nothing) else replace(tree, body=found, null=null)
            case If(then=then, otherwise=otherwise):
                return If(tree.condition, self.read(then, shape, path), self.read(otherwise, shape, path))
            case Checked(then=then):
                return self.read(then, shape, path)
            case _:
                return NOTHING

    def edit(self, tree: Node, shape: Shape, path: tuple[str, ...], edit: Edit) -> Node:
        """The tree with what stands at a path changed, where something stands there."""
        if not path:
            return edit(tree, shape)
        tree = self.expand(tree, shape)
        match tree:
            case Build():
                member = member_of(tree, path[0])
                if isinstance(member, Nothing):
                    return tree
                return with_member(tree, path[0], self.edit(member, _below(shape, path[0]), path[1:], edit))
            case Enter(body=body):
                return replace(tree, body=self.edit(body, inner_shape(tree, shape), path, edit))
            case If(then=then, otherwise=otherwise):
                return replace(
                    tree, then=self.edit(then, shape, path, edit), otherwise=self.edit(otherwise, shape, path, edit)
                )
            case Checked(then=then):
                return replace(tree, then=self.edit(then, shape, path, edit))
            case _:
                return tree

    def write(self, tree: Node, shape: Shape, path: tuple[str, ...], value: Node) -> Node:
        """The tree with a node put at a path; records on the way are made."""
        if not path:
            return value
        tree = self.expand(tree, shape)
        match tree:
            case Build():
                member = member_of(tree, path[0])
                if isinstance(member, Nothing) and len(path) > 1:
                    return with_member(tree, path[0], self._made(path[1:], value))
                return with_member(tree, path[0], self.write(member, _below(shape, path[0]), path[1:], value))
            case Enter(body=body) if _written(tree) or not (maybe_absent(tree.value) or nullable(shape)):
                return replace(tree, body=self.write(body, shape, path, _inside(tree, value)))
            case If(then=then, otherwise=otherwise):
                return replace(
                    tree,
                    then=self.write(then, shape, path, value),
                    otherwise=self.write(otherwise, shape, path, value),
                )
            case Checked(then=then):
                return replace(tree, then=self.write(then, shape, path, value))
            case Nothing():
                return self._made(path, value)
            case _:
                return self._write_beneath(tree, path, value)

    def _write_beneath(self, tree: Node, path: tuple[str, ...], value: Node) -> Node:
        """Write below a record that may be absent: with the value it comes to be, unless the value is absent too."""
        var = self.fresh()
        body = self.write(Build((), Var(var), frozenset(), open=True), ANYTHING, path, value)
        written = Enter(tree, var, body, absent="empty", null="error")
        return If(Present((value,)), written, tree) if maybe_absent(value) else written

    def _made(self, path: tuple[str, ...], value: Node) -> Node:
        """Records around a value; none where it is absent."""
        if not maybe_absent(value):
            return _nested(path, value)
        var = self.fresh()
        return Enter(value, var, _nested(path, Var(var)), null="pass")

    def put(self, tree: Node, shape: Shape, at: Pointer, value: Node) -> Node:
        """Write a node at a place, or take away what is there if the node is nothing."""
        if isinstance(value, Nothing):
            return self.delete(tree, shape, at)
        if maybe_absent(value) and len(at.parts) > 1:
            tree = self.delete(tree, shape, at)
        return self.write(tree, shape, at.parts, value)

    def delete(self, tree: Node, shape: Shape, at: Pointer) -> Node:
        if isinstance(self.read(tree, shape, at.parts), Nothing):
            return tree
        return self.edit(tree, shape, at.parent.parts, lambda node, own: self.without(node, own, at.name))

    def without(self, node: Node, shape: Shape, name: str) -> Node:
        """A record without a member."""
        return self.rebuilt(node, shape, lambda build: with_member(build, name, NOTHING))

    def rebuilt(self, node: Node, shape: Shape, change: Callable[[Build], Node], other: Edit | None = None) -> Node:
        """A record changed wherever it is put together; ``other`` changes what is no such record."""
        node = self.expand(node, shape)
        match node:
            case Build():
                return change(node)
            case Enter(body=body):
                return replace(node, body=self.rebuilt(body, inner_shape(node, shape), change, other))
            case If(then=then, otherwise=otherwise):
                return replace(
                    node,
                    then=self.rebuilt(then, shape, change, other),
                    otherwise=self.rebuilt(otherwise, shape, change, other),
                )
            case Checked(then=then):
                return replace(node, then=self.rebuilt(then, shape, change, other))
            case _:
                return other(node, shape) if other else node


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


def member_of(build: Build, name: str) -> Node:
    """A member of a record; Nothing where it has none."""
    for own, node in build.members:
        if own == name:
            return node
    if name in build.known or not build.open or build.source is None:
        return NOTHING
    return Get(build.source, name, optional=True)


def with_member(build: Build, name: str, node: Node) -> Build:
    """The record with another member; Nothing takes it away."""
    known = build.known | {name} if build.open else build.known
    if isinstance(node, Nothing):
        return replace(build, members=tuple(member for member in build.members if member[0] != name), known=known)
    if any(own == name for own, _ in build.members):
        members = tuple((own, node if own == name else old) for own, old in build.members)
    else:
        members = (*build.members, (name, node))
    return replace(build, members=members, known=known)


def renamed(build: Build, name: str, to: str) -> Build:
    """The record with a member under another name; what had that name goes."""
    node = member_of(build, name)
    without = with_member(with_member(build, name, NOTHING), to, NOTHING)
    return without if isinstance(node, Nothing) else with_member(without, to, node)


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


def inner_shape(tree: Enter, shape: Shape) -> Shape:
    """The shape of what is inside: null is ruled out where it is kept or refused outside."""
    return without_null(shape) if tree.null in ("keep", "error") else shape


def names(node: Node) -> Iterator[str]:
    """The members that a node is known to give its record."""
    match node:
        case Build(members=members):
            yield from (name for name, _ in members)
        case Enter(body=body):
            yield from names(body)
        case If(then=then, otherwise=otherwise):
            yield from names(then)
            yield from names(otherwise)
        case Checked(then=then):
            yield from names(then)
        case _:
            return


def merge(condition: Node, one: Node, other: Node) -> Node:
    """One of two trees, chosen as far down as they differ."""
    if one is other or one == other:
        return one
    match one, other:
        case Build(), Build() if one.source == other.source and one.open == other.open:
            names = dict.fromkeys(
                [name for name, _ in (*one.members, *other.members)] + sorted(one.known | other.known)
            )
            merged = ((name, merge(condition, member_of(one, name), member_of(other, name))) for name in names)
            members = tuple((name, node) for name, node in merged if not isinstance(node, Nothing))
            return replace(one, members=members, known=one.known | other.known)
        case Enter(), Enter() if replace(one, body=NOTHING) == replace(other, body=NOTHING):
            return replace(one, body=merge(condition, one.body, other.body))
        case Var() | Get(), Build(source=source) if source == one:
            return merge(condition, _same_record(other), other)
        case Build(source=source), Var() | Get() if source == other:
            return merge(condition, one, _same_record(one))
        case _:
            return If(condition, one, other)


def _same_record(build: Build) -> Build:
    """The untouched record that a changed one comes of."""
    source = build.source or EVENT
    own = dict(build.members)
    members = ((name, Get(source, name, optional=True)) for name in sorted(build.known))
    untouched = ((name, own[name] if own.get(name) == replace(get, optional=False) else get) for name, get in members)
    return replace(build, members=tuple(untouched))
