"""Schemas made to be expensive: every check ends soon, in an answer, without an exception."""

from __future__ import annotations

import copy
import json
import time
from typing import Any

import pytest

from compat.budget import Limits
from compat.verdict import Reason, Undecided
from tests.compat.json_schema.laws import findings, outcome, parse

SECONDS = 8.0
"""Far more than a check needs here, so that a busy machine changes nothing."""


def nested(depth: int, inner: Any, keyword: str) -> Any:
    for _ in range(depth):
        inner = (
            {keyword: inner}
            if keyword == "not"
            else {keyword: [inner]}
            if keyword == "allOf"
            else {keyword: {"a": inner}}
        )
    return inner


def chain(last: Any, length: int = 400) -> Any:
    definitions: Any = {f"d{i}": {"properties": {"n": {"$ref": f"#/definitions/d{i + 1}"}}} for i in range(length)}
    definitions[f"d{length}"] = last
    return {"definitions": definitions, "$ref": "#/definitions/d0"}


def doubled(last: Any) -> Any:
    definitions: Any = {
        f"d{i}": {
            "type": "object", "required": ["l", "r"],
            "properties": {side: {"$ref": f"#/definitions/d{i + 1}"} for side in "lr"},
        }
        for i in range(40)
    }  # fmt: skip
    return {"definitions": {**definitions, "d40": last}, "$ref": "#/definitions/d0"}


def wide(kind: str, size: int = 600) -> Any:
    return {"type": "object", "properties": {f"p{i}": {"type": kind} for i in range(size)}}


def choices(size: int, extra: Any) -> Any:
    return [
        {"type": "object", "properties": {"k": {"const": i}, f"x{i}": extra}, "required": ["k"]} for i in range(size)
    ]


def boolean_puzzle(size: int, values: int) -> Any:
    return {
        "type": "object",
        "allOf": [
            {"anyOf": [{"properties": {f"a{i}": {"const": j}}, "required": [f"a{i}"]} for j in range(values)]}
            for i in range(size)
        ],
    }


PAIRS: dict[str, tuple[Any, Any, str]] = {
    "deep properties": (
        nested(60, {"type": "string"}, "properties"), nested(60, {"type": "integer"}, "properties"), "incompatible"),
    "deep not": (
        nested(190, {"type": "string"}, "not"), nested(190, {"type": ["string", "null"]}, "not"), "compatible"),
    "deep allOf": (nested(90, {"type": "string"}, "allOf"), nested(90, {"type": "integer"}, "allOf"), "incompatible"),
    "wide, all changed": (wide("string"), wide("integer"), "incompatible"),
    "wide, all widened": (wide("integer"), wide("number"), "compatible"),
    "long chain of references": (chain({"type": "string"}), chain({"type": "integer"}), "any"),
    "value that doubles 40 times": (doubled({"type": "string"}), doubled({"type": "integer"}), "unknown"),
    "alternatives told apart by a constant": (
        {"anyOf": choices(80, {"type": "string"})}, {"anyOf": choices(80, {"type": ["string", "null"]})}, "compatible"),
    "oneOf told apart by a constant": (
        {"oneOf": choices(60, {"type": "string"})}, {"oneOf": choices(61, {"type": ["string", "null"]})}, "compatible"),
    "exponential choices": (boolean_puzzle(24, 2), {**boolean_puzzle(24, 3), "minProperties": 24}, "any"),
    "pattern that backtracks": ({"type": "string", "pattern": "^(a+)+$"}, {"pattern": "^(a|aa)+$"}, "compatible"),
    "pattern with 2^18 states": (
        {"type": "string", "pattern": "(a|b)*a(a|b){18}$"}, {"pattern": "(a|b)*a(a|b){17}$"}, "any"),
    "pattern that counts to a million": (
        {"type": "string", "pattern": "^(a{1,1000}){1,1000}$"},
        {"pattern": "^a{1,999999}$"}, "any"),
    "pattern of 1500 options": (
        {"type": "string", "pattern": "^" + "a?" * 1500 + "$"}, {"maxLength": 1500}, "any"),
    "circle of references": (
        {"$ref": "#/definitions/a", "definitions": {
            "a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}}},
        {"type": "string"}, "unknown"),
    "a schema that is what it is not": ({"not": {"$ref": "#"}}, {"type": "string"}, "any"),
    "numbers up to 10^300": ({"type": "integer", "minimum": 0, "maximum": 10**300}, {"multipleOf": 7}, "incompatible"),
    "a billion items": ({"type": "array", "minItems": 10**9}, {"maxItems": 5}, "unknown"),
    "a billion characters": ({"type": "string", "minLength": 10**9}, {"maxLength": 5}, "unknown"),
    "a thousand values": ({"enum": list(range(1000))}, {"enum": list(range(999))}, "incompatible"),
    "twelve overlapping patterns": (
        {"type": "object", "patternProperties": {f"a{{{i}}}": {"minimum": i} for i in range(12)}},
        {"type": "object", "patternProperties": {f"a{{{i}}}": {"minimum": i + 1} for i in range(12)}}, "incompatible"),
}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_hostile_pairs_end_soon(name: str) -> None:
    left, right, expected = PAIRS[name]
    writer, reader = parse(left), parse(right)
    start = time.process_time()
    answer = outcome(findings(writer, reader))
    assert time.process_time() - start < SECONDS
    assert expected in (answer, "any")


def test_what_is_too_much_says_so() -> None:
    left, right, _ = PAIRS["pattern with 2^18 states"]
    found = findings(parse(left), parse(right), Limits(steps=2_000))
    assert [each.reason for each in found if isinstance(each, Undecided)] == [Reason.BUDGET_SPENT]


@pytest.mark.parametrize(
    ("writer", "reader", "reason"),
    [
        ({"type": "string", "pattern": "(a)\\1"}, {"pattern": "(b)\\1"}, Reason.PATTERN_NOT_REGULAR),
        (
            {"$schema": "https://json-schema.org/draft/2019-09/schema", "$recursiveAnchor": True,
             "$defs": {"x": {"$id": "x", "$recursiveAnchor": True}}, "items": {"$recursiveRef": "#"}},
            {"$schema": "https://json-schema.org/draft/2019-09/schema", "items": {"type": "string"}},
            Reason.DYNAMIC_REFERENCE,
        ),
        (
            {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
             "anyOf": [{"properties": {f"a{i}": True}} for i in range(9)], "unevaluatedProperties": False},
            {"type": "object", "additionalProperties": {"type": "null"}},
            Reason.UNEVALUATED,
        ),
    ],
)  # fmt: skip
def test_reasons_of_unknown(writer: Any, reader: Any, reason: Reason) -> None:
    found = findings(parse(writer), parse(reader))
    assert found == [] or {each.reason for each in found if isinstance(each, Undecided)} <= {reason}
    assert outcome(found) != "compatible"


def test_patterns_that_are_not_regular_are_compared_by_their_text() -> None:
    pattern = {"type": "string", "pattern": "(a)\\1"}
    assert findings(parse(pattern), parse({**copy.deepcopy(pattern), "minLength": 0})) == []
    json.dumps(pattern)
