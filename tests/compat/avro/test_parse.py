"""What the parser takes and what it refuses, with the place and a remedy."""

from __future__ import annotations

import io
import json
from typing import Any, cast

import fastavro
import pytest
from hypothesis import given

from compat import formats
from compat.avro.engine import AvroEngine
from compat.avro.schema import Decimal, Plain, Record
from compat.avro.text import Bare
from compat.budget import Budget, Limits
from compat.definition import Definition, Format, Reference
from compat.engine import Form
from compat.errors import InvalidSchema, LimitExceeded, UnresolvedReference
from compat.projection import needs
from compat.verdict import Incompatibility
from tests.compat.avro.laws import ENGINE, parse
from tests.compat.avro.strategies import schemas


def record(*fields: Any, name: str = "n.R") -> str:
    return json.dumps({"type": "record", "name": name, "fields": list(fields)})


REFUSED = {
    "not JSON": ("{", "", "not JSON"),
    "a bare word": ("string", "", "not JSON"),
    "NaN": ('{"type": "int", "x": NaN}', "", "NaN"),
    "a number out of range": ('{"type": "int", "x": 1e999}', "", "1e999"),
    "half a surrogate": ('{"type": "int", "x": "\\ud800"}', "", "surrogate"),
    "a name twice in an object": ('{"type": "int", "type": "long"}', "/type", "twice"),
    "a number": ("3", "", "not 3"),
    "no type": ("{}", "", '"type"'),
    "a type in a type": ('{"type": {"type": "int"}}', "/type", "inner type"),
    "array without items": ('{"type": "array"}', "", "items"),
    "map without values": ('{"type": "map"}', "", "values"),
    "array as a name": ('["array"]', "/0", '"array" needs an object with its parts'),
    "letters of another alphabet": ('"größe!"', "", '"größe!" is neither'),
    "record without a name": ('{"type": "record", "fields": []}', "", "name"),
    "record without fields": ('{"type": "record", "name": "R"}', "", "fields"),
    "a name with a digit first": ('{"type": "record", "name": "1X", "fields": []}', "/name", "1X"),
    "a namespace with a dash": ('{"type": "record", "name": "X", "namespace": "a-b", "fields": []}', "/name", "a-b"),
    "an empty part of a name": ('{"type": "record", "name": "a..b", "fields": []}', "/name", "a..b"),
    "a namespace that is no string": (
        '{"type": "fixed", "name": "X", "namespace": 1, "size": 1}', "/namespace", "string",
    ),
    "a primitive declared again": ('{"type": "record", "name": "string", "fields": []}', "/name", "primitive"),
    "a type declared twice": (
        record({"name": "a", "type": {"type": "fixed", "name": "F", "size": 1}},
               {"name": "b", "type": {"type": "fixed", "name": "n.F", "size": 1}}),
        "/fields/1/type/name", "twice",
    ),
    "a field twice": (record({"name": "a", "type": "int"}, {"name": "a", "type": "int"}), "/fields/1", "twice"),
    "a field without a type": (record({"name": "a"}), "/fields/0", "type"),
    "a field whose name is a number": (record({"name": 7, "type": "int"}), "/fields/0", "a string"),
    "a word that is no name": ('{"type": "array", "items": "a-b"}', "/items", "neither a primitive type nor a name"),
    "a field that is a string": (record("a"), "/fields/0", "object"),
    "a field name with a dot": (record({"name": "a.b", "type": "int"}), "/fields/0/name", "a.b"),
    "an alias with a dot": (record({"name": "a", "type": "int", "aliases": ["x.y"]}), "/fields/0/aliases/0", "x.y"),
    "aliases that are a string": (record({"name": "a", "type": "int", "aliases": "x"}), "/fields/0/aliases", "list"),
    "an unknown order": (record({"name": "a", "type": "int", "order": "up"}), "/fields/0/order", "ascending"),
    "a doc that is no string": (record({"name": "a", "type": "int", "doc": 1}), "/fields/0/doc", "string"),
    "symbols that are an object": ('{"type": "enum", "name": "E", "symbols": {}}', "/symbols", "list"),
    "a symbol twice": ('{"type": "enum", "name": "E", "symbols": ["a", "a"]}', "/symbols/1", "twice"),
    "a symbol with a dash": ('{"type": "enum", "name": "E", "symbols": ["a-b"]}', "/symbols/0", "a-b"),
    "a default that is no symbol": (
        '{"type": "enum", "name": "E", "symbols": ["a"], "default": "b"}', "/default", '"b"',
    ),
    "a negative size": ('{"type": "fixed", "name": "F", "size": -1}', "", "size"),
    "a size that is a truth value": ('{"type": "fixed", "name": "F", "size": true}', "", "size"),
    "a union in a union": ('["int", ["string"]]', "/1", "union"),
    "a type twice in a union": ('["int", "string", "int"]', "/2", "twice"),
    "two arrays in a union": (
        '[{"type": "array", "items": "int"}, {"type": "array", "items": "long"}]', "/1", "twice",
    ),
    "a record default without a field": (
        record({"name": "r", "type": {"type": "record", "name": "P", "fields": [{"name": "x", "type": "int"}]},
                "default": {}}),
        "/fields/0/default", "lacks 'x'",
    ),
    "a default that is no symbol of the field's enum": (
        record({"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["a"]}, "default": "b"}),
        "/fields/0/default", '"b" is no enum n.E',
    ),
    "a default that fills itself through a union": (
        record({"name": "a", "type": ["R", "null"], "default": {}}), "/fields/0/default", "without end",
    ),
    "a wrong field in a default, which has a default of its own": (
        record({"name": "r", "default": {"x": "one"}, "type": {
            "type": "record", "name": "S", "fields": [{"name": "x", "type": "int", "default": 0}]}}),
        "/fields/0/default/x", '"one" is no int',
    ),
    "a wrong item in a default": (
        record({"name": "l", "type": {"type": "array", "items": "int"}, "default": [1, "two"]}),
        "/fields/0/default/1", '"two" is no int',
    ),
    "a fixed default of the wrong length": (
        record({"name": "f", "type": {"type": "fixed", "name": "F", "size": 2}, "default": "x"}),
        "/fields/0/default", "fixed",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "pointer", "words"), REFUSED.values(), ids=REFUSED)
def test_refused_with_its_place(text: str, pointer: str, words: str) -> None:
    with pytest.raises(InvalidSchema) as caught:
        parse(text)
    assert words in caught.value.message
    assert (caught.value.place.pointer if caught.value.place else "") == pointer


def test_the_place_has_a_line_and_a_column() -> None:
    text = '{"type": "record", "name": "R",\n "fields": [\n   {"name": "a", "type": "int", "default": "x"}]}'
    with pytest.raises(InvalidSchema) as caught:
        parse(text)
    assert caught.value.place is not None
    assert (caught.value.place.line, caught.value.place.column) == (3, 44)


TAKEN = {
    "a primitive": '"string"',
    "a primitive with attributes": '{"type": "string", "avro.java.string": "String"}',
    "an empty union": "[]",
    "an empty enum": '{"type": "enum", "name": "E", "symbols": []}',
    "a record with itself": record({"name": "next", "type": ["null", "R"]}),
    "an error": '{"type": "error", "name": "E", "fields": []}',
    "a name in an object": record({"name": "a", "type": {"type": "fixed", "name": "F", "size": 1}},
                                  {"name": "b", "type": {"type": "F"}}),
    "a default of the second branch": record({"name": "a", "type": ["null", "string"], "default": "x"}),
    "a default that uses a type declared later": record(
        {"name": "a", "default": None, "type": [
            "null", {"type": "record", "name": "P", "fields": [{"name": "r", "type": ["null", "R"]}]}]}),
    "bytes as characters": record({"name": "a", "type": "bytes", "default": "\u0000\u00ff"}),
    "an int default for a double": record({"name": "a", "type": "double", "default": 1}),
    "a namespace taken back": '{"type": "record", "name": "n.R", "fields": [{"name": "a", "type": '
                              '{"type": "fixed", "name": "F", "namespace": "", "size": 1}}]}',
}  # fmt: skip


UNFIT = record(
    {"name": "inner", "type": {"type": "record", "name": "I", "fields": [
        {"name": "x", "type": "int", "default": "one"}]}, "default": {}},
    {"name": "back", "type": ["null", "R"], "default": 3},
    {"name": "good", "type": "long", "default": 7},
    name="my-app.v1-beta.R",
)  # fmt: skip


def lenient(text: str, *references: Reference) -> Definition:
    return Definition(Format.AVRO, text, references, lenient=True)


def test_lenient_takes_what_older_registries_took_and_gives_it_back() -> None:
    with pytest.raises(InvalidSchema):
        parse(UNFIT)
    schema = ENGINE.parse(lenient(UNFIT))
    assert json.loads(ENGINE.text(schema, Form.CANONICAL)) == {
        **json.loads(UNFIT), "name": "R", "namespace": "my-app.v1-beta",
    }  # fmt: skip
    assert isinstance(schema.root, Record)
    assert [each.has_default for each in schema.root.fields] == [False, False, True]
    again = ENGINE.parse(lenient(ENGINE.text(schema, Form.NORMALIZED)))
    assert ENGINE.text(again, Form.NORMALIZED) == ENGINE.text(schema, Form.NORMALIZED)


def test_a_default_that_does_not_fit_is_none() -> None:
    schema = ENGINE.parse(lenient(UNFIT))
    assert [each.required for each in ENGINE.outline(schema).fields] == [True, True, False]
    empty = ENGINE.parse(lenient(record(name="my-app.v1-beta.R")))
    found = list(ENGINE.incompatibilities(schema, empty, Budget()))
    assert [each.difference.rule for each in found if isinstance(each, Incompatibility)] == [
        "READER_FIELD_WITHOUT_DEFAULT"
    ] * 2
    assert all(isinstance(each, Incompatibility) and each.witness for each in found)
    payload = ENGINE.minimal(schema)
    assert ENGINE.decode(schema, ENGINE.encode(schema, payload)) == payload
    assert list(ENGINE.incompatibilities(schema, schema, Budget())) == []
    projected = ENGINE.projection(schema, needs(["inner.x"]))
    assert ENGINE.text(ENGINE.parse(projected), Form.CANONICAL)


@pytest.mark.parametrize(
    "text",
    [
        '{"type": "record", "name": "my-app.1X", "fields": []}',
        record({"name": "a-b", "type": "int"}),
        '{"type": "enum", "name": "E", "symbols": ["a-b"]}',
        '{"type": "enum", "name": "E", "symbols": ["a"], "default": "b"}',
        record({"name": "a", "type": "int"}, {"name": "a", "type": "int"}),
    ],
)
def test_lenient_still_checks_simple_names(text: str) -> None:
    with pytest.raises(InvalidSchema):
        ENGINE.parse(lenient(text))


def test_a_strict_schema_may_refer_to_a_lenient_one_and_each_is_read_its_own_way() -> None:
    inner = lenient(record({"name": "x", "type": "int", "default": "one"}, name="Inner"))
    text = record({"name": "i", "type": "Inner"}, name="Outer")
    ENGINE.parse(Definition(Format.AVRO, text, (Reference("Inner", inner),)))
    bad = record({"name": "i", "type": "Inner", "default": {}}, name="Outer")
    with pytest.raises(InvalidSchema, match="lacks 'x'"):
        ENGINE.parse(Definition(Format.AVRO, bad, (Reference("Inner", inner),)))


def test_what_was_parsed_leniently_is_not_taken_for_valid() -> None:
    """Both share a place among the parsed schemas."""
    formats.parse(lenient(UNFIT))
    with pytest.raises(InvalidSchema):
        formats.parse(Definition(Format.AVRO, UNFIT))
    assert formats.parse(lenient(UNFIT)) is formats.parse(lenient(UNFIT))
    fine = record(name="cached.Fine")
    assert formats.parse(Definition(Format.AVRO, fine)) is formats.parse(lenient(fine))


@pytest.mark.parametrize("text", TAKEN.values(), ids=TAKEN)
def test_taken(text: str) -> None:
    parse(text)


@pytest.mark.parametrize(
    ("text", "logical"),
    [
        ('{"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}', Decimal(4, 2)),
        ('{"type": "bytes", "logicalType": "decimal", "precision": 4}', Decimal(4, 0)),
        ('{"type": "bytes", "logicalType": "decimal"}', None),
        ('{"type": "bytes", "logicalType": "decimal", "precision": 0}', None),
        ('{"type": "bytes", "logicalType": "decimal", "precision": 2, "scale": 3}', None),
        ('{"type": "string", "logicalType": "decimal", "precision": 4}', None),
        ('{"type": "fixed", "name": "F", "size": 2, "logicalType": "decimal", "precision": 4}', Decimal(4, 0)),
        ('{"type": "fixed", "name": "F", "size": 2, "logicalType": "decimal", "precision": 5}', None),
        ('{"type": "fixed", "name": "F", "size": 12, "logicalType": "duration"}', Plain("duration")),
        ('{"type": "fixed", "name": "F", "size": 11, "logicalType": "duration"}', None),
        ('{"type": "long", "logicalType": "timestamp-micros"}', Plain("timestamp-micros")),
        ('{"type": "int", "logicalType": "timestamp-micros"}', None),
        ('{"type": "string", "logicalType": "uuid"}', Plain("uuid")),
        ('{"type": "string", "logicalType": "of my own"}', None),
    ],
)
def test_logical_types_that_are_not_valid_are_ignored(text: str, logical: object) -> None:
    assert parse(text).root.logical == logical


@given(schemas())
def test_fastavro_takes_what_the_parser_takes(schema: Any) -> None:
    parsed = parse(json.dumps(schema))
    fastavro.parse_schema(cast("Any", Bare(logical=True, root_space="_").node(parsed.root)), named_schemas={})


class TestReferences:
    address = Definition(Format.AVRO, '{"type": "record", "name": "shop.Address", "fields": []}')
    customer = Definition(
        Format.AVRO,
        '{"type": "record", "name": "shop.Customer", "fields": [{"name": "home", "type": "shop.Address"}]}',
        (Reference("shop.Address", address),),
    )
    order = '{"type": "record", "name": "shop.Order", "fields": [{"name": "by", "type": "Customer"}]}'

    def test_names_come_from_references_of_references(self) -> None:
        schema = ENGINE.parse(Definition(Format.AVRO, self.order, (Reference("shop.Customer", self.customer),)))
        assert isinstance(schema.root, Record)
        assert isinstance(schema.named["shop.Address"], Record)
        assert schema.own == {"shop.Order"}

    def test_a_name_that_nothing_defines_is_named_in_full(self) -> None:
        with pytest.raises(UnresolvedReference) as caught:
            parse(self.order)
        assert caught.value.name == "shop.Customer"
        assert caught.value.place is not None
        assert caught.value.place.pointer == "/fields/0/type"

    def test_names_do_not_leak_from_one_parse_to_the_next(self) -> None:
        ENGINE.parse(self.customer)
        with pytest.raises(UnresolvedReference):
            parse('{"type": "record", "name": "shop.X", "fields": [{"name": "a", "type": "shop.Address"}]}')

    def test_one_definition_may_be_reached_on_two_ways(self) -> None:
        both = (Reference("shop.Address", self.address), Reference("shop.Customer", self.customer))
        ENGINE.parse(Definition(Format.AVRO, self.order, both))

    def test_two_definitions_of_one_name_are_refused(self) -> None:
        other = Definition(Format.AVRO, '{"type": "fixed", "name": "shop.Address", "size": 1}')
        both = (Reference("shop.Customer", self.customer), Reference("other", other))
        with pytest.raises(InvalidSchema) as caught:
            ENGINE.parse(Definition(Format.AVRO, self.order, both))
        assert caught.value.place is not None
        assert caught.value.place.pointer == "other#/name"

    def test_another_format_is_refused(self) -> None:
        foreign = Reference("x", Definition(Format.JSON, "{}"))
        with pytest.raises(InvalidSchema, match="JSON"):
            ENGINE.parse(Definition(Format.AVRO, '"int"', (foreign,)))

    def test_references_go_only_so_deep(self) -> None:
        definition = self.address
        for _ in range(Limits().reference_depth + 1):
            definition = Definition(Format.AVRO, '"int"', (Reference("x", definition),))
        with pytest.raises(LimitExceeded):
            ENGINE.parse(definition)


def test_data_written_by_fastavro_with_the_text_is_read_with_the_schema() -> None:
    text = record(
        {"name": "a", "type": {"type": "fixed", "name": "F", "namespace": "", "size": 2}}, {"name": "b", "type": "long"}
    )
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, json.loads(text), {"a": b"xy", "b": -5})
    assert ENGINE.decode(parse(text), stream.getvalue()) == {"a": b"xy", "b": -5}


@pytest.mark.parametrize(
    ("next_", "recursive"),
    [("string", False), ("Leaf", False), (["null", "Leaf"], False), (["null", "Tree"], True), ("Inner", True)],
)
def test_whether_a_value_can_nest_without_bound(next_: object, recursive: object) -> None:
    """A type that is only used twice is no circle."""
    leaf = {"type": "record", "name": "Leaf", "fields": [{"name": "value", "type": "int"}]}
    inner = {"type": "record", "name": "Inner", "fields": [{"name": "up", "type": {"type": "array", "items": "Tree"}}]}
    fields = [leaf, inner, next_] if recursive else [leaf, {"type": "array", "items": "Leaf"}, next_]
    named = [{"name": f"f{index}", "type": each} for index, each in enumerate(fields)]
    assert parse(json.dumps({"type": "record", "name": "Tree", "fields": named})).recursive is recursive


@pytest.mark.parametrize("text", ['{"type": "array", "items": %s}', '{"type": "map", "values": %s}'])
def test_nesting_is_bounded(text: str) -> None:
    engine, nested = AvroEngine(Limits(depth=7)), '"int"'
    for _ in range(7):
        assert engine.parse(Definition(Format.AVRO, nested))
        nested = text.replace("%s", nested)
    with pytest.raises(LimitExceeded):
        engine.parse(Definition(Format.AVRO, text.replace("%s", nested)))


def test_the_size_of_a_text_is_bounded() -> None:
    text = '"int" '
    assert AvroEngine(Limits(text_bytes=len(text))).parse(Definition(Format.AVRO, text))
    with pytest.raises(LimitExceeded):
        AvroEngine(Limits(text_bytes=len(text) - 1)).parse(Definition(Format.AVRO, text))


def test_a_full_name_makes_the_namespace_beside_it_void() -> None:
    assert isinstance(parse('{"type": "record", "name": "n.R", "namespace": "no-name", "fields": []}').root, Record)


def test_events_nest_no_deeper_than_schemas_even_where_the_text_is_flat() -> None:
    """Each record holds the one declared before it, so the last holds them all."""
    fields: list[dict[str, Any]] = []
    for index in range(9):
        inner = [{"name": "x", "type": f"R{index - 1}"}] if index else []
        fields.append({"name": f"f{index}", "type": {"type": "record", "name": f"R{index}", "fields": inner}})
    definition = Definition(Format.AVRO, record(*fields, name="Last"))
    AvroEngine(Limits(depth=12)).parse(definition)
    with pytest.raises(LimitExceeded):
        AvroEngine(Limits(depth=8)).parse(definition)
