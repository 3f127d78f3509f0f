"""Where Confluent is known to be lenient or over-strict about JSON Schema, and that every such place is noted."""

from __future__ import annotations

import itertools
import json
import random
from typing import Any

import pytest

from compat.check import check
from compat.confluent.matching import maximum_matching
from compat.definition import Definition, Format
from compat.level import Level
from compat.profile import Criteria, Profile
from tests.compat.confluent.test_cases import found

OPEN = {"type": "object"}
TREE = {"type": "object", "properties": {"value": {"type": "integer"}, "next": {"$ref": "#"}}}

UNSOUND: dict[str, tuple[Any, Any]] = {
    "required name that is declared nowhere": (OPEN, {**OPEN, "required": ["b"]}),
    "required property with a default": (
        {**OPEN, "properties": {"a": {"type": "string", "default": ""}}},
        {**OPEN, "properties": {"a": {"type": "string", "default": ""}}, "required": ["a"]},
    ),
    "oneOf whose branches come to overlap": (
        {"oneOf": [{"type": "number"}, {"type": "string"}]},
        {"oneOf": [{"type": "number"}, {"type": "integer"}, {"type": "string"}]},
    ),
    "condition changed": (
        {"type": "string", "if": {"minLength": 3}, "then": {"pattern": "^a"}},
        {"type": "string", "if": {"minLength": 2}, "then": {"pattern": "^b"}},
    ),
    "patternProperties narrowed": (
        {**OPEN, "patternProperties": {"^x": {}}},
        {**OPEN, "patternProperties": {"^x": {"type": "string"}}},
    ),
    "propertyNames narrowed": (OPEN, {**OPEN, "propertyNames": {"maxLength": 1}}),
    "contains changed": (
        {"type": "array", "contains": {"type": "integer"}},
        {"type": "array", "contains": {"type": "string"}},
    ),
    "exclusiveMaximum lowered below a maximum": (
        {"type": "number", "maximum": 20, "exclusiveMaximum": 10},
        {"type": "number", "maximum": 20, "exclusiveMaximum": 5},
    ),
    "limits that are one double": (
        {"type": "integer", "maximum": 2**53 + 1},
        {"type": "integer", "maximum": 2**53},
    ),
    "type added beside what implies it": (
        {"properties": {"a": {"type": "string"}}},
        {**OPEN, "properties": {"a": {"type": "string"}}},
    ),
    "bytes of Kafka Connect": (
        {"type": "string", "connect.type": "bytes"},
        {"type": "number", "connect.type": "bytes"},
    ),
}

OVER_STRICT: dict[str, tuple[Any, Any]] = {
    "const to enum": ({"const": 1}, {"enum": [1, 2]}),
    "enum to type": ({"enum": ["a"]}, {"type": "string"}),
    "boolean to enum": ({"type": "boolean"}, {"enum": [True, False]}),
    "anything to properties that may be anything": ({}, {"properties": {}}),
    "a limit in other words": ({"type": "integer", "minimum": 1}, {"type": "integer", "exclusiveMinimum": 0}),
    "a wider pattern": ({"type": "string", "pattern": "^ab"}, {"type": "string", "pattern": "^a"}),
    "alternatives that are matched one to one": (
        {"anyOf": [{"type": "integer"}, {"type": "number"}]},
        {"anyOf": [{"type": "number"}, {"type": "string"}]},
    ),
    "alternatives that are one": (
        {"anyOf": [{"type": "string"}, {"type": "string", "maxLength": 2}]},
        {"type": "string"},
    ),
    "additionalItems without a tuple": ({"type": "array"}, {"type": "array", "additionalItems": False}),
}


def verdicts(before: Any, after: Any) -> Any:
    old, new = (Definition(Format.JSON, json.dumps(side)) for side in (before, after))
    return (
        check(Level.BACKWARD, new, [old], everything=True, criteria=Criteria(profile))
        for profile in (Profile.STRICT, Profile.CONFLUENT)
    )


@pytest.mark.parametrize("change", UNSOUND)
def test_what_confluent_accepts_though_an_event_fails(change: str) -> None:
    strict, confluent = verdicts(*UNSOUND[change])
    assert not strict.compatible
    assert confluent.compatible
    assert "accepts this; the event " in confluent.notes[0]


@pytest.mark.parametrize("change", OVER_STRICT)
def test_what_confluent_refuses_though_it_is_proven_compatible(change: str) -> None:
    strict, confluent = verdicts(*OVER_STRICT[change])
    assert strict.compatible
    assert not confluent.compatible
    assert "refuses this; lineal proved" in confluent.notes[0]


def test_recursion_is_decided_both_ways() -> None:
    wider = json.loads(json.dumps(TREE).replace("integer", "number"))
    assert not any(each.refused for each in found(Format.JSON, TREE, wider))
    assert [each.difference.rule for each in found(Format.JSON, wider, TREE)] == ["confluent:TYPE_NARROWED"]
    unrolled = {**TREE, "properties": {**TREE["properties"], "next": TREE}}  # type: ignore[dict-item]
    assert not found(Format.JSON, TREE, json.loads(json.dumps(unrolled)))


def test_an_assumption_that_fails_takes_its_conclusions_with_it() -> None:
    """The way into the recursive branch is only closed by a difference that is found later."""

    def schema(kind: str) -> Any:
        node = {"type": "object", "properties": {"n": {"anyOf": [{"$ref": "#/definitions/n"}, {"type": "null"}]}}}
        node["properties"]["v"] = {"type": kind}  # type: ignore[index]
        return {"definitions": {"n": node}, "$ref": "#/definitions/n"}

    told = [each.difference.rule for each in found(Format.JSON, schema("integer"), schema("string")) if each.refused]
    assert "confluent:TYPE_CHANGED" in told
    assert "confluent:COMBINED_TYPE_SUBSCHEMAS_CHANGED" in told


def test_the_newer_drafts_are_seen_as_the_older_ones() -> None:
    old = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "array",
        "prefixItems": [{"type": "string"}],
    }
    new = {**old, "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False}
    assert [(each.difference.rule, each.path) for each in found(Format.JSON, old, new)] == [
        ("confluent:ADDITIONAL_ITEMS_REMOVED", "#/additionalItems"),
        ("confluent:ITEM_ADDED_TO_OPEN_CONTENT_MODEL", "#/items/1"),
    ]


@pytest.mark.parametrize("seed", range(40))
def test_matchings_are_as_large_as_can_be(seed: int) -> None:
    chance = random.Random(seed)
    left, right = chance.randint(0, 5), chance.randint(0, 5)
    allowed = {(i, j) for i in range(left) for j in range(right) if chance.random() < 0.4}
    matching = maximum_matching(left, right, lambda i, j: (i, j) in allowed)
    assert set(matching.items()) <= allowed
    assert len(set(matching.values())) == len(matching)
    best = max(
        (
            sum((i, j) in allowed for i, j in zip(chosen, order, strict=True))
            for size in range(min(left, right) + 1)
            for chosen in itertools.combinations(range(left), size)
            for order in itertools.permutations(range(right), size)
        ),
        default=0,
    )
    assert len(matching) == best


def test_a_hostile_combination_ends_undecided_and_blocks() -> None:
    many = {"anyOf": [{"type": "string", "minLength": n} for n in range(700)]}
    fewer = {"anyOf": [{"type": "string", "maxLength": n} for n in range(700)]}
    old, new = (Definition(Format.JSON, json.dumps(side)) for side in (many, fewer))
    verdict = check(Level.BACKWARD, new, [old], criteria=Criteria(Profile.CONFLUENT))
    assert not verdict.compatible
