"""What every operation does to a shape, and what stands against doing it there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from upcasters.errors import InvalidDocument, Problem
from upcasters.expression import needs, parse
from upcasters.expression_check import member_at, sort, typed
from upcasters.fit import join, label
from upcasters.operations import (
    NAMES,
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
from upcasters.shape import (
    ANYTHING,
    EVENT,
    NULL,
    PAYLOAD,
    STRING,
    Anything,
    Array,
    Choice,
    Member,
    Never,
    OneOf,
    Record,
    Shape,
    Table,
    around,
    nullable,
    union,
    without_null,
)
from upcasters.shape_scope import Scope
from upcasters.shape_values import constant_shape, converted, entries, items_of, mapped, only, scaled


@dataclass(frozen=True, slots=True)
class Changed:
    """The shape that operations lead to, and every problem met on the way."""

    shape: Shape
    problems: tuple[Problem, ...]


def change(ops: Iterable[Operation], shape: Shape, place: str = "/ops") -> Changed:
    """What operations make of a shape, with every problem: the static check of a document."""
    problems: list[Problem] = []
    after = _Changer(Scope(problems, place)).run(tuple(ops), shape)
    return Changed(after, tuple(problems))


def after(operation: Operation, shape: Shape) -> Shape:
    """What one operation makes of a shape, problems set aside: for code that follows a checked document."""
    return _Changer(Scope([], "", cautious=True)).apply(operation, shape)


class _Changer:
    """Does operations to shapes, in one scope of the document."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def run(self, ops: tuple[Operation, ...], shape: Shape) -> Shape:
        for index, operation in enumerate(ops):
            below = f"/{index}/{NAMES[type(operation)]}"
            shape = _Changer(self._scope.inner(below)).apply(operation, shape)
        return shape

    def _inner(self, below: str, at: Pointer = ROOT) -> _Changer:
        return _Changer(self._scope.inner(below, at))

    def apply(self, operation: Operation, shape: Shape) -> Shape:  # noqa: C901 - one case per operation
        scope = self._scope
        match operation:
            case Rename(at=at, to=to):
                return scope.move(shape, at, at.parent / to)
            case Move(source=source, to=to):
                return scope.move(shape, source, to)
            case Copy(source=source, to=to):
                return scope.put(shape, to, scope.find(shape, source))
            case Add(at=at):
                value = Member(constant_shape(scope, operation.value, operation.literal, at))
                return scope.put(shape, at, value) if at.parts else value.shape
            case Default():
                return self._default(operation, shape)
            case Remove(at=at):
                scope.find(shape, at)
                if not at.parts:
                    scope.refuse(at, "the root cannot be taken away", "use drop_event")
                    return shape
                return scope.edit(shape, at, lambda _: None)
            case Only(at=at, members=members):
                return scope.change_value(shape, at, lambda found: only(scope, found, members, at))
            case Map():
                return scope.change_value(shape, operation.at, lambda found: mapped(scope, operation, found))
            case Convert():
                return scope.change_value(shape, operation.at, lambda found: converted(scope, operation, found))
            case Scale():
                multiplied = scope.change_value(shape, operation.at, lambda found: scaled(scope, operation, found))
                if operation.to is None:
                    return multiplied
                return scope.move(multiplied, operation.at, operation.at.parent / operation.to)
            case Set():
                return self._set(operation, shape)
            case Join():
                return self._join(operation, shape)
            case Split():
                return self._split(operation, shape)
            case Wrap(at=at):
                return scope.change_value(shape, at, Array)
            case Unwrap():
                return self._unwrap(operation, shape)
            case Entries():
                return scope.change_value(shape, operation.at, lambda found: entries(scope, operation, found))
            case Each(at=at):
                return scope.change_value(shape, at, lambda found: self._each(operation, found))
            case In(at=at, ops=ops):
                return scope.change_value(shape, at, lambda found: self._inner("/ops", at).run(ops, found))
            case When(condition=condition, then=then, otherwise=otherwise):
                self._condition(condition, shape)
                there = self._inner("/ops").run(then, shape)
                return join(there, self._inner("/else").run(otherwise, shape), undeclared=scope.cautious)
            case Branch():
                return self._branch(operation, shape)
            case Fail(condition=condition) | DropEvent(condition=condition):
                self._condition(condition, shape)
                return shape
            case Collect():
                return self._collect(operation, shape)
            case Emit(events=events):
                for index, part in enumerate(events):
                    self._inner(f"/events/{index}/ops").run(part.ops, shape)
                return shape
            case Envelope(ops=ops):
                return self._envelope(ops, shape)
            case Retype():
                return shape
            case _:
                assert_never(operation)

    def _collect(self, operation: Collect, shape: Shape) -> Shape:
        key = self._expression(operation.key, shape, ROOT, guarded=False)
        if sort(key) not in ("string", "int", "any") or (nullable(key) and not isinstance(key, Anything)):
            self._scope.refuse(ROOT, f"{operation.key}: {label(key)} is no key", "give a text or a whole number")
        if operation.until is not None:
            self._condition(operation.until, shape)
        return self._inner("/ops").run(operation.ops, Record({"key": Member(key), "events": Member(Array(shape))}))

    def _envelope(self, ops: tuple[Operation, ...], shape: Shape) -> Shape:
        before = around(shape)
        after = self._inner("/ops").run(ops, before)
        payload = member_at(after, (PAYLOAD,))
        for name in before.members:
            left = member_at(after, (name,))
            if left is None or (name == EVENT and left != before.members[name]):
                self._scope.refuse(
                    Pointer((name,)), "is read only" if name == EVENT else "cannot be taken away", "copy from it"
                )
        return shape if payload is None else payload.shape

    def _default(self, operation: Default, shape: Shape) -> Shape:
        at = operation.at
        value = constant_shape(self._scope, operation.value, operation.literal, at)
        member = member_at(shape, at.parts) if at.parts else Member(shape)
        if member is None:
            filled = ANYTHING if self._scope.cautious else value
            return self._scope.put(shape, at, Member(filled)) if operation.when != "null" else shape
        self._scope.certain_parents(shape, at)
        found = member.shape if operation.when == "absent" else without_null(member.shape)
        filled = ANYTHING if isinstance(member.shape, Anything) else join(found, value)
        if not at.parts:
            return filled
        return self._scope.edit(shape, at, lambda own: own and Member(filled, own.required or operation.when != "null"))

    def _expression(self, text: str, shape: Shape, at: Pointer, *, guarded: bool) -> Shape:
        try:
            found = typed(parse(text), shape)
        except InvalidDocument as error:
            self._scope.refuse(at, f"{text}: {error.message}", error.remedy)
            return ANYTHING
        for complaint in found.complaints:
            if guarded and complaint.message.endswith("may be absent"):
                continue
            self._scope.refuse(at, f"{text}: {complaint.message}, character {complaint.position + 1}", complaint.remedy)
        return found.shape

    def _condition(self, text: str, shape: Shape) -> None:
        found = self._expression(text, shape, ROOT, guarded=False)
        if sort(found) not in ("boolean", "any"):
            self._scope.refuse(
                ROOT, f"{text}: a condition is expected, not {label(found)}", "compare it with something"
            )

    def _set(self, operation: Set, shape: Shape) -> Shape:
        at = operation.at
        value = self._expression(operation.expr, shape, at, guarded=operation.absent == "skip")
        if operation.absent == "error" or _always(operation.expr, shape):
            member = Member(value)
        else:
            old = member_at(shape, at.parts)
            value = ANYTHING if self._scope.cautious and old is None else value
            member = Member(value, required=False) if old is None else Member(join(old.shape, value), old.required)
        if not at.parts:
            return member.shape
        self._scope.certain_parents(shape, at)
        return self._scope.edit(shape, at, lambda _: member)

    def _join(self, operation: Join, shape: Shape) -> Shape:
        required = True
        for source in operation.source:
            member = self._scope.find(shape, source)
            if sort(member.shape) not in ("string", "any"):
                self._scope.refuse(source, f"{label(member.shape)} is no text", "convert it first")
            required = required and member.required and not nullable(member.shape)
        for source in operation.source:
            if member_at(shape, source.parts) is not None:
                shape = self._scope.edit(shape, source, lambda _: None)
        return self._scope.put(shape, operation.to, Member(STRING, required))

    def _split(self, operation: Split, shape: Shape) -> Shape:
        member = self._scope.find(shape, operation.source)
        if sort(member.shape) not in ("string", "any"):
            self._scope.refuse(operation.source, f"{label(member.shape)} is no text", "convert it first")
        if member_at(shape, operation.source.parts) is not None:
            shape = self._scope.edit(shape, operation.source, lambda _: None)
        for target in operation.to:
            shape = self._scope.put(shape, target, Member(STRING, member.required and not nullable(member.shape)))
        return shape

    def _unwrap(self, operation: Unwrap, shape: Shape) -> Shape:
        at = operation.at
        changed = self._scope.change_value(shape, at, lambda found: items_of(self._scope, found, at))
        if operation.take == "one" or not at.parts:
            return changed
        return self._scope.edit(changed, at, lambda found: found and Member(found.shape, required=False))

    def _each(self, operation: Each, found: Shape) -> Shape:
        match found:
            case Array(items=items):
                return Array(self._item(operation, items))
            case Table(values=values):
                return Table(self._item(operation, values))
            case Anything():
                self._item(operation, ANYTHING)
                return ANYTHING
            case _:
                self._scope.refuse(
                    operation.at, f"{label(found)} has no items", "each goes through lists and maps; use in"
                )
                return found

    def _item(self, operation: Each, items: Shape) -> Shape:
        inner = self._inner("/ops", operation.at)
        if isinstance(items, Anything):
            return inner.run(operation.ops, ANYTHING)
        changed = inner.run(operation.ops, without_null(items))
        return union(changed, NULL) if nullable(items) else changed

    def _branch(self, operation: Branch, shape: Shape) -> Shape:
        at = operation.at
        member = self._scope.find(shape, at)
        arms = member.shape.arms if isinstance(member.shape, OneOf) else (member.shape,)
        results: list[Shape] = []
        used: set[str] = set()
        for arm in arms:
            names = _arm_names(arm, operation.by)
            for name in names if names is not None else operation.arms:
                if name in operation.arms:
                    used.add(name)
                    results.append(self._inner(f"/arms/{name}", at).run(operation.arms[name], arm))
                else:
                    results.append(arm)
                    if operation.otherwise == "error":
                        self._scope.refuse(at, f"no arm for {name}", f"add the arm {name}, or write else: keep")
            if names is None and operation.otherwise == "keep":
                results.append(arm)
        for name in operation.arms.keys() - used:
            self._scope.refuse(at, f"the old version has no arm {name!r} here", "take it out")
        joined = results[0] if results else Never()
        for result in results[1:]:
            joined = union(joined, result)
        if not at.parts:
            return joined
        return self._scope.edit(shape, at, lambda found: found and Member(joined, found.required))


def _always(expression: str, shape: Shape) -> bool:
    """Whether everything an expression cannot do without is always there."""
    try:
        required = needs(parse(expression)).required
    except InvalidDocument:
        return False
    members = [member_at(shape, parts) for parts in required]
    return all(member is not None and member.required for member in members)


_SORT_ARMS = {
    "int": "number", "double": "number", "decimal": "number", "string": "string", "boolean": "boolean", "null": "null",
    "bytes": "bytes", "list": "array", "map": "object", "record": "object",
}  # fmt: skip


def _arm_names(arm: Shape, by: str | None) -> tuple[str, ...] | None:
    """The names of the arms a shape's values are on; None where it cannot be told."""
    if by is None:
        if arm == NULL:
            return ("null",)
        name = _SORT_ARMS.get(sort(arm))
        return None if name is None else (name,)
    member = member_at(arm, (by,))
    if member is None or not isinstance(member.shape, Choice):
        return None
    return tuple(str(symbol) for symbol in member.shape.symbols)
