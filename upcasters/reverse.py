"""The operations that lead back, and what is lost on the way: every edge is iso, lens or up-only.

With *up* the operations of a document and *down* those derived here, an edge is

- ``iso`` if ``down(up(e)) = e`` and ``up(down(v)) = v`` for all events the operations accept,
- ``lens`` if there is a way back but one of the laws needs the event of the other side, which is not kept,
- ``up-only`` if some operation has no way back: the document must write ``down`` itself.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any, TypeAlias

from msgspec import UNSET

from upcasters.codecs import constant
from upcasters.errors import InvalidDocument, NoChain
from upcasters.expression import needs, parse
from upcasters.expression_check import member_at
from upcasters.fit import fits, shape_of
from upcasters.known import always, certain, declared, items_at, made, may_be_empty, value_at
from upcasters.operations import (
    Add,
    Branch,
    Collect,
    Convert,
    Copy,
    Default,
    DropEvent,
    Each,
    Emit,
    Entries,
    Envelope,
    Fail,
    In,
    Join,
    Literally,
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
from upcasters.path import ROOT, Pointer
from upcasters.places import touches
from upcasters.reversal import Loss, Noted, Reversal
from upcasters.reverse_values import convert_back, map_back, scale_back
from upcasters.shape import (
    ANYTHING,
    PAYLOAD,
    Anything,
    Array,
    Record,
    Shape,
    around,
    nullable,
    without_null,
)
from upcasters.shape_change import after

_Make: TypeAlias = Callable[[tuple[Operation, ...]], Operation]


def reverse(ops: tuple[Operation, ...], shape: Shape = ANYTHING, scope: Pointer = ROOT) -> Reversal:
    """The way back of operations on events of a shape, with everything that is lost on either way."""
    result = Reversal()
    back: list[Operation] = []
    for operation in ops:
        flipped = _Flip(operation, shape, scope, result).ops()
        back[:0] = flipped
        shape = after(operation, shape)
    result.ops = () if result.kind == "up-only" else tuple(back)
    return result


def reversed_operations(ops: tuple[Operation, ...], shape: Shape = ANYTHING) -> tuple[Operation, ...]:
    """The operations that lead back. Raises NoChain where there is no way."""
    result = reverse(ops, shape)
    if result.kind == "up-only":
        raise NoChain("; ".join(result.obstacles))
    return result.ops


class _Flip:
    """One operation with the shape before it; notes losses in the reversal it is part of."""

    def __init__(self, operation: Operation, shape: Shape, scope: Pointer, result: Reversal) -> None:
        self._operation = operation
        self._shape = shape
        self._scope = scope
        self._noted = Noted(operation, scope, result)

    def ops(self) -> list[Operation]:  # noqa: C901 - one case per operation
        operation = self._operation
        match operation:
            case Rename(at=at, to=to):
                return [Rename(at.parent / to, at.name)]
            case Move():
                return self._move(operation)
            case Copy(to=to):
                self._noted.lens(made(self._shape, to), "a copy that differs from its original is not kept", "down")
                return [Remove(made(self._shape, to))]
            case Add(at=at) if not at.parts:
                return self._noted.stuck("the whole value is replaced", "write down, or down: none")
            case Add(at=at):
                self._noted.lens(made(self._shape, at), "what newer events say here is not kept", "down")
                return [Remove(made(self._shape, at))]
            case Default(at=at):
                return self._default(operation, at)
            case Remove():
                return self._remove(operation)
            case Only(at=at):
                return self._only(operation)
            case Map():
                return map_back(self._noted, operation)
            case Convert(at=at, using=using):
                return convert_back(self._noted, at, using)
            case Scale():
                return scale_back(self._noted, operation, value_at(self._shape, operation.at))
            case Set():
                return self._set(operation)
            case Join():
                return self._join(operation)
            case Split(source=source, to=to, separator=separator):
                for place in to:
                    self._noted.lens(place, f"parts that hold {separator!r} come back differently", "down")
                return [Join(to, source, separator)]
            case Wrap(at=at):
                self._noted.lens(at, "lists of other than one item have no way back", "down")
                return [Unwrap(at)]
            case Unwrap():
                return self._unwrap(operation)
            case Entries(at=at, to=to):
                self._noted.lens(
                    at, "order and repeated keys of a list are lost in a map", "down" if to == "list" else "up"
                )
                return [replace_target(operation)]
            case Each(at=at, ops=ops):
                return self._nested(at, ops, items_at(self._shape, at), lambda inner: Each(at, inner))
            case In(at=at, ops=ops):
                return self._nested(at, ops, value_at(self._shape, at), lambda inner: In(at, inner))
            case When():
                return self._when(operation)
            case Branch():
                return self._branch(operation)
            case Fail():
                return []
            case Envelope(ops=ops):
                inner = reverse(ops, around(self._shape))
                self._noted.take(within_payload(inner))
                return [Envelope(inner.ops)] if inner.ops else []
            case Retype(source=source, to=to):
                return [Retype(to, source)]
            case DropEvent():
                self._noted.lens(ROOT, "dropped events do not come back", "up")
                return []
            case Collect():
                return self._noted.stuck("the events that became one are not told apart again", "write down: none")
            case Emit():
                return self._noted.stuck("the events that came of one are not put together again", "write down: none")

    def _move(self, operation: Move) -> list[Operation]:
        source, to = operation.source, operation.to
        if operation.prune and source.parent.parts and may_be_empty(self._shape, source.parent, source.name):
            self._noted.lens(source.parent, "an empty record comes back absent", "up")
            self._noted.lens(source.parent, "an empty record is taken away", "down")
        elif source.parent.parts and not certain(self._shape, source.parent):
            self._noted.lens(source.parent, "an absent record comes back empty", "down")
        return [Move(to, source, prune=made(self._shape, to) != to)]

    def _join(self, operation: Join) -> list[Operation]:
        source, separator = operation.source, operation.separator
        if not separator:
            return self._noted.stuck("an empty separator does not tell the parts apart", "write a separator, or down")
        if len(set(source)) < len(source):
            return self._noted.stuck("a text stands in it twice", "copy it first, or write down")
        uncertain = [place for place in source if not certain(self._shape, place)]
        for place in source:
            if uncertain and always(self._shape, place):
                return self._noted.stuck(
                    f"where {uncertain[0]} is absent or null, {place} is lost, which older readers need",
                    f"write default: {{at: {uncertain[0]}, value: '', when: either}} first, or down",
                )
            self._noted.lens(place, f"parts that hold {separator!r} come back differently", "up")
        return [Split(operation.to, source, separator)]

    def _unwrap(self, operation: Unwrap) -> list[Operation]:
        at, take = operation.at, operation.take
        found = value_at(self._shape, at)
        if isinstance(found, Array) and nullable(found.items) and not isinstance(found.items, Anything):
            return self._noted.stuck("a null item would come back as null, not as a list", "write down")
        if take == "one":
            return [Wrap(at)]
        self._noted.lens(at, f"all items but the {take} are lost", "up")
        if not certain(self._shape, at):
            return [Wrap(at)]
        return [Wrap(at), Default(at, [])]  # an empty list came up as nothing

    def _default(self, operation: Default, at: Pointer) -> list[Operation]:
        self._noted.lens(at, "filled in; whether it was there is not kept", "up")
        if not fits(shape_of(constant(operation.value, operation.literal)), value_at(self._shape, at)):
            return self._noted.stuck(f"older readers do not know {operation.value!r} at {at}", "write down")
        return []

    def _remove(self, operation: Remove) -> list[Operation]:
        at = operation.at
        self._noted.lens(at, "removed", "up")
        if operation.restore is not UNSET:
            return self._restored(at, operation.restore, operation.literal)
        holder = member_at(self._shape, at.parent.parts)
        bare = without_null(holder.shape) if holder else ANYTHING
        member = bare.members.get(at.name) if isinstance(bare, Record) else None
        if member is not None and not member.required:
            return []
        if member is not None and nullable(member.shape):
            return self._restored(at, None)
        return self._noted.stuck(f"older readers need {at}", f"write remove: {{at: {at}, restore: ...}}, or down")

    def _restored(self, at: Pointer, value: Any, literal: Literally | None = None) -> list[Operation]:
        """A constant where a member was; a record that was absent or null is not made for it."""
        if certain(self._shape, at.parent):
            return [Add(at, value, literal)]
        return [In(at.parent, (Add(ROOT / at.name, value, literal),))]

    def _only(self, operation: Only) -> list[Operation]:
        self._noted.lens(operation.at, "members that are not named are removed", "up")
        bare = value_at(self._shape, operation.at)
        if isinstance(bare, Record):
            gone = [name for name, member in bare.members.items() if member.required and name not in operation.members]
            if not gone:
                return []
            return self._noted.stuck(f"older readers need {', '.join(gone)}", "remove them with restore, or write down")
        return []

    def _set(self, operation: Set) -> list[Operation]:
        if operation.down is not None:
            self._noted.lens(operation.at, "comes back as the document computes it", "up")
            self._noted.lens(operation.at, "comes back as the document computes it", "down")
            return [Set(operation.at, operation.down, operation.absent)]
        if declared(self._shape, operation.at) or not operation.at.parts:
            self._noted.lens(operation.at, "overwritten", "up")
            return self._noted.stuck(
                f"the old value of {operation.at} is overwritten", "write set: {..., down: ...}, or down"
            )
        self._noted.lens(made(self._shape, operation.at), "computed anew on the way up", "down")
        return [Remove(made(self._shape, operation.at))]

    def _nested(self, at: Pointer, ops: tuple[Operation, ...], shape: Shape, make: _Make) -> list[Operation]:
        inner = reverse(ops, shape, self._scope / at)
        self._noted.take(inner)
        return [make(inner.ops)] if inner.ops else []

    def _when(self, operation: When) -> list[Operation]:
        touched = [at for ops in (operation.then, operation.otherwise) for op in ops for at in touches(op)]
        try:
            wanted = needs(parse(operation.condition))
        except InvalidDocument:
            return self._noted.stuck("the condition does not parse", "correct it")
        for path in (*wanted.required, *wanted.guarded):
            if any(at.within(Pointer(path)) or Pointer(path).within(at) for at in touched):
                return self._noted.stuck(f"the condition asks {'.'.join(path)}, which changes", "write down")
        then = reverse(operation.then, self._shape, self._scope)
        otherwise = reverse(operation.otherwise, self._shape, self._scope)
        self._noted.take(then)
        self._noted.take(otherwise)
        self._one_sided(operation)
        if not then.ops and not otherwise.ops:
            return []
        return [When(operation.condition, then.ops, otherwise.ops)]

    def _one_sided(self, operation: When) -> None:
        """What one side takes away and the other leaves: events of the first may hold it, where it is put back."""
        there, elsewhere = (reduce(_next, ops, self._shape) for ops in (operation.then, operation.otherwise))
        for ops, own, other in ((operation.then, there, elsewhere), (operation.otherwise, elsewhere, there)):
            for at in (at for op in ops for at in touches(op) if at.parts):
                if member_at(own, at.parts) is None and member_at(other, at.parts) is not None:
                    self._noted.lens(at, "is put back on one side of the condition and stays on the other", "down")

    def _branch(self, operation: Branch) -> list[Operation]:
        arms: dict[str, tuple[Operation, ...]] = {}
        for name, ops in operation.arms.items():
            inner = reverse(ops, ANYTHING, self._scope / operation.at)
            if any(not at.parts or at.name == operation.by for op in ops for at in touches(op)):
                return self._noted.stuck(f"the arm {name} changes what tells the arms apart", "write down")
            self._noted.take(inner)
            arms[name] = inner.ops
        return [Branch(operation.at, arms, operation.by, operation.otherwise)] if any(arms.values()) else []


def _next(shape: Shape, operation: Operation) -> Shape:
    return after(operation, shape)


def within_payload(inner: Reversal) -> Reversal:
    """The way back of operations around a payload, with the losses as the payload sees them."""
    for index, loss in enumerate(inner.losses):
        if loss.pointer.parts[:1] == (PAYLOAD,):
            inner.losses[index] = Loss(Pointer(loss.pointer.parts[1:]), loss.reason, loss.direction)
    return inner


def replace_target(operation: Entries) -> Entries:
    """The same operation the other way."""
    return Entries(operation.at, "map" if operation.to == "list" else "list", operation.key, operation.value)
