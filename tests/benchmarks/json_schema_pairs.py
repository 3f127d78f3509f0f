"""How long JSON Schemas of about 12 kB with small edits take to check, beside reading them and beside jsonschema-rs.

``python -m tests.benchmarks.json_schema_pairs [--pairs N]`` makes realistic schemas (nested objects, arrays,
references, patterns, enums, oneOf told apart by a constant), edits each in one to three places and checks every pair
once, in both directions; then every step of the real histories of web analytics, if they lie beside the checkout.
Processor time; each pair is new to the process, so no verdict is remembered. jsonschema-rs answers the same question by
``canonicalize`` and ``covers``, without a reason, a place or an event.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs

from compat.budget import Budget
from compat.definition import Definition, Format
from compat.json_schema.engine import JsonSchemaEngine
from compat.verdict import Incompatibility
from tests.compat.json_schema.laws import judged, outcome
from tests.compat.json_schema.test_corpus import steps

ENGINE = JsonSchemaEngine()
BYTES = 12_000
CORPUS = Path(__file__).resolve().parent.parent.parent.parent / "shared" / "corpora" / "json-schema" / "iglu"
PATTERNS = (
    "^[A-Z]{2}$", "^[0-9]{4}-[0-9]{2}$", "^[a-z][a-z0-9_]*$", "^(\\+|00)[1-9][0-9]{6,14}$", "^v[0-9]+(\\.[0-9]+)*$",
)  # fmt: skip
SCALARS: tuple[dict[str, Any], ...] = (
    {"type": "string", "maxLength": 255}, {"type": "string", "minLength": 1}, {"type": "integer", "minimum": 0},
    {"type": "integer", "minimum": 0, "maximum": 2147483647}, {"type": "number"}, {"type": "boolean"},
    {"type": ["string", "null"], "maxLength": 64}, {"type": "string", "format": "date-time"},
)  # fmt: skip


class Event:
    """One event schema and edits of it, from a seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.seed = seed
        self.names = 0

    def schema(self) -> dict[str, Any]:
        """About BYTES of schema."""
        definitions: dict[str, Any] = {f"Type{index}": self.record(1) for index in range(6)}
        root: dict[str, Any] = {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object",
            "properties": {},
            "definitions": definitions,
            "additionalProperties": self.chance.random() < 0.4,
        }
        while len(json.dumps(root)) < BYTES:
            root["properties"][self.name()] = self.member(2)
        root["required"] = sorted(self.chance.sample(list(root["properties"]), 5))
        if root["additionalProperties"]:
            del root["additionalProperties"]
        return root

    def name(self) -> str:
        self.names += 1
        return f"{self.chance.choice(('user', 'order', 'page', 'device', 'item', 'amount'))}_{self.seed}_{self.names}"

    def record(self, depth: int) -> dict[str, Any]:
        properties = {self.name(): self.member(depth - 1) for _ in range(self.chance.randint(3, 8))}
        record: dict[str, Any] = {"type": "object", "description": "what it is, in words", "properties": properties,
                  "required": sorted(self.chance.sample(list(properties), 2))}  # fmt: skip
        if self.chance.random() < 0.6:
            record["additionalProperties"] = False
        return record

    def member(self, depth: int) -> dict[str, Any]:
        roll = self.chance.random()
        if depth > 0 and roll < 0.15:
            return self.record(depth)
        if depth > 0 and roll < 0.3:
            return {"type": "array", "items": self.member(depth - 1), "maxItems": self.chance.choice((10, 100))}
        if depth > 0 and roll < 0.4:
            return {"oneOf": [
                {"type": "object", "required": ["kind"], "properties": {
                    "kind": {"const": f"k{index}"}, self.name(): self.member(0)}} for index in range(3)]}  # fmt: skip
        if depth > 0 and roll < 0.55:
            return {"$ref": f"#/definitions/Type{self.chance.randrange(6)}"}
        if roll < 0.65:
            return {"type": "string", "pattern": self.chance.choice(PATTERNS)}
        if roll < 0.75:
            return {"enum": [f"value_{index}" for index in range(self.chance.randint(2, 9))]}
        return dict(self.chance.choice(SCALARS))

    def edited(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The schema of the next version: one to three small changes."""
        twin = copy.deepcopy(schema)
        for _ in range(self.chance.randint(1, 3)):
            records = [each for each in _inside(twin) if each.get("type") == "object" and each.get("properties")]
            self.edit(self.chance.choice(records))
        return twin

    def edit(self, record: dict[str, Any]) -> None:
        name = self.chance.choice(list(record["properties"]))
        member = record["properties"][name]
        roll = self.chance.random()
        if roll < 0.4:
            record["properties"][self.name()] = self.member(1)
        elif roll < 0.5 and name not in record.get("required", ()):
            del record["properties"][name]
        elif "enum" in member:
            member["enum"] = [*member["enum"], "another"] if roll < 0.8 else member["enum"][:-1] or ["other"]
        elif "pattern" in member:
            member["pattern"] = self.chance.choice(PATTERNS)
        elif "maxLength" in member:
            member["maxLength"] *= 2
        elif member.get("type") == "integer":
            member["type"] = "number"
        else:
            record["required"] = sorted({*record.get("required", ()), name})


def _inside(schema: Any) -> Iterator[dict[str, Any]]:
    pending = [schema]
    while pending:
        here = pending.pop()
        if isinstance(here, dict):
            yield here
            pending += here.values()
        elif isinstance(here, list):
            pending += here


def generated(count: int) -> Iterator[tuple[str, str]]:
    """(before, after) as texts."""
    for seed in range(count):
        event = Event(seed)
        schema = event.schema()
        yield json.dumps(schema), json.dumps(event.edited(schema))


def real() -> Iterator[tuple[str, str]]:
    """The steps of the real histories."""
    for before, after in steps(CORPUS):
        yield before.read_text(), after.read_text()


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Milliseconds, and what came out."""
    start = time.process_time()
    result = work()
    return (time.process_time() - start) * 1e3, result


def report(title: str, pairs: Iterator[tuple[str, str]]) -> None:
    """Check all pairs in both directions and print the figures."""
    checks: list[float] = []
    readings: list[float] = []
    rust: list[float] = []
    answers: Counter[str] = Counter()
    opinions: Counter[str] = Counter()
    found: list[Any] = []
    size = proven = 0
    for texts in pairs:
        size += sum(map(len, texts))
        reading, (old, new) = timed(lambda: [ENGINE.parse(Definition(Format.JSON, text)) for text in texts])  # noqa: B023
        readings.append(reading)
        for writer, reader, raws in ((old, new, texts), (new, old, texts[::-1])):
            spent, found = timed(lambda: list(ENGINE.incompatibilities(reader, writer, Budget())))  # noqa: B023
            checks.append(spent)
            answers[outcome(found)] += 1
            proven += outcome(found) == "incompatible" and all(
                each.witness for each in found if isinstance(each, Incompatibility)
            )
            draft = writer.dialect.rust_draft if writer.dialect is reader.dialect else jsonschema_rs.Draft7
            spent, opinion = timed(lambda: judged(_plain(raws[0]), _plain(raws[1]), draft))  # noqa: B023
            rust.append(spent)
            opinions[opinion] += 1
    for times in (checks, readings, rust):
        times.sort()
    middle, read = checks[len(checks) // 2], readings[len(readings) // 2]
    rusty = rust[len(rust) // 2]
    write = sys.stdout.write
    write(f"{title}: {len(readings)} pairs in both directions, {size / 2_000 / len(readings):.1f} kB a schema\n")
    write(f"  check         {_spread(checks)}; {middle / read:.2f} of reading both texts ({read:.1f} ms)\n")
    write(f"  jsonschema-rs {_spread(rust)}; the check takes {middle / rusty:.1f} times that\n")
    write(f"  answers       {dict(sorted(answers.items()))}, unknown {100 * answers['unknown'] / len(checks):.2f} %, ")
    write(f"refusals with all their events {proven} of {answers['incompatible']}\n")
    write(f"  jsonschema-rs {dict(sorted(opinions.items()))}\n")


def _spread(times: list[float]) -> str:
    late = times[int(len(times) * 0.95)]
    return f"median {times[len(times) // 2]:.2f} ms, 95th percentile {late:.2f} ms, worst {times[-1]:.1f} ms"


def _plain(text: str) -> Any:
    """The schema without what jsonschema-rs refuses: it is told the draft."""
    raw = json.loads(text)
    return {name: value for name, value in raw.items() if name not in ("$schema", "self")}


def main() -> None:
    """Print both reports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=60)
    report("generated", generated(parser.parse_args().pairs))
    if CORPUS.is_dir():
        report("real histories (Iglu)", real())
    else:
        sys.stdout.write(f"real histories: {CORPUS} is absent\n")


if __name__ == "__main__":
    main()
