"""Witnesses: events that are executed before they are shown.

fastavro reads the bytes with the two schemas, stripped of everything that does not concern resolution (it would
otherwise apply the writer's logical types after reading). If it reads what the rules say must fail, a known deviation
is at work, and our own reader executes the witness to the letter. If nothing fails, there is no witness.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from functools import cached_property
from itertools import islice
from typing import Any, Final, cast

import fastavro
from fastavro.read import SchemaResolutionError

from compat.avro.datum import Data, Datum
from compat.avro.json_form import to_json
from compat.avro.meetings import Stop
from compat.avro.payload import Payloads
from compat.avro.reading import ResolutionFailed, read
from compat.avro.resolution import Reading, Resolution
from compat.avro.rules import Fact
from compat.avro.sample import boundary_trees
from compat.avro.schema import Enum, Field, Fixed, Record
from compat.avro.text import AROUND, Bare, wrapped
from compat.errors import InvalidPayload
from compat.stopwatch import timed
from compat.verdict import Witness

FASTAVRO: Final = f"fastavro {fastavro.__version__}"
LETTER: Final = "lineal's reader, to the letter of the specification"
JAVA: Final = "lineal's reader, with the choices of Apache Avro Java"
BOTH: Final = "lineal's reader, both to the letter and with the choices of Apache Avro Java"

DEEPEST: Final = 600
"""How many types deep an event may go into fastavro, whose C code does not watch its stack."""

COMPILED: Final = 10_000
"""How many types are compiled for fastavro to look at faults one by one; beyond, our own reader does."""

_FAILURES: Final = (SchemaResolutionError, UnicodeDecodeError, KeyError)
"""What fastavro raises where it cannot resolve: KeyError for aliases that clash."""


_TRIED: Final = 3
"""How many values of a part show whether readers get different ones: the first floats are 0.0 and -0.0."""


class NotShown(Exception):
    """Whatever was executed, all readers get the same value."""


class Executor:
    """Executes events of one writer schema with one reader schema."""

    def __init__(self, resolution: Resolution) -> None:
        self.resolution = resolution
        self.data = Data(resolution.writer.weights)
        self._allowance = COMPILED

    def witness(self, stop: Stop, fact: Fact, *, alone: bool) -> Witness | None:
        """The event that shows a fact, executed; None if it shows nothing. ``alone``: no other fault was found.

        Raises NotShown where readers were expected to get different values, and do not.
        """
        way = list(stop.way())
        if len(way) > DEEPEST:
            return None
        try:
            if fact.parted:
                return self._parted(stop, fact, _focus(way, fact))
            event = stop.event(fact.datum(self.data), self.data)
            if fact.change:
                return self._changed(event, fact, _focus(way, fact))
            return self._failed(event, fact, {} if alone else _focus(way, fact))
        except RecursionError:
            return None

    def _failed(self, event: Datum, fact: Fact, focus: dict[Record, Collection[Field]]) -> Witness | None:
        if fact.runs.literal:
            error = self._fastavro(event.encoded, focus)
            if error is not None:
                return _witness(event, FASTAVRO, error)
        for reading, executor in ((Reading.LITERAL, LETTER), (Reading.JAVA, JAVA)):
            if fact.runs.covers(reading):
                try:
                    read(self.resolution, event.encoded, reading, focus, self.data)
                except (ResolutionFailed, InvalidPayload) as error:
                    return _witness(event, executor, str(error))
        return None

    def _changed(self, event: Datum, fact: Fact, focus: dict[Record, Collection[Field]]) -> Witness | None:
        """The event of a value that changes: it has to be read, and the change is the difference in words."""
        reading = Reading.LITERAL if fact.runs.literal else Reading.JAVA
        try:
            read(self.resolution, event.encoded, reading, focus, self.data)
        except (ResolutionFailed, InvalidPayload):
            return None
        return _witness(event, LETTER if reading is Reading.LITERAL else JAVA, fact.change)

    def _parted(self, stop: Stop, fact: Fact, focus: dict[Record, Collection[Field]]) -> Witness:
        """The event that readers read as different values, and these values."""
        for inner in self._values(stop, fact):
            event = stop.event(inner, self.data)
            try:
                literal, java = (
                    read(self.resolution, event.encoded, each, focus, self.data, named=True)
                    for each in (Reading.LITERAL, Reading.JAVA)
                )
            except (ResolutionFailed, InvalidPayload):
                break  # one of them fails, which is told as a fault of its own
            if literal != java:
                said = f"read as {_shortened(repr(literal))}, by the Java library as {_shortened(repr(java))}"
                return _witness(event, BOTH, said)
        raise NotShown

    def _values(self, stop: Stop, fact: Fact) -> Iterator[Datum]:
        """Values of the written field, or of the type, that the fact is about."""
        writer, part = stop.meeting.writer, fact.before
        node = part.type if isinstance(part, Field) else writer
        for tree in islice(boundary_trees(self.resolution.writer, node), _TRIED):
            encoded = bytearray()
            Payloads().write(node, tree, encoded)
            inner = Datum(bytes(encoded), to_json(node, tree, Payloads()))
            if isinstance(part, Field) and isinstance(writer, Record):
                inner = self.data.with_field(writer, part.name, inner)
            yield inner

    def _fastavro(self, encoded: bytes, focus: dict[Record, Collection[Field]]) -> str | None:
        """What fastavro says, looking at one of several faults alone if there is a focus.

        None where it does not count, and once too much was compiled for one fault each. Where there are aliases, the
        whole reader has to fail too: with fewer fields about, an alias may claim what another field would have taken.
        """
        if not focus or self.resolution.names.aliased:
            error = _run(encoded, self._writer, self._reader)
            if error is None or not focus:
                return error
        if self._allowance < 0:
            return None
        bare = Bare(only=focus, root_space=self._root_space, doc="reader")
        reader = bare.node(self.resolution.reader.root)
        self._allowance -= bare.size
        return _run(encoded, self._writer, _compile(reader))

    @cached_property
    def _root_space(self) -> str:
        """A namespace for names without one, where names with one are about: fastavro cannot tell them apart."""
        names = [
            node.name
            for schema in (self.resolution.writer, self.resolution.reader)
            for node in schema.nodes
            if isinstance(node, Record | Enum | Fixed)
        ]
        return "_" if any("." in name for name in names) and not all("." in name for name in names) else ""

    @cached_property
    def _writer(self) -> Any:
        bare = Bare(root_space=self._root_space).node(self.resolution.writer.root)
        return _compile(bare)

    @cached_property
    def _reader(self) -> Any:
        return _compile(Bare(root_space=self._root_space, doc="reader").node(self.resolution.reader.root))


def _compile(bare: object) -> Any:
    return fastavro.parse_schema(cast("Any", wrapped(bare)), named_schemas={}, _ignore_default_error=True)


@timed
def _run(encoded: bytes, writer: Any, reader: Any) -> str | None:
    try:
        fastavro.schemaless_reader(io.BytesIO(encoded), writer, reader)
    except _FAILURES as error:
        return f"{type(error).__name__}: {_shortened(str(error).replace(AROUND, ''))}"
    except TypeError:
        # A bug of fastavro, not a property of the schemas: it trips over a reader union's branch given by its name.
        return None
    return None


def _shortened(text: str) -> str:
    return text if len(text) <= 500 else f"{text[:499]}…"


def _witness(event: Datum, executor: str, error: str) -> Witness:
    return Witness(
        event.shown, event.encoded, executor, f"an event of the writer schema, {_size(event.encoded)} long", error
    )


def _size(encoded: bytes) -> str:
    return f"{len(encoded)} byte{'' if len(encoded) == 1 else 's'}"


def _focus(way: list[Stop], fact: Fact) -> dict[Record, Collection[Field]]:
    """Of the reader's records on the way to a fact, the fields that lead to it: one fault is looked at alone."""
    kept: dict[Record, dict[Field, None]] = {}
    for stop in way:
        if stop.into is not None and stop.before is not None and isinstance(stop.before.meeting.reader, Record):
            kept.setdefault(stop.before.meeting.reader, {})[stop.into] = None
    if isinstance(way[0].meeting.reader, Record):
        kept.setdefault(way[0].meeting.reader, {}).update(dict.fromkeys(fact.fields))
    return dict(kept)
