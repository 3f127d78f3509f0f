"""The long run of the Protobuf engine's laws: ``python -m tests.prove.protobuf --pairs 100000 --seed 1``.

Prints its figures and exits with 1 on any unsound answer, finding without proof, undecided question or crash. A failure
names the seed of its pair, so ``--seed SEED --pairs 1`` repeats it.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from collections import Counter

from compat.budget import Budget
from compat.definition import Definition, Format
from compat.errors import InvalidSchema
from compat.protobuf.engine import ProtobufEngine
from compat.protobuf.model import Schema
from compat.verdict import Incompatibility, Severity
from tests.compat.protobuf.laws import proven, sound
from tests.compat.protobuf.strategies import grown, pair, schema, text

EVENTS = 40
"""Events of each message type that are run through a reader called compatible."""


def judge(engine: ProtobufEngine, seed: int, sources: tuple[str, str], counts: Counter[str]) -> list[str]:
    """What is wrong with the answers about one pair."""
    try:
        writer, reader = (engine.parse(Definition(Format.PROTOBUF, source)) for source in sources)
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
    if any(engine.incompatibilities(writer, writer, Budget())):
        problems.append("not reflexive")
    return problems


def _findings(
    engine: ProtobufEngine, reader: Schema, writer: Schema, counts: Counter[str]
) -> tuple[list[Incompatibility], list[str]]:
    start = time.perf_counter()
    causes = list(engine.incompatibilities(reader, writer, Budget()))
    counts["microseconds of checking"] += int((time.perf_counter() - start) * 1e6)
    found = [cause for cause in causes if isinstance(cause, Incompatibility)]
    return found, [f"undecided: {cause}" for cause in causes if not isinstance(cause, Incompatibility)]


def judge_growth(engine: ProtobufEngine, seed: int, counts: Counter[str]) -> list[str]:
    """Adding optional fields under new numbers harms no reader, old or new."""
    chance = random.Random(seed)
    before = schema(chance)
    try:
        old, new = (engine.parse(Definition(Format.PROTOBUF, text(f))) for f in (before, grown(chance, before)))
    except InvalidSchema:
        return []
    counts["pairs that only grow"] += 1
    causes = [c for r, w in ((old, new), (new, old)) for c in engine.incompatibilities(r, w, Budget())]
    return [f"growth is not harmless: {c}" for c in causes if getattr(c, "severity", None) is not Severity.INFO]


def main() -> int:
    """Run, print, and answer with the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0, help="seed of the first pair")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long")
    options = parser.parse_args()
    engine = ProtobufEngine()
    counts: Counter[str] = Counter()
    failures: list[str] = []
    start = time.monotonic()
    for seed in range(options.seed, options.seed + options.pairs):
        sources = pair(random.Random(seed))
        try:
            problems = judge(engine, seed, sources, counts)
            problems += judge_growth(engine, seed, counts) if seed % 4 == 0 else []
        except Exception:  # noqa: BLE001 - a crash is a result of this run
            problems = [f"crash: {traceback.format_exc()}"]
        failures += [f"seed {seed}: {problem}\n{sources[0]}\n{sources[1]}" for problem in problems]
        if (seed - options.seed) % 1000 == 999:
            sys.stderr.write(
                f"\r{seed - options.seed + 1} pairs, {len(failures)} failures, {time.monotonic() - start:.0f} s"
            )
        if time.monotonic() - start > options.seconds or len(failures) >= 20:
            break
    sys.stderr.write("\n")
    for name, count in sorted(counts.items()):
        print(f"{name:44} {count:10,}")
    print(f"{'failures':44} {len(failures):10,}")
    print(f"{'seconds':44} {time.monotonic() - start:10.1f}")
    print(*failures, sep="\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
