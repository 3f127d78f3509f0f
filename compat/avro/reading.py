"""A reader that follows the specification to the letter, or the Java implementation's choices.

fastavro executes witnesses wherever it follows the specification. Where it is known to deviate, and for
the Java reading, this small decoder executes them: it reads the same bytes, resolving as it goes, and fails where
the reading it was asked for fails.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from compat.avro import defaults
from compat.avro.branches import PROMOTIONS
from compat.avro.datum import Data
from compat.avro.java import Records
from compat.avro.payload import branch_name
from compat.avro.resolution import Reading, Resolution
from compat.avro.schema import Array, Enum, Field, Fixed, Map, Named, Node, Primitive, Record, Union, label
from compat.errors import InvalidPayload


class ResolutionFailed(Exception):
    """The data cannot be read with the reader schema. The message says why."""


@dataclass(slots=True)
class Bytes:
    """Bytes that are being read, and how far."""

    data: bytes
    position: int = 0

    def take(self, size: int) -> bytes:
        end = self.position + size
        if size < 0 or end > len(self.data):
            raise InvalidPayload("the bytes end too early")
        taken, self.position = self.data[self.position : end], end
        return taken

    def number(self) -> int:
        """An int or long (variable-length zig-zag)."""
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
            if shift > 63:
                raise InvalidPayload("a number is longer than 64 bits")
        return (value >> 1) ^ -(value & 1)

    def block(self) -> int:
        """The number of items in the next block of an array or map, 0 at its end."""
        count = self.number()
        if count < 0:
            self.number()
            return -count
        return count


Focus: TypeAlias = Mapping[Record, Collection[Field]]
"""The fields a reader's records keep, to look at one of several faults alone. Other records keep all."""


def read(
    resolution: Resolution,
    data: bytes,
    reading: Reading,
    focus: Focus | None = None,
    smallest: Data | None = None,
    *,
    named: bool = False,
) -> object:
    """The raw value (logical types ignored) a reader gets. Raises ResolutionFailed or InvalidPayload.

    ``smallest``: what most of the data is expected to be, so that it can be passed over at once. ``named``: a union's
    value stands under the name of its branch, as in Avro's own JSON, null bare.
    """
    clash = resolution.names.clash if reading is Reading.JAVA else None
    if clash is not None:
        raise ResolutionFailed(f"the aliases give {clash.name!r} to two parts of {label(clash.place)}")
    reader = _Reader(resolution, Bytes(data), reading, focus or {}, smallest, named)
    return reader.read(resolution.writer.root, resolution.reader.root)


@dataclass(slots=True)
class _Reader:
    resolution: Resolution
    source: Bytes
    reading: Reading
    focus: Focus
    smallest: Data | None
    named: bool
    within: Records = None

    def read(self, writer: Node, reader: Node) -> object:
        if isinstance(writer, Union):
            return self.written_branch(writer, reader)
        if isinstance(reader, Union):
            if self.reading is Reading.JAVA:
                index = self.resolution.java.choice(writer, reader, self.within)
            else:
                index = self.resolution.first_match(writer, reader)
            if index is None:
                raise ResolutionFailed(f"found {label(writer)}, expecting {label(reader)}: no branch fits")
            return self.taken(writer, reader.branches[index])
        if self.reading is not Reading.JAVA and not self.resolution.matches(writer, reader):
            raise ResolutionFailed(f"found {label(writer)}, expecting {label(reader)}")
        match writer, reader:
            case Record(), Record():
                return self.record(writer, reader)
            case Array(), Array():
                return [self.read(writer.items, reader.items) for _ in self.blocks()]
            case Map(), Map():
                return {self.text(): self.read(writer.values, reader.values) for _ in self.blocks()}
            case Enum(), Enum():
                return self.symbol(writer, reader)
            case Fixed(), Fixed() if writer.size == reader.size:
                self.names_meet(writer, reader)
                return self.source.take(writer.size)
            case Primitive(), Primitive() if writer.kind == reader.kind or (writer.kind, reader.kind) in PROMOTIONS:
                return self.promoted(writer, reader)
        raise ResolutionFailed(f"found {label(writer)}, expecting {label(reader)}")

    def promoted(self, writer: Primitive, reader: Primitive) -> object:
        value = self.primitive(writer.kind)
        if self.reading is Reading.JAVA and isinstance(value, bytes) and reader.kind == "string":
            return value.decode(errors="replace")
        return promote(value, reader.kind)

    def written_branch(self, writer: Union, reader: Node) -> object:
        index = self.index(writer)
        if (
            self.reading is Reading.JAVA
            and isinstance(reader, Union)
            and self.resolution.java.goes_by_branch(writer, reader)
        ):
            return self.taken(writer.branches[index], reader.branches[index])
        return self.read(writer.branches[index], reader)

    def taken(self, writer: Node, branch: Node) -> object:
        value = self.read(writer, branch)
        return value if value is None or not self.named else {branch_name(branch): value}

    def index(self, writer: Union) -> int:
        index = self.source.number()
        if not 0 <= index < len(writer.branches):
            raise InvalidPayload(f"the union has no branch {index}")
        return index

    def record(self, writer: Record, reader: Record) -> object:
        self.names_meet(writer, reader)
        claims = self.resolution.claims(writer, reader, self.reading)
        kept = self.focus.get(reader)
        for written, into in claims.quarrels:
            if kept is None or into in kept:
                raise ResolutionFailed(
                    f"names and aliases clash at the field {into.name!r}, written as {written.name!r}"
                )
        value: dict[str, object] = {}
        around, passed = self.within, None
        for written, into in claims.pairs:
            if kept is None or into in kept:
                self.pass_over(writer, passed, written)
                self.within, passed = (writer, reader), written
                value[into.name] = self.read(written.type, into.type)
        self.pass_over(writer, passed, None)
        self.within = around
        for absent in claims.missing:
            if kept is not None and absent not in kept:
                continue
            if not absent.has_default:
                raise ResolutionFailed(
                    f"found {label(writer)}, expecting {label(reader)}: missing field {absent.name!r}"
                )
            value[absent.name] = defaults.raw(absent.type, absent.default)
        return value

    def names_meet(self, writer: Named, reader: Named) -> None:
        if not self.resolution.names_meet(writer, reader, self.reading):
            raise ResolutionFailed(f"found {label(writer)}, expecting {label(reader)}: the names differ")

    def symbol(self, writer: Enum, reader: Enum) -> str:
        self.names_meet(writer, reader)
        index = self.source.number()
        if not 0 <= index < len(writer.symbols):
            raise InvalidPayload(f"the enum has no symbol {index}")
        found = writer.symbols[index]
        if found in reader.symbols:
            return found
        if reader.default is None:
            raise ResolutionFailed(f"the symbol {found!r} is unknown to {label(reader)}, which has no default")
        return reader.default

    def primitive(self, kind: str) -> object:
        match kind:
            case "null":
                return None
            case "boolean":
                return self.source.take(1) != b"\0"
            case "int" | "long":
                return self.source.number()
            case "float":
                return struct.unpack("<f", self.source.take(4))[0]
            case "double":
                return struct.unpack("<d", self.source.take(8))[0]
            case "bytes":
                return self.source.take(self.source.number())
            case _:
                return self.text()

    def text(self) -> str:
        try:
            return self.source.take(self.source.number()).decode()
        except UnicodeDecodeError as error:
            raise InvalidPayload(f"a string is not UTF-8: {error}") from None

    def blocks(self) -> Iterator[None]:
        """One step per item of an array or map, over all its blocks."""
        while count := self.source.block():
            for _ in range(count):
                yield

    def pass_over(self, writer: Record, after: Field | None, before: Field | None) -> None:
        """Read past the fields between two of a record's, None being its beginning and its end."""
        fields = writer.fields
        if self.smallest is None:
            first = 0 if after is None else fields.index(after) + 1
            last = len(fields) if before is None else fields.index(before)
        else:
            starts = self.smallest.starts(writer)
            first = 0 if after is None else starts[after][0] + 1
            last, end = starts[before]
            start = starts[fields[first] if first < len(fields) else None][1]
            # No value's bytes begin with those of another of its type: these are the smallest values, if they fit.
            expected = self.smallest.smallest(writer).encoded[start:end]
            if self.source.data.startswith(expected, self.source.position):
                self.source.position += len(expected)
                return
        for each in fields[first:last]:
            self.skip(each.type)

    def skip(self, writer: Node) -> None:
        """Read past a value nobody asks for."""
        match writer:
            case Record(fields=fields):
                for each in fields:
                    self.skip(each.type)
            case Union(branches=branches):
                self.skip(branches[self.index(writer)])
            case Array(items=items):
                for _ in self.blocks():
                    self.skip(items)
            case Map(values=values):
                for _ in self.blocks():
                    self.text()
                    self.skip(values)
            case Enum():
                self.source.number()
            case Fixed(size=size):
                self.source.take(size)
            case Primitive(kind=kind):
                self.primitive(kind)


def promote(value: object, kind: str) -> object:
    """A value as the reader's primitive kind holds it: a float keeps 24 bits, a double 53."""
    match value, kind:
        case bool(), _:
            return value
        case int(), "float":
            return struct.unpack("<f", struct.pack("<f", value))[0]
        case int(), "double":
            return float(value)
        case str(), "bytes":
            return value.encode()
        case bytes(), "string":
            try:
                return value.decode()
            except UnicodeDecodeError as error:
                raise ResolutionFailed(f"the bytes are not UTF-8: {error}") from None
        case _:
            return value
