"""The laws of the engine on generated pairs; the long run is ``tests/prove/avro.py``."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from compat.avro.meetings import faults
from compat.avro.resolution import Resolution
from compat.budget import Budget, Limits
from compat.engine import Form
from compat.verdict import Incompatibility, Reason, Undecided
from tests.compat.avro.laws import (
    ENGINE,
    blocking,
    claims_used_name,
    findings,
    is_ambiguous,
    parse,
    unproven,
    unsound,
)
from tests.compat.avro.strategies import Pair, narrowed, pairs, rewritten, schemas, widened


@given(schemas())
def test_reflexive(schema: Any) -> None:
    text = json.dumps(schema)
    assert findings(parse(text), parse(text)) == []


@settings(max_examples=300)
@given(pairs(), st.integers(0, 2**32))
def test_sound_and_proven(pair: Pair, seed: int) -> None:
    writer, reader = map(parse, pair.texts)
    found = findings(writer, reader)
    assert unproven(writer, reader, found) is None
    if not blocking(found):
        assert unsound(writer, reader, seed) is None


@given(schemas(), st.randoms(use_true_random=False))
def test_widening_is_compatible(schema: Any, choices: Any) -> None:
    writer, again = parse(json.dumps(schema)), parse(json.dumps(schema))
    reader = parse(json.dumps(widened(choices.randrange, schema)))
    if not claims_used_name(writer) and not is_ambiguous(writer, again):
        assert blocking(findings(writer, reader)) == []


@given(pairs(), st.randoms(use_true_random=False))
def test_saying_it_otherwise_changes_no_verdict(pair: Pair, choices: Any) -> None:
    writer, reader = map(parse, pair.texts)
    otherwise = parse(json.dumps(rewritten(choices.randrange, pair.writer)))
    # Identical schemas are not resolved at all, so words matter where they alone keep two schemas apart.
    resolved = ENGINE.text(reader, Form.RESOLVED)
    assume(resolved not in (ENGINE.text(writer, Form.RESOLVED), ENGINE.text(otherwise, Form.RESOLVED)))
    assert _rules(otherwise, reader) == _rules(writer, reader)


def _rules(writer: Any, reader: Any) -> list[str]:
    return sorted(each.difference.rule for each in findings(writer, reader) if isinstance(each, Incompatibility))


@given(pairs(), pairs())
def test_independent_of_what_was_checked_before(pair: Pair, other: Pair) -> None:
    fresh = findings(*map(parse, pair.texts))
    writer, reader, *others = map(parse, (*pair.texts, *other.texts))
    findings(*others)
    findings(reader, writer)
    findings(others[0], reader)
    assert findings(writer, reader) == findings(writer, reader) == fresh


@given(schemas(), st.randoms(use_true_random=False))
def test_narrowing_is_incompatible(schema: Any, choices: Any) -> None:
    writer, narrow = parse(json.dumps(schema)), narrowed(choices.randrange, schema)
    assume(narrow is not None)
    assume(len(writer.weights) == len(writer.nodes))  # what is never written cannot hurt
    assert blocking(findings(writer, parse(json.dumps(narrow))))


def test_a_spent_budget_is_undecided_and_nothing_else() -> None:
    fields = [{"name": f"f{index}", "type": ["null", "int"]} for index in range(100)]
    writer = parse(json.dumps({"type": "record", "name": "R", "fields": fields}))
    reader = parse(
        json.dumps({"type": "record", "name": "R", "fields": [*fields, {"name": "g", "type": "int", "default": 0}]})
    )
    found = list(ENGINE.incompatibilities(reader, writer, Budget(Limits(steps=50))))
    assert [each.reason for each in found if isinstance(each, Undecided)] == [Reason.BUDGET_SPENT]
    assert findings(writer, reader) == []


def test_faults_are_told_once() -> None:
    inner = {"type": "record", "name": "P", "fields": [{"name": "x", "type": "int"}]}
    outer = {"type": "record", "name": "R", "fields": [{"name": "a", "type": inner}, {"name": "b", "type": "P"}]}
    changed = json.loads(json.dumps(outer).replace('"int"', '"string"'))
    resolution = Resolution(parse(json.dumps(changed)), parse(json.dumps(outer)))
    assert [fact.rule for _, fact in faults(resolution, Budget())] == ["TYPE_MISMATCH"]
