"""Schemas made to be expensive: every check ends soon, in an answer, without an exception.

Steps are counted, not time; ``tests/benchmarks/hostile_schemas.py`` prints the time.
"""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from compat.budget import Budget, Limits
from compat.errors import LimitExceeded
from compat.verdict import Reason, Undecided
from tests.compat.json_schema.hostile import PAIRS
from tests.compat.json_schema.laws import ENGINE, findings, outcome, parse


@pytest.mark.parametrize("name", PAIRS)
def test_hostile_pairs_end_soon(name: str) -> None:
    left, right, expected, steps = PAIRS[name]
    if expected == "refused":
        with pytest.raises(LimitExceeded):
            parse(left)
        return
    budget = Budget(Limits(seconds=600))
    answer = outcome(list(ENGINE.incompatibilities(parse(right), parse(left), budget)))
    assert budget.steps <= steps
    assert expected in (answer, "any")


def test_what_is_too_much_says_so() -> None:
    left, right, *_ = PAIRS["pattern with 2^18 states"]
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
