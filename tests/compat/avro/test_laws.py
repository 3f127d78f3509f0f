"""The laws of the engine on generated pairs; the long run is ``tests/prove/avro.py``."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from compat.avro.inhabited import weights
from compat.avro.meetings import faults
from compat.avro.resolution import Resolution
from compat.budget import Budget, Limits
from compat.verdict import Incompatibility, Reason, Undecided
from tests.compat.avro.laws import (
    ENGINE,
    blocking,
    claims_used_name,
    findings,
    is_ambiguous,
    moved,
    parse,
    unproven,
    unsound,
)
from tests.compat.avro.rewritings import REWRITINGS
from tests.compat.avro.strategies import Pair, narrowed, pairs, random_pair, schemas, tangled_pair, widened


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


def test_sound_and_proven_where_aliases_are_many() -> None:
    told: Counter[tuple[str, bool]] = Counter()
    for seed in range(400):
        writer, reader = map(parse, tangled_pair(seed).texts)
        found = findings(writer, reader)
        assert unproven(writer, reader, found) is None, seed
        if not blocking(found):
            assert unsound(writer, reader, seed) is None, seed
        told.update((each.difference.rule, each.severity.blocks) for each in found if isinstance(each, Incompatibility))
    parting = [(rule, blocks) for rule in ("ALIAS_AMBIGUOUS", "UNION_BRANCH_AMBIGUOUS") for blocks in (True, False)]
    assert all(told[each] for each in parting), told


@given(schemas(), st.randoms(use_true_random=False))
def test_widening_is_compatible(schema: Any, choices: Any) -> None:
    """Step by step, and over two steps at once."""
    writer = parse(json.dumps(schema))
    wider = widened(choices.randrange, schema)
    assume(not claims_used_name(writer) and not is_ambiguous(schema))
    middle, reader = parse(json.dumps(wider)), parse(json.dumps(widened(choices.randrange, wider)))
    assert [blocking(findings(*pair)) for pair in ((writer, middle), (middle, reader), (writer, reader))] == [
        [],
        [],
        [],
    ]


def test_other_chains_are_not_transitive() -> None:
    """Why a transitive level compares all pairs: a default stands in only for the schema that declares it."""
    field = {"name": "a", "type": "int"}
    first, second, third = (
        parse(json.dumps({"type": "record", "name": "R", "fields": fields}))
        for fields in ([], [{**field, "default": 0}], [field])
    )
    assert findings(first, second) == findings(second, third) == []
    assert [each.difference.rule for each in blocking(findings(first, third))] == ["READER_FIELD_WITHOUT_DEFAULT"]


@pytest.mark.parametrize("name", REWRITINGS)
def test_rewriting_changes_no_verdict(name: str) -> None:
    tried = 0
    for seed in range(40_000, 40_250):
        pair = random_pair(seed)
        if pair.kind == "rewritten":
            continue  # its names are no longer full ones
        problem = moved(name, seed, pair)
        assert not problem, (seed, problem)
        tried += problem is not None
    assert tried >= 5


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


@given(schemas())
def test_the_smallest_values_are_those_of_the_fixpoint(schema: Any) -> None:
    """However they were found: with the types as they were read, or from the whole graph."""
    parsed = parse(json.dumps(schema))
    assert parsed.weights == weights(parsed.nodes)


def test_a_type_that_contains_itself_is_weighed_whole() -> None:
    inner = {"name": "next", "type": ["null", "R"]}
    recursive = parse(json.dumps({"type": "record", "name": "R", "fields": [inner, {"name": "x", "type": "int"}]}))
    assert recursive.weights[recursive.root] == 4
    endless = parse('{"type":"record","name":"R","fields":[{"name":"next","type":"R"}]}')
    assert endless.root not in endless.weights
