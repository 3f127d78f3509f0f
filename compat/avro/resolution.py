"""How a reader schema meets a writer schema (Avro 1.12, 'Schema Resolution', 'Aliases').

Two readings of the specification are in use and a portable verdict needs both: the *literal* one (the first branch of
a reader union that matches, names compared everywhere), which most libraries follow, and that of the *Java*
implementation (a branch with the same full name, else a record of a fitting structure, else a promotion; names of
records outside unions not compared; field aliases only for records whose full name is known). What that one makes of
two schemas stands in ``aliases.py`` and ``java.py``.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field

from compat.avro.aliases import Names
from compat.avro.branches import PROMOTIONS, Index
from compat.avro.java import Choices
from compat.avro.schema import Array, Enum, Field, Fixed, Map, Named, Node, Primitive, Record, Schema, Union, short_name


class Reading(enum.Enum):
    """Which readings of the specification come to a place."""

    LITERAL = (True, False)
    JAVA = (False, True)
    BOTH = (True, True)

    def __init__(self, literal: bool, java: bool) -> None:  # noqa: FBT001 - a table of two columns
        self.literal = literal
        self.java = java

    def covers(self, other: Reading) -> bool:
        """Whether all readings of the other are among these."""
        return self is other or self is Reading.BOTH

    def without(self, other: Reading) -> Reading | None:
        """The readings that are left when the other's are gone; None if none is."""
        if other.covers(self):
            return None
        return self if self is not Reading.BOTH else Reading.JAVA if other is Reading.LITERAL else Reading.LITERAL


@dataclass(frozen=True, slots=True)
class Claims:
    """How the fields of two records find each other."""

    pairs: tuple[tuple[Field, Field], ...]
    """Writer and reader field, in the writer's order."""
    missing: tuple[Field, ...]
    """Reader fields that no writer field fills."""
    quarrels: tuple[tuple[Field, Field], ...]
    """Writer and reader fields of which one is claimed more than once (by the letter)."""


def _nothing() -> None:
    return


@dataclass(eq=False)
class Resolution:
    """The questions resolution asks about one pair of schemas; answers are remembered."""

    reader: Schema
    writer: Schema
    spend: Callable[[], None] = _nothing
    """Called for every look into two records."""
    names: Names = field(init=False)
    """The writer's names in the Java reading."""
    java: Choices = field(init=False)
    _index: Index = field(init=False, default_factory=Index)
    _claims: dict[tuple[Record, Record, bool], Claims] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.names = Names(self.writer, self.reader)
        self.java = Choices(self.writer, self.reader, self.names, self._index, self.spend)

    def names_meet(self, writer: Named, reader: Named, reading: Reading) -> bool:
        """Whether two named types of one kind can be the same, under all of the readings."""
        if reading.literal and not self.names_meet_as_written(writer, reader):
            return False
        return not reading.java or self.java.names_meet(writer, reader)

    @staticmethod
    def names_meet_as_written(writer: Named, reader: Named) -> bool:
        """Whether they have the same unqualified name, or the reader's an alias that is the writer's full name."""
        return short_name(writer.name) == short_name(reader.name) or writer.name in reader.aliases

    def matches(self, writer: Node, reader: Node) -> bool:
        """The specification's 'match': a look at names and kinds, through arrays and maps, not into records."""
        while True:
            match writer, reader:
                case (Union(), _) | (_, Union()):
                    return True
                case Array(), Array():
                    writer, reader = writer.items, reader.items
                case Map(), Map():
                    writer, reader = writer.values, reader.values
                case Fixed(), Fixed():
                    return writer.size == reader.size and self.names_meet_as_written(writer, reader)
                case Enum(), Enum():
                    return self.names_meet_as_written(writer, reader)
                case Record(), Record():
                    return self.names_meet_as_written(writer, reader)
                case Primitive(), Primitive():
                    return writer.kind == reader.kind or (writer.kind, reader.kind) in PROMOTIONS
                case _:
                    return False

    def first_match(self, writer: Node, reader: Union) -> int | None:
        """The branch the literal reading takes for data of a writer's type (no union)."""
        candidates = self._index.of(reader).literal(writer)
        return next((index for index in candidates if self.matches(writer, reader.branches[index])), None)

    def same_name(self, writer: Record | Enum, reader: Union) -> int | None:
        """The first branch, of whatever kind, that has the name of a writer's type."""
        return next(iter(self._index.of(reader).named(writer)), None)

    def are_plainly_equal(self, writer: Union, reader: Union) -> bool:
        """Whether two unions have the same primitive branches in the same order, each read as itself."""
        if not self._index.of(reader).plain or len(writer.branches) != len(reader.branches):
            return False
        pairs = zip(writer.branches, reader.branches, strict=True)
        return all(w.kind == r.kind and w.logical == r.logical for w, r in pairs)

    def claims(self, writer: Record, reader: Record, reading: Reading) -> Claims:
        """Which writer field fills which reader field; by the letter if that is among the readings."""
        by_letter = reading.literal or not self.names.aliased
        key = (writer, reader, by_letter)
        if key not in self._claims:
            find = self._literal_claims if by_letter else self._java_claims
            self._claims[key] = find(writer, reader)
        return self._claims[key]

    def _literal_claims(self, writer: Record, reader: Record) -> Claims:
        written = {each.name: each for each in writer.fields}
        claimed: dict[Field, Field] = {}
        missing: list[Field] = []
        quarrels: list[tuple[Field, Field]] = []
        for each in reader.fields:
            names = dict.fromkeys((each.name, *each.aliases)) if each.aliases else (each.name,)
            found = [written[name] for name in names if name in written]
            if not found:
                missing.append(each)
            for candidate in found[:1]:
                if candidate in claimed:
                    quarrels.append((candidate, each))
                else:
                    claimed[candidate] = each
            quarrels += ((candidate, each) for candidate in found[1:])
        pairs = tuple((each, claimed[each]) for each in writer.fields if each in claimed)
        return Claims(pairs, tuple(missing), tuple(quarrels))

    def _java_claims(self, writer: Record, reader: Record) -> Claims:
        left = {each.name: each for each in reader.fields}
        pairs = tuple(
            (each, into)
            for each in writer.fields
            if (into := left.pop(self.names.of_field(writer, each), None)) is not None
        )
        return Claims(pairs, tuple(left.values()), ())

    def read_alike(self, writer: Record, reader: Record) -> bool:
        """Whether both readings join the fields of two records in the same way."""
        literal, java = (self.claims(writer, reader, each) for each in (Reading.LITERAL, Reading.JAVA))
        return literal is java or literal.pairs == java.pairs

    def unreached(self, writer: Record, reader: Record) -> list[tuple[Field, Field]]:
        """Writer and reader fields joined by an alias that the Java reading does not look at."""
        if self.names.of(writer) == reader.name:
            return []
        java = set(self.claims(writer, reader, Reading.JAVA).missing)
        return [pair for pair in self.claims(writer, reader, Reading.LITERAL).pairs if pair[1] in java]

    def fails_plainly(self, writer: Node, reader: Node) -> bool:
        """Whether two records cannot be resolved for a reason that the literal reading meets among their fields too."""
        if not isinstance(writer, Record) or not isinstance(reader, Record):
            return False
        claims = self.claims(writer, reader, Reading.LITERAL)
        if any(not each.has_default for each in claims.missing):
            return True
        return any(
            isinstance(each.type, Primitive)
            and not isinstance(into.type, Union)
            and not self.matches(each.type, into.type)
            for each, into in claims.pairs
        )
