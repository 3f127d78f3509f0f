"""All ways to run a document agree on generated documents and events: the interpreter is the reference."""

from __future__ import annotations

from copy import deepcopy
from random import Random
from typing import Any

import generate
import pytest

from upcasters.chain import Chain
from upcasters.conform import deviations
from upcasters.document import Document, read, write
from upcasters.errors import UpcastFailed
from upcasters.fit import join
from upcasters.plan import weight
from upcasters.shape import NULL, Choice, Member, Record, Shape
from upcasters.shape_change import change
from upcasters.step import Step

REFUSED = "refused"


def outcome(run: Any, payload: Any) -> Any:
    try:
        return run(payload)
    except UpcastFailed:
        return REFUSED


def raw(chain: Chain, payload: Any) -> Any:
    """The plan alone, without falling back on the interpreter."""
    try:
        return chain.function(payload)
    except Exception:  # noqa: BLE001 - any error is a refusal
        return REFUSED


def steps(random: Random, shape: Shape) -> list[Document]:
    documents = []
    for version in range(1, 4):
        ops, shape = generate.operations(random, shape, random.randint(0, 5))
        documents.append(Document("things.Happened", version, version + 1, ops))
    return documents


@pytest.mark.parametrize("block", range(10))
def test_plans_do_what_the_steps_do(block: int) -> None:
    for seed in range(block * 25, block * 25 + 25):
        random = Random(seed)
        shape = generate.record(random)
        documents = [read(write(document)) for document in steps(random, shape)]
        chains = {
            "source": Chain.up(documents, shape),
            "closures": Chain.up(documents, shape, mechanism="closures"),
            "source without a shape": Chain.up(documents),
            "closures without a shape": Chain.up(documents, mechanism="closures"),
        }
        for _ in range(5):
            payload = generate.payload(random, shape)
            assert not list(deviations(shape, payload))
            kept = deepcopy(payload)
            wanted = outcome(chains["source"].interpret, payload)
            for name, chain in chains.items():
                got = raw(chain, payload)
                assert same(got, wanted), (seed, name, payload, got, wanted, documents)
                assert payload == kept, (seed, name)


def same(one: Any, other: Any) -> bool:
    """Equal, and true is not 1; 1 and 1.0 are one number."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)


def agrees(got: Any, wanted: Any) -> bool:
    """Equal as JSON: true is not 1, 1 and 1.0 are one number, and a double may be written without its exponent."""
    if isinstance(got, dict) and isinstance(wanted, dict):
        return got.keys() == wanted.keys() and all(agrees(value, wanted[name]) for name, value in got.items())
    if isinstance(got, list) and isinstance(wanted, list):
        return len(got) == len(wanted) and all(map(agrees, got, wanted))
    if isinstance(wanted, float) and type(got) is int:
        return float(got) == wanted
    return isinstance(got, bool) is isinstance(wanted, bool) and bool(got == wanted)


def test_the_derived_shape_holds_for_every_result() -> None:
    for seed in range(300):
        random = Random(seed)
        shape = generate.record(random)
        ops, after = generate.operations(random, shape, 5)
        step = Step.up(Document("things.Happened", 1, 2, ops))
        for _ in range(4):
            payload = generate.payload(random, shape)
            result = outcome(Chain("things.Happened", 1, [step], shape), payload)
            if result is not REFUSED:
                assert not list(deviations(after, result)), (seed, ops, payload, result)


@pytest.mark.parametrize(
    ("operation", "most"),
    [
        (lambda name: {"add": {"at": f"/a/{name}", "value": name}}, 3),
        (lambda name: {"copy": {"from": f"/{name}", "to": f"/a/{name}"}}, 60),
    ],
)
def test_writing_below_a_record_that_may_be_absent_goes_to_one_place(operation: Any, most: int) -> None:
    """The weight grows with the operations: none wraps another condition around those before it."""
    names = [f"x{index}" for index in range(40)]
    document = read({"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": [operation(name) for name in names]})
    chain = Chain.up([document])
    assert weight(chain.plan.root) <= most * len(names)
    for event in ({}, {"a": {}}, {"a": {"q": 1}, "x3": None}, {"x1": 1, "x30": {}}, {"a": None, "x2": 2}, {"a": None}):
        assert raw(chain, deepcopy(event)) == outcome(chain.interpret, event)


def test_a_shape_does_not_take_true_for_one() -> None:
    ops = [{"default": {"at": "/e", "value": False, "when": "null"}}, {"default": {"at": "/e", "value": 0}}]
    document = read({"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": ops})
    shape = Record({"e": Member(NULL, required=False)})
    after = change(document.ops, shape).shape
    for event in ({}, {"e": None}):
        assert not list(deviations(after, Chain.up([document], shape)(event)))
    assert join(Choice((True,)), Choice((1,))) == Choice((True, 1))
    assert len(join(Choice((False,)), Choice((0, 1))).symbols) == 3  # type: ignore[union-attr]


@pytest.mark.parametrize("seed", [9072926, 9073550])
def test_what_one_side_of_a_condition_makes_stays_declared(seed: int) -> None:
    """Two documents whose results did not have the derived shape: an open record hid a member of the other side."""
    random = Random(seed)
    shape = generate.record(random)
    ops, after = generate.operations(random, shape, random.randint(1, 4))
    chain = Chain("s", 1, [Step("s", 1, 2, ops, "")], shape)
    for _ in range(8):
        result = outcome(chain.interpret, generate.payload(random, shape))
        assert result is REFUSED or not list(deviations(after, result))
