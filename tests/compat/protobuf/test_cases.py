"""One case file per rule: a writer, a reader that triggers it, one that almost does, and what is said of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from compat.definition import Definition, Format, Reference
from compat.protobuf.engine import ProtobufEngine
from compat.protobuf.json_execution import JSON_EXECUTOR
from compat.protobuf.model import Schema
from compat.protobuf.rules import JSON_RULES, RULES
from compat.protobuf.witness import EXECUTOR
from compat.verdict import Incompatibility, Rule
from tests.compat.protobuf.conftest import Find
from tests.compat.protobuf.laws import json_proven, proven

CASES = sorted((Path(__file__).parent / "cases").glob("*.case"))
IMPORTED = "shop/order.proto"


def sections(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in path.read_text(encoding="utf-8").removeprefix("--- ").split("\n--- "):
        name, _, content = part.partition("\n")
        found[name] = content.strip("\n") + "\n" if content.strip("\n") else ""
    return found


def schema(engine: ProtobufEngine, case: dict[str, str], side: str) -> Schema:
    """One side of a case; the writer's text is what it may import."""
    imported = Reference(IMPORTED, Definition(Format.PROTOBUF, case["writer"]))
    references = (imported,) if IMPORTED in case[side] else ()
    return engine.parse(Definition(Format.PROTOBUF, case[side], references))


def test_every_rule_has_a_case() -> None:
    assert [path.stem for path in CASES] == sorted(RULES)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path, engine: ProtobufEngine, find: Find, find_in_json: Find) -> None:
    case, rule = sections(path), RULES[path.stem]
    find = find_in_json if rule.name in JSON_RULES else find
    writer, reader, almost = (schema(engine, case, side) for side in ("writer", "reader", "almost"))
    if "differences" in case:
        said = [f"{d.rule}: {d.message}\n" for d in engine.differences(writer, reader)]
        assert "".join(said) == case["differences"]
        assert rule.name not in {d.rule for d in engine.differences(writer, almost)}
        return
    findings = find(reader, writer)
    said = [f"{f.severity} {f.difference.rule}: {f.difference.message}\n" for f in findings]
    assert "".join(said) == case["findings"]
    assert rule.name not in {f.difference.rule for f in find(almost, writer)}
    check_witness(case, rule, next(f for f in findings if f.difference.rule == rule.name), reader, writer)


def check_witness(case: dict[str, str], rule: Rule, finding: Incompatibility, reader: Schema, writer: Schema) -> None:
    """The witness is the one in the file, and running it again shows the severity of the rule."""
    witness = finding.witness
    assert finding.severity is rule.severity
    assert (witness is not None) == ("witness" in case)
    if witness is None or witness.encoded is None:
        assert not rule.severity.blocks
        return
    tree = json.dumps(witness.payload, ensure_ascii=False)
    assert f"{tree}\n{witness.encoded.hex(' ')}".strip() == case["witness"].strip()
    assert witness.writer_result == case["written"].strip()
    assert witness.reader_error == case["read"].strip()
    in_json = witness.executor == JSON_EXECUTOR
    assert in_json or witness.executor == EXECUTOR
    assert not (json_proven if in_json else proven)(reader, writer, finding)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_rules_are_told_in_plain_words(rule: Rule) -> None:
    for text in (rule.summary, rule.why, rule.remedy):
        assert text.endswith(".")
        assert text[0].isupper() or text.startswith("google.protobuf")
    assert rule.format is Format.PROTOBUF
