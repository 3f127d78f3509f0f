"""What every operation does to a shape, and what stands against doing it there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeAlias, assert_never

from upcasters.codecs import CODECS, constant
from upcasters.errors import InvalidDocument, Problem
from upcasters.exact import factor
from upcasters.expression import needs, parse
from upcasters.expression_check import member_at, sort, typed
from upcasters.fit import join, label, shape_of
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
    Otherwise,
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
    DECIMAL,
    EVENT,
    INTEGER,
    NULL,
    NUMBER,
    PAYLOAD,
    STRING,
    Anything,
    Array,
    Choice,
    Integer,
    Member,
    Never,
    OneOf,
    Record,
    Shape,
    Table,
    around,
    nullable,
    one_of,
    union,
    without_null,
)

_Change: TypeAlias = Callable[[Member | None], Member | None]


@dataclass(frozen=True, slots=True)
class Changed:
    """The shape that operations lead to, and every problem met on the way."""

    shape: Shape
    problems: tuple[Problem, ...]


def change(ops: Iterable[Operation], shape: Shape, place: str = "/ops") -> Changed:
    """What operations make of a shape, with every problem: the static check of a document."""
    problems: list[Problem] = []
    after = _Changer(problems, place, ROOT).run(tuple(ops), shape)
    return Changed(after, tuple(problems))


def after(operation: Operation, shape: Shape) -> Shape:
    """What one operation makes of a shape, problems set aside: for code that follows a checked document."""
    return _Changer([], "", ROOT, cautious=True).apply(operation, shape)


class _Changer:
    """One scope of a document: where it stands there, and where in the event.

    Records that are made on the way are new; a ``cautious`` changer reckons with an undeclared member of that name in
    an open record.
    """

    def __init__(self, problems: list[Problem], place: str, scope: Pointer, *, cautious: bool = False) -> None:
        self._problems = problems
        self._place = place
        self._scope = scope
        self._cautious = cautious

    def run(self, ops: tuple[Operation, ...], shape: Shape) -> Shape:
        for index, operation in enumerate(ops):
            place = f"{self._place}/{index}/{NAMES[type(operation)]}"
            shape = _Changer(self._problems, place, self._scope, cautious=self._cautious).apply(operation, shape)
        return shape

    def _inner(self, below: str, scope: Pointer) -> _Changer:
        return _Changer(self._problems, self._place + below, self._scope / scope, cautious=self._cautious)

    def _refuse(self, at: Pointer, message: str, remedy: str = "") -> None:
        self._problems.append(Problem(self._place, str(self._scope / at), message, remedy))

    def apply(self, operation: Operation, shape: Shape) -> Shape:  # noqa: C901 - one case per operation
        match operation:
            case Rename(at=at, to=to):
                return self._move(shape, at, at.parent / to)
            case Move(source=source, to=to):
                return self._move(shape, source, to)
            case Copy(source=source, to=to):
                return self._put(shape, to, self._find(shape, source))
            case Add(at=at):
                value = Member(self._constant(operation.value, operation.literal, at))
                return self._put(shape, at, value) if at.parts else value.shape
            case Default():
                return self._default(operation, shape)
            case Remove(at=at):
                self._find(shape, at)
                if not at.parts:
                    self._refuse(at, "the root cannot be taken away", "use drop_event")
                    return shape
                return self._edit(shape, at, lambda _: None)
            case Only(at=at, members=members):
                return self._value(shape, at, lambda found: self._only(found, members, at))
            case Map():
                return self._value(shape, operation.at, lambda found: self._map(operation, found))
            case Convert():
                return self._value(shape, operation.at, lambda found: self._convert(operation, found))
            case Scale():
                scaled = self._value(shape, operation.at, lambda found: self._scale(operation, found))
                if operation.to is None:
                    return scaled
                return self._move(scaled, operation.at, operation.at.parent / operation.to)
            case Set():
                return self._set(operation, shape)
            case Join():
                return self._join(operation, shape)
            case Split():
                return self._split(operation, shape)
            case Wrap(at=at):
                return self._value(shape, at, Array)
            case Unwrap():
                return self._unwrap(operation, shape)
            case Entries():
                return self._value(shape, operation.at, lambda found: self._entries(operation, found))
            case Each(at=at):
                return self._value(shape, at, lambda found: self._each(operation, found))
            case In(at=at, ops=ops):
                return self._value(shape, at, self._inside(at).enter(ops))
            case When(condition=condition, then=then, otherwise=otherwise):
                self._condition(condition, shape)
                there = self._inner("/ops", ROOT).run(then, shape)
                return join(there, self._inner("/else", ROOT).run(otherwise, shape))
            case Branch():
                return self._branch(operation, shape)
            case Fail(condition=condition) | DropEvent(condition=condition):
                self._condition(condition, shape)
                return shape
            case Collect():
                return self._collect(operation, shape)
            case Emit(events=events):
                for index, part in enumerate(events):
                    self._inner(f"/events/{index}/ops", ROOT).run(part.ops, shape)
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
            self._refuse(ROOT, f"{operation.key}: {label(key)} is no key", "give a text or a whole number")
        if operation.until is not None:
            self._condition(operation.until, shape)
        return self._inner("/ops", ROOT).run(
            operation.ops, Record({"key": Member(key), "events": Member(Array(shape))})
        )

    def _envelope(self, ops: tuple[Operation, ...], shape: Shape) -> Shape:
        before = around(shape)
        after = self._inner("/ops", ROOT).run(ops, before)
        payload = member_at(after, (PAYLOAD,))
        for name in before.members:
            left = member_at(after, (name,))
            if left is None or (name == EVENT and left != before.members[name]):
                self._refuse(
                    Pointer((name,)), "is read only" if name == EVENT else "cannot be taken away", "copy from it"
                )
        return shape if payload is None else payload.shape

    def _inside(self, at: Pointer) -> _Changer:
        return self._inner("/ops", at)

    def enter(self, ops: tuple[Operation, ...]) -> Callable[[Shape], Shape]:
        """The operations as a change of the record they are done in."""
        return lambda found: self.run(ops, found)

    # Places

    def _find(self, shape: Shape, at: Pointer) -> Member:
        member = member_at(shape, at.parts)
        if member is None:
            self._refuse(at, f"the old version has no member {at.name!r} here", _suggestion(shape, at))
            return Member(ANYTHING, required=False)
        return member

    def _edit(self, shape: Shape, at: Pointer, edit: _Change, depth: int = 0) -> Shape:
        """The shape with the member at a place changed, added or, where ``edit`` gives None, taken away."""
        name = at.parts[depth]
        last = depth == len(at.parts) - 1
        match shape:
            case Anything():
                return shape
            case OneOf(arms=arms):
                return union(*(arm if arm == NULL else self._edit(arm, at, edit, depth) for arm in arms))
            case Table(values=values):
                changed = edit(Member(values, required=False)) if last else None
                return Table(join(values, changed.shape)) if changed else shape
            case Record(members=members):
                member = members.get(name)
                undeclared = shape.open and self._cautious
                changed = edit(member) if last else self._below(member, at, edit, depth, undeclared=undeclared)
                rest = {key: value for key, value in members.items() if key != name}
                if changed is None:
                    return replace_members(shape, rest)
                if member is not None:
                    rest = {key: changed if key == name else value for key, value in members.items()}
                else:
                    rest[name] = changed
                return replace_members(shape, rest)
            case _:
                self._refuse(
                    Pointer(at.parts[:depth]), f"{label(shape)} stands where a record is needed", "name a record"
                )
                return shape

    def _below(
        self, member: Member | None, at: Pointer, edit: _Change, depth: int, *, undeclared: bool
    ) -> Member | None:
        if member is not None:
            return Member(self._edit(member.shape, at, edit, depth + 1), member.required)
        leaf = edit(None)
        if leaf is None:
            return None
        if undeclared:
            return Member(ANYTHING, leaf.required)
        made: Shape = leaf.shape
        for name in reversed(at.parts[depth + 1 :]):
            made = Record({name: Member(made)})
        return Member(made, leaf.required)

    def _put(self, shape: Shape, to: Pointer, member: Member) -> Shape:
        """The shape with a new member; what stands there already may not be overwritten."""
        if not to.parts:
            return member.shape
        if isinstance(shape, Anything):
            return shape
        declared = member_at(shape, to.parts)
        if declared is not None and declared.shape != ANYTHING:
            self._refuse(to, "is there already", "remove or rename it first, or use set or default")
        self._certain_parents(shape, to)
        return self._edit(shape, to, lambda _: member)

    def _certain_parents(self, shape: Shape, to: Pointer) -> None:
        for depth in range(1, len(to.parts)):
            parent = member_at(shape, to.parts[:depth])
            if parent is None or isinstance(parent.shape, Anything):
                return
            at = Pointer(to.parts[:depth])
            if not parent.required or nullable(parent.shape):
                self._refuse(
                    to,
                    f"{at} may be absent or null",
                    f"write in: {{at: {at}, ops: [...]}}, or default: {{at: {at}, value: {{}}}} first",
                )
                return

    def _move(self, shape: Shape, source: Pointer, to: Pointer) -> Shape:
        member = self._find(shape, source)
        if not source.parts:
            return _made(to, member.shape)
        taken = self._edit(shape, source, lambda _: None) if member_at(shape, source.parts) else shape
        if source.parent == to.parent and to.parts:
            if (declared := member_at(taken, to.parts)) is not None and declared.shape != ANYTHING:
                self._refuse(to, "is there already", "remove or rename it first")
            holder = member_at(taken, to.parent.parts)
            required = member.required or (holder is not None and self._declares(shape, source))
            return self._edit(taken, to, lambda _: Member(member.shape, required))
        return self._put(taken, to, member)

    def _declares(self, shape: Shape, source: Pointer) -> bool:
        """Whether the member itself is always there once its record is."""
        holder = member_at(shape, source.parent.parts)
        if holder is None:
            return False
        inner = member_at(without_null(holder.shape), (source.name,))
        return inner is not None and inner.required

    def _value(self, shape: Shape, at: Pointer, change: Callable[[Shape], Shape]) -> Shape:
        """The shape with the values at a place changed; null stays null and absent absent."""
        member = self._find(shape, at)
        changed = change(without_null(member.shape))
        changed = union(changed, NULL) if nullable(member.shape) else changed
        if not at.parts:
            return changed
        return self._edit(shape, at, lambda found: found and Member(changed, found.required))

    # Operations

    def _constant(self, value: Any, literal: Any, at: Pointer) -> Shape:
        try:
            return shape_of(constant(value, literal))
        except (ValueError, TypeError) as error:
            self._refuse(at, f"the constant: {error}", "correct the constant")
            return ANYTHING

    def _default(self, operation: Default, shape: Shape) -> Shape:
        at = operation.at
        value = self._constant(operation.value, operation.literal, at)
        member = member_at(shape, at.parts) if at.parts else Member(shape)
        if member is None:
            filled = ANYTHING if self._cautious else value
            return self._put(shape, at, Member(filled)) if operation.when != "null" else shape
        self._certain_parents(shape, at)
        found = member.shape if operation.when == "absent" else without_null(member.shape)
        filled = ANYTHING if isinstance(member.shape, Anything) else join(found, value)
        if not at.parts:
            return filled
        return self._edit(shape, at, lambda own: own and Member(filled, own.required or operation.when != "null"))

    def _only(self, found: Shape, members: tuple[str, ...], at: Pointer) -> Shape:
        match found:
            case Record():
                for name in members:
                    if name not in found.members:
                        self._refuse(
                            at / name, "the old version has no such member", _suggestion(found, Pointer((name,)))
                        )
                unknown = {name: Member(ANYTHING, required=False) for name in members if found.open}
                kept = unknown | {name: member for name, member in found.members.items() if name in members}
                return Record(kept, open=False, name=found.name)
            case OneOf(arms=arms):
                return union(*(self._only(arm, members, at) for arm in arms))
            case Anything():
                return Record({name: Member(ANYTHING, required=False) for name in members})
            case _:
                self._refuse(at, f"{label(found)} stands where a record is needed", "name a record")
                return found

    def _map(self, operation: Map, found: Shape) -> Shape:
        pairs = operation.pairs
        given = [symbol for symbol, _ in pairs]
        if isinstance(found, Choice):
            missing = [symbol for symbol in found.symbols if symbol is not None and not _listed(symbol, given)]
            results = [new for old, new in pairs if _listed(old, found.symbols)]
            for old in given:
                if not _listed(old, found.symbols):
                    self._refuse(operation.at, f"{old!r} is no value of the old version", "take it out of the table")
        else:
            missing, results = [""], [new for _, new in pairs]
        shape: Shape = one_of(results) if results else Never()
        if not missing:
            return shape
        match operation.otherwise:
            case "keep":
                return join(shape, Choice(tuple(missing)) if isinstance(found, Choice) else found)
            case Otherwise(value=value):
                return join(shape, Choice((value,)))
            case _:
                if isinstance(found, Choice):
                    shown = ", ".join(map(repr, missing))
                    self._refuse(operation.at, f"the table does not list {shown}", "add them, or write else: keep")
                elif not isinstance(found, Anything) and sort(found) != "boolean":
                    self._refuse(
                        operation.at, f"the table cannot list every value of {label(found)}",
                        "write else: keep, or else: {value: ...}",
                    )  # fmt: skip
                return shape

    def _convert(self, operation: Convert, found: Shape) -> Shape:
        codec = CODECS.get(operation.using)
        if codec is None:
            close = get_close_matches(operation.using, CODECS, 1)
            self._refuse(
                operation.at,
                f"there is no codec {operation.using!r}",
                f"use {close[0] if close else 'one of ' + ', '.join(CODECS)}",
            )
            return ANYTHING
        if not isinstance(found, Anything) and sort(found) not in _accepted(sort(codec.takes)):
            self._refuse(
                operation.at,
                f"{operation.using} takes {label(codec.takes)}, here is {label(found)}",
                "choose another codec",
            )
        return codec.gives

    def _scale(self, operation: Scale, found: Shape) -> Shape:
        try:
            factor(operation.by)
        except ValueError as error:
            self._refuse(operation.at, str(error), "write by: 100, by: '0.01' or by: '1/60'")
        if sort(found) not in ("int", "double", "decimal", "string", "any"):
            self._refuse(operation.at, f"{label(found)} is no number", "convert it first")
        match operation.result:
            case "int32" | "int64":
                return Integer(32 if operation.result == "int32" else 64)
            case "integer":
                return INTEGER
            case "decimal":
                return DECIMAL
            case "double":
                return NUMBER
            case "string":
                return STRING

    def _expression(self, text: str, shape: Shape, at: Pointer, *, guarded: bool) -> Shape:
        try:
            found = typed(parse(text), shape)
        except InvalidDocument as error:
            self._refuse(at, f"{text}: {error.message}", error.remedy)
            return ANYTHING
        for complaint in found.complaints:
            if guarded and complaint.message.endswith("may be absent"):
                continue
            self._refuse(at, f"{text}: {complaint.message}, character {complaint.position + 1}", complaint.remedy)
        return found.shape

    def _condition(self, text: str, shape: Shape) -> None:
        found = self._expression(text, shape, ROOT, guarded=False)
        if sort(found) not in ("boolean", "any"):
            self._refuse(ROOT, f"{text}: a condition is expected, not {label(found)}", "compare it with something")

    def _set(self, operation: Set, shape: Shape) -> Shape:
        at = operation.at
        value = self._expression(operation.expr, shape, at, guarded=operation.absent == "skip")
        if operation.absent == "error" or _always(operation.expr, shape):
            member = Member(value)
        else:
            old = member_at(shape, at.parts)
            value = ANYTHING if self._cautious and old is None else value
            member = Member(value, required=False) if old is None else Member(join(old.shape, value), old.required)
        if not at.parts:
            return member.shape
        self._certain_parents(shape, at)
        return self._edit(shape, at, lambda _: member)

    def _join(self, operation: Join, shape: Shape) -> Shape:
        required = True
        for source in operation.source:
            member = self._find(shape, source)
            if sort(member.shape) not in ("string", "any"):
                self._refuse(source, f"{label(member.shape)} is no text", "convert it first")
            required = required and member.required and not nullable(member.shape)
        for source in operation.source:
            if member_at(shape, source.parts) is not None:
                shape = self._edit(shape, source, lambda _: None)
        return self._put(shape, operation.to, Member(STRING, required))

    def _split(self, operation: Split, shape: Shape) -> Shape:
        member = self._find(shape, operation.source)
        if sort(member.shape) not in ("string", "any"):
            self._refuse(operation.source, f"{label(member.shape)} is no text", "convert it first")
        if member_at(shape, operation.source.parts) is not None:
            shape = self._edit(shape, operation.source, lambda _: None)
        for target in operation.to:
            shape = self._put(shape, target, Member(STRING, member.required and not nullable(member.shape)))
        return shape

    def _unwrap(self, operation: Unwrap, shape: Shape) -> Shape:
        at = operation.at
        changed = self._value(shape, at, lambda found: self._items(found, at))
        if operation.take == "one" or not at.parts:
            return changed
        return self._edit(changed, at, lambda found: found and Member(found.shape, required=False))

    def _items(self, found: Shape, at: Pointer) -> Shape:
        match found:
            case Array(items=items):
                return items
            case Anything():
                return ANYTHING
            case _:
                self._refuse(at, f"{label(found)} is no list", "name a list")
                return ANYTHING

    def _entries(self, operation: Entries, found: Shape) -> Shape:
        match operation.to, found:
            case "list", Table(values=values):
                return Array(Record({operation.key: Member(STRING), operation.value: Member(values)}))
            case "map", Array(items=Record(members=members)) if {operation.key, operation.value} <= members.keys():
                return Table(members[operation.value].shape)
            case "list", Anything():
                return Array(Record({operation.key: Member(STRING), operation.value: Member(ANYTHING)}))
            case "map", Anything():
                return Table(ANYTHING)
            case _:
                wanted = (
                    "a map" if operation.to == "list" else f"a list of records of {operation.key} and {operation.value}"
                )
                self._refuse(operation.at, f"{label(found)} where {wanted} is needed", "name another place")
                return ANYTHING

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
                self._refuse(operation.at, f"{label(found)} has no items", "each goes through lists and maps; use in")
                return found

    def _item(self, operation: Each, items: Shape) -> Shape:
        inner = self._inside(operation.at)
        if isinstance(items, Anything):
            return inner.run(operation.ops, ANYTHING)
        changed = inner.run(operation.ops, without_null(items))
        return union(changed, NULL) if nullable(items) else changed

    def _branch(self, operation: Branch, shape: Shape) -> Shape:
        at = operation.at
        member = self._find(shape, at)
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
                        self._refuse(at, f"no arm for {name}", f"add the arm {name}, or write else: keep")
            if names is None and operation.otherwise == "keep":
                results.append(arm)
        for name in operation.arms.keys() - used:
            self._refuse(at, f"the old version has no arm {name!r} here", "take it out")
        joined = results[0] if results else Never()
        for result in results[1:]:
            joined = union(joined, result)
        if not at.parts:
            return joined
        return self._edit(shape, at, lambda found: found and Member(joined, found.required))


def replace_members(record: Record, members: dict[str, Member]) -> Record:
    """The record with other members."""
    return Record(members, open=record.open, name=record.name)


def _made(to: Pointer, shape: Shape) -> Shape:
    for name in reversed(to.parts):
        shape = Record({name: Member(shape)})
    return shape


def _suggestion(shape: Shape, at: Pointer) -> str:
    holder = member_at(shape, at.parent.parts)
    bare = without_null(holder.shape) if holder else None
    if not isinstance(bare, Record):
        return "name a member of the old version; items of lists are reached by each"
    close = get_close_matches(at.name, bare.members, 1)
    if close:
        return f"did you mean {at.parent / close[0]}?"
    return f"it has {', '.join(list(bare.members)[:8]) or 'none'}"


def _listed(symbol: Any, symbols: Iterable[Any]) -> bool:
    return any(isinstance(symbol, bool) is isinstance(other, bool) and symbol == other for other in symbols)


def _accepted(wanted: str) -> set[str]:
    return {"double", "int", "any"} if wanted == "double" else {wanted, "any"}


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
