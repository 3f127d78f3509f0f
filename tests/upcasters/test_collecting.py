"""Several events become one in replays: the same whenever it is broken off, within its bounds, and nowhere else."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from upcasters import Chain, Event, InvalidDocument, NotAPayload, UpcastFailed, read
from upcasters.collecting import Outcome, Replay
from upcasters.compile.capabilities import capabilities
from upcasters.errors import UpcastersError
from upcasters.integrations import replay as job
from upcasters.integrations.replay import replay_file
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


def test_a_replay_comes_to_the_same_wherever_it_was_broken_off() -> None:
    given = events(120)
    whole = CHAIN.replay()
    wanted = all_of(whole, given)
    assert len(wanted) > 30
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
    made = all_of(CHAIN.replay(), given)
    assert all(isinstance(event, Event) for event in made)
    sums = sorted((event.payload["order"], n) for event in made for n in event.payload["sums"])  # type: ignore[union-attr]
    assert sums == sorted((e.payload["order"], e.payload["count"]) for e in given if e.payload["count"])
    assert len({event.id for event in made}) == len(made)  # type: ignore[union-attr]


def test_what_is_open_is_bounded() -> None:
    replay = Chain.up([document(1, collect(within=5, most=5))]).replay()
    for place in range(200):
        replay.take(Event("Line", {"order": f"o-{place}", "n": 1}))
        assert len(replay.state["open"][0]["groups"]) <= 5


def test_a_group_that_is_not_complete_is_an_outcome_of_its_own() -> None:
    replay = Chain.up([document(1, collect(within=4))]).replay()
    outcomes = all_of(replay, [Event("Line", {"order": key, "n": 1}) for key in "abaaccb"])
    assert [type(outcome) for outcome in outcomes] == [Event, UpcastFailed, UpcastFailed, UpcastFailed]
    assert "'b' has 1 of 3 events after 4 events of the stream" in str(outcomes[1])
    assert "'c' has 2 of 3 events at the end" in str(outcomes[2])
    assert "'b' has 1 of 3 events at the end" in str(outcomes[3])


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


def test_a_file_is_replayed_and_taken_up_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "CHECKPOINT_EVERY", 10)
    source, once, again = (tmp_path / name for name in ("lines.jsonl", "once.jsonl", "again.jsonl"))
    lines = [msgspec.json.encode(event.payload) for event in events(95, 5)]
    lines[40] = b'{"order": "o-1", "count": "x"}'
    source.write_bytes(b"\n".join(lines) + b"\n")
    failures: list[UpcastFailed] = []
    report = replay_file(source, CHAIN, once, on_failure=failures.append)
    assert (report.counts.events, report.resumed, len(failures)) == (95, 0, sum(report.failed.values()))
    assert report.made == len(once.read_bytes().splitlines()) > 20

    class PowerCut(Exception):
        pass

    def cut(_done: int, taken: int) -> None:
        if taken == 60:
            raise PowerCut

    with pytest.raises(PowerCut):
        replay_file(source, CHAIN, again, on_failure=failures.append, progress=cut)
    assert not again.exists()
    with (tmp_path / "again.jsonl.partial").open("ab") as torn:
        torn.write(b'{"half": ')
    later = replay_file(source, CHAIN, again, on_failure=failures.append)
    assert later.resumed == 60
    assert (later.counts, later.made, later.failed) == (report.counts, report.made, report.failed)
    assert again.read_bytes() == once.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.jsonl", "lines.jsonl", "once.jsonl"]


def test_a_checkpoint_of_another_chain_is_not_taken_up(tmp_path: Path) -> None:
    source, target = tmp_path / "lines.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(b'{"order": 1, "count": "x"}\n')
    (tmp_path / "out.jsonl.checkpoint").write_bytes(b'{"chain": "another", "size": 1}')
    with pytest.raises(UpcastersError, match="another file or chain"):
        replay_file(source, CHAIN, target)
