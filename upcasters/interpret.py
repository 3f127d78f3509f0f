"""Do operations one after another on one event: the reference meaning of the language, and its diagnostics.

Payloads are trees of dict, list and leaves; nothing handed in is changed. Whoever compiles operations into something
faster must come to the same payload, or fail where this fails.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, assert_never

from upcasters.codecs import CODECS, constant, sort_of
from upcasters.errors import EventRefused, InvalidExpression, UpcastFailed
from upcasters.evaluate import ABSENT, evaluate, get
from upcasters.exact import factor, scaled
from upcasters.expression import Expression, needs, parse
from upcasters.functions import truth
from upcasters.growth import require_room
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
    Scalar,
    Scale,
    Set,
    Split,
    Unwrap,
    When,
    Wrap,
)
from upcasters.path import ROOT, Pointer
from upcasters.step import Step


class Fault(Exception):
    """An operation cannot be done: where in the document, where in the event, and why. Never leaves this package."""

    def __init__(self, reason: str, pointer: Pointer = ROOT, place: str = "", *, refused: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.pointer = pointer
        self.place = place
        self.refused = refused


@dataclass(frozen=True, slots=True)
class Context:
    """Where the scope lies: for messages only."""

    place: str = ""
    """Of the operation in the document."""
    scope: Pointer = ROOT
    """Of the scope in the event."""

    def fault(self, reason: str, at: Pointer = ROOT, *, refused: bool = False) -> Fault:
        return Fault(reason, self.scope / at, self.place, refused=refused)


@lru_cache(maxsize=4096)
def parsed(text: str) -> Expression:
    """The tree of an expression, kept."""
    return parse(text)


def interpret(step: Step, payload: Any) -> Any:
    """What a step makes of a payload. Raises UpcastFailed, EventRefused."""
    try:
        return run(step.ops, payload, Context("/ops"))
    except Fault as fault:
        raise failure(step, fault) from fault


def bounded(step: Step, payload: Any) -> Any:
    """What has come of a step, if it has not grown beyond all bounds. Raises UpcastFailed."""
    try:
        return require_room(payload)
    except ValueError as error:
        raise failure(step, Fault(str(error), place="/ops")) from error


def failure(step: Step, fault: Fault) -> UpcastFailed:
    """The error that people see for a fault in a step."""
    kind = EventRefused if fault.refused else UpcastFailed
    return kind(step.subject, (step.source, step.target), fault.place, str(fault.pointer), fault.reason)


def run(ops: tuple[Operation, ...], scope: Any, context: Context, start: int = 0) -> Any:
    """Do operations on a scope, in order; the first is number ``start`` of its list."""
    for index, operation in enumerate(ops, start):
        place = f"{context.place}/{index}/{NAMES[type(operation)]}"
        scope = apply(operation, scope, Context(place, context.scope))
    return scope


def apply(operation: Operation, scope: Any, context: Context) -> Any:  # noqa: C901 - one case per operation
    """Do one operation on a scope."""
    match operation:
        case Rename(at=at, to=to):
            return _move(scope, at, at.parent / to, context)
        case Move(source=source, to=to, prune=prune):
            moved = _move(scope, source, to, context)
            return _prune(moved, source.parent, context) if prune else moved
        case Copy(source=source, to=to):
            return _place(scope, to, _read(scope, source, context), context)
        case Add(at=at):
            return _write(scope, at, _constant(operation.value, operation.literal), context)
        case Default():
            return _default(operation, scope, context)
        case Remove(at=at):
            return _delete(scope, at, context)
        case Only(at=at, members=members):
            return _change(scope, at, lambda value: only(value, members), context)
        case Map(at=at):
            return _change(scope, at, lambda value: look_up(operation, value), context)
        case Convert(at=at, using=using):
            return _change(scope, at, CODECS[using].run, context)
        case Scale():
            return _scale(operation, scope, context)
        case Set():
            return _set(operation, scope, context)
        case Join():
            return _join(operation, scope, context)
        case Split():
            return _split(operation, scope, context)
        case Wrap(at=at):
            return _change(scope, at, lambda value: [value], context)
        case Unwrap(at=at, take=take):
            return _change(scope, at, lambda value: unwrapped(value, take), context)
        case Entries(at=at):
            return _change(scope, at, lambda value: entries(operation, value), context)
        case Each(at=at, ops=ops):
            return _each(at, ops, scope, context)
        case In(at=at, ops=ops):
            return _in(at, ops, scope, context, "/ops")
        case When(condition=condition, then=then, otherwise=otherwise):
            chosen, below = (then, "/ops") if holds(condition, scope, context) else (otherwise, "/else")
            return run(chosen, scope, replace(context, place=context.place + below))
        case Branch():
            return _branch(operation, scope, context)
        case Fail(condition=condition, reason=reason):
            if holds(condition, scope, context):
                raise context.fault(reason, refused=True)
            return scope
        case Collect():
            raise context.fault("makes one event of several: only a replay job can, with replay()")
        case Envelope() | Retype() | DropEvent() | Emit():
            raise context.fault("concerns the whole event, not its payload: use stream()")
        case _:
            assert_never(operation)


def _constant(value: Any, literal: Any) -> Any:
    return constant(_fresh(value), literal)


def _fresh(value: Any) -> Any:
    """A copy, so that no two events share a constant."""
    match value:
        case dict():
            return {key: _fresh(item) for key, item in value.items()}
        case list():
            return [_fresh(item) for item in value]
        case _:
            return value


def _read(scope: Any, at: Pointer, context: Context) -> Any:
    try:
        return get(scope, at.parts)
    except TypeError as error:
        raise context.fault(str(error), at) from error


def _write(scope: Any, at: Pointer, value: Any, context: Context) -> Any:
    """The scope with a value at a place; records on the way are made."""
    if not at.parts:
        return value
    child: Any = value
    for depth in range(len(at.parts) - 1, -1, -1):
        holder = _read(scope, Pointer(at.parts[:depth]), context)
        if holder is ABSENT and _null_above(scope, at.parts[:depth]):
            raise context.fault("null stands where a record is expected: write with 'in'", Pointer(at.parts[:depth]))
        if holder is not ABSENT and not isinstance(holder, dict):
            raise context.fault(f"{sort_of(holder)} stands where a record is expected", Pointer(at.parts[:depth]))
        child = {**(holder if isinstance(holder, dict) else {}), at.parts[depth]: child}
    return child


def _null_above(scope: Any, parts: tuple[str, ...]) -> bool:
    return any(get(scope, parts[:depth]) is None for depth in range(len(parts)))


def _delete(scope: Any, at: Pointer, context: Context) -> Any:
    if _read(scope, at, context) is ABSENT:
        return scope
    if not at.parts:
        raise context.fault("the root cannot be taken away")
    holder = _read(scope, at.parent, context)
    rest = {name: value for name, value in holder.items() if name != at.name}
    return _write(scope, at.parent, rest, context)


def _place(scope: Any, at: Pointer, value: Any, context: Context) -> Any:
    """Put a value at a place, whatever stood there; an absent value leaves nothing there."""
    return _delete(scope, at, context) if value is ABSENT else _write(scope, at, value, context)


def _move(scope: Any, source: Pointer, to: Pointer, context: Context) -> Any:
    value = _read(scope, source, context)
    taken = _delete(scope, source, context) if source.parts else {}
    return _place(taken, to, value, context)


def _prune(scope: Any, at: Pointer, context: Context) -> Any:
    while at.parts:
        if _read(scope, at, context) == {}:
            scope = _delete(scope, at, context)
        at = at.parent
    return scope


def _change(scope: Any, at: Pointer, change: Callable[[Any], Any], context: Context) -> Any:
    """The scope with the value at a place changed; absent and null stay."""
    value = _read(scope, at, context)
    if value is ABSENT or value is None:
        return scope
    try:
        return _place(scope, at, change(value), context)
    except (ValueError, TypeError, ArithmeticError) as error:
        raise context.fault(str(error), at) from error


def only(value: Any, members: tuple[str, ...]) -> Any:
    """The named members of a record. Raises TypeError."""
    if not isinstance(value, dict):
        raise TypeError(f"{sort_of(value)} where a record is expected")
    return {name: item for name, item in value.items() if name in members}


def _default(operation: Default, scope: Any, context: Context) -> Any:
    value = _read(scope, operation.at, context)
    absent = value is ABSENT and operation.when != "null"
    null = value is None and operation.when != "absent"
    if not (absent or null):
        return scope
    return _write(scope, operation.at, _constant(operation.value, operation.literal), context)


def _key(value: Scalar) -> tuple[bool, Scalar]:
    """What tells scalars apart: true is not 1, 1.0 is."""
    return isinstance(value, bool), value


@lru_cache(maxsize=1024)
def _lookup(pairs: tuple[tuple[bool, Scalar, Scalar], ...]) -> Mapping[tuple[bool, Scalar], Scalar]:
    return {(boolean, old): new for boolean, old, new in pairs}


def look_up(operation: Map, value: Any) -> Any:
    """What a table makes of a value. Raises ValueError."""
    table = _lookup(tuple((*_key(old), new) for old, new in operation.pairs))
    if isinstance(value, str | int | float | bool) and _key(value) in table:
        return table[_key(value)]
    match operation.otherwise:
        case "keep":
            return value
        case Otherwise(value=other):
            return other
        case _:
            raise ValueError(f"the table does not list {_shown(value)}: add it, or write 'else'")


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str | int | float | bool) else sort_of(value)
    return text if len(text) <= 60 else text[:60] + "..."


def _scale(operation: Scale, scope: Any, context: Context) -> Any:
    by = factor(operation.by)
    changed = _change(
        scope,
        operation.at,
        lambda value: scaled(value, by, operation.rounding, operation.result, operation.places),
        context,
    )
    if operation.to is None:
        return changed
    return _move(changed, operation.at, operation.at.parent / operation.to, context)


def compute(text: str, scope: Any, context: Context, at: Pointer = ROOT) -> Any:
    """The value of an expression over the scope, its errors as faults."""
    try:
        return evaluate(parsed(text), scope)
    except (ValueError, TypeError, ArithmeticError) as error:
        raise context.fault(f"{text}: {error}", at) from error
    except InvalidExpression as error:
        raise context.fault(f"{text}: {error.reason}", at) from error


@lru_cache(maxsize=4096)
def _required(text: str) -> tuple[tuple[str, ...], ...]:
    return needs(parse(text)).required


def absent_operand(text: str, scope: Any, context: Context) -> tuple[str, ...] | None:
    """The first member an expression cannot do without that the scope does not have."""
    try:
        return next((parts for parts in _required(text) if get(scope, parts) is ABSENT), None)
    except TypeError as error:
        raise context.fault(f"{text}: {error}") from error


def _set(operation: Set, scope: Any, context: Context) -> Any:
    without = absent_operand(operation.expr, scope, context)
    if without is not None:
        if operation.absent == "skip":
            return scope
        name = ".".join(without) or "the value"
        raise context.fault(f"{operation.expr}: {name} is absent: write absent: skip, or guard it", operation.at)
    return _write(scope, operation.at, compute(operation.expr, scope, context, operation.at), context)


def holds(condition: str, scope: Any, context: Context) -> bool:
    """Whether a condition holds over a scope, its errors as faults."""
    without = absent_operand(condition, scope, context)
    if without is not None:
        name = ".".join(without) or "the value"
        raise context.fault(f"{condition}: {name} is absent: guard it with has({name})")
    try:
        return truth(compute(condition, scope, context))
    except TypeError as error:
        raise context.fault(f"{condition}: {error}") from error


def _join(operation: Join, scope: Any, context: Context) -> Any:
    values = [_read(scope, source, context) for source in operation.source]
    for source in operation.source:
        scope = _delete(scope, source, context)
    if any(value is ABSENT or value is None for value in values):
        return _delete(scope, operation.to, context)
    for source, value in zip(operation.source, values, strict=True):
        if not isinstance(value, str):
            raise context.fault(f"{sort_of(value)} where a text is expected", source)
    return _write(scope, operation.to, operation.separator.join(values), context)


def split_parts(value: Any, separator: str, count: int) -> list[str]:
    """A text taken apart at its first separators into ``count`` texts. Raises ValueError, TypeError."""
    if not isinstance(value, str):
        raise TypeError(f"{sort_of(value)} where a text is expected")
    texts = value.split(separator, count - 1)
    if len(texts) != count:
        raise ValueError(f"{_shown(value)} has fewer than {count - 1} separators {separator!r}")
    return texts


def _split(operation: Split, scope: Any, context: Context) -> Any:
    value = _read(scope, operation.source, context)
    scope = _delete(scope, operation.source, context)
    if value is ABSENT or value is None:
        for target in operation.to:
            scope = _delete(scope, target, context)
        return scope
    try:
        texts = split_parts(value, operation.separator, len(operation.to))
    except (ValueError, TypeError) as error:
        raise context.fault(str(error), operation.source) from error
    for target, text in zip(operation.to, texts, strict=True):
        scope = _write(scope, target, text, context)
    return scope


def unwrapped(value: Any, take: str) -> Any:
    """The only, first or last item of a list; ABSENT for an empty one. Raises ValueError, TypeError."""
    if not isinstance(value, list):
        raise TypeError(f"{sort_of(value)} where a list is expected")
    if take == "one" and len(value) != 1:
        raise ValueError(f"{len(value)} items where exactly one is expected: write take: first or last")
    if not value:
        return ABSENT
    return value[-1 if take == "last" else 0]


def entries(operation: Entries, value: Any) -> Any:
    """A map as a list of records of key and value, or back. Raises ValueError, TypeError."""
    if operation.to == "list":
        if not isinstance(value, dict):
            raise TypeError(f"{sort_of(value)} where a map is expected")
        return [{operation.key: key, operation.value: value[key]} for key in sorted(value)]
    if not isinstance(value, list):
        raise TypeError(f"{sort_of(value)} where a list is expected")
    table: dict[str, Any] = {}
    for item in value:
        key = item.get(operation.key) if isinstance(item, dict) else None
        if not isinstance(key, str) or operation.value not in item:
            raise ValueError(f"an item is no record of {operation.key} (a text) and {operation.value}")
        if key in table:
            raise ValueError(f"the key {_shown(key)} comes twice")
        table[key] = item[operation.value]
    return table


def _each(at: Pointer, ops: tuple[Operation, ...], scope: Any, context: Context) -> Any:
    value = _read(scope, at, context)
    if value is ABSENT or value is None:
        return scope

    def inner(key: str | int, item: Any) -> Any:
        if item is None:
            return None
        return run(ops, item, Context(context.place + "/ops", context.scope / at / str(key)))

    if isinstance(value, list):
        return _write(scope, at, [inner(index, item) for index, item in enumerate(value)], context)
    if isinstance(value, dict):
        return _write(scope, at, {key: inner(key, item) for key, item in value.items()}, context)
    raise context.fault(f"{sort_of(value)} where a list or a map is expected", at)


def _in(at: Pointer, ops: tuple[Operation, ...], scope: Any, context: Context, below: str) -> Any:
    value = _read(scope, at, context)
    if value is ABSENT or value is None:
        return scope
    return _write(scope, at, run(ops, value, Context(context.place + below, context.scope / at)), context)


_SORTS: Final = {type(None): "null", bool: "boolean", str: "string", list: "array", dict: "object", bytes: "bytes"}


def arm_of(value: Any) -> str:
    """The sort of a value, as ``branch`` names its arms."""
    return _SORTS.get(type(value), "number")


def _branch(operation: Branch, scope: Any, context: Context) -> Any:
    value = _read(scope, operation.at, context)
    if value is ABSENT:
        return scope
    if operation.by is None:
        arm: Any = arm_of(value)
    else:
        if not isinstance(value, dict):
            raise context.fault(f"{sort_of(value)} where a record is expected", operation.at)
        arm = value.get(operation.by)
    ops = operation.arms.get(arm) if isinstance(arm, str) else None
    if ops is None:
        if operation.otherwise == "keep":
            return scope
        raise context.fault(f"no arm for {_shown(arm)}: add it, or write else: keep", operation.at)
    inner = Context(str(Pointer.parse(context.place) / "arms" / str(arm)), context.scope / operation.at)
    return _write(scope, operation.at, run(ops, value, inner), context)
