"""Schemas made to hurt cost milliseconds of the processor. Bounds are generous: they guard the order of growth."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from compat.definition import Definition, Format, Reference
from compat.engine import Form
from compat.errors import InvalidSchema, LimitExceeded
from compat.verdict import Incompatibility
from tests.compat.avro.laws import ENGINE, blocking, findings, parse


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def nested(depth: int, leaf: str) -> str:
    return '{"type":"array","items":' * depth + leaf + "}" * depth


def union(size: int, *fields: Any) -> str:
    members = [
        {"type": "record", "name": f"R{i}", "fields": [{"name": "a", "type": "int"}, *fields]} for i in range(size)
    ]
    return json.dumps(members)


@pytest.mark.parametrize("text", ["[" * 300_000, nested(10_000, '"int"'), '{"type":' * 50_000])
def test_nesting_without_end_is_refused_at_once(text: str) -> None:
    def refused() -> None:
        with pytest.raises((LimitExceeded, InvalidSchema)):
            parse(text)

    assert seconds(refused) < 5


def test_deep_schemas_are_checked_down_to_the_leaf() -> None:
    writer, reader = parse(nested(190, '"int"')), parse(nested(190, '"string"'))
    assert seconds(lambda: blocking(findings(writer, reader))) < 5
    (found,) = blocking(findings(writer, reader))
    assert found.difference.before is not None
    assert found.difference.before.place.pointer == "/items" * 190


def test_unions_of_a_thousand_records() -> None:
    writer, reader = parse(union(1000)), parse(union(1000, {"name": "b", "type": "int", "default": 0}))
    assert seconds(lambda: findings(writer, reader)) < 20
    assert findings(writer, reader) == []


def test_a_thousand_faults_have_a_thousand_witnesses() -> None:
    fields = [{"name": f"f{index}", "type": "int"} for index in range(1000)]
    writer = parse(json.dumps({"type": "record", "name": "R", "fields": fields}))
    reader = parse(json.dumps({"type": "record", "name": "R", "fields": fields}).replace('"int"', '"string"'))
    found = blocking(findings(writer, reader))
    assert len(found) == 1000
    assert all(each.witness for each in found)


def test_types_that_double_each_other_are_refused() -> None:
    bomb: Any = {"type": "record", "name": "R0", "fields": []}
    for index in range(1, 60):
        bomb = {"type": "record", "name": f"R{index}", "fields": [
            {"name": "a", "type": bomb}, {"name": "b", "type": f"R{index - 1}"}]}  # fmt: skip
    text = json.dumps(bomb)

    def refused() -> None:
        with pytest.raises(LimitExceeded):
            parse(text)

    assert seconds(refused) < 5


def test_a_chain_of_names_is_refused_where_its_events_would_nest_too_deep() -> None:
    chain = [
        {"type": "record", "name": f"R{i}", "fields": [{"name": "a", "type": f"R{i - 1}" if i else "int"}]}
        for i in range(2000)
    ]
    with pytest.raises(LimitExceeded):
        parse(json.dumps(chain))


def test_defaults_are_not_tried_exponentially() -> None:
    value: Any = "bad"
    for _ in range(60):
        value = {"n": value}
    inner = {"type": "record", "name": "B", "fields": [{"name": "n", "type": ["null", "A", "B"]}]}
    text = json.dumps({"type": "record", "name": "A", "fields": [
        {"name": "n", "type": ["null", inner, "A"]}, {"name": "d", "type": ["A", "B"], "default": value}]})  # fmt: skip

    def refused() -> None:
        with pytest.raises(InvalidSchema):
            parse(text)

    assert seconds(refused) < 5


@pytest.mark.parametrize(
    "text",
    ['{"type": "fixed", "name": "F", "size": 2147483647}',
     '{"type": "bytes", "logicalType": "decimal", "precision": 1000000000}'],
)  # fmt: skip
def test_sizes_that_would_fill_the_memory_are_refused(text: str) -> None:
    with pytest.raises(LimitExceeded):
        parse(text)


def test_circles_between_many_types() -> None:
    def circles(*extra: Any) -> str:
        names = [f"M{index}" for index in range(60)]
        return json.dumps({"type": "record", "name": "Top", "fields": [
            {"name": name, "type": {"type": "record", "name": name, "fields": [
                {"name": "u", "type": ["null", *names[: index + 1]]}, *extra]}}
            for index, name in enumerate(names)]})  # fmt: skip

    writer, reader = parse(circles()), parse(circles({"name": "z", "type": "int", "default": 0}))
    assert seconds(lambda: findings(writer, reader)) < 20
    assert findings(writer, reader) == []


def test_references_that_nest_in_references_are_bounded_as_a_whole() -> None:
    definition = Definition(Format.AVRO, '{"type": "record", "name": "R0", "fields": []}')
    for index in range(1, 30):
        inner = nested(60, f'"R{index - 1}"')
        text = f'{{"type": "record", "name": "R{index}", "fields": [{{"name": "a", "type": {inner}}}]}}'
        definition = Definition(Format.AVRO, text, (Reference(f"R{index - 1}", definition),))
    with pytest.raises(LimitExceeded):
        ENGINE.parse(definition)


def test_what_is_parsed_can_be_used_to_its_full_depth() -> None:
    text = '{"type": "record", "name": "R0", "fields": [{"name": "a", "type": "int"}]}'
    definition = Definition(Format.AVRO, text)
    for index in range(1, 26):
        inner = nested(10, f'["null", "R{index - 1}"]')
        text = f'{{"type": "record", "name": "R{index}", "fields": [{{"name": "a", "type": {inner}}}]}}'
        definition = Definition(Format.AVRO, text, (Reference(f"R{index - 1}", definition),))
    schema = ENGINE.parse(definition)
    changed = ENGINE.parse(_with_leaf(definition, '"int"', '"string"'))
    (found,) = blocking(findings(schema, changed))
    assert found.witness is not None
    assert ENGINE.decode(schema, found.witness.encoded or b"")
    assert len(ENGINE.text(schema, Form.RESOLVED)) > 5_000
    assert list(ENGINE.differences(schema, changed))
    assert ENGINE.outline(schema).fields
    ENGINE.encode(schema, next(ENGINE.samples(schema, 0)))


def _with_leaf(definition: Definition, before: str, after: str) -> Definition:
    references = tuple(
        Reference(each.name, _with_leaf(each.definition, before, after)) for each in definition.references
    )
    return Definition(definition.format, definition.text.replace(before, after), references)


def test_a_thousand_changed_values_have_their_events_within_the_budget() -> None:
    """The work for one of them does not grow with what is around it: else the budget ends first."""
    before, after = (
        parse(json.dumps({"type": "record", "name": "R", "fields": [
            {"name": f"f{index}", "type": kind} for index in range(1000)]}))
        for kind in ("int", "float")
    )  # fmt: skip
    found = findings(before, after)
    assert len(found) == 1000
    assert all(isinstance(each, Incompatibility) and each.witness for each in found)
