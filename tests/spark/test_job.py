"""The job that brings archives up to date, run as its users run it."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from upcasters import NotAPayload, UpcastersError
from upcasters.chain import Chain, chain_to_json
from upcasters.collecting import Outcome
from upcasters.document import read
from upcasters.integrations import spark as job
from upcasters.integrations.replay import replay_file
from upcasters.integrations.spark_replay import replay_texts
from upcasters.shape import INT64, STRING, Choice, Member, Record

SHAPE = Record({"id": Member(STRING), "status": Member(Choice(("N", "P"))), "total": Member(INT64)}, open=True)
DOCUMENTS = [
    read({"upcast": 1, "subject": "Order", "from": 1, "to": 2, "ops": [
        {"map": {"at": "/status", "table": {"N": "NEW", "P": "PAID"}}}, {"rename": {"at": "/total", "to": "amount"}}]}),
    read({"upcast": 1, "subject": "Order", "from": 2, "to": 3, "ops": [
        {"scale": {"at": "/amount", "by": 100, "rounding": "exact", "result": "int64"}}]}),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "chain.json").write_text(json.dumps(chain_to_json("Order", 1, DOCUMENTS, {1: SHAPE})))
    events = [{"id": str(index), "status": "NP"[index % 2], "total": index, "note": None} for index in range(50)]
    (tmp_path / "old.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    return tmp_path


def lines(folder: Path) -> list[Any]:
    texts = [text for part in sorted(folder.glob("part-*")) for text in part.read_text().splitlines()]
    return [json.loads(text) for text in texts]


def arguments(folder: Path) -> list[str]:
    given = [("--chain", "chain.json"), ("--input", "old.jsonl"), ("--output", "new")]
    return [text for option, name in given for text in (option, str(folder / name))]


def test_the_job_writes_every_event_anew(spark: Any, folder: Path) -> None:
    job.main(arguments(folder))
    assert lines(folder / "new")[:2] == [
        {"id": "0", "status": "NEW", "amount": 0, "note": None},
        {"id": "1", "status": "PAID", "amount": 100, "note": None},
    ]
    assert len(lines(folder / "new")) == 50


def test_refused_events_are_put_aside_with_the_reason(spark: Any, folder: Path) -> None:
    with (folder / "old.jsonl").open("a") as file:
        file.write(json.dumps({"id": "x", "status": "Z", "total": 1}) + "\n")
    job.main([*arguments(folder), "--dead-letters", str(folder / "dead")])
    assert len(lines(folder / "new")) == 50
    (letter,) = lines(folder / "dead")
    assert json.loads(letter["event"])["id"] == "x"
    assert "/ops/0/map" in letter["error"]


CLOSED = Record(SHAPE.members)


def test_texts_and_columns_of_a_closed_version_are_brought_over_with_their_types(spark: Any) -> None:
    chain = Chain.up(DOCUMENTS, CLOSED)
    frame = spark.createDataFrame([('{"id": "a", "status": "N", "total": 3}', 7)], "event STRING, n INT")
    [row] = job.upcast_texts(frame, chain).collect()
    assert (json.loads(row.event), row.n) == ({"id": "a", "status": "NEW", "amount": 300}, 7)
    stored = frame.selectExpr("n", "from_json(event, 'id STRING, status STRING, total BIGINT') AS e").select("n", "e.*")
    done = job.upcast_columns(stored, chain, ["n"])
    assert dict(done.dtypes) == {"n": "int", "id": "string", "status": "string", "amount": "bigint"}
    assert [row.asDict() for row in done.collect()] == [{"n": 7, "id": "a", "status": "NEW", "amount": 300}]


COLLECT = {"collect": {"key": "key", "most": 3, "within": 20, "until": "n == 9", "incomplete": "keep", "ops": [
    {"set": {"at": "/sums", "expr": "events.map(e, e.n)"}}, {"remove": {"at": "/events"}}]}}  # fmt: skip
GATHERING = [
    read({"upcast": 1, "subject": "Line", "from": version, "to": version + 1, "ops": ops, "down": "none"})
    for version, ops in enumerate([
        [{"drop_event": {"when": "count == 7"}}, {"rename": {"at": "/count", "to": "n"}},
         {"rename": {"at": "/o", "to": "key"}}],
        [{"drop_event": {"when": "n == 0"}}, COLLECT],
        [{"set": {"at": "/last", "expr": "key"}}],
        [{"collect": {"key": "last", "most": 2, "within": 6}}],
    ], 1)
]  # fmt: skip
LINE = Record({"o": Member(STRING), "count": Member(INT64)})


def line_texts(count: int) -> list[str]:
    random = Random(11)
    lines = [json.dumps({"o": f"o-{random.randint(0, 9)}", "count": random.randint(0, 9)}) for _ in range(count)]
    lines[40] = '{"o": null, "count": 1}'
    lines[50] = "no JSON"
    return lines


def test_several_events_become_one_as_in_a_single_process(spark: Any, tmp_path: Path) -> None:
    """Over three files and many partitions; broken off by the first refusal, and run again."""
    (tmp_path / "chain.json").write_text(json.dumps(chain_to_json("Line", 1, GATHERING, {1: LINE})))
    texts = line_texts(200)
    (tmp_path / "old.jsonl").mkdir()
    for name, part in (("c", texts[150:]), ("a", texts[:30]), ("b", texts[30:150])):
        (tmp_path / "old.jsonl" / f"{name}.jsonl").write_text("".join(f"{text}\n" for text in part))
    (tmp_path / "whole.jsonl").write_text("\n".join(texts))
    letters: list[Outcome] = []
    out = tmp_path / "wanted.jsonl"
    wanted = replay_file(tmp_path / "whole.jsonl", Chain.up(GATHERING, LINE), out, on_failure=letters.append)
    spark.conf.set("spark.sql.shuffle.partitions", "3")
    spark.conf.set("spark.sql.files.maxPartitionBytes", "1000")
    try:
        with pytest.raises(UpcastersError, match=r"^events \d"):
            job.main(arguments(tmp_path))
        assert not (tmp_path / "new").exists()
        job.main([*arguments(tmp_path), "--dead-letters", str(tmp_path / "dead")])
    finally:
        spark.conf.set("spark.sql.shuffle.partitions", "1")
        spark.conf.unset("spark.sql.files.maxPartitionBytes")
    assert wanted.made > 5
    assert lines(tmp_path / "new") == [
        json.loads(text) for text in (tmp_path / "wanted.jsonl").read_text().splitlines()
    ]
    expected = sorted(([place for (place,) in letter.origins], str(letter.result)) for letter in letters)
    assert sorted((letter["places"], letter["error"]) for letter in lines(tmp_path / "dead")) == expected
    assert len(expected) > 5


def test_a_chain_that_splits_events_is_refused(spark: Any) -> None:
    step = read({"upcast": 1, "subject": "A", "from": 1, "to": 2, "ops": [{"emit": {"events": [{"type": "B"}]}}]})
    frame = spark.createDataFrame([("{}", 1)], "event STRING, n INT")
    with pytest.raises(NotAPayload, match="no place for it"):
        replay_texts(frame, chain_to_json("A", 1, [step], {}), ["n"])
