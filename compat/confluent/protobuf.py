"""Protobuf: Confluent compares messages and enums of the file by name, fields by number.

Scalars that share a way of being written stand in for each other; labels count only where both are written down, and
never for messages; reserved numbers, options, services, syntax, defaults and extensions are not looked at. Where the
descriptions are silent: a reference to an enum counts as an integer of the varint group, whichever enum it is; what an
imported message holds is compared where a field holds it; names are compared apart from the file's own package.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from compat.budget import Budget
from compat.confluent.kinds import Policy, Seen
from compat.protobuf.model import Schema
from compat.protobuf.records import ENUM, Enum, Field, Message
from compat.protobuf.words import enum_fragment, fragment, message_fragment, plain, value_fragment
from compat.verdict import Fragment

_GROUPS: Final = {
    **dict.fromkeys(("int32", "int64", "uint32", "uint64", "bool", ENUM), "varint"),
    **dict.fromkeys(("sint32", "sint64"), "zigzag"),
    **dict.fromkeys(("string", "bytes"), "text"),
    **dict.fromkeys(("fixed32", "sfixed32"), "fixed32"),
    **dict.fromkeys(("fixed64", "sfixed64"), "fixed64"),
    "float": "float",
    "double": "double",
}
"""Scalars that stand in for each other have the same group."""


def differences(original: Schema, update: Schema, _policy: Policy, budget: Budget) -> Iterator[Seen]:
    """Raises BudgetSpent."""
    yield from _Comparison(original, update, budget).run()


class _Comparison:
    def __init__(self, original: Schema, update: Schema, budget: Budget) -> None:
        self._original = original
        self._update = update
        self._budget = budget
        self._met: set[tuple[str, str]] = set()
        self._queue: list[tuple[Message, Message]] = []

    def run(self) -> Iterator[Seen]:
        old, new = self._original, self._update
        if old.package != new.package:
            detail = f"{old.package or '(none)'} became {new.package or '(none)'}"
            yield _seen("PACKAGE_CHANGED", "", plain(f"package {old.package}"), plain(f"package {new.package}"), detail)
        yield from self._messages()
        for before, after in self._queue:  # grows while imported messages are met
            self._budget.spend()
            yield from self._fields(before, after)
            yield from self._oneofs(before, after)
        yield from self._enums()

    # ------------------------------------------------------------------------------------------ types of the file

    def _messages(self) -> Iterator[Seen]:
        before = {self._relative(self._original, name): name for name in self._original.message_names}
        after = {self._relative(self._update, name): name for name in self._update.message_names}
        for inner, name in before.items():
            old = self._original.message(name)
            if inner not in after:
                yield _seen("MESSAGE_REMOVED", name, message_fragment(old), None, name)
                continue
            new = self._update.message(after[inner])
            if old.index != new.index:
                yield _seen("MESSAGE_MOVED", name, message_fragment(old), message_fragment(new), name)
            self._meet(old, new)
        for inner, name in after.items():
            if inner not in before:
                yield _seen("MESSAGE_ADDED", name, None, message_fragment(self._update.message(name)), name)

    def _enums(self) -> Iterator[Seen]:
        before = {self._relative(self._original, name): name for name in self._original.enum_names}
        after = {self._relative(self._update, name): name for name in self._update.enum_names}
        for inner, name in before.items():
            old = self._original.enum(name)
            if inner in after:
                yield from _values(old, self._update.enum(after[inner]))
            else:
                yield _seen("ENUM_REMOVED", name, enum_fragment(old), None, name)
        for inner, name in after.items():
            if inner not in before:
                yield _seen("ENUM_ADDED", name, None, enum_fragment(self._update.enum(name)), name)

    @staticmethod
    def _relative(schema: Schema, name: str) -> str:
        return name.removeprefix(f"{schema.package}.") if schema.package else name

    def _meet(self, old: Message, new: Message) -> None:
        if (old.name, new.name) not in self._met:
            self._met.add((old.name, new.name))
            self._queue.append((old, new))

    # ------------------------------------------------------------------------------------------ fields

    def _fields(self, old: Message, new: Message) -> Iterator[Seen]:
        before, after = _declared(old), _declared(new)
        for number, field in before.items():
            self._budget.spend()
            other = after.get(number)
            if other is not None:
                yield from self._field(old, field, other)
            elif not field.oneof or field.oneof not in new.oneofs:
                required = self._label(self._original, old, field) == "required"
                kind = "REQUIRED_FIELD_REMOVED" if required else "FIELD_REMOVED"
                yield _field_seen(kind, old, field, None)
        for number, field in after.items():
            if number not in before and not field.oneof:
                required = self._label(self._update, new, field) == "required"
                yield _field_seen("REQUIRED_FIELD_ADDED" if required else "FIELD_ADDED", old, None, field)

    def _field(self, message: Message, old: Field, new: Field) -> Iterator[Seen]:
        if old.name != new.name:
            yield _field_seen("FIELD_NAME_CHANGED", message, old, new)
        yield from self._types(message, old, new)
        yield from self._labels(message, old, new)

    def _types(self, message: Message, old: Field, new: Field) -> Iterator[Seen]:
        kinds = _kind(old), _kind(new)
        if kinds[0] != kinds[1]:
            yield _field_seen("FIELD_KIND_CHANGED", message, old, new)
        elif kinds[0] == "scalar":
            if _GROUPS[old.type] != _GROUPS[new.type]:
                yield _field_seen("FIELD_SCALAR_KIND_CHANGED", message, old, new)
        elif kinds[0] == "map":
            entry, other = self._original.message(old.type_name), self._update.message(new.type_name)
            for number in (1, 2):
                yield from self._types(entry, entry.fields[number], other.fields[number])
        elif self._relative(self._original, old.type_name) != self._relative(self._update, new.type_name):
            yield _field_seen("FIELD_NAMED_TYPE_CHANGED", message, old, new)
        else:
            self._meet(self._original.message(old.type_name), self._update.message(new.type_name))

    def _labels(self, message: Message, old: Field, new: Field) -> Iterator[Seen]:
        before, after = self._label(self._original, message, old), self._label(self._update, message, new)
        if not before or not after or before == after or "scalar" not in {_kind(old), _kind(new)}:
            return
        text = _GROUPS.get(old.type) == "text"
        kind = "FIELD_STRING_OR_BYTES_LABEL_CHANGED" if text else "FIELD_NUMERIC_LABEL_CHANGED"
        yield _field_seen(kind, message, old, new, f"{before} became {after}")

    @staticmethod
    def _label(schema: Schema, message: Message, field: Field) -> str:
        """The label that is written before a field; empty where none is, or none can be."""
        if field.map or field.oneof:
            return ""
        if field.repeated:
            return "repeated"
        syntax = schema.files[message.file].syntax if message.file in schema.files else ""
        if syntax == "editions":
            return ""
        if syntax == "proto3":
            return "optional" if field.presence and not field.holds_message else ""
        return "required" if field.required else "optional"

    # ------------------------------------------------------------------------------------------ oneofs

    def _oneofs(self, old: Message, new: Message) -> Iterator[Seen]:
        before, after = _declared(old), _declared(new)
        for name, numbers in old.oneofs.items():
            if name not in new.oneofs:
                yield _seen("ONEOF_REMOVED", f"{old.name}.{name}", message_fragment(old), message_fragment(new), name)
                continue
            for number in numbers:
                member = after.get(number)
                if member is None:
                    yield _field_seen("ONEOF_FIELD_REMOVED", old, before[number], None)
                elif not member.oneof:
                    yield _field_seen("ONEOF_FIELD_MOVED_TO_TOP_LEVEL", old, before[number], member)
        for name, numbers in new.oneofs.items():
            added = name not in old.oneofs
            if added:
                yield _seen("ONEOF_ADDED", f"{new.name}.{name}", message_fragment(old), message_fragment(new), name)
            yield from self._entered(old, new, name, numbers, added=added)

    def _entered(
        self, old: Message, new: Message, name: str, numbers: tuple[int, ...], *, added: bool
    ) -> Iterator[Seen]:
        """Members of a oneof that were not in it before."""
        moved = [n for n in numbers if n in old.fields and not old.fields[n].extension and old.fields[n].oneof != name]
        moved = [n for n in moved if not added or not old.fields[n].oneof]
        if added and len(moved) > 1:
            names = ", ".join(new.fields[number].name for number in moved)
            before = Fragment(old.place, "; ".join(fragment(old.fields[number]).text for number in moved))
            yield _seen("MULTIPLE_FIELDS_MOVED_TO_ONEOF", f"{old.name}.{name}", before, message_fragment(new), names)
        for number in numbers:
            if number in moved and not added:
                yield _field_seen("FIELD_MOVED_TO_EXISTING_ONEOF", old, old.fields[number], new.fields[number])
            elif number not in old.fields:
                yield _field_seen("ONEOF_FIELD_ADDED", old, None, new.fields[number])


def _declared(message: Message) -> dict[int, Field]:
    """The fields of the message itself: extensions are not looked at."""
    return {number: field for number, field in message.fields.items() if not field.extension}


def _kind(field: Field) -> str:
    if field.map:
        return "map"
    return "message" if field.holds_message else "scalar"


def _values(old: Enum, new: Enum) -> Iterator[Seen]:
    before, after = old.by_number, new.by_number
    for number, values in before.items():
        was, path = value_fragment(values[0]), f"{old.name}.{values[0].name}"
        if number not in after:
            yield _seen("ENUM_CONST_REMOVED", path, was, enum_fragment(new), values[0].name)
        elif not {value.name for value in values} & {value.name for value in after[number]}:
            now = after[number][0]
            yield _seen("ENUM_CONST_CHANGED", path, was, value_fragment(now), f"{values[0].name} became {now.name}")
    for number, values in after.items():
        if number not in before:
            path, name = f"{new.name}.{values[0].name}", values[0].name
            yield _seen("ENUM_CONST_ADDED", path, enum_fragment(old), value_fragment(values[0]), name)


def _field_seen(kind: str, message: Message, old: Field | None, new: Field | None, detail: str = "") -> Seen:
    known = old or new
    name = known.name if known else ""
    number = known.number if known else ""
    before, after = (None if side is None else fragment(side) for side in (old, new))
    return _seen(kind, f"{message.name}/{number}", before, after, f"{message.name}.{name}{detail and f', {detail}'}")


def _seen(kind: str, path: str, before: Fragment | None, after: Fragment | None, detail: str) -> Seen:
    return Seen(kind, f"#/{path}", before, after, detail)
