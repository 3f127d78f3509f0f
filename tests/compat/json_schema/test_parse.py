"""Reading schemas: dialects, references, errors with their place, limits, texts."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from compat.definition import Definition, Format, Reference
from compat.engine import Form
from compat.errors import InvalidPayload, InvalidSchema, LimitExceeded, UnresolvedReference
from compat.json_schema.dialect import DIALECTS, dialect_of
from tests.compat.json_schema.laws import ENGINE, findings, outcome, parse


def definition(text: str, *references: Reference) -> Definition:
    return Definition(Format.JSON, text, references)


def reference(name: str, schema: Any, *references: Reference) -> Reference:
    return Reference(name, Definition(Format.JSON, json.dumps(schema), references))


@pytest.mark.parametrize(
    ("text", "pointer", "line", "column"),
    [
        ('{"type":\n  "strin"}', "/type", 2, 3),
        ('{"properties": {"a":\n {"minimum": "1"}}}', "/properties/a/minimum", 2, 14),
        ('{\n"a": }', "", 2, 6),
        ("3", "", 1, 1),
        ('{"pattern": "("}', "/pattern", 1, 13),
        ('{"$schema": "http://json-schema.org/draft-04/schema#", "exclusiveMaximum": 3}', "", 1, 1),
        ("", "", 1, 1),
        ('{"multipleOf": NaN}', "", 1, 1),
    ],
)
def test_what_is_no_schema_says_where(text: str, pointer: str, line: int, column: int) -> None:
    with pytest.raises(InvalidSchema) as caught:
        ENGINE.parse(definition(text))
    place = caught.value.place
    assert place is not None
    assert (place.pointer, place.line, place.column) == (pointer, line, column)


@pytest.mark.parametrize(
    ("schema", "name"),
    [
        ({"$ref": "other.json"}, "other.json"),
        ({"properties": {"a": {"$ref": "#/definitions/no"}}}, "#/definitions/no"),
        ({"$ref": "http://example.com/x"}, "http://example.com/x"),
        ({"$ref": "file:///etc/passwd"}, "file:///etc/passwd"),
        ({"definitions": {"a": {"$ref": "#nowhere"}}}, "#nowhere"),
    ],
)
def test_references_that_lead_nowhere_are_refused(schema: Any, name: str) -> None:
    with pytest.raises(UnresolvedReference) as caught:
        parse(schema)
    assert caught.value.name == name


@pytest.mark.parametrize(
    ("name", "used"),
    [
        ("other.json", "other.json"),
        ("http://example.com/other.json", "http://example.com/other.json#"),
        ("other.json", "other.json#/definitions/x"),
        ("other.json", "http://example.com/schemas/other.json"),
    ],
)
def test_references_by_name(name: str, used: str) -> None:
    target = {"type": "integer", "definitions": {"x": {"type": "integer"}}}
    root: Any = {"properties": {"a": {"$ref": used}}}
    if used.startswith("http://example.com/schemas"):
        root["$id"] = "http://example.com/schemas/root.json"
    writer = ENGINE.parse(definition(json.dumps(root), reference(name, target)))
    assert list(ENGINE.violations(writer, {"a": 1})) == []
    assert [each.pointer for each in ENGINE.violations(writer, {"a": "x"})] == ["/a"]
    inline = parse({"properties": {"a": {"type": "integer"}}})
    assert findings(writer, inline) == [] == findings(inline, writer)


def test_references_of_references_and_across_drafts() -> None:
    below = {"type": "number", "maximum": 5, "exclusiveMaximum": True}
    inner = reference("inner.json", {"$schema": "http://json-schema.org/draft-04/schema#", **below})
    outer = reference("outer.json", {"items": {"$ref": "inner.json"}}, inner)
    root = {"$schema": "https://json-schema.org/draft/2020-12/schema", "properties": {"a": {"$ref": "outer.json"}}}
    schema = ENGINE.parse(definition(json.dumps(root), outer))
    same = parse({"properties": {"a": {"items": {"type": "number", "exclusiveMaximum": 5}}}})
    assert findings(schema, same) == [] == findings(same, schema)
    wider = parse({"properties": {"a": {"items": {"type": "number", "maximum": 5}}}})
    found = findings(wider, schema)
    assert outcome(found) == "incompatible"
    assert found[0].difference.after.place.pointer.startswith("inner.json#")


def test_one_name_cannot_stand_for_two_schemas() -> None:
    left = reference("left.json", {"$ref": "x.json"}, reference("x.json", {"type": "string"}))
    right = reference("right.json", {"$ref": "x.json"}, reference("x.json", {"type": "number"}))
    with pytest.raises(InvalidSchema, match=r"x\.json"):
        ENGINE.parse(definition('{"items": [{"$ref": "left.json"}, {"$ref": "right.json"}]}', left, right))


@pytest.mark.parametrize(
    "schema",
    [
        {"$id": "http://e.com/r", "definitions": {"a": {"$id": "#here", "type": "string"}}, "$ref": "#here"},
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": "#here",
         "$defs": {"a": {"$anchor": "here", "type": "string"}}},
        {"$schema": "http://json-schema.org/draft-04/schema#", "id": "http://e.com/r",
         "definitions": {"a": {"id": "a.json", "type": "string"}}, "$ref": "a.json"},
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": {"a": {"$dynamicAnchor": "here",
         "type": "string"}}, "$dynamicRef": "#here"},
        {"$ref": "#/definitions/a~1b%25", "definitions": {"a/b%": {"type": "string"}}, "type": "number"},
    ],
)  # fmt: skip
def test_identifiers_and_anchors(schema: Any) -> None:
    text = parse({"type": "string"})
    assert findings(parse(schema), text) == [] == findings(text, parse(schema))


def test_every_dialect_is_known_by_its_uri_with_and_without_hash() -> None:
    for dialect in DIALECTS:
        assert dialect_of({"$schema": dialect.uri}) is dialect is dialect_of({"$schema": f"{dialect.uri}#"})
    assert dialect_of({}) is dialect_of(True) is dialect_of({"$schema": "http://json-schema.org/draft-07/schema#"})


def test_an_unknown_metaschema_is_read_as_the_draft_that_accepts_it() -> None:
    assert parse({"$schema": "http://example.com/our-own", "type": "string"}).dialect.name == "draft-07"
    old = parse({"$schema": "http://example.com/our-own", "maximum": 1, "exclusiveMaximum": True})
    assert old.dialect.name == "draft-04"


def test_canonical_and_normalised_text() -> None:
    text = '{ "b" : 1.50, "a": [ 1e2, "\\u0041\\u001f\\/é" ],\n "maximum": 9007199254740993 }'
    schema = parse(text)
    assert ENGINE.text(schema, Form.CANONICAL) == '{"b":1.50,"a":[1e2,"A\\u001F/é"],"maximum":9007199254740993}'
    assert ENGINE.text(schema, Form.NORMALIZED) == '{"a":[1e2,"A\\u001F/é"],"b":1.50,"maximum":9007199254740993}'
    assert ENGINE.text(schema, Form.RESOLVED) == ENGINE.text(schema, Form.CANONICAL)


def test_the_last_of_two_members_counts() -> None:
    schema = parse('{"type": "string", "type": "number"}')
    assert ENGINE.text(schema, Form.CANONICAL) == '{"type":"number"}'
    assert list(ENGINE.violations(schema, 1)) == []


@pytest.mark.parametrize(
    "text",
    [
        "[" * 5_000 + "]" * 5_000,
        '{"not":' * 201 + "{}" + "}" * 201,
        json.dumps({"description": "x" * 1_000_001}),
        '{"maximum": 1e999999999}',
        '{"maximum": ' + "9" * 5_000 + "}",
        json.dumps({
            "definitions": {f"d{i}": {"allOf": [{"$ref": f"#/definitions/d{min(i + 1, 60)}"}] * 2} for i in range(61)},
            "$ref": "#/definitions/d0",
        }),
    ],
    ids=["arrays", "nesting", "size", "exponent", "digits", "reference bomb"],
)  # fmt: skip
def test_limits(text: str) -> None:
    with pytest.raises(LimitExceeded):
        ENGINE.parse(definition(text))


def test_payloads_keep_their_numbers() -> None:
    schema = parse({"properties": {"n": {"type": "number"}}})
    data = b'{"n":9007199254740993.1,"m":0.5}'
    payload = ENGINE.decode(schema, data)
    assert payload == {"n": Decimal("9007199254740993.1"), "m": Decimal("0.5")}
    assert ENGINE.encode(schema, payload) == data
    tree = ENGINE.to_json(schema, payload)
    assert tree == {"n": Decimal("9007199254740993.1"), "m": 0.5}
    assert isinstance(tree["m"], float)
    assert ENGINE.from_json(schema, tree) == payload


@pytest.mark.parametrize(
    ("data", "pointer"), [(b'{"a": 1}', "/a"), (b"{", ""), (b"\xff", ""), (b"[" * 900, ""), (b'{"b": NaN}', "")]
)
def test_what_is_no_payload_is_refused(data: bytes, pointer: str) -> None:
    schema = parse({"properties": {"a": {"type": "string"}}})
    with pytest.raises(InvalidPayload) as caught:
        ENGINE.decode(schema, data)
    assert caught.value.pointer == pointer


def test_violations_are_in_plain_words() -> None:
    schema = parse({"required": ["id"], "properties": {"n": {"minimum": 5}}, "additionalProperties": False})
    said = {(each.pointer, each.message) for each in ENGINE.violations(schema, {"n": 3, "x": 1})}
    assert ("/n", "3 is below the minimum 5") in said
    assert ("", "the member 'id' is missing") in said
    assert len(said) == 3


def test_mixed_dependencies_are_read_in_any_order() -> None:
    for needed in ({"a": ["b"], "c": {"type": "object"}}, {"c": {"type": "object"}, "a": ["b"]}):
        assert [each.message for each in ENGINE.violations(parse({"dependencies": needed}), {"a": 1})]


@pytest.mark.parametrize("text", ['{"properties": {"\\ud800": {}}}', '{"pattern": "\\ud83d"}', '{"$ref": "#/\\udc00"}'])
def test_half_of_a_surrogate_pair_is_refused(text: str) -> None:
    with pytest.raises(InvalidSchema, match="surrogate pair"):
        parse(text)
