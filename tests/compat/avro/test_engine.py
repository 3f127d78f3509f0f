"""The engine behind its protocol: levels, verdicts, fingerprints, as a caller of ``check`` sees them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from compat.avro.rulebook import RULES
from compat.check import check
from compat.definition import Definition, Format, Reference
from compat.errors import InvalidSchema
from compat.level import Direction, Level
from compat.verdict import Incompatibility, Outcome


def order(*fields: Any) -> Definition:
    return Definition(
        Format.AVRO, json.dumps({"type": "record", "name": "shop.Order", "fields": list(fields)}, indent=2)
    )


ID = {"name": "id", "type": "long"}
NOTE = {"name": "note", "type": "string", "default": ""}
SUM = {"name": "sum", "type": "long"}
EXTRA = {"name": "extra", "type": ["null", "int"], "default": None}
HISTORY = (order(ID), order(ID, NOTE), order(ID, NOTE, SUM))


@pytest.mark.parametrize(
    ("level", "candidate", "outcome", "versions"),
    [
        (Level.NONE, order({"name": "id", "type": "string"}), Outcome.COMPATIBLE, []),
        (Level.BACKWARD, order(ID, NOTE), Outcome.COMPATIBLE, []),
        (Level.BACKWARD, order(ID, SUM), Outcome.COMPATIBLE, []),
        (Level.BACKWARD_TRANSITIVE, order(ID, SUM), Outcome.INCOMPATIBLE, [1]),
        (Level.FORWARD, order(ID), Outcome.INCOMPATIBLE, [2]),
        (Level.FORWARD_TRANSITIVE, order(ID, SUM), Outcome.COMPATIBLE, []),
        (Level.FULL, order(ID, NOTE, SUM, EXTRA), Outcome.COMPATIBLE, []),
    ],
)  # fmt: skip
def test_levels(level: Level, candidate: Definition, outcome: Outcome, versions: list[int]) -> None:
    verdict = check(level, candidate, HISTORY)
    assert verdict.outcome is outcome
    assert [finding.version for finding in verdict.findings if finding.blocks] == versions


def test_everything_is_found_when_it_is_asked_for() -> None:
    verdict = check(Level.FULL_TRANSITIVE, order({"name": "id", "type": "string"}), HISTORY, everything=True)
    assert {(finding.version, finding.direction) for finding in verdict.findings} == {
        (version, direction) for version in range(3) for direction in Direction
    }
    for finding in verdict.findings:
        assert isinstance(finding.cause, Incompatibility)
        assert finding.cause.difference.rule in RULES
        assert finding.cause.witness is not None


def test_a_fingerprint_does_not_depend_on_layout() -> None:
    loose = check(Level.BACKWARD, order(ID, NOTE, SUM, {"name": "new", "type": "int"}), HISTORY)
    tight = Definition(Format.AVRO, json.dumps(json.loads(order(ID, NOTE, SUM, {"name": "new", "type": "int"}).text)))
    (first,), (second,) = loose.findings, check(Level.BACKWARD, tight, HISTORY).findings
    assert first.fingerprint == second.fingerprint
    assert isinstance(first.cause, Incompatibility)
    assert first.cause.difference.after is not None
    assert first.cause.difference.after.place.line == 18


def test_a_change_inside_a_reference_is_found_with_its_place() -> None:
    def with_money(text: str) -> Definition:
        return Definition(
            Format.AVRO,
            '{"type": "record", "name": "shop.Order", "fields": [{"name": "sum", "type": "Money"}]}',
            (Reference("shop.Money", Definition(Format.AVRO, text)),),
        )

    old = with_money('{"type": "record", "name": "shop.Money", "fields": []}')
    new = with_money('{"type": "record", "name": "shop.Money", "fields": [{"name": "unit", "type": "string"}]}')
    (finding,) = check(Level.BACKWARD, new, [old]).findings
    assert isinstance(finding.cause, Incompatibility)
    assert finding.cause.difference.after is not None
    assert finding.cause.difference.after.place.pointer == "shop.Money#/fields/0"
    assert finding.cause.witness is not None


def test_a_candidate_that_is_no_schema_is_refused() -> None:
    with pytest.raises(InvalidSchema):
        check(Level.BACKWARD, Definition(Format.AVRO, "{}"), HISTORY)
