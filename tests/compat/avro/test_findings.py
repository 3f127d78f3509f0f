"""Findings down to their words, their executor and what it said: where a small mistake would not change a rule."""

from __future__ import annotations

import json
from typing import Any

import pytest

from compat.avro.reading import read
from compat.avro.resolution import Reading, Resolution
from compat.avro.witness import BOTH, FASTAVRO, JAVA, LETTER
from compat.errors import InvalidPayload
from compat.verdict import Incompatibility
from tests.compat.avro.laws import Fastavro, blocking, events, findings, parse, unproven, unsound

ENDLESS = {"type": "record", "name": "n.Endless", "fields": [{"name": "self", "type": "n.Endless"}]}
MILLIS, MICROS = ({"type": "long", "logicalType": f"timestamp-{unit}"} for unit in ("millis", "micros"))


def record(*fields: tuple[str, Any], name: str = "n.R", **more: Any) -> Any:
    return {"type": "record", "name": name, "fields": [{"name": n, "type": t} for n, t in fields], **more}


def defaulted(schema: Any, name: str, type_: Any, default: Any) -> Any:
    return {**schema, "fields": [*schema["fields"], {"name": name, "type": type_, "default": default}]}


def decimal(precision: int) -> Any:
    return {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": 2}


def enum(name: str, *symbols: str, **more: Any) -> Any:
    return {"type": "enum", "name": name, "symbols": list(symbols), **more}


def fixed(name: str, size: int, logical: str | None = None) -> Any:
    return {"type": "fixed", "name": name, "size": size, **({"logicalType": logical} if logical else {})}


KINDS: tuple[Any, ...] = (
    "null", "boolean", "int", "long", "float", "double", "bytes", "string", ["null", "int"], enum("n.E", "X", "Y"),
    fixed("n.F", 3), {"type": "array", "items": "string"}, {"type": "map", "values": "int"},
    record(("x", "long"), ("y", "boolean"), name="n.S"),
)  # fmt: skip
EVERYTHING = record(*((f"f{index}", kind) for index, kind in enumerate(KINDS)), ("last", "string"))

FINDINGS: dict[str, tuple[Any, Any, list[tuple[str, str, str]]]] = {
    "a union of a promotion and its exact type, by the letter": (
        record(("a", ["float", "int"])), defaulted(record(("a", ["float", "int"])), "b", "int", 0),
        [("UNION_BRANCH_AMBIGUOUS", BOTH, "read as {'a': {'float': 0.0}}, by the Java library as {'a': {'int': 0}}"),
         ("PRECISION_LOST", LETTER, "a float holds whole numbers up to 16777216 exactly")]),
    "an alias that is another field's alias's name, beside a field that is read alike": (
        record(("x", "long"), ("a", "double")),
        {**record(), "fields": [
            {"name": "b", "type": "double", "aliases": ["a"], "default": -0.0},
            {"name": "c", "type": "double", "aliases": ["b"], "default": 0.0}, {"name": "x", "type": "long"}]},
        [("ALIAS_AMBIGUOUS", BOTH, "read as {'b': 1.5, 'c': 0.0}, by the Java library as {'c': 1.5, 'b': -0.0}")]),
    "an alias that is followed twice into a name that is taken, in one record of two": (
        [record(("a", "int"), ("b", "int")), record(("a", "int"), ("b", "int"), name="other.R")],
        {**record(), "fields": [
            {"name": "a", "type": "int", "aliases": ["c"], "default": 7},
            {"name": "c", "type": "int", "aliases": ["b"], "default": 7}]},
        [("ALIAS_AMBIGUOUS", JAVA, "the aliases give 'a' to two parts of record n.R")]),
    "an alias of a record that is another's name": (
        record(("r", record(("a", "int"), name="n.S"))),
        record(("r", {"type": "record", "name": "n.S", "fields": [
            {"name": "b", "type": "int", "aliases": ["a"], "default": 7},
            {"name": "c", "type": "int", "aliases": ["b"], "default": 7}]})),
        [("ALIAS_AMBIGUOUS", BOTH, "read as {'r': {'b': 0, 'c': 7}}, by the Java library as {'r': {'c': 0, 'b': 7}}")]),
    "a chain of aliases whose end cannot hold the value": (
        record(("a", "int")),
        {**record(), "fields": [
            {"name": "b", "type": "int", "aliases": ["a"], "default": 0},
            {"name": "c", "type": "string", "aliases": ["b"], "default": ""}]},
        [("TYPE_MISMATCH", JAVA, "the reader expects string")]),
    "another unit in an equal union": (
        record(("a", ["null", MILLIS])), record(("a", ["null", MICROS])),
        [("LOGICAL_TYPE_CHANGED", LETTER, "but mean something else")]),
    "more digits of a decimal": (
        record(("a", decimal(6))), record(("a", decimal(8))),
        [("LOGICAL_TYPE_CHANGED", LETTER, "every number fits")]),
    "fewer digits of a decimal": (
        record(("a", decimal(8))), record(("a", decimal(6))),
        [("LOGICAL_TYPE_CHANGED", LETTER, "but mean something else")]),
    "fewer digits of a long decimal": (
        record(("a", decimal(25))), record(("a", decimal(22))),
        [("LOGICAL_TYPE_CHANGED", LETTER, "99999999999999999999999.99")]),
    "another scale of a decimal in few bytes": (
        record(("a", {**fixed("n.F", 9, "decimal"), "precision": 9, "scale": 2})),
        record(("a", {**fixed("n.F", 9, "decimal"), "precision": 9, "scale": 3})),
        [("LOGICAL_TYPE_CHANGED", LETTER, "'12.34' is read as '1.234'")]),
    "a decimal in one byte": (
        record(("a", {**fixed("n.F", 1, "decimal"), "precision": 2, "scale": 0})), record(("a", fixed("n.F", 1))),
        [("LOGICAL_TYPE_CHANGED", LETTER, "written as decimal")]),
    "values of every kind, beside a field that is new": (
        EVERYTHING, defaulted(EVERYTHING, "more", "int", 0), []),
    "a decimal of one digit": (
        record(("a", {**decimal(1), "scale": 0})), record(("a", "bytes")),
        [("LOGICAL_TYPE_CHANGED", LETTER, "written as decimal")]),
    "items that never exist have to match": (
        {"type": "array", "items": ENDLESS}, {"type": "array", "items": "string"},
        [("TYPE_MISMATCH", FASTAVRO, "the reader expects")]),
    "items that never exist have to match, by name": (
        {"type": "map", "values": ENDLESS},
        {"type": "map", "values": json.loads(json.dumps(ENDLESS).replace("Endless", "Other"))},
        [("NAME_MISMATCH", FASTAVRO, "no alias says that they are the same")]),
    "items that never exist, told once": (
        record(("a", {"type": "array", "items": ENDLESS}), ("b", {"type": "array", "items": "n.Endless"})),
        record(("a", {"type": "array", "items": "string"}), ("b", {"type": "array", "items": "string"})),
        [("TYPE_MISMATCH", FASTAVRO, "the reader expects"), ("TYPE_MISMATCH", FASTAVRO, "the reader expects")]),
    "items that never exist and match": (
        {"type": "array", "items": ENDLESS},
        {"type": "array", "items": json.loads(json.dumps(ENDLESS).replace("n.", "m."))}, []),
    "a renamed record": (
        record(("a", record(name="n.A"))), record(("a", record(name="n.B"))),
        [("NAME_MISMATCH", FASTAVRO, "(the Java library would read it, others do not)")]),
    "a renamed record, and what stops the Java library inside it": (
        record(("a", record(name="n.A"))), record(("a", record(("x", "int"), name="n.B"))),
        [("NAME_MISMATCH", FASTAVRO, "no alias says that they are the same"),
         ("READER_FIELD_WITHOUT_DEFAULT", JAVA, "missing field 'x'")]),
    "a renamed enum": (
        record(("a", enum("n.A", "X"))), record(("a", enum("n.B", "X"))),
        [("NAME_MISMATCH", FASTAVRO, "add 'n.A' to the aliases of 'n.B'")]),
    "an enum whose name is another type's alias": (
        record(("a", enum("n.A", "X"))),
        defaulted(record(("a", enum("n.A", "X"))), "b", enum("n.B", "Y", aliases=["n.A"]), "Y"),
        [("ALIAS_AMBIGUOUS", JAVA, "drop that alias")]),
    "two faults, each looked at alone": (
        record(("a", "int")), record(("a", "int"), ("b", "int"), ("c", "int")),
        [("READER_FIELD_WITHOUT_DEFAULT", FASTAVRO, "No default value for field b"),
         ("READER_FIELD_WITHOUT_DEFAULT", FASTAVRO, "No default value for field c")]),
    "two faults below a field, each looked at alone": (
        record(("r", record(("a", "int"), name="n.S"))),
        record(("r", record(("a", "string"), ("b", "int"), name="n.S"))),
        [("READER_FIELD_WITHOUT_DEFAULT", FASTAVRO, "No default value for field b"),
         ("TYPE_MISMATCH", FASTAVRO, "")]),
    "two claims on a field beside another fault": (
        record(("a", "int")),
        record(("x", "int"), ("y", "int"), ("z", "int")) | {"fields": [
            {"name": "x", "type": "int", "aliases": ["a"]}, {"name": "y", "type": "int", "aliases": ["a"]},
            {"name": "z", "type": "int"}]},
        [("ALIAS_AMBIGUOUS", FASTAVRO, "claim 'a' more than once"),
         ("READER_FIELD_WITHOUT_DEFAULT", FASTAVRO, "No default value for field z")]),
    "one fault in a type that two fields share, told once": (
        record(("a", record(("x", "int"), name="n.S")), ("b", "n.S")),
        record(("a", record(("x", "string"), name="n.S")), ("b", "n.S")),
        [("TYPE_MISMATCH", FASTAVRO, "the reader expects string")]),
    "arrays of unions in a union": (
        ["null", {"type": "array", "items": ["null", "int"]}],
        ["null", {"type": "array", "items": ["null", "int", "string"]}], []),
    "a UUID in sixteen bytes": (
        record(("a", fixed("n.F", 16, "uuid"))), record(("a", fixed("n.F", 16))),
        [("LOGICAL_TYPE_CHANGED", LETTER, "written as uuid")]),
    "no UUID in seventeen bytes": (record(("a", fixed("n.F", 17, "uuid"))), record(("a", fixed("n.F", 17))), []),
    "one type of another size in a union that is otherwise equal": (
        record(("a", ["null", fixed("n.F", 1)])), record(("a", ["null", fixed("n.F", 2)])),
        [("UNION_BRANCH_MISSING", FASTAVRO, "no branch of the reader's union takes it"),
         ("FIXED_SIZE_MISMATCH", JAVA, "is written with 1 bytes and read with 2")]),
    "an ambiguous field, and two branches that become one by an alias": (
        record(("u", [record(name="n.A"), record(name="n.B")]), ("r", record(("a", "int"), ("b", "int"), name="n.S"))),
        record(("u", [record(name="n.A", aliases=["n.B"])]), ("r", {"type": "record", "name": "n.S", "fields": [
            {"name": "a", "type": "int", "aliases": ["b"]}]})),
        [("ALIAS_AMBIGUOUS", FASTAVRO, "claim 'b' more than once"),
         ("ALIAS_AMBIGUOUS", JAVA, "two branches of the writer's union of record n.A, record n.B are called 'n.A'")]),
    "branches of which one fails on some events, and the other reads another type": (
        enum("n.E", "a", "c"), [enum("m.E", "a"), enum("n.E", "a", "c")],
        [("UNION_BRANCH_AMBIGUOUS", BOTH, "read as {'m.E': 'a'}, by the Java library as {'n.E': 'a'}"),
         ("UNION_BRANCH_AMBIGUOUS", FASTAVRO, "the first branch that matches is branch 0")]),
    "a record of a union whose field has another type": (
        record(("a", "int"), name="n.A"), [record(("a", "string"), name="m.A")],
        [("TYPE_MISMATCH", FASTAVRO, "the reader expects string")]),
    "a record that the Java library does not find, in a branch that others pass by": (
        record(("u", record(("a", "int"), name="n.A")), name="n.W"),
        [record(name="m.W"), record(("u", [record(("a", "string"), name="m.A")]), name="n.W")],
        [("UNION_BRANCH_AMBIGUOUS", JAVA, "the Java library finds no branch for record n.A")]),
    "a record that only the Java library finds, in a branch that others pass by": (
        record(("u", record(("a", "int"), name="n.A")), name="n.W"),
        [record(name="m.W"), record(("u", [record(("a", "int"), name="m.B")]), name="n.W")],
        [("UNION_BRANCH_AMBIGUOUS", BOTH, "by the Java library as {'n.W': {'u': {'m.B': {'a': 0}}}}")]),
    "one union in two records that are compared once": (
        record(("r", record(("u", record(("a", "int"), name="n.A")), name="n.S")),
               ("s", record(("u", "n.A"), name="n.T"))),
        record(("r", record(("u", [record(name="m.A"), record(("a", "int"), name="n.A")]), name="n.S")),
               ("s", record(("u", ["m.A", "n.A"]), name="n.T"))),
        [("UNION_BRANCH_AMBIGUOUS", BOTH, "by the Java library as {'r': {'u': {'n.A': {'a': 0}}}}"),
         ("UNION_BRANCH_AMBIGUOUS", BOTH, "by the Java library as {'s': {'u': {'n.A': {'a': 0}}}}")]),
    "names with and without a namespace": (
        record(("a", record(name="n.A")), name="R"), record(("a", record(("x", "int"), name="n.A")), name="R"),
        [("READER_FIELD_WITHOUT_DEFAULT", FASTAVRO, "No default value for field x")]),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after", "expected"), FINDINGS.values(), ids=FINDINGS)
def test_findings(before: Any, after: Any, expected: list[tuple[str, str, str]]) -> None:
    writer, reader = parse(json.dumps(before)), parse(json.dumps(after))
    found = [each for each in findings(writer, reader) if isinstance(each, Incompatibility)]
    assert unproven(writer, reader, list(found)) is None
    said = [(each.difference.rule, each.witness.executor if each.witness else "") for each in found]
    assert said == [(rule, executor) for rule, executor, _ in expected]
    for each, (_, _, words) in zip(found, expected, strict=True):
        assert each.witness is not None
        assert words in f"{each.difference.message} {each.witness.reader_error}"
    if not blocking(list(found)):
        assert unsound(writer, reader, seed=0, count=60) is None


def test_values_nobody_asks_for_are_read_past() -> None:
    """Of every kind, before a value that is asked for."""
    writer = parse(json.dumps(EVERYTHING))
    reader = parse(json.dumps(record(("last", "string"))))
    for data in events(writer, seed=1, count=60):
        everything = read(Resolution(writer, writer), data, Reading.LITERAL)
        assert isinstance(everything, dict)
        for reading in (Reading.LITERAL, Reading.JAVA):
            assert read(Resolution(reader, writer), data, reading) == {"last": everything["last"]}


def test_blocks_may_tell_their_size() -> None:
    """A negative count is followed by the bytes of its items, which may be skipped or read."""
    writer = parse(json.dumps(record(("a", {"type": "array", "items": "int"}), ("b", "int"))))
    data = b"\x03\x04\x02\x04" + b"\x00" + b"\x06"
    for schema, value in ((writer, {"a": [1, 2], "b": 3}), (parse(json.dumps(record(("b", "int")))), {"b": 3})):
        assert Fastavro(writer, schema).error(data) is None
        assert read(Resolution(schema, writer), data, Reading.LITERAL) == value


@pytest.mark.parametrize(("data", "words"), [(b"\xff" * 10 + b"\x01", "longer than 64 bits"), (b"\x80", "too early")])
def test_numbers_end(data: bytes, words: str) -> None:
    writer = parse('"long"')
    with pytest.raises(InvalidPayload, match=words):
        read(Resolution(writer, writer), data, Reading.LITERAL)


def test_one_schema_in_two_texts_is_not_resolved() -> None:
    """It could not be: by the letter the first record of a short name is taken. With a doc it is another schema."""
    twins = [record(("x", "int"), name="m.A"), record(name="n.A")]
    writer, spaced = parse(json.dumps(twins)), parse(json.dumps(twins, indent=2))
    documented = parse(json.dumps([twins[0], {**twins[1], "doc": "The second."}]))
    assert findings(writer, spaced) == []
    assert [each.difference.rule for each in blocking(findings(writer, documented))] == ["READER_FIELD_WITHOUT_DEFAULT"]


def test_one_of_two_faults_is_shown_by_fastavro_only_where_the_whole_reader_fails_as_well() -> None:
    """Without the reader's field a, its field c would claim the written a: that is no reader of anybody's."""
    letter = {"name": "c", "type": enum("m.C", "X", default="X"), "default": "X"}
    b = {"name": "b", "type": "float", "aliases": ["a"], "default": 1.5}
    writer, reader = (
        {"type": "record", "name": "n.B", "fields": [{"name": "a", "type": "double", **aliases}, b, letter]}
        for aliases in ({}, {"aliases": ["c"]})
    )
    pair = parse(json.dumps(writer)), parse(json.dumps(reader))
    found = findings(*pair)
    assert {each.witness.executor for each in blocking(found) if each.witness} == {LETTER}
    assert unproven(*pair, found) is None
