"""Walk a writer's and a reader's messages together and say where the reader fails, with the event that shows it.

Message types are paired as two sides of a field, starting with every message of the writer's own file (each of them,
nested ones too, can be the type of an event). A pair is compared once; since what is wrong with a pair of fields does
not depend on how it was reached, the walk needs no assumptions about recursion. Fields are matched by number.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from google.protobuf.descriptor_pb2 import Edition

from compat.budget import Budget
from compat.protobuf.candidates import Candidates, zero_value
from compat.protobuf.minimal import Minimal
from compat.protobuf.model import ENUM, PACKABLE, Enum, EnumValue, Field, Message, Schema
from compat.protobuf.rules import RULES
from compat.protobuf.wire import LENGTH, records, wire_type
from compat.protobuf.witness import Event, Executor, Reading, same, worst
from compat.verdict import Difference, Fragment, Incompatibility, Place, Reason, Severity, Undecided

MAX_PATH: Final = 90
"""Messages an event of a witness is nested in at most: the runtime reads 100."""

_BY_SEVERITY: Final = {
    Severity.ERROR: "FIELD_TYPE_UNREADABLE",
    Severity.DROPPED: "FIELD_TYPE_DROPPED",
    Severity.LOSSY: "FIELD_TYPE_CHANGES_VALUES",
    Severity.INFO: "FIELD_TYPE_WIDENED",
}
_TELLS: Final = {
    Severity.ERROR: "some events cannot be parsed",
    Severity.DROPPED: "the value does not arrive",
    Severity.LOSSY: "some values are read as others",
    Severity.INFO: "every value is read as it was written",
}

Cause = Incompatibility | Undecided
_Probe = Callable[[], tuple[Event, Reading] | None]


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


class Comparison:
    """One reader against one writer. ``run`` yields every finding once."""

    def __init__(self, reader: Schema, writer: Schema, budget: Budget) -> None:
        self._reader = reader
        self._writer = writer
        self._budget = budget
        self._minimal = Minimal(writer)
        self._candidates = Candidates(writer, self._minimal)
        self._executor = Executor(writer, reader)
        self._queue: deque[Goal] = deque()
        self._met: set[tuple[str, str]] = set()
        self._enums_met: set[tuple[str, str]] = set()
        self._alike = not (reader.extended or writer.extended)

    def run(self) -> Iterator[Cause]:
        """Raises LimitExceeded when the budget is spent."""
        yield from self._file()
        for name in self._writer.event_names:
            target = self._translated(name)
            if self._reader.has_message(target):
                yield from self._moved(name, target)
                self._meet(Goal(self._writer.message(name), self._reader.message(target)))
                while self._queue:
                    yield from self._messages(self._queue.popleft())
            else:
                yield from self._message_removed(name, target)
        yield from self._unused_enums()
        yield from self._added()

    # ------------------------------------------------------------------------------------------ files and types

    def _file(self) -> Iterator[Cause]:
        old, new = self._writer.file, self._reader.file
        if old.package != new.package:
            message = f"the package is {new.package or '(none)'} instead of {old.package or '(none)'}"
            yield _info("PACKAGE_CHANGED", message, _text(f"package {old.package}"), _text(f"package {new.package}"))
        before, after = spelt_syntax(self._writer), spelt_syntax(self._reader)
        if before != after:
            yield _info("SYNTAX_CHANGED", f"{before} became {after}", _text(before), _text(after))

    def _translated(self, name: str) -> str:
        """The name under which the reader knows a message or enum of the writer: a changed package moves all."""
        old, new = self._writer.package, self._reader.package
        known = self._reader.has_message(name) or self._reader.has_enum(name)
        if known or old == new or (old and not name.startswith(f"{old}.")):
            return name
        inner = name.removeprefix(f"{old}.") if old else name
        return f"{new}.{inner}" if new else inner

    def _moved(self, name: str, target: str) -> Iterator[Cause]:
        before, after = self._writer.message(name), self._reader.message(target)
        if after.file != self._reader.main:
            message = f"{name} is declared in {after.file} for the reader"
            yield _info("MESSAGE_MOVED", message, _message_fragment(before), _message_fragment(after))
        elif before.index != after.index:
            message = f"{name} has the message index {list(after.index)} instead of {list(before.index)}"
            yield _info("MESSAGE_INDEX_CHANGED", message, _message_fragment(before), _message_fragment(after))

    def _message_removed(self, name: str, target: str) -> Iterator[Cause]:
        message = self._writer.message(name)
        smallest = self._minimal.of(name)
        if smallest is None:
            return
        event = Event(name, target, smallest)
        yield self._proven(
            "HELD_MESSAGE_REMOVED" if name in self._writer.held else "MESSAGE_REMOVED",
            f"the reader has no message {target}, so events of {name} cannot be read",
            _message_fragment(message),
            None,
            lambda: _first(event, self._executor.no_type(event)),
        )

    def _added(self) -> Iterator[Cause]:
        known = {self._translated(name) for name in self._writer.event_names}
        for name in self._reader.event_names:
            if name not in known and not self._writer.has_message(name):
                yield _info("MESSAGE_ADDED", f"{name} was added", None, _message_fragment(self._reader.message(name)))

    # ------------------------------------------------------------------------------------------ messages

    def _meet(self, goal: Goal) -> None:
        pair = (goal.writer.name, goal.reader.name)
        if pair not in self._met:
            self._met.add(pair)
            self._queue.append(goal)

    def _messages(self, goal: Goal) -> Iterator[Cause]:
        self._budget.spend()
        writer, reader = goal.writer, goal.reader
        if self._equal(writer, reader) or self._minimal.of(writer.name) is None:
            return
        yield from self._oneofs(goal)
        if not goal.entry:
            yield from _reservations(writer, reader)
        for number, field in writer.fields.items():
            self._budget.spend()
            other = reader.fields.get(number)
            if other is None:
                yield from self._field_missing(goal, field)
            elif self._plainly_same(field, other):
                if field.holds_message:
                    self._descend(goal, field, other)
                elif field.type == ENUM:
                    yield from self._enum_type(goal, field, other)
            else:
                yield from self._fields(goal, field, other)
        for number, field in reader.fields.items():
            if number not in writer.fields:
                yield from self._field_added(goal, field)

    def _equal(self, writer: Message, reader: Message) -> bool:
        """Whether both come from the same file with the same imports, so that nothing below can differ."""
        if not self._alike or writer.name != reader.name:
            return False
        return self._writer.file_digests[writer.file] == self._reader.file_digests[reader.file]

    def _writable(self, field: Field) -> bool:
        """Whether an event can hold the field at all: not if its message requires itself without end."""
        if not field.holds_message:
            return True
        if field.map:
            return self._writable(self._writer.message(field.type_name).fields[2])
        return self._minimal.of(field.type_name) is not None

    def _plainly_same(self, writer: Field, reader: Field) -> bool:
        """The common case, decided without looking for facts: the two declarations say the same."""
        return (
            writer.type == reader.type
            and writer.name == reader.name
            and writer.json_name == reader.json_name
            and writer.repeated == reader.repeated
            and writer.packed == reader.packed
            and writer.presence == reader.presence
            and writer.required == reader.required
            and writer.checked == reader.checked
            and writer.oneof == reader.oneof
            and writer.map == reader.map
            and writer.type_name == reader.type_name
            and (writer.default == reader.default or same(writer.default, reader.default))
        )

    def _descend(self, goal: Goal, writer: Field, reader: Field) -> None:
        """Have the messages that the two fields hold compared, once."""
        if (writer.type_name, reader.type_name) in self._met:
            return
        inner, theirs = self._writer.message(writer.type_name), self._reader.message(reader.type_name)
        if goal.depth < MAX_PATH:
            self._meet(Goal(inner, theirs, goal, writer, goal.depth + 1))
        else:
            self._meet(Goal(inner, theirs))

    # ------------------------------------------------------------------------------------------ fields on both sides

    def _fields(self, goal: Goal, writer: Field, reader: Field) -> Iterator[Cause]:
        arrives = True
        if not self._writable(writer):
            pass  # never on the wire, so nothing can happen to it
        elif writer.holds_message and reader.holds_message:
            if writer.type != reader.type:
                yield self._encoding_changed(goal, writer, reader)
                arrives = False
            else:
                yield from self._labels(goal, writer, reader)
                yield from self._message_type(goal, writer, reader)
                self._descend(goal, writer, reader)
        elif writer.type == reader.type:
            yield from self._labels(goal, writer, reader)
            yield from self._utf8(goal, writer, reader)
            if writer.type == ENUM:
                yield from self._enum_type(goal, writer, reader)
        else:
            cause, arrives = self._type_changed(goal, writer, reader)
            yield cause
        if goal.entry:
            if not goal.reader.map_entry:
                yield from self._required(goal, writer, reader)
            return
        if arrives:
            yield from self._presence(goal, writer, reader)
            yield from self._default(goal, writer, reader)
        yield from self._required(goal, writer, reader)
        yield from self._names(goal, writer, reader)
        if writer.oneof != reader.oneof:
            message = f"{_named(goal, writer)} stands {_where(reader)}, not {_where(writer)}"
            yield _info("ONEOF_CHANGED", message, fragment(writer), fragment(reader))

    def _encoding_changed(self, goal: Goal, writer: Field, reader: Field) -> Cause:
        return self._proven(
            "MESSAGE_ENCODING_CHANGED",
            f"{_named(goal, writer)}: {_encoding(writer)} became {_encoding(reader)}",
            fragment(writer),
            fragment(reader),
            lambda: self._worst_arrival(goal, writer),
        )

    def _labels(self, goal: Goal, writer: Field, reader: Field) -> Iterator[Cause]:
        before, after, named = fragment(writer), fragment(reader), _named(goal, writer)
        if writer.repeated and not reader.repeated:
            rule = "PACKED_LIST_TO_SINGLE" if writer.packed else "LIST_TO_SINGLE"
            contents = self._candidates.lists(writer, self._common_numbers(writer, reader))
            yield self._proven(
                rule,
                f"{named}: a list became a single value",
                before,
                after,
                lambda: self._worst_arrival(goal, writer, contents, only=RULES[rule].severity),
            )
        elif reader.map and not writer.map:
            twins = self._candidates.twins(writer) if writer.repeated else None
            yield self._proven(
                "LIST_TO_MAP",
                f"{named}: {'a list of messages' if writer.repeated else 'a message'} became a map",
                before,
                after,
                lambda: self._worst_arrival(goal, writer, twins, only=Severity.LOSSY),
            )
        elif reader.repeated and not writer.repeated:
            yield _info("SINGLE_TO_LIST", f"{named}: a single value became a list", before, after)
        elif writer.map and not reader.map:
            yield _info("MAP_TO_LIST", f"{named}: a map became a list of entries", before, after)
        elif writer.packed != reader.packed:
            yield _info("PACKED_CHANGED", f"{named}: only one side packs the list", before, after)

    def _common_numbers(self, writer: Field, reader: Field) -> frozenset[int] | None:
        """Of an enum on both sides, the numbers both declare: another number would show another fault."""
        if writer.type != ENUM or reader.type != ENUM:
            return None
        return frozenset(self._writer.enum(writer.type_name).by_number) & frozenset(
            self._reader.enum(reader.type_name).by_number
        )

    def _message_type(self, goal: Goal, writer: Field, reader: Field) -> Iterator[Cause]:
        inner, theirs = self._writer.message(writer.type_name), self._reader.message(reader.type_name)
        if self._translated(inner.name) == theirs.name or (inner.map_entry and theirs.map_entry):
            return
        before, after, named = fragment(writer), fragment(reader), _named(goal, writer)
        lost = [f for number, f in inner.fields.items() if number not in theirs.fields and self._writable(f)]
        if not lost:
            if not theirs.map_entry and not inner.map_entry:
                message = f"{named}: {inner.name} became {theirs.name}, which has all its field numbers"
                yield _info("FIELD_TYPE_RENAMED", message, before, after)
            return
        names = ", ".join(f"{field.name} ({field.number})" for field in lost[:5])
        yield self._proven(
            "FIELD_MESSAGE_TYPE_CHANGED",
            f"{named}: {inner.name} became {theirs.name}, which lacks {names}",
            before,
            after,
            lambda: self._lost_inside(Goal(inner, theirs, goal, writer, goal.depth + 1), lost),
        )

    def _lost_inside(self, goal: Goal, lost: Sequence[Field]) -> tuple[Event, Reading] | None:
        for field in lost:
            found = self._worst_arrival(goal, field, only=Severity.DROPPED)
            if found is not None:
                return found
        return next(filter(None, (self._worst_arrival(goal, field) for field in lost)), None)

    def _utf8(self, goal: Goal, writer: Field, reader: Field) -> Iterator[Cause]:
        if writer.checked == reader.checked or writer.type != "string":
            return
        before, after, named = fragment(writer), fragment(reader), _named(goal, writer)
        if writer.checked:
            yield _info("UTF8_CHECK_REMOVED", f"{named}: the reader does not verify UTF-8", before, after)
            return
        yield self._proven(
            "UTF8_CHECK_ADDED",
            f"{named}: the reader verifies UTF-8, the writer does not",
            before,
            after,
            lambda: self._worst_arrival(goal, writer, [[b"\xff"]]),
        )

    def _type_changed(self, goal: Goal, writer: Field, reader: Field) -> tuple[Cause, bool]:
        """The finding, and whether values still arrive."""
        avoided = tuple(self._reader.enum(reader.type_name).by_number) if reader.type == ENUM else ()
        contents = self._candidates.contents(writer, avoided)
        found = self._worst_arrival(goal, writer, contents, enough=_ceiling(writer, reader))
        severity = Severity.INFO if found is None else found[1].severity
        message = f"{_named(goal, writer)}: {kind(writer)} became {kind(reader)}: {_TELLS[severity]}"
        rule = _BY_SEVERITY[severity]
        cause = self._proven(rule, message, fragment(writer), fragment(reader), lambda: found)
        return cause, severity in {Severity.INFO, Severity.LOSSY}

    def _presence(self, goal: Goal, writer: Field, reader: Field) -> Iterator[Cause]:
        if writer.presence == reader.presence or writer.repeated or reader.repeated or writer.holds_message:
            return
        before, after, named = fragment(writer), fragment(reader), _named(goal, writer)
        if reader.presence:
            if not reader.holds_message:
                yield _info("PRESENCE_GAINED", f"{named}: the reader tells absent from zero", before, after)
            return
        probe = partial(self._probe, goal, writer, zero_value(writer), self._executor.presence)
        if probe() is not None:
            message = f"{named}: set to {_spelt_zero(writer)} reads as absent"
            yield self._proven("PRESENCE_LOST", message, before, after, probe)

    def _default(self, goal: Goal, writer: Field, reader: Field) -> Iterator[Cause]:
        if writer.repeated or writer.holds_message or reader.holds_message or writer.required:
            return
        if reader.repeated:
            if same(writer.default, zero_value(writer)):
                return
            reads = "an empty list"
        elif same(writer.default, reader.default) or _family(writer) != _family(reader):
            return
        else:
            reads = repr(reader.default)
        message = f"{_named(goal, writer)}: absent reads as {reads} instead of {writer.default!r}"
        probe = partial(self._probe, goal, writer, None, self._executor.absent)
        yield self._proven("DEFAULT_CHANGED", message, fragment(writer), fragment(reader), probe)

    def _required(self, goal: Goal, writer: Field, reader: Field) -> Iterator[Cause]:
        named = _named(goal, writer)
        if writer.required and not reader.required:
            yield _info("REQUIRED_RELAXED", f"{named} is not required any more", fragment(writer), fragment(reader))
        elif reader.required and not writer.required:
            if goal.writer.map_entry and self._incomplete(goal) is None:
                return  # an entry whose value is never left out
            yield self._proven(
                "FIELD_BECAME_REQUIRED",
                f"{named}: the reader requires it, the writer may leave it out",
                fragment(writer),
                fragment(reader),
                lambda: self._incomplete(goal),
            )

    def _names(self, goal: Goal, writer: Field, reader: Field) -> Iterator[Cause]:
        before, after, named = fragment(writer), fragment(reader), _named(goal, writer)
        if writer.name == reader.name:
            if writer.json_name != reader.json_name:
                message = f"{named}: its JSON name is {reader.json_name} instead of {writer.json_name}"
                yield _info("JSON_NAME_CHANGED", message, before, after)
            return
        other = _field_named(goal.reader, writer.name)
        if other is None or not self._writable(writer):
            yield _info("FIELD_RENAMED", f"{named} is called {reader.name} by the reader", before, after)
            return
        yield self._proven(
            "FIELD_NAME_REUSED",
            f"{named} arrives as {reader.name}; the reader's {writer.name} has number {other.number}",
            before,
            after,
            lambda: self._by_name(goal, writer),
        )

    # ------------------------------------------------------------------------------------------ fields on one side

    def _field_missing(self, goal: Goal, field: Field) -> Iterator[Cause]:
        if goal.entry:
            return
        named, before = _named(goal, field), fragment(field)
        other = _field_named(goal.reader, field.name)
        if other is not None and self._writable(field):
            yield self._proven(
                "FIELD_RENUMBERED",
                f"{named} has the number {other.number} for the reader, which does not know {field.number}",
                before,
                fragment(other),
                lambda: self._by_name(goal, field),
            )
        elif field.required:
            yield _info("REQUIRED_FIELD_REMOVED", f"the reader does not have {named}, which is required", before, None)
        elif field.oneof and any(number in goal.reader.fields for number in goal.writer.oneofs[field.oneof]):
            message = f"the reader does not have {named} of the oneof {field.oneof}"
            yield _info("ONEOF_FIELD_REMOVED", message, before, None)
        elif goal.reader.reserves(field.number):
            yield _info("FIELD_REMOVED", f"the reader does not have {named}; its number is reserved", before, None)
        else:
            message = f"the reader does not have {named}, and its number is not reserved"
            yield _info("FIELD_REMOVED_UNRESERVED", message, before, None)

    def _field_added(self, goal: Goal, field: Field) -> Iterator[Cause]:
        if goal.entry and not field.required:
            return
        named, after = f"{goal.reader.name}.{field.name} ({field.number})", fragment(field)
        if field.required:
            yield self._proven(
                "REQUIRED_FIELD_ADDED",
                f"{named} is required, and the writer does not have it",
                None,
                after,
                lambda: self._incomplete(goal),
            )
        else:
            yield _info("FIELD_ADDED", f"the writer does not have {named}", None, after)
        if goal.writer.reserves(field.number):
            message = f"{named} uses a number that the writer has reserved"
            yield _info("RESERVED_NUMBER_USED", message, _message_fragment(goal.writer), after)
        if field.name in goal.writer.reserved_names:
            message = f"{named} uses a name that the writer has reserved"
            yield _info("RESERVED_NAME_USED", message, _message_fragment(goal.writer), after)

    # ------------------------------------------------------------------------------------------ oneofs

    def _oneofs(self, goal: Goal) -> Iterator[Cause]:
        for oneof, numbers in goal.reader.oneofs.items():
            known = (goal.writer.fields[number] for number in numbers if number in goal.writer.fields)
            members = [member for member in known if self._writable(member)]
            groups: dict[object, Field] = {}
            for member in members:
                groups.setdefault(member.oneof or member.number, member)
            if len(groups) > 1:
                yield self._oneof_joined(goal, oneof, members, list(groups.values()))

    def _oneof_joined(self, goal: Goal, oneof: str, members: Sequence[Field], apart: Sequence[Field]) -> Cause:
        existing = any(member.oneof for member in members)
        names = ", ".join(f"{member.name} ({member.number})" for member in apart)
        return self._proven(
            "FIELD_MOVED_TO_EXISTING_ONEOF" if existing else "MULTIPLE_FIELDS_MOVED_TO_ONEOF",
            f"{goal.writer.name}: the reader keeps one of {names} (oneof {oneof}), the writer can set them together",
            Fragment(apart[0].place, "; ".join(declaration(member) for member in members)),
            Fragment(goal.reader.place, f"oneof {oneof}"),
            lambda: self._both_set(goal, apart),
        )

    def _both_set(self, goal: Goal, apart: Sequence[Field]) -> tuple[Event, Reading] | None:
        first, second = apart[0], apart[1]
        after = records(second, next(iter(self._candidates.contents(second))))
        readings = []
        for contents in self._candidates.contents(first):
            self._budget.spend()
            event = self._event(goal, records(first, contents) + after, {first.number, second.number})
            reading = self._executor.arrival(event, goal.path, first.number)
            if reading is not None and reading.severity is Severity.DROPPED:
                return event, reading
            readings.append((event, reading))
        return worst(readings)

    # ------------------------------------------------------------------------------------------ enums

    def _enum_type(self, goal: Goal, writer: Field, reader: Field) -> Iterator[Cause]:
        ours, theirs = self._writer.enum(writer.type_name), self._reader.enum(reader.type_name)
        if self._translated(ours.name) != theirs.name:
            message = f"{_named(goal, writer)}: the enum {ours.name} became {theirs.name}"
            yield _info("FIELD_TYPE_RENAMED", message, fragment(writer), fragment(reader))
        if (ours.name, theirs.name) not in self._enums_met:
            self._enums_met.add((ours.name, theirs.name))
            yield from self._enums(goal, writer, ours, theirs)

    def _enums(self, goal: Goal, field: Field, writer: Enum, reader: Enum) -> Iterator[Cause]:
        before, after = _enum_fragment(writer), _enum_fragment(reader)
        ours, theirs = writer.by_number, reader.by_number
        removed = [number for number in ours if number not in theirs]
        if reader.closed and not writer.closed:
            strange = removed[0] if removed else undeclared(theirs)
            message = f"{writer.name} is open and can hold {strange}; {reader.name} is closed and cannot"
            probe = partial(self._worst_arrival, goal, field, [[strange]])
            yield self._proven("ENUM_CLOSED", message, before, after, probe)
        elif writer.closed and not reader.closed:
            yield _info("ENUM_OPENED", f"{writer.name} is closed, {reader.name} is open", before, after)
        for number in removed:
            yield self._value_removed(goal, field, ours[number][0], reader)
        yield from self._values(writer, reader)

    def _values(self, writer: Enum, reader: Enum) -> Iterator[Cause]:
        """Values that were added or renamed."""
        ours = writer.by_number
        for number, values in reader.by_number.items():
            self._budget.spend()
            if number not in ours:
                message = f"{reader.name} has {values[0].name} = {number}, which the writer does not have"
                yield _info("ENUM_VALUE_ADDED", message, _enum_fragment(writer), _value_fragment(values[0]))
            elif not {value.name for value in ours[number]} <= {value.name for value in values}:
                message = f"{writer.name}: {number} is called {values[0].name} instead of {ours[number][0].name}"
                yield _info("ENUM_VALUE_RENAMED", message, _value_fragment(ours[number][0]), _value_fragment(values[0]))

    def _unused_enums(self) -> Iterator[Cause]:
        """Enums of the writer's file that no field of it holds: no event has them, but another file may."""
        for name in self._writer.enum_names:
            target = self._translated(name)
            if (name, target) in self._enums_met or not self._reader.has_enum(target):
                continue
            writer, reader = self._writer.enum(name), self._reader.enum(target)
            if writer.closed and not reader.closed:
                message = f"{name} is closed, {target} is open; no field holds it"
                yield _info("ENUM_OPENED", message, _enum_fragment(writer), _enum_fragment(reader))
            for number, values in writer.by_number.items():
                if number not in reader.by_number:
                    message = f"{target} has no value {number} ({values[0].name}); no field holds it"
                    yield _info("ENUM_VALUE_REMOVED", message, _value_fragment(values[0]), _enum_fragment(reader))
            yield from self._values(writer, reader)

    def _value_removed(self, goal: Goal, field: Field, value: EnumValue, reader: Enum) -> Cause:
        message = f"{reader.name} has no value {value.number} ({value.name})"
        before, after = _value_fragment(value), _enum_fragment(reader)
        if not reader.closed:
            return _info("ENUM_VALUE_REMOVED", message, before, after)
        return self._proven(
            "CLOSED_ENUM_VALUE_REMOVED",
            f"{message}, and is closed",
            before,
            after,
            lambda: self._worst_arrival(goal, field, [[value.number]]),
        )

    # ------------------------------------------------------------------------------------------ proofs

    def _proven(self, rule: str, message: str, before: Fragment | None, after: Fragment | None, probe: _Probe) -> Cause:
        """The finding with its executed witness; a finding that would block and has none is undecided."""
        severity = RULES[rule].severity
        found = probe()
        difference = Difference(rule, message, before, after)
        if found is not None:
            return Incompatibility(difference, severity, self._executor.witness(*found))
        if severity.blocks:
            place = before.place if before else after.place if after else None
            return Undecided(Reason.NO_WITNESS, f"{message}, but no event that shows it was found", place)
        return Incompatibility(difference, severity, None)

    def _worst_arrival(
        self,
        goal: Goal,
        field: Field,
        contents: Iterable[Sequence[object]] | None = None,
        only: Severity | None = None,
        enough: Severity = Severity.ERROR,
    ) -> tuple[Event, Reading] | None:
        """Write each content into the field, and say what arrives in the worst case.

        ``only`` asks for one severity, ``enough`` is the worst there can be.
        """

        def readings() -> Iterator[tuple[Event, Reading | None]]:
            for content in self._candidates.contents(field) if contents is None else contents:
                self._budget.spend()
                event = self._event(goal, records(field, content), {field.number})
                reading = self._executor.arrival(event, goal.path, field.number)
                if only is None or reading is None or reading.severity is only:
                    yield event, reading

        return worst(readings(), only or enough)

    def _probe(
        self,
        goal: Goal,
        field: Field,
        content: object,
        question: Callable[[Event, Sequence[int], int], Reading | None],
    ) -> tuple[Event, Reading] | None:
        inner = b"" if content is None else records(field, [content])
        event = self._event(goal, inner, set() if content is None else {field.number})
        return _first(event, question(event, goal.path, field.number))

    def _by_name(self, goal: Goal, field: Field) -> tuple[Event, Reading] | None:
        for content in self._candidates.contents(field):
            event = self._event(goal, records(field, content), {field.number})
            reading = self._executor.by_name(event, goal.path, field.number)
            if reading is not None:
                return event, reading
        return None

    def _incomplete(self, goal: Goal) -> tuple[Event, Reading] | None:
        event = self._event(goal, b"", set())
        return _first(event, self._executor.missing(event))

    def _event(self, goal: Goal, inner: bytes, given: set[int]) -> Event:
        """An event of the goal's root that holds ``inner`` in the goal's message, and all that is required."""
        at, data, there = goal, inner, given
        while at.parent is not None and at.via is not None:
            data = records(at.via, [self._minimal.complete(at.writer, data, there)])
            there = {at.via.number}
            at = at.parent
        return Event(at.writer.name, at.reader.name, self._minimal.complete(at.writer, data, there))


# ---------------------------------------------------------------------------------------------- words


def declaration(field: Field) -> str:
    """A field as the language declares it, in one line."""
    label = "" if field.map else "repeated " if field.repeated else "required " if field.required else ""
    if field.presence and not (label or field.oneof or field.holds_message):
        label = "optional "
    return f"{label}{kind(field)} {field.name} = {field.number}"


def kind(field: Field) -> str:
    """The type of a field, by name where it has one."""
    if field.map:
        return f"map ({field.type_name})"
    return f"group {field.type_name}" if field.type == "group" else field.type_name or field.type


def fragment(field: Field) -> Fragment:
    """A field and its place."""
    return Fragment(field.place, declaration(field))


def spelt_syntax(schema: Schema) -> str:
    """The syntax or edition of the definition's own file."""
    file = schema.file
    if file.syntax != "editions":
        return f'syntax = "{file.syntax or "proto2"}"'
    return f'edition = "{Edition.Name(file.edition).removeprefix("EDITION_")}"'


def undeclared(numbers: Iterable[int]) -> int:
    """The smallest positive number an enum does not declare."""
    taken = set(numbers)
    return next(number for number in range(1, len(taken) + 2) if number not in taken)


def _info(rule: str, message: str, before: Fragment | None, after: Fragment | None) -> Incompatibility:
    return Incompatibility(Difference(rule, message, before, after), RULES[rule].severity, None)


def _text(text: str) -> Fragment:
    return Fragment(Place(""), text)


def _first(event: Event, reading: Reading | None) -> tuple[Event, Reading] | None:
    return None if reading is None else (event, reading)


def _named(goal: Goal, field: Field) -> str:
    return f"{goal.writer.name}.{field.name} ({field.number})"


def _where(field: Field) -> str:
    return f"in the oneof {field.oneof}" if field.oneof else "in no oneof"


def _encoding(field: Field) -> str:
    return "a group" if field.type == "group" else "a message with its length"


def _field_named(message: Message, name: str) -> Field | None:
    return next((field for field in message.fields.values() if field.name == name), None)


def _message_fragment(message: Message) -> Fragment:
    return Fragment(message.place, f"message {message.name}")


def _enum_fragment(enum: Enum) -> Fragment:
    return Fragment(enum.place, f"{'closed' if enum.closed else 'open'} enum {enum.name}")


def _value_fragment(value: EnumValue) -> Fragment:
    return Fragment(value.place, f"{value.name} = {value.number}")


def _ceiling(writer: Field, reader: Field) -> Severity:
    """The worst that can become of a value of another type, from the wire types alone.

    A wire type the reader does not expect is skipped; of one it expects, only bytes with inner structure (text, lists,
    messages) can be malformed, and only a closed enum refuses a number.
    """
    written = LENGTH if writer.packed else wire_type(writer.type)
    expected = {wire_type(reader.type)} | ({LENGTH} if reader.repeated and reader.type in PACKABLE else set())
    if written not in expected:
        return Severity.DROPPED
    if written == LENGTH:
        return Severity.LOSSY if reader.type == "bytes" else Severity.ERROR
    return Severity.DROPPED if reader.type == ENUM else Severity.LOSSY


def _spelt_zero(field: Field) -> str:
    return repr(zero_value(field))


def _family(field: Field) -> str:
    if field.type in {"string", "bytes"}:
        return field.type
    return "float" if field.type in {"float", "double"} else "number"


def _reservations(writer: Message, reader: Message) -> Iterator[Incompatibility]:
    if not (writer.restricted or reader.restricted):
        return
    before, after = _message_fragment(writer), _message_fragment(reader)
    for first, last in writer.reserved:
        if not _covered(first, last, [*reader.reserved, *((number, number) for number in reader.fields)]):
            message = f"{reader.name} does not reserve {_spelt_range(first, last)}"
            yield _info("RESERVED_REMOVED", message, before, after)
    names = {field.name for field in reader.fields.values()}
    for name in sorted(writer.reserved_names - reader.reserved_names - names):
        yield _info("RESERVED_REMOVED", f"{reader.name} does not reserve the name {name}", before, after)
    for first, last in reader.reserved:
        if not _covered(first, last, writer.reserved):
            message = f"{reader.name} reserves {_spelt_range(first, last)}"
            yield _info("RESERVED_ADDED", message, before, after)
    for name in sorted(reader.reserved_names - writer.reserved_names):
        yield _info("RESERVED_ADDED", f"{reader.name} reserves the name {name}", before, after)
    for first, last in writer.extension_ranges:
        if not _covered(first, last, reader.extension_ranges):
            message = f"{reader.name} has no extension range {_spelt_range(first, last)}"
            yield _info("EXTENSION_RANGE_REMOVED", message, before, after)


def _covered(first: int, last: int, ranges: Iterable[tuple[int, int]]) -> bool:
    """Whether ranges (both ends included) together hold every number from first to last."""
    at = first
    for start, end in sorted(ranges):
        if start > at:
            break
        at = max(at, end + 1)
    return at > last


def _spelt_range(first: int, last: int) -> str:
    return str(first) if first == last else f"{first} to {last}"
