"""A node that dies while it delivers: nothing is lost, nothing comes out of order."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.patience import eventually
from tests.serving import Serve

EVENTS = 40
SETTINGS = {
    "LINEAL_SECRET_KEY": base64.b64encode(bytes(32)).decode(),
    "LINEAL_WEBHOOK_PRIVATE_ADDRESSES": "true",
    "LINEAL_LEASE_SECONDS": "2",
}


@pytest.fixture
def told() -> Iterator[tuple[str, list[int]]]:
    """The address of a receiver that takes its time, and the positions that it was told of."""
    positions: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            positions.append(json.loads(body)["data"]["position"])
            time.sleep(0.03)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", positions
    server.shutdown()
    server.server_close()


def test_what_a_killed_node_was_delivering_is_delivered_by_the_next(
    start: Callable[..., Any], tmp_path: Path, told: tuple[str, list[int]]
) -> None:
    address, positions = told
    database = f"sqlite:///{tmp_path / 'lineal.db'}"
    node = start(database, **SETTINGS)
    with httpx.Client(base_url=node.url) as http:
        http.post("/api/v1/webhooks", json={"url": address}).raise_for_status()
        for number in range(EVENTS):
            schema = {"schema": f'{{"type":"record","name":"R{number}","fields":[]}}'}
            http.post(f"/subjects/s{number}/versions", json=schema).raise_for_status()
    eventually(lambda: len(positions) >= 3)
    node.kill()
    before = len(positions)
    start(database, **SETTINGS)
    eventually(lambda: len(set(positions)) >= EVENTS, lambda: positions)
    assert list(dict.fromkeys(positions)) == list(range(2, EVENTS + 2)), "in order, none left out"
    assert len(positions) - EVENTS <= 1, "at most the one it was sending comes twice"
    assert before < len(positions)


def test_what_a_server_asks_of_others_is_not_in_its_log(
    serve: Serve, tmp_path: Path, told: tuple[str, list[int]]
) -> None:
    """The address of a webhook may be a secret itself."""
    address, positions = told
    node = serve(database=f"sqlite:///{tmp_path / 'lineal.db'}", log="json", environment=SETTINGS)
    node.wait()
    httpx.post(f"{node.url}/api/v1/webhooks", json={"url": f"{address}s3cr3t"}).raise_for_status()
    httpx.post(f"{node.url}/subjects/s/versions", json={"schema": '"int"'}).raise_for_status()
    eventually(lambda: positions, node.log.read_text)
    assert node.stop() == 0
    assert "s3cr3t" not in node.log.read_text()
    assert "HTTP Request" not in node.log.read_text()
