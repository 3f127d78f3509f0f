"""Laws of verdicts on generated pairs; ``tests/prove/protobuf.py`` runs the same on any number of them."""

from __future__ import annotations

import contextlib
import random
from itertools import permutations

import pytest
from hypothesis import HealthCheck, assume, given, settings

from compat.budget import Budget
from compat.definition import Definition, Format
from compat.engine import Form
from compat.errors import InvalidSchema
from compat.protobuf.engine import ProtobufEngine
from compat.protobuf.model import Schema
from compat.verdict import Severity
from tests.compat.protobuf.conftest import Find, Parse
from tests.compat.protobuf.laws import json_proven, json_sound, moved, proven, sound
from tests.compat.protobuf.rewritings import REWRITINGS
from tests.compat.protobuf.strategies import File, definition, file_pair, files, grown, pairs, seeds

LAW = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def accepted(engine: ProtobufEngine, source: Definition) -> Schema:
    """A generated text as a schema; the few that protoc refuses do not count."""
    try:
        return engine.parse(source)
    except InvalidSchema:
        assume(condition=False)
        raise


@LAW
@given(file=files)
def test_a_schema_reads_itself(engine: ProtobufEngine, file: File) -> None:
    schema, again = accepted(engine, definition(file)), accepted(engine, definition(file))
    assert list(engine.incompatibilities(again, schema, Budget())) == []
    assert list(engine.differences(schema, again)) == []


@LAW
@given(pair=pairs, seed=seeds)
def test_compatible_means_that_every_event_arrives(
    engine: ProtobufEngine, find: Find, pair: tuple[Definition, Definition], seed: int
) -> None:
    writer, reader = (accepted(engine, source) for source in pair)
    assert not sound(engine, reader, writer, find(reader, writer), events=60, seed=seed)


@LAW
@given(pair=pairs)
def test_a_finding_is_shown_by_its_witness(
    engine: ProtobufEngine, find: Find, pair: tuple[Definition, Definition]
) -> None:
    writer, reader = (accepted(engine, source) for source in pair)
    for finding in find(reader, writer):
        assert not proven(reader, writer, finding)


@LAW
@given(pair=pairs, seed=seeds)
def test_in_json_too(
    engine: ProtobufEngine, find: Find, find_in_json: Find, pair: tuple[Definition, Definition], seed: int
) -> None:
    writer, reader = (accepted(engine, source) for source in pair)
    findings = find_in_json(reader, writer)
    assert not [problem for finding in findings if (problem := json_proven(reader, writer, finding))]
    assert not json_sound(engine, reader, writer, [*find(reader, writer), *findings], events=30, seed=seed)
    assert find_in_json(accepted(engine, pair[0]), writer) == []


@LAW
@given(file=files, seed=seeds)
def test_growing_is_compatible_both_ways(engine: ProtobufEngine, find: Find, file: File, seed: int) -> None:
    """Step by step, and over several steps at once."""
    chance = random.Random(seed)
    after = grown(chance, file)
    chain = [accepted(engine, definition(each)) for each in (file, after, grown(chance, after))]
    for reader, writer in permutations(chain, 2):
        assert {finding.severity for finding in find(reader, writer)} <= {Severity.INFO}


def test_other_chains_are_not_transitive(parse: Parse, find: Find) -> None:
    """Why a transitive level compares all pairs: a number that was given up and taken again meets the oldest events."""
    text = 'syntax = "proto3"; message Order {{ int32 id = 1; {} }}'
    first, second, third = (parse(text.format(field)) for field in ("int32 sum = 2;", "", "string note = 2;"))
    assert not [each for each in (*find(second, first), *find(third, second)) if each.severity.blocks]
    assert [each.difference.rule for each in find(third, first) if each.severity.blocks] == ["FIELD_TYPE_DROPPED"]


@pytest.mark.parametrize("name", REWRITINGS)
def test_rewriting_changes_no_verdict(engine: ProtobufEngine, name: str) -> None:
    tried = 0
    for seed in range(20_000, 20_040):
        chance = random.Random(seed)
        with contextlib.suppress(InvalidSchema):
            problem = moved(engine, name, chance, *file_pair(chance))
            assert not problem, (seed, problem)
            tried += problem is not None
    assert tried >= 4


@settings(LAW, max_examples=20)
@given(file=files)
def test_canonical_text_is_the_same_schema(engine: ProtobufEngine, file: File) -> None:
    schema = accepted(engine, definition(file))
    for form in Form:
        spelt = engine.text(schema, form)
        again = accepted(engine, Definition(Format.PROTOBUF, spelt, schema.definition.references))
        assert engine.text(again, form) == spelt
        if form is Form.IGNORE_EXTENSIONS and any(message.extensible for message in file.messages):
            continue  # it is meant to leave something out
        assert list(engine.incompatibilities(again, schema, Budget())) == []
        assert list(engine.incompatibilities(schema, again, Budget())) == []


@LAW
@given(file=files, seed=seeds)
def test_samples_are_events(engine: ProtobufEngine, file: File, seed: int) -> None:
    schema = accepted(engine, definition(file))
    for name in schema.message_names:
        for _, payload in zip(range(20), engine.samples(schema, seed, name), strict=False):
            assert list(engine.violations(schema, payload, name)) == []
            assert engine.decode(schema, engine.encode(schema, payload, name), name) == payload
            assert engine.from_json(schema, engine.to_json(schema, payload, name), name) == payload
