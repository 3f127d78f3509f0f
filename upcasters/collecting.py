"""Several events that become one: in a replay of a whole stream, by key, and never more of them at once than is said.

What comes out depends on the events and their order alone. A replay can be broken off at any event: its ``state`` is
JSON-ready, and a new one goes on from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias
from uuid import NAMESPACE_URL, uuid5

import msgspec

from upcasters.codecs import sort_of
from upcasters.errors import UpcastFailed
from upcasters.interpret import Context, Fault, compute, failure, holds, run
from upcasters.operations import NAMES, Collect, Emit, Operation
from upcasters.step import Step
from upcasters.stream import Event, through

KEY: Final = "key"
EVENTS: Final = "events"
"""The members of what the operations of ``collect`` work on."""

Key: TypeAlias = str | int
Outcome: TypeAlias = Event | UpcastFailed
"""What comes of events: one, or why there is none."""


@dataclass(slots=True)
class Counts:
    """What a replay has gathered so far."""

    events: int = 0
    """That were taken."""
    complete: int = 0
    """Groups that became an event because they were complete."""
    incomplete: int = 0
    """Groups whose time was up, or that the end of the stream cut off."""


@dataclass(slots=True)
class _Group:
    first: int
    """Place of its first event in the stream."""
    events: list[Event] = field(default_factory=list)


class Replay:
    """A stream on its way through the steps of a chain, event after event. It belongs to one thread."""

    def __init__(self, steps: tuple[Step, ...], run_step: Callable[[Step, Any], Any], state: Any = None) -> None:
        """``state`` is that of a replay of the same chain that was broken off."""
        self._run_step = run_step
        self._stages = [_Gatherer(step, run_step) if collects(step.ops) else step for step in steps]
        self.counts = Counts()
        if state is not None:
            self.counts = msgspec.convert(state["counts"], Counts)
            for stage, kept in zip(self._gatherers(), state["open"], strict=True):
                stage.restore(kept)

    @property
    def state(self) -> Any:
        """What a new replay needs to go on from here."""
        return {"counts": msgspec.to_builtins(self.counts), "open": [stage.state for stage in self._gatherers()]}

    def take(self, event: Event) -> list[Outcome]:
        """What comes of the next event of the stream: it may complete a group, and others' time may be up."""
        self.counts.events += 1
        return list(self._through(0, event))

    def finish(self) -> list[Outcome]:
        """What comes of the groups that are left at the end of the stream."""
        outcomes: list[Outcome] = []
        for index, stage in enumerate(self._stages):
            if isinstance(stage, _Gatherer):
                outcomes += self._onward(index, stage.rest(self.counts))
        return outcomes

    def _gatherers(self) -> list[_Gatherer]:
        return [stage for stage in self._stages if isinstance(stage, _Gatherer)]

    def _through(self, index: int, event: Event) -> Iterator[Outcome]:
        if index == len(self._stages):
            yield event
            return
        stage = self._stages[index]
        try:
            if isinstance(stage, _Gatherer):
                yield from self._onward(index, stage.take(event, self.counts))
                return
            results = list(through((stage,), self._run_step, event))
        except UpcastFailed as error:
            yield error
            return
        emits = any(isinstance(operation, Emit) for operation in stage.ops)
        for result in results:
            leaves = emits and result.type != event.type
            yield from (result,) if leaves else self._through(index + 1, result)

    def _onward(self, index: int, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        for outcome in outcomes:
            yield from (outcome,) if isinstance(outcome, UpcastFailed) else self._through(index + 1, outcome)


class _Gatherer:
    """The groups of one step that are open. They are closed in the order in which they were opened."""

    def __init__(self, step: Step, run_step: Callable[[Step, Any], Any]) -> None:
        self._step = step
        self._run_step = run_step
        self._collect = _collect(step)
        self._groups: dict[Key, _Group] = {}
        self._seen = 0

    @property
    def state(self) -> Any:
        groups = [[key, group.first, msgspec.to_builtins(group.events)] for key, group in self._groups.items()]
        return {"seen": self._seen, "groups": groups}

    def restore(self, state: Any) -> None:
        self._seen = state["seen"]
        for key, first, events in state["groups"]:
            self._groups[key] = _Group(first, msgspec.convert(events, list[Event]))

    def take(self, event: Event, counts: Counts) -> list[Outcome]:
        self._seen += 1
        outcomes = list(self._due(counts))
        try:
            for ready in _prepared(self._step, self._run_step, event):
                outcomes += self._add(ready, counts)
        except UpcastFailed as error:
            outcomes.append(error)
        return outcomes

    def _due(self, counts: Counts) -> Iterator[Outcome]:
        """The groups that the event at hand is too late for."""
        while self._groups:
            key, oldest = next(iter(self._groups.items()))
            if oldest.first + self._collect.within > self._seen:
                return
            yield self._close(key, counts, f"after {self._collect.within} events of the stream")

    def rest(self, counts: Counts) -> list[Outcome]:
        return [self._close(key, counts, "at the end of the stream") for key in list(self._groups)]

    def _add(self, event: Event, counts: Counts) -> list[Outcome]:
        key = _key(self._step, event)
        group = self._groups.setdefault(key, _Group(self._seen))
        group.events.append(event)
        if len(group.events) < self._collect.most and not _ends(self._step, event):
            return []
        del self._groups[key]
        counts.complete += 1
        return [_made(self._step, key, group.events)]

    def _close(self, key: Key, counts: Counts, when: str) -> Outcome:
        events = self._groups.pop(key).events
        counts.incomplete += 1
        if self._collect.incomplete == "keep":
            return _made(self._step, key, events)
        wanted = f"has {len(events)} of {self._collect.most} events {when}"
        return failure(self._step, Fault(f"the group {key!r} {wanted}", place=_place(self._step)))


def collects(ops: tuple[Operation, ...]) -> Collect | None:
    """The operation of a document that gathers events, if it has one."""
    last = ops[-1] if ops else None
    return last if isinstance(last, Collect) else None


def _collect(step: Step) -> Collect:
    found = collects(step.ops)
    assert found is not None  # noqa: S101 - asked of steps that gather alone
    return found


def gather(step: Step, run_step: Callable[[Step, Any], Any], events: Iterable[Event]) -> Event | None:
    """The one event that a step makes of several, taken for a complete group. Raises UpcastFailed."""
    ready = [one for event in events for one in _prepared(step, run_step, event)]
    if not ready:
        return None
    made = _made(step, _key(step, ready[0]), ready)
    if isinstance(made, UpcastFailed):
        raise made
    return made


def _place(step: Step, below: str = "") -> str:
    return f"/ops/{len(step.ops) - 1}/{NAMES[Collect]}{below}"


def _prepared(step: Step, run_step: Callable[[Step, Any], Any], event: Event) -> list[Event]:
    """What the operations before make of an event. Raises UpcastFailed."""
    before = replace(step, ops=step.ops[:-1])
    return list(through((before,), run_step, event)) if before.ops else [event]


def _key(step: Step, event: Event) -> Key:
    context = Context(_place(step, "/key"))
    try:
        key = compute(_collect(step).key, event.payload, context)
        if isinstance(key, bool) or not isinstance(key, str | int):
            raise context.fault(f"the key is {sort_of(key)}: a text or a whole number is expected")
    except Fault as fault:
        raise failure(step, fault) from fault
    return key


def _ends(step: Step, event: Event) -> bool:
    until = _collect(step).until
    try:
        return until is not None and holds(until, event.payload, Context(_place(step, "/until")))
    except Fault as fault:
        raise failure(step, fault) from fault


def _made(step: Step, key: Key, events: list[Event]) -> Outcome:
    """The event that a group becomes; it stands where its last event stood."""
    gathered = {KEY: key, EVENTS: [event.payload for event in events]}
    try:
        payload = run(_collect(step).ops, gathered, Context(_place(step, "/ops")))
    except Fault as fault:
        return failure(step, fault)
    ids = [event.id for event in events]
    identity = str(uuid5(NAMESPACE_URL, "/".join(ids))) if all(ids) else ""
    return replace(events[-1], payload=payload, id=identity)
