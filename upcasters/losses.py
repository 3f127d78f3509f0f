"""Which fields of the old version do not arrive: neither carried over nor used in computing anything."""

from __future__ import annotations

from collections.abc import Iterator

from upcasters.fuse import fuse
from upcasters.operations import Operation
from upcasters.path import ROOT, Pointer
from upcasters.plan import Build, Checked, Each, Enter, Fallback, Get, If, Node, Switch, Var, parts
from upcasters.shape import Array, OneOf, Record, Shape, Table


def vanished(ops: tuple[Operation, ...], shape: Shape) -> tuple[Pointer, ...]:
    """The topmost fields of a shape that operations lose. Pointers go by names: items of a list have its name."""
    used = set(_uses(fuse([ops], shape).root, {0: ROOT}))
    return tuple(_lost(shape, ROOT, used))


def carried(ops: tuple[Operation, ...], shape: Shape) -> tuple[Pointer, ...]:
    """The topmost places of a shape whose values operations leave where they are. Items have the name of their list."""
    return tuple(source for source, target in arrivals(ops, shape) if source == target)


def arrivals(ops: tuple[Operation, ...], shape: Shape) -> tuple[tuple[Pointer, Pointer], ...]:
    """The topmost places whose values operations pass on as they are, and where those arrive."""
    return tuple(_arrivals(fuse([ops], shape).root, ROOT, {0: ROOT}))


def _arrivals(node: Node, at: Pointer, variables: dict[int, Pointer]) -> Iterator[tuple[Pointer, Pointer]]:
    match node:
        case Var() | Get():
            place = _place(node, variables)
            if place is not None:
                yield place, at
        case Build(members=members):
            for name, member in members:
                yield from _arrivals(member, at / name, variables)
        case Checked(then=then):
            yield from _arrivals(then, at, variables)
        case Fallback(value=value):
            yield from _arrivals(value, at, variables)
        case If(then=then, otherwise=otherwise):
            yield from _arrivals(then, at, variables)
            yield from _arrivals(otherwise, at, variables)
        case Enter(value=value, body=body) | Each(value=value, body=body):
            place = _place(value, variables)
            if place is not None:
                yield from _arrivals(body, at, {**variables, node.var: place})
        case _:
            return


def _lost(shape: Shape, at: Pointer, used: set[Pointer], *, certain: bool = True) -> Iterator[Pointer]:
    """``certain``: the place is always there; a closed record without members then tells nothing."""
    if at in used or (certain and isinstance(shape, Record) and not (shape.members or shape.open)):
        return
    if at.parts and not any(use.within(at) for use in used):
        yield at
        return
    match shape:
        case Record(members=members):
            for name, member in members.items():
                yield from _lost(member.shape, at / name, used, certain=member.required)
        case Array(items=inner) | Table(values=inner):
            yield from _lost(inner, at, used, certain=False)
        case OneOf(arms=arms):
            yield from dict.fromkeys(place for arm in arms for place in _lost(arm, at, used, certain=False))
        case _:
            return


def _uses(node: Node, variables: dict[int, Pointer]) -> Iterator[Pointer]:
    """The places of the event whose values go into a node."""
    match node:
        case Var() | Get():
            place = _place(node, variables)
            if place is not None:
                yield place
            elif isinstance(node, Get):
                yield from _uses(node.of, variables)
        case Build(members=members):
            for _, member in members:
                yield from _uses(member, variables)
        case Checked(then=then):
            yield from _uses(then, variables)
        case Enter(value=value, body=body) | Each(value=value, body=body):
            yield from _bound(value, node.var, (body,), variables)
        case Switch(value=value, arms=arms):
            yield from _bound(value, node.var, tuple(body for _, body in arms), variables)
        case _:
            for part in parts(node):
                yield from _uses(part, variables)


def _bound(value: Node, var: int, bodies: tuple[Node, ...], variables: dict[int, Pointer]) -> Iterator[Pointer]:
    place = _place(value, variables)
    if place is None:
        yield from _uses(value, variables)
        inner = {number: known for number, known in variables.items() if number != var}
    else:
        inner = {**variables, var: place}
    for body in bodies:
        yield from _uses(body, inner)


def _place(node: Node, variables: dict[int, Pointer]) -> Pointer | None:
    match node:
        case Var(number=number):
            return variables.get(number)
        case Get(of=of, name=name):
            holder = _place(of, variables)
            return None if holder is None else holder / name
        case _:
            return None
