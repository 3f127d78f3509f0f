"""Nothing a document says can run for ever or grow without bound."""

from __future__ import annotations

import sys
import time
from random import Random
from typing import Any

import generate
import pytest
from test_agreement import REFUSED, outcome, steps

from upcasters import Chain, Event, InvalidDocument, UpcastFailed, functions, load, read
from upcasters.document import write
from upcasters.errors import InvalidExpression
from upcasters.expression import parse
from upcasters.fuse import PlanTooHeavy, fuse
from upcasters.growth import growth
from upcasters.plan import weight
from upcasters.shape import STRING, Array, Member, Record


def operations(*ops: dict[str, Any]) -> Any:
    return read({"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": list(ops)}).ops


@pytest.mark.parametrize(
    "ops",
    [
        [{"set": {"at": "/a", "expr": "a + a"}}] * 40,
        [{"set": {"at": "/a", "expr": "a.map(i, a)"}}] * 12,
        [{"set": {"at": "/a", "expr": "a.map(i, a.map(j, a))"}}] * 6,
        [op for _ in range(20) for op in (
            {"copy": {"from": "/a", "to": "/r/x"}}, {"copy": {"from": "/a", "to": "/r/y"}},
            {"remove": {"at": "/a"}}, {"move": {"from": "/r", "to": "/a"}})],
        [{"join": {"from": ["/a", "/a"], "to": "/a", "separator": ""}}] * 9,
        [{"set": {"at": "/a", "expr": "[a, a, a, a, a, a, a, a]"}}] * 3,
        [{"add": {"at": "/t", "value": "x" * 100_000}},
         *({"copy": {"from": "/t", "to": f"/t{index}"}} for index in range(20))],
    ],
    ids=["doubled text", "lists of lists", "loops in loops", "copied records", "joined with itself",
         "lists written out", "large constants"],
)  # fmt: skip
def test_growth_is_refused_before_it_runs(ops: list[dict[str, Any]]) -> None:
    started = time.process_time()
    with pytest.raises(PlanTooHeavy):
        fuse([operations(*ops)])
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "text",
    [
        "(" * 500 + "1" + ")" * 500,
        "!" * 500 + "true",
        "1" + " + 1" * 500,
        "[" * 300 + "]" * 300,
        "a" * 3000,
        "-" * 500 + "1",
    ],
)
def test_expressions_have_a_depth(text: str) -> None:
    with pytest.raises(InvalidExpression):
        parse(text)


def test_documents_have_a_depth_and_a_size() -> None:
    for text in ["[" * 100_000, '{"a":' * 10_000, "x" * 300_000, "a:\n" + " - [" * 2_000]:
        with pytest.raises(InvalidDocument):
            load(text)
    nested: Any = {"remove": {"at": "/a"}}
    for _ in range(12):
        nested = {"in": {"at": "/a", "ops": [nested]}}
    with pytest.raises(InvalidDocument, match="nested deeper"):
        operations(nested)
    with pytest.raises(InvalidDocument, match="operations"):
        operations(*[{"remove": {"at": "/a"}}] * 2_001)


def test_numbers_do_not_take_for_ever() -> None:
    step = operations({"scale": {"at": "/a", "by": 1, "rounding": "exact", "result": "string"}})
    chain = Chain.up([read({"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": [
        {"scale": {"at": "/a", "by": 1, "rounding": "exact", "result": "string"}}]})])  # fmt: skip
    assert step
    started = time.process_time()
    for value in ["1e999999999", "9" * 100_000 + "e5", float("inf")]:
        with pytest.raises(UpcastFailed):
            chain({"a": value})
    assert time.process_time() - started < 2


def test_no_accepted_document_works_longer_than_its_bound() -> None:
    """Calls of a plan, counted, stay below its weight times the size of the event, whatever the document says."""
    for seed in range(250):
        random = Random(seed)
        shape = generate.record(random)
        chain = Chain.up([read(write(document)) for document in steps(random, shape)], shape, mechanism="closures")
        try:
            bound = weight(chain.plan.root)
        except PlanTooHeavy:
            continue  # refused as one plan
        run = chain.function
        for _ in range(3):
            event = generate.payload(random, shape)
            calls = counted(run, event)
            assert calls <= MOST_CALLS * bound * size(event), (seed, calls, bound, size(event))


MOST_CALLS = 16
"""Calls in Python for one node of a plan and one value of an event."""


def size(value: Any) -> int:
    """Values in a tree, itself included."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(size, parts))


def counted(run: Any, event: Any) -> int:
    """How many calls a run makes, refused or not."""
    calls = 0

    def count(_frame: Any, what: str, _of: Any) -> None:
        nonlocal calls
        calls += what in ("call", "c_call")

    sys.setprofile(count)
    try:
        run(event)
    except Exception:  # noqa: BLE001, S110 - a refusal has its price too
        pass
    finally:
        sys.setprofile(None)
    return calls


def test_no_accepted_document_makes_more_of_an_event_than_its_bound() -> None:
    """Characters and values of a result stay below the growth of its plan times the event, and what it adds."""
    grown = 0
    for seed in range(250):
        random = Random(seed)
        shape = generate.record(random)
        chain = Chain.up([read(write(document)) for document in steps(random, shape)], shape)
        try:
            root = chain.plan.root
        except PlanTooHeavy:
            continue
        added = CONSTANTS * weight(root)
        for _ in range(3):
            event = generate.payload(random, shape)
            result = outcome(chain.interpret, event)
            if result is not REFUSED:
                assert extent(result) <= growth(root) * extent(event) + added, (seed, event, result)
                grown += growth(root) > 1
    assert grown > 60


CONSTANTS = 8
"""Characters and values that one node of a plan adds: names of members, signs of numbers, small constants."""


def extent(value: Any) -> int:
    """Characters and values in a tree."""
    match value:
        case str():
            return 1 + len(value)
        case dict():
            return 1 + sum(len(name) + extent(item) for name, item in value.items())
        case list():
            return 1 + sum(map(extent, value))
        case _:
            return 1


def test_growth_is_counted_by_place() -> None:
    def counted(*ops: dict[str, Any]) -> float:
        return growth(fuse([operations(*ops)]).root)

    assert counted({"rename": {"at": "/a", "to": "b"}}) == 1
    assert counted(*({"copy": {"from": f"/{name}", "to": f"/{name}2"}} for name in "abcdefgh")) == 2
    assert counted({"copy": {"from": "/a/b", "to": "/c"}}, {"copy": {"from": "/a", "to": "/d"}}) == 3
    assert counted({"split": {"from": "/a", "to": ["/x", "/y", "/z"], "separator": "|"}}) == pytest.approx(1)
    assert counted({"set": {"at": "/n", "expr": "a.size() + b.size()"}}) == 1
    assert counted({"set": {"at": "/n", "expr": "has(a) ? a + a : b"}}) == 3
    lists = Record({"l": Member(Array(Record({"x": Member(STRING)})))})
    each = operations({"each": {"at": "/l", "ops": [{"copy": {"from": "/x", "to": "/y"}}]}})
    assert growth(fuse([each], lists).root) == 2
    assert counted({"join": {"from": ["/a", "/a", "/a"], "to": "/b", "separator": "-"}}) == 3


def test_steps_that_do_not_go_into_one_plan_are_bounded_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("upcasters.growth.LONGEST", 100_000)
    ops = [{"join": {"from": ["/a", "/a"], "to": "/a", "separator": ""}}] * 7
    documents = [read({"upcast": 1, "subject": "s", "from": n, "to": n + 1, "ops": ops}) for n in range(1, 6)]
    with pytest.raises(PlanTooHeavy):
        fuse([documents[0].ops, documents[1].ops])
    assert len(Chain.up(documents[:2])({"a": "x"})["a"]) == 2**14
    chain = Chain.up(documents)
    for run in (chain, chain.interpret, lambda event: list(chain.stream([Event("T", event)]))):
        with pytest.raises(UpcastFailed, match="grows beyond") as caught:
            run({"a": "x"})
        assert caught.value.target == 4


def test_doubling_a_text_ends_before_memory_does() -> None:
    text = "a" * (functions.LONGEST // 2)
    with pytest.raises(ValueError, match="longer than"):
        functions.plus(text, text + "a")
    assert len(functions.plus([1], [2])) == 2
