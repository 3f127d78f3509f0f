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
from upcasters.errors import NoChain, NotAPayload, UpcastFailed
from upcasters.interpret import Context, Fault, compute, failure, holds, run
from upcasters.kept import kept, restored
from upcasters.operations import NAMES, Collect, Emit, Envelope, Operation, Retype
from upcasters.step import Step
from upcasters.stream import Event, through

KEY: Final = "key"
EVENTS: Final = "events"
"""The members of what the operations of ``collect`` work on."""

Key: TypeAlias = str | int
Positions: TypeAlias = tuple[tuple[int, ...], ...]
RunStep: TypeAlias = Callable[[Step, Any], Any]
"""Does a step without stream-level operations."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of events of the stream."""

    result: Event | UpcastFailed | None
    """The event that came of them, why none did, or None where a step dropped it."""
    origins: Positions
    """Where those events stood."""


@dataclass(slots=True)
class Counts:
    """What a replay has gathered so far."""

    events: int = 0
    """That were taken."""
    complete: int = 0
    """Groups that became an event because they were complete."""
    incomplete: int = 0
    """Groups whose time was up, or that the end of the stream cut off."""


class Replay:
    """A stream on its way through the steps of a chain, event after event. It belongs to one thread."""

    def __init__(self, steps: tuple[Step, ...], run_step: RunStep, state: Any = None) -> None:
        """``state`` is that of a replay of the same chain that was broken off."""
        self._run_step = run_step
        self.counts = Counts() if state is None else msgspec.convert(state["counts"], Counts)
        self._stages = [Gatherer(step, self.counts) if collects(step.ops) else step for step in steps]
        self._entries = {step.source: index for index, step in enumerate(steps)}
        if state is not None:
            for stage, left in zip(self._gatherers(), state["open"], strict=True):
                stage.restore(left)

    @property
    def state(self) -> Any:
        """What a new replay needs to go on from here."""
        return {"counts": msgspec.to_builtins(self.counts), "open": [stage.state for stage in self._gatherers()]}

    @property
    def held(self) -> int:
        """How many events are in groups that are open."""
        return sum(stage.held for stage in self._gatherers())

    def take(self, event: Event, version: int | None = None) -> list[Outcome]:
        """What comes of the next event of the stream: it may complete a group, and others' time may be up.

        ``version`` is the event's, where it is not the chain's first. Raises NoChain for one that no step starts at.
        """
        if version is not None and version not in self._entries:
            raise NoChain(f"no step starts at version {version}")
        self.counts.events += 1
        return list(self._through(0 if version is None else self._entries[version], event, (event.position,)))

    def finish(self) -> list[Outcome]:
        """What comes of the groups that are left at the end of the stream."""
        outcomes: list[Outcome] = []
        for index, stage in enumerate(self._stages):
            if isinstance(stage, Gatherer):
                outcomes += self._onward(index, stage.rest())
        return outcomes

    def _gatherers(self) -> list[Gatherer]:
        return [stage for stage in self._stages if isinstance(stage, Gatherer)]

    def _through(self, index: int, event: Event, origins: Positions) -> Iterator[Outcome]:
        if index == len(self._stages):
            yield Outcome(event, origins)
            return
        stage = self._stages[index]
        step = stage.before if isinstance(stage, Gatherer) else stage
        if isinstance(stage, Gatherer):
            yield from self._onward(index, stage.next())
        try:
            results = prepared(step, self._run_step, event)
        except UpcastFailed as error:
            yield Outcome(error, origins)
            return
        if not results:
            yield Outcome(None, origins)
        for result in results:
            if isinstance(stage, Gatherer):
                yield from self._onward(index, stage.add(result, origins))
            elif result.type != event.type and any(isinstance(operation, Emit) for operation in step.ops):
                yield Outcome(result, origins)
            else:
                yield from self._through(index + 1, result, origins)

    def _onward(self, index: int, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        for outcome in outcomes:
            if isinstance(outcome.result, Event):
                yield from self._through(index + 1, outcome.result, outcome.origins)
            else:
                yield outcome


@dataclass(slots=True)
class _Group:
    first: int
    """Place of its first event in the stream."""
    events: list[Event] = field(default_factory=list)
    origins: Positions = ()


class Gatherer:
    """The groups of one step that are open. They are closed in the order in which they were opened."""

    def __init__(self, step: Step, counts: Counts) -> None:
        self.step = step
        self.before = before(step)
        self._counts = counts
        self._collect = _collect(step)
        self._groups: dict[Key, _Group] = {}
        self._place = 0

    @property
    def state(self) -> Any:
        """JSON-ready, for ``restore``."""
        groups = [
            [key, group.first, group.origins, [_written(event) for event in group.events]]
            for key, group in self._groups.items()
        ]
        return {"seen": self._place, "groups": groups}

    def restore(self, state: Any) -> None:
        """Go on from what another gatherer of the same step had open."""
        self._place = state["seen"]
        for key, first, origins, events in state["groups"]:
            found = [Event(**restored(event)) for event in events]
            self._groups[key] = _Group(first, found, tuple(map(tuple, origins)))

    @property
    def held(self) -> int:
        """Events in open groups."""
        return sum(len(group.origins) for group in self._groups.values())

    def next(self, place: int | None = None) -> list[Outcome]:
        """Go on to the next event of the stream, or to the one at ``place``: the groups that it is too late for."""
        self._place = self._place + 1 if place is None else place
        outcomes = []
        while self._groups:
            key, oldest = next(iter(self._groups.items()))
            if oldest.first + self._collect.within > self._place:
                break
            outcomes.append(self._close(key, f"after {self._collect.within} events of the stream"))
        return outcomes

    def add(self, event: Event, origins: Positions) -> list[Outcome]:
        """Put the event at hand, as the operations before left it, to its group; it may be complete then."""
        try:
            key, last = key_of(self.step, event), _ends(self.step, event)
        except UpcastFailed as error:
            return [Outcome(error, origins)]
        group = self._groups.setdefault(key, _Group(self._place))
        group.events.append(event)
        group.origins += origins
        if len(group.events) < self._collect.most and not last:
            return []
        del self._groups[key]
        self._counts.complete += 1
        return [Outcome(_made(self.step, key, group.events), group.origins)]

    def rest(self) -> list[Outcome]:
        """What comes of the groups that are open at the end of the stream."""
        return [self._close(key, "at the end of the stream") for key in list(self._groups)]

    def _close(self, key: Key, when: str) -> Outcome:
        group = self._groups.pop(key)
        self._counts.incomplete += 1
        if self._collect.incomplete == "keep":
            return Outcome(_made(self.step, key, group.events), group.origins)
        wanted = f"has {len(group.events)} of {self._collect.most} events {when}"
        fault = Fault(f"the group {key!r} {wanted}", place=_place(self.step))
        return Outcome(failure(self.step, fault), group.origins)


def collects(ops: tuple[Operation, ...]) -> Collect | None:
    """The operation of a document that gathers events, if it has one."""
    last = ops[-1] if ops else None
    return last if isinstance(last, Collect) else None


def require_payloads(steps: Iterable[Step]) -> None:
    """Refuse steps that need more than payloads in their order: a place for types and headers, or for parts of events.

    Raises NotAPayload.
    """
    for step in steps:
        for operation in step.ops:
            if isinstance(operation, Emit | Envelope | Retype):
                what = f"{step.subject} v{step.source}->v{step.target} has {NAMES[type(operation)]}"
                raise NotAPayload(f"{what}: what is stored has no place for it; use Chain.replay() in Python")


def _collect(step: Step) -> Collect:
    found = collects(step.ops)
    assert found is not None  # noqa: S101 - asked of steps that gather alone
    return found


def gather(step: Step, run_step: RunStep, events: Iterable[Event]) -> Event | None:
    """The one event that a step makes of several, taken for a complete group. Raises UpcastFailed."""
    ready = [one for event in events for one in prepared(before(step), run_step, event)]
    if not ready:
        return None
    made = _made(step, key_of(step, ready[0]), ready)
    if isinstance(made, UpcastFailed):
        raise made
    return made


def before(step: Step) -> Step:
    """What a step does to each event: all of it, or the operations before it gathers them."""
    return replace(step, ops=step.ops[:-1]) if collects(step.ops) else step


def prepared(step: Step, run_step: RunStep, event: Event) -> list[Event]:
    """What comes of one event by a step that does not gather. Raises UpcastFailed."""
    return list(through((step,), run_step, event)) if step.ops else [event]


def _place(step: Step, below: str = "") -> str:
    return f"/ops/{len(step.ops) - 1}/{NAMES[Collect]}{below}"


def _written(event: Event) -> Any:
    return kept({
        "type": event.type, "payload": event.payload, "id": event.id, "headers": dict(event.headers),
        "position": event.position, "attributes": dict(event.attributes),
    })  # fmt: skip


def key_of(step: Step, event: Event) -> Key:
    """What a step that gathers puts an event together by. Raises UpcastFailed."""
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


def _made(step: Step, key: Key, events: list[Event]) -> Event | UpcastFailed:
    """The event that a group becomes; it stands where its last event stood."""
    gathered = {KEY: key, EVENTS: [event.payload for event in events]}
    try:
        payload = run(_collect(step).ops, gathered, Context(_place(step, "/ops")))
    except Fault as fault:
        return failure(step, fault)
    ids = [event.id for event in events]
    identity = str(uuid5(NAMESPACE_URL, "/".join(ids))) if all(ids) else ""
    return replace(events[-1], payload=payload, id=identity)
