"""Files replayed through a chain that makes one event of several: broken off anywhere, the result is the same."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import fastavro
import msgspec
import pytest

from upcasters import Chain, NotAPayload, NotPortable, UpcastersError, UpcastFailed, chain_to_json, read
from upcasters.collecting import Outcome
from upcasters.integrations import replay as job
from upcasters.integrations.replay import ReplayReport, replay_file, replay_parquet
from upcasters.shape import INT64, STRING, Member, Record


def document(version: int, *ops: dict[str, Any]) -> Any:
    return read({"upcast": 1, "subject": "s", "from": version, "to": version + 1, "ops": list(ops), "down": "none"})


COLLECT = {"collect": {
    "key": "order", "most": 3, "within": 20, "until": "n == 9", "incomplete": "keep",
    "ops": [{"set": {"at": "/sums", "expr": "events.map(e, e.n)"}},
            {"set": {"at": "/first", "expr": "events.map(e, e.at)"}}, {"unwrap": {"at": "/first", "take": "first"}},
            {"remove": {"at": "/events"}}]}}  # fmt: skip
STEPS = [
    document(1, {"rename": {"at": "/count", "to": "n"}}),
    document(2, {"drop_event": {"when": "n == 0"}}, COLLECT),
    document(3, {"rename": {"at": "/key", "to": "order"}}),
]
OLD = Record({"order": Member(STRING), "count": Member(INT64), "at": Member(STRING)})
CHAIN = Chain.up(STEPS, OLD)
COUNT = 95


def rows() -> list[dict[str, Any]]:
    random = Random(5)
    return [{"order": f"o-{random.randint(0, 9)}", "count": random.randint(0, 9), "at": f"t{n}"} for n in range(COUNT)]


class PowerCut(Exception):
    """Breaks a job off."""


Run = Callable[..., ReplayReport]


def broken_off(monkeypatch: pytest.MonkeyPatch, run: Run, target: Path) -> tuple[ReplayReport, ReplayReport, Path]:
    """A job in one go, and the same broken off after 60 events, torn, and run again; the file of the one in one go."""
    monkeypatch.setattr(job, "CHECKPOINT_EVERY", 10)
    whole = run(target)
    once = target.with_name(f"once{target.suffix}")
    target.replace(once)

    def cut(_done: int, taken: int) -> None:
        if taken == 60:
            raise PowerCut

    with pytest.raises(PowerCut):
        run(target, progress=cut)
    assert not target.exists()
    with target.with_name(f"{target.name}.partial").open("ab") as torn:
        torn.write(b'{"half": ')
    again = run(target)
    assert (whole.resumed, again.resumed) == (0, 60)
    assert (again.counts, again.made, again.dropped, again.failed) == (
        whole.counts, whole.made, whole.dropped, whole.failed)  # fmt: skip
    assert whole.counts.events == COUNT
    assert min(whole.made, whole.dropped, whole.counts.incomplete) > 0
    assert not list(target.parent.glob(f"{target.name}.*"))
    return whole, again, once


def test_json_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = tmp_path / "lines.jsonl", tmp_path / "orders.jsonl"
    lines = [msgspec.json.encode(row) for row in rows()]
    lines[40] = b'{"order": null, "count": 1, "at": ""}'
    source.write_bytes(b"\n\n".join(lines))
    letters: list[Outcome] = []

    def run(target: Path, **more: Any) -> ReplayReport:
        return replay_file(source, CHAIN, target, on_failure=letters.append, **more)

    whole, _, once = broken_off(monkeypatch, run, target)
    assert target.read_bytes() == once.read_bytes()
    assert whole.made == len(once.read_bytes().splitlines()) > 20
    assert letters[0].origins == ((41,),)
    assert sum(whole.failed.values()) == 1


KILLED = """
import json, os, signal, sys
from pathlib import Path
from upcasters import chain_from_json
from upcasters.integrations import replay

def cut(_done, taken):
    if taken == 60:
        os.kill(os.getpid(), signal.SIGKILL)

replay.CHECKPOINT_EVERY = 10
source, chain, target = map(Path, sys.argv[1:])
replay.replay_file(source, chain_from_json(json.loads(chain.read_text())), target, progress=cut)
"""


def test_a_process_that_is_killed(tmp_path: Path) -> None:
    source, served = tmp_path / "lines.jsonl", tmp_path / "chain.json"
    source.write_bytes(b"\n".join(msgspec.json.encode(row) for row in rows()))
    served.write_bytes(msgspec.json.encode(chain_to_json("s", 1, STEPS, {1: OLD})))
    replay_file(source, CHAIN, tmp_path / "once.jsonl")
    again = tmp_path / "again.jsonl"
    done = subprocess.run([sys.executable, "-c", KILLED, source, served, again], check=False, timeout=60)
    assert (done.returncode, again.exists()) == (-signal.SIGKILL, False)
    assert replay_file(source, CHAIN, again).resumed == 60
    assert again.read_bytes() == (tmp_path / "once.jsonl").read_bytes()


def test_avro_files_with_values_that_json_does_not_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    kinds: dict[str, Any] = {
        "order": "string", "count": "long", "at": {"type": "long", "logicalType": "timestamp-micros"},
        "price": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
    }  # fmt: skip
    old = {"type": "record", "name": "Line", "fields": [{"name": name, "type": kind} for name, kind in kinds.items()]}
    new = {"type": "record", "name": "Order", "fields": [
        {"name": "order", "type": "string"}, {"name": "first", "type": kinds["at"]},
        {"name": "sums", "type": {"type": "array", "items": "long"}},
        {"name": "prices", "type": {"type": "array", "items": kinds["price"]}}]}  # fmt: skip
    ops = [{"set": {"at": "/prices", "expr": "events.map(e, e.price)"}}, *COLLECT["collect"]["ops"]]
    chain = Chain.up([STEPS[0], document(2, {"drop_event": {"when": "n == 0"}}, {
        "collect": COLLECT["collect"] | {"ops": ops}}), STEPS[2]])  # fmt: skip
    source, target = tmp_path / "lines.avro", tmp_path / "orders.avro"
    events = [
        row | {"at": start + timedelta(microseconds=n), "price": Decimal(n) / 100} for n, row in enumerate(rows())
    ]
    with source.open("wb") as file:
        fastavro.writer(file, old, events, sync_interval=300)

    def run(target: Path, **more: Any) -> ReplayReport:
        return replay_file(source, chain, target, schema=new, **more)

    whole, _, once = broken_off(monkeypatch, run, target)
    assert target.read_bytes() == once.read_bytes()
    with target.open("rb") as file:
        made: list[Any] = list(fastavro.reader(file))
    assert len(made) == whole.made
    assert sorted(price for order in made for price in order["prices"]) == [e["price"] for e in events if e["count"]]
    assert all(order["first"].tzinfo is UTC for order in made)


def found(path: Path) -> Any:
    with duckdb.connect() as connection:
        result = connection.execute("SELECT * FROM read_parquet(?)", [str(path)])
        return {name: kind for name, kind, *_ in result.description or ()}, result.fetchall()


def write(path: Path, query: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")


@pytest.mark.parametrize("document", ["", "payload"])
def test_parquet_with_what_stays_of_the_last_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, document: str
) -> None:
    stored = tmp_path / "rows.jsonl"
    stored.write_bytes(b"\n".join(msgspec.json.encode(row | {"n": n}) for n, row in enumerate(rows())))
    columns = "{'order': 'VARCHAR', 'count': 'BIGINT', 'at': 'VARCHAR', 'n': 'INTEGER'}"
    select = "n, to_json({'order': \"order\", 'count': count, 'at': \"at\"}) AS payload" if document else "*"
    for part in range(2):
        lines = f"read_json('{stored}', columns = {columns}) WHERE n // 50 = {part}"
        write(tmp_path / f"lines-{part}.parquet", f"SELECT {select} FROM {lines}")  # noqa: S608 - text of this test
    source, target = tmp_path / "lines-*.parquet", tmp_path / "orders.parquet"

    def run(target: Path, **more: Any) -> ReplayReport:
        return replay_parquet(source, CHAIN, target, document=document, keep=[] if document else ["n"], **more)

    whole, _, once = broken_off(monkeypatch, run, target)
    assert found(target) == found(once)
    kinds, made = found(target)
    wanted = tmp_path / "wanted.jsonl"
    replay_file(stored, CHAIN, wanted)
    expected = [msgspec.json.decode(line) for line in wanted.read_bytes().splitlines()]
    events = [dict(zip(kinds, row, strict=True)) for row in made]
    last = [event.pop("n") for event in events]
    assert len(set(last)) == len(last) == whole.made
    if document:
        events = [msgspec.json.decode(event["payload"]) for event in events]
    else:
        assert str(kinds["sums"]) == "BIGINT[]"
    assert events == expected


RENAME = Chain.up([document(1, {"rename": {"at": "/count", "to": "n"}})])


def test_a_table_of_events_of_many_types_and_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of other types and versions stay in their places; those of the chain get its version."""
    kinds = "CASE WHEN i % 3 = 0 THEN 'Other' ELSE 'Line' END AS type, CASE WHEN i % 7 = 0 THEN 2 ELSE 1 END AS version"
    payload = "CASE WHEN i = 5 THEN 'no JSON' ELSE to_json({'count': i})::VARCHAR END AS payload"
    write(tmp_path / "log.parquet", f"SELECT i AS id, {kinds}, {payload} FROM range(1, 200) AS t(i)")  # noqa: S608
    stored = found(tmp_path / "log.parquet")[1]
    events = [row for row in stored if row[1:3] == ("Line", 1)]
    where: dict[str, Any] = {"document": "payload", "only": {"type": "Line"}, "version": "version"}
    monkeypatch.setattr(job, "CHECKPOINT_EVERY", 10)

    def cut(_done: int, taken: int) -> None:
        if taken == 60:
            raise PowerCut

    target, letters = tmp_path / "new.parquet", list[Outcome]()
    with pytest.raises(PowerCut):
        replay_parquet(tmp_path / "log.parquet", RENAME, target, on_failure=letters.append, progress=cut, **where)
    report = replay_parquet(tmp_path / "log.parquet", RENAME, target, on_failure=letters.append, **where)
    assert (report.resumed, report.counts.events, report.made) == (60, len(events), len(events) - 1)
    assert list(report.failed.values()) == [len(letters)] == [1]
    assert letters[0].origins == ((events.index((5, "Line", 1, "no JSON")) + 1,),)
    assert found(target)[0] == found(tmp_path / "log.parquet")[0]
    for row, old in zip(found(target)[1], [row for row in stored if row[0] != 5], strict=True):
        event = msgspec.json.decode(row[3])
        assert row[:2] == old[:2]
        assert (row[2], event) == ((2, {"n": row[0]}) if old in events else (old[2], {"count": row[0]}))


def test_rows_are_chosen_where_a_column_holds_events(tmp_path: Path) -> None:
    with pytest.raises(UpcastersError, match="name it as document"):
        replay_parquet(tmp_path / "log.parquet", RENAME, tmp_path / "new.parquet", version="version")
    with pytest.raises(UpcastersError, match="would be overwritten"):
        replay_parquet(tmp_path / "log.parquet", RENAME, tmp_path / "log.parquet", document="payload")


def test_a_row_is_an_event_in_files_by_suffix(tmp_path: Path) -> None:
    write(tmp_path / "old.parquet", "SELECT 'a' AS \"order\", unnest([9, 9]) AS count, 't' AS at")
    replay_file(tmp_path / "old.parquet", CHAIN, tmp_path / "new.jsonl")
    one = b'{"order":"a","sums":[9],"first":"t"}\n'
    assert sorted(map(msgspec.json.decode, (tmp_path / "new.jsonl").read_bytes().splitlines()), key=str) == [
        msgspec.json.decode(one)] * 2  # fmt: skip
    replay_file(tmp_path / "old.parquet", CHAIN, tmp_path / "new.parquet")
    assert len(found(tmp_path / "new.parquet")[1]) == 2
    with pytest.raises(NotPortable, match="members that are known"):
        replay_file(tmp_path / "old.parquet", Chain.up([document(1)]), tmp_path / "x.parquet")


def test_a_failure_that_is_raised_leaves_the_job_to_be_run_again(tmp_path: Path) -> None:
    source, target = tmp_path / "lines.jsonl", tmp_path / "orders.jsonl"
    source.write_bytes(b'{"order": "a", "count": 9, "at": "t"}\n{"order": 1.5, "count": 1, "at": "t"}\n')
    with pytest.raises(UpcastFailed, match="the key is"):
        replay_file(source, CHAIN, target)
    assert not target.exists()
    report = replay_file(source, CHAIN, target, on_failure="skip")
    assert (report.made, list(report.failed.values())) == (1, [1])


def test_a_checkpoint_of_another_chain_is_not_taken_up(tmp_path: Path) -> None:
    source, target = tmp_path / "lines.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(b'{"order": 1, "count": "x"}\n')
    (tmp_path / "out.jsonl.checkpoint").write_bytes(b'{"chain": "another", "size": 1}')
    with pytest.raises(UpcastersError, match="another file or chain"):
        replay_file(source, CHAIN, target)


@pytest.mark.parametrize("operation", [
    {"retype": {"from": "A", "to": "B"}}, {"emit": {"events": [{"type": "B"}]}},
    {"envelope": {"ops": [{"add": {"at": "/headers/x", "value": "y"}}]}},
])  # fmt: skip
def test_what_a_file_of_payloads_has_no_place_for_is_refused(tmp_path: Path, operation: Any) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"{}\n")
    with pytest.raises(NotAPayload, match="no place for it"):
        replay_file(tmp_path / "a.jsonl", Chain.up([document(1, operation)]), tmp_path / "b.jsonl")
