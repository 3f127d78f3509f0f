"""upcast --replay: files of stored events, against a running registry with the demo."""

from __future__ import annotations

import io
import json
import re

import click
import duckdb
import fastavro
import pytest

from registry.cli.console import Console, shown
from tests.cli.conftest import LATEST, OLD

REPLAY = ("upcast", "orders.OrderPlaced", "--from", "1", "--replay")


def jsonl(*events):
    return "".join(event if isinstance(event, str) else json.dumps(event) + "\n" for event in events)


def counts(report):
    found = re.findall(r"^  ([a-z/]+) +([\d,]+)$", report, re.MULTILINE)
    return {name: int(count.replace(",", "")) for name, count in found}


def test_a_file_of_old_events_arrives(demo):
    demo.write({"old.jsonl": jsonl(*[OLD] * 1200)})
    done = demo.process(*REPLAY, "old.jsonl", "--out", "new.jsonl")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("orders.OrderPlaced  version 1 → 5, 4 steps\n")
    found = counts(done.stdout)
    assert found.pop("events/s") > 0
    assert found == {"events": 1200, "arrived": 1200, "changed": 1200, "failed": 0}
    assert [json.loads(line) for line in demo.read("new.jsonl").splitlines()] == [LATEST] * 1200


def test_what_fails_is_told_with_number_and_place_and_left_out(demo):
    demo.write({"old.jsonl": jsonl(OLD, "{nope\n", OLD | {"status": "ODD"}, OLD | {"amount_cents": None}, OLD)})
    done = demo.lineal(*REPLAY, "old.jsonl", "--out", "new.jsonl")
    assert done.returncode == 1
    assert counts(done.stdout)["failed"] == 3
    for line in (
        r"event 2  version 1 → 5  the root: not JSON: .*",
        r"event 3  version 1 → 5  /status: the event is none of version 1: 'ODD' .*",
        r"event 4  version 1 → 5  /amount_cents: the event is none of version 1: .*",
    ):
        assert re.search(line, done.stdout)
    assert len(demo.read("new.jsonl").splitlines()) == 2


def test_a_failing_operation_is_named(demo):
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    steps = "  - fail: {when: 'n < 0', reason: below nothing}\n"
    publish(demo, "refused", schema, schema | {"title": "two"}, steps)
    demo.write({"n.jsonl": jsonl({"n": 1}, {"n": -1}, {"n": -1})})
    done = demo.lineal("upcast", "refused", "--from", "1", "--replay", "n.jsonl")
    assert done.returncode == 1
    assert counts(done.stdout)["changed"] == 0
    assert re.search(r"^ +2  v1->v2, /ops/0/fail: .*below nothing", done.stdout, re.MULTILINE), done.stdout
    assert re.search(r"^  event 2  version 1 → 2  /ops/0/fail  .*below nothing", done.stdout, re.MULTILINE)


GATHER = (
    "  - collect:\n      key: order\n      most: 2\n      within: 100\n      ops:\n"
    "        - set: {at: /ns, expr: 'events.map(e, e.n)'}\n"
    "        - remove: {at: /events}\n        - rename: {at: /key, to: order}\ndown: none\n"
)
LINES = [{"order": "a", "n": 1}, {"order": "b", "n": 2}, {"order": "a", "n": 3}, {"order": "c", "n": "x"}]


def test_several_events_become_one_in_a_replay_alone(demo):
    line = {"type": "object", "properties": {"order": {"type": "string"}, "n": {"type": "integer"}},
            "required": ["order", "n"], "additionalProperties": False}  # fmt: skip
    order = {"type": "object", "properties": {"order": {"type": "string"}, "ns": {"type": "array", "items": {
        "type": "integer"}}}, "required": ["order", "ns"], "additionalProperties": False}  # fmt: skip
    publish(demo, "lines", line, order, GATHER)
    demo.write({"lines.jsonl": jsonl(*LINES)})
    replay = ("upcast", "lines", "--from", "1", "--replay", "lines.jsonl")
    done = demo.lineal(*replay, "--out", "orders.jsonl")
    assert done.returncode == 1
    found = counts(done.stdout)
    assert (found["events"], found["became"], found["groups"], found["incomplete"], found["failed"]) == (4, 1, 1, 1, 2)
    assert "event 4  lines v1->v2, at /n: the event is none of version 1" in done.stdout
    assert re.search(r"event 2  lines v1->v2, .*the group 'b' has 1 of 2 events at the end of the stream", done.stdout)
    assert [json.loads(text) for text in demo.read("orders.jsonl").splitlines()] == [{"order": "a", "ns": [1, 3]}]
    assert demo.lineal(*replay).returncode == 2
    assert demo.lineal(*replay, "--out", "orders.parquet").returncode == 1
    with duckdb.connect() as connection:
        orders = connection.execute(
            'SELECT "order", ns FROM read_parquet(?)', [str(demo.root / "orders.parquet")]
        ).fetchall()
    assert orders == [("a", [1, 3])]
    demo.write({"one.json": json.dumps(LINES[0])})
    done = demo.lineal("upcast", "lines", "--from", "1", "one.json")
    assert done.returncode != 0


def test_events_of_avro_and_protobuf_are_gathered_too(demo):
    moment = {"type": "long", "logicalType": "timestamp-micros"}
    line = {"type": "record", "name": "Line", "fields": [
        {"name": "order", "type": "string"}, {"name": "n", "type": moment}]}  # fmt: skip
    order = {"type": "record", "name": "Order", "fields": [
        {"name": "order", "type": "string"}, {"name": "ns", "type": {"type": "array", "items": moment}}]}  # fmt: skip
    publish(demo, "avro-lines", line, order, GATHER, "AVRO")
    moments = ["2026-01-01T00:00:00.000001Z", "2026-01-01T00:00:00Z"]
    demo.write({"lines.jsonl": jsonl(*({"order": "a", "n": moment} for moment in moments))})
    replay = ("upcast", "avro-lines", "--from", "1", "--replay")
    done = demo.lineal(*replay, "lines.jsonl", "--out", "orders.avro")
    assert done.returncode == 0, done.stdout + done.stderr
    with (demo.root / "orders.avro").open("rb") as file:
        [made] = fastavro.reader(file)
    assert [moment.microsecond for moment in made["ns"]] == [1, 0]
    with (demo.root / "lines.avro").open("wb") as file:
        fastavro.writer(file, line, [{"order": "a", "n": moment} for moment in made["ns"]])
    assert demo.lineal(*replay, "lines.avro", "--out", "back.jsonl").returncode == 0
    assert json.loads(demo.read("back.jsonl"))["order"] == "a"

    line = 'syntax = "proto3"; message Line { string order = 1; int64 n = 2; }'
    order = 'syntax = "proto3"; message Order { string order = 1; repeated int64 ns = 2; }'
    publish(demo, "proto-lines", line, order, GATHER, "PROTOBUF")
    demo.write({"lines.jsonl": jsonl(*LINES[:3], LINES[1])})
    done = demo.lineal("upcast", "proto-lines", "--from", "1", "--replay", "lines.jsonl", "--out", "orders.jsonl")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [json.loads(text) for text in demo.read("orders.jsonl").splitlines()] == [
        {"order": "a", "ns": [1, 3]}, {"order": "b", "ns": [2, 2]}]  # fmt: skip


def test_rows_of_parquet_are_brought_over(demo):
    schema = {
        "type": "object",
        "properties": {"n": {"type": "integer"}},
        "required": ["n"],
        "additionalProperties": False,
    }
    text = json.dumps(schema).replace('"n"', '"m"')
    publish(demo, "rows", schema, json.loads(text), "  - rename: {at: /n, to: m}\n")
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT unnest([1, 2, NULL]) AS n) TO '{demo.root}/old.parquet' (FORMAT parquet)")
        done = demo.lineal("upcast", "rows", "--from", "1", "--replay", "old.parquet", "--out", "new.parquet")
        assert (done.returncode, counts(done.stdout)["failed"]) == (1, 1)
        assert "event 3" in done.stdout
        result = connection.execute("FROM read_parquet(?)", [str(demo.root / "new.parquet")])
        assert [(name, str(kind)) for name, kind, *_ in result.description] == [("m", "BIGINT")]
        assert result.fetchall() == [(1,), (2,)]


def test_a_table_of_events_is_brought_over_by_its_column_of_json(demo):
    with duckdb.connect() as connection:
        rows = [
            (1, "placed", 1, json.dumps(OLD)),
            (2, "other", 1, "{}"),
            (3, "placed", 1, json.dumps(OLD | {"status": "ODD"})),
        ]
        connection.execute("CREATE TABLE log (id INT, type VARCHAR, version INT, payload VARCHAR)")
        connection.executemany("INSERT INTO log VALUES (?, ?, ?, ?)", rows)
        connection.execute(f"COPY log TO '{demo.root}/log.parquet' (FORMAT parquet)")
        asked = (*REPLAY, "log.parquet", "--out", "new.parquet", "--document", "payload")
        done = demo.lineal(*asked, "--only", "type=placed", "--version-column", "version")
        assert done.returncode == 1, done.stderr
        assert (counts(done.stdout)["events"], counts(done.stdout)["became"]) == (2, 1)
        assert "/status" in done.stdout
        result = connection.execute("FROM read_parquet(?)", [str(demo.root / "new.parquet")]).fetchall()
    assert [(*row[:3], json.loads(row[3])) for row in result] == [(1, "placed", 5, LATEST), (2, "other", 1, {})]
    assert demo.lineal(*asked[:-2], "--only", "type=placed").returncode == 2
    (demo.root / "x.jsonl").write_text("{}\n", "utf-8")
    assert "two .parquet files" in demo.lineal(*REPLAY, "x.jsonl", "--out", "y.jsonl", "--document", "p").stderr


def publish(demo, subject, first, second, steps, kind="JSON"):
    """Two versions and a step between them."""
    import os

    import httpx

    with httpx.Client(base_url=os.environ["LINEAL_REGISTRY"], timeout=60) as http:
        http.put(f"/config/{subject}", json={"compatibility": "NONE"}).raise_for_status()
        for schema in (first, second):
            body = {"schema": schema if kind == "PROTOBUF" else json.dumps(schema), "schemaType": kind}
            http.post(f"/subjects/{subject}/versions", json=body).raise_for_status()
        text = f"upcast: 1\nsubject: {subject}\nfrom: 1\nto: 2\nops:\n{steps}"
        answer = http.post(f"/api/v1/subjects/{subject}/upcasters", json={"text": text})
        assert answer.is_success, answer.text


def test_avro_goes_there_and_back(demo):
    demo.write({"old.jsonl": jsonl(OLD, OLD)})
    assert demo.lineal(*REPLAY, "old.jsonl", "--out", "new.avro").returncode == 0
    with (demo.root / "new.avro").open("rb") as file:
        assert next(fastavro.reader(file))["placed_at"].isoformat() == "2025-09-02T08:00:00+00:00"
    back = ("upcast", "orders.OrderPlaced", "--from", "5", "--to", "1", "--replay", "new.avro", "--out", "back.jsonl")
    done = demo.lineal(*back)
    assert done.returncode == 0, done.stdout
    assert [json.loads(line) for line in demo.read("back.jsonl").splitlines()] == [OLD, OLD]


def test_an_avro_file_of_another_version_fails(demo):
    demo.write({"old.jsonl": jsonl(OLD)})
    assert demo.lineal(*REPLAY, "old.jsonl", "--out", "new.avro").returncode == 0
    done = demo.lineal(*REPLAY, "new.avro")
    assert done.returncode == 1
    assert "the event is none of version 1" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((*REPLAY, "nowhere.jsonl"), 2, "nowhere.jsonl cannot be read"),
        ((*REPLAY, "old.csv"), 2, "events are read from"),
        ((*REPLAY, "old.jsonl", "--out", "old.jsonl"), 2, "would be overwritten"),
        ((*REPLAY, "old.jsonl", "old.jsonl"), 2, "--replay takes its events from its file"),
        ((*REPLAY, "old.jsonl", "--trace"), 2, "traces none"),
        (("upcast", "orders.OrderPlaced", "--from", "1", "--out", "x.jsonl", "old.jsonl"), 2, "of many with --replay"),
        (("upcast", "orders.OrderPlaced", "--from", "1"), 2, "name a file with one event"),
        (("upcast", "orders.OrderShipped", "--from", "1", "--replay", "x.avro"), 2, "are not Avro"),
        (("upcast", "orders.OrderPlaced", "--from", "9", "--replay", "old.jsonl"), 1, "Version 9 not found"),
    ],
)
def test_what_cannot_be_replayed_is_told(demo, arguments, code, message):
    demo.write({"old.jsonl": jsonl(OLD), "old.csv": "", "x.avro": ""})
    done = demo.lineal(*arguments)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert done.stdout == ""
    assert demo.read("old.jsonl") == jsonl(OLD)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_what_others_have_written_commands_no_terminal():
    nasty = "a\x1b]0;title\x07b\x1b[2Jc\x9bd\u202ee\r\n\tf"
    assert shown(nasty, Terminal()) == "a\\x1b]0;title\\x07b\\x1b[2Jc\\x9bd\\u202ee\\r\n\tf"
    painted = click.style("looks", fg="red", bold=True) + click.style("good", dim=True)
    assert shown(painted, Terminal()) == painted
    assert shown(nasty, io.StringIO()) == nasty, "a file gets what there is"


def test_progress_is_a_line_now_and_then_where_there_is_no_terminal(capsys, monkeypatch):
    monkeypatch.setattr("registry.cli.console._SECONDS_BETWEEN_LINES", 0.0)
    with Console().gauge("replay", 200) as told:
        told(50, "7 events")
    with Console(quiet=True).gauge("replay", 200) as told:
        told(50, "7 events")
    assert capsys.readouterr().err == "replay 25 % 7 events\n"
