"""What was proven is used again, and nothing that was not."""

from __future__ import annotations

import copy
from itertools import pairwise
from typing import Any

from compat.budget import Budget
from compat.json_schema.engine import JsonSchemaEngine
from compat.json_schema.schema import ParsedSchema
from tests.compat.json_schema.laws import outcome, parse
from tests.compat.json_schema.strategies import Maker


def closed(properties: int, **more: Any) -> ParsedSchema:
    """A closed object whose later versions take more properties."""
    named = {f"p{index}": {"type": "string"} for index in range(properties)}
    return parse({"type": "object", "properties": {**named, **more}, "additionalProperties": False})


def steps(engine: JsonSchemaEngine, reader: ParsedSchema, writer: ParsedSchema) -> tuple[str, int]:
    """The answer, and the work that was done for it."""
    budget = Budget()
    found = list(engine.incompatibilities(reader, writer, budget))
    return outcome(found), budget.steps


def test_what_follows_from_a_chain_of_proofs_is_not_proven_again() -> None:
    engine = JsonSchemaEngine()
    versions = [closed(size) for size in range(10, 16)]
    for older, newer in pairwise(versions):
        answer, work = steps(engine, newer, older)
        assert answer == "compatible"
        assert work > 0
    for distance in range(2, len(versions)):
        assert steps(engine, versions[distance], versions[0]) == ("compatible", 0)


def test_a_chain_with_a_broken_link_proves_nothing() -> None:
    engine = JsonSchemaEngine()
    oldest, middle, newest = closed(3), closed(3, q={"type": "integer"}), closed(4)
    assert steps(engine, middle, oldest)[0] == "compatible"
    assert steps(engine, newest, middle)[0] == "incompatible"
    assert steps(engine, newest, oldest)[0] == "compatible"
    assert steps(engine, middle, newest)[0] == "incompatible"


def test_an_engine_with_a_past_answers_as_a_new_one() -> None:
    used = JsonSchemaEngine()
    for seed in range(15_000, 15_040):
        maker = Maker(seed, recursion=False)
        start = maker.schema(2)
        family = [parse(each) for each in (start, maker.widened(start), maker.mutated(start), copy.deepcopy(start))]
        for writer in family:
            for reader in family:
                assert steps(used, reader, writer)[0] == steps(JsonSchemaEngine(), reader, writer)[0]
