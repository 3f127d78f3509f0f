"""What a database can do to us, and what others can do to it: a clear message each time, and nothing lost."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import insert, select, update

from compat.definition import Format
from registry.errors import DamagedArchive, StoreBusy, StoreUnavailable, UnknownEvent
from registry.model import ANONYMOUS, Content, Origin, Subject
from registry.service import Registry
from registry.settings import load
from registry.storage.tables import head, log

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def register(registry: Registry, name: str, origin: Origin = ANONYMOUS) -> None:
    registry.registration.register(Subject.parse(name), Content(Format.AVRO, '"int"'), origin=origin)


def write_entry(registry: Registry, **values: object) -> None:
    """The next entry of the log, as a node of another version would write it."""
    with registry.store.operate() as connection:
        last = dict(connection.execute(select(log).order_by(log.c.position.desc()).limit(1)).one()._mapping)
        connection.execute(insert(log), [last | {"position": last["position"] + 1} | values])
        connection.execute(update(head).values(position=last["position"] + 1))


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"type": "SubjectPainted"}, UnknownEvent),
        ({"type_version": 99}, UnknownEvent),
        ({"payload": "{"}, DamagedArchive),
    ],
)
def test_an_entry_that_this_version_cannot_read_is_named(
    registry: Registry, values: dict[str, object], error: type[Exception]
) -> None:
    """Nodes of two versions over one database: threads that read the log must not die of it."""
    register(registry, "a")
    write_entry(registry, **values)
    for read in (registry.catalog.changes, registry.upkeep.verify):
        with pytest.raises(error, match="2"):
            read()


def test_a_time_is_looked_up_although_the_clock_was_set_back(registry: Registry) -> None:
    for minutes in (0, 60, 20, 30, 90):
        register(registry, f"s{minutes}", Origin(time=NOW + timedelta(minutes=minutes)))
    with registry.store.read() as reading:
        found = [reading.position_at(NOW + timedelta(minutes=minutes)) for minutes in range(-10, 100, 10)]
    assert found == [0, 1, 1, 3, 4, 4, 4, 4, 4, 4, 5], "the later the time, the later the position"


@pytest.mark.postgresql
def test_a_lock_that_is_not_given_up(postgresql: str) -> None:
    registry = Registry.open(load({}, database=postgresql, busy_seconds=0.5))
    try:
        with psycopg.connect(postgresql) as other:
            other.execute("SELECT position FROM head FOR UPDATE")
            with pytest.raises(StoreBusy, match="try again"):
                register(registry, "a")
        register(registry, "a")
    finally:
        registry.close()


@pytest.mark.postgresql
@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_cannot_hold_every_text_is_refused(postgresql_server: str, encoding: str) -> None:
    name = f"lineal_{encoding.lower()}"
    made = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING {} LOCALE 'C'")
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute(made.format(sql.Identifier(name), sql.Literal(encoding)))
        try:
            before, question, parameters = postgresql_server.partition("?")
            url = f"{before.rsplit('/', 1)[0]}/{name}{question}{parameters}"
            assert urlsplit(url).path == f"/{name}"
            with pytest.raises(StoreUnavailable, match="ENCODING 'UTF8'"):
                Registry.open(load({}, database=url))
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def file(migrated_file: Path, tmp_path: Path) -> Path:
    """A database which a test may damage."""
    return Path(shutil.copy(migrated_file, tmp_path / "lineal.db"))


@pytest.fixture
def lived_in(file: Path) -> Iterator[Registry]:
    opened = Registry.open(load({}, database=f"sqlite:///{file}", busy_seconds=0.5))
    register(opened, "old")
    yield opened
    opened.close()


def test_a_damaged_file(file: Path, lived_in: Registry) -> None:
    size = file.stat().st_size
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    with file.open("r+b") as target:
        target.seek(8_192)
        target.write(b"\xde\xad" * ((size - 8_192) // 2))
    with pytest.raises(StoreUnavailable, match="damaged, restore a backup"):
        lived_in.catalog.changes()


def test_a_file_that_somebody_else_holds(file: Path, lived_in: Registry) -> None:
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy, match=r"was busy for 0\.5 s"):
        register(lived_in, "new")
    assert lived_in.lookup.subjects(), "reading goes on"
    other.execute("ROLLBACK")
    other.close()
    register(lived_in, "new")


def fill(registry: Registry) -> None:
    for number in range(10_000):
        register(registry, f"new{number}")


def test_a_full_disk(file: Path) -> None:
    full = Registry.open(load({}, database=f"sqlite:///{file}", connections=1))
    try:
        with full.store.operate() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreUnavailable, match="full"):
            fill(full)
        acknowledged = full.catalog.position()
        with full.store.operate() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
        register(full, "after")
        assert full.catalog.position() == acknowledged + 1, "what was refused has left nothing behind"
        assert full.upkeep.verify() == []
    finally:
        full.close()
