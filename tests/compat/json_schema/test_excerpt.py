"""The part of a schema that speaks about an event says about it what the schema says."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import Any

import pytest

from compat.json_schema.excerpt import excerpt, subject_of
from compat.json_schema.execute import executors, executors_of
from tests.compat.json_schema.laws import events_of, findings, parse, unproven
from tests.compat.json_schema.strategies import random_pair

STRING = {"type": "string"}


def test_excerpt_and_schema_judge_alike() -> None:
    seen: Counter[tuple[bool, bool | None]] = Counter()
    for seed in range(150):
        pair = random_pair(seed)
        writer, reader = parse(pair.writer), parse(pair.reader)
        for payload in islice(events_of(writer, reader, seed, 20), 40):
            cut = excerpt(writer, subject_of(payload)) != writer.root.raw
            said = executors(writer, formats=False).accepts(payload)
            assert executors_of(writer, payload, formats=False).accepts(payload) is said, (pair.writer, payload)
            seen[cut, said] += 1
    assert min(seen[True, True], seen[True, False]) > 100


def test_only_what_the_event_has_is_left() -> None:
    schema = parse({
        "properties": {"a": {"$ref": "#/definitions/x"}, "b": {"$ref": "#/definitions/y"}, "c": {"items": STRING}},
        "definitions": {"x": {"items": {"$ref": "#/definitions/z"}}, "y": {}, "z": {"properties": {"p": STRING}}},
        "additionalProperties": {"enum": [{"properties": {"q": 1}}]},
    })  # fmt: skip
    left = {
        "properties": {"a": {"$ref": "#/definitions/x"}},
        "additionalProperties": {"enum": [{"properties": {"q": 1}}]},
    }
    assert excerpt(schema, subject_of({"a": [], "d": 1})) == {**left, "definitions": {"x": {}}}
    assert excerpt(schema, subject_of({"a": [{}], "d": 1})) == {
        **left, "definitions": {"x": {"items": {"$ref": "#/definitions/z"}}, "z": {"properties": {}}},
    }  # fmt: skip


@pytest.mark.parametrize(
    "more",
    [
        {"properties": {"a": {"$ref": "#/properties/b"}, "b": STRING}},
        {"properties": {"a": {"$id": "http://x/a", "type": "string"}}},
        {"properties": {"a": {"definitions": {"x": STRING}}}},
        {
            "properties": {"a": {"$ref": "#/definitions/x/properties/y"}},
            "definitions": {"x": {"properties": {"y": {}}}},
        },
        {"properties": {"a": {"$ref": "http://json-schema.org/draft-07/schema#"}}},
    ],
)
def test_what_may_be_referred_to_from_elsewhere_stays_whole(more: Any) -> None:
    schema = parse(more)
    assert excerpt(schema, subject_of({"a": 1})) is schema.root.raw


def test_every_narrowed_property_has_an_event_that_proves_it_again() -> None:
    def wide(kind: str) -> Any:
        inner = {f"p{index}": {"type": kind, "minLength": 1} for index in range(60)}
        return {"type": "object", "required": ["o"], "properties": {"o": {"type": "object", "properties": inner}}}

    writer, reader = parse(wide("string")), parse(wide("integer"))
    found = findings(writer, reader)
    assert len(found) == 60
    assert unproven(writer, reader, found) is None
