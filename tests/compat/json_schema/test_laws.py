"""The laws, on seeded random pairs: the quick run. The long one is ``tests/prove/json_schema.py``."""

from __future__ import annotations

import copy
import json
import random
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any

import pytest

from compat.budget import Limits
from compat.errors import UnresolvedReference
from compat.json_schema.execute import executors
from compat.json_schema.schema import ParsedSchema
from tests.compat.json_schema.laws import findings, judged, outcome, parse, unproven, unsound
from tests.compat.json_schema.strategies import DRAFTS, Maker, _unguarded, random_pair

CHUNK = 50
CHUNKS = range(0, 400, CHUNK)


@pytest.mark.parametrize("first", CHUNKS)
def test_answers_are_sound_proven_and_never_contradicted(first: int) -> None:
    for seed in range(first, first + CHUNK):
        pair = random_pair(seed)
        try:
            writer, reader = parse(pair.writer), parse(pair.reader)
        except UnresolvedReference:
            continue
        found = findings(writer, reader)
        answer = outcome(found)
        assert unproven(writer, reader, found) is None, seed
        if pair.safe:
            assert answer != "incompatible", (seed, found)
        if answer == "compatible":
            assert unsound(writer, reader, seed, 20) is None, seed
        opinion = judged(pair.writer, pair.reader, writer.dialect.rust_draft)
        assert (opinion, answer) != ("no", "compatible"), seed
        if "format" not in json.dumps(pair.reader):
            assert (opinion, answer) != ("yes", "incompatible"), seed


def test_unknown_is_rare() -> None:
    unknown = compatible = incompatible = 0
    for seed in range(5_000, 5_300):
        pair = random_pair(seed)
        try:
            answer = outcome(findings(parse(pair.writer), parse(pair.reader)))
        except UnresolvedReference:
            continue
        unknown += answer == "unknown"
        compatible += answer == "compatible"
        incompatible += answer == "incompatible"
    assert unknown <= 3
    assert min(compatible, incompatible) > 40


def schemas(count: int, *, draft: int = 7, recursion: bool = False) -> list[Any]:
    made: list[Any] = []
    seed = 0
    while len(made) < count:
        seed += 1
        schema = Maker(seed, draft, recursion=recursion).schema(2)
        if isinstance(schema, dict) and not _unguarded(schema):
            made.append(schema)
    return made


def test_every_schema_reads_itself() -> None:
    for schema in schemas(150, recursion=True):
        twin = {"title": "another text", **copy.deepcopy(schema)}
        assert outcome(findings(parse(schema), parse(twin))) in ("compatible", "unknown")
    assert all(findings(parse(each), parse({"title": "x", **each})) == [] for each in schemas(100))


def test_key_order_changes_no_answer() -> None:
    for seed in range(7_000, 7_080):
        pair = random_pair(seed)
        try:
            turned = findings(parse(_turned(pair.writer)), parse(_turned(pair.reader)))
            answers = {outcome(findings(parse(pair.writer), parse(pair.reader))), outcome(turned)}
        except UnresolvedReference:
            continue
        assert len(answers - {"unknown"}) <= 1, seed


def _turned(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {name: _turned(value) for name, value in reversed(schema.items())}
    return schema


def test_answers_do_not_depend_on_what_was_checked_before() -> None:
    pairs = [random_pair(seed) for seed in range(9_000, 9_060)]
    parsed = [(parse(pair.writer), parse(pair.reader)) for pair in pairs if "$ref" not in json.dumps([pair.writer])]
    first = [findings(*pair) for pair in parsed]
    random.Random(1).shuffle(parsed)
    again = {id(pair[0]): findings(*pair) for pair in parsed}
    shuffled = [again[id(pair[0])] for pair in parsed]
    assert sorted(map(repr, first)) == sorted(map(repr, shuffled))


def test_unrolling_recursion_changes_no_answer() -> None:
    for schema in schemas(400, recursion=True):
        if "$ref" not in json.dumps(schema):
            continue
        rolled = {"definitions": {"here": _renamed(schema)}, "$ref": "#/definitions/here"}
        unrolled = {"definitions": {"here": _renamed(schema)}, **_renamed(schema)}
        for writer, reader in ((rolled, unrolled), (unrolled, rolled)):
            found = findings(parse(writer), parse(reader))
            assert outcome(found) in ("compatible", "unknown"), (writer, reader, found)


def _renamed(schema: Any) -> Any:
    return json.loads(json.dumps(schema).replace('"$ref": "#"', '"$ref": "#/definitions/here"'))


@pytest.mark.parametrize("draft", [6, 2019, 2020])
def test_another_dialect_changes_no_answer(draft: int) -> None:
    for schema in schemas(80):
        twin = {"$schema": DRAFTS[draft], **_translated(schema, draft)}
        for writer, reader in ((schema, twin), (twin, schema)):
            if draft == 6 and '"if"' in json.dumps(schema):
                continue
            assert findings(parse(writer), parse(reader)) == [], (writer, reader)


def _translated(schema: Any, draft: int) -> Any:
    """A draft 7 schema in another draft."""
    if not isinstance(schema, dict) or draft == 6:
        return schema
    out: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in ("enum", "const"):
            out[keyword] = value
        elif keyword in ("properties", "patternProperties"):
            out[keyword] = {name: _translated(each, draft) for name, each in value.items()}
        elif keyword == "dependencies":
            for name, each in value.items():
                target = "dependentRequired" if isinstance(each, list) else "dependentSchemas"
                out.setdefault(target, {})[name] = each if isinstance(each, list) else _translated(each, draft)
        elif keyword == "items" and isinstance(value, list) and draft == 2020:
            out["prefixItems"] = [_translated(each, draft) for each in value]
            if "additionalItems" in schema:
                out["items"] = _translated(schema["additionalItems"], draft)
        elif keyword == "additionalItems" and draft == 2020:
            continue
        elif keyword in ("anyOf", "oneOf", "allOf") or (keyword == "items" and isinstance(value, list)):
            out[keyword] = [_translated(each, draft) for each in value]
        else:
            out[keyword] = _translated(value, draft)
    return out


def test_rewriting_either_side_changes_no_answer() -> None:
    """Equivalent schemas, another dialect and an unrolled reference stand for the writer or the reader of a pair."""
    changed = 0
    for seed in range(40_000, 40_060):
        maker = Maker(seed, recursion=False)
        writer = maker.schema(2)
        reader = maker.mutated(writer)
        answer = outcome(findings(parse(writer), parse(reader)))
        twins = [(maker.rewritten(writer), reader), (writer, maker.rewritten(reader))]
        if isinstance(writer, dict) and isinstance(reader, dict):
            translated = [{"$schema": DRAFTS[2020], **_translated(each, 2020)} for each in (writer, reader)]
            twins += [(translated[0], reader), (writer, translated[1])]
            twins += [(writer, {"definitions": {"r": reader}, "allOf": [{"$ref": "#/definitions/r"}]})]
        for pair in twins:
            said = outcome(findings(*map(parse, pair)))
            assert "unknown" in (said, answer) or said == answer, (seed, pair)
            changed += said != answer
    assert changed <= 2


def test_counted_items_agree_with_all_short_arrays() -> None:
    """Arrays of up to four items of four sorts, tried one by one, against what is said about counts of them."""
    arrays = [list(each) for size in range(5) for each in product((0, "", None, True), repeat=size)]
    for seed in range(60):
        chance = random.Random(f"counts {seed}")
        writer, reader = (_counting(chance) for _ in range(2))
        old, new = parse(writer), parse(reader)
        found = findings(old, new)
        writes, reads = executors(old, formats=False).rust, executors(new, formats=False).rust
        fails = [each for each in arrays if writes.is_valid(each) and not reads.is_valid(each)]
        assert outcome(found) == ("incompatible" if fails else "compatible"), (writer, reader, fails[:1])


def _counting(chance: random.Random) -> Any:
    sorts = ("integer", "string", "null", "boolean")
    parts: list[Any] = []
    for _ in range(chance.randint(1, 2)):
        low = chance.randint(0, 2)
        most = {"maxContains": chance.randint(max(low, 1), 3)} if chance.random() < 0.6 else {}
        parts.append({"contains": {"type": chance.sample(sorts, chance.randint(1, 2))}, "minContains": low, **most})
    return {"$schema": DRAFTS[2020], "type": "array", "items": {"enum": [0, "", None, True]}, "maxItems": 4,
            "allOf": parts}  # fmt: skip


def test_draft_4_takes_no_decimal_point_for_an_integer() -> None:
    found = findings(parse({"type": "integer"}), parse({"$schema": DRAFTS[4], "type": "integer"}))
    assert [each.witness.encoded for each in found] == [b"0.0"]
    assert findings(parse({"$schema": DRAFTS[4], "type": "integer"}), parse({"type": "integer"})) == []


def test_compatible_chains_are_transitive() -> None:
    checked = 0
    for seed in range(3_000, 3_150):
        maker = Maker(seed, recursion=False)
        narrow = maker.schema(2)
        middle = maker.widened(narrow)
        wide = maker.widened(middle)
        chain = [parse(each) for each in (narrow, middle, wide)]
        if findings(chain[0], chain[1]) == [] == findings(chain[1], chain[2]):
            assert outcome(findings(chain[0], chain[2])) != "incompatible"
            checked += 1
    assert checked > 100


def test_a_spent_budget_is_unknown_and_never_an_error() -> None:
    for seed in range(2_000, 2_100):
        pair = random_pair(seed)
        try:
            writer, reader = parse(pair.writer), parse(pair.reader)
        except UnresolvedReference:
            continue
        full = outcome(findings(writer, reader))
        for steps in (0, 3, 10, 40):
            poor = outcome(findings(writer, reader, Limits(steps=steps)))
            assert poor in (full, "unknown"), seed


def test_threads_share_parsed_schemas() -> None:
    pairs = [random_pair(seed) for seed in range(12_000, 12_040)]
    pairs = [pair for pair in pairs if "$ref" not in json.dumps([pair.writer, pair.reader])]
    alone = [outcome(findings(parse(pair.writer), parse(pair.reader))) for pair in pairs]
    for pair, answer in zip(pairs, alone, strict=True):
        writer, reader = parse(pair.writer), parse(pair.reader)
        with ThreadPoolExecutor(4) as threads:
            said = {each.result() for each in [threads.submit(_answer, writer, reader) for _ in range(4)]}
        assert said == {answer}


def _answer(writer: ParsedSchema, reader: ParsedSchema) -> str:
    return outcome(findings(writer, reader))
