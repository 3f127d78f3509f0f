"""Whole events: what a chain that renames, splits or drops events makes of a stream of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from upcasters.interpret import Context, Fault, bounded, failure, holds, run
from upcasters.operations import (
    NAMES,
    Collect,
    DropEvent,
    Emit,
    Envelope,
    In,
    Move,
    Operation,
    Part,
    Retype,
    Set,
    Wrap,
)
from upcasters.path import ROOT, Pointer
from upcasters.shape import EVENT, HEADERS, PAYLOAD
from upcasters.step import Step


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: its type, its payload, and what the store knows of it."""

    type: str
    payload: Any
    id: str = ""
    headers: Mapping[str, Any] = field(default_factory=dict)
    position: tuple[int, ...] = (0,)
    """Place in the stream; of an event that came of another, its place among those as well: the order to keep."""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """What else the store knows: ``time``, ``source`` and their kin, as CloudEvents names them."""


def through(steps: tuple[Step, ...], run_step: Callable[[Step, Any], Any], event: Event) -> Iterator[Event]:
    """What steps make of one event: none, one or several. ``run_step`` does a step without stream-level operations.

    Events that take another type by ``emit`` leave the chain: their own type has its own versions.
    """
    pending, left = [event], []
    for step in steps:
        after: list[Event] = []
        for current in pending:
            if not step.stream_level:
                after.append(replace(current, payload=bounded(step, run_step(step, current.payload))))
                continue
            for result in _through(step, current):
                bounded(step, result.payload)
                if result.type == event.type or not _emits(step):
                    after.append(result)
                else:
                    left.append(result)
        pending = after
    yield from sorted((*pending, *left), key=lambda result: result.position)


def lifted(ops: tuple[Operation, ...]) -> Iterator[Operation]:
    """What a document does to payload, headers and event, as operations on the envelope: what there is to check."""
    for operation in ops:
        match operation:
            case Envelope(ops=inner):
                yield from inner
            case Collect():
                yield from (In(Pointer((PAYLOAD,)), (one,)) for one in gathering(operation))
            case Retype() | DropEvent() | Emit():
                pass
            case _:
                yield In(Pointer((PAYLOAD,)), (operation,))


def gathering(operation: Collect) -> Iterator[Operation]:
    """What gathering makes of a single event, as operations on its payload."""
    key = "[key]"
    yield Set(Pointer((key,)), operation.key)
    yield Move(ROOT, Pointer(("events",)))
    yield Move(Pointer(("events", key)), Pointer(("key",)))
    yield Wrap(Pointer(("events",)))
    yield from operation.ops


def _emits(step: Step) -> bool:
    return any(isinstance(operation, Emit) for operation in step.ops)


def _through(step: Step, event: Event) -> Iterator[Event]:
    """One step with stream-level operations, by the interpreter."""
    for index, operation in enumerate(step.ops):
        context = Context(f"/ops/{index}/{NAMES[type(operation)]}")
        try:
            match operation:
                case Retype(source=source, to=to):
                    if event.type != source:
                        raise context.fault(f"the event is {event.type}, not {source}")
                    event = replace(event, type=to)
                case Envelope(ops=ops):
                    event = _around(event, ops, replace(context, place=f"{context.place}/ops"))
                case DropEvent(condition=condition):
                    if holds(condition, event.payload, context):
                        return
                case Collect():
                    raise context.fault("several events become one: only a replay job can, with replay()")
                case Emit(events=parts):
                    yield from (_part(event, part, place, context) for place, part in enumerate(parts))
                    return
                case _:
                    event = replace(event, payload=_one(operation, event.payload, index))
        except Fault as fault:
            raise failure(step, fault) from fault
    yield event


def _around(event: Event, ops: tuple[Operation, ...], context: Context) -> Event:
    known = {**event.attributes, "type": event.type, "id": event.id, "position": event.position[0]}
    after = run(ops, {PAYLOAD: event.payload, HEADERS: dict(event.headers), EVENT: known}, context)
    if after.get(EVENT) != known or PAYLOAD not in after or not isinstance(after.get(HEADERS), dict):
        raise context.fault("an envelope keeps its payload, its headers and the event as it is")
    return replace(event, payload=after[PAYLOAD], headers=after[HEADERS])


def _one(operation: Operation, payload: Any, index: int) -> Any:
    return run((operation,), payload, Context("/ops"), index)


def _part(event: Event, part: Part, index: int, context: Context) -> Event:
    """One event that comes of another: its id is derived, so that every reader gives it the same."""
    payload = run(part.ops, event.payload, replace(context, place=f"{context.place}/events/{index}/ops"))
    identity = str(uuid5(NAMESPACE_URL, f"{event.id}/{index}")) if event.id else ""
    return replace(event, type=part.type, payload=payload, id=identity, position=(*event.position, index))
