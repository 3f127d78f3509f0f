"""The real command, in a real process; the real server, at a free port."""

from __future__ import annotations

import base64
import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from registry.cli import run
from tests.node import free_port
from tests.patience import PATIENCE, eventually

LINEAL = Path(sys.executable).parent / "lineal"

OLD = {
    "order_id": "o-1", "customer_name": "Ann Smith", "email": None, "amount_cents": 1250, "currency": "EUR",
    "status": "NEW", "placed": 1_756_800_000,
}  # fmt: skip
"""An event of the first version of the demo's orders.OrderPlaced."""
LATEST = {
    "order_id": "o-1", "customer": {"name": "Ann Smith", "email": None},
    "total": {"amount": "12.50", "currency": "EUR"},
    "status": "PLACED", "placed_at": "2025-09-02T08:00:00Z", "channel": "web", "items": [], "ship_to": None,
}  # fmt: skip
"""The same as the last version has it."""


class Work:
    """A folder in which the command is run."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, files: Mapping[str, str]) -> None:
        for path, text in files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(text, encoding="utf-8")

    def read(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.email=ada@example.org", "-c", "user.name=Ada", "-c", "init.defaultBranch=main"]
        command = ["git", "-C", str(self.root), *identity, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def commit(self) -> None:
        if not (self.root / ".git").exists():
            self.git("init", "-q")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "schemas")

    def lineal(self, *arguments: str, folder: str = ".") -> Done:
        """Run the command in this process; what it wrote and its exit code."""
        out, err, here = io.StringIO(), io.StringIO(), Path.cwd()
        with redirect_stdout(out), redirect_stderr(err):
            try:
                os.chdir(self.root / folder)
                code = run(arguments)
            finally:
                os.chdir(here)
        return Done(code, out.getvalue(), err.getvalue())

    def process(self, *arguments: str, folder: str = ".", **environment: str) -> Done:
        """Run the installed command in a process of its own."""
        done = subprocess.run(
            [str(LINEAL), *arguments],
            cwd=self.root / folder,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        return Done(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True)
class Done:
    """What came of a command."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("LINEAL_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return Work(tmp_path)


class Server:
    """A running `lineal serve`."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.database = f"sqlite:///{folder}/lineal.db"
        command = [str(LINEAL), "serve", "--port", str(self.port), "--database", self.database, *options]
        with (folder / "stdout").open("w") as out, (folder / "stderr").open("w") as err:
            settings = {**os.environ, "LINEAL_SECRET_KEY": base64.b64encode(bytes(32)).decode()}
            self.process = subprocess.Popen(command, stdout=out, stderr=err, cwd=folder, env=settings)

    def wait(self) -> None:
        eventually(self._says_what_to_try, (self.folder / "stderr").read_text)

    def _says_what_to_try(self) -> bool:
        assert self.process.poll() is None, (self.folder / "stderr").read_text()
        return "Try, in another terminal" in (self.folder / "stdout").read_text()

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(sign)
        return self.process.wait(timeout=60)

    def get(self, path: str) -> Any:
        return httpx.get(self.address + path, timeout=10).raise_for_status().json()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An empty registry."""
    running = Server(tmp_path_factory.mktemp("server"))
    try:
        running.wait()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A registry with the demo; each test keeps to its own subjects and applications."""
    running = Server(tmp_path_factory.mktemp("demo"), "--demo")
    try:
        running.wait()
        yield running
    finally:
        running.stop(signal.SIGINT)


@pytest.fixture
def demo(work: Work, demo_server: Server, monkeypatch: pytest.MonkeyPatch) -> Work:
    """A folder whose registry is the one with the demo."""
    monkeypatch.setenv("LINEAL_REGISTRY", demo_server.address)
    return work
