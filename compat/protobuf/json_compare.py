"""What keeps a reader from parsing, as JSON, what a writer writes as JSON (protobuf.dev, 'ProtoJSON Format').

JSON knows names, not numbers: fields meet by their JSON name (or the name they were declared with), values of enums by
theirs, and numbers are read wherever they fit. So this is another walk than the binary one, and finds other things.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import Final

from compat.budget import Budget
from compat.protobuf.enums import undeclared
from compat.protobuf.json_execution import MAX_NESTING, JsonExecutor, Step
from compat.protobuf.model import Schema, counterpart
from compat.protobuf.proofs import Cause, Goal, Proofs, first
from compat.protobuf.records import ENUM, Field, Message
from compat.protobuf.rules import RULES
from compat.protobuf.wire import record
from compat.protobuf.witness import Event, Reading, worst
from compat.protobuf.words import enum_fragment, field_label, fragment, kind, value_fragment
from compat.verdict import Difference, Fragment, Incompatibility, Reason, Severity, Undecided

_OWN_JSON: Final = frozenset(
    f"google.protobuf.{name}"
    for name in (
        "Any", "Timestamp", "Duration", "FieldMask", "Struct", "Value", "ListValue", "DoubleValue", "FloatValue",
        "Int64Value", "UInt64Value", "Int32Value", "UInt32Value", "BoolValue", "StringValue", "BytesValue",
    )
)  # fmt: skip
"""Messages with a JSON form of their own, which their fields do not show."""
_ANY: Final = "google.protobuf.Any"
_NULL: Final = "google.protobuf.NullValue"

Probe = Callable[[], tuple[Event, Reading] | None]


@dataclass(frozen=True, slots=True)
class _Meeting:
    """Two messages that meet, and the way down to them."""

    goal: Goal
    steps: tuple[Step, ...] = ()


class JsonComparison:
    """One reader against one writer. ``run`` yields every finding once."""

    def __init__(self, reader: Schema, writer: Schema, budget: Budget) -> None:
        self._reader = reader
        self._writer = writer
        self._budget = budget
        self._proofs = Proofs(reader, writer, budget)
        self._executor = JsonExecutor(writer, reader)
        self._queue: deque[_Meeting] = deque()
        self._met: set[tuple[str, str]] = set()

    def run(self) -> Iterator[Cause]:
        """Raises LimitExceeded when the budget is spent. A message the reader lacks is the binary comparison's."""
        for name in self._writer.event_names:
            target = counterpart(self._writer, self._reader, name)
            if self._reader.has_message(target):
                self._meet(_Meeting(Goal(self._writer.message(name), self._reader.message(target))))
                while self._queue:
                    yield from self._messages(self._queue.popleft())

    def _meet(self, meeting: _Meeting) -> None:
        pair = (meeting.goal.writer.name, meeting.goal.reader.name)
        if pair not in self._met and not _OWN_JSON & set(pair):
            self._met.add(pair)
            self._queue.append(meeting)

    def _messages(self, meeting: _Meeting) -> Iterator[Cause]:
        goal = meeting.goal
        if self._proofs.minimal.of(goal.writer.name) is None:
            return
        yield from self._oneofs(meeting)
        yield from self._required(meeting)
        for field in goal.writer.fields.values():
            self._budget.spend()
            other = named(goal.reader, field)
            if not self._proofs.writable(field):
                yield from self._empty(meeting, field, other)
            elif other is None:
                yield self._unknown(meeting, field, partial(self._worst, meeting, field, None, enough=Severity.ERROR))
            else:
                yield from self._fields(meeting, field, other)

    # ------------------------------------------------------------------------------------------ fields

    def _unknown(self, meeting: _Meeting, field: Field, probe: Probe) -> Cause:
        goal = meeting.goal
        renamed = goal.reader.fields.get(field.number)
        said = field_label(goal.writer, field)
        if renamed is None:
            message = f"{said} is written as {field.json_name}, and the reader has no such field"
        else:
            message = f"{said} is written as {field.json_name}; the reader's name for it is {renamed.json_name}"
        return self._proven(
            "JSON_FIELD_REMOVED" if renamed is None else "JSON_FIELD_RENAMED",
            message,
            fragment(field),
            None if renamed is None else fragment(renamed),
            probe,
        )

    def _empty(self, meeting: _Meeting, field: Field, other: Field | None) -> Iterator[Cause]:
        """A list or map that can never hold anything: writers that print every field print it empty."""
        if not field.repeated or (other is not None and (other.repeated, other.map) == (True, field.map)):
            return
        event = replace(self._proofs.event(meeting.goal, b"", set()), zeros=True)
        found = first(event, self._executor.refused(event) or self._executor.missing(event))
        if other is None:
            yield self._unknown(meeting, field, lambda: found)
        elif found is not None:
            said = field_label(meeting.goal.writer, field)
            message = f"{said}: {_shape(field)}, always empty, became {_shape(other)}"
            yield self._proven("JSON_VALUE_UNREADABLE", message, fragment(field), fragment(other), lambda: found)

    def _fields(self, meeting: _Meeting, field: Field, other: Field) -> Iterator[Cause]:
        both_messages = field.holds_message and other.holds_message
        shaped = field.repeated == other.repeated and field.map == other.map
        if shaped and both_messages and not self._formed_otherwise(field, other):
            self._descend(meeting, field, other)
        elif shaped and field.type == other.type and not both_messages:
            if field.type == ENUM:
                yield from self._enums(meeting, field, other)
        else:
            yield from self._changed(meeting, field, other)

    def _formed_otherwise(self, field: Field, other: Field) -> bool:
        """Whether one of two messages has a JSON form of its own and the other is another message."""
        return field.type_name != other.type_name and bool(_OWN_JSON & {field.type_name, other.type_name})

    def _descend(self, meeting: _Meeting, field: Field, other: Field) -> None:
        inner, theirs = self._writer.message(field.type_name), self._reader.message(other.type_name)
        goal = meeting.goal
        if goal.depth < MAX_NESTING:
            below = Goal(inner, theirs, goal, field, goal.depth + 1)
            self._meet(_Meeting(below, (*meeting.steps, Step(field, other))))
        else:
            self._meet(_Meeting(Goal(inner, theirs)))

    def _changed(self, meeting: _Meeting, field: Field, other: Field) -> Iterator[Cause]:
        contents = chain(self._anys(meeting.goal, field), self._proofs.candidates.contents(field))
        found = self._worst(meeting, field, other, contents, enough=Severity.ERROR)
        if found is None or found[1].severity is Severity.INFO:
            return
        unreadable = found[1].severity is Severity.ERROR
        tells = "some values cannot be parsed" if unreadable else "some values are read as others"
        yield self._proven(
            "JSON_VALUE_UNREADABLE" if unreadable else "JSON_VALUE_CHANGED",
            f"{field_label(meeting.goal.writer, field)}: {_shape(field)} became {_shape(other)}: {tells}",
            fragment(field),
            fragment(other),
            lambda: found,
        )

    def _anys(self, goal: Goal, field: Field) -> Iterator[list[object]]:
        """Of an Any one that holds a message: its JSON names a type that the writer knows."""
        smallest = self._proofs.minimal.of(goal.writer.name)
        if field.type_name == _ANY and smallest is not None:
            url = f"type.googleapis.com/{goal.writer.name}"
            yield [record(1, "string", url) + record(2, "bytes", smallest)]

    def _enums(self, meeting: _Meeting, field: Field, other: Field) -> Iterator[Cause]:
        if field.type_name == other.type_name == _NULL or (field.type_name, other.type_name) in self._met:
            return
        self._met.add((field.type_name, other.type_name))
        ours, theirs = self._writer.enum(field.type_name), self._reader.enum(other.type_name)
        names = {value.name for value in theirs.values}
        for number, values in ours.by_number.items():
            self._budget.spend()
            if values[0].name not in names:
                yield self._proven(
                    "JSON_ENUM_VALUE_UNKNOWN",
                    f"{theirs.name} has no value named {values[0].name}",
                    value_fragment(values[0]),
                    enum_fragment(theirs),
                    partial(self._worst, meeting, field, other, [[number]], enough=Severity.ERROR),
                )
        if theirs.closed and not ours.closed:
            strange = undeclared([*ours.by_number, *theirs.by_number])
            found = self._worst(meeting, field, other, [[strange]], enough=Severity.ERROR)
            if found is not None and found[1].severity is Severity.ERROR:
                message = f"{ours.name} is open and can hold {strange}; {theirs.name} is closed and cannot"
                before, after = enum_fragment(ours), enum_fragment(theirs)
                yield self._proven("JSON_VALUE_UNREADABLE", message, before, after, lambda: found)

    def _required(self, meeting: _Meeting) -> Iterator[Cause]:
        """Required fields of one number whose names were given to others: what each side requires goes elsewhere."""
        goal = meeting.goal
        fields = [field for field in goal.writer.fields.values() if field.required]
        filled = {id(named(goal.reader, field)) for field in fields}
        for field in fields:
            other = goal.reader.fields.get(field.number)
            if other is None or not other.required or id(other) in filled or named(goal.reader, field) is None:
                continue  # filled, or the business of the binary comparison, or already an unknown name
            said = field_label(goal.writer, field)
            yield self._proven(
                "JSON_FIELD_RENAMED",
                f"{said} is written as {field.json_name}; the reader requires it as {other.json_name}",
                fragment(field),
                fragment(other),
                partial(self._incomplete, goal),
            )

    def _incomplete(self, goal: Goal) -> tuple[Event, Reading] | None:
        event = self._proofs.event(goal, b"", set())
        return first(event, self._executor.missing(event))

    # ------------------------------------------------------------------------------------------ oneofs

    def _oneofs(self, meeting: _Meeting) -> Iterator[Cause]:
        """What the reader takes one of and the writer can set together: members of a oneof, two names of one field."""
        goal = meeting.goal
        joined: dict[object, dict[str, tuple[Field, Field]]] = {}
        for field in goal.writer.fields.values():
            other = named(goal.reader, field)
            if other is not None and self._proofs.writable(field):
                pair = joined.setdefault(other.oneof or other.number, {})
                pair.setdefault(field.oneof or field.json_name, (field, other))
        for apart in joined.values():
            if len(apart) > 1:
                yield self._joined(meeting, [field for field, _ in apart.values()], next(iter(apart.values()))[1])

    def _joined(self, meeting: _Meeting, members: Sequence[Field], taken: Field) -> Cause:
        names, name = ", ".join(member.json_name for member in members), meeting.goal.writer.name
        if taken.oneof:
            return self._proven(
                "JSON_ONEOF_JOINED",
                f"{name}: the reader takes one of {names}, the writer can set them together",
                fragment(members[0]),
                Fragment(meeting.goal.reader.place, f"oneof {taken.oneof}"),
                partial(self._both_refused, meeting.goal, members),
            )
        return self._proven(
            "JSON_NAMES_JOINED",
            f"{name}: {names} are names of one field for the reader, the writer can set them together",
            fragment(members[0]),
            fragment(taken),
            partial(self._both_in_one, meeting, members, taken),
        )

    def _both_refused(self, goal: Goal, members: Sequence[Field]) -> tuple[Event, Reading] | None:
        """An event with both: one that is refused for the oneof, or for whatever comes before that."""
        other_reason: tuple[Event, Reading] | None = None
        for event in self._together(goal, members):
            reading = self._executor.refused(event)
            if reading is not None and "oneof" in reading.reader_error:
                return event, reading
            other_reason = other_reason or first(event, reading)
        return other_reason

    def _both_in_one(self, meeting: _Meeting, members: Sequence[Field], taken: Field) -> tuple[Event, Reading] | None:
        """An event with both, if possible with values that can be told apart."""
        alike: tuple[Event, Reading] | None = None
        for event in self._together(meeting.goal, members):
            reading = self._executor.joined(event, meeting.steps, members, taken)
            if reading is not None and (reading.severity is Severity.DROPPED or "oneof" in reading.reader_error):
                return event, reading
            alike = alike or first(event, reading)
        return alike

    def _together(self, goal: Goal, members: Sequence[Field]) -> Iterator[Event]:
        """Events with the first two fields, and at last such as print zeros too: an enum may have no other value."""
        event: Event | None = None
        for event in self._proofs.together(goal, members[0], members[1]):
            yield event
        if event is not None:
            yield replace(event, zeros=True)

    # ------------------------------------------------------------------------------------------ proofs

    def _worst(
        self,
        meeting: _Meeting,
        field: Field,
        other: Field | None,
        contents: Iterable[Sequence[object]] | None = None,
        *,
        enough: Severity,
    ) -> tuple[Event, Reading] | None:
        """Write each content into the field, and say what a parser makes of it in the worst case."""

        def readings() -> Iterator[tuple[Event, Reading | None]]:
            for event in self._proofs.events(meeting.goal, field, contents):
                reading = self._executor.arrival(event, meeting.steps, field, other)
                if reading is None and not field.presence and not field.repeated:
                    event = replace(event, zeros=True)
                    reading = self._executor.arrival(event, meeting.steps, field, other)
                yield event, reading

        return worst(readings(), enough)

    def _proven(self, rule: str, message: str, before: Fragment | None, after: Fragment | None, probe: Probe) -> Cause:
        severity, difference = RULES[rule].severity, Difference(rule, message, before, after)
        found = probe()
        if found is not None:
            return Incompatibility(difference, severity, self._executor.witness(*found))
        side = before or after
        return Undecided(
            Reason.NO_WITNESS, f"{message}, but no event that shows it was found", side.place if side else None
        )


def named(message: Message, field: Field) -> Field | None:
    """The field that a parser finds under the name a writer gives one: JSON names first, then declared ones.

    Of fields with one name in JSON, of which protoc warns in proto2, the last.
    """
    by_name = [each for each in message.fields.values() if each.name == field.json_name]
    by_json = [each for each in message.fields.values() if each.json_name == field.json_name]
    return next(iter([*reversed(by_json), *by_name]), None)


def _shape(field: Field) -> str:
    return f"repeated {kind(field)}" if field.repeated and not field.map else kind(field)
