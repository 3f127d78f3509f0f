"""The branches of reader unions that the Java implementation takes (Apache Avro 1.12.2, its ``Resolver``).

It compares two schemas before it reads. Where a union has no record of the writer's full name, it tries those it has
and takes one whose fields seem to fit; what it finds out about two records is kept, even if it was found while one of
them was still being tried. So a choice can depend on what was compared before, and the whole comparison is followed, in
its order. That is done once a choice between records is asked for; the others depend on names and kinds alone.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import TypeAlias

from compat.avro.aliases import Names
from compat.avro.branches import PROMOTIONS, TARGETS, Index
from compat.avro.schema import (
    Array,
    Enum,
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

Records: TypeAlias = "tuple[Record, Record] | None"
"""The writer's and the reader's record whose fields are compared; None above all records."""


@dataclass(slots=True)
class _Compared:
    """What is known of two records: in the middle of their comparison as much as after it."""

    unfilled: bool = False
    """A field of the reader's has neither data nor a default."""
    mismatched: bool = False
    """A field cannot be read, as far as can be seen from outside."""


Steps: TypeAlias = "Generator[Steps, bool, bool]"
"""A comparison that waits for others and ends with whether it is an error."""


@dataclass(eq=False)
class Choices:
    """Of one pair of schemas."""

    writer: Schema
    reader: Schema
    names: Names
    index: Index
    spend: Callable[[], None]
    """Called for every comparison; may raise to end them."""
    _compared: dict[tuple[Record, Record], _Compared] = field(init=False, default_factory=dict)
    _made: dict[tuple[Records, Record, Union], int | None] = field(init=False, default_factory=dict)
    _complete: bool = field(init=False, default=False)
    _equivalent: GreatestFixpoint[tuple[Node, Node]] = field(init=False)

    def __post_init__(self) -> None:
        self._equivalent = GreatestFixpoint(self._equivalence_clauses, self.spend)

    def choice(self, writer: Node, reader: Union, within: Records) -> int | None:
        """The branch for data of a type that is no union, in a field of two records; None if there is none."""
        if not isinstance(writer, Named):
            return self._by_kind(writer, reader)
        exact = self.index.of(reader).full.get((writer.kind, self.names.of(writer)))
        if exact is not None or not isinstance(writer, Record) or "record" not in self.index.of(reader).kinds:
            return exact
        if not self._complete:
            _run(self._resolve(self.writer.root, self.reader.root, None))
            self._complete = True
        return self._made.get((within, writer, reader))

    def goes_by_branch(self, writer: Union, reader: Union) -> bool:
        """Whether two unions count as the same: each branch is then read as the one in its place."""
        if [each.kind for each in writer.branches] != [each.kind for each in reader.branches]:
            return False
        if all(isinstance(each, Primitive) for each in writer.branches):
            return True
        return self._equivalent.holds((writer, reader))

    def _by_kind(self, writer: Node, reader: Union) -> int | None:
        kinds = self.index.of(reader).kinds
        if writer.kind in kinds:
            return kinds[writer.kind][0]
        promoted = [index for target in TARGETS.get(writer.kind, ()) for index in kinds.get(target, ())]
        return min(promoted, default=None)

    def _resolve(self, writer: Node, reader: Node, within: Records) -> Steps:
        self.spend()
        match writer, reader:
            case Union() as writer, reader:
                others = (reader,) * len(writer.branches)
                if isinstance(reader, Union) and self.goes_by_branch(writer, reader):
                    others = reader.branches
                for branch, other in zip(writer.branches, others, strict=True):
                    yield self._resolve(branch, other, within)
                return False
            case writer, Union() as reader:
                return (yield self._choose(writer, reader, within))
            case (Array(items=w), Array(items=r)) | (Map(values=w), Map(values=r)):
                yield self._resolve(w, r, within)
                return False
            case Record() as writer, Record() as reader:
                yield self._compare(writer, reader)
                return self._compared[writer, reader].unfilled
            case Enum() as writer, Enum() as reader:
                return not self.names_meet(writer, reader)
            case Fixed() as writer, Fixed() as reader:
                return writer.size != reader.size or not self.names_meet(writer, reader)
            case writer, reader:
                return writer.kind != reader.kind and (writer.kind, reader.kind) not in PROMOTIONS

    def names_meet(self, writer: Named, reader: Named) -> bool:
        """Whether two types of a kind can have the same values by their names: those of records are not compared."""
        return isinstance(writer, Record) or short_name(self.names.of(writer)) == short_name(reader.name)

    def _choose(self, writer: Node, reader: Union, within: Records) -> Steps:
        if not isinstance(writer, Record):
            chosen = self.choice(writer, reader, within)
        else:
            chosen = None
            name = self.names.of(writer)
            for index in self.index.of(reader).kinds.get("record", ()):
                branch = reader.branches[index]
                if not isinstance(branch, Record):
                    continue
                if branch.name == name:
                    chosen = index
                    break
                yield self._compare(writer, branch)
                found = self._compared[writer, branch]
                same = short_name(branch.name) == short_name(name)
                if not found.unfilled and not found.mismatched and (chosen is None or same):
                    chosen = index
            self._made[within, writer, reader] = chosen
        if chosen is None:
            return True
        yield self._resolve(writer, reader.branches[chosen], within)
        return False

    def _compare(self, writer: Record, reader: Record) -> Steps:
        if (writer, reader) in self._compared:
            return False
        found = self._compared[writer, reader] = _Compared()
        into = {each.name: each for each in reader.fields}
        for each in writer.fields:
            if (target := into.pop(self.names.of_field(writer, each), None)) is not None:
                fails = yield self._resolve(each.type, target.type, (writer, reader))
                found.mismatched = found.mismatched or fails
        found.unfilled = any(not each.has_default for each in into.values())
        return False

    def _equivalence_clauses(self, pair: tuple[Node, Node]) -> list[list[tuple[Node, Node]]]:
        """Clauses for 'these two count as the same'."""
        writer, reader = pair
        same = writer.kind == reader.kind
        if isinstance(writer, Named) and isinstance(reader, Named):
            same = same and short_name(self.names.of(writer)) == short_name(reader.name)
        match writer, reader:
            case Enum() as w, Enum() as r:
                same = same and w.symbols == r.symbols
            case Fixed() as w, Fixed() as r:
                same = same and w.size == r.size
            case Record() as w, Record() as r:
                written = [self.names.of_field(w, each) for each in w.fields]
                same = same and written == [each.name for each in r.fields]
            case Union() as w, Union() as r:
                same = len(w.branches) == len(r.branches)
        if not same:
            return [[]]
        return [[inner] for inner in zip(children(writer), children(reader), strict=True)]


def _run(steps: Steps) -> None:
    """Run comparisons on a stack of our own, so that no depth of types exhausts Python's."""
    stack = [steps]
    ended: bool | None = None
    while stack:
        try:
            inner = next(stack[-1]) if ended is None else stack[-1].send(ended)
        except StopIteration as end:
            stack.pop()
            ended = bool(end.value)
        else:
            stack.append(inner)
            ended = None
