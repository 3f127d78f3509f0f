"""Whole events: renamed, dropped and split, with derived ids and their order kept."""

from __future__ import annotations

from typing import Any

import pytest

from upcasters import Chain, Event, NoChain, NotAPayload, UpcastFailed, read


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
        Event("OrderMade", {"kind": "x", "a": 5}, "2", {"trace": "t"}, (7, 0)),
    ]
    assert list(up.stream(events)) == [Event("OrderPlaced", {"kind": "x", "b": 5, "c": 1}, "2", {"trace": "t"}, (7, 0))]
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
    found = list(up.stream([Event("Order", {"id": 1, "address": "x"}, "e-1", {}, (4, 0))]))
    assert {(event.type, tuple(sorted(event.payload.items())), event.position) for event in found} == {
        ("Order", (("id", 1), ("v", 3)), (4, 0)),
        ("AddressGiven", (("address", "x"),), (4, 1)),
    }
    again = list(up.stream([Event("Order", {"id": 1, "address": "x"}, "e-1", {}, (4, 0))]))
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
