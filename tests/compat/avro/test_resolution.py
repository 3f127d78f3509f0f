"""Which branch of a reader union is taken, by the letter and by the Java library, and how fields find each other."""

from __future__ import annotations

import json
from typing import Any

import pytest

from compat.avro.resolution import Reading, Resolution
from compat.avro.schema import Record, Union
from tests.compat.avro.laws import parse


def rec(name: str, *fields: str, **more: Any) -> Any:
    return {"type": "record", "name": name, "fields": [{"name": each, "type": "int"} for each in fields], **more}


def enum(name: str, **more: Any) -> Any:
    return {"type": "enum", "name": name, "symbols": ["a"], **more}


BRANCHES = {
    "the same primitive": ("int", ["null", "int"], 1, 1),
    "the first promotion by the letter, the exact type in Java": ("int", ["double", "int"], 0, 1),
    "both take the first promotion": ("int", ["string", "float", "long"], 1, 1),
    "nothing fits": ("boolean", ["null", "int"], None, None),
    "a full name later in the union": (rec("n.A", "x"), [rec("m.A", "x"), rec("n.A", "x")], 0, 1),
    "a fitting structure, the short name preferred": (
        rec("n.A", "x"), [rec("m.B", "x"), rec("m.A", "x"), rec("m.C", "x")], 1, 1),
    "a fitting structure of another name": (rec("n.A", "x"), [rec("m.B", "x")], None, 0),
    "a short name whose structure does not fit": (rec("n.A", "x"), [rec("m.A", "y"), rec("k.A", "x")], 0, 1),
    "a full name whose structure does not fit": (rec("n.A", "x"), [rec("n.A", "y"), rec("k.A", "x")], 0, 0),
    "no structure fits, no full name": (rec("n.A", "x"), [rec("m.A", "y")], 0, None),
    "an enum of another namespace": (enum("n.A"), ["null", enum("m.A")], 1, None),
    "an enum by its alias": (enum("n.A"), ["null", enum("m.B", aliases=["n.A"])], 1, 1),
    "a record by its alias": (rec("n.A", "x"), [rec("m.A", "y"), rec("m.B", "x", aliases=["n.A"])], 0, 1),
    "another kind of the same name is passed over": (rec("n.A", "x"), [enum("m.A"), rec("n.A", "x")], 1, 1),
    "a fixed type of another size": (
        {"type": "fixed", "name": "n.F", "size": 1}, [{"type": "fixed", "name": "n.F", "size": 2}], None, 0),
    "an array whose items do not match": (
        {"type": "array", "items": "int"}, ["int", {"type": "array", "items": "string"}], None, 1),
    "a field that is a renamed record fits": (
        {"type": "record", "name": "n.A", "fields": [{"name": "f", "type": rec("n.P", "x")}]},
        [{"type": "record", "name": "m.A", "fields": [{"name": "f", "type": rec("m.Q", "x")}]}], 0, 0),
    "a field of another type does not fit": (
        rec("n.A", "x"), [{"type": "record", "name": "m.B", "fields": [{"name": "x", "type": "string"}]}], None, None),
    "a field that a union of the reader takes fits": (
        rec("n.A", "x"),
        [{"type": "record", "name": "m.B", "fields": [{"name": "x", "type": ["string", "long"]}]}], None, 0),
    "a field that no branch takes does not fit": (
        rec("n.A", "x"),
        [{"type": "record", "name": "m.B", "fields": [{"name": "x", "type": ["string", "null"]}]}], None, None),
}  # fmt: skip


@pytest.mark.parametrize(("writer", "reader", "literal", "java"), BRANCHES.values(), ids=BRANCHES)
def test_branches(writer: Any, reader: Any, literal: int | None, java: int | None) -> None:
    resolution = Resolution(parse(json.dumps(reader)), parse(json.dumps(writer)))
    union = resolution.reader.root
    assert isinstance(union, Union)
    assert resolution.first_match(resolution.writer.root, union) == literal
    assert resolution.java.choice(resolution.writer.root, union, None) == java


EQUAL = {
    "the same names and symbols": (["null", enum("n.A")], ["null", enum("m.A")], True),
    "other symbols": (["null", enum("n.A")], ["null", {**enum("n.A"), "symbols": ["b"]}], False),
    "another short name": (["null", rec("n.A", "x")], ["null", rec("n.B", "x")], False),
    "fields in another order": ([rec("n.A", "x", "y")], [rec("n.A", "y", "x")], False),
    "another order of branches": (["null", "int"], ["int", "null"], False),
    "one branch more": (["null", "int"], ["null", "int", "long"], False),
    "a circle": (
        ["null", {"type": "record", "name": "n.A", "fields": [{"name": "next", "type": ["null", "n.A"]}]}],
        ["null", {"type": "record", "name": "m.A", "fields": [{"name": "next", "type": ["null", "m.A"]}]}], True),
    "a circle with a fault": (
        ["null", {"type": "record", "name": "A", "fields": [
            {"name": "n", "type": ["null", "A"]}, {"name": "x", "type": "int"}]}],
        ["null", {"type": "record", "name": "A", "fields": [
            {"name": "n", "type": ["null", "A"]}, {"name": "x", "type": "long"}]}],
        False),
}  # fmt: skip


@pytest.mark.parametrize(("writer", "reader", "equal"), EQUAL.values(), ids=EQUAL)
def test_unions_that_java_reads_branch_by_branch(writer: Any, reader: Any, equal: object) -> None:
    resolution = Resolution(parse(json.dumps(reader)), parse(json.dumps(writer)))
    assert isinstance(resolution.writer.root, Union)
    assert isinstance(resolution.reader.root, Union)
    assert resolution.java.goes_by_branch(resolution.writer.root, resolution.reader.root) is equal


def field(name: str, *aliases: str) -> Any:
    return {"name": name, "type": "int", "aliases": list(aliases)}


CLAIMS: dict[str, tuple[list[Any], list[Any], str, Reading, dict[str, list[str]]]] = {
    "by name": ([field("a"), field("b")], [field("b"), field("c")], "n.A", Reading.BOTH,
                {"pairs": ["b b"], "missing": ["c"]}),
    "by alias": ([field("a")], [field("b", "a")], "n.A", Reading.BOTH, {"pairs": ["a b"]}),
    "by alias under another full name": ([field("a")], [field("b", "a")], "m.A", Reading.BOTH,
                                         {"pairs": ["a b"], "unreached": ["a b"]}),
    "as Java sees it under another full name": ([field("a")], [field("b", "a")], "m.A", Reading.JAVA,
                                                {"missing": ["b"]}),
    "an alias beside the name": ([field("a"), field("b")], [field("a", "b")], "n.A", Reading.BOTH,
                                 {"pairs": ["a a"], "quarrels": ["b a"]}),
    "two claims on one field": ([field("a")], [field("b", "a"), field("c", "a")], "n.A", Reading.BOTH,
                                {"pairs": ["a b"], "quarrels": ["a c"]}),
}  # fmt: skip


@pytest.mark.parametrize(("written", "read", "name", "reading", "expected"), CLAIMS.values(), ids=CLAIMS)
def test_fields(
    written: list[Any], read: list[Any], name: str, reading: Reading, expected: dict[str, list[str]]
) -> None:
    writer = parse(json.dumps({"type": "record", "name": "n.A", "fields": written}))
    reader = parse(json.dumps({"type": "record", "name": name, "fields": read}))
    assert isinstance(writer.root, Record)
    assert isinstance(reader.root, Record)
    resolution = Resolution(reader, writer)
    claims = resolution.claims(writer.root, reader.root, reading)
    unreached = resolution.unreached(writer.root, reader.root) if reading.literal else []
    found = {
        "pairs": [f"{w.name} {r.name}" for w, r in claims.pairs],
        "missing": [each.name for each in claims.missing],
        "quarrels": [f"{w.name} {r.name}" for w, r in claims.quarrels],
        "unreached": [f"{w.name} {r.name}" for w, r in unreached],
    }
    assert {key: value for key, value in found.items() if value} == expected
