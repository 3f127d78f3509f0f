"""The rules of Avro, one function each; ``rulebook.py`` explains them.

A function looks at one meeting of a writer's and a reader's type and says what is wrong there; walking from meeting to
meeting is the work of ``meetings.py``, proving that of ``witness.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from compat.avro.branches import PROMOTIONS
from compat.avro.datum import Data, Datum, scalar, symbol
from compat.avro.java import Records
from compat.avro.reading import promote
from compat.avro.resolution import Reading, Resolution
from compat.avro.schema import (
    Decimal,
    Enum,
    Field,
    Fixed,
    Named,
    Node,
    Plain,
    Primitive,
    Record,
    Union,
    label,
)
from compat.avro.text import brief
from compat.avro.wording import show
from compat.outline import ABSENT
from compat.verdict import Fragment, Severity


@dataclass(frozen=True, slots=True, eq=False)
class Meeting:
    """A writer's type and the reader's type its data meet, under one or both readings of the specification."""

    resolution: Resolution
    writer: Node
    reader: Node
    reading: Reading
    within: Records = None
    """The records in whose fields they meet."""


@dataclass(frozen=True, slots=True, eq=False)
class Fact:
    """What a rule found at a meeting, with what is needed to prove it."""

    rule: str
    severity: Severity
    message: str
    before: Node | Field | None
    after: Node | Field | None
    datum: Callable[[Data], Datum]
    """The writer's value that shows it."""
    runs: Reading
    """The readings under which it fails (or changes the value)."""
    fields: tuple[Field, ...] = ()
    """The reader's fields it is about."""
    change: str = ""
    """How the value changes, for what is read."""
    parted: bool = False
    """Whether readers get different values: which ones, executing shows."""

    def key(self) -> tuple[object, ...]:
        return (self.rule, self.before, self.after, self.message)


def fragment(part: Node | Field | None) -> Fragment | None:
    """A piece of a schema as findings show it."""
    return None if part is None else Fragment(part.source.place(part.pointer), brief(part))


def _smallest(node: Node) -> Callable[[Data], Datum]:
    return lambda data: data.smallest(node)


def type_mismatch(meeting: Meeting) -> Iterator[Fact]:
    """Another kind of type, and no promotion leads to it."""
    writer, reader = meeting.writer, meeting.reader
    if isinstance(writer, Primitive) and isinstance(reader, Primitive):
        if writer.kind == reader.kind or (writer.kind, reader.kind) in PROMOTIONS:
            return
    elif writer.kind == reader.kind:
        return
    message = f"the writer has {label(writer)}, the reader expects {label(reader)}: keep the type, or add a new field"
    yield Fact("TYPE_MISMATCH", Severity.ERROR, message, writer, reader, _smallest(writer), meeting.reading)


def name_mismatch(meeting: Meeting) -> Iterator[Fact]:
    """A named type that the reader knows under another name."""
    writer, reader = meeting.writer, meeting.reader
    if not isinstance(writer, Named) or not isinstance(reader, Named) or writer.kind != reader.kind:
        return
    resolution = meeting.resolution
    literal = meeting.reading.literal and not resolution.names_meet(writer, reader, Reading.LITERAL)
    java = meeting.reading.java and not resolution.names_meet(writer, reader, Reading.JAVA)
    if not literal and not java:
        return
    renamed = resolution.names.of(writer)
    if not literal and renamed != writer.name:
        message = (
            f"{renamed!r} has the alias {writer.name!r}, so the Java library does not take the "
            f"writer's {writer.name!r} for {reader.name!r}: drop that alias"
        )
        yield Fact("ALIAS_AMBIGUOUS", Severity.ERROR, message, writer, reader, _smallest(writer), Reading.JAVA)
        return
    message = (
        f"the {writer.kind} {writer.name!r} is called {reader.name!r} by the reader, and no alias says that they are "
        f"the same: add {writer.name!r} to the aliases of {reader.name!r}"
    )
    if isinstance(writer, Record):
        message += " (the Java library would read it, others do not)"
    runs = Reading.LITERAL if literal else Reading.JAVA
    yield Fact("NAME_MISMATCH", Severity.ERROR, message, writer, reader, _smallest(writer), runs)


def fixed_size_mismatch(meeting: Meeting) -> Iterator[Fact]:
    """A fixed type of another size."""
    writer, reader = meeting.writer, meeting.reader
    if isinstance(writer, Fixed) and isinstance(reader, Fixed) and writer.size != reader.size:
        message = f"{writer.name!r} is written with {writer.size} bytes and read with {reader.size}: keep the size"
        yield Fact("FIXED_SIZE_MISMATCH", Severity.ERROR, message, writer, reader, _smallest(writer), meeting.reading)


def enum_symbol_missing(meeting: Meeting) -> Iterator[Fact]:
    """Symbols that the reader does not know and has no default for."""
    writer, reader = meeting.writer, meeting.reader
    if not isinstance(writer, Enum) or not isinstance(reader, Enum) or reader.default is not None:
        return
    for first, names in _unknown(writer, reader):
        message = f"the reader's {reader.name!r} lacks {names}: keep the symbols, or give the reader's enum a default"
        yield Fact("ENUM_SYMBOL_MISSING", Severity.ERROR, message, writer, reader, first, meeting.reading)


def enum_symbol_defaulted(meeting: Meeting) -> Iterator[Fact]:
    """Symbols that the reader does not know and reads as the default of its enum."""
    writer, reader = meeting.writer, meeting.reader
    if not isinstance(writer, Enum) or not isinstance(reader, Enum) or reader.default is None:
        return
    for first, names in _unknown(writer, reader):
        message = f"the reader's {reader.name!r} lacks {names}: what it does not know is read as {reader.default!r}"
        change = f"read as {reader.default!r}, the default"
        yield Fact(
            "ENUM_SYMBOL_DEFAULTED", Severity.INFO, message, writer, reader, first, meeting.reading, change=change
        )


def _unknown(writer: Enum, reader: Enum) -> Iterator[tuple[Callable[[Data], Datum], str]]:
    """The first symbol the reader does not know, and all of them in words, if there are any."""
    known = set(reader.symbols)
    missing = [index for index, each in enumerate(writer.symbols) if each not in known]
    if missing:
        names = ", ".join(writer.symbols[index] for index in missing[:10]) + (" …" if len(missing) > 10 else "")
        yield lambda _: symbol(writer, missing[0]), names


def reader_field_without_default(meeting: Meeting) -> Iterator[Fact]:
    """Fields that the reader can fill neither from the data nor from a default."""
    writer, reader = meeting.writer, meeting.reader
    if not isinstance(writer, Record) or not isinstance(reader, Record):
        return
    resolution = meeting.resolution
    told = () if meeting.reading.literal else [into for _, into in resolution.unreached(writer, reader)]
    for each in resolution.claims(writer, reader, meeting.reading).missing:
        if not each.has_default and each not in told:
            remedy = "give it a default" if each.unfit is ABSENT else "its default does not fit its type"
            message = f"the reader needs {each.name!r}, which is never written: {remedy}"
            yield Fact(
                "READER_FIELD_WITHOUT_DEFAULT", Severity.ERROR, message, writer, each, _smallest(writer),
                meeting.reading, (each,),
            )  # fmt: skip


def alias_ambiguous(meeting: Meeting) -> Iterator[Fact]:
    """Fields that names and aliases join more than once."""
    writer, reader = meeting.writer, meeting.reader
    if not isinstance(writer, Record) or not isinstance(reader, Record):
        return
    claims = meeting.resolution.claims(writer, reader, meeting.reading)
    holders = dict(claims.pairs)
    for written, into in claims.quarrels:
        fields = (holders.get(written, into), into)
        message = (
            f"names and aliases of the reader claim {written.name!r} more than once, or two written fields for "
            f"{into.name!r}: let one reader field claim one written field"
        )
        yield Fact(
            "ALIAS_AMBIGUOUS", Severity.ERROR, message, written, into, _smallest(writer), meeting.reading, fields
        )


def aliases_clash(meeting: Meeting) -> Iterator[Fact]:
    """Two names of the writer's that become one: the Java library then reads nothing (asked of the roots)."""
    clash = meeting.resolution.names.clash
    if clash is None:
        return
    parts = "fields" if isinstance(clash.place, Record) else "branches"
    message = (
        f"with the reader's aliases two {parts} of the writer's {label(clash.place)} are called {clash.name!r}, and "
        "the Java library reads no event at all: drop one of the aliases"
    )
    datum = _smallest(meeting.writer)
    yield Fact("ALIAS_AMBIGUOUS", Severity.ERROR, message, clash.place, meeting.reader, datum, Reading.JAVA)


def alias_out_of_reach(meeting: Meeting) -> Iterator[Fact]:
    """Aliases of fields that count only where the full name of the record is known."""
    writer, reader = meeting.writer, meeting.reader
    if not isinstance(writer, Record) or not isinstance(reader, Record) or not meeting.reading.java:
        return
    for written, into in meeting.resolution.unreached(writer, reader):
        lost = "gives the default in its place" if into.has_default else "fails"
        message = (
            f"the alias {written.name!r} of {into.name!r} counts only where the record keeps its full name: the Java "
            f"library {lost}. Add {writer.name!r} to the aliases of {reader.name!r}"
        )
        severity = Severity.LOSSY if into.has_default else Severity.DATA_DEPENDENT
        yield Fact(
            "ALIAS_OUT_OF_REACH", severity, message, written, into, _smallest(writer), Reading.JAVA, (into,),
            parted=into.has_default,
        )  # fmt: skip


def alias_of_used_name(meeting: Meeting) -> Iterator[Fact]:
    """A written field that the Java library, which follows aliases twice, puts into another field or into none."""
    writer, reader = meeting.writer, meeting.reader
    resolution = meeting.resolution
    if not isinstance(writer, Record) or not isinstance(reader, Record) or meeting.reading is not Reading.BOTH:
        return
    if resolution.read_alike(writer, reader):
        return
    literal, java = (dict(resolution.claims(writer, reader, each).pairs) for each in (Reading.LITERAL, Reading.JAVA))
    reached = {written for written, _ in resolution.unreached(writer, reader)}
    for written in writer.fields:
        here, there = literal.get(written), java.get(written)
        if here is there or written in reached:
            continue
        message = (
            f"{written.name!r} is read into {_named(here)}, but by the Java library, which follows aliases twice, into "
            f"{_named(there)}: give no field an alias that is the name of another"
        )
        fields = tuple(each for each in (here, there) if each is not None)
        yield Fact(
            "ALIAS_AMBIGUOUS", Severity.LOSSY, message, written, fields[0], _smallest(writer), Reading.BOTH,
            fields, parted=True,
        )  # fmt: skip


def _named(field: Field | None) -> str:
    return "no field" if field is None else repr(field.name)


def union_branch_missing(meeting: Meeting) -> Iterator[Fact]:
    """No branch that the literal reading would take."""
    writer, reader = meeting.writer, meeting.reader
    if not meeting.reading.literal or not isinstance(reader, Union) or isinstance(writer, Union):
        return
    if meeting.resolution.first_match(writer, reader) is None:
        message = f"the writer has {label(writer)}, and no branch of the reader's union takes it: add a branch"
        yield Fact("UNION_BRANCH_MISSING", Severity.ERROR, message, writer, reader, _smallest(writer), Reading.LITERAL)


def union_branch_ambiguous(meeting: Meeting) -> Iterator[Fact]:
    """Java finds no branch where the first match does; where both find one, the walk follows them apart."""
    writer, reader = meeting.writer, meeting.reader
    if not meeting.reading.java or not isinstance(reader, Union) or isinstance(writer, Union):
        return
    resolution = meeting.resolution
    if resolution.java.choice(writer, reader, meeting.within) is not None:
        return
    if meeting.reading.literal:
        literal = resolution.first_match(writer, reader)
        if literal is None or resolution.fails_plainly(writer, reader.branches[literal]):
            return  # what is wrong will be said there, and is why the Java library finds nothing
    message = (
        f"the Java library finds no branch for {label(writer)} in the reader's union: it compares full names, "
        "and of records the fields. Keep the namespace, or add the old full name as an alias"
    )
    yield Fact("UNION_BRANCH_AMBIGUOUS", Severity.ERROR, message, writer, reader, _smallest(writer), Reading.JAVA)


def union_branch_by_name_alone(meeting: Meeting) -> Iterator[Fact]:
    """An earlier branch of another kind but the same name, which fastavro takes, looking at names alone."""
    writer, reader = meeting.writer, meeting.reader
    if not isinstance(reader, Union) or not isinstance(writer, Record | Enum) or not meeting.reading.literal:
        return
    chosen = meeting.resolution.first_match(writer, reader)
    taken = meeting.resolution.same_name(writer, reader)
    if chosen is None or taken is None or taken >= chosen:
        return
    message = (
        f"fastavro looks at names before kinds and takes {label(reader.branches[taken])} for {label(writer)}: "
        "give types of different kinds different names, or put the intended branch first"
    )
    yield Fact(
        "UNION_BRANCH_AMBIGUOUS", Severity.DATA_DEPENDENT, message, writer, reader, _smallest(writer), Reading.LITERAL
    )


def union_branches_part(meeting: Meeting, literal: Node, java: Node) -> Fact:
    """Both readings find a branch of the reader's union, but not the same one (asked where they part)."""
    writer = meeting.writer
    message = (
        f"{label(writer)} is read as {label(literal)}, the first branch that matches, but by the Java "
        f"library as {label(java)}: put the branch that is meant first"
    )
    severity = Severity.LOSSY if isinstance(writer, Named) else Severity.INFO
    return Fact(
        "UNION_BRANCH_AMBIGUOUS", severity, message, writer, meeting.reader, _smallest(writer), meeting.reading,
        parted=True,
    )  # fmt: skip


def bytes_read_as_string(meeting: Meeting) -> Iterator[Fact]:
    """A promotion that fails for bytes that are not UTF-8; the Java library puts another character in their place."""
    writer, reader = meeting.writer, meeting.reader
    if not isinstance(writer, Primitive) or (writer.kind, reader.kind) != ("bytes", "string"):
        return
    message = "bytes that are not UTF-8 cannot be read as a string: keep bytes, or add a new string field"
    severity, runs, change = Severity.DATA_DEPENDENT, Reading.LITERAL, ""
    if not meeting.reading.literal:
        severity, runs, change = Severity.LOSSY, Reading.JAVA, "the byte 0xff is read as '\ufffd'"
    yield Fact(
        "BYTES_READ_AS_STRING", severity, message, writer, reader, lambda _: scalar(writer, b"\xff"), runs,
        change=change,
    )  # fmt: skip


_EXACT_BITS: Final = {"float": 24, "double": 53}


def precision_lost(meeting: Meeting) -> Iterator[Fact]:
    """A promotion to floating point that changes large numbers."""
    writer, reader = meeting.writer, meeting.reader
    if not isinstance(writer, Primitive) or reader.kind not in _EXACT_BITS or writer.kind not in ("int", "long"):
        return
    bits = _EXACT_BITS[reader.kind]
    if writer.kind == "int" and bits > 32:
        return
    number = 2**bits + 1
    message = f"a {reader.kind} holds whole numbers up to {2**bits} exactly; larger ones change: keep {writer.kind}"
    yield Fact(
        "PRECISION_LOST", Severity.LOSSY, message, writer, reader, lambda _: scalar(writer, number),
        meeting.reading, change=f"{number} is read as {float(2**bits)!r}",
    )  # fmt: skip


def logical_type_changed(meeting: Meeting) -> Iterator[Fact]:
    """The same bytes, meaning something else."""
    writer, reader = meeting.writer, meeting.reader
    before, after = writer.logical, reader.logical
    if before == after or not isinstance(writer, Primitive | Fixed) or not isinstance(reader, Primitive | Fixed):
        return
    if writer.kind != reader.kind and (writer.kind, reader.kind) not in _MEANT_PROMOTIONS:
        return
    severity = Severity.LOSSY
    if isinstance(before, Decimal) and isinstance(after, Decimal) and before.scale == after.scale:
        severity = Severity.INFO if before.precision <= after.precision else Severity.LOSSY
    raw = _telling(writer, before, after)
    message = f"written as {before or 'plain ' + writer.kind}, read as {after or 'plain ' + reader.kind}: "
    message += "the bytes are read, but mean something else" if severity is Severity.LOSSY else "every number fits"
    change = f"{show(writer, raw)!r} is read as {show(reader, promote(raw, reader.kind))!r}"
    yield Fact(
        "LOGICAL_TYPE_CHANGED", severity, message, writer, reader, lambda _: scalar(writer, raw), meeting.reading,
        change=change,
    )  # fmt: skip


_MEANT_PROMOTIONS: Final = PROMOTIONS - {("bytes", "string")}
"""Promotions that always succeed: where bytes become a string, that rule has said all."""


def _telling(node: Primitive | Fixed, before: Decimal | Plain | None, after: Decimal | Plain | None) -> object:
    """A raw value whose meaning visibly depends on the logical type."""
    match node.kind:
        case "int":
            return 19_000
        case "long":
            return 1_700_000_000_000
        case "string":
            return "123e4567-e89b-12d3-a456-426614174000"
        case "bytes":
            nines = 10 ** min(before.precision, 30) - 1 if isinstance(before, Decimal) else 1234
            shrinks = isinstance(before, Decimal) and isinstance(after, Decimal) and before.scale == after.scale
            number = nines if shrinks else min(nines, 1234)
            return number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True)
        case _:
            size = node.size if isinstance(node, Fixed) else 0
            return (1234 % 2 ** max(8 * size - 1, 0)).to_bytes(size, "big") if size else b""


AT_UNIONS: Final = (union_branch_missing, union_branch_ambiguous, union_branch_by_name_alone)
"""Rules for a reader union that meets one branch of the writer."""

AT_PRIMITIVES: Final = (type_mismatch, bytes_read_as_string, precision_lost, logical_type_changed)
AT_ENUMS: Final = (type_mismatch, name_mismatch, enum_symbol_missing, enum_symbol_defaulted)
AT_FIXED: Final = (type_mismatch, name_mismatch, fixed_size_mismatch, logical_type_changed)
AT_CONTAINERS: Final = (type_mismatch,)
AT_RECORDS: Final = (type_mismatch, name_mismatch)
AT_FIELDS: Final = (alias_ambiguous, alias_out_of_reach, alias_of_used_name, reader_field_without_default)
"""Rules for the fields of two records that are the same."""


def without_items(cause: Fact, container: Node) -> Fact:
    """A fault of item types that have no value: an empty array or map shows it."""
    return replace(cause, datum=_smallest(container), runs=Reading.LITERAL)


def apart(meeting: Meeting, cause: Fact, index: int) -> Fact:
    """``UNION_BRANCH_AMBIGUOUS``: literal and Java reading took different branches, and one of them fails."""
    who = "the Java library takes" if cause.runs is Reading.JAVA else "the first branch that matches is"
    message = (
        f"readers take different branches of the union for {label(meeting.writer)}; {who} branch {index}, and there "
        f"{cause.message}"
    )
    return Fact(
        "UNION_BRANCH_AMBIGUOUS", cause.severity, message, meeting.writer, meeting.reader, cause.datum, cause.runs,
        cause.fields, cause.change,
    )  # fmt: skip
