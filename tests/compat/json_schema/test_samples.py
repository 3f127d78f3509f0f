"""Samples are valid, seeded, cheap and start at the boundaries; formats and the smallest payload."""

from __future__ import annotations

import time
from itertools import islice
from typing import Any

import pytest

from compat.budget import Budget
from compat.errors import InvalidPayload
from compat.json_schema.formats import EXAMPLES, conforms, failing
from compat.profile import FormatMode
from compat.verdict import Incompatibility
from tests.compat.json_schema.laws import ENGINE, outcome, parse
from tests.compat.json_schema.strategies import Maker, _unguarded

LINE = {
    "type": "object",
    "properties": {
        "sku": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]+$"},
        "count": {"type": "integer", "minimum": 1},
    },
    "required": ["sku", "count"],
    "additionalProperties": False,
}
ORDER = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "total": {"type": "number", "minimum": 0, "maximum": 1000},
        "lines": {"type": "array", "items": LINE},
        "state": {"enum": ["open", "paid"]},
        "next": {"$ref": "#"},
    },
    "required": ["id", "total"],
    "additionalProperties": False,
}  # fmt: skip


def test_samples_are_valid_different_and_the_same_for_a_seed() -> None:
    schema = parse(ORDER)
    first = list(islice(ENGINE.samples(schema, 7), 150))
    assert len(first) == 150
    assert all(not list(ENGINE.violations(schema, payload)) for payload in first)
    assert len({repr(payload) for payload in first}) == 150
    assert first == list(islice(ENGINE.samples(schema, 7), 150))
    totals = [payload["total"] for payload in first if isinstance(payload, dict)]
    assert {0, 1000} <= set(totals)


def test_samples_are_cheap() -> None:
    schema = parse(ORDER)
    start = time.process_time()
    count = len(list(islice(ENGINE.samples(schema, 1), 400)))
    assert count / (time.process_time() - start) > 100


def test_samples_of_random_schemas_are_valid() -> None:
    made = 0
    for seed in range(120):
        schema = Maker(seed).schema(2)
        if not isinstance(schema, dict) or _unguarded(schema):
            continue
        parsed = parse(schema)
        for payload in islice(ENGINE.samples(parsed, seed), 15):
            assert not list(ENGINE.violations(parsed, payload)), (schema, payload)
            made += 1
    assert made > 400


@pytest.mark.parametrize(
    ("schema", "smallest"),
    [
        ({"type": "object", "required": ["a"], "properties": {"a": {"type": "integer", "minimum": 3}}}, {"a": 3}),
        ({"type": "array", "minItems": 2, "items": {"type": "boolean"}, "uniqueItems": True}, [True, False]),
        ({"const": None}, None), ({"type": "string", "minLength": 2}, "xx"), (True, {}),
    ],
)  # fmt: skip
def test_the_smallest_payload(schema: Any, smallest: Any) -> None:
    assert ENGINE.minimal(parse(schema)) == smallest


@pytest.mark.parametrize("schema", [False, {"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#"}}}])
def test_a_schema_without_payloads(schema: Any) -> None:
    with pytest.raises(InvalidPayload):
        ENGINE.minimal(parse(schema))
    assert list(ENGINE.samples(parse(schema), 1)) == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_both_validators_agree_on_the_examples_of_a_format(name: str) -> None:
    assert all(conforms(name, example) for example in EXAMPLES[name])
    assert failing(name)


FREE, DATE, TIME = ({"type": "string", **more} for more in ({}, {"format": "date"}, {"format": "date-time"}))


@pytest.mark.parametrize(
    ("writer", "reader", "conservative", "annotation", "assertion"),
    [
        (FREE, DATE, "incompatible", "compatible", "incompatible"),
        (DATE, TIME, "incompatible", "compatible", "incompatible"),
        (DATE, FREE, "compatible", "compatible", "compatible"),
        (DATE, {**DATE, "type": ["string", "null"]}, "compatible", "compatible", "compatible"),
        (DATE, {"type": "string", "minLength": 3}, "incompatible", "incompatible", "compatible"),
    ],
)
def test_formats_mean_what_the_mode_says(
    writer: Any, reader: Any, conservative: str, annotation: str, assertion: str
) -> None:
    expected = {
        FormatMode.CONSERVATIVE: conservative,
        FormatMode.ANNOTATION: annotation,
        FormatMode.ASSERTION: assertion,
    }
    for mode, answer in expected.items():
        found = list(ENGINE.incompatibilities(parse(reader), parse(writer), Budget(), json_formats=mode))
        said = outcome(found)
        assert said == answer or (mode is FormatMode.ASSERTION and said == "unknown"), (mode, found)
        assert all(each.witness for each in found if isinstance(each, Incompatibility))


DOUBLING: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$ref": "#/$defs/d0",
    "$defs": {
        "d60": {"type": "string"},
        **{
            f"d{level}": {
                "type": "object",
                "properties": {name: {"$ref": f"#/$defs/d{level + 1}"} for name in ("a", "b")},
                "required": ["a", "b"],
            }
            for level in range(60)
        },
    },
}
"""Its smallest event has 2^60 texts."""


def test_what_doubles_with_each_level_has_a_bounded_tree_and_no_samples() -> None:
    schema = parse(DOUBLING)
    pending, types = [ENGINE.outline(schema)], 0
    while pending:
        here = pending.pop()
        types += 1
        pending += [field.type for field in here.fields]
    assert types < 10_100
    assert list(islice(ENGINE.samples(schema, 0), 1)) == []
