"""Fields of a message on the two sides: types, labels, presence, defaults, what is required, names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from compat.protobuf.candidates import zero_value
from compat.protobuf.enums import Enums
from compat.protobuf.model import Schema
from compat.protobuf.proofs import Cause, Goal, Proofs
from compat.protobuf.records import ENUM, ITEM, MESSAGE, PACKABLE, Field, Message
from compat.protobuf.rules import RULES
from compat.protobuf.wire import LENGTH, wire_type
from compat.protobuf.witness import same
from compat.protobuf.words import encoding, field_label, fragment, info, kind, message_fragment, spelt_zero, where
from compat.verdict import Severity

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


class Fields:
    """Compares pairs of fields. ``translate`` gives the reader's name of a type of the writer, ``descend`` has the
    messages compared that two fields hold.
    """

    def __init__(
        self,
        reader: Schema,
        writer: Schema,
        proofs: Proofs,
        enums: Enums,
        translate: Callable[[str], str],
        descend: Callable[[Goal, Field, Field], None],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._proofs = proofs
        self._enums = enums
        self._translate = translate
        self._descend = descend

    def both(self, goal: Goal, writer: Field, reader: Field) -> Iterator[Cause]:
        """The same number on both sides."""
        arrives = True
        if not self._proofs.writable(writer):
            pass  # never on the wire, so nothing can happen to it
        elif writer.holds_message and reader.holds_message:
            if writer.type != reader.type and (writer.type, reader.type) != (MESSAGE, ITEM):
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
                yield from self._enums.fields(goal, writer, reader)
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
            message = f"{field_label(goal.writer, writer)} stands {where(reader)}, not {where(writer)}"
            yield info("ONEOF_CHANGED", message, fragment(writer), fragment(reader))

    def _encoding_changed(self, goal: Goal, writer: Field, reader: Field) -> Cause:
        return self._proofs.proven(
            "MESSAGE_ENCODING_CHANGED",
            f"{field_label(goal.writer, writer)}: {encoding(writer)} became {encoding(reader)}",
            fragment(writer),
            fragment(reader),
            lambda: self._proofs.worst_arrival(goal, writer),
        )

    def _labels(self, goal: Goal, writer: Field, reader: Field) -> Iterator[Cause]:
        before, after, named = fragment(writer), fragment(reader), field_label(goal.writer, writer)
        if writer.repeated and not reader.repeated:
            rule = "PACKED_LIST_TO_SINGLE" if writer.packed else "LIST_TO_SINGLE"
            contents = self._proofs.candidates.lists(writer, self._common_numbers(writer, reader))
            yield self._proofs.proven(
                rule,
                f"{named}: a list became a single value",
                before,
                after,
                lambda: self._proofs.worst_arrival(goal, writer, contents, only=RULES[rule].severity),
            )
        elif reader.map and not writer.map:
            twins = self._proofs.candidates.twins(writer) if writer.repeated else None
            yield self._proofs.proven(
                "LIST_TO_MAP",
                f"{named}: {'a list of messages' if writer.repeated else 'a message'} became a map",
                before,
                after,
                lambda: self._proofs.worst_arrival(goal, writer, twins, only=Severity.LOSSY),
            )
        elif reader.repeated and not writer.repeated:
            yield info("SINGLE_TO_LIST", f"{named}: a single value became a list", before, after)
        elif writer.map and not reader.map:
            yield info("MAP_TO_LIST", f"{named}: a map became a list of entries", before, after)
        elif writer.packed != reader.packed:
            yield info("PACKED_CHANGED", f"{named}: only one side packs the list", before, after)

    def _common_numbers(self, writer: Field, reader: Field) -> frozenset[int] | None:
        """Of an enum on both sides, the numbers both declare: another number would show another fault."""
        if writer.type != ENUM or reader.type != ENUM:
            return None
        return frozenset(self._writer.enum(writer.type_name).by_number) & frozenset(
            self._reader.enum(reader.type_name).by_number
        )

    def _message_type(self, goal: Goal, writer: Field, reader: Field) -> Iterator[Cause]:
        inner, theirs = self._writer.message(writer.type_name), self._reader.message(reader.type_name)
        if self._translate(inner.name) == theirs.name or (inner.map_entry and theirs.map_entry):
            return
        before, after, named = fragment(writer), fragment(reader), field_label(goal.writer, writer)
        lost = [f for number, f in inner.fields.items() if number not in theirs.fields and self._proofs.writable(f)]
        if not lost:
            if not theirs.map_entry and not inner.map_entry:
                message = f"{named}: {inner.name} became {theirs.name}, which has all its field numbers"
                yield info("FIELD_TYPE_RENAMED", message, before, after)
            return
        names = ", ".join(f"{field.name} ({field.number})" for field in lost[:5])
        yield self._proofs.proven(
            "FIELD_MESSAGE_TYPE_CHANGED",
            f"{named}: {inner.name} became {theirs.name}, which lacks {names}",
            before,
            after,
            lambda: self._proofs.lost_inside(Goal(inner, theirs, goal, writer, goal.depth + 1), lost),
        )

    def _utf8(self, goal: Goal, writer: Field, reader: Field) -> Iterator[Cause]:
        if writer.checked == reader.checked or writer.type != "string":
            return
        before, after, named = fragment(writer), fragment(reader), field_label(goal.writer, writer)
        if writer.checked:
            yield info("UTF8_CHECK_REMOVED", f"{named}: the reader does not verify UTF-8", before, after)
            return
        yield self._proofs.proven(
            "UTF8_CHECK_ADDED",
            f"{named}: the reader verifies UTF-8, the writer does not",
            before,
            after,
            lambda: self._proofs.worst_arrival(goal, writer, [[b"\xff"]]),
        )

    def _type_changed(self, goal: Goal, writer: Field, reader: Field) -> tuple[Cause, bool]:
        """The finding, and whether values still arrive."""
        avoided = tuple(self._reader.enum(reader.type_name).by_number) if reader.type == ENUM else ()
        contents = self._proofs.candidates.contents(writer, avoided)
        found = self._proofs.worst_arrival(goal, writer, contents, enough=_ceiling(writer, reader))
        severity = Severity.INFO if found is None else found[1].severity
        message = f"{field_label(goal.writer, writer)}: {kind(writer)} became {kind(reader)}: {_TELLS[severity]}"
        rule = _BY_SEVERITY[severity]
        cause = self._proofs.proven(rule, message, fragment(writer), fragment(reader), lambda: found)
        return cause, severity in {Severity.INFO, Severity.LOSSY}

    def _presence(self, goal: Goal, writer: Field, reader: Field) -> Iterator[Cause]:
        if writer.presence == reader.presence or writer.repeated or reader.repeated or writer.holds_message:
            return
        before, after, named = fragment(writer), fragment(reader), field_label(goal.writer, writer)
        if reader.presence:
            if not reader.holds_message:
                yield info("PRESENCE_GAINED", f"{named}: the reader tells absent from zero", before, after)
            return
        probe = partial(self._proofs.probe, goal, writer, zero_value(writer), self._proofs.executor.presence)
        if probe() is not None:
            message = f"{named}: set to {spelt_zero(writer)} reads as absent"
            yield self._proofs.proven("PRESENCE_LOST", message, before, after, probe)

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
        message = f"{field_label(goal.writer, writer)}: absent reads as {reads} instead of {writer.default!r}"
        probe = partial(self._proofs.probe, goal, writer, None, self._proofs.executor.absent)
        yield self._proofs.proven("DEFAULT_CHANGED", message, fragment(writer), fragment(reader), probe)

    def _required(self, goal: Goal, writer: Field, reader: Field) -> Iterator[Cause]:
        named = field_label(goal.writer, writer)
        if writer.required and not reader.required:
            yield info("REQUIRED_RELAXED", f"{named} is not required any more", fragment(writer), fragment(reader))
        elif reader.required and not writer.required:
            if goal.writer.map_entry and self._proofs.incomplete(goal) is None:
                return  # an entry whose value is never left out
            yield self._proofs.proven(
                "FIELD_BECAME_REQUIRED",
                f"{named}: the reader requires it, the writer may leave it out",
                fragment(writer),
                fragment(reader),
                lambda: self._proofs.incomplete(goal),
            )

    def _names(self, goal: Goal, writer: Field, reader: Field) -> Iterator[Cause]:
        before, after, named = fragment(writer), fragment(reader), field_label(goal.writer, writer)
        if writer.name == reader.name:
            if writer.json_name != reader.json_name:
                message = f"{named}: its JSON name is {reader.json_name} instead of {writer.json_name}"
                yield info("JSON_NAME_CHANGED", message, before, after)
            return
        other = _field_named(goal.reader, writer.name)
        if other is None or not self._proofs.writable(writer):
            yield info("FIELD_RENAMED", f"{named} is called {reader.name} by the reader", before, after)
            return
        yield self._proofs.proven(
            "FIELD_NAME_REUSED",
            f"{named} arrives as {reader.name}; the reader's {writer.name} has number {other.number}",
            before,
            after,
            lambda: self._proofs.by_name(goal, writer),
        )

    def removed(self, goal: Goal, field: Field) -> Iterator[Cause]:
        """A number that the reader does not have."""
        if goal.entry:
            return
        named, before = field_label(goal.writer, field), fragment(field)
        other = _field_named(goal.reader, field.name)
        if other is not None and self._proofs.writable(field):
            yield self._proofs.proven(
                "FIELD_RENUMBERED",
                f"{named} has the number {other.number} for the reader, which does not know {field.number}",
                before,
                fragment(other),
                lambda: self._proofs.by_name(goal, field),
            )
        elif field.required:
            yield info("REQUIRED_FIELD_REMOVED", f"the reader does not have {named}, which is required", before, None)
        elif field.oneof and any(number in goal.reader.fields for number in goal.writer.oneofs[field.oneof]):
            message = f"the reader does not have {named} of the oneof {field.oneof}"
            yield info("ONEOF_FIELD_REMOVED", message, before, None)
        elif goal.reader.reserves(field.number):
            yield info("FIELD_REMOVED", f"the reader does not have {named}; its number is reserved", before, None)
        else:
            message = f"the reader does not have {named}, and its number is not reserved"
            yield info("FIELD_REMOVED_UNRESERVED", message, before, None)

    def added(self, goal: Goal, field: Field) -> Iterator[Cause]:
        """A number that the writer does not have."""
        if goal.entry and not field.required:
            return
        named, after = f"{goal.reader.name}.{field.name} ({field.number})", fragment(field)
        if field.required:
            yield self._proofs.proven(
                "REQUIRED_FIELD_ADDED",
                f"{named} is required, and the writer does not have it",
                None,
                after,
                lambda: self._proofs.incomplete(goal),
            )
        else:
            yield info("FIELD_ADDED", f"the writer does not have {named}", None, after)
        if goal.writer.reserves(field.number):
            message = f"{named} uses a number that the writer has reserved"
            yield info("RESERVED_NUMBER_USED", message, message_fragment(goal.writer), after)
        if field.name in goal.writer.reserved_names:
            message = f"{named} uses a name that the writer has reserved"
            yield info("RESERVED_NAME_USED", message, message_fragment(goal.writer), after)


def _field_named(message: Message, name: str) -> Field | None:
    return next((field for field in message.fields.values() if field.name == name), None)


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


def _family(field: Field) -> str:
    if field.type in {"string", "bytes"}:
        return field.type
    return "float" if field.type in {"float", "double"} else "number"
