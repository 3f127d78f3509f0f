"""Operations of upcasters in plain words."""

from __future__ import annotations

from typing import Final, assert_never

from upcasters.document import write_operation
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
    Map,
    Move,
    Only,
    Remove,
    Rename,
    Retype,
    Scale,
    Set,
    Split,
    Unwrap,
    When,
    Wrap,
    nested,
)
from upcasters.operations import Operation as Written
from upcasters.path import Pointer
from web.code import compact
from web.views.chain import Operation
from web.words import counted

SHOWN: Final = 200
"""Operations of one document that are listed."""
_LONGEST: Final = 220


def operations(written: tuple[Written, ...]) -> tuple[Operation, ...]:
    """Operations with what they do in words, those inside others behind them."""
    told: list[Operation] = []
    pending = [(f"/ops/{index}", one) for index, one in enumerate(written)][::-1]
    while pending and len(told) < SHOWN:
        place, one = pending.pop()
        told.append(Operation(sentence(one), compact(write_operation(one), _LONGEST), place))
        inner = [(f"{place}{where}/{index}", each) for where, ops in nested(one) for index, each in enumerate(ops)]
        pending.extend(reversed(inner))
    return tuple(told)


def _at(pointer: Pointer) -> str:
    """A pointer as people say it: ``customer.name``."""
    return ".".join(pointer.parts) or "the whole event"


def _all(pointers: tuple[Pointer, ...]) -> str:
    return " and ".join(_at(pointer) for pointer in pointers)


def sentence(operation: Written) -> str:  # noqa: C901 - one case per operation
    """What an operation does, in one sentence without a full stop."""
    match operation:
        case Rename(at=at, to=to):
            return f"Rename {_at(at)} to {to}"
        case Move(source=source, to=to):
            return f"Move {_at(source)} to {_at(to)}"
        case Copy(source=source, to=to):
            return f"Copy {_at(source)} to {_at(to)}"
        case Add(at=at, value=value):
            return f"Add {_at(at)} with the value {compact(value, 60)}"
        case Default(at=at, value=value, when=when):
            missing = {"absent": "absent", "null": "null", "either": "absent or null"}[when]
            return f"Where {_at(at)} is {missing}, take {compact(value, 60)}"
        case Remove(at=at):
            return f"Remove {_at(at)}"
        case Only(at=at, members=members):
            return f"Of {_at(at)}, keep only {', '.join(members)}"
        case Map(at=at):
            return f"Translate {_at(at)} by a table of {counted(len(operation.pairs), 'entry', 'entries')}"
        case Convert(at=at, using=using):
            return f"Write {_at(at)} another way: {using.replace('->', ' to ')}"
        case Scale(at=at, by=by, to=to):
            renamed = f", and name it {to}" if to else ""
            return f"Multiply {_at(at)} by {by}, exactly{renamed}"
        case Set(at=at, expr=expr):
            return f"Compute {_at(at)} as {expr}"
        case Join(source=source, to=to, separator=separator):
            return f"Join {_all(source)} into {_at(to)}, with {separator!r} between"
        case Split(source=source, to=to, separator=separator):
            return f"Split {_at(source)} at {separator!r} into {_all(to)}"
        case Wrap(at=at):
            return f"Make {_at(at)} a list of one"
        case Unwrap(at=at, take=take):
            return f"Take the {'only' if take == 'one' else take} item of {_at(at)}"
        case Entries(at=at, to=to):
            return f"Turn {_at(at)} into a {to}"
        case Each(at=at, ops=ops):
            return f"In each of {_at(at)}: {counted(len(ops), 'operation')}"
        case In(at=at, ops=ops):
            return f"Inside {_at(at)}: {counted(len(ops), 'operation')}"
        case When(condition=condition):
            return f"Where {condition}"
        case Branch(at=at, by=by):
            return f"Depending on {by or 'the type'} of {_at(at)}"
        case Fail(condition=condition, reason=reason):
            return f"Refuse the event where {condition}: {reason}"
        case Envelope(ops=ops):
            return f"Around the payload: {counted(len(ops), 'operation')}"
        case Retype(source=source, to=to):
            return f"The event {source} becomes {to}"
        case DropEvent(condition=condition):
            return f"Leave the event out where {condition}"
        case Emit(events=events):
            return f"Make {counted(len(events), 'event')} of it: {', '.join(part.type for part in events)}"
        case Collect(key=key, most=most, ops=ops):
            done = counted(len(ops), "operation")
            return f"In replay jobs, make one event of up to {most} with the same {key}: {done}"
        case _:
            assert_never(operation)
