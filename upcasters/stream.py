"""Whole events: what a chain that renames, splits or drops events makes of a stream of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from upcasters.interpret import Context, Fault, failure, holds, run
from upcasters.operations import NAMES, DropEvent, Emit, Operation, Part, Retype
from upcasters.step import Step


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: its type, its payload, and what the store knows of it."""

    type: str
    payload: Any
    id: str = ""
    headers: Mapping[str, Any] = field(default_factory=dict)
    position: tuple[int, int] = (0, 0)
    """Place in the stream, and among the events that came of one: the order to keep."""


def through(steps: tuple[Step, ...], run_step: Callable[[Step, Any], Any], event: Event) -> Iterator[Event]:
    """What steps make of one event: none, one or several. ``run_step`` does a step without stream-level operations.

    Events that take another type by ``emit`` leave the chain: their own type has its own versions.
    """
    pending = [event]
    for step in steps:
        after: list[Event] = []
        for current in pending:
            if not step.stream_level:
                after.append(replace(current, payload=run_step(step, current.payload)))
                continue
            for result in _through(step, current):
                if result.type == event.type or not _emits(step):
                    after.append(result)
                else:
                    yield result
        pending = after
    yield from pending


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
                case DropEvent(condition=condition):
                    if holds(condition, event.payload, context):
                        return
                case Emit(events=parts):
                    yield from (_part(event, part, place, context) for place, part in enumerate(parts))
                    return
                case _:
                    event = replace(event, payload=_one(operation, event.payload, index))
        except Fault as fault:
            raise failure(step, fault) from fault
    yield event


def _one(operation: Operation, payload: Any, index: int) -> Any:
    return run((operation,), payload, Context("/ops"), index)


def _part(event: Event, part: Part, index: int, context: Context) -> Event:
    """One event that comes of another: its id is derived, so that every reader gives it the same."""
    payload = run(part.ops, event.payload, replace(context, place=f"{context.place}/events/{index}/ops"))
    identity = str(uuid5(NAMESPACE_URL, f"{event.id}/{index}")) if event.id else ""
    return Event(part.type, payload, identity, event.headers, (event.position[0], index))
