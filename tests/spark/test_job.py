"""The job that brings archives up to date, run as its users run it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from upcasters.chain import Chain, chain_to_json
from upcasters.document import read
from upcasters.integrations import spark as job
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
