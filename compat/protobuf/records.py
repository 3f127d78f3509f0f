"""Messages, fields and enums as plain records, with every edition feature resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from compat.protobuf.locations import Source
from compat.verdict import Place

MESSAGE: Final = "message"
GROUP: Final = "group"
"""A message between start and end tags: proto2's ``group``, or ``message_encoding = DELIMITED``."""
ITEM: Final = "item"
"""An extension of a message set (``message_set_wire_format``): a group numbered 1 that holds its number and content."""
ENUM: Final = "enum"

MESSAGES: Final = frozenset({MESSAGE, GROUP, ITEM})
VARINTS: Final = frozenset({"int32", "int64", "uint32", "uint64", "bool", "sint32", "sint64", ENUM})
"""Types written as a variable-length integer."""
PACKABLE: Final = VARINTS | {"fixed32", "sfixed32", "float", "fixed64", "sfixed64", "double"}
"""Types whose lists may be written in one piece."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where a declaration stands: looked up in the source only when someone asks."""

    name: str
    source: Source | None = None
    path: tuple[int, ...] = ()

    @property
    def doc(self) -> str:
        return "" if self.source is None else self.source.doc(self.path)

    @property
    def place(self) -> Place:
        return Place(self.name) if self.source is None else self.source.place(self.path, self.name)


class _Sited:
    """What has a comment and a place."""

    __slots__ = ()
    site: Site

    @property
    def doc(self) -> str:
        return self.site.doc

    @property
    def place(self) -> Place:
        return self.site.place


@dataclass(frozen=True, slots=True)
class Field(_Sited):
    """A field, or an extension field seen from the message it extends."""

    number: int
    name: str
    json_name: str
    type: str
    """A scalar's name, or ``message``, ``group``, ``item``, ``enum``."""
    type_name: str
    """Full name of the message or enum, else empty."""
    repeated: bool
    packed: bool
    map: bool
    presence: bool
    """Whether 'absent' differs from 'set to the default'."""
    required: bool
    oneof: str
    """The oneof it was declared in, those made for ``optional`` apart."""
    default: object
    """What an absent singular scalar reads as; an enum's by number."""
    checked: bool
    """Whether a string's UTF-8 is verified when it is read."""
    extension: str
    """Full name of the extension; empty for a field of the message itself."""
    deprecated: bool
    site: Site

    @property
    def holds_message(self) -> bool:
        return self.type in MESSAGES


@dataclass(frozen=True, slots=True, eq=False)
class Message(_Sited):
    """A message type; ``fields`` by number in the order of the definition, known extensions last."""

    name: str
    """Full name."""
    file: str
    fields: Mapping[int, Field]
    oneofs: Mapping[str, tuple[int, ...]]
    reserved: tuple[tuple[int, int], ...]
    """Ranges, both ends included."""
    reserved_names: frozenset[str]
    extension_ranges: tuple[tuple[int, int], ...]
    map_entry: bool
    index: tuple[int, ...]
    """The message index of the Confluent wire format: positions from the file down."""
    deprecated: bool
    site: Site

    @property
    def restricted(self) -> bool:
        """Whether it reserves anything, or leaves numbers to extensions."""
        return bool(self.reserved or self.reserved_names or self.extension_ranges)

    def reserves(self, number: int) -> bool:
        return any(first <= number <= last for first, last in self.reserved)


@dataclass(frozen=True, slots=True)
class EnumValue(_Sited):
    """A name of an enum and its number."""

    name: str
    number: int
    deprecated: bool
    site: Site


@dataclass(frozen=True, slots=True, eq=False)
class Enum(_Sited):
    """An enum type; closed where an unknown number does not count as a value."""

    name: str
    file: str
    closed: bool
    values: tuple[EnumValue, ...]
    reserved: tuple[tuple[int, int], ...]
    reserved_names: frozenset[str]
    site: Site

    @property
    def by_number(self) -> dict[int, tuple[EnumValue, ...]]:
        """Every number with its names (more than one under ``allow_alias``)."""
        found: dict[int, tuple[EnumValue, ...]] = {}
        for value in self.values:
            found[value.number] = (*found.get(value.number, ()), value)
        return found
