"""Real servers with access control, TLS and stock clients."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from registry.access import passwords
from registry.access.roles import grant
from registry.service import Registry
from registry.settings import load
from tests.patience import eventually
from tests.serving import Serve

ROOT = Path(__file__).resolve().parents[3]
ORDER = '{"type":"record","name":"Order","fields":[{"name":"id","type":"long"}]}'


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, str]:
    """A database where dev may register under ``orders``, and somebody may only read there."""
    registry = Registry.open(load({}, database=f"sqlite:///{tmp_path / 'lineal.db'}"))
    made = {name: registry.permissions.create_key(name) for name in ("root", "dev", "reader")}
    registry.permissions.give(grant("root", "admin"))
    registry.permissions.give(grant("dev", "developer", ".", "orders"))
    registry.permissions.give(grant("reader", "reader", ".", "orders"))
    registry.close()
    return {name: one.text for name, one in made.items()} | {f"{name}-id": one.stored.id for name, one in made.items()}


def test_stock_clients_use_keys_and_a_revoked_one_is_no_more(
    serve: Serve, keys: dict[str, str], tmp_path: Path
) -> None:
    database = f"sqlite:///{tmp_path / 'lineal.db'}"
    node = serve("--workers", "2", database=database, access="on", follow_seconds="0.1")
    node.wait()
    basic = {"url": node.url, "basic.auth.user.info": f"{keys['dev-id']}:{keys['dev']}"}
    with SchemaRegistryClient(basic) as client:
        number = client.register_schema("orders-value", Schema(ORDER, "AVRO"))
        assert client.get_schema(number).schema_str == ORDER
        with pytest.raises(SchemaRegistryError) as denied:
            client.register_schema("bank-value", Schema(ORDER, "AVRO"))
        assert (denied.value.http_status_code, denied.value.error_code) == (403, 40301)
    bearer = {
        "url": node.url,
        "bearer.auth.credentials.source": "STATIC_TOKEN",
        "bearer.auth.token": keys["reader"],
        "bearer.auth.logical.cluster": "lsrc",
        "bearer.auth.identity.pool.id": "pool",
    }
    with SchemaRegistryClient(bearer) as client:
        assert client.get_subjects() == ["orders-value"]
        with pytest.raises(SchemaRegistryError) as denied:
            client.register_schema("orders-value", Schema(ORDER.replace("Order", "Other"), "AVRO"))
        assert denied.value.http_status_code == 403
    with SchemaRegistryClient({"url": node.url}) as client, pytest.raises(SchemaRegistryError) as denied:
        client.get_subjects()
    assert (denied.value.http_status_code, denied.value.error_code) == (401, 40101)

    lines = [httpx.get(f"{node.url}/metrics").text.splitlines() for _ in range(6)]
    counted = {line for each in lines for line in each if line.startswith("lineal_requests_total") and "401" in line}
    assert len(counted) == 1, "every worker tells the figures of all of them"

    other = Registry.open(load({}, database=database))  # as the command line does
    other.permissions.revoke_key(keys["dev-id"])
    other.close()
    auth = (keys["dev-id"], keys["dev"])
    eventually(
        lambda: {httpx.get(f"{node.url}/subjects", auth=auth).status_code for _ in range(8)} == {401},
        lambda: "a worker never noticed",
    )


def test_an_event_stream_tells_what_its_reader_may_see_and_ends_when_that_changes(
    serve: Serve, keys: dict[str, str], tmp_path: Path
) -> None:
    node = serve(database=f"sqlite:///{tmp_path / 'lineal.db'}", access="on")
    node.wait()
    root = {"Authorization": f"Bearer {keys['root']}"}
    for subject in ("bank-value", "orders-value"):
        body = {"schema": ORDER.replace("Order", subject.split("-")[0])}
        httpx.post(f"{node.url}/subjects/{subject}/versions", json=body, headers=root).raise_for_status()
    reader = {"Authorization": f"Bearer {keys['reader']}"}
    told: list[dict[str, Any]] = []
    with (
        httpx.Client(timeout=30) as http,
        http.stream("GET", f"{node.url}/api/v1/changes/stream", headers=reader) as got,
    ):
        assert got.status_code == 200
        for line in got.iter_lines():
            if line.startswith("data:"):
                told.append(json.loads(line.removeprefix("data:")))
                taken = {"principal": "reader", "role": "reader", "context": ".", "prefix": "orders"}
                httpx.delete(f"{node.url}/api/v1/grants", params=taken, headers=root).raise_for_status()
    assert [(one["type"], one["subject"]) for one in told] == [("SchemaRegistered", "orders-value")]


def test_whoever_is_taken_out_of_the_access_file_is_out_on_every_worker(serve: Serve, tmp_path: Path) -> None:
    kept = passwords.hashed("correct horse")
    whole = f'[users]\nanna = "{kept}"\n[[grants]]\nprincipal = "anna"\nrole = "reader"\n'
    file = tmp_path / "access.toml"
    file.write_text(whole, "utf-8")
    database = f"sqlite:///{tmp_path / 'lineal.db'}"
    node = serve(
        *("--workers", "2"), database=database, access="on", access_file=str(file), follow_seconds="0.1", log="json"
    )
    node.wait()
    signed_in = httpx.post(f"{node.url}/catalog/sign-in", data={"user": "anna", "secret": "correct horse", "next": ""})
    cookies = dict(signed_in.cookies)
    assert cookies
    listening = threading.Event()
    ended = threading.Event()

    def listen() -> None:
        with (
            httpx.Client(timeout=60, auth=("anna", "correct horse")) as http,
            http.stream("GET", f"{node.url}/api/v1/changes/stream") as stream,
        ):
            listening.set()
            stream.read()
        ended.set()

    def let_in() -> bool:
        """By any worker, with the password or the session."""
        asked = [httpx.get(f"{node.url}/subjects", auth=("anna", "correct horse")) for _ in range(6)]
        page = {"accept": "text/html"}
        asked += [httpx.get(f"{node.url}/catalog", headers=page, cookies=cookies) for _ in range(6)]
        return any(answer.is_success for answer in asked)

    threading.Thread(target=listen, daemon=True).start()
    assert listening.wait(60)
    (tmp_path / "beside").write_text("[users]\nanna = ", "utf-8")
    (tmp_path / "beside").rename(file)
    eventually(lambda: node.log.read_text().count("stays in force") == 2, node.log.read_text)
    assert let_in()
    assert not ended.is_set()
    (tmp_path / "beside").write_text("[users]\n", "utf-8")
    (tmp_path / "beside").rename(file)
    eventually(lambda: not let_in(), lambda: "a worker never noticed")
    assert ended.wait(60), "the event stream went on"


def test_a_server_that_stops_finishes_what_it_has_begun(serve: Serve, database: str) -> None:
    workers = "2" if database.startswith("postgresql") else "1"
    node = serve("--workers", workers, database=database, log="json", log_requests="true")
    node.wait()
    answered: list[tuple[str, int, int]] = []
    broken: set[str] = set()
    """Sent while the server closed an idle connection: nobody answers, so nothing may have come of it."""
    events: list[int] = []
    ended: list[float] = []

    def write(client: int) -> None:
        with httpx.Client(base_url=node.url, timeout=20) as http:
            for number in range(10_000):
                text = f'{{"type":"record","name":"R{client}_{number}","fields":[]}}'
                try:
                    answer = http.post(f"/subjects/s{client}-{number}/versions", json={"schema": text})
                except httpx.ConnectError:
                    return
                except httpx.TransportError as error:
                    broken.append(repr(error))
                    return
                answered.append((f"s{client}-{number}", answer.status_code, answer.json().get("version", 0)))

    def listen() -> None:
        with httpx.Client(timeout=60) as http, http.stream("GET", f"{node.url}/api/v1/changes/stream") as stream:
            events.extend(1 for line in stream.iter_lines() if line.startswith("id:"))
        ended.append(time.monotonic())

    threads = [threading.Thread(target=write, args=(client,)) for client in range(4)]
    threads.append(threading.Thread(target=listen))
    for thread in threads:
        thread.start()
    eventually(lambda: len(answered) >= 20, node.log.read_text)
    told = time.monotonic()
    assert node.stop() == 0
    for thread in threads:
        thread.join(30)
    assert ended, "the event stream ended with the server"
    assert ended[0] - told < 9, "and not because it was cut off"
    assert events
    assert {status for _, status, _ in answered} == {200}
    registry = Registry.open(load({}, database=database))
    try:
        kept = {str(subject) for subject in registry.lookup.subjects()}
        assert {subject for subject, _, _ in answered} <= kept
    finally:
        registry.close()
    lines = [json.loads(line) for line in node.log.read_text().splitlines() if '"lineal.requests"' in line]
    registered = [line for line in lines if line["route"] == "POST /subjects/{name}/versions"]
    assert len(registered) >= len(answered)
    assert registered[0].keys() == {
        *("time", "level", "logger", "message"),
        *("request_id", "principal", "route", "status", "ms"),
    }
    assert not broken & kept
