"""The laws of every operation: what goes up and comes down is what it was, but for what the operation says it loses.

With *up* an operation and *down* the way back that is derived for it: for all events ``e`` of the old shape,
``down(up(e))`` differs from ``e`` only where a loss on the way up is listed; for all events ``v`` of the new one,
``up(down(v))`` from ``v`` only where one on the way down is. *iso* lists none. What has no way back says why.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import generate
import pytest
import yaml
from test_agreement import REFUSED, same

from upcasters import Chain, Step, UpcastFailed, read
from upcasters.conform import deviations
from upcasters.operations import OPERATIONS, Operation, is_stream_level
from upcasters.path import ROOT, Pointer
from upcasters.reversal import Loss
from upcasters.reverse import reverse
from upcasters.shape import (
    ANYTHING,
    BOOLEAN,
    DECIMAL,
    INT64,
    NULL,
    NUMBER,
    STRING,
    Array,
    Choice,
    Integer,
    Member,
    OneOf,
    Plain,
    Record,
    Shape,
    Table,
    nullable,
    union,
    without_null,
)
from upcasters.shape_change import change
from upcasters.stream import Event

ITEM = Record({"a": Member(INT64), "b": Member(STRING, required=False)})
CARD, CASH = (
    Record({"kind": Member(Choice((kind,))), name: Member(STRING)}) for kind, name in (("card", "no"), ("cash", "till"))
)
SHAPE = Record(
    {
        "id": Member(STRING), "zip": Member(STRING, required=False), "note": Member(STRING, required=False),
        "name": Member(union(STRING, NULL)),
        "status": Member(Choice(("N", "P"))), "cents": Member(INT64), "small": Member(Integer(32), required=False),
        "total": Member(NUMBER), "money": Member(DECIMAL), "flag": Member(BOOLEAN, required=False),
        "items": Member(Array(ITEM)), "tags": Member(Array(STRING), required=False),
        "holes": Member(Array(union(ITEM, NULL))), "by": Member(Table(ITEM)),
        "who": Member(union(Record({"first": Member(STRING), "last": Member(STRING, required=False)}), NULL)),
        "address": Member(Record({"city": Member(STRING)}, open=True), required=False),
        "paid": Member(union(CARD, CASH), required=False), "any": Member(union(STRING, INT64)),
        "pairs": Member(Array(Record({"key": Member(STRING), "value": Member(INT64)}))), "raw": Member(Plain("bytes")),
        "deep": Member(Record({"er": Member(Record({"leaf": Member(INT64), "kept": Member(INT64)}))})),
    },
    open=True,
)  # fmt: skip

LAWS: dict[str, list[tuple[str, dict[str, Any]]]] = yaml.safe_load(
    Path(__file__).with_name("laws.yaml").read_text("utf-8")
)


def test_every_operation_has_its_laws() -> None:
    assert LAWS.keys() == OPERATIONS.keys()


ROWS = [(name, fields, kind) for name, rows in LAWS.items() for kind, fields in rows]


@pytest.mark.parametrize(("name", "fields", "kind"), ROWS, ids=lambda value: str(value)[:50])
def test_laws(name: str, fields: dict[str, Any], kind: str) -> None:
    ops = read({"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": [{name: fields}]}).ops
    changed = change(ops, SHAPE)
    assert not changed.problems
    found = reverse(ops, SHAPE)
    assert found.kind == kind
    assert bool(found.obstacles) is (kind == "up-only")
    assert kind != "iso" or not found.losses
    if kind == "up-only":
        assert ": " in found.obstacles[0]
        return
    random = Random(name)
    law = _Law(ops, found.ops, found.losses)
    for _ in range(60):
        law.up_and_down(_event(random, SHAPE), SHAPE)
        if not is_stream_level(ops):
            law.down_and_up(_event(random, changed.shape), changed.shape)
    assert law.tried > 10


class _Law:
    """An operation and its way back, held to what they say they lose."""

    def __init__(self, up: tuple[Operation, ...], down: tuple[Operation, ...], losses: list[Loss]) -> None:
        self._up = Chain("s", 1, [Step("s", 1, 2, up, "")], SHAPE)
        self._down = Chain("s", 2, [Step("s", 2, 1, down, "")])
        self._lost = {way: [loss.pointer for loss in losses if loss.direction == way] for way in ("up", "down")}
        self.tried = 0

    def up_and_down(self, event: Event, shape: Shape) -> None:
        risen = _run(self._up, event)
        if risen is REFUSED:
            return
        self.tried += 1
        if risen is None:
            assert ROOT in self._lost["up"]
            return
        fallen = _run(self._down, risen)
        assert fallen is not REFUSED, (event, risen)
        assert fallen.type == event.type
        assert same(fallen.headers, event.headers)
        assert not list(deviations(shape, fallen.payload)), (event, risen, fallen)
        self._only_listed("up", shape, event.payload, fallen.payload)

    def down_and_up(self, event: Event, shape: Shape) -> None:
        fallen = _run(self._down, event)
        risen = REFUSED if fallen is REFUSED else _run(self._up, fallen)
        if risen is not REFUSED:  # what has no place in the old version is refused, aloud
            self.tried += 1
            self._only_listed("down", shape, event.payload, risen.payload)

    def _only_listed(self, way: str, shape: Shape, before: Any, after: Any) -> None:
        for place in differences(shape, before, after):
            assert any(place.within(lost) for lost in self._lost[way]), (way, str(place), self._lost, before, after)


def _event(random: Random, shape: Shape) -> Event:
    return Event("Old", generate.payload(random, shape), "1", {"h": random.choice(["x", 1])}, (3,))


def _run(chain: Chain, event: Event) -> Any:
    """The event that comes of one, None if none does, REFUSED if it is refused."""
    try:
        if any(step.stream_level for step in chain.steps):
            return next(iter(chain.stream([event])), None)
        return replace(event, payload=chain.interpret(event.payload))
    except UpcastFailed:
        return REFUSED


def differences(shape: Shape, one: Any, other: Any, at: Pointer = ROOT) -> Iterator[Pointer]:
    """The places where two values of a shape differ; items of lists and values of maps have the name of theirs."""
    bare = without_null(shape) if nullable(shape) else shape
    match bare:
        case Table(values=values) if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
            for name, value in one.items():
                yield from differences(values, value, other[name], at)
        case Record() | OneOf() if isinstance(one, dict) and isinstance(other, dict):
            members = bare.members if isinstance(bare, Record) else {}
            for name in {**one, **other}:
                if name in one and name in other:
                    inner = members[name].shape if name in members else ANYTHING
                    yield from differences(inner, one[name], other[name], at / name)
                else:
                    yield at / name
        case Array(items=items) if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
            for left, right in zip(one, other, strict=True):
                yield from differences(items, left, right, at)
        case _:
            if not same(one, other):
                yield at
