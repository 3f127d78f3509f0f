"""Simplify a plan: what comes out as it went in is not taken apart. So identity chains become no work at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from upcasters.plan import (
    Apply,
    Build,
    Checked,
    Each,
    Enter,
    Fallback,
    Formula,
    Get,
    If,
    Joined,
    Node,
    Present,
    Switch,
    Var,
    fallible,
    maybe_absent,
)

_Fold: TypeAlias = Callable[[Node], Node]


def reduce(node: Node) -> Node:
    """The same plan with untouched records, lists and choices between equals folded. Shared nodes stay shared."""
    known: dict[int, tuple[Node, Node]] = {}

    def fold(current: Node) -> Node:
        if id(current) not in known:
            known[id(current)] = (current, _fold(_rebuilt(current, fold)))
        return known[id(current)][1]

    return fold(node)


def _rebuilt(node: Node, fold: _Fold) -> Node:
    match node:
        case Get(of=of):
            return replace(node, of=fold(of))
        case Build(members=members, source=source):
            folded = tuple((name, fold(member)) for name, member in members)
            return replace(node, members=folded, source=None if source is None else fold(source))
        case Apply(to=to):
            return replace(node, to=fold(to))
        case Joined(texts=texts):
            return replace(node, texts=tuple(map(fold, texts)))
        case Fallback(value=value):
            return replace(node, value=fold(value))
        case Formula(inputs=inputs):
            return replace(node, inputs=tuple((path, fold(given)) for path, given in inputs))
        case Present(nodes=nodes):
            return Present(tuple(map(fold, nodes)))
        case If(condition=condition, then=then, otherwise=otherwise):
            return If(fold(condition), fold(then), fold(otherwise))
        case Enter(value=value, body=body) | Each(value=value, body=body):
            return replace(node, value=fold(value), body=fold(body))
        case Switch(value=value, arms=arms):
            return replace(node, value=fold(value), arms=tuple((name, fold(body)) for name, body in arms))
        case Checked(checks=checks, then=then):
            return Checked(tuple(map(fold, checks)), fold(then))
        case _:
            return node


def _fold(node: Node) -> Node:
    match node:
        case Build(source=source) if source is not None and _untouched(node, source):
            return source
        case Enter(value=value, var=var, body=Var(number=inner)) if var == inner and node.absent == "keep":
            as_it_is = node.null in ("keep", "pass") or not node.nullable
            return value if as_it_is else node
        case Enter(value=value, body=body) if not node.nullable and not maybe_absent(value) and _cheap(value):
            return reduce(_substituted(body, node.var, value))
        case Each(value=value, var=var, body=Var(number=inner)) if var == inner:
            return value
        case If(then=then, otherwise=otherwise) if then == otherwise:
            return then
        case Checked(checks=checks, then=then):
            kept = tuple(check for check in checks if fallible(check))
            return Checked(kept, then) if kept else then
        case Present(nodes=nodes):
            return Present(tuple(part for part in nodes if maybe_absent(part)))
        case _:
            return node


def _untouched(build: Build, source: Node) -> bool:
    """Whether the record is its source: every known member is the source's own, and none is missing."""
    names = {name for name, _ in build.members}
    return names == build.known and all(
        isinstance(member, Get) and member.of == source and member.name == name for name, member in build.members
    )


def _cheap(node: Node) -> bool:
    return isinstance(node, Var) or (isinstance(node, Get) and _cheap(node.of))


def _substituted(node: Node, var: int, value: Node) -> Node:
    def fold(current: Node) -> Node:
        return value if current == Var(var) else _rebuilt(current, fold)

    return fold(node)
