"""What was acknowledged is there after the process was killed in the middle of its work."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from litestar.testing import TestClient

from registry.http.app import create_app
from registry.service import Registry
from registry.settings import load
from tests.node import Node
from tests.patience import eventually

CLIENTS = 6
WRITES = 60
"""Acknowledged before the calamity."""


def schema(client: int, number: int) -> str:
    return f'{{"type":"record","name":"R{client}_{number}","fields":[]}}'


def write(url: str, client: int, acknowledged: dict[tuple[str, int], tuple[int, str]], stop: threading.Event) -> None:
    """Register one new schema after another, and note each that was acknowledged."""
    with httpx.Client(base_url=url, timeout=10) as http:
        number = 0
        while not stop.is_set():
            subject, text = f"s{random.randrange(4)}", schema(client, number)
            try:
                answer = http.post(f"/subjects/{subject}/versions", json={"schema": text})
            except httpx.TransportError:
                return
            assert answer.status_code == 200, answer.text
            body = answer.json()
            acknowledged[subject, body["version"]] = body["id"], text
            number += 1


@pytest.mark.parametrize(
    ("database", "nodes"),
    [("sqlite", 2), pytest.param("postgresql", 1, marks=pytest.mark.postgresql)],
    indirect=["database"],
)
def test_every_acknowledged_write_survives_kill(start: Callable[..., Node], database: str, nodes: int) -> None:
    servers = [start(database) for _ in range(nodes)]
    httpx.put(f"{servers[0].url}/config", json={"compatibility": "NONE"}).raise_for_status()
    acknowledged: dict[tuple[str, int], tuple[int, str]] = {}
    stop = threading.Event()
    writers = [
        threading.Thread(target=write, args=(servers[client % nodes].url, client, acknowledged, stop))
        for client in range(CLIENTS)
    ]
    for writer in writers:
        writer.start()
    eventually(lambda: len(acknowledged) >= WRITES, lambda: f"{len(acknowledged)} of {WRITES} writes are acknowledged")
    servers[0].kill()
    stop.set()
    for writer in writers:
        writer.join()

    after = Registry.open(load({}, database=database))
    try:
        stored = {
            (str(version.subject), version.number): (version.schema_id, version.content.text)
            for version in after.lookup.schemas(":*:")
        }
        assert acknowledged.items() <= stored.items()
        ids = {schema_id for schema_id, _ in stored.values()}
        assert ids == set(range(1, len(ids) + 1)), "ids are dense and unique"
        assert len(ids) == len(stored)
        for subject in {subject for subject, _ in stored}:
            numbers = sorted(number for name, number in stored if name == subject)
            assert numbers == list(range(1, len(numbers) + 1)), "versions are dense"
        assert after.upkeep.verify() == []
    finally:
        after.close()
    again = start(database)
    answer = httpx.post(f"{again.url}/subjects/s0/versions", json={"schema": schema(99, 0)})
    assert answer.json()["id"] == len(ids) + 1


def test_a_deletion_on_one_node_is_seen_on_the_other(start: Callable[..., Node], tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'lineal.db'}"
    one = start(database)
    httpx.post(f"{one.url}/subjects/s/versions", json={"schema": '"string"'}).raise_for_status()
    with TestClient(create_app(load({}, database=database, follow_seconds=0.1))) as other:
        assert [other.get("/schemas/ids/1").status_code for _ in range(3)] == [200, 200, 200]
        httpx.delete(f"{one.url}/subjects/s").raise_for_status()
        httpx.delete(f"{one.url}/subjects/s?permanent=true").raise_for_status()
        assert httpx.get(f"{one.url}/schemas/ids/1").status_code == 404
        eventually(lambda: other.get("/schemas/ids/1").status_code == 404)
