"""The migrations make the tables that the code has, on both databases, once."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from registry.errors import StoreUnavailable
from registry.model import ANONYMOUS
from registry.service import Registry
from registry.settings import Settings
from registry.storage import migrations
from registry.storage.tables import metadata


def test_migrated_tables_are_those_of_the_code(registry: Registry) -> None:
    with registry.store.read() as reading:
        found = compare_metadata(MigrationContext.configure(reading.connection), metadata)
        assert migrations.current(reading.connection) == migrations.LATEST, "the last migration is the one needed"
    assert found == []


def test_tables_of_a_newer_version_are_left_alone(registry: Registry, settings: Settings) -> None:
    with registry.store.operate() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreUnavailable, match="made by a newer version of lineal"):
        Registry.open(settings)


def test_opening_again_finds_everything_done(registry: Registry, settings: Settings) -> None:
    again = Registry.open(settings)
    try:
        assert again.catalog.position() == 0
        with again.store.write(ANONYMOUS) as writing:
            migrations.upgrade(writing.connection)
    finally:
        again.close()
