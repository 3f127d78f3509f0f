"""One file per rule: a pair that triggers it alone, with its witness, and one that just does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compat.avro.reading import read
from compat.avro.resolution import Reading, Resolution
from compat.avro.rulebook import INCOMPATIBILITIES
from compat.avro.witness import BOTH, FASTAVRO, JAVA, LETTER
from compat.verdict import Incompatibility
from tests.compat.avro.laws import Fastavro, blocking, findings, parse, unproven, unsound

HERE = Path(__file__).parent
CASES = sorted((HERE / "cases").glob("*.json"))
DISAGREEMENTS = json.loads((HERE / "disagreements.json").read_text(encoding="utf-8"))
EXECUTORS = {FASTAVRO: "fastavro", LETTER: "letter", JAVA: "java", BOTH: "both"}


def test_every_rule_has_a_case() -> None:
    assert {path.stem for path in CASES} == set(INCOMPATIBILITIES)


def _summary(found: Incompatibility) -> dict[str, Any]:
    before, after = found.difference.before, found.difference.after
    assert before is not None
    assert after is not None
    assert found.witness is not None
    summary = {
        "rule": found.difference.rule,
        "severity": found.severity.value,
        "before": before.place.pointer,
        "after": after.place.pointer,
        "executor": EXECUTORS[found.witness.executor],
        "payload": found.witness.payload,
    }
    return summary if found.severity.blocks else {**summary, "change": found.witness.reader_error}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
@pytest.mark.parametrize("example", ["triggers", "just_not"])
def test_rule(path: Path, example: str) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    if example == "just_not":
        case = case["just_not"]
    writer, reader = parse(json.dumps(case["writer"])), parse(json.dumps(case["reader"]))
    found = findings(writer, reader)
    assert unproven(writer, reader, found) is None
    assert [_summary(each) for each in found if isinstance(each, Incompatibility)] == case["findings"]
    if not blocking(found):
        assert unsound(writer, reader, seed=0, count=60) is None


@pytest.mark.parametrize("row", DISAGREEMENTS, ids=lambda row: row["name"])
def test_where_implementations_disagree(row: dict[str, Any]) -> None:
    writer, reader = parse(json.dumps(row["writer"])), parse(json.dumps(row["reader"]))
    found = findings(writer, reader)
    assert unproven(writer, reader, found) is None
    rules = {each.difference.rule for each in blocking(found)}
    others = {each.difference.rule for each in found if isinstance(each, Incompatibility)} - rules
    assert (sorted(rules), sorted(others)) == (row["blocking"], row["reported"])
    if not rules:
        assert unsound(writer, reader, seed=0, count=60) is None


def test_the_data_that_betrays_an_open_assumption() -> None:
    row = next(each for each in DISAGREEMENTS if "assumption" in each["name"])
    writer, reader = parse(json.dumps(row["writer"])), parse(json.dumps(row["reader"]))
    assert Fastavro(writer, reader).error(bytes.fromhex("000e02000e")) is not None


@pytest.mark.parametrize(
    ("default", "type_"),
    [
        ("oops", "int"), (1.5, "int"), (True, "int"), (2**31, "int"), (-(2**31) - 1, "int"), (2**63, "long"),
        (-(2**63) - 1, "long"), ("\u0100", "bytes"), (None, ["int", "string"]), ({}, {"type": "array", "items": "int"}),
        ([], {"type": "map", "values": "int"}), ("x", {"type": "array", "items": "string"}),
    ],
)  # fmt: skip
def test_a_default_that_does_not_fit_is_refused(default: object, type_: object) -> None:
    from compat.errors import InvalidSchema

    text = json.dumps({"type": "record", "name": "R", "fields": [{"name": "a", "type": type_, "default": default}]})
    with pytest.raises(InvalidSchema) as caught:
        parse(text)
    assert caught.value.place is not None
    assert caught.value.place.pointer == "/fields/0/default"
    assert caught.value.place.line == 1


ENDLESS = {"type": "record", "name": "R", "fields": [{"name": "x", "type": "R", "default": {}}]}


def test_a_default_that_has_no_end_is_refused() -> None:
    from compat.errors import InvalidSchema

    with pytest.raises(InvalidSchema, match="without end") as caught:
        parse(json.dumps(ENDLESS))
    assert caught.value.place is not None
    assert caught.value.place.pointer == "/fields/0/default"
    choice = {"type": "record", "name": "R", "fields": [{"name": "x", "type": ["R", "null"], "default": {"x": None}}]}
    parse(json.dumps(choice))


def test_defaults_are_read_as_the_values_they_stand_for() -> None:
    inner = {"type": "record", "name": "S", "fields": [{"name": "n", "type": "long", "default": 1}]}
    kinds = {
        "b": ("bytes", "\u00ff"),
        "d": ("double", 1),
        "f": ("float", 0.1),
        "s": (inner, {}),
        "u": (["null", "bytes"], "a"),
    }
    fields = [{"name": name, "type": kind, "default": default} for name, (kind, default) in kinds.items()]
    reader, writer = ({"type": "record", "name": "T", "fields": each} for each in (fields, []))
    resolution = Resolution(parse(json.dumps(reader)), parse(json.dumps(writer)))
    value = read(resolution, b"", Reading.JAVA)
    assert value == {"b": b"\xff", "d": 1.0, "f": 0.10000000149011612, "s": {"n": 1}, "u": b"a"}


@pytest.mark.parametrize(
    ("default", "type_"), [(2**31 - 1, "int"), (-(2**31), "int"), (2**63 - 1, "long"), (-(2**63), "long")]
)
def test_the_last_default_that_fits(default: object, type_: str) -> None:
    assert parse(
        json.dumps({"type": "record", "name": "R", "fields": [{"name": "a", "type": type_, "default": default}]})
    )
