"""Whole events: renamed, dropped and split, with derived ids and their order kept."""

from __future__ import annotations

from typing import Any

import pytest

from upcasters import Chain, Event, InvalidDocument, NoChain, NotAPayload, UpcastFailed, read
from upcasters.chain import downward
from upcasters.document import Document
from upcasters.shape import ANYTHING, INT64, Member, Record
from upcasters.shape_change import change


def chain(*steps: list[dict[str, Any]]) -> Chain:
    return Chain.up(
        read({"upcast": 1, "subject": "Order", "from": version, "to": version + 1, "ops": ops})
        for version, ops in enumerate(steps, 1)
    )


def test_events_are_renamed_dropped_and_carried_on() -> None:
    up = chain(
        [{"drop_event": {"when": "kind == 'heartbeat'"}}, {"rename": {"at": "/a", "to": "b"}}],
        [{"retype": {"from": "OrderMade", "to": "OrderPlaced"}}],
        [{"add": {"at": "/c", "value": 1}}],
    )
    events = [
        Event("OrderMade", {"kind": "heartbeat"}, "1"),
        Event("OrderMade", {"kind": "x", "a": 5}, "2", {"trace": "t"}, (7,)),
    ]
    assert list(up.stream(events)) == [Event("OrderPlaced", {"kind": "x", "b": 5, "c": 1}, "2", {"trace": "t"}, (7,))]
    with pytest.raises(NotAPayload, match="stream"):
        up({"kind": "x"})


def test_one_event_becomes_several() -> None:
    up = chain(
        [{"emit": {"events": [
            {"type": "Order", "ops": [{"remove": {"at": "/address"}}]},
            {"type": "AddressGiven", "ops": [{"only": {"at": "", "members": ["address"]}}]},
        ]}}],
        [{"add": {"at": "/v", "value": 3}}],
    )  # fmt: skip
    found = list(up.stream([Event("Order", {"id": 1, "address": "x"}, "e-1", {}, (4,))]))
    assert {(event.type, tuple(sorted(event.payload.items())), event.position) for event in found} == {
        ("Order", (("id", 1), ("v", 3)), (4, 0)),
        ("AddressGiven", (("address", "x"),), (4, 1)),
    }
    again = list(up.stream([Event("Order", {"id": 1, "address": "x"}, "e-1", {}, (4,))]))
    assert [event.id for event in again] == [event.id for event in found]
    assert len({event.id for event in found}) == 2


def test_faults_name_the_operation() -> None:
    up = chain([{"rename": {"at": "/a", "to": "b"}}, {"drop_event": {"when": "kind == 1"}}])
    with pytest.raises(UpcastFailed) as caught:
        list(up.stream([Event("Order", {"a": 1})]))
    assert caught.value.place == "/ops/1/drop_event"
    with pytest.raises(UpcastFailed, match="not A"):
        list(chain([{"retype": {"from": "A", "to": "B"}}]).stream([Event("C", {})]))


def test_steps_must_meet() -> None:
    documents = [read({"upcast": 1, "subject": "s", "from": start, "to": start + 1}) for start in (1, 3)]
    with pytest.raises(NoChain, match="starts at version 3"):
        Chain.up(documents)


def test_an_identity_chain_returns_the_very_event() -> None:
    event = {"a": [1]}
    up = chain([], [{"rename": {"at": "/a", "to": "b"}}])
    assert chain([], []).plan.identity
    assert chain([], [])(event) is event
    assert not up.plan.identity


def test_headers_and_what_the_store_knows_are_within_reach() -> None:
    up = chain([{"envelope": {"ops": [
        {"copy": {"from": "/event/time", "to": "/payload/placed"}},
        {"move": {"from": "/payload/tenant", "to": "/headers/tenant"}},
        {"rename": {"at": "/headers/trace", "to": "traceparent"}},
        {"set": {"at": "/headers/kind", "expr": "event.type + '/' + string(payload.id)"}},
    ]}}])  # fmt: skip
    event = Event("Order", {"id": 1, "tenant": "t"}, "e", {"trace": "x"}, (3,), {"time": "2026-01-01T00:00:00Z"})
    (result,) = up.stream([event])
    assert result.payload == {"id": 1, "placed": "2026-01-01T00:00:00Z"}
    assert result.headers == {"traceparent": "x", "tenant": "t", "kind": "Order/1"}
    assert (result.type, result.id, result.position, result.attributes) == ("Order", "e", (3,), event.attributes)
    down = Chain("Order", 2, [downward(up_document(up), ANYTHING)])
    (back,) = down.stream([result])
    assert back.payload == {"id": 1, "tenant": "t"}
    assert back.headers == {"trace": "x"}


def up_document(up: Chain) -> Any:
    (step,) = up.steps
    return Document(step.subject, step.source, step.target, step.ops)


@pytest.mark.parametrize(
    ("operation", "pointer"),
    [
        ({"rename": {"at": "/event/id", "to": "key"}}, "/event"),
        ({"remove": {"at": "/headers"}}, "/headers"),
        ({"add": {"at": "/event/time", "value": "now"}}, "/event/time"),
        ({"copy": {"from": "/event/tiem", "to": "/payload/t"}}, "/event/tiem"),
    ],
)
def test_the_event_itself_is_read_only(operation: dict[str, Any], pointer: str) -> None:
    (step,) = chain([{"envelope": {"ops": [operation]}}]).steps
    assert pointer in [problem.pointer for problem in change(step.ops, Record({"id": Member(INT64)})).problems]


def test_parts_of_parts_keep_their_order_and_have_ids_of_their_own() -> None:
    parts = {"events": [{"type": "Order"}, {"type": "Order"}]}
    found = list(chain([{"emit": parts}], [{"emit": parts}]).stream([Event("Order", {}, "e", position=(4,))]))
    assert [event.position for event in found] == [(4, 0, 0), (4, 0, 1), (4, 1, 0), (4, 1, 1)]
    assert len({event.id for event in found}) == 4


def test_envelopes_stand_at_the_top_only() -> None:
    with pytest.raises(InvalidDocument, match="top"):
        chain([{"in": {"at": "/a", "ops": [{"envelope": {"ops": []}}]}}])
