"""Limits of size as people write them have events that prove them; beyond what is tried the answer says so."""

from __future__ import annotations

import time
from typing import Any

import pytest

from compat.json_schema.arrays import MAX_COMPARED, MAX_LENGTH
from compat.json_schema.objects import MAX_MEMBERS
from compat.verdict import Reason, Undecided
from tests.compat.json_schema.laws import findings, outcome, parse, unproven

EMAIL = (
    r"^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    r"(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$"
)
POINT = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, "at": {"type": "array", "items": {"type": "number"}}},
    "required": ["id"],
    "additionalProperties": False,
}
COUNTRY = {"type": "string", "pattern": "^[A-Z]{2}$"}


@pytest.mark.parametrize(
    ("writer", "reader"),
    [
        ({"type": "string"}, {"maxLength": 65_535}),
        ({"type": "string", "pattern": EMAIL}, {"maxLength": 254}),
        ({"type": "string", "pattern": "^[a-z]+(-[0-9]{3})?$"}, {"maxLength": 10_000}),
        ({"type": "string", "pattern": "x", "not": {"pattern": "^a"}}, {"maxLength": 4_000}),
        ({"type": "string", "pattern": "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{3}=)?$"}, {"maxLength": 8_192}),
        ({"type": "array", "items": POINT, "uniqueItems": True}, {"maxItems": 100}),
        ({"type": "array"}, {"maxItems": 10_000}),
        ({"type": "array", "items": {"type": "object", "required": ["id"]}}, {"maxItems": 1_000}),
        ({"type": "array", "minItems": 5_000}, {"minItems": 5_001}),
        ({"type": "array", "uniqueItems": True}, {"maxItems": 1_000}),
        ({"type": "array", "items": {"type": "integer"}, "uniqueItems": True}, {"maxItems": 3_000}),
        ({"type": "array", "items": {"type": "string", "minLength": 3}, "uniqueItems": True}, {"maxItems": 500}),
        ({"type": "object"}, {"maxProperties": 256}),
        ({"type": "object", "additionalProperties": {"type": "string"}}, {"maxProperties": 5_000}),
        ({"type": "object", "patternProperties": {"^x_": {"type": "null"}}}, {"maxProperties": 1_000}),
        ({"type": "object", "propertyNames": {"pattern": "^[a-z][a-z0-9_]*$"}}, {"maxProperties": 1_000}),
        ({"type": "object", "propertyNames": {"minLength": 4}}, {"maxProperties": 400}),
        ({"type": "object", "minProperties": 3_000}, {"minProperties": 3_001}),
        ({"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}, {"maxProperties": 1_000}),
        ({"type": "array", "items": COUNTRY, "uniqueItems": True}, {"maxItems": 100}),
    ],
    ids=str,
)
def test_what_is_larger_is_shown(writer: dict[str, Any], reader: dict[str, Any]) -> None:
    w, r = parse(writer), parse(writer | reader)
    start = time.process_time()
    found = findings(w, r)
    assert outcome(found) == "incompatible"
    assert unproven(w, r, found) is None
    assert time.process_time() - start < 5  # seconds; usually a tenth of one
    assert findings(r, w) == []


def test_so_many_different_values_there_are_not() -> None:
    writer = {"type": "array", "items": COUNTRY, "uniqueItems": True}
    assert outcome(findings(parse(writer), parse(writer | {"maxItems": 26 * 26}))) != "incompatible"
    few = {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 300}, "uniqueItems": True}
    assert findings(parse(few), parse(few | {"maxItems": 300})) == []
    assert outcome(findings(parse(few), parse(few | {"maxItems": 299}))) == "incompatible"


def test_what_is_counted_twice_is_counted_once() -> None:
    counted = {"type": "array", "contains": {"type": "integer"}, "minContains": 300}
    parsed = [parse({"$schema": "https://json-schema.org/draft/2020-12/schema", **counted, **more})
              for more in ({}, {"minContains": 301})]  # fmt: skip
    assert findings(parsed[1], parsed[0]) == []
    assert outcome(findings(parsed[0], parsed[1])) == "incompatible"


@pytest.mark.parametrize(
    ("writer", "reader"),
    [
        ({"type": "array"}, {"maxItems": MAX_LENGTH}),
        ({"type": "object"}, {"maxProperties": MAX_MEMBERS}),
        ({"type": "string"}, {"maxLength": 10**9}),
        ({"type": "array", "items": POINT, "uniqueItems": True}, {"maxItems": MAX_COMPARED}),
    ],
    ids=str,
)
def test_what_is_too_large_to_be_tried_is_undecided(writer: dict[str, Any], reader: dict[str, Any]) -> None:
    (only,) = findings(parse(writer), parse(writer | reader))
    assert isinstance(only, Undecided)
    assert only.reason is Reason.BUDGET_SPENT
