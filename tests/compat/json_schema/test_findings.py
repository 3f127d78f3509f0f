"""Which rules a pair of schemas meets: where a small mistake would not change the verdict."""

from __future__ import annotations

from typing import Any

import pytest

from compat.verdict import Incompatibility
from tests.compat.json_schema.laws import findings, parse, unproven


def closed(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False, **more}


FINDINGS: dict[str, tuple[Any, Any, list[tuple[str, str]]]] = {
    "a property that no pattern of a closed reader takes": (
        closed({"a": {"type": "string"}, "x1": {"type": "string"}}), closed({}, patternProperties={"^x": {}}),
        [("PROPERTY_REMOVED_FROM_CLOSED_MODEL", "'a'")]),
    "a property that a pattern of a closed reader takes, narrowed": (
        closed({"x1": {"type": "string"}}), closed({}, patternProperties={"^x": {"type": "integer"}}),
        [("PATTERN_PROPERTIES_NARROWED", "'^x'")]),
    "what further properties may be": (
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"type": "object", "additionalProperties": {"type": "integer"}},
        [("ADDITIONAL_PROPERTIES_NARROWED", "")]),
    "further properties, none of them declared": (
        {"type": "object", "properties": {"a": {}}}, closed({"a": {}}), [("ADDITIONAL_PROPERTIES_CLOSED", "")]),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after", "expected"), FINDINGS.values(), ids=FINDINGS)
def test_findings(before: Any, after: Any, expected: list[tuple[str, str]]) -> None:
    writer, reader = parse(before), parse(after)
    found = findings(writer, reader)
    assert unproven(writer, reader, found) is None
    said = [each.difference for each in found if isinstance(each, Incompatibility)]
    assert [each.rule for each in said] == [rule for rule, _ in expected]
    for each, (_, words) in zip(said, expected, strict=True):
        assert words in each.message
