"""A schema of each format with what the format has, for steps on events that the formats' own generators make."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from compat.definition import Definition, Format
from compat.formats import Parsed, parse


def _avro(**fields: Any) -> list[dict[str, Any]]:
    return [{"name": name, "type": type_} for name, type_ in fields.items()]


def _decimal(precision: int, scale: int) -> dict[str, Any]:
    return {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}


_INNER = {"type": "record", "name": "Inner", "fields": _avro(x="long", y=["null", "string"], z=_decimal(4, 1))}
_ITEM = {"type": "record", "name": "Item", "fields": _avro(q="string", n="double")}
AVRO: Final = json.dumps({"type": "record", "name": "Event", "fields": _avro(
    s="string", i="int", l="long", d="double", f="float", b="boolean", y="bytes", dec=_decimal(12, 3),
    at={"type": "long", "logicalType": "timestamp-millis"}, day={"type": "int", "logicalType": "date"},
    u={"type": "string", "logicalType": "uuid"}, os=["null", "string"], ol=["null", "long"], od=["null", "double"],
    e={"type": "enum", "name": "E", "symbols": ["A", "B"]}, un=["null", "string", "long", "boolean"],
    a={"type": "array", "items": "long"}, am={"type": "array", "items": ["null", "string"]},
    m={"type": "map", "values": "double"}, r=_INNER, ar={"type": "array", "items": _ITEM},
    orr=["null", {"type": "record", "name": "Other", "fields": _avro(x="double")}],
)})  # fmt: skip

PROTOBUF: Final = """syntax = "proto3";
message Event {
  string s = 1; int32 i = 2; int64 l = 3; uint64 ul = 4; double d = 5; float f = 6; bool b = 7; bytes y = 8;
  optional string os = 9; optional int64 ol = 10; E e = 11; repeated int64 a = 12; repeated string am = 13;
  map<string, double> m = 14; Inner r = 15; repeated Inner ar = 16; map<int32, Inner> mm = 20; fixed32 fx = 21;
  oneof o { string o1 = 17; int64 o2 = 18; Inner o3 = 19; }
}
message Inner { int64 x = 1; optional double y = 2; string z = 3; }
enum E { A = 0; B = 1; }
"""


def _record(members: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": members, "required": required, "additionalProperties": False}


_TEXT, _NUMBER, _WHOLE = {"type": "string"}, {"type": "number"}, {"type": "integer"}
_PAIR = _record({"x": _NUMBER, "y": _TEXT}, ["x"])
_PLAIN = {
    "s": _TEXT, "i": _WHOLE, "d": _NUMBER, "b": {"type": "boolean"}, "os": {"type": ["string", "null"]},
    "od": {"type": ["number", "null"]}, "oi": {"type": ["integer", "null"]}, "e": {"enum": ["A", "B"]},
    "a": {"type": "array", "items": _NUMBER}, "r": _PAIR, "ar": {"type": "array", "items": _PAIR},
}  # fmt: skip
_ODD = {
    "n": {"type": "null"}, "mix": {"enum": ["A", 1, None]}, "m": {"type": "object", "additionalProperties": _WHOLE},
    "am": {"type": "array", "items": {"type": ["string", "null"]}},
    "any": {}, "A": _TEXT, "it's": _TEXT, 'q"q': _WHOLE, "": _TEXT,
}  # fmt: skip
JSON: Final = json.dumps(_record(_PLAIN, list(_PLAIN)))
ODD_JSON: Final = json.dumps(_record(_PLAIN | _ODD, ["s", "i", "d", "r", "a"]))

SCHEMAS: Final[Mapping[str, Parsed]] = {
    name: parse(Definition(format_, text))
    for name, format_, text in (
        ("Avro", Format.AVRO, AVRO),
        ("Protobuf", Format.PROTOBUF, PROTOBUF),
        ("JSON", Format.JSON, JSON),
        ("odd JSON", Format.JSON, ODD_JSON),
    )
}
