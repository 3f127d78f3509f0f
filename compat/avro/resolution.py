"""How a reader schema meets a writer schema (Avro 1.12, 'Schema Resolution', 'Aliases').

Two readings of the specification are in use and a portable verdict needs both: the *literal* one (the first branch of
a reader union that matches, names compared everywhere), which most libraries follow, and that of the *Java*
implementation (a branch with the same full name, else a record of a fitting structure, else a promotion; names of
records outside unions not compared; field aliases only for records whose full name is known).
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from compat.avro.schema import (
    Array,
    Enum,
    Field,
    Fixed,
    Map,
    Named,
    Node,
    Primitive,
    Record,
    Schema,
    Union,
    children,
    short_name,
)
from compat.fixpoint import GreatestFixpoint


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


PROMOTIONS: Final = frozenset(
    {
        ("int", "long"),
        ("int", "float"),
        ("int", "double"),
        ("long", "float"),
        ("long", "double"),
        ("float", "double"),
        ("string", "bytes"),
        ("bytes", "string"),
    }
)
"""Writer and reader kinds of the specification's promotions."""


@dataclass(frozen=True, slots=True)
class Claims:
    """How the fields of two records find each other."""

    pairs: tuple[tuple[Field, Field], ...]
    """Writer and reader field, in the writer's order."""
    missing: tuple[Field, ...]
    """Reader fields that no writer field fills."""
    quarrels: tuple[tuple[Field, Field], ...]
    """Writer and reader fields of which one is claimed more than once."""
    unreached: tuple[tuple[Field, Field], ...]
    """Writer and reader fields joined by an alias that the Java reading does not look at."""


_TARGETS: Final = {
    kind: tuple(target for source, target in sorted(PROMOTIONS) if source == kind) for kind, _ in PROMOTIONS
}


class _Branches:
    """The branches of a reader union by kind and by name: unions of a thousand types must not cost a million looks."""

    def __init__(self, union: Union) -> None:
        self.kinds: dict[str, list[int]] = {}
        self.full: dict[tuple[str, str], int] = {}
        self.plain = _is_plain(union)
        self._short: dict[str, list[int]] = {}
        self._alias: dict[str, list[int]] = {}
        for index, branch in enumerate(union.branches):
            self.kinds.setdefault(branch.kind, []).append(index)
            if isinstance(branch, Record | Enum | Fixed):
                self.full.setdefault((branch.kind, branch.name), index)
                self._short.setdefault(short_name(branch.name), []).append(index)
                for alias in branch.aliases:
                    self._alias.setdefault(alias, []).append(index)

    def named(self, writer: Named) -> list[int]:
        """Branches of any kind with a writer's unqualified name, or an alias that is its full name, in order."""
        return sorted({*self._short.get(short_name(writer.name), ()), *self._alias.get(writer.name, ())})

    def literal(self, writer: Node) -> list[int]:
        """The branches that may match a writer's type, in order."""
        if isinstance(writer, Record | Enum | Fixed):
            return self.named(writer)
        found = list(self.kinds.get(writer.kind, ()))
        for target in _TARGETS.get(writer.kind, ()):
            found += self.kinds.get(target, ())
        return sorted(found)


def _is_plain(union: Union) -> bool:
    """Whether all branches are primitive and none can be taken for a later one by promotion."""
    before: set[str] = set()
    for branch in union.branches:
        if not isinstance(branch, Primitive) or before.intersection(_TARGETS.get(branch.kind, ())):
            return False
        before.add(branch.kind)
    return True


def _nothing() -> None:
    return


@dataclass(eq=False)
class Resolution:
    """The questions resolution asks about one pair of schemas; answers are remembered."""

    reader: Schema
    writer: Schema
    spend: Callable[[], None] = _nothing
    """Called for every look into two records."""
    _renames: dict[str, set[str]] = field(init=False)
    _equivalent: GreatestFixpoint[tuple[Node, Node]] = field(init=False)
    _indexes: dict[Union, _Branches] = field(init=False, default_factory=dict)
    _claims: dict[tuple[Record, Record, Reading], Claims] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._renames = {}
        for node in self.reader.nodes:
            if isinstance(node, Record | Enum | Fixed):
                for alias in node.aliases:
                    self._renames.setdefault(alias, set()).add(node.name)
        self._equivalent = GreatestFixpoint(_equivalence_clauses, self.spend)

    def rename(self, name: str) -> str:
        """The name a writer's type has once it is rewritten with the reader's aliases."""
        return max(self._renames.get(name, (name,)))

    def names_meet(self, writer: Named, reader: Named, reading: Reading) -> bool:
        """Whether two named types of one kind have the same unqualified name, aliases applied."""
        if not self.names_meet_as_written(writer, reader):
            return reading is Reading.JAVA and isinstance(writer, Record)
        if isinstance(writer, Record) or reading is Reading.LITERAL:
            return True
        return short_name(self.rename(writer.name)) == short_name(reader.name)

    @staticmethod
    def names_meet_as_written(writer: Named, reader: Named) -> bool:
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
        candidates = self._index(reader).literal(writer)
        return next((index for index in candidates if self.matches(writer, reader.branches[index])), None)

    def same_name(self, writer: Record | Enum, reader: Union) -> int | None:
        """The first branch, of whatever kind, that has the name of a writer's type."""
        return next(iter(self._index(reader).named(writer)), None)

    def java_choice(self, writer: Node, reader: Union) -> int | None:
        """The branch the Java implementation takes for data of a writer's type (no union)."""
        branches = self._index(reader)
        if isinstance(writer, Record | Enum | Fixed):
            name = self.rename(writer.name)
            exact = branches.full.get((writer.kind, name))
            if exact is not None or not isinstance(writer, Record):
                return exact
            return self._structural_choice(writer, short_name(name), reader)
        same = branches.kinds.get(writer.kind)
        if same is not None:
            return same[0]
        promoted = [index for target in _TARGETS.get(writer.kind, ()) for index in branches.kinds.get(target, ())]
        return min(promoted, default=None)

    def _structural_choice(self, writer: Record, name: str, reader: Union) -> int | None:
        """Among the records whose fields fit: the last of the same short name, else the first."""
        fitting: int | None = None
        for index in self._index(reader).kinds.get("record", ()):
            branch = reader.branches[index]
            if not isinstance(branch, Record):
                continue
            self.spend()
            better = fitting is None or name == short_name(branch.name)
            if better and self._fits_shallowly(writer, branch):
                fitting = index
        return fitting

    def _index(self, union: Union) -> _Branches:
        found = self._indexes.get(union)
        if found is None:
            found = self._indexes[union] = _Branches(union)
        return found

    def are_plainly_equal(self, writer: Union, reader: Union) -> bool:
        """Whether two unions have the same primitive branches in the same order, each read as itself."""
        if not self._index(reader).plain or len(writer.branches) != len(reader.branches):
            return False
        pairs = zip(writer.branches, reader.branches, strict=True)
        return all(w.kind == r.kind and w.logical == r.logical for w, r in pairs)

    def are_equivalent(self, writer: Union, reader: Union) -> bool:
        """Whether the Java implementation reads branch by branch, without looking for matches."""
        if [each.kind for each in writer.branches] != [each.kind for each in reader.branches]:
            return False
        if all(isinstance(each, Primitive) for each in writer.branches):
            return True
        return self._equivalent.holds((writer, reader))

    def claims(self, writer: Record, reader: Record, reading: Reading) -> Claims:
        """Which writer field fills which reader field."""
        key = (writer, reader, reading)
        if key not in self._claims:
            self._claims[key] = self._find_claims(writer, reader, reading)
        return self._claims[key]

    def _find_claims(self, writer: Record, reader: Record, reading: Reading) -> Claims:
        written = {each.name: each for each in writer.fields}
        in_reach = self.rename(writer.name) == reader.name
        follow = in_reach or reading.literal
        claimed: dict[Field, Field] = {}
        missing: list[Field] = []
        quarrels: list[tuple[Field, Field]] = []
        unreached: list[tuple[Field, Field]] = []
        for each in reader.fields:
            names = dict.fromkeys((each.name, *each.aliases)) if follow and each.aliases else (each.name,)
            found = [written[name] for name in names if name in written]
            if not found:
                missing.append(each)
            for candidate in found[:1]:
                if candidate in claimed:
                    quarrels.append((candidate, each))
                else:
                    claimed[candidate] = each
                if candidate.name != each.name and not in_reach:
                    unreached.append((candidate, each))
            quarrels += ((candidate, each) for candidate in found[1:])
        pairs = tuple((each, claimed[each]) for each in writer.fields if each in claimed)
        return Claims(pairs, tuple(missing), tuple(quarrels), tuple(unreached))

    def _fits_shallowly(self, writer: Record, reader: Record) -> bool:
        claims = self.claims(writer, reader, Reading.JAVA)
        if any(not each.has_default for each in claims.missing):
            return False
        return all(not self._fails_at_once(each.type, into.type) for each, into in claims.pairs)

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

    def _fails_at_once(self, writer: Node, reader: Node) -> bool:
        """Whether the Java implementation sees that a field cannot be read without looking inside."""
        match writer, reader:
            case Union(), _:
                return False
            case Record(), Union():
                return not any(branch.kind == "record" for branch in reader.branches)
            case _, Union():
                return self.java_choice(writer, reader) is None
            case (Array(), Array()) | (Map(), Map()):
                return False
            case Record(), Record():
                claims = self.claims(writer, reader, Reading.JAVA)
                return any(not each.has_default for each in claims.missing)
            case Fixed(), Fixed():
                return writer.size != reader.size or not self.names_meet(writer, reader, Reading.JAVA)
            case Enum(), Enum():
                return not self.names_meet(writer, reader, Reading.JAVA)
            case _:
                return writer.kind != reader.kind and (writer.kind, reader.kind) not in PROMOTIONS


def _equivalence_clauses(pair: tuple[Node, Node]) -> list[list[tuple[Node, Node]]]:
    """Clauses for 'the Java implementation takes these two for the same type'."""
    writer, reader = pair
    same = writer.kind == reader.kind
    match writer, reader:
        case (Enum(), Enum()):
            same = short_name(writer.name) == short_name(reader.name) and writer.symbols == reader.symbols
        case (Fixed(), Fixed()):
            same = short_name(writer.name) == short_name(reader.name) and writer.size == reader.size
        case (Record(), Record()):
            names = [each.name for each in writer.fields] == [each.name for each in reader.fields]
            same = short_name(writer.name) == short_name(reader.name) and names
        case (Union(), Union()):
            same = len(writer.branches) == len(reader.branches)
    if not same:
        return [[]]
    return [[inner] for inner in zip(children(writer), children(reader), strict=True)]
