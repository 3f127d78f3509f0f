"""The shape of an event: what the fields of a version are and whether they are always there.

One tree for all formats, JSON-ready so that a registry can serve it with a chain. It says less than a schema does
(no lengths, no patterns): what fits here is still proven with generated events against the schema itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal, TypeAlias, Union

import msgspec
from msgspec import Struct

Simple: TypeAlias = Literal[
    "null", "boolean", "string", "bytes", "number", "decimal", "timestamp", "date", "time", "duration", "uuid"
]
"""``number`` is any JSON number; ``timestamp`` and its kin are native values (Avro logical types), not texts."""


class Anything(Struct, frozen=True, tag_field="is", tag="any", omit_defaults=True):
    """Any value; ``of`` names the type where recursion was cut."""

    of: str = ""


class Never(Struct, frozen=True, tag_field="is", tag="never"):
    """No value."""


class Plain(Struct, frozen=True, tag_field="is", tag="plain"):
    """A value without parts."""

    kind: Simple


class Integer(Struct, frozen=True, tag_field="is", tag="integer", omit_defaults=True):
    """Whole numbers; ``bits`` is their width where the format fixes it, negative for unsigned."""

    bits: int | None = None


class Choice(Struct, frozen=True, tag_field="is", tag="enum"):
    """One of a list of values."""

    symbols: tuple[str | int | float | bool | None, ...]


class Member(Struct, frozen=True, omit_defaults=True):
    """A member of a record: its shape, and whether every event has it."""

    shape: Shape
    required: bool = True


class Record(Struct, frozen=True, tag_field="is", tag="record", omit_defaults=True):
    """Named members; an open record may carry members it does not declare."""

    members: dict[str, Member]
    open: bool = False
    name: str = ""


class Array(Struct, frozen=True, tag_field="is", tag="array"):
    """Any number of items."""

    items: Shape


class Table(Struct, frozen=True, tag_field="is", tag="map"):
    """Any number of values under names that are data."""

    values: Shape


class OneOf(Struct, frozen=True, tag_field="is", tag="union"):
    """One of several shapes."""

    arms: tuple[Shape, ...]


Shape: TypeAlias = Union[Anything, Never, Plain, Integer, Choice, Record, Array, Table, OneOf]  # noqa: UP007

ANYTHING: Final = Anything()
NULL: Final = Plain("null")
STRING: Final = Plain("string")
BOOLEAN: Final = Plain("boolean")
NUMBER: Final = Plain("number")
DECIMAL: Final = Plain("decimal")
INTEGER: Final = Integer()
INT64: Final = Integer(64)


PAYLOAD: Final = "payload"
HEADERS: Final = "headers"
EVENT: Final = "event"
ATTRIBUTES: Final = ("type", "id", "time", "source", "subject", "stream")
"""What operations may read of an event, all texts; the names are those of CloudEvents."""


def around(payload: Shape) -> Record:
    """What ``envelope`` works on: the payload, the headers, and what the store knows of the event."""
    known = {name: Member(STRING, required=name in ("type", "id")) for name in ATTRIBUTES}
    event = Record(known | {"position": Member(INTEGER)}, open=True)
    return Record({PAYLOAD: Member(payload), HEADERS: Member(Table(ANYTHING)), EVENT: Member(event)})


def to_json(shape: Shape) -> Any:
    """The shape as a JSON-ready tree."""
    return msgspec.to_builtins(shape)


def from_json(tree: Any) -> Shape:
    """The shape a JSON tree stands for. Raises msgspec.ValidationError."""
    shape: Shape = msgspec.convert(tree, Shape)
    return shape


NATIVE: Final = frozenset({"bytes", "decimal", "timestamp", "date", "time", "duration", "uuid"})
"""Kinds of values that JSON does not have."""


def native_kind(shape: Shape) -> str:
    """The first kind of value in a shape that JSON does not have; empty if there is none."""
    match shape:
        case Plain(kind=kind):
            return kind if kind in NATIVE else ""
        case Record(members=members):
            return next(filter(None, (native_kind(member.shape) for member in members.values())), "")
        case OneOf(arms=arms):
            return next(filter(None, map(native_kind, arms)), "")
        case Array(items=inner) | Table(values=inner):
            return native_kind(inner)
        case _:
            return ""


ITEMS: Final = "*"
"""Stands for any item of a list, or any name of a map, in the paths of ``native_leaves``."""


def native_leaves(shape: Shape, at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where values stand that JSON does not have."""
    match shape:
        case Plain(kind=kind):
            if kind in NATIVE:
                yield at
        case Record(members=members):
            for name, member in members.items():
                yield from native_leaves(member.shape, (*at, name))
        case OneOf(arms=arms):
            for arm in arms:
                yield from native_leaves(arm, at)
        case Array(items=inner) | Table(values=inner):
            yield from native_leaves(inner, (*at, ITEMS))
        case _:
            return


def nullable(shape: Shape) -> bool:
    """Whether null is among the values."""
    match shape:
        case Anything() | Plain(kind="null"):
            return True
        case Choice(symbols=symbols):
            return any(symbol is None for symbol in symbols)
        case OneOf(arms=arms):
            return any(map(nullable, arms))
        case _:
            return False


def without_null(shape: Shape) -> Shape:
    """The shape of the values that are not null."""
    match shape:
        case Plain(kind="null"):
            return Never()
        case Choice(symbols=symbols):
            return Choice(tuple(symbol for symbol in symbols if symbol is not None))
        case OneOf(arms=arms):
            return union(*(without_null(arm) for arm in arms))
        case _:
            return shape


def one_of(symbols: Iterable[str | int | float | bool | None]) -> Choice:
    """The choice among symbols, each once: true is not 1."""
    return Choice(tuple({(isinstance(symbol, bool), symbol): symbol for symbol in symbols}.values()))


def alike(one: Shape, other: Shape) -> bool:
    """Whether two shapes are one: equality alone takes true for 1."""
    return one == other and (one is other or repr(one) == repr(other))


def union(*shapes: Shape) -> Shape:
    """One of the shapes; unions inside are spelt out, repetitions left out."""
    arms: list[Shape] = []
    for arm in (part for shape in shapes for part in _arms(shape)):
        if isinstance(arm, Anything):
            return arm
        if not any(alike(arm, known) for known in arms):
            arms.append(arm)
    match arms:
        case []:
            return Never()
        case [arm]:
            return arm
        case _:
            return OneOf(tuple(arms))


def _arms(shape: Shape) -> Iterator[Shape]:
    match shape:
        case OneOf(arms=arms):
            for arm in arms:
                yield from _arms(arm)
        case Never():
            return
        case _:
            yield shape
