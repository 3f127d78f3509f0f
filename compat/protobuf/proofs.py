"""Events for findings: where in an event two messages meet, what to write there, and the finding with its witness."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from compat.budget import Budget
from compat.protobuf.candidates import Candidates
from compat.protobuf.minimal import Minimal
from compat.protobuf.model import Schema
from compat.protobuf.records import Field, Message
from compat.protobuf.rules import RULES
from compat.protobuf.wire import records
from compat.protobuf.witness import Event, Executor, Reading, worst
from compat.verdict import Difference, Fragment, Incompatibility, Reason, Severity, Undecided

Cause = Incompatibility | Undecided
Probe = Callable[[], tuple[Event, Reading] | None]


@dataclass(frozen=True, slots=True)
class Goal:
    """A writer's and a reader's message that meet, and the way from an event's root down to them."""

    writer: Message
    reader: Message
    parent: Goal | None = None
    via: Field | None = None
    """The writer's field of the parent's message."""
    depth: int = 0

    @property
    def path(self) -> tuple[int, ...]:
        numbers: list[int] = []
        at: Goal = self
        while at.parent is not None and at.via is not None:
            numbers.append(at.via.number)
            at = at.parent
        return tuple(reversed(numbers))

    @property
    def entry(self) -> bool:
        """Whether one of the two is the entry of a map, which has neither presence nor names."""
        return self.writer.map_entry or self.reader.map_entry


class Proofs:
    """Makes events of one writer and runs them against one reader."""

    def __init__(self, reader: Schema, writer: Schema, budget: Budget) -> None:
        self._writer = writer
        self._budget = budget
        self.minimal = Minimal(writer)
        self.candidates = Candidates(writer, self.minimal)
        self.executor = Executor(writer, reader)

    def proven(self, rule: str, message: str, before: Fragment | None, after: Fragment | None, probe: Probe) -> Cause:
        """The finding with its executed witness; a finding that would block and has none is undecided."""
        severity = RULES[rule].severity
        found = probe()
        difference = Difference(rule, message, before, after)
        if found is not None:
            return Incompatibility(difference, severity, self.executor.witness(*found))
        if severity.blocks:
            place = before.place if before else after.place if after else None
            return Undecided(Reason.NO_WITNESS, f"{message}, but no event that shows it was found", place)
        return Incompatibility(difference, severity, None)

    def worst_arrival(
        self,
        goal: Goal,
        field: Field,
        contents: Iterable[Sequence[object]] | None = None,
        only: Severity | None = None,
        enough: Severity = Severity.ERROR,
    ) -> tuple[Event, Reading] | None:
        """Write each content into the field, and say what arrives in the worst case.

        ``only`` asks for one severity; one that blocks is shown as well by an event that cannot be read at all.
        ``enough`` is the worst there can be.
        """

        def readings() -> Iterator[tuple[Event, Reading | None]]:
            asked = {only, Severity.ERROR} if only is not None and only.blocks else {only}
            for event in self.events(goal, field, contents):
                reading = self.executor.arrival(event, goal.path, field.number)
                if only is None or reading is None or reading.severity in asked:
                    yield event, reading

        return worst(readings(), only or enough)

    def probe(
        self,
        goal: Goal,
        field: Field,
        content: object,
        question: Callable[[Event, Sequence[int], int], Reading | None],
    ) -> tuple[Event, Reading] | None:
        """Write one content, or leave the field out, and ask the executor a question about it."""
        inner = b"" if content is None else records(field, [content])
        event = self.event(goal, inner, set() if content is None else {field.number})
        return first(event, question(event, goal.path, field.number))

    def by_name(self, goal: Goal, field: Field) -> tuple[Event, Reading] | None:
        """A content that the reader does not find under the name the writer gave it; or cannot read at all."""
        readings = []
        for event in self.events(goal, field):
            reading = self.executor.by_name(event, goal.path, field.number)
            if reading is not None and reading.severity is Severity.LOSSY:
                return event, reading
            readings.append((event, reading))
        return worst(readings)

    def incomplete(self, goal: Goal) -> tuple[Event, Reading] | None:
        """An event with nothing but what the writer requires, which the reader finds incomplete."""
        event = self.event(goal, b"", set())
        return first(event, self.executor.missing(event))

    def event(self, goal: Goal, inner: bytes, given: set[int]) -> Event:
        """An event of the goal's root that holds ``inner`` in the goal's message, and all that is required."""
        at, data, there = goal, inner, given
        while at.parent is not None and at.via is not None:
            data = records(at.via, [self.minimal.complete(at.writer, data, there)])
            there = {at.via.number}
            at = at.parent
        return Event(at.writer.name, at.reader.name, self.minimal.complete(at.writer, data, there))

    def lost_inside(self, goal: Goal, lost: Sequence[Field]) -> tuple[Event, Reading] | None:
        """A content of one of these fields that does not arrive."""
        for field in lost:
            found = self.worst_arrival(goal, field, only=Severity.DROPPED)
            if found is not None:
                return found
        return next(filter(None, (self.worst_arrival(goal, field) for field in lost)), None)

    def both_set(self, goal: Goal, apart: Sequence[Field]) -> tuple[Event, Reading] | None:
        """An event with two fields set of which the reader keeps one."""
        one, second = apart[0], apart[1]
        readings = []
        for event in self.together(goal, one, second):
            reading = self.executor.arrival(event, goal.path, one.number)
            if reading is not None and reading.severity is Severity.DROPPED:
                return event, reading
            readings.append((event, reading))
        return worst(readings)

    def events(self, goal: Goal, field: Field, contents: Iterable[Sequence[object]] | None = None) -> Iterator[Event]:
        """Events with each content in the field; its boundary values where no contents are given."""
        for content in self.candidates.contents(field) if contents is None else contents:
            self._budget.spend()
            yield self.event(goal, records(field, content), {field.number})

    def together(self, goal: Goal, one: Field, second: Field) -> Iterator[Event]:
        """Events with two fields set, the first of them to each of its boundary values."""
        after = records(second, next(iter(self.candidates.contents(second))))
        for contents in self.candidates.contents(one):
            self._budget.spend()
            yield self.event(goal, records(one, contents) + after, {one.number, second.number})

    def writable(self, field: Field) -> bool:
        """Whether an event can hold the field at all: not if its message requires itself without end."""
        if not field.holds_message:
            return True
        if field.map:
            return self.writable(self._writer.message(field.type_name).fields[2])
        return self.minimal.of(field.type_name) is not None


def first(event: Event, reading: Reading | None) -> tuple[Event, Reading] | None:
    """An event that was executed, if it showed something."""
    return None if reading is None else (event, reading)
