"""The long run of the Avro engine's laws: ``python -m tests.prove.avro --pairs 100000 --seed 1``.

Prints its figures and exits with 1 on any unsound answer, missing witness, broken label or crash. A failure names the
seed of its pair, so ``--first SEED --pairs 1`` repeats it.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections import Counter

from tests.compat.avro.laws import blocking, claims_used_name, findings, is_ambiguous, parse, unproven, unsound
from tests.compat.avro.strategies import Pair, random_pair

SAFE = ("same", "rewritten", "widened")
"""Kinds of pairs that are compatible by construction."""


def judge(pair: Pair, seed: int, counts: Counter[str]) -> str | None:
    """What is wrong with the answer about one pair, None if nothing is."""
    writer, reader = map(parse, pair.texts)
    start = time.perf_counter()
    found = findings(writer, reader)
    counts["check microseconds"] += int((time.perf_counter() - start) * 1e6)
    blocked = blocking(found)
    counts["incompatible" if blocked else "compatible"] += 1
    counts["findings"] += len(found)
    counts.update(f"rule {each.difference.rule}" for each in blocked)
    if problem := unproven(writer, reader, found):
        return f"unproven: {problem}"
    if blocked and pair.kind in SAFE:
        if pair.kind != "same" and (claims_used_name(writer) or is_ambiguous(writer, parse(pair.texts[0]))):
            counts["safe by construction, but ambiguous in itself"] += 1
            return None
        return f"a {pair.kind} pair is called incompatible: {blocked[0]}"
    if blocked:
        return None
    if pair.kind == "narrowed" and len(writer.weights) == len(writer.nodes):
        return "a narrowed pair is called compatible"
    if problem := unsound(writer, reader, seed):
        return f"unsound: {problem}"
    return None


def main() -> int:
    """Run, print, and answer with the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--seed", "--first", dest="seed", type=int, default=0, help="seed of the first pair")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long")
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    failures: list[str] = []
    start = time.monotonic()
    done = 0
    for seed in range(options.seed, options.seed + options.pairs):
        pair = random_pair(seed)
        counts[f"kind {pair.kind}"] += 1
        try:
            problem = judge(pair, seed, counts)
        except Exception:  # noqa: BLE001 - a crash is a result of this run
            problem = f"crash: {traceback.format_exc()}"
        done += 1
        if problem is not None:
            failures.append(f"seed {seed}: {problem}\n  writer {pair.texts[0]}\n  reader {pair.texts[1]}")
        if done % 5000 == 0:
            sys.stderr.write(f"\r{done} pairs, {len(failures)} failures, {time.monotonic() - start:.0f} s")
        if time.monotonic() - start > options.seconds or len(failures) >= 20:
            break
    sys.stderr.write("\n")
    for name, count in sorted(counts.items()):
        print(f"{name:44} {count:10,}")
    print(f"{'pairs':44} {done:10,}")
    print(f"{'failures':44} {len(failures):10,}")
    print(f"{'seconds':44} {time.monotonic() - start:10.1f}")
    print(*failures, sep="\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
