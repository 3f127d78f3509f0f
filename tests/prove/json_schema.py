"""The long run of the JSON Schema engine's laws: ``python tests/prove/json_schema.py --pairs 100000 --seed 1``.

Prints its figures and exits with 1 on any unsound answer, missing witness, broken label, contradiction to a judge or
crash. A failure names the seed of its pair, so ``--seed SEED --pairs 1`` repeats it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from compat.budget import Limits
from compat.errors import UnresolvedReference
from compat.verdict import Undecided
from tests.compat.json_schema.laws import findings, judged, outcome, parse, unproven, unsound
from tests.compat.json_schema.strategies import Pair, random_pair

UNHURRIED = Limits(seconds=900.0)
"""Steps bound a check here, as they do everywhere; the clock must not, when the process gets little of the machine."""


def judge(pair: Pair, seed: int, counts: Counter[str], times: list[float], *, depth: int) -> str | None:
    """What is wrong with the answer about one pair, None if nothing is."""
    writer, reader = parse(pair.writer), parse(pair.reader)
    start = time.perf_counter()
    found = findings(writer, reader, UNHURRIED)
    times.append(time.perf_counter() - start)
    answer = outcome(found)
    counts[answer] += 1
    counts.update(f"reason {each.reason}" for each in found if isinstance(each, Undecided))
    if problem := unproven(writer, reader, found):
        return f"unproven: {problem}"
    if pair.safe and answer == "incompatible":
        return f"a {pair.kind} pair is called incompatible: {found[0]}"
    opinion = judged(pair.writer, pair.reader, writer.dialect.rust_draft) if seed % 2 == 0 else "unknown"
    counts[f"jsonschema-rs {opinion}"] += seed % 2 == 0
    if opinion == "no" and answer == "compatible":
        return "jsonschema-rs says no"
    if opinion == "yes" and answer == "incompatible" and "format" not in json.dumps(pair.reader):
        return f"jsonschema-rs says yes: {found[0]}"
    if answer != "incompatible" and (problem := unsound(writer, reader, seed, depth)):
        if answer == "unknown":
            counts["unknown though an event proves it"] += 1
            return None
        return f"unsound: {problem}"
    return None


def main() -> int:
    """Run, print, and answer with the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0, help="seed of the first pair")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long")
    parser.add_argument("--depth", type=int, default=60, help="events tried against each answer 'compatible'")
    parser.add_argument("--verbose", action="store_true", help="print the pairs that stay unknown")
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    failures: list[str] = []
    times: list[float] = []
    start = time.monotonic()
    done = 0
    for seed in range(options.seed, options.seed + options.pairs):
        pair = random_pair(seed)
        counts[f"kind {pair.kind}"] += 1
        unknown = counts["unknown"]
        try:
            problem = judge(pair, seed, counts, times, depth=options.depth)
        except UnresolvedReference:
            problem, counts["not a schema"] = None, counts["not a schema"] + 1
        except Exception:  # noqa: BLE001 - a crash is a finding
            problem = f"crash: {traceback.format_exc()}"
        if problem:
            failures.append(problem)
            print(
                f"\nseed {seed} ({pair.kind}): {problem}\n  writer {json.dumps(pair.writer)}\n"
                f"  reader {json.dumps(pair.reader)}",
                flush=True,
            )
        elif options.verbose and counts["unknown"] > unknown:
            print(f"unknown {seed}: {json.dumps(pair.writer)}  ->  {json.dumps(pair.reader)}")
        done += 1
        if done % 200 == 0 and sys.stderr.isatty():
            print(f"\r{done} pairs, {len(failures)} failures", end="", file=sys.stderr, flush=True)
        if time.monotonic() - start > options.seconds:
            break
    report(done, counts, times, failures)
    return 1 if failures else 0


def report(done: int, counts: Counter[str], times: list[float], failures: list[str]) -> None:
    """The figures of a run."""
    times.sort()
    for name, count in sorted(counts.items()):
        print(f"{name:40} {count:8}  {100 * count / done:6.2f} %")
    if times:
        print(
            f"check, milliseconds: median {times[len(times) // 2] * 1e3:.2f}, "
            f"95th percentile {times[int(len(times) * 0.95)] * 1e3:.2f}, worst {times[-1] * 1e3:.1f}"
        )
    print(f"{done} pairs, {len(failures)} failures")


if __name__ == "__main__":
    raise SystemExit(main())
