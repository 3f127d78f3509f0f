"""Real server processes on real ports."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Server:
    """One node."""

    process: subprocess.Popen[bytes]
    url: str
    output: Path

    def wait(self) -> None:
        """Until it answers."""
        for _ in range(1_200):
            try:
                httpx.get(f"{self.url}/subjects", timeout=5)
            except httpx.TransportError:
                assert self.process.poll() is None, self.output.read_text()
                time.sleep(0.1)
            else:
                return
        pytest.fail(f"the server did not come up: {self.output.read_text()}")

    def kill(self) -> None:
        """As a power cut to the process: nothing is finished."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()


def launch(database: str, folder: Path, **settings: str) -> Server:
    """A node on a database, answering; its output goes to a file in the folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--no-ws"]
    command += ["--host", "127.0.0.1", "--port", str(port), "registry.http.app:create_app"]
    output = folder / f"server-{port}.log"
    with output.open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "LINEAL_DATABASE": database, "LINEAL_FOLLOW_SECONDS": "0.1", **settings},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    server = Server(process, f"http://127.0.0.1:{port}", output)
    try:
        server.wait()
    except BaseException:
        server.stop()
        raise
    return server


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start nodes on a database; they are stopped at the end."""
    running: list[Server] = []

    def run(database: str, **settings: str) -> Server:
        running.append(launch(database, tmp_path, **settings))
        return running[-1]

    yield run
    for server in running:
        server.stop()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One node for all tests of a module; each keeps to its own subjects."""
    folder = tmp_path_factory.mktemp("node")
    server = launch(f"sqlite:///{folder / 'lineal.db'}", folder)
    yield server.url
    server.stop()
