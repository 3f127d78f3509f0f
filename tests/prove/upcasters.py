"""The long run of the upcaster language's laws: ``python -m tests.prove.upcasters --pairs 100000 --seed 1``.

A pair is a shape with a document of one to four random operations. Every way to run it comes to what the interpreter
comes to, up and down: JSONata included, and the engines that ``LINEAL_PROOF_ENGINES`` names (PostgreSQL in the server
of ``LINEAL_PROOF_POSTGRESQL``), which take all that is compiled for them. What comes out has the derived shape, and is
no larger than its bound; edges that are called iso give back the very event. Patterns are read as they are meant, in no
more steps than their bound. Exits with 1 on any fault; a failure names its seed.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "upcasters"))

import generate
from schemas import SCHEMAS
from test_agreement import REFUSED, outcome, raw, same
from test_pattern import Ways, generated, texts
from test_total import CONSTANTS, extent

from compat.definition import Format
from registry.settings import load
from registry.upcasting import shape_of
from registry.upcasting.elsewhere import compare
from registry.upcasting.engines import Asked, Budget, engines
from registry.upcasting.events import samples
from tests.prove import campaign
from upcasters import functions
from upcasters.chain import Chain
from upcasters.conform import deviations
from upcasters.fuse import PlanTooHeavy
from upcasters.growth import growth
from upcasters.operations import NAMES, OPERATIONS, STREAM_LEVEL, Operation, nested
from upcasters.pattern import parse
from upcasters.pattern_text import compiled
from upcasters.plan import weight
from upcasters.reverse import reverse
from upcasters.shape import Shape
from upcasters.step import Step

EVENTS = 8
"""Events of each document."""
SETTINGS = load({"LINEAL_PROOF_ENGINES": "JSONata", **os.environ})
ASKED = engines(SETTINGS.engines, SETTINGS.proof_server)
"""The engines that are held to every document."""
NEVER = {"branch", *(name for name, kind in OPERATIONS.items() if kind in STREAM_LEVEL)}
"""What the generator does not make; cases and laws have those."""


def judge(seed: int, counts: Counter[str]) -> list[str]:
    """What is wrong with one document, and with the pattern of the seed if there is one."""
    random = Random(seed)
    shape = generate.record(random)
    ops, after = generate.operations(random, shape, random.randint(1, 4))
    counts.update(f"rule {name}" for name in set(_names(ops)))
    problems = [f"{problem}\n{ops}" for problem in _document(random, shape, ops, after, counts)]
    problems += _of_a_format(random, seed, counts)
    return problems + list(_pattern(seed, counts))


def _of_a_format(random: Random, seed: int, counts: Counter[str]) -> Iterator[str]:
    """Steps on the events that a format's own generator makes: its boundary values, and what JSON does not have."""
    name, schema = random.choice(list(SCHEMAS.items()))
    shape, format_ = shape_of(schema), schema.definition.format
    ops, after = generate.operations(random, shape, random.randint(1, 4))
    up = Chain("s", 1, [Step("s", 1, 2, ops, "")], shape)
    try:
        up.plan  # noqa: B018 - made here, to see whether it can be
    except PlanTooHeavy:
        return
    results = [(event, outcome(up.interpret, event)) for event in islice(samples(schema, seed), 2 * EVENTS)]
    counts[f"events of {name}"] += len(results)
    yield from (
        f"the plan disagrees on {event} of {name}\n{ops}"
        for event, result in results
        if not functions.same(raw(up, event), result)  # NaN is NaN
    )
    for problem in _elsewhere(Asked(ops, shape, format_), results, counts):
        yield f"{problem}, {name}\n{ops}"
    back = reverse(ops, shape)
    if back.kind != "up-only":
        down = Chain("s", 2, [Step("s", 2, 1, back.ops, "")], after)
        returned = [(risen, outcome(down.interpret, risen)) for _, risen in results if risen is not REFUSED]
        for problem in _elsewhere(Asked(back.ops, after, format_, "down"), returned, counts):
            yield f"{problem}, {name}\n{back.ops}"


def _document(
    random: Random, shape: Shape, ops: tuple[Operation, ...], after: Shape, counts: Counter[str]
) -> Iterator[str]:
    step = Step("s", 1, 2, ops, "")
    chains = [Chain("s", 1, [step], shape, mechanism=mechanism) for mechanism in ("source", "closures")]
    try:
        root = chains[0].plan.root
    except PlanTooHeavy:
        counts["too heavy"] += 1
        return
    results = [(event, outcome(chains[0].interpret, event)) for event in _events(random, shape)]
    for event, result in results:
        counts["events"] += 1
        counts["events refused"] += result is REFUSED
        for chain in chains:
            if not same(raw(chain, event), result):
                yield f"{chain.mechanism} disagrees on {event}"
        if result is REFUSED:
            continue
        if list(deviations(after, result)):
            yield f"not of the derived shape: {event} became {result}"
        if extent(result) > growth(root) * extent(event) + CONSTANTS * weight(root):
            yield f"grew beyond its bound: {event}"
    yield from _laws(chains[0], ops, shape, results, counts)
    yield from _elsewhere(Asked(ops, shape, Format.JSON), results, counts)
    back = reverse(ops, shape)
    if back.kind != "up-only":
        down = Chain("s", 2, [Step("s", 2, 1, back.ops, "")], after)
        returned = [(risen, outcome(down.interpret, risen)) for _, risen in results if risen is not REFUSED]
        yield from _elsewhere(Asked(back.ops, after, Format.JSON, "down"), returned, counts)


def _elsewhere(asked: Asked, results: list[tuple[Any, Any]], counts: Counter[str]) -> Iterator[str]:
    found, wrong = compare(
        asked, [pair for pair in results if pair[1] is not REFUSED], ASKED, Budget(5.0 * len(ASKED), len(ASKED))
    )
    for each in found:
        counts[f"events in {each.engine}, {each.direction}"] += each.events
        counts[f"events refused in {each.engine}"] += each.declined
        if "took longer" in each.reason:
            counts[f"too slow in {each.engine}"] += 1
        if "what is compiled" in each.reason:
            yield f"{each.engine}, {each.direction}: {each.reason}"
    yield from (f"{each.engine} disagrees, {asked.direction}: {each}" for each in wrong)


def _laws(
    up: Chain, ops: tuple[Operation, ...], shape: Shape, results: list[tuple[Any, Any]], counts: Counter[str]
) -> Iterator[str]:
    back = reverse(ops, shape)
    counts[back.kind] += 1
    if back.kind != "iso":
        return
    down = Chain("s", 2, [Step("s", 2, 1, back.ops, "")])
    for event, risen in results:
        if risen is not REFUSED and not any(name.startswith("unknown") for name in event):
            counts["events back"] += 1
            if not same(outcome(down.interpret, risen), event):
                yield f"iso, and does not come back: {event} became {risen}"


def _pattern(seed: int, counts: Counter[str]) -> Iterator[str]:
    for pattern in generated(range(seed, seed + 1)):
        counts["patterns"] += 1
        tree = parse(pattern)
        for text in (*texts(pattern), "ab" * 20, "a" * 40):
            ways = Ways(tree, text)
            if (compiled(pattern).search(text) is not None) is not ways.found:
                yield f"{pattern!r} is read otherwise on {text!r}"
            if ways.tried > (tree.positions + 1) * (len(text) + 1):
                yield f"{pattern!r} takes {ways.tried} steps on {text!r}"


def _events(random: Random, shape: Shape) -> list[Any]:
    return [generate.payload(random, shape) for _ in range(EVENTS)]


def _names(ops: tuple[Operation, ...]) -> Iterator[str]:
    for operation in ops:
        yield NAMES[type(operation)]
        for _, inner in nested(operation):
            yield from _names(inner)


if __name__ == "__main__":
    sys.exit(campaign.run("upcasters", __doc__, judge, OPERATIONS.keys() - NEVER))
