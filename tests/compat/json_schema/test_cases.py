"""Every published rule has a case file: what triggers it alone, with its witness, and what just does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compat.json_schema.rules import ADDED_OR_STRICTER, RULES
from compat.verdict import Incompatibility, Severity
from tests.compat.json_schema.laws import findings, outcome, parse, unproven

FOLDER = Path(__file__).parent
CASES = sorted((FOLDER / "cases").glob("*.json"))
VERDICTS = json.loads((FOLDER / "verdicts.json").read_text())
FALLBACK = "SCHEMA_NARROWED"
"""For what no keyword explains: made by a schema that is nested beyond the depth of explanations."""


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def test_every_rule_has_its_case() -> None:
    blocking = {rule.name for rule in RULES.values() if rule.severity.blocks}
    assert {path.stem for path in CASES} == blocking - {FALLBACK}


def test_every_keyword_has_rules_that_are_published() -> None:
    assert {name for pair in ADDED_OR_STRICTER.values() for name in pair} <= set(RULES)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    case = read(path)
    writer, reader = parse(case["before"]), parse(case["after"])
    found = findings(writer, reader)
    assert len(found) == 1
    finding = found[0]
    assert isinstance(finding, Incompatibility)
    assert finding.difference.rule == case["rule"] == path.stem
    assert finding.severity is Severity.ERROR
    for side in ("before", "after"):
        fragment = getattr(finding.difference, side)
        expected = case["finding"][side]
        assert (fragment and {"place": fragment.place.pointer, "text": fragment.text}) == expected
        assert fragment is None or fragment.place.line == 1
    assert finding.witness is not None
    assert finding.witness.encoded is not None
    assert json.loads(finding.witness.encoded) == case["witness"]
    assert unproven(writer, reader, found) is None


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_what_just_does_not_trigger_it(path: Path) -> None:
    pair = read(path)["just_not"]
    assert findings(parse(pair["before"]), parse(pair["after"])) == []


@pytest.mark.parametrize("row", VERDICTS, ids=lambda row: row["name"])
def test_verdict(row: Any) -> None:
    writer, reader = parse(row["writer"]), parse(row["reader"])
    found = findings(writer, reader)
    assert outcome(found) == row["outcome"], found
    assert unproven(writer, reader, found) is None


def test_what_is_nested_too_deeply_to_be_explained_is_still_proven() -> None:
    deep: Any = {"type": "string"}
    for _ in range(90):
        deep = {"allOf": [deep]}
    writer, reader = parse({"type": "integer"}), parse(deep)
    found = findings(writer, reader)
    assert [each.difference.rule for each in found if isinstance(each, Incompatibility)] == [FALLBACK]
    assert unproven(writer, reader, found) is None
