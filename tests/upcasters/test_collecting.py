"""Several events become one in replays: the same whenever it is broken off, within its bounds, and nowhere else."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import pytest

from upcasters import Chain, Event, InvalidDocument, NoChain, NotAPayload, UpcastFailed, read
from upcasters.collecting import Outcome, Replay
from upcasters.compile.capabilities import capabilities
from upcasters.kept import kept, restored
from upcasters.shape import INT64, STRING, Array, Member, Record
from upcasters.shape_change import change

LINE = Record({"order": Member(STRING), "n": Member(INT64)})


def document(version: int, *ops: dict[str, Any]) -> Any:
    return read({"upcast": 1, "subject": "s", "from": version, "to": version + 1, "ops": list(ops), "down": "none"})


def collect(**fields: Any) -> dict[str, Any]:
    ops = [{"set": {"at": "/sums", "expr": "events.map(e, e.n)"}}, {"remove": {"at": "/events"}}]
    return {"collect": {"key": "order", "most": 3, "within": 20, "ops": ops} | fields}


CHAIN = Chain.up(
    [
        document(1, {"rename": {"at": "/count", "to": "n"}}),
        document(2, {"drop_event": {"when": "n == 0"}}, collect(until="n == 9", incomplete="keep")),
        document(3, {"rename": {"at": "/key", "to": "order"}}),
    ]
)


def events(count: int, seed: int = 0) -> list[Event]:
    random = Random(seed)
    rows = ({"order": f"o-{random.randint(0, 9)}", "count": random.randint(0, 9)} for _ in range(count))
    return [Event("Line", row, str(place), position=(place,)) for place, row in enumerate(rows, 1)]


def all_of(replay: Replay, given: list[Event]) -> list[Outcome]:
    return [*(outcome for event in given for outcome in replay.take(event)), *replay.finish()]


def made_of(outcomes: list[Outcome]) -> list[Event]:
    return [outcome.result for outcome in outcomes if isinstance(outcome.result, Event)]


def test_a_replay_comes_to_the_same_wherever_it_was_broken_off() -> None:
    given = events(120)
    whole = CHAIN.replay()
    wanted = all_of(whole, given)
    assert len(made_of(wanted)) > 30
    for cut in (1, 17, 60, 119):
        first = CHAIN.replay()
        outcomes = [outcome for event in given[:cut] for outcome in first.take(event)]
        second = CHAIN.replay(json.loads(json.dumps(first.state)))
        assert outcomes + all_of(second, given[cut:]) == wanted
        assert second.counts == whole.counts
    assert whole.counts.events == 120
    assert whole.counts.complete > 10
    assert whole.counts.incomplete > 0


def test_no_event_is_lost_or_taken_twice() -> None:
    given = events(300, 3)
    outcomes = all_of(CHAIN.replay(), given)
    made = made_of(outcomes)
    sums = sorted((event.payload["order"], n) for event in made for n in event.payload["sums"])
    assert sums == sorted((e.payload["order"], e.payload["count"]) for e in given if e.payload["count"])
    assert len({event.id for event in made}) == len(made)
    assert sorted(origin for outcome in outcomes for origin in outcome.origins) == [e.position for e in given]
    dropped = [outcome.origins for outcome in outcomes if outcome.result is None]
    assert dropped == [(e.position,) for e in given if not e.payload["count"]]


def test_what_is_open_is_bounded() -> None:
    replay = Chain.up([document(1, collect(within=5, most=5))]).replay()
    for place in range(200):
        replay.take(Event("Line", {"order": f"o-{place}", "n": 1}))
        assert len(replay.state["open"][0]["groups"]) <= 5


def test_a_group_that_is_not_complete_is_an_outcome_of_its_own() -> None:
    replay = Chain.up([document(1, collect(within=4))]).replay()
    outcomes = all_of(replay, [Event("Line", {"order": key, "n": 1}) for key in "abaaccb"])
    assert [type(outcome.result) for outcome in outcomes] == [Event, UpcastFailed, UpcastFailed, UpcastFailed]
    assert "'b' has 1 of 3 events after 4 events of the stream" in str(outcomes[1].result)
    assert "'c' has 2 of 3 events at the end" in str(outcomes[2].result)
    assert "'b' has 1 of 3 events at the end" in str(outcomes[3].result)


def test_only_replays_gather() -> None:
    chain = Chain.up([document(1, collect())], LINE)
    with pytest.raises(NotAPayload, match=r"replay\(\)"):
        list(chain.stream([Event("Line", {"order": "a", "n": 1})]))
    with pytest.raises(NotAPayload):
        chain({"order": "a", "n": 1})
    found = {each.target: each for each in capabilities(document(1, collect()), LINE, "JSON") if each.direction == "up"}
    assert found["Python"].supported
    assert "replay jobs only" in found["Python"].reason
    others = [each for name, each in found.items() if name != "Python"]
    assert len(others) > 5
    assert all(not each.supported and "only replay jobs can" in each.reason for each in others)


def test_the_shape_that_comes_out_is_known() -> None:
    found = change(document(1, collect()).ops, LINE)
    assert found.problems == ()
    assert found.shape == Record({"key": Member(STRING), "sums": Member(Array(INT64))})
    wrong = change(document(1, collect(key="lines")).ops, LINE)
    assert "there is no lines" in wrong.problems[0].message


@pytest.mark.parametrize(
    ("ops", "message"),
    [
        ([collect(), {"add": {"at": "/a", "value": 1}}], "not the last operation"),
        ([{"in": {"at": "/a", "ops": [collect()]}}], "concerns the whole event"),
        ([collect(most=0)], "0 events in one"),
        ([collect(most=50, within=20)], "20 events of the stream"),
        ([collect(within=10**7)], "10000000 events of the stream"),
        ([collect(key="n +")], "a value is expected"),
        ([{"collect": {"key": "n", "most": 3}}], "'within' is missing"),
    ],
)
def test_unbounded_documents_are_refused(ops: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(InvalidDocument, match=message.replace("+", r"\+")):
        document(1, *ops)


def test_events_of_several_versions_enter_where_they_stand() -> None:
    replay = CHAIN.replay()
    mixed = [
        (1, {"order": "a", "count": 1}), (2, {"order": "a", "n": 2}), (3, {"key": "b", "sums": [7]}),
        (2, {"order": "a", "n": 9}),
    ]  # fmt: skip
    outcomes = [
        o for place, (version, row) in enumerate(mixed) for o in replay.take(Event("", row, position=(place,)), version)
    ]
    assert [(event.payload, event.position) for event in made_of(outcomes)] == [
        ({"order": "b", "sums": [7]}, (2,)), ({"order": "a", "sums": [1, 2, 9]}, (3,)),
    ]  # fmt: skip
    assert outcomes[1].origins == ((0,), (1,), (3,))
    with pytest.raises(NoChain, match="version 4"):
        replay.take(Event("", {}), 4)


def test_an_event_that_cannot_be_put_to_a_group_is_in_none() -> None:
    replay = Chain.up([document(1, collect(until="n > 8", most=2))]).replay()
    given = [{"order": "a", "n": "x"}, {"order": None, "n": 1}, {"order": "a", "n": 1}, {"order": "a", "n": 2}]
    outcomes = all_of(replay, [Event("", row, position=(place,)) for place, row in enumerate(given)])
    assert [outcome.origins for outcome in outcomes] == [((0,),), ((1,),), ((2,), (3,))]
    assert [event.payload["sums"] for event in made_of(outcomes)] == [[1, 2]]


NATIVE = {
    "d": Decimal("1.50"), "b": b"\x00\xff", "t": datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
    "local": datetime(2026, 1, 2),  # noqa: DTZ001 - as Avro's local timestamps are
    "day": date(2026, 1, 2), "time": time(1, 2, 3), "u": UUID(int=7), "for": timedelta(days=-1, microseconds=3),
    "nan": float("inf"), "wide": 2**70, "low": -(2**63), "pair": ("branch", {"x": [1.5]}), "$": "money",
    "by": {1: True}, "none": None, "text": "\u2028", "empty": {},
}  # fmt: skip


def test_what_is_open_keeps_values_that_json_does_not_have() -> None:
    assert restored(json.loads(json.dumps(kept(NATIVE), allow_nan=False))) == NATIVE
    with pytest.raises(TypeError, match="object is no value"):
        kept({"x": object()})
    chain = Chain.up([document(1, collect(key="k", most=2, ops=[]))])
    first = chain.replay()
    first.take(Event("", {"k": 1, "v": NATIVE}, headers={"h": b"1"}))
    second = chain.replay(json.loads(json.dumps(first.state)))
    [outcome] = second.take(Event("", {"k": 1, "v": 2}))
    assert made_of([outcome])[0].payload == {"key": 1, "events": [{"k": 1, "v": NATIVE}, {"k": 1, "v": 2}]}
