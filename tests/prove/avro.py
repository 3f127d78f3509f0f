"""The long run of the Avro engine's laws: ``python -m tests.prove.avro --pairs 100000 --seed 1``.

Prints its figures and exits with 1 on any unsound answer, missing witness, broken label or crash. A failure names the
seed of its pair, so ``--first SEED --pairs 1`` repeats it; ``--resume`` takes up a run that was broken off.
"""

from __future__ import annotations

import sys
import time
from collections import Counter

from compat.avro.rulebook import INCOMPATIBILITIES
from compat.verdict import Incompatibility
from tests.compat.avro.laws import blocking, claims_used_name, findings, is_ambiguous, moved, parse, unproven, unsound
from tests.compat.avro.rewritings import REWRITINGS
from tests.compat.avro.strategies import Pair, random_pair, tangled_pair
from tests.prove import campaign

SAFE = ("same", "rewritten", "widened")
"""Kinds of pairs that are compatible by construction."""


def judge(seed: int, counts: Counter[str]) -> list[str]:
    """What is wrong with the answer about the pair of this seed."""
    pair = random_pair(seed) if seed % 10 else tangled_pair(seed)
    counts[f"kind {pair.kind}"] += 1
    problem = _problem(pair, seed, counts)
    return [] if problem is None else [f"{problem}\n  writer {pair.texts[0]}\n  reader {pair.texts[1]}"]


def _problem(pair: Pair, seed: int, counts: Counter[str]) -> str | None:
    writer, reader = map(parse, pair.texts)
    start = time.perf_counter()
    found = findings(writer, reader)
    counts["microseconds of checking"] += int((time.perf_counter() - start) * 1e6)
    blocked = blocking(found)
    counts["incompatible" if blocked else "compatible"] += 1
    counts["findings"] += len(found)
    counts["blocking findings"] += len(blocked)
    counts["blocking findings with a witness"] += sum(each.witness is not None for each in blocked)
    counts.update(
        f"rule {rule}" for rule in {each.difference.rule for each in found if isinstance(each, Incompatibility)}
    )
    if problem := unproven(writer, reader, found):
        return f"unproven: {problem}"
    if blocked and pair.kind in SAFE:
        if pair.kind != "same" and (claims_used_name(writer) or is_ambiguous(pair.writer)):
            counts["safe by construction, but ambiguous in itself"] += 1
            return None
        return f"a {pair.kind} pair is called incompatible: {blocked[0]}"
    if problem := _rewritten(pair, seed, counts):
        return problem
    if blocked:
        return None
    if pair.kind == "narrowed" and len(writer.weights) == len(writer.nodes):
        return "a narrowed pair is called compatible"
    if problem := unsound(writer, reader, seed):
        return f"unsound: {problem}"
    return None


def _rewritten(pair: Pair, seed: int, counts: Counter[str]) -> str | None:
    """What changes if the pair is written otherwise; every fifth pair, each rewriting in turn."""
    if seed % 5 or pair.kind == "rewritten":
        return None
    name = list(REWRITINGS)[seed // 5 % len(REWRITINGS)]
    problem = moved(name, seed, pair)
    counts[f"pairs rewritten, {name.replace('_', ' ')}"] += problem is not None
    return problem or None


if __name__ == "__main__":
    sys.exit(campaign.run("avro", __doc__, judge, INCOMPATIBILITIES))
