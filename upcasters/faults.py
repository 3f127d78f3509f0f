"""What is wrong with one operation whatever the event looks like: names, tables, factors, codecs, expressions."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final, TypeAlias

from msgspec import UNSET

from upcasters.codecs import CODECS, constant
from upcasters.errors import InvalidDocument, InvalidExpression
from upcasters.exact import factor
from upcasters.expression import parse
from upcasters.operations import (
    Add,
    Branch,
    Collect,
    Convert,
    Default,
    DropEvent,
    Emit,
    Fail,
    Join,
    Literally,
    Map,
    Operation,
    Remove,
    Rename,
    Scale,
    Set,
    Split,
    When,
)

Fault: TypeAlias = tuple[str, str, str]
"""The field, what is wrong with it, and what to do."""

MOST_PLACES: Final = 60
MOST_COLLECTED: Final = 1_000
"""Events that become one."""
WIDEST: Final = 100_000
"""Events of a stream that a group may span: so many are kept at once, at most."""
ARMS: Final = ("null", "boolean", "number", "string", "bytes", "array", "object")


def faults(operation: Operation) -> Iterator[Fault]:  # noqa: C901 - one case per operation
    """Everything wrong with one operation, its nested ones apart."""
    match operation:
        case Rename(at=at, to=to):
            if not at.parts:
                yield "at", "the root has no name", "name a member: /name"
            if not to:
                yield "to", "the name is empty", "write a name"
        case Remove(at=at, restore=restore, literal=literal):
            if not at.parts:
                yield "at", "the root cannot be taken away", "name a member, or use drop_event"
            if restore is not UNSET:
                yield from _constant("restore", restore, literal)
        case Add(value=value, literal=literal) | Default(value=value, literal=literal):
            yield from _constant("value", value, literal)
        case Map():
            yield from _table(operation)
        case Convert(using=using):
            if using not in CODECS:
                close = get_close_matches(using, CODECS, 1)
                yield (
                    "using",
                    f"there is no codec {using!r}",
                    f"use {close[0] if close else ' or '.join(sorted(CODECS))}",
                )
        case Scale():
            yield from _scale(operation)
        case Set(expr=expr, down=down):
            yield from _expression("expr", expr)
            if down is not None:
                yield from _expression("down", down)
        case When(condition=condition):
            yield from _expression("if", condition)
        case Fail(condition=condition) | DropEvent(condition=condition):
            yield from _expression("when", condition)
        case Join(source=places, separator=_):
            if len(places) < 2:
                yield "from", "one text is not joined", "name two places or more, or use move"
        case Split(to=places, separator=separator):
            if len(places) < 2:
                yield "to", "one part is not split off", "name two places or more, or use move"
            if not separator:
                yield "separator", "the separator is empty", "write the text between the parts"
        case Branch(arms=arms, by=None):
            if unknown := [arm for arm in arms if arm not in ARMS]:
                yield (
                    "arms",
                    f"there is no sort of value {unknown[0]!r}",
                    f"use {', '.join(ARMS)}, or write by: a member",
                )
        case Collect():
            yield from _collect(operation)
        case Emit(events=events):
            if not events:
                yield "events", "no events", "use drop_event"


def _collect(operation: Collect) -> Iterator[Fault]:
    yield from _expression("key", operation.key)
    if operation.until is not None:
        yield from _expression("until", operation.until)
    if not 1 <= operation.most <= MOST_COLLECTED:
        yield "most", f"{operation.most} events in one", f"write 1 to {MOST_COLLECTED}"
    if not operation.most <= operation.within <= WIDEST:
        yield "within", f"{operation.within} events of the stream", f"write at least most, and at most {WIDEST}"


def _constant(key: str, value: object, literal: Literally | None) -> Iterator[Fault]:
    try:
        constant(value, literal)
    except InvalidDocument as error:
        yield "as", error.message, error.remedy
    except (ValueError, TypeError) as error:
        wanted = literal if isinstance(literal, str) else "value of its kind, at the place that as names"
        yield key, str(error), f"write a text that stands for a {wanted}"


def _expression(key: str, text: str) -> Iterator[Fault]:
    try:
        parse(text)
    except InvalidExpression as error:
        yield key, f"{error.reason}, character {error.position + 1}", error.remedy or "correct the expression"


def _table(operation: Map) -> Iterator[Fault]:
    seen: set[tuple[bool, object]] = set()
    for old, _ in operation.pairs:
        if old is None:
            yield "table", "null is in the table, and passes by it", "use default with when: null"
        key = (isinstance(old, bool), old)
        if key in seen:
            yield "table", f"{old!r} is in the table twice", "keep one of them"
        seen.add(key)
    if not seen:
        yield "table", "the table is empty", "list what becomes what"


def _scale(operation: Scale) -> Iterator[Fault]:
    try:
        factor(operation.by)
    except ValueError as error:
        yield "by", str(error), "write by: 100, by: '0.01' or by: '1/60'"
    if not 0 <= operation.places <= MOST_PLACES:
        yield "places", f"{operation.places} digits after the point", f"write 0 to {MOST_PLACES}"
    elif operation.places and operation.result in ("int32", "int64", "integer"):
        yield "places", "a whole number has no digits after the point", "take places out, or choose another result"
    if operation.to == "":
        yield "to", "the name is empty", "write a name"
