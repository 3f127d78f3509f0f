"""Drafts: what they propose is valid in the new version, whatever the type; what schemas declare is followed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from compat.definition import Definition, Format, Reference
from compat.formats import Parsed, parse
from registry.upcasting import Limits, draft, verify
from upcasters.document import write_operation

FEW = Limits(events=40, seconds=2)

AVRO: dict[str, Any] = {
    "boolean": "boolean",
    "int": "int",
    "long": "long",
    "float": "float",
    "double": "double",
    "bytes": "bytes",
    "string": "string",
    "fixed": {"type": "fixed", "name": "Digest", "size": 3},
    "enum": {"type": "enum", "name": "Level", "symbols": ["LOW", "HIGH"]},
    "decimal": {"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2},
    "decimal in a fixed": {"type": "fixed", "name": "Money", "size": 4, "logicalType": "decimal", "precision": 6},
    "big-decimal": {"type": "bytes", "logicalType": "big-decimal"},
    "uuid": {"type": "string", "logicalType": "uuid"},
    "date": {"type": "int", "logicalType": "date"},
    "time-millis": {"type": "int", "logicalType": "time-millis"},
    **{
        kind: {"type": "long", "logicalType": kind}
        for kind in (
            "time-micros", "timestamp-millis", "timestamp-micros", "timestamp-nanos", "local-timestamp-millis",
            "local-timestamp-micros", "local-timestamp-nanos",
        )
    },
    "duration": {"type": "fixed", "name": "Span", "size": 12, "logicalType": "duration"},
    "array": {"type": "array", "items": "int"},
    "map": {"type": "map", "values": {"type": "long", "logicalType": "timestamp-millis"}},
    "union": ["string", "int"],
    "union of records": [
        {"type": "record", "name": "Card", "fields": [{"name": "number", "type": "string"}]},
        {"type": "record", "name": "Cash", "fields": [{"name": "paid", "type": "boolean"}]},
    ],
    "nullable": ["null", "string"],
    "record": {
        "type": "record",
        "name": "Inner",
        "fields": [
            {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
            {"name": "sum", "type": {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 1}},
            {"name": "deeper", "type": {"type": "record", "name": "Deeper", "fields": [
                {"name": "day", "type": {"type": "int", "logicalType": "date"}}, {"name": "note", "type": "string"},
            ]}},
        ],
    },
    "tree": {
        "type": "record",
        "name": "Tree",
        "fields": [{"name": "v", "type": "int"}, {"name": "below", "type": {"type": "array", "items": "Tree"}}],
    },
}  # fmt: skip
"""Types of Avro by what they are called."""

DEFAULTS: list[tuple[Any, Any, Any]] = [
    ("bytes", "\u00ff\u0000", {"value": "/wA=", "as": "bytes"}),
    (AVRO["timestamp-millis"], 1, {"value": "1970-01-01T00:00:00.001000Z", "as": "timestamp"}),
    (AVRO["decimal"], "\u0001", {"value": "0.01", "as": "decimal"}),
    (AVRO["date"], 1, {"value": "1970-01-02", "as": "date"}),
    (AVRO["time-millis"], 1000, {"value": "00:00:01", "as": "time"}),
    (AVRO["enum"], "HIGH", {"value": "HIGH"}),
    (["int", "string"], 7, {"value": 7}),
    (AVRO["union of records"], {"number": "n"}, {"value": {"number": "n"}}),
    ({"type": "map", "values": "bytes"}, {"a": "\u0001"}, {"value": {"a": "AQ=="}, "as": {"/a": "bytes"}}),
]
"""Types of Avro, a default, and the constant that it is."""

JSON_SCHEMA: dict[str, Any] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "null": {"type": "null"},
    "array": {"type": "array"},
    "object": {"type": "object"},
    "at least": {"type": "integer", "minimum": 7},
    "above, in steps": {"type": "number", "exclusiveMinimum": 0.5, "multipleOf": 0.25},
    "long enough": {"type": "string", "minLength": 3},
    "pattern": {"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
    "date-time": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
    "uuid": {"type": "string", "format": "uuid"},
    "email": {"type": "string", "format": "email"},
    "enum": {"enum": ["NEW", "PAID"]},
    "enum of records": {"enum": [{"a": 1}, [2]]},
    "const": {"const": "only"},
    "const record": {"const": {"a": [1, None]}},
    "items": {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 2, "uniqueItems": True},
    "contains": {"type": "array", "contains": {"const": 5}},
    "tuple": {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "boolean"}], "minItems": 2},
    "map": {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 1},
    "record": {
        "type": "object",
        "properties": {"n": {"type": "integer", "minimum": 1}, "at": {"type": "string", "format": "date-time"}},
        "required": ["n", "at"],
        "additionalProperties": False,
    },
    "oneOf": {"oneOf": [{"type": "integer", "minimum": 3}, {"type": "string", "pattern": "^x"}]},
    "anyOf": {"anyOf": [{"type": "object", "required": ["k"]}, {"type": "array", "minItems": 1}]},
    "allOf": {"allOf": [{"type": "string"}, {"minLength": 2}, {"pattern": "^a"}]},
    "not null": {"not": {"type": "null"}},
    "anything": True,
    "nullable": {"type": ["string", "null"]},
    "a default that is none": {"type": "string", "minLength": 3, "default": ""},
    "a null that is none": {"type": ["string", "null"], "enum": ["a", "b"]},
    "cycle": {"$ref": "#/$defs/node"},
}
"""Types of JSON Schema by what they are called."""

PROTOBUF: dict[str, str] = {
    kind: kind
    for kind in (
        "double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32",
        "sfixed64", "bool", "string", "bytes", "Level", "Inner", "google.protobuf.Timestamp",
    )
}  # fmt: skip
"""Types of Protobuf by what they are called."""


def avro(*fields: dict[str, Any]) -> Parsed:
    schema = {"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}, *fields]}
    return parse(Definition(Format.AVRO, json.dumps(schema)))


def json_schema(properties: dict[str, Any], *required: str) -> Parsed:
    node = {"type": "object", "properties": {"v": {"type": "integer"}, "next": {"$ref": "#/$defs/node"}}}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {"id": {"type": "string"}, **properties},
        "required": ["id", *required],
        "additionalProperties": False,
        "$defs": {"node": node | {"required": ["v"]}},
    }
    return parse(Definition(Format.JSON, json.dumps(schema)))


def protobuf(*lines: str, syntax: str = "proto3") -> Parsed:
    zero = "LEVEL_UNKNOWN = 0; LEVEL_HIGH = 4;"
    inner = "string note = 1;" if syntax == "proto3" else "required string note = 1; required bytes raw = 2;"
    text = f"""syntax = "{syntax}";
import "google/protobuf/timestamp.proto";
message Order {{ {" ".join(lines)} }}
message Inner {{ {inner} }}
enum Level {{ {zero} }}
"""
    return parse(Definition(Format.PROTOBUF, text))


def require_proven(old: Parsed, new: Parsed) -> dict[str, Any]:
    """The only operation of the draft, which is proven as it stands."""
    found = draft("s", 1, 2, old, new)
    report = verify(found.document, old, new, limits=FEW)
    assert report.findings == ()
    assert report.events
    (operation,) = found.document.ops
    assert len(found.questions) <= 1
    return {"operation": operation, "questions": found.questions}


@pytest.mark.parametrize("kind", AVRO)
def test_a_new_field_of_any_type_of_avro(kind: str) -> None:
    found = require_proven(avro(), avro({"name": "x", "type": AVRO[kind]}))
    assert [each.confidence for each in found["questions"]] == [0.8 if kind == "nullable" else 0.2]


@pytest.mark.parametrize("kind", AVRO)
def test_a_new_field_of_any_type_of_avro_in_the_items_of_a_list(kind: str) -> None:
    def listed(*fields: Any) -> Parsed:
        line = {"type": "record", "name": "Line", "fields": [{"name": "sku", "type": "string"}, *fields]}
        return avro({"name": "lines", "type": {"type": "array", "items": ["null", line]}})

    require_proven(listed(), listed({"name": "x", "type": AVRO[kind]}))


@pytest.mark.parametrize("kind", [kind for kind in AVRO if kind != "nullable"])
def test_null_of_any_type_of_avro_gets_a_value(kind: str) -> None:
    bare = AVRO[kind]
    either = ["null", *(bare if isinstance(bare, list) else [bare])]
    found = require_proven(avro({"name": "x", "type": either}), avro({"name": "x", "type": bare}))
    assert [each.confidence for each in found["questions"]] == [0.3]


@pytest.mark.parametrize(("kind", "default", "constant"), DEFAULTS)
def test_defaults_of_avro_are_what_reading_fills_in(kind: Any, default: Any, constant: dict[str, Any]) -> None:
    new = avro({"name": "x", "type": kind, "default": default})
    found = require_proven(avro(), new)
    assert found["questions"] == ()
    operation = found["operation"]
    assert {"value": operation.value} | ({"as": operation.literal} if operation.literal else {}) == constant


@pytest.mark.parametrize("kind", JSON_SCHEMA)
def test_a_new_member_of_any_type_of_json_schema(kind: str) -> None:
    require_proven(json_schema({}), json_schema({"x": JSON_SCHEMA[kind]}, "x"))


@pytest.mark.parametrize("kind", JSON_SCHEMA)
def test_an_optional_member_of_any_type_of_json_schema_becomes_required(kind: str) -> None:
    member = {"x": JSON_SCHEMA[kind]}
    require_proven(json_schema(member), json_schema(member, "x"))


@pytest.mark.parametrize("kind", JSON_SCHEMA)
def test_a_new_member_of_any_type_of_json_schema_in_the_values_of_a_map(kind: str) -> None:
    def table(properties: dict[str, Any], *required: str) -> Parsed:
        line = {"sku": {"type": "string"}, **properties}
        value = {"type": "object", "properties": line, "required": ["sku", *required], "additionalProperties": False}
        return json_schema({"lines": {"type": "object", "additionalProperties": value}})

    require_proven(table({}), table({"x": JSON_SCHEMA[kind]}, "x"))


@pytest.mark.parametrize("kind", PROTOBUF)
def test_a_new_field_of_any_type_of_protobuf(kind: str) -> None:
    """Absence says it where a field has presence; a field without presence has its zero."""
    for line in (f"{kind} x = 2;", f"optional {kind} x = 2;", f"repeated {kind} x = 2;", f"map<string, {kind}> x = 2;"):
        new = protobuf("string id = 1;", line)
        found = draft("s", 1, 2, protobuf("string id = 1;"), new)
        assert verify(found.document, protobuf("string id = 1;"), new, limits=FEW).findings == ()


@pytest.mark.parametrize("kind", PROTOBUF)
def test_a_required_field_of_any_type_of_protobuf(kind: str) -> None:
    old, new = (protobuf("optional string id = 1;", line, syntax="proto2") for line in ("", f"required {kind} x = 2;"))
    found = require_proven(old, new)
    assert [each.confidence for each in found["questions"]] == [0.2]


def test_what_cannot_be_made_is_asked_for() -> None:
    """No event of the new version has the member, so no value can be shown to be right."""
    old = json_schema({"x": {"type": "array", "items": {"type": "object"}, "maxItems": 0}})
    new = json_schema(
        {"x": {"type": "array", "items": {"type": "object", "properties": {"n": {}}, "required": ["n"]}, "maxItems": 0}}
    )
    found = draft("s", 1, 2, old, new)
    assert found.document.ops == ()
    assert [(each.place, each.pointer, each.confidence) for each in found.questions] == [("/ops", "/x/n", 0.0)]


def test_an_event_that_says_nothing_loses_nothing() -> None:
    old = parse(Definition(Format.JSON, '{"type": "object", "additionalProperties": false}'))
    new = parse(
        Definition(Format.JSON, '{"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}')
    )
    require_proven(old, new)


def avro_tree(name: str) -> Parsed:
    kind = {"type": "record", "name": "Node", "fields": [
        {"name": name, "type": "string"}, {"name": "below", "type": {"type": "array", "items": "Node"}},
    ]}  # fmt: skip
    return avro({"name": "top", "type": kind})


def json_list(name: str) -> Parsed:
    node: dict[str, Any] = {
        "type": "object",
        "properties": {name: {"type": "string"}, "next": {"$ref": "#/$defs/node"}},
    }
    node |= {"required": [name], "additionalProperties": False}
    schema = {"properties": {"top": {"$ref": "#/$defs/node"}}, "required": ["top"], "$defs": {"node": node}}
    return parse(Definition(Format.JSON, json.dumps(schema | {"type": "object", "additionalProperties": False})))


def protobuf_pair(name: str) -> Parsed:
    text = f"message Top {{ Node top = 1; }}\nmessage Node {{ string {name} = 1; Other other = 2; }}\n"
    return parse(Definition(Format.PROTOBUF, f'syntax = "proto3";\n{text}message Other {{ Node node = 1; }}\n'))


@pytest.mark.parametrize(
    ("made", "again"),
    [
        (avro_tree, "from /top/below/0 on the event holds Node again"),
        (json_list, "from /top/next on the event holds /$defs/node again"),
        (protobuf_pair, "from /top/other/node on the event holds Node again"),
    ],
)
def test_a_type_that_holds_itself_is_refused_with_its_place(made: Any, again: str) -> None:
    old, new = made("label"), made("labels")
    found = draft("s", 1, 2, old, new)
    report = verify(found.document, old, new, limits=FEW)
    assert again in report.findings[0].remedy
    assert report.findings[0].event is not None
    deep = {"rename": {"at": "/top/label", "to": "labels"}}
    assert write_operation(found.document.ops[0]) in (deep, {"in": {"at": "/top", "ops": [
        {"rename": {"at": "/label", "to": "labels"}}]}})  # fmt: skip


TIGHTER: list[tuple[Any, Any, str]] = [
    ({"type": "string"}, {"type": "string", "maxLength": 5}, "has(x) && size(x) > 5"),
    ({"type": "string", "maxLength": 9}, {"type": "string", "maxLength": 5}, "has(x) && size(x) > 5"),
    ({"type": "string"}, {"type": "string", "minLength": 2}, "has(x) && size(x) < 2"),
    ({"type": "string"}, {"type": "string", "pattern": "^a'?$"}, 'has(x) && !matches(x, r"^a\'?$")'),
    ({"type": "integer"}, {"type": "integer", "maximum": 7}, "has(x) && x > 7"),
    ({"type": "number", "minimum": 0}, {"type": "number", "minimum": 0.5}, "has(x) && x < 0.5"),
    ({"type": "array"}, {"type": "array", "maxItems": 1}, "has(x) && size(x) > 1"),
    ({"type": "array"}, {"type": "array", "minItems": 1}, "has(x) && size(x) < 1"),
    (
        {"type": ["string", "null"]},
        {"type": ["string", "null"], "minLength": 1},
        "has(x) && x != null && size(coalesce(x, '')) < 1",
    ),
    (
        {"type": ["integer", "null"]},
        {"type": ["integer", "null"], "maximum": 7},
        "has(x) && coalesce(x, 7) > 7",
    ),
    ({"type": "integer"}, {"type": "integer", "exclusiveMinimum": 0}, "has(x) && x <= 0"),
    ({"type": "integer", "minimum": 0}, {"type": "integer", "exclusiveMinimum": 0}, "has(x) && x <= 0"),
    ({"type": "number", "maximum": 9}, {"type": "number", "exclusiveMaximum": 7.5}, "has(x) && x >= 7.5"),
    (
        {"type": ["integer", "null"]},
        {"type": ["integer", "null"], "exclusiveMaximum": 7},
        "has(x) && x != null && coalesce(x, 7) >= 7",
    ),
    ({"type": "integer"}, {"type": "integer", "multipleOf": 5}, "has(x) && x % 5 != 0"),
    ({"type": "integer", "multipleOf": 7}, {"type": "integer", "multipleOf": 2}, "has(x) && x % 2 != 0"),
    (
        {"type": ["integer", "null"]},
        {"type": ["integer", "null"], "multipleOf": 5},
        "has(x) && coalesce(x, 0) % 5 != 0",
    ),
    (
        {"type": "string"},
        {"type": "string", "minLength": 2, "maxLength": 5},
        "has(x) && (size(x) < 2 || size(x) > 5)",
    ),
]
"""An old type, one with a tighter limit, and when a value is beyond it."""


@pytest.mark.parametrize(("before", "now", "condition"), TIGHTER)
def test_a_limit_that_became_tighter_is_refused_aloud(before: Any, now: Any, condition: str) -> None:
    found = require_proven(json_schema({"x": before}), json_schema({"x": now}))
    assert found["operation"].condition == condition
    assert [(each.pointer, each.confidence) for each in found["questions"]] == [("/x", 0.6)]


def test_limits_are_found_in_items_and_under_names_that_are_no_words() -> None:
    def listed(limit: dict[str, Any]) -> Parsed:
        return json_schema({"a-b": {"type": "array", "items": {"type": "string"} | limit}}, "a-b")

    found = require_proven(listed({}), listed({"maxLength": 3}))
    assert write_operation(found["operation"])["each"]["ops"][0]["fail"]["when"] == "size(this) > 3"
    found = require_proven(
        json_schema({"a-b": {"type": "string"}}), json_schema({"a-b": {"type": "string", "maxLength": 3}})
    )
    assert found["operation"].condition == "has(`a-b`) && size(`a-b`) > 3"


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"type": "string", "maxLength": 5}, {"type": "string", "maxLength": 9}),
        ({"type": "string", "pattern": "^[0-9]{4}$"}, {"type": "string", "pattern": "^[0-9]{4}$", "maxLength": 4}),
        ({"enum": ["a", "b"]}, {"type": "string", "maxLength": 1}),
        ({"type": "integer", "minimum": 5}, {"type": "integer", "exclusiveMinimum": 4}),
        ({"type": "integer", "exclusiveMaximum": 7}, {"type": "integer", "maximum": 7}),
        ({"type": "integer", "multipleOf": 6}, {"type": "integer", "multipleOf": 3}),
    ],
)
def test_a_limit_that_old_events_keep_anyway_is_none(before: Any, now: Any) -> None:
    found = draft("s", 1, 2, json_schema({"x": before}), json_schema({"x": now}))
    assert found.complete
    assert found.document.ops == ()


def test_what_no_schema_declares_is_dropped_only_with_a_question() -> None:
    open_, closed = (
        parse(
            Definition(
                Format.JSON, json.dumps({"type": "object", "properties": {"n": {}}, "additionalProperties": room})
            )
        )
        for room in (True, False)
    )
    found = require_proven(open_, closed)
    assert write_operation(found["operation"]) == {"only": {"at": "", "members": ["n"]}}
    assert [each.confidence for each in found["questions"]] == [0.6]


def test_what_moves_is_compared_where_it_arrives() -> None:
    mode = {"enum": ["DISABLE", "VERIFY_CA"]}
    inner = {"type": "object", "properties": {"mode": {"enum": ["off", "verify-ca"]}}, "required": ["mode"]}
    old = json_schema({"mode": mode}, "mode")
    new = json_schema({"jdbc": inner | {"additionalProperties": False}}, "jdbc")
    found = draft("s", 1, 2, old, new)
    assert [write_operation(each) for each in found.document.ops] == [
        {"move": {"from": "/mode", "to": "/jdbc/mode"}},
        {"map": {"at": "/jdbc/mode", "table": {"DISABLE": "off", "VERIFY_CA": "verify-ca"}}},
    ]
    assert verify(found.document, old, new, limits=FEW).findings == ()
    assert [each.confidence for each in found.questions] == [0.7, 0.0]


# what schemas declare


def test_aliases_over_two_renames_lead_from_any_version() -> None:
    first, second, third = (
        avro({"name": "a", "type": "string"}),
        avro({"name": "b", "type": "string", "aliases": ["a"]}),
        avro({"name": "c", "type": "string", "aliases": ["b", "a"]}),
    )
    for old, new, name, to in ((first, second, "a", "b"), (second, third, "b", "c"), (first, third, "a", "c")):
        found = require_proven(old, new)
        assert found["questions"] == ()
        assert write_operation(found["operation"]) == {"rename": {"at": f"/{name}", "to": to}}


def test_a_number_that_is_used_again_is_the_same_field_and_a_type_that_does_not_fit_is_asked_for() -> None:
    found = draft("s", 1, 2, protobuf("string a = 1;", "string id = 9;"), protobuf("string b = 1;", "string id = 9;"))
    assert [write_operation(each) for each in found.document.ops] == [{"rename": {"at": "/a", "to": "b"}}]
    assert found.complete
    found = draft("s", 1, 2, protobuf("string a = 1;", "string id = 9;"), protobuf("bool b = 1;", "string id = 9;"))
    assert not found.complete
    assert {each.pointer for each in found.questions} == {"/b"}


def test_a_number_that_is_reserved_is_a_loss_to_confirm() -> None:
    old = protobuf("string a = 1;", "string id = 9;")
    new = protobuf('reserved 1; reserved "a";', "string id = 9;")
    found = draft("s", 1, 2, old, new)
    assert [write_operation(each) for each in found.document.ops] == [{"remove": {"at": "/a"}}]
    assert [(each.pointer, each.confidence) for each in found.questions] == [("/a", 0.6)]
    assert verify(found.document, old, new, limits=FEW).findings == ()


def test_a_message_that_moves_to_another_package_stays_what_it_is() -> None:
    def placed(package: str) -> Parsed:
        part = f'syntax = "proto3";\npackage {package};\nmessage Part {{ string sku = 1; int32 n = 2; }}\n'
        order = (
            f'syntax = "proto3";\nimport "part.proto";\nmessage Order {{ string id = 1; {package}.Part part = 2; }}\n'
        )
        reference = Reference("part.proto", Definition(Format.PROTOBUF, part))
        return parse(Definition(Format.PROTOBUF, order, (reference,)))

    found = draft("s", 1, 2, placed("old"), placed("shop.parts"))
    assert found.complete
    assert found.document.ops == ()
    assert verify(found.document, placed("old"), placed("shop.parts"), limits=FEW).findings == ()


def test_a_definition_that_is_called_otherwise_changes_nothing() -> None:
    def named(name: str, member: str) -> Parsed:
        part = {"type": "object", "properties": {member: {"type": "string"}}, "additionalProperties": False}
        schema = {"type": "object", "properties": {"part": {"$ref": f"#/$defs/{name}"}}, "$defs": {name: part}}
        return parse(Definition(Format.JSON, json.dumps(schema)))

    found = draft("s", 1, 2, named("part", "sku"), named("Item", "sku"))
    assert (found.complete, found.document.ops) == (True, ())
    found = draft("s", 1, 2, named("part", "skuCode"), named("Item", "sku_code"))
    assert [write_operation(each) for each in found.document.ops] == [
        {"in": {"at": "/part", "ops": [{"rename": {"at": "/skuCode", "to": "sku_code"}}]}}
    ]
