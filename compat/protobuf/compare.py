"""Walk a writer's and a reader's messages together and say where the reader fails, with the event that shows it.

Message types are paired as two sides of a field, starting with every message of the writer's own file (each of them,
nested ones too, can be the type of an event). A pair is compared once; since what is wrong with a pair of fields does
not depend on how it was reached, the walk needs no assumptions about recursion. Fields are matched by number.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final

from compat.budget import Budget
from compat.protobuf.enums import Enums
from compat.protobuf.fields import Fields
from compat.protobuf.model import Schema, counterpart
from compat.protobuf.proofs import Cause, Goal, Proofs, first
from compat.protobuf.records import ENUM, Field, Message
from compat.protobuf.reservations import reservations
from compat.protobuf.wire import wire_type
from compat.protobuf.witness import Event, same
from compat.protobuf.words import (
    declaration,
    fragment,
    info,
    message_fragment,
    plain,
    spelt_syntax,
)
from compat.verdict import Fragment

MAX_PATH: Final = 90
"""Messages an event of a witness is nested in at most: the runtime reads 100."""


class Comparison:
    """One reader against one writer. ``run`` yields every finding once."""

    def __init__(self, reader: Schema, writer: Schema, budget: Budget) -> None:
        self._reader = reader
        self._writer = writer
        self._budget = budget
        self._proofs = Proofs(reader, writer, budget)
        self._enums = Enums(reader, writer, self._proofs, budget, self._translated)
        self._fields = Fields(reader, writer, self._proofs, self._enums, self._translated, self._descend)
        self._queue: deque[Goal] = deque()
        self._met: set[tuple[str, str]] = set()
        self._alike = not (reader.extended or writer.extended)

    def run(self, *, first_only: bool = False) -> Iterator[Cause]:
        """``first_only``: events of the writer's first message alone. Raises LimitExceeded when the budget is spent."""
        yield from self._file()
        for name in self._writer.event_names[: 1 if first_only else None]:
            target = self._translated(name)
            if self._reader.has_message(target):
                yield from self._moved(name, target)
                self._meet(Goal(self._writer.message(name), self._reader.message(target)))
                while self._queue:
                    yield from self._messages(self._queue.popleft())
            else:
                yield from self._message_removed(name, target)
        yield from self._enums.unused()
        yield from self._added()

    # ------------------------------------------------------------------------------------------ files and types

    def _file(self) -> Iterator[Cause]:
        old, new = self._writer.file, self._reader.file
        if old.package != new.package:
            message = f"the package is {new.package or '(none)'} instead of {old.package or '(none)'}"
            yield info("PACKAGE_CHANGED", message, plain(f"package {old.package}"), plain(f"package {new.package}"))
        before, after = spelt_syntax(self._writer), spelt_syntax(self._reader)
        if before != after:
            yield info("SYNTAX_CHANGED", f"{before} became {after}", plain(before), plain(after))

    def _translated(self, name: str) -> str:
        return counterpart(self._writer, self._reader, name)

    def _moved(self, name: str, target: str) -> Iterator[Cause]:
        before, after = self._writer.message(name), self._reader.message(target)
        if after.file != self._reader.main:
            message = f"{name} is declared in {after.file} for the reader"
            yield info("MESSAGE_MOVED", message, message_fragment(before), message_fragment(after))
        elif before.index != after.index:
            message = f"{name} has the message index {list(after.index)} instead of {list(before.index)}"
            yield info("MESSAGE_INDEX_CHANGED", message, message_fragment(before), message_fragment(after))

    def _message_removed(self, name: str, target: str) -> Iterator[Cause]:
        message = self._writer.message(name)
        smallest = self._proofs.minimal.of(name)
        if smallest is None:
            return
        event = Event(name, target, smallest)
        yield self._proofs.proven(
            "HELD_MESSAGE_REMOVED" if name in self._writer.held else "MESSAGE_REMOVED",
            f"the reader has no message {target}, so events of {name} cannot be read",
            message_fragment(message),
            None,
            lambda: first(event, self._proofs.executor.no_type(event)),
        )

    def _added(self) -> Iterator[Cause]:
        known = {self._translated(name) for name in self._writer.event_names}
        for name in self._reader.event_names:
            if name not in known and not self._writer.has_message(name):
                yield info("MESSAGE_ADDED", f"{name} was added", None, message_fragment(self._reader.message(name)))

    # ------------------------------------------------------------------------------------------ messages

    def _meet(self, goal: Goal) -> None:
        pair = (goal.writer.name, goal.reader.name)
        if pair not in self._met:
            self._met.add(pair)
            self._queue.append(goal)

    def _messages(self, goal: Goal) -> Iterator[Cause]:
        self._budget.spend()
        writer, reader = goal.writer, goal.reader
        if self._equal(writer, reader) or self._proofs.minimal.of(writer.name) is None:
            return
        yield from self._oneofs(goal)
        if not goal.entry:
            yield from reservations(writer, reader)
        if reader.map_entry and not writer.map_entry:
            yield from self._value_required(goal)
        for number, field in writer.fields.items():
            self._budget.spend()
            other = reader.fields.get(number)
            if other is None:
                yield from self._fields.removed(goal, field)
            elif self._plainly_same(field, other):
                if field.holds_message:
                    self._descend(goal, field, other)
                elif field.type == ENUM:
                    yield from self._enums.fields(goal, field, other)
            else:
                yield from self._fields.both(goal, field, other)
        for number, field in reader.fields.items():
            if number not in writer.fields:
                yield from self._fields.added(goal, field)

    def _value_required(self, goal: Goal) -> Iterator[Cause]:
        """A message that is read as the entry of a map: without its field 2 the entry gets an empty value."""
        written, value = goal.writer.fields.get(2), goal.reader.fields[2]
        present = written is not None and written.required
        if present or not value.holds_message or _never_arrives(goal):
            return
        missing = [
            f"{f.name} ({f.number})" for f in self._reader.message(value.type_name).fields.values() if f.required
        ]
        if missing:
            yield self._proofs.proven(
                "REQUIRED_FIELD_ADDED" if written is None else "FIELD_BECAME_REQUIRED",
                f"{goal.writer.name} is read as an entry; without the field 2 its value lacks {', '.join(missing[:5])}",
                message_fragment(goal.writer) if written is None else fragment(written),
                fragment(value),
                lambda: self._proofs.incomplete(goal),
            )

    def _equal(self, writer: Message, reader: Message) -> bool:
        """Whether both come from the same file with the same imports, so that nothing below can differ."""
        if not self._alike or writer.name != reader.name:
            return False
        return self._writer.file_digests[writer.file] == self._reader.file_digests[reader.file]

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
            and (writer.default is reader.default or same(writer.default, reader.default))
        )

    def _descend(self, goal: Goal, writer: Field, reader: Field) -> None:
        """Have the messages that the two fields hold compared, once."""
        if (writer.type_name, reader.type_name) in self._met or _never_arrives(goal):
            return
        inner, theirs = self._writer.message(writer.type_name), self._reader.message(reader.type_name)
        if goal.depth < MAX_PATH:
            self._meet(Goal(inner, theirs, goal, writer, goal.depth + 1))
        else:
            self._meet(Goal(inner, theirs))

    # ------------------------------------------------------------------------------------------ oneofs

    def _oneofs(self, goal: Goal) -> Iterator[Cause]:
        for oneof, numbers in goal.reader.oneofs.items():
            known = (goal.writer.fields[number] for number in numbers if number in goal.writer.fields)
            members = [member for member in known if self._proofs.writable(member)]
            groups: dict[object, Field] = {}
            for member in members:
                groups.setdefault(member.oneof or member.number, member)
            if len(groups) > 1:
                yield self._oneof_joined(goal, oneof, members, list(groups.values()))

    def _oneof_joined(self, goal: Goal, oneof: str, members: Sequence[Field], apart: Sequence[Field]) -> Cause:
        existing = any(member.oneof for member in members)
        names = ", ".join(f"{member.name} ({member.number})" for member in apart)
        return self._proofs.proven(
            "FIELD_MOVED_TO_EXISTING_ONEOF" if existing else "MULTIPLE_FIELDS_MOVED_TO_ONEOF",
            f"{goal.writer.name}: the reader keeps one of {names} (oneof {oneof}), the writer can set them together",
            Fragment(apart[0].place, "; ".join(declaration(member) for member in members)),
            Fragment(goal.reader.place, f"oneof {oneof}"),
            lambda: self._proofs.both_set(goal, apart),
        )


def _never_arrives(goal: Goal) -> bool:
    """Whether every event's message goes to the unknown fields: as an entry does that has any field but its own two.

    Then nothing is read inside it, and what it loses is told of the message itself.
    """
    if goal.writer.map_entry or not goal.reader.map_entry:
        return False
    expected = {number: wire_type(field.type) for number, field in goal.reader.fields.items()}
    return any(f.required and expected.get(f.number) != wire_type(f.type) for f in goal.writer.fields.values())
