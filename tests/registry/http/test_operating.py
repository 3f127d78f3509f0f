"""What an operator sees: health, metrics, traces, request lines."""

from __future__ import annotations

import json
import logging
import math
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from granian.log import LOGGING_CONFIG
from litestar import Litestar
from litestar.testing import TestClient
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families

from registry.http.app import create_app
from registry.service import Registry
from registry.settings import load
from registry.telemetry import tracing
from registry.telemetry.logs import REQUESTS, JsonFormatter, LineFormatter, configuration
from tests.node import ROOT
from tests.patience import eventually

Client = TestClient[Litestar]
SCHEMA = '{"type":"record","name":"A","fields":[]}'
BREAKING = '{"type":"record","name":"A","fields":[{"name":"a","type":"int"}]}'


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Client]]:
    """An application with these settings, over a database of its own."""
    running: list[tuple[Registry, Client]] = []

    def run(**settings: Any) -> Client:
        registry = Registry.open(load({}, database=f"sqlite:///{tmp_path / 'lineal.db'}", **settings))
        client = TestClient(create_app(registry=registry))
        client.__enter__()
        running.append((registry, client))
        return client

    yield run
    for registry, client in running:
        client.__exit__(None, None, None)
        registry.close()


def samples(client: Client) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every figure by its name and labels."""
    text = client.get("/metrics").text
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def grown(
    before: dict[tuple[str, tuple[tuple[str, str], ...]], float],
    after: dict[tuple[str, tuple[tuple[str, str], ...]], float],
    name: str,
    **labels: str,
) -> float:
    key = name, tuple(sorted(labels.items()))
    return after.get(key, 0.0) - before.get(key, 0.0)


def test_a_node_is_ready_only_with_the_tables_of_its_version(opened: Callable[..., Client], tmp_path: Path) -> None:
    client = opened(access="on")
    assert client.get("/health/live").json() == {"status": "alive"}
    assert client.get("/health/ready").json() == client.get("/_health").json() == {"status": "ready"}
    assert client.get("/master_available").json() == {"master_available": True}
    with sqlite3.connect(tmp_path / "lineal.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert "9999" in answer.json()["reason"]
    assert [client.get(path).status_code for path in ("/_health", "/master_available")] == [503, 503]
    assert client.get("/health/live").status_code == 200


@pytest.mark.postgresql
def test_a_database_that_hangs_is_not_ready(postgresql: str) -> None:
    """It takes connections and says nothing more, as where its disk does."""
    registry = Registry.open(load({}, database=postgresql, busy_seconds=0.3))
    with TestClient(create_app(registry=registry)) as client, psycopg.connect(postgresql) as other:
        assert client.get("/health/ready").status_code == 200
        other.execute("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
        for _ in range(5):
            answer = client.get("/health/ready")
            assert (answer.status_code, answer.json()["reason"]) == (503, "the database has not answered for 0.3 s")
        assert client.get("/health/live").status_code == 200
        assert client.get("/subjects").json() == [], "requests have threads to run in"
        other.rollback()
        eventually(lambda: client.get("/health/ready").status_code == 200)
        eventually(lambda: registry.store.connections()["used"] == 0)  # by who was given up and has gone on
    registry.close()


def test_a_replica_is_ready_but_no_place_for_writes(opened: Callable[..., Client]) -> None:
    client = opened(follow="http://127.0.0.1:9")
    assert client.get("/_health").status_code == 200
    answer = client.get("/master_available")
    assert (answer.status_code, answer.json()) == (503, {"master_available": False})
    assert samples(client)["lineal_follower_silence_seconds", ()] == math.inf, "it has never had an answer"


def test_the_guide_names_the_metrics_that_there_are(opened: Callable[..., Client]) -> None:
    guide = (ROOT / "docs" / "how-to" / "monitor.md").read_text("utf-8")
    told = set(re.findall(r"`(lineal_\w+)(?:\{\w+(?:,\w+)*\})?`", guide))
    families = text_string_to_metric_families(opened().get("/metrics").text)
    there = {family.name + "_total" * (family.type == "counter") for family in families}
    assert told == {name for name in there if name.startswith("lineal_") and not name.endswith("_created")}


def test_gauges_tell_of_the_moment(opened: Callable[..., Client]) -> None:
    client = opened(access="on", access_admins="ops", follow_seconds="0.01")
    before = samples(client)
    assert client.get("/subjects").status_code == 401
    assert client.post("/subjects/s/versions", json={"schema": SCHEMA}).status_code == 401  # noted in the log
    eventually(lambda: samples(client)["lineal_log_heard", ()] == 1)
    after = samples(client)
    assert grown(before, after, "lineal_turned_away_total", code="40101") == 2
    assert after["lineal_log_position", ()] == 1
    assert after["lineal_requests_in_flight", ()] == 1, "the one that asks for it"
    connections = [after["lineal_database_connections", (("state", state),)] for state in ("used", "idle")]
    assert sum(connections) >= 1
    assert (after["lineal_follower_lag", ()], after["lineal_follower_silence_seconds", ()]) == (0, 0)


def test_requests_are_counted_by_route_and_never_by_name(opened: Callable[..., Client]) -> None:
    client = opened()
    before = samples(client)
    for number in range(3):
        client.post(f"/subjects/named-{number}/versions", json={"schema": SCHEMA}).raise_for_status()
        client.get(f"/subjects/named-{number}/versions/1").raise_for_status()
        client.get(f"/nowhere/named-{number}")
    client.get("/subjects/named-0/versions/1").raise_for_status()
    after = samples(client)
    assert grown(before, after, "lineal_requests_total", route="POST /subjects/{name}/versions", status="200") == 3
    assert (
        grown(before, after, "lineal_requests_total", route="GET /subjects/{name}/versions/{number}", status="200") == 4
    )
    assert grown(before, after, "lineal_requests_total", route="unmatched", status="404") == 3
    assert grown(before, after, "lineal_request_seconds_count", route="POST /subjects/{name}/versions") == 3
    assert grown(before, after, "lineal_ready_answers_total", kept="hit") == 1
    assert after["lineal_log_position", ()] == 3
    assert "named-" not in client.get("/metrics").text


def test_checks_are_counted_by_format_and_outcome(opened: Callable[..., Client]) -> None:
    client = opened()
    before = samples(client)
    client.post("/subjects/s/versions", json={"schema": SCHEMA}).raise_for_status()
    assert client.post("/subjects/s/versions", json={"schema": BREAKING}).status_code == 409
    after = samples(client)
    assert grown(before, after, "lineal_checks_total", format="AVRO", outcome="incompatible") == 1
    assert grown(before, after, "lineal_witness_seconds_total", format="AVRO") > 0
    assert grown(before, after, "lineal_check_seconds_count", format="AVRO") >= 1
    assert grown(before, after, "lineal_transaction_seconds_count", kind="write") >= 1


@pytest.mark.parametrize(
    ("metrics", "without", "with_key"), [("open", 200, 200), ("protected", 401, 200), ("off", 404, 404)]
)
def test_who_reads_the_metrics(opened: Callable[..., Client], metrics: str, without: int, with_key: int) -> None:
    client = opened(access="on", metrics=metrics, access_admins="root")
    registry = client.app.dependencies["registry"].dependency()  # type: ignore[union-attr]
    key = registry.permissions.create_key("root").text
    assert client.get("/metrics").status_code == without
    assert client.get("/metrics", headers={"Authorization": f"Bearer {key}"}).status_code == with_key


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    tracing.start(SimpleSpanProcessor(exporter))
    yield exporter
    tracing.stop()


def test_a_request_is_a_span_with_its_checks_and_transactions(
    opened: Callable[..., Client], spans: InMemorySpanExporter
) -> None:
    client = opened()
    client.post("/subjects/s/versions", json={"schema": SCHEMA}).raise_for_status()
    spans.clear()
    trace = "0af7651916cd43dd8448eb211c80319c"
    headers = {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    client.post("/subjects/s/versions", json={"schema": BREAKING}, headers=headers)
    found = {span.name: span for span in spans.get_finished_spans()}
    request = found["POST /subjects/{name}/versions"]
    assert request.context is not None
    assert request.attributes is not None
    assert request.attributes["http.response.status_code"] == 409
    assert {"check", "transaction"} <= found.keys()
    for span in found.values():
        assert span.context is not None
        assert format(span.context.trace_id, "032x") == trace
    check = found["check"]
    assert check.attributes is not None
    assert dict(check.attributes) == {"lineal.format": "AVRO", "lineal.compared": 1}


def test_nothing_of_tracing_is_imported_while_it_is_off() -> None:
    code = "import sys, web.app; sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class Kept(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def lines() -> Iterator[list[logging.LogRecord]]:
    kept, level = Kept(), REQUESTS.level
    REQUESTS.addHandler(kept)
    REQUESTS.setLevel(logging.INFO)
    yield kept.records
    REQUESTS.setLevel(level)
    REQUESTS.removeHandler(kept)


def test_a_line_per_request_without_what_is_secret(
    opened: Callable[..., Client], lines: list[logging.LogRecord]
) -> None:
    client = opened(access="on", access_admins="root", log_requests=True)
    registry = client.app.dependencies["registry"].dependency()  # type: ignore[union-attr]
    key = registry.permissions.create_key("root").text
    headers = {"Authorization": f"Bearer {key}", "X-Request-ID": "mine"}
    client.post("/subjects/s/versions", json={"schema": SCHEMA}, headers=headers).raise_for_status()
    client.get("/subjects", headers={"Authorization": "Bearer guess"})
    told = [json.loads(JsonFormatter().format(record)) for record in lines]
    assert [(one["route"], one["status"], one["principal"]) for one in told] == [
        ("POST /subjects/{name}/versions", 200, "root"),
        ("unmatched", 401, ""),
    ]
    assert told[0]["request_id"] == "mine"
    assert told[0]["ms"] > 0
    written = json.dumps(told) + "".join(record.getMessage() for record in lines)
    assert key not in written
    assert "guess" not in written
    assert "record" not in written


def test_a_message_is_one_line_whatever_was_asked_for() -> None:
    made = configuration(LOGGING_CONFIG, "text", requests=True)["formatters"]["generic"]
    formatter = LineFormatter(made["fmt"], made["datefmt"])
    record = logging.LogRecord("x", logging.ERROR, "", 0, "failed: %s", ("/a\n[INFO] all is well\x1b[2J\x9b",), None)
    assert made["()"].endswith(".LineFormatter")
    assert formatter.format(record) == "[ERROR] failed: /a\\n[INFO] all is well\\x1b[2J\\x9b"
