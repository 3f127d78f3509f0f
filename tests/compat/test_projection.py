"""The reader schema of some fields, in each format: it reads what it was made from, and misses what it needs."""

from __future__ import annotations

import json

import pytest

from compat.check import compare
from compat.definition import Definition, Format
from compat.errors import UnknownField
from compat.formats import Parsed, parse
from compat.projection import Need, merged, needs

MONEY = {
    "type": "record",
    "name": "Money",
    "fields": [
        {"name": "amount", "type": "long", "doc": "cents"},
        {"name": "currency", "type": "string", "default": "EUR"},
    ],
}
ADDRESS = {"type": "record", "name": "Address", "fields": [{"name": n, "type": "string"} for n in ("city", "zip")]}
ORDER = {
    "type": "record",
    "name": "Order",
    "namespace": "shop",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "total", "type": MONEY},
        {"name": "ship", "type": ["null", ADDRESS], "default": None},
        {"name": "fees", "type": {"type": "array", "items": "Money"}},
        {"name": "parent", "type": ["null", "Order"], "default": None},
    ],
}
SHIPPED = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "type": "object",
    "required": ["id", "lines"],
    "properties": {
        "id": {"type": "string", "maxLength": 3},
        "lines": {"type": "array", "items": {"$ref": "#/definitions/line"}},
        "who": {"type": ["object", "null"], "properties": {"mail": {"type": "string"}}},
        "state": {"enum": ["A", "B"]},
    },
    "definitions": {
        "line": {
            "type": "object",
            "required": ["sku"],
            "properties": {
                "sku": {"type": "string"},
                "parts": {"type": "array", "items": {"$ref": "#/definitions/line"}},
            },
        }
    },
}
PAID = """syntax = "proto3";
package shop;
message Paid {
  string id = 1;
  oneof how { string card = 2; string cash = 3; }
  Money total = 4;
  map<string, Money> by_day = 5;
  optional string note = 6;
  message Inner { string a = 1; }
  Inner inner = 7;
}
message Money { int64 cents = 1; string currency = 2; }
"""


def avro(schema: object) -> Parsed:
    return parse(Definition(Format.AVRO, json.dumps(schema)))


def json_schema(schema: object) -> Parsed:
    return parse(Definition(Format.JSON, json.dumps(schema)))


def protobuf(text: str) -> Parsed:
    return parse(Definition(Format.PROTOBUF, text))


def projected(parsed: Parsed, *fields: str) -> Parsed:
    return parse(parsed.engine.projection(parsed.schema, needs(fields)))


SAMPLES = [
    (avro(ORDER), ["id", "total.amount", "ship.city?", "fees.currency", "parent.id"]),
    (json_schema(SHIPPED), ["id", "lines.sku", "lines.parts?.sku", "who?.mail?", "state?"]),
    (protobuf(PAID), ["id", "card", "by_day.cents", "note?", "inner.a"]),
]


@pytest.mark.parametrize(("parsed", "fields"), SAMPLES)
def test_the_projection_reads_what_it_was_made_from(parsed: Parsed, fields: list[str]) -> None:
    reader = projected(parsed, *fields)
    blocking = [
        cause
        for cause in compare(reader, parsed, first_only=True)
        if not hasattr(cause, "severity") or cause.severity.blocks
    ]
    assert blocking == []


@pytest.mark.parametrize("parsed", [parsed for parsed, _ in SAMPLES])
@pytest.mark.parametrize("field", ["nope", "id.deeper", "a..b", "", "?"])
def test_what_is_no_field_is_named(parsed: Parsed, field: str) -> None:
    with pytest.raises(UnknownField):
        projected(parsed, field)


def test_a_misspelt_inner_field_is_told_what_there_is() -> None:
    with pytest.raises(UnknownField, match=r"there is no field total\.nope; the fields there: amount, currency"):
        projected(avro(ORDER), "total.nope")


def test_a_named_type_has_what_all_its_uses_need_together() -> None:
    text = json.loads(projected(avro(ORDER), "total.amount", "fees.currency").definition.text)
    assert [field["name"] for field in text["fields"]] == ["total", "fees"]
    money = text["fields"][0]["type"]
    assert [field["name"] for field in money["fields"]] == ["amount", "currency"]
    assert all("default" not in field and "doc" not in field for field in money["fields"])


def test_missing_required_and_optional_fields_in_avro() -> None:
    without = avro({**ORDER, "fields": ORDER["fields"][:1]})  # type: ignore[index]
    rules = {cause.difference.rule for cause in compare(projected(avro(ORDER), "total"), without)}  # type: ignore[union-attr]
    assert rules == {"READER_FIELD_WITHOUT_DEFAULT"}
    assert list(compare(projected(avro(ORDER), "id", "total?"), without)) == []


def test_json_keeps_the_dialect_and_asks_for_no_values() -> None:
    text = json.loads(projected(json_schema(SHIPPED), "id", "state?").definition.text)
    assert text == {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "object",
        "properties": {"id": {"type": "string"}, "state": {"type": "string"}},
        "required": ["id"],
    }


def test_protobuf_keeps_numbers_and_no_empty_oneof() -> None:
    text = projected(protobuf(PAID), "cash", "total.currency").definition.text
    assert "string cash = 3;" in text
    assert "string currency = 2;" in text
    for gone in ("card", "note", "by_day", "cents"):
        assert gone not in text
    assert "oneof" not in projected(protobuf(PAID), "id").definition.text


def test_other_messages_of_the_file_do_not_matter_to_a_reader_of_fields() -> None:
    reader = projected(protobuf(PAID), "id")
    more = protobuf(PAID + "message Another { int32 x = 1; }\n")
    assert any(cause.difference.rule == "MESSAGE_REMOVED" for cause in compare(reader, more))  # type: ignore[union-attr]
    assert not any(cause.severity.blocks for cause in compare(reader, more, first_only=True))  # type: ignore[union-attr]


def test_fields_are_optional_only_if_all_say_so() -> None:
    assert needs(["a?", "a.b"]) == Need({"a": Need({}, optional=False)})
    assert needs(["a?.b", "a?.c?"]) == Need({"a": Need({"b": Need(), "c": Need(optional=True)}, optional=True)})
    assert needs(["/a.b/c~1d?"]) == Need({"a.b": Need({"c/d": Need(optional=True)})})
    one, other = needs(["a", "b?"]), needs(["b", "c?"])
    assert merged(one, other) == Need({"a": Need(), "b": Need(), "c": Need(optional=True)})
