"""The walk over every pair of types that data of the writer can bring together.

Whatever a reader does at one meeting is determined there, so a pair of schemas is compatible exactly if no rule
complains at any meeting that some event reaches. The walk is breadth first with an explicit queue: nothing is assumed
about a pair that is still open, hence circles need no care, and the way to a fault is as short as it can be.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from compat.avro import rules
from compat.avro.datum import Data, Datum, branch, one_item, one_value
from compat.avro.java import Records
from compat.avro.resolution import Reading, Resolution
from compat.avro.rules import Fact, Meeting
from compat.avro.schema import Array, Field, Map, Node, Primitive, Record, Union
from compat.budget import Budget

Rule: TypeAlias = Callable[[Meeting], Iterator[Fact]]

_RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    "array": rules.AT_CONTAINERS,
    "map": rules.AT_CONTAINERS,
    "enum": rules.AT_ENUMS,
    "fixed": rules.AT_FIXED,
    "record": rules.AT_RECORDS,
}


@dataclass(frozen=True, slots=True, eq=False)
class Stop:
    """A meeting on the way from the roots: how it was reached, and where the two readings went apart, if they did."""

    meeting: Meeting
    before: Stop | None = None
    step: Field | int | None = None
    """The writer's field or branch that leads here; None below arrays and maps, and where only the reader moved."""
    into: Field | None = None
    """The reader's field that leads here."""
    apart: tuple[Stop, int] | None = None
    """The meeting at a reader union where the readings took different branches, and the branch taken on this way."""

    def event(self, inner: Datum, data: Data) -> Datum:
        """A whole event with a value at this place, and the smallest ones everywhere else."""
        here: Stop = self
        while here.before is not None:
            above = here.before.meeting.writer
            if here.meeting.writer is not above:
                match above:
                    case Record() if isinstance(here.step, Field):
                        inner = data.with_field(above, here.step.name, inner)
                    case Array():
                        inner = one_item(inner)
                    case Map():
                        inner = one_value(inner)
                    case Union() if isinstance(here.step, int):
                        inner = branch(here.step, inner)
            here = here.before
        return inner

    def under(self, reading: Reading) -> Stop:
        """The same meeting for fewer readings."""
        return replace(self, meeting=replace(self.meeting, reading=reading))

    def way(self) -> Iterator[Stop]:
        """This meeting and those before it, up to the roots."""
        here: Stop | None = self
        while here is not None:
            yield here
            here = here.before


def faults(resolution: Resolution, budget: Budget) -> Iterator[tuple[Stop, Fact]]:
    """Everything any rule says about a pair of schemas, each fault once. Raises BudgetSpent."""
    if resolution.writer.root not in resolution.writer.weights:
        return
    root = Stop(Meeting(resolution, resolution.writer.root, resolution.reader.root, Reading.BOTH))
    walk = _Walk(resolution, budget)
    walk.enter(root)
    while walk.queue:
        budget.spend()
        yield from walk.visit(walk.queue.popleft())
    yield from walk.clash(root)


class _Walk:
    def __init__(self, resolution: Resolution, budget: Budget) -> None:
        self.resolution = resolution
        self.budget = budget
        self.queue: deque[Stop] = deque()
        self._seen: set[tuple[Node, Node, Records, Reading]] = set()
        self._told: set[tuple[object, ...]] = set()
        self._stopping: set[tuple[str, object]] = set()
        """Rules that something blocking was told of, each with the writer's part."""

    def enter(self, stop: Stop) -> None:
        """Queue a meeting unless the same types have met under these readings already."""
        meeting = stop.meeting
        writer, reader, reading = meeting.writer, meeting.reader, meeting.reading
        within = meeting.within if isinstance(writer, Record) and isinstance(reader, Union) else None
        if (writer, reader, within, Reading.BOTH) in self._seen or (writer, reader, within, reading) in self._seen:
            return
        self._seen.add((writer, reader, within, reading))
        self.queue.append(stop)

    def clash(self, root: Stop) -> Iterator[tuple[Stop, Fact]]:
        """What keeps the Java library from rewriting the writer's names, unless that was told where it happens."""
        for fact in rules.aliases_clash(root.meeting):
            fields = fact.before.fields if isinstance(fact.before, Record) else ()
            if not any((fact.rule, field) in self._stopping for field in fields):
                yield root, fact

    def visit(self, stop: Stop) -> Iterator[tuple[Stop, Fact]]:
        """What is wrong at a meeting; where nothing stops the data, go on to the meetings inside."""
        meeting = stop.meeting
        match meeting.writer, meeting.reader:
            case Union() as writer, reader:
                yield from self._branches(stop, writer, reader)
                return
            case writer, Union() as reader:
                yield from self._tell(stop, rules.AT_UNIONS)
                yield from self._choose(stop, writer, reader)
                return
            case writer, _:
                faults = list(self._tell(stop, _RULES.get(writer.kind, rules.AT_PRIMITIVES)))
        yield from faults
        left: Reading | None = meeting.reading
        for _, fact in faults:
            left = left.without(fact.runs) if left is not None and fact.severity.blocks else left
        if left is not None:
            yield from self._inside(stop if left is meeting.reading else stop.under(left))

    def _tell(self, stop: Stop, which: tuple[Rule, ...]) -> Iterator[tuple[Stop, Fact]]:
        for rule in which:
            for fact in rule(stop.meeting):
                if stop.apart is not None and fact.severity.blocks:
                    union, index = stop.apart
                    fact = rules.apart(union.meeting, fact, index)
                yield from self._once(stop, fact)

    def _once(self, stop: Stop, fact: Fact) -> Iterator[tuple[Stop, Fact]]:
        if fact.key() not in self._told:
            self._told.add(fact.key())
            if fact.severity.blocks:
                self._stopping.add((fact.rule, fact.before))
            yield stop, fact

    def _branches(self, stop: Stop, writer: Union, reader: Node) -> Iterator[tuple[Stop, Fact]]:
        reading = stop.meeting.reading
        if isinstance(reader, Union) and self.resolution.are_plainly_equal(writer, reader):
            return
        aligned = isinstance(reader, Union) and self.resolution.java.goes_by_branch(writer, reader)
        for index, each in enumerate(writer.branches):
            self.budget.spend()
            if each not in self.resolution.writer.weights:
                continue
            if aligned and isinstance(reader, Union) and reading.java:
                yield from self._aligned(stop, each, reader, index)
            else:
                self._go(stop, each, reader, reading, index)

    def _aligned(self, stop: Stop, writer: Node, reader: Union, index: int) -> Iterator[tuple[Stop, Fact]]:
        """The Java library goes branch by branch through equal unions, which always reads; the first match may not."""
        reading = stop.meeting.reading
        union = Stop(Meeting(self.resolution, writer, reader, reading), stop, index, None, stop.apart)
        literal = self.resolution.first_match(writer, reader)
        if literal != index:
            if reading.literal:
                self._go(stop, writer, reader, Reading.LITERAL, index)
            if literal is not None and reading is Reading.BOTH:
                yield from self._part(union, reader, literal, index)
            return
        yield from self._tell(union, (rules.union_branch_by_name_alone,))
        self._go(stop, writer, reader.branches[index], reading, index)

    def _choose(self, stop: Stop, writer: Node, reader: Union) -> Iterator[tuple[Stop, Fact]]:
        reading = stop.meeting.reading
        literal = self.resolution.first_match(writer, reader) if reading.literal else None
        java = self.resolution.java.choice(writer, reader, stop.meeting.within) if reading.java else None
        if literal == java and literal is not None:
            self._go(stop, writer, reader.branches[literal], reading)
            return
        if literal is not None and java is not None:
            yield from self._part(stop, reader, literal, java)
        for index, taken in ((literal, Reading.LITERAL), (java, Reading.JAVA)):
            if index is not None:
                apart = (stop, index) if reading is Reading.BOTH and None not in (literal, java) else stop.apart
                self._go(stop, writer, reader.branches[index], taken, apart=apart)

    def _part(self, stop: Stop, reader: Union, literal: int, java: int) -> Iterator[tuple[Stop, Fact]]:
        branches = reader.branches
        yield from self._once(stop, rules.union_branches_part(stop.meeting, branches[literal], branches[java]))

    def _inside(self, stop: Stop) -> Iterator[tuple[Stop, Fact]]:
        meeting = stop.meeting
        match meeting.writer, meeting.reader:
            case Record() as writer, Record() as reader:
                yield from self._records(stop, writer, reader)
            case (Array(items=w), Array(items=r)) | (Map(values=w), Map(values=r)):
                if w in self.resolution.writer.weights:
                    self._go(stop, w, r, meeting.reading)
                elif meeting.reading.literal and not self.resolution.matches(w, r):
                    yield from self._tell_empty(stop, w, r)

    def _records(self, stop: Stop, writer: Record, reader: Record) -> Iterator[tuple[Stop, Fact]]:
        told = list(self._tell(stop, rules.AT_FIELDS))
        yield from told
        if stop.meeting.reading is not Reading.BOTH or self.resolution.read_alike(writer, reader):
            self._fields(stop, writer, reader)
            return
        self._fields(stop.under(Reading.LITERAL), writer, reader)
        java = stop.under(Reading.JAVA)
        if not any(fact.rule == "ALIAS_AMBIGUOUS" and fact.severity.blocks for _, fact in told):
            yield from self._tell(java, rules.AT_FIELDS)
        self._fields(java, writer, reader)

    def _fields(self, stop: Stop, writer: Record, reader: Record) -> None:
        for written, into in self.resolution.claims(writer, reader, stop.meeting.reading).pairs:
            self.budget.spend()
            self._go(stop, written.type, into.type, stop.meeting.reading, written, into)

    def _tell_empty(self, stop: Stop, writer: Node, reader: Node) -> Iterator[tuple[Stop, Fact]]:
        """Items that never exist still have to match: arrays match if their item types do."""
        inside = Meeting(self.resolution, writer, reader, Reading.LITERAL)
        for rule in (rules.type_mismatch, rules.name_mismatch):
            for fact in rule(inside):
                yield from self._once(stop, rules.without_items(fact, stop.meeting.writer))

    def _go(
        self,
        stop: Stop,
        writer: Node,
        reader: Node,
        reading: Reading,
        step: Field | int | None = None,
        into: Field | None = None,
        apart: tuple[Stop, int] | None = None,
    ) -> None:
        if isinstance(writer, Primitive) and writer.kind == reader.kind and writer.logical == reader.logical:
            return  # the most common meeting, and no rule has anything to say about it
        above = stop.meeting
        within = above.within
        if isinstance(above.writer, Record) and isinstance(above.reader, Record):
            within = (above.writer, above.reader)
        meeting = Meeting(self.resolution, writer, reader, reading, within)
        self.enter(Stop(meeting, stop, step, into, apart or stop.apart))
