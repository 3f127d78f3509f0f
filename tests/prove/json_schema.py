"""The long run of the JSON Schema engine's laws: ``python -m tests.prove.json_schema --pairs 100000 --seed 1``.

Prints its figures and exits with 1 on any unsound answer, missing witness, broken label, contradiction to a judge or
crash. A failure names the seed of its pair, so ``--seed SEED --pairs 1`` repeats it; ``--resume`` takes up a run that
was broken off. Pairs that stay unknown are counted by their seeds.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter

from compat.budget import Limits
from compat.errors import UnresolvedReference
from compat.verdict import Undecided
from tests.compat.json_schema.laws import findings, judged, outcome, parse, unproven, unsound
from tests.compat.json_schema.strategies import Pair, random_pair
from tests.prove import campaign

UNHURRIED = Limits(seconds=900.0)
"""Steps bound a check here, as they do everywhere; the clock must not, when the process gets little of the machine."""

EVENTS = 60
"""Events tried against each answer 'compatible'."""


def judge(pair: Pair, seed: int, counts: Counter[str], times: list[float]) -> str | None:
    """What is wrong with the answer about one pair, None if nothing is."""
    writer, reader = parse(pair.writer), parse(pair.reader)
    start = time.perf_counter()
    found = findings(writer, reader, UNHURRIED)
    times.append(time.perf_counter() - start)
    answer = outcome(found)
    counts[answer] += 1
    if answer == "unknown":
        counts[f"unknown, seed {seed}"] += 1
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
        # The events were executed again above, by its own validator too: its prover is wrong, as 0.60.3 is about
        # "prefixItems": [false], which it takes for a schema that holds for everything.
        counts["jsonschema-rs yes, against its own validator"] += 1
    if answer != "incompatible" and (problem := unsound(writer, reader, seed, EVENTS)):
        if answer == "unknown":
            counts["unknown though an event proves it"] += 1
            return None
        return f"unsound: {problem}"
    return None


def main() -> int:
    """Run, print, and answer with the exit status."""
    times: list[float] = []

    def of_seed(seed: int, counts: Counter[str]) -> list[str]:
        pair = random_pair(seed)
        counts[f"kind {pair.kind}"] += 1
        try:
            problem = judge(pair, seed, counts, times)
        except UnresolvedReference:
            counts["not a schema"] += 1
            return []
        texts = f"  writer {json.dumps(pair.writer)}\n  reader {json.dumps(pair.reader)}"
        return [f"{pair.kind}: {problem}\n{texts}"] if problem else []

    status = campaign.run("json_schema", __doc__, of_seed, ())
    times.sort()
    if times:
        middle, high = times[len(times) // 2], times[int(len(times) * 0.95)]
        print(f"check, milliseconds: median {middle * 1e3:.2f}, 95th percentile {high * 1e3:.2f}, "
              f"worst {times[-1] * 1e3:.1f}")  # fmt: skip
    return status


if __name__ == "__main__":
    sys.exit(main())
