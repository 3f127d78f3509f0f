"""Several processes that answer at one port: one that dies is replaced, and what it acknowledged is there."""

from __future__ import annotations

import threading
from contextlib import suppress

import httpx
import psutil

from registry.model import Subject
from registry.service import Registry
from registry.settings import load
from tests.patience import eventually
from tests.serving import Serve, Served

CLIENTS = 6
WRITES = 60
"""Acknowledged before a worker dies, and after."""


def workers(node: Served) -> set[int]:
    """The processes that answer."""
    found = set()
    for child in psutil.Process(node.process.pid).children():
        with suppress(psutil.Error):  # it has just ended
            if "--multiprocessing-fork" in child.cmdline():
                found.add(child.pid)
    return found


def write(url: str, client: int, acknowledged: dict[tuple[str, int], str], stop: threading.Event) -> None:
    """Register one new schema after another, on a new connection where one breaks, and note what was acknowledged."""
    number = 0
    while not stop.is_set():
        with httpx.Client(base_url=url, timeout=30) as http:
            try:
                while not stop.is_set():
                    number += 1
                    subject, text = f"s{number % 4}", f'{{"type":"record","name":"R{client}_{number}","fields":[]}}'
                    answer = http.post(f"/subjects/{subject}/versions", json={"schema": text})
                    assert answer.status_code == 200, answer.text
                    acknowledged[subject, answer.json()["version"]] = text
            except httpx.TransportError:
                continue


def metric(node: Served, name: str) -> float:
    lines = httpx.get(f"{node.url}/metrics", timeout=30).text.splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))


def test_a_worker_that_is_killed_is_replaced_and_nothing_acknowledged_is_lost(serve: Serve, database: str) -> None:
    node = serve(database=database, workers="2", compatibility="NONE", lease_seconds="1")
    node.wait()
    eventually(lambda: len(workers(node)) == 2)
    before = workers(node)
    acknowledged: dict[tuple[str, int], str] = {}
    stop = threading.Event()
    writers = [threading.Thread(target=write, args=(node.url, client, acknowledged, stop)) for client in range(CLIENTS)]
    for writer in writers:
        writer.start()
    try:
        eventually(lambda: len(acknowledged) >= WRITES)
        victim = min(before)
        psutil.Process(victim).kill()
        eventually(lambda: victim not in workers(node) and len(workers(node)) == 2, node.log.read_text)
        eventually(lambda: len(acknowledged) >= 2 * WRITES)
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert before - {victim} < workers(node)

    counted = metric(node, 'lineal_requests_total{route="POST')
    assert counted >= len(acknowledged), "what the dead worker has counted counts"
    assert metric(node, "lineal_requests_in_flight") == 1, "and what it was doing does not: this request is all"

    assert node.stop() == 0
    assert node.log.read_text().count("Unexpected exit from worker") == 1
    registry = Registry.open(load({}, database=database))
    for (subject, number), text in acknowledged.items():
        assert registry.lookup.version(Subject(name=subject), number).content.text == text
    assert registry.upkeep.verify() == []
    registry.close()
