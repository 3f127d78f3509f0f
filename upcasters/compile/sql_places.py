"""What SQL knows of a place: the types of columns, structs and lists, and what NULL stands for there.

An engine that reads an event once, into places with types, need not search it again for every member.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, Union

from upcasters.compile.sql_text import Sql
from upcasters.expression_check import sort
from upcasters.shape import Array, Integer, Member, Record, Shape, nullable, without_null

Null: TypeAlias = Literal["never", "absent", "null"]
"""What SQL's NULL says in a place. JSON values write their null themselves: there it is never ``null``."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """``json`` is any value, as the engine's JSON; ``native`` is a type that JSON does not have, which only passes."""

    of: Literal["json", "int", "string", "boolean", "double", "native"]


@dataclass(frozen=True, slots=True)
class Struct:
    """A record whose members are places, in the order that the engine keeps them in."""

    members: tuple[tuple[str, Place], ...]

    def get(self, name: str) -> Place | None:
        """The place of a member."""
        return next((place for own, place in self.members if own == name), None)


@dataclass(frozen=True, slots=True)
class Many:
    """A list of places."""

    items: Place


Type: TypeAlias = Union[Scalar, Struct, Many]  # noqa: UP007 - the members refer to it


@dataclass(frozen=True, slots=True)
class Place:
    """A type, and what NULL stands for."""

    type: Type
    null: Null = "never"


@dataclass(frozen=True, slots=True)
class Value:
    """An SQL expression and what it is of."""

    sql: Sql
    place: Place

    @property
    def json(self) -> bool:
        """Whether it is JSON."""
        return self.place.type == JSON

    @property
    def certain(self) -> bool:
        """Whether it is never NULL."""
        return self.place.null == "never"


JSON: Final = Scalar("json")
ABSENT: Final = Value("NULL", Place(JSON, "absent"))
"""Nothing, which has no type."""
_SCALARS: Final[Mapping[str, Scalar]] = {
    **{kind: Scalar(kind) for kind in ("int", "string", "boolean", "double")},
    **dict.fromkeys(("bytes", "decimal", "timestamp", "date", "time", "duration", "uuid"), Scalar("native")),
}


def columns(shape: Shape) -> Type:
    """The type of a column that holds values of a shape; JSON where SQL has none of its own.

    Members that no schema declares have no column. A place that may hold null and be absent has one NULL for both.
    """
    bare = without_null(shape)
    match bare:
        case Record(members=members) if nameable(members):
            return Struct(tuple((name, column(member)) for name, member in members.items()))
        case Array(items=items):
            return Many(column(Member(items)))
        case Integer(bits=-64):
            return JSON  # beyond BIGINT
        case _:
            return _SCALARS.get(sort(bare), JSON)


def column(member: Member) -> Place:
    """The place of a member that has a column."""
    null: Null = "absent" if not member.required else "null" if nullable(member.shape) else "never"
    return Place(columns(member.shape), null)


@dataclass(frozen=True, slots=True)
class Reader:
    """How an engine takes a JSON text apart."""

    tells_null: bool
    """Null comes as a JSON value, and absence as NULL."""
    strict: frozenset[str]
    """The types it reads only from values of that type, and refuses everything else."""

    def part(self, member: Member) -> Place:
        """The place of a member of the text.

        Only what is always there and never null is taken apart further: nothing may be lost, and nothing may be taken
        for something else. What is null, absent or undeclared stays inside JSON.
        """
        if not member.required:
            return Place(JSON, "absent")
        return Place(JSON if nullable(member.shape) else self._taken(member.shape))

    def _taken(self, shape: Shape) -> Type:
        found = columns(shape)
        match shape, found:
            case _, Scalar(of=kind) if kind in self.strict:
                return found
            case Record(members=members, open=False), Struct() if all(map(self._found_out, members.values())):
                return Struct(tuple((name, self.part(member)) for name, member in members.items()))
            case Array(items=items), _ if not nullable(items) and isinstance(
                inner := self._taken(items), Struct | Many
            ):
                return Many(Place(inner))
            case _:
                return JSON

    def _found_out(self, member: Member) -> bool:
        """Whether it is noticed that a member is missing inside, where it should be."""
        return member.required and (self.tells_null or not nullable(member.shape))


def nameable(members: Mapping[str, Member]) -> bool:
    """Whether a struct can have members of these names: SQL does not tell capitals from small letters."""
    plain = {name.lower() for name in members}
    return len(plain) == len(members) > 0 and "" not in plain and not any("\0" in name for name in members)
