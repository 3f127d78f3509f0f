"""The laws: what goes up and comes down is what it was, and the class of an edge promises no more than holds."""

# ruff: noqa: E501 - tables read best with one case per line
from __future__ import annotations

from random import Random
from typing import Any

import generate
import pytest
from test_agreement import REFUSED, outcome, same

from upcasters import Chain, Document, NoChain, Step, downward, read
from upcasters.conform import deviations
from upcasters.document import write_operation
from upcasters.operations import Convert, Join, Scale, Split
from upcasters.reverse import reverse
from upcasters.shape import INT64, NULL, NUMBER, STRING, Array, Choice, Member, Record, Shape, union
from upcasters.shape_change import change


def document(*ops: dict[str, Any]) -> Document:
    return read({"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": list(ops)})


ORDER = Record(
    {
        "id": Member(STRING), "zip": Member(STRING, required=False), "status": Member(Choice(("N", "P"))),
        "cents": Member(INT64), "total": Member(NUMBER), "items": Member(Array(Record({"a": Member(INT64)}))),
        "who": Member(union(Record({"first": Member(STRING)}), NULL)),
    }
)  # fmt: skip

CASES: list[tuple[dict[str, Any], str, list[dict[str, Any]]]] = [
    ({"rename": {"at": "/id", "to": "key"}}, "iso", [{"rename": {"at": "/key", "to": "id"}}]),
    ({"move": {"from": "/zip", "to": "/address/zip"}}, "iso",
     [{"move": {"from": "/address/zip", "to": "/zip", "prune": True}}]),
    ({"add": {"at": "/meta/source", "value": "web"}}, "lens", [{"remove": {"at": "/meta"}}]),
    ({"copy": {"from": "/id", "to": "/key"}}, "lens", [{"remove": {"at": "/key"}}]),
    ({"remove": {"at": "/zip"}}, "lens", []),
    ({"remove": {"at": "/cents", "restore": 0}}, "lens", [{"add": {"at": "/cents", "value": 0}}]),
    ({"remove": {"at": "/cents"}}, "up-only", []),
    ({"map": {"at": "/status", "table": {"N": "NEW", "P": "PAID"}}}, "iso",
     [{"map": {"at": "/status", "table": [["NEW", "N"], ["PAID", "P"]]}}]),
    ({"map": {"at": "/status", "table": {"N": "X", "P": "X"}}}, "up-only", []),
    ({"convert": {"at": "/cents", "using": "int->string"}}, "iso", [{"convert": {"at": "/cents", "using": "string->int"}}]),
    ({"scale": {"at": "/cents", "by": 10, "rounding": "exact", "result": "int64"}}, "lens",
     [{"scale": {"at": "/cents", "by": "1/10", "rounding": "exact", "result": "int64"}}]),
    ({"set": {"at": "/n", "expr": "cents + 1"}}, "lens", [{"remove": {"at": "/n"}}]),
    ({"set": {"at": "/cents", "expr": "cents + 1"}}, "up-only", []),
    ({"set": {"at": "/cents", "expr": "cents + 1", "down": "cents - 1"}}, "lens", [{"set": {"at": "/cents", "expr": "cents - 1"}}]),
    ({"wrap": {"at": "/id"}}, "lens", [{"unwrap": {"at": "/id"}}]),
    ({"each": {"at": "/items", "ops": [{"rename": {"at": "/a", "to": "b"}}]}}, "iso",
     [{"each": {"at": "/items", "ops": [{"rename": {"at": "/b", "to": "a"}}]}}]),
    ({"in": {"at": "/who", "ops": [{"rename": {"at": "/first", "to": "name"}}]}}, "iso",
     [{"in": {"at": "/who", "ops": [{"rename": {"at": "/name", "to": "first"}}]}}]),
    ({"when": {"if": "id == 'x'", "ops": [{"rename": {"at": "/zip", "to": "code"}}]}}, "lens",
     [{"when": {"if": "id == 'x'", "ops": [{"rename": {"at": "/code", "to": "zip"}}]}}]),
    ({"when": {"if": "cents > 1", "ops": [{"rename": {"at": "/cents", "to": "c"}}]}}, "up-only", []),
    ({"retype": {"from": "A", "to": "B"}}, "iso", [{"retype": {"from": "B", "to": "A"}}]),
    ({"emit": {"events": [{"type": "A"}]}}, "up-only", []),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "kind", "back"), CASES, ids=lambda value: str(value)[:60])
def test_each_operation_has_its_way_back(operation: dict[str, Any], kind: str, back: list[dict[str, Any]]) -> None:
    found = reverse(document(operation).ops, ORDER)
    assert found.kind == kind
    assert [write_operation(each) for each in found.ops] == back
    assert bool(found.obstacles) is (kind == "up-only")


def edges(seeds: range) -> Any:
    for seed in seeds:
        random = Random(seed)
        shape: Shape = generate.record(random)
        ops, _ = generate.operations(random, shape, random.randint(1, 4))
        found = reverse(ops, shape)
        if ops and found.kind != "up-only":
            yield random, shape, ops, found


def test_iso_edges_give_back_the_very_event() -> None:
    tried = 0
    for random, shape, ops, found in edges(range(900)):
        if found.kind != "iso":
            continue
        up = Chain("s", 1, [Step("s", 1, 2, ops, "")], shape)
        down = Chain("s", 2, [Step("s", 2, 1, found.ops, "")])
        for _ in range(4):
            event = generate.payload(random, shape)
            if any(name.startswith("unknown") for name in event):
                continue
            risen = outcome(up.interpret, event)
            if risen is REFUSED:
                continue
            assert same(down.interpret(risen), event), (shape, ops, found.ops, event, risen)
            tried += 1
    assert tried > 100


def test_what_comes_down_is_an_event_of_the_old_version() -> None:
    tried = 0
    for random, shape, ops, found in edges(range(400)):
        if any(isinstance(operation, Join | Split | Scale | Convert) for operation in ops):
            continue  # a fault of one event, not of the edge: exactness, separators
        up = Chain("s", 1, [Step("s", 1, 2, ops, "")], shape)
        down = Chain("s", 2, [Step("s", 2, 1, found.ops, "")])
        for _ in range(3):
            event = generate.payload(random, shape)
            risen = outcome(up.interpret, event)
            fallen = REFUSED if risen is REFUSED else outcome(down.interpret, risen)
            if fallen is not REFUSED and not any(type(o).__name__ in ("When", "Each", "In") for o in ops):
                assert not list(deviations(shape, fallen)), (shape, ops, found.ops, event, risen, fallen)
                tried += 1
    assert tried > 100


def test_a_way_down_that_is_not_there_says_what_to_write() -> None:
    step = document({"remove": {"at": "/cents"}})
    with pytest.raises(NoChain, match="restore"):
        downward(step, ORDER)
    with pytest.raises(NoChain, match="down: none"):
        downward(read({"upcast": 1, "subject": "s", "from": 1, "to": 2, "down": "none"}))


def test_an_explicit_way_down_is_taken() -> None:
    step = read({"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": [{"remove": {"at": "/cents"}}],
                 "down": [{"add": {"at": "/cents", "value": 5}}]})  # fmt: skip
    chain = Chain("s", 2, [downward(step, ORDER)])
    assert (chain.source, chain.target) == (2, 1)
    assert chain({}) == {"cents": 5}
    assert not change(step.ops, ORDER).problems
