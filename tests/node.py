"""A node as it runs in production: the application in processes of its own, at a free port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from tests.patience import eventually

ROOT: Final = Path(__file__).resolve().parent.parent
PROTOCOL: Final = "registry.http.app:create_app"
WITH_PAGES: Final = "web.app:create_app"


@dataclass
class Node:
    """A server that was started."""

    process: subprocess.Popen[bytes]
    url: str
    output: Path

    def wait(self) -> None:
        """Until it answers."""
        eventually(self._answers, self.output.read_text)

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.output.read_text()
        try:
            return bool(httpx.get(f"{self.url}/subjects", timeout=5).status_code)
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """As a power cut to the process: nothing is finished."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def launch(database: str, folder: Path, application: str = PROTOCOL, port: int = 0, **settings: str) -> Node:
    """A node on a database, answering, at a free port or this one; its output goes to a file in the folder."""
    port = port or free_port()
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--no-ws"]
    command += ["--host", "127.0.0.1", "--port", str(port), application]
    output = folder / f"node-{port}.log"
    with output.open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "LINEAL_DATABASE": database, "LINEAL_FOLLOW_SECONDS": "0.1", **settings},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    node = Node(process, f"http://127.0.0.1:{port}", output)
    try:
        node.wait()
    except BaseException:
        node.stop()
        raise
    return node


@contextmanager
def running(database: str, folder: Path, application: str = PROTOCOL, **settings: str) -> Iterator[str]:
    """The URL of a node that is stopped at the end."""
    node = launch(database, folder, application, **settings)
    try:
        yield node.url
    finally:
        node.stop()
