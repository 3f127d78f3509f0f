"""Events as dicts, bytes and JSON; samples, the outline and what changed for people."""

from __future__ import annotations

import json
import math
from itertools import islice

import pytest

from compat.errors import InvalidPayload
from compat.outline import ABSENT, Kind
from compat.protobuf.engine import ProtobufEngine
from compat.protobuf.model import Schema
from tests.compat.protobuf.conftest import Parse

SOURCE = """
syntax = "proto3";
package shop;
import "google/protobuf/timestamp.proto";
import "google/protobuf/any.proto";
// An order.
message Order {
  // Who ordered.
  string id = 1;
  optional int64 total = 2;
  State state = 3;
  repeated Line lines = 4;
  map<int32, bytes> blobs = 5;
  oneof payment {
    string card = 6;
    double cash = 7 [deprecated = true];
  }
  google.protobuf.Timestamp at = 8;
  Order parent = 9;
  google.protobuf.Any extra = 10;
  float rate = 11;
}
message Line { string sku = 1; uint32 count = 2; }
enum State { NEW = 0; PAID = 1; }
"""

ORDER = {
    "id": "a",
    "total": 2**53 + 1,
    "state": "PAID",
    "lines": [{"sku": "x", "count": 3}],
    "blobs": {-1: b"\x00\xff"},
    "cash": math.inf,
    "at": {"seconds": 1, "nanos": 2},
    "rate": 0.5,
}


@pytest.fixture(scope="module")
def schema(parse: Parse) -> Schema:
    return parse(SOURCE)


def test_round_trip(engine: ProtobufEngine, schema: Schema) -> None:
    data = engine.encode(schema, ORDER)
    assert engine.decode(schema, data) == ORDER
    tree = engine.to_json(schema, ORDER)
    assert json.loads(json.dumps(tree)) == {**ORDER, "blobs": {"-1": "AP8="}, "cash": "Infinity"}
    assert engine.from_json(schema, tree) == ORDER


def test_what_is_not_set(engine: ProtobufEngine, schema: Schema) -> None:
    """A field without presence always has a value; one with presence is there when it was set."""
    assert engine.decode(schema, b"") == {"id": "", "state": "NEW", "lines": [], "blobs": {}, "rate": 0.0}
    assert engine.decode(schema, b"\x10\x00")["total"] == 0  # type: ignore[index]


def test_another_message_of_the_file(engine: ProtobufEngine, schema: Schema) -> None:
    assert engine.decode(schema, b"\x10\x05", "shop.Line") == {"sku": "", "count": 5}
    with pytest.raises(InvalidPayload, match=r"no message shop\.Nothing"):
        engine.minimal(schema, "shop.Nothing")


def test_an_undeclared_number_of_an_open_enum_stays(engine: ProtobufEngine, schema: Schema) -> None:
    assert engine.decode(schema, b"\x18\x07")["state"] == 7  # type: ignore[index]
    assert engine.encode(schema, {"state": 7}) == b"\x18\x07"


VIOLATIONS = {
    "unknown field": ({"name": "x"}, "/name", "has no field of this name"),
    "not a message": ([], "", "is a list, but shop.Order is a message"),
    "text for number": ({"total": "1"}, "/total", "is text, but the field is int64"),
    "too large": ({"total": 2**63}, "/total", "does not fit int64"),
    "truth for number": ({"total": True}, "/total", "is a truth value"),
    "negative": ({"lines": [{"count": -1}]}, "/lines/0/count", "does not fit uint32"),
    "unknown name of enum": ({"state": "LOST"}, "/state", "is no value of shop.State"),
    "text for bytes": ({"blobs": {1: "x"}}, "/blobs/1", "the field is bytes"),
    "wrong key": ({"blobs": {"1": b""}}, "/blobs/1", "the field is int32"),
    "two of a oneof": ({"card": "a", "cash": 1.0}, "", "only one of card, cash"),
    "no list": ({"lines": {}}, "/lines", "the field is repeated"),
    "no map": ({"blobs": []}, "/blobs", "the field is a map"),
    "too large for float": ({"rate": 1e39}, "/rate", "does not fit float"),
    "half a character": ({"id": "\ud800"}, "/id", "surrogate"),
    "null": ({"id": None}, "/id", "is null"),
}


@pytest.mark.parametrize(("payload", "pointer", "message"), VIOLATIONS.values(), ids=VIOLATIONS)
def test_violations(engine: ProtobufEngine, schema: Schema, payload: object, pointer: str, message: str) -> None:
    [violation] = engine.violations(schema, payload)
    assert violation.pointer == pointer
    assert message in violation.message
    with pytest.raises(InvalidPayload) as caught:
        engine.encode(schema, payload)
    assert caught.value.pointer == pointer


def test_an_event_nested_too_deep_is_refused(engine: ProtobufEngine, schema: Schema) -> None:
    payload: dict[str, object] = {}
    for _ in range(500):
        payload = {"parent": payload}
    with pytest.raises(InvalidPayload, match="nested deeper"):
        engine.encode(schema, payload)
    with pytest.raises(InvalidPayload):
        engine.decode(schema, b"\x4a\x00" * 1 + b"\x4a\xff\xff\xff\xff\x0f")


@pytest.mark.parametrize(
    "tree", [{"blobs": {"1": "not base64!"}}, {"blobs": {"x": ""}}, {"total": 1.5}, 7, {"rate": 10**400}]
)
def test_json_that_is_no_event(engine: ProtobufEngine, schema: Schema, tree: object) -> None:
    with pytest.raises(InvalidPayload):
        engine.from_json(schema, tree)


@pytest.mark.parametrize("data", [b"\xff", b"\x0a\x05a", b"\x0a\x01\xff"])
def test_bytes_that_are_no_event(engine: ProtobufEngine, schema: Schema, data: bytes) -> None:
    with pytest.raises(InvalidPayload):
        engine.decode(schema, data)


REQUIRED = """
syntax = "proto2";
message A { required B b = 1; optional int32 x = 2 [default = 5]; extensions 100 to 200; }
message B { required E e = 1; required string s = 2; }
message Endless { required Endless more = 1; }
enum E { TWO = 2; ONE = 1; }
extend A { optional B more = 100; repeated int32 numbers = 101; }
"""


def test_required_fields_and_extensions(engine: ProtobufEngine, parse: Parse) -> None:
    schema = parse(REQUIRED)
    smallest = {"b": {"e": "TWO", "s": ""}, "[numbers]": []}
    assert engine.minimal(schema) == {"b": {"e": "TWO", "s": ""}}
    assert schema.message("A").fields[100].name == "more"
    event = {**engine.minimal(schema), "[more]": {"e": "ONE", "s": "x"}, "[numbers]": [1, 2]}  # type: ignore[dict-item]
    assert engine.decode(schema, engine.encode(schema, event)) == event
    assert engine.from_json(schema, engine.to_json(schema, event)) == event
    assert [v.pointer for v in engine.violations(schema, {"b": {}})] == ["/b/e", "/b/s"]
    assert list(engine.violations(schema, smallest)) == []
    with pytest.raises(InvalidPayload, match="missing required"):
        engine.decode(schema, b"")
    with pytest.raises(InvalidPayload, match="no value of E"):
        engine.encode(schema, {"b": {"e": 7, "s": ""}})


def test_a_message_that_requires_itself_has_no_events(engine: ProtobufEngine, parse: Parse) -> None:
    schema = parse(REQUIRED)
    assert list(engine.samples(schema, 0, "Endless")) == []
    with pytest.raises(InvalidPayload, match="requires itself"):
        engine.minimal(schema, "Endless")


def test_samples_start_at_the_boundaries(engine: ProtobufEngine, schema: Schema) -> None:
    first = list(islice(engine.samples(schema, 1), 200))
    assert first[0] == engine.minimal(schema)
    totals = {event.get("total") for event in first}  # type: ignore[attr-defined]
    assert {2**63 - 1, -(2**63), 0} <= totals
    assert {event["state"] for event in first} == {"NEW", "PAID", -1}  # type: ignore[index]


def test_samples_are_repeatable_and_differ(engine: ProtobufEngine, schema: Schema) -> None:
    one, same, other = (list(islice(engine.samples(schema, seed), 400)) for seed in (1, 1, 2))
    assert one == same
    assert one != other
    assert len({repr(event) for event in one}) == 400


def test_samples_of_few_values_end(engine: ProtobufEngine, parse: Parse) -> None:
    schema = parse('syntax = "proto3"; message A { bool a = 1; bool b = 2; } message Empty {}')
    assert len(list(engine.samples(schema, 0))) == 4
    assert list(engine.samples(schema, 0, "Empty")) == [{}]


def test_outline(engine: ProtobufEngine, schema: Schema) -> None:
    order = engine.outline(schema)
    assert (order.kind, order.name, order.doc) == (Kind.RECORD, "shop.Order", "An order.")
    fields = {field.name: field for field in order.fields}
    assert (fields["id"].number, fields["id"].doc, fields["id"].line) == (1, "Who ordered.", 9)
    assert (fields["total"].type.bits, fields["lines"].type.items.fields[1].type.bits) == (64, -32)  # type: ignore[union-attr]
    assert fields["state"].type.symbols == ("NEW", "PAID")
    assert fields["state"].default == "NEW"
    assert fields["lines"].default is ABSENT
    assert fields["lines"].type.kind is Kind.ARRAY
    assert (fields["blobs"].type.kind, fields["blobs"].type.label) == (Kind.MAP, "map<int32, bytes>")
    assert (fields["cash"].oneof, fields["cash"].deprecated) == ("payment", True)
    assert fields["at"].type.logical == "google.protobuf.Timestamp"
    assert fields["parent"].type.kind is Kind.REPEAT
    assert fields["at"].type.doc.startswith("A Timestamp")
    json.dumps([field.default for field in order.fields if field.default is not ABSENT])


def test_an_outline_of_a_hostile_schema_stays_small(engine: ProtobufEngine, parse: Parse) -> None:
    messages = "".join(
        f"message M{n} {{ {' '.join(f'M{n + 1} f{k} = {k};' for k in range(1, 9))} }}" for n in range(30)
    )
    schema = parse(f'syntax = "proto3"; {messages} message M30 {{}}')
    assert engine.outline(schema).name == "M0"
    assert len(list(islice(engine.samples(schema, 1), 50))) == 50


def test_differences_stand_in_the_order_of_the_newer_text(engine: ProtobufEngine, parse: Parse) -> None:
    old = parse(
        'syntax = "proto3";\nmessage A {\n  int32 a = 1;\n  int32 b = 2;\n}\nmessage Gone {}\nenum E { X = 0; Y = 1; }'
    )
    new = parse(
        'syntax = "proto3";\nmessage New {}\nmessage A {\n  int64 a = 1;\n  int32 b = 2 [deprecated = true];\n'
        "  string c = 3;\n}\nenum E { X = 0; Z = 2; }"
    )
    said = [(d.rule, (d.after or d.before).place.line) for d in engine.differences(old, new)]  # type: ignore[union-attr]
    assert said == [
        ("MESSAGE_ADDED", 2),
        ("MESSAGE_INDEX_CHANGED", 3),
        ("FIELD_TYPE_WIDENED", 4),
        ("DEPRECATED_CHANGED", 5),
        ("MESSAGE_REMOVED", 6),
        ("FIELD_ADDED", 6),
        ("ENUM_VALUE_REMOVED", 8),
        ("ENUM_VALUE_ADDED", 8),
    ]
