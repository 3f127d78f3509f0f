"""``lineal serve`` as people start it: a process with options and settings."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Protocol

import httpx

from tests.node import ROOT, free_port
from tests.patience import eventually

_SURROUNDINGS: Final = {"PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", "")}
_SERVE: Final = [sys.executable, "-c", "from registry.cli import main; main()", "serve"]


class Served:
    """``lineal serve`` as a process."""

    def __init__(self, folder: Path, port: int, scheme: str, process: subprocess.Popen[bytes]) -> None:
        self.url = f"{scheme}://127.0.0.1:{port}"
        self.process = process
        self.log = folder / "serve.log"

    def wait(self, **client: Any) -> None:
        eventually(lambda: self._is_ready(**client), self.log.read_text)

    def _is_ready(self, **client: Any) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return httpx.get(f"{self.url}/health/ready", timeout=5, **client).is_success
        except httpx.TransportError:
            return False

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(30)


class Serve(Protocol):
    """Starts ``lineal serve`` with options and settings."""

    def __call__(
        self,
        *options: str,
        scheme: str = "http",
        environment: Mapping[str, str] = MappingProxyType({}),
        **settings: str,
    ) -> Served: ...


@contextmanager
def serving(folder: Path) -> Iterator[Serve]:
    """Starts servers that write to a folder; they are stopped at the end."""
    running: list[Served] = []

    def run(
        *options: str, scheme: str = "http", environment: Mapping[str, str] = MappingProxyType({}), **settings: str
    ) -> Served:
        port = free_port()
        variables = {f"LINEAL_{name.upper()}": value for name, value in settings.items()}
        with (folder / "serve.log").open("wb") as log:
            process = subprocess.Popen(
                [*_SERVE, "--port", str(port), *options],
                cwd=ROOT,
                env={
                    "PYTHONPATH": str(ROOT),
                    "XDG_CACHE_HOME": os.environ["XDG_CACHE_HOME"],
                    **variables,
                    **environment,
                },
                stdout=log,
                stderr=log,
            )
        running.append(Served(folder, port, scheme, process))
        return running[-1]

    try:
        yield run
    finally:
        for node in running:
            node.stop()
