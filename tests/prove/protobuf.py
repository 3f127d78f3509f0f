"""The long run of the Protobuf engine's laws: ``python -m tests.prove.protobuf --pairs 100000 --seed 1``.

Prints its figures and exits with 1 on any unsound answer, finding without proof, undecided question or crash. A failure
names the seed of its pair, so ``--seed SEED --pairs 1`` repeats it; ``--resume`` takes up a run that was broken off.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from itertools import permutations

import msgspec

from compat.budget import Budget
from compat.definition import Definition
from compat.errors import InvalidSchema
from compat.protobuf.engine import ProtobufEngine
from compat.protobuf.model import Schema
from compat.protobuf.protoc import Protoc, _includes
from compat.protobuf.rules import RULES
from compat.protobuf.worker import _compile
from compat.verdict import Incompatibility, Severity
from tests.compat.protobuf.laws import UNHURRIED, json_proven, json_sound, moved, proven, sound
from tests.compat.protobuf.rewritings import REWRITINGS
from tests.compat.protobuf.strategies import definition, file_pair, grown, pair, schema
from tests.prove import campaign

NO_EVENTS = ("SERVICE_", "METHOD_", "OPTION_", "DEPRECATED_", "DOCUMENTATION_", "ENUM_ADDED", "ENUM_REMOVED")
EVENT_RULES = {rule for rule in RULES if not rule.startswith(NO_EVENTS)}
"""The rules that concern events; what else there is to say has case files alone."""

EVENTS = 12
"""Events of each message type that are run through a reader called compatible."""

ALSO_JSON = 4
"""Of so many pairs one is judged as JSON too, which takes as long as all the rest."""


class InProcess(Protoc):
    """protoc without a process of its own, which texts of our own do not need: no pair waits for another process."""

    def __init__(self) -> None:
        super().__init__()
        self._paths = _includes()

    def _ask(self, request: bytes) -> bytes:
        return msgspec.msgpack.encode(_compile(msgspec.msgpack.decode(request), self._paths))


def judge(engine: ProtobufEngine, seed: int, sources: tuple[Definition, Definition], counts: Counter[str]) -> list[str]:
    """What is wrong with the answers about one pair."""
    try:
        writer, reader = map(engine.parse, sources)
    except InvalidSchema:
        counts["refused by protoc"] += 1
        return []
    counts["pairs judged"] += 1
    findings, problems = _findings(engine, reader, writer, counts)
    blocked = any(finding.severity.blocks for finding in findings)
    lossy = any(finding.severity is Severity.LOSSY for finding in findings)
    counts["incompatible" if blocked else "compatible, lossy" if lossy else "compatible"] += 1
    for finding in findings:
        counts[f"finding {finding.severity}"] += 1
        counts["blocking findings with a witness"] += finding.severity.blocks and finding.witness is not None
        if problem := proven(reader, writer, finding):
            problems.append(f"unproven: {finding.difference.rule}: {problem}")
    if problem := sound(engine, reader, writer, findings, EVENTS, seed):
        problems.append(f"unsound: {problem}")
    if seed % 8 == 3 and any(engine.incompatibilities(engine.parse(sources[0]), writer, Budget(UNHURRIED))):
        problems.append("not reflexive")
    if seed % ALSO_JSON == 0:
        problems += _judge_json(engine, seed, (writer, reader), findings, counts)
        counts.update(f"rule {rule}" for rule in {each.rule for each in engine.differences(writer, reader)})
    return problems


def _judge_json(
    engine: ProtobufEngine,
    seed: int,
    schemas: tuple[Schema, Schema],
    findings: list[Incompatibility],
    counts: Counter[str],
) -> list[str]:
    writer, reader = schemas
    counts["pairs judged as JSON too"] += 1
    causes = list(engine.json_incompatibilities(reader, writer, Budget(UNHURRIED)))
    found = [cause for cause in causes if isinstance(cause, Incompatibility)]
    counts.update(f"rule {rule}" for rule in {each.difference.rule for each in found})
    problems = [f"undecided: {cause}" for cause in causes if not isinstance(cause, Incompatibility)]
    problems += [f"unproven: {problem}" for each in found if (problem := json_proven(reader, writer, each))]
    if problem := json_sound(engine, reader, writer, [*findings, *found], EVENTS, seed):
        problems.append(f"unsound in JSON: {problem}")
    return problems


def _findings(
    engine: ProtobufEngine, reader: Schema, writer: Schema, counts: Counter[str]
) -> tuple[list[Incompatibility], list[str]]:
    start = time.perf_counter()
    causes = list(engine.incompatibilities(reader, writer, Budget(UNHURRIED)))
    counts["microseconds of checking"] += int((time.perf_counter() - start) * 1e6)
    found = [cause for cause in causes if isinstance(cause, Incompatibility)]
    return found, [f"undecided: {cause}" for cause in causes if not isinstance(cause, Incompatibility)]


def judge_rewriting(engine: ProtobufEngine, seed: int, counts: Counter[str]) -> list[str]:
    """What says the same in other words is read and refused as before."""
    chance = random.Random(seed)
    name = list(REWRITINGS)[chance.randrange(len(REWRITINGS))]
    try:
        problem = moved(engine, name, chance, *file_pair(chance))
    except InvalidSchema:
        return []
    counts[f"pairs rewritten, {name.replace('_', ' ')}"] += problem is not None
    return [problem] if problem else []


def judge_growth(engine: ProtobufEngine, seed: int, counts: Counter[str]) -> list[str]:
    """Adding optional fields under new numbers harms no reader, old or new."""
    chance = random.Random(seed)
    before = schema(chance)
    after = grown(chance, before)
    try:
        chain = [engine.parse(definition(file)) for file in (before, after, grown(chance, after))]
    except InvalidSchema:
        return []
    counts["chains that only grow"] += 1
    causes = [c for r, w in permutations(chain, 2) for c in engine.incompatibilities(r, w, Budget(UNHURRIED))]
    return [f"growth is not harmless: {c}" for c in causes if getattr(c, "severity", None) is not Severity.INFO]


def main() -> int:
    """Run, print, and answer with the exit status."""
    engine = ProtobufEngine(InProcess())

    def both(seed: int, counts: Counter[str]) -> list[str]:
        sources = pair(random.Random(seed))
        problems = judge(engine, seed, sources, counts)
        problems += judge_growth(engine, seed, counts) if seed % 16 == 1 else []
        problems += judge_rewriting(engine, seed, counts) if seed % 16 == 9 else []
        return [f"{problem}\n{sources[0].text}\n{sources[1].text}" for problem in problems]

    return campaign.run("protobuf", __doc__, both, EVENT_RULES)


if __name__ == "__main__":
    sys.exit(main())
