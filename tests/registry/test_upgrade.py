"""A database of an older lineal comes up to date with all that is in it, whatever happens on the way.

``older/`` holds what older versions have written and what they answered; ``older/tell.py`` says how it was made.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import AbstractContextManager
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from litestar.testing import TestClient
from sqlalchemy import Connection, event, insert, table, text
from sqlalchemy import column as of

from registry.http.app import create_app
from registry.model import Content, Format, Subject
from registry.service import Registry
from registry.settings import load
from registry.storage import migrations
from registry.storage.database import Database
from tests.forked import child, ended
from tests.patience import PATIENCE
from tests.registry.conftest import DATABASES
from tests.registry.older.tell import answers

OLDER = Path(__file__).parent / "older"
REVISIONS = sorted(file.stem for file in OLDER.glob("0*.json"))
MIGRATIONS = Path(migrations.__file__).parent
NEVER_AGAIN = {
    "0001": "d91097af65f9",
    "0002": "2f0bd25cfd14",
    "0003": "1d634a26a5c2",
    "0004": "1c518a4bda73",
    "0005": "bb6de079251a",
    "0006": "9818d90bc620",
    "0007": "0f2e65348a52",
    "0008": "b425883e3179",
    "0009": "2a19f129b667",
    "0010": "40560ae01f26",
}
"""The beginning of the SHA-256 of each migration that others have run."""


EVERY = 3
"""So many statements lie between one kill and the next: the shortest migrations have two, with their number."""


@cache
def archive(revision: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads((OLDER / f"{revision}.json").read_text("utf-8"))
    return made


def fill(database: str, revision: str) -> None:
    """Make a database what an older version has left."""
    opened = Database(load({}, database=database))
    try:
        with opened.transaction(write=True) as connection:
            to(connection, revision)
            connection.execute(text("DELETE FROM head"))
            for name, rows in archive(revision)["tables"].items():
                if rows and name != "alembic_version":
                    flags = ("deleted", "frozen", "wanted", "paused")  # which SQLite keeps as numbers
                    kept = [{key: bool(value) if key in flags else value for key, value in row.items()} for row in rows]
                    connection.execute(insert(table(name, *map(of, rows[0]))), kept)
    finally:
        opened.close()


def to(connection: Connection, revision: str) -> None:
    configuration = Config()
    configuration.set_main_option("script_location", str(MIGRATIONS))
    configuration.set_main_option("path_separator", "os")
    configuration.attributes["connection"] = connection
    command.upgrade(configuration, revision)


@pytest.fixture(params=DATABASES)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'lineal.db'}"
        return
    new: Callable[..., AbstractContextManager[str]] = request.getfixturevalue("new_postgresql")
    with new() as url:
        yield url


def missing(before: Any, after: Any, place: str = "") -> Iterator[str]:
    """What was answered and is not any more; what is answered beside it is new."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            yield from missing(value, after.get(key), f"{place}.{key}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from missing(one, other, f"{place}[{number}]")
    elif before != after:
        yield f"{place}: {before!r} became {after!r}"


def require_whole(database: str, revision: str) -> None:
    """Opened by the code of the present: everything is there, and more can be added."""
    registry = Registry.open(load({}, database=database))
    try:
        assert registry.upkeep.verify() == []
        with TestClient(create_app(registry=registry)) as client:
            assert list(missing(archive(revision)["answers"], answers(client))) == []
            assert registry.upkeep.rebuild() == len(archive(revision)["tables"]["log"])
            assert list(missing(archive(revision)["answers"], answers(client))) == []
        assert registry.upkeep.verify() == []
        added = registry.registration.register(Subject.parse("new"), Content(Format.AVRO, '"long"'))
        assert added.schema_id == 1 + max(
            row["id"] for row in archive(revision)["tables"]["schema"] if row["context"] == "."
        )
    finally:
        registry.close()


@pytest.mark.parametrize("revision", REVISIONS)
def test_everything_comes_along(empty: str, revision: str) -> None:
    fill(empty, revision)
    require_whole(empty, revision)


def test_a_migration_that_others_have_run_is_never_changed() -> None:
    found = {
        file.name[:4]: sha256(file.read_bytes()).hexdigest()[:12] for file in (MIGRATIONS / "versions").glob("0*.py")
    }
    assert found == NEVER_AGAIN


# ---------------------------------------------------------------------------------------- what can happen on the way


def upgrade(database: str, die_at: int = 0) -> None:
    """As a start does it; killed as soon as so many statements have changed something."""
    opened = Database(load({}, database=database))
    changes = 0

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        nonlocal changes
        changes += statement.lstrip().split(None, 1)[0].upper() in {"CREATE", "ALTER", "UPDATE", "INSERT", "DELETE"}
        if die_at and changes >= die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(opened._engine, "after_cursor_execute", count)
    with opened.transaction(write=True) as connection:
        migrations.upgrade(connection)
    opened.close()


def test_a_start_finishes_what_a_killed_one_has_begun(empty: str) -> None:
    """Killed within each migration, a few statements further each time: all of them count, or none."""
    fill(empty, "0001")
    kills = 0
    while (how := ended(child(partial(upgrade, empty, 1 + EVERY * kills)))) == -signal.SIGKILL:
        kills += 1
    assert how == 0
    assert kills >= len(NEVER_AGAIN), "there are as many migrations"
    require_whole(empty, "0001")


def test_nodes_that_start_together_wait_for_each_other(empty: str) -> None:
    fill(empty, "0001")
    assert {ended(pid) for pid in [child(lambda: upgrade(empty)) for _ in range(4)]} == {0}
    require_whole(empty, "0001")


def test_a_node_waits_for_a_migration_that_takes_longer_than_a_request_may(empty: str) -> None:
    other = Database(load({}, database=empty))
    with other.transaction(write=True) as connection, ThreadPoolExecutor(1) as pool:
        migrations.upgrade(connection)
        start = pool.submit(Registry.open, load({}, database=empty, busy_seconds=0.1))
        with pytest.raises(FutureTimeout):
            start.result(2)
        connection.commit()
        start.result(PATIENCE).close()
    other.close()


def test_nodes_that_start_together_on_nothing(empty: str) -> None:
    assert {ended(pid) for pid in [child(lambda: upgrade(empty)) for _ in range(4)]} == {0}
