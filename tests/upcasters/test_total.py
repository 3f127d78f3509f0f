"""Nothing a document says can run for ever or grow without bound."""

from __future__ import annotations

import time
from typing import Any

import pytest

from upcasters import Chain, InvalidDocument, UpcastFailed, load, read
from upcasters.errors import InvalidExpression
from upcasters.expression import parse
from upcasters.fuse import PlanTooHeavy, fuse


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
    ],
    ids=["doubled text", "lists of lists", "loops in loops", "copied records"],
)  # fmt: skip
def test_growth_is_refused_before_it_runs(ops: list[dict[str, Any]]) -> None:
    started = time.perf_counter()
    with pytest.raises(PlanTooHeavy):
        fuse([operations(*ops)])
    assert time.perf_counter() - started < 5


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
    started = time.perf_counter()
    for value in ["1e999999999", "9" * 100_000 + "e5", float("inf")]:
        with pytest.raises(UpcastFailed):
            chain({"a": value})
    assert time.perf_counter() - started < 2
