"""The laws every answer of the Avro engine must keep, as functions that name what is broken.

Used by the property tests (hypothesis) and by the long run (``tests/prove/avro.py``).
"""

from __future__ import annotations

import io
import itertools
import json
import math
import random
import struct
from collections.abc import Iterator
from typing import Any, cast

import fastavro
from fastavro.read import SchemaResolutionError

from compat.avro.engine import AvroEngine
from compat.avro.meetings import faults
from compat.avro.payload import Payloads
from compat.avro.reading import ResolutionFailed, read
from compat.avro.resolution import Reading, Resolution
from compat.avro.sample import trees
from compat.avro.schema import Enum, Fixed, Record, Schema
from compat.avro.text import Bare, text
from compat.avro.witness import BOTH, FASTAVRO, JAVA, LETTER
from compat.budget import Budget
from compat.definition import Definition, Format
from compat.engine import Form
from compat.errors import InvalidPayload
from compat.verdict import Incompatibility, Undecided, Witness
from tests.compat.avro.rewritings import REWRITINGS
from tests.compat.avro.strategies import Json, Pair

ENGINE = AvroEngine()


def parse(text: str) -> Schema:
    return ENGINE.parse(Definition(Format.AVRO, text))


def findings(writer: Schema, reader: Schema) -> list[Incompatibility | Undecided]:
    return list(ENGINE.incompatibilities(reader, writer, Budget()))


def blocking(found: list[Incompatibility | Undecided]) -> list[Incompatibility]:
    return [each for each in found if isinstance(each, Incompatibility) and each.severity.blocks]


def events(writer: Schema, seed: int, count: int) -> Iterator[bytes]:
    """Bytes of events whose union branches were chosen, not guessed."""
    for tree in itertools.islice(trees(writer, seed), count):
        out = bytearray()
        Payloads().write(writer.root, tree, out)
        yield bytes(out)


def is_ambiguous(original: Json) -> bool:
    """Whether a schema cannot even read itself once it is resolved: equal short names in a union, clashing aliases.

    An identical schema needs no resolution, so such a schema is usable; but the smallest change, a doc, breaks it.
    """
    schema, changed = parse(json.dumps(original)), parse(json.dumps(_noted(original)))
    return any(fact.severity.blocks for _, fact in faults(Resolution(schema, changed), Budget()))


def _noted(original: Json) -> Json:
    if isinstance(original, list):
        return [_noted(each) for each in original]
    return {**original, "note": True} if isinstance(original, dict) else original


def claims_used_name(schema: Schema) -> bool:
    """Whether an alias is the name of another type in use: the Java library then renames that other type."""
    return any(alias in schema.named for each in schema.named.values() for alias in each.aliases)


def moved(name: str, seed: int, pair: Pair) -> str | None:
    """What a rewriting of either side changes, empty if nothing; None if this pair cannot be rewritten so.

    Nothing is asked of identical schemas, which are not resolved at all: there words matter that keep two apart. Nor
    where an alias is a name in use: the Java library rewrites names twice, unless the first time makes two schemas one.
    """
    rewritings = [REWRITINGS[name](random.Random(seed).randrange, each) for each in (pair.writer, pair.reader)]
    schemas = [parse(text) for text in pair.texts]
    twins = [schemas[i] if each is None else ENGINE.parse(each) for i, each in enumerate(rewritings)]
    if rewritings == [None, None] or _has_used_alias(schemas[1]) or (expected := _said(*schemas)) is None:
        return None
    for writer, reader in ((twins[0], schemas[1]), (schemas[0], twins[1]), (twins[0], twins[1])):
        said = _said(writer, reader)
        if said is None or said == expected:
            continue
        if name not in _VERDICT_ALONE or any(blocks for _, blocks in said) != any(blocks for _, blocks in expected):
            return f"{name}: {said} instead of {expected}: {writer.definition} {reader.definition}"
    return ""


def _has_used_alias(schema: Schema) -> bool:
    """Whether an alias of a type or a field is the name of another."""
    records = [each.fields for each in schema.nodes if isinstance(each, Record)]
    used = any({each.name for each in fields} & {a for each in fields for a in each.aliases} for fields in records)
    return used or claims_used_name(schema)


_VERDICT_ALONE = ("null_elsewhere",)
"""Rewritings after which another rule may be the one that refuses."""


def _said(writer: Schema, reader: Schema) -> list[tuple[str, bool]] | None:
    """The rules, and whether they block; None for schemas that are not resolved."""
    if text(writer, Form.RESOLVED) == text(reader, Form.RESOLVED):
        return None
    found = findings(writer, reader)
    return sorted({(each.difference.rule, each.severity.blocks) for each in found if isinstance(each, Incompatibility)})


class Fastavro:
    """fastavro with a pair of schemas: an oracle that shares nothing with the engine but the schemas."""

    def __init__(self, writer: Schema, reader: Schema) -> None:
        names = [
            each.name for schema in (writer, reader) for each in schema.nodes if isinstance(each, Record | Enum | Fixed)
        ]
        space = "_" if any("." in name for name in names) else ""
        self.writer, self.reader = (
            fastavro.parse_schema(cast("Any", Bare(root_space=space, doc=doc).node(schema.root)), named_schemas={})
            for schema, doc in ((writer, ""), (reader, "reader" if reader is not writer else ""))
        )

    def error(self, data: bytes) -> str | None:
        """Why it cannot read the bytes, None if it can."""
        self.value = None
        try:
            self.value = fastavro.schemaless_reader(io.BytesIO(data), self.writer, self.reader)
        except (SchemaResolutionError, KeyError, UnicodeDecodeError) as error:
            return f"{type(error).__name__}: {error}"
        except TypeError:
            return None  # fastavro 1.13.1 trips over a reader union's branch given by its name
        return None


def unsound(writer: Schema, reader: Schema, seed: int, count: int = 12) -> str | None:
    """For a pair that was called compatible: an event that some reader cannot read, or reads otherwise unsaid."""
    resolution = Resolution(reader, writer)
    same = text(writer, Form.RESOLVED) == text(reader, Form.RESOLVED)  # no resolution takes place
    oracle = Fastavro(writer, writer if same else reader)
    said = {each.difference.rule for each in findings(writer, reader) if isinstance(each, Incompatibility)}
    parted = not said.isdisjoint(_PARTINGS)
    for data in events(writer, seed, count):
        if (error := oracle.error(data)) is not None:
            return f"fastavro cannot read {data!r}: {error}"
        for reading in () if same else (Reading.LITERAL, Reading.JAVA):
            try:
                value = read(resolution, data, reading)
            except (ResolutionFailed, InvalidPayload) as failure:
                return f"the {reading.name} reading cannot read {data!r}: {failure}"
            if reading is Reading.LITERAL and oracle.value is not None and not _alike(value, oracle.value):
                return f"{data!r} is read as {value!r}, by fastavro as {oracle.value!r}"
        if not same and not parted:
            literal, java = (read(resolution, data, each, named=True) for each in (Reading.LITERAL, Reading.JAVA))
            if not _equal(literal, java):
                return f"unsaid: {data!r} is read as {literal!r}, by the Java library as {java!r}"
    return None


_PARTINGS = {"ALIAS_AMBIGUOUS", "ALIAS_OUT_OF_REACH", "UNION_BRANCH_AMBIGUOUS"}
"""Rules that say that readers get different values."""


def _equal(one: object, other: object) -> bool:
    """Whether two values are the same, NaN with itself, whatever the order of fields."""
    return json.dumps(one, sort_keys=True, default=repr) == json.dumps(other, sort_keys=True, default=repr)


def _alike(ours: Any, theirs: Any) -> bool:
    """Whether two values are the same.

    fastavro gives defaults as they are written (bytes as text, without what they leave to other defaults), does not
    round to a float, and prefers a branch of the written type to one before it that the value is promoted to.
    """
    match ours, theirs:
        case dict(), dict():
            return ours.keys() >= theirs.keys() and all(_alike(ours[name], theirs[name]) for name in theirs)
        case list(), list():
            return len(ours) == len(theirs) and all(map(_alike, ours, theirs))
        case bytes(), str():
            return ours in (theirs.encode(), theirs.encode("latin-1", "replace"))
        case str(), bytes():
            return ours.encode() == theirs
        case float(), float() | int() if not isinstance(theirs, bool):
            rounded = ours == theirs or ours == struct.unpack("<f", struct.pack("<f", theirs))[0]
            return rounded or (math.isnan(ours) and math.isnan(theirs))
    return type(ours) is type(theirs) and bool(ours == theirs)


def unproven(writer: Schema, reader: Schema, found: list[Incompatibility | Undecided]) -> str | None:
    """For any answer: a finding that is undecided, lacks its witness, or whose witness does not fail again, or None."""
    for each in found:
        if isinstance(each, Undecided):
            return f"undecided: {each}"
        if each.difference.rule not in ENGINE.rules:
            return f"no such rule: {each.difference.rule}"
        if each.severity.blocks and each.witness is None:
            return f"no witness: {each.difference}"
        if each.witness is not None and each.witness.executor == BOTH and not _part(writer, reader, each.witness):
            return f"all readers get the same value: {each}"
        if each.severity.blocks and (problem := refuted(writer, reader, cast("Witness", each.witness))):
            return f"{problem}: {each}"
    return None


def _part(writer: Schema, reader: Schema, witness: Witness) -> bool:
    """Whether readers get different values from a stored witness, or fail, which is told apart."""
    resolution = Resolution(reader, writer)
    try:
        values = [
            read(resolution, witness.encoded or b"", each, named=True) for each in (Reading.LITERAL, Reading.JAVA)
        ]
    except (ResolutionFailed, InvalidPayload):
        return True
    return not _equal(*values)


def refuted(writer: Schema, reader: Schema, witness: Witness) -> str | None:
    """Why a stored witness does not prove that the reader fails, or None if it does."""
    data = witness.encoded or b""
    if error := Fastavro(writer, writer).error(data):
        return f"the witness is no event of the writer ({error})"
    if witness.executor == FASTAVRO:
        return None if Fastavro(writer, reader).error(data) else "fastavro reads the witness"
    reading = {LETTER: Reading.LITERAL, JAVA: Reading.JAVA}[witness.executor]
    try:
        read(Resolution(reader, writer), data, reading)
    except (ResolutionFailed, InvalidPayload):
        return None
    return f"{witness.executor} reads the witness"
