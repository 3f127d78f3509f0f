"""Registries over real databases: every test that asks for one runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from registry.service import Registry
from registry.settings import Settings, load

NewPostgresql = Callable[..., AbstractContextManager[str]]


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database with empty tables, to be copied: quicker than migrating for each test."""
    file = tmp_path_factory.mktemp("migrated") / "lineal.db"
    Registry.open(load({}, database=f"sqlite:///{file}")).close()
    return file


@pytest.fixture(scope="session")
def migrated(new_postgresql: NewPostgresql) -> Iterator[str]:
    """The name of a PostgreSQL database with empty tables, to be copied."""
    with new_postgresql() as url:
        Registry.open(load({}, database=url)).close()
        yield urlsplit(url).path.removeprefix("/")


@pytest.fixture
def postgresql(new_postgresql: NewPostgresql, migrated: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    with new_postgresql(migrated) as url:
        yield url


DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        copy = shutil.copy(request.getfixturevalue("migrated_file"), tmp_path)
        return f"sqlite:///{copy}"
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
