"""Bring the tables of a database up to date, one node at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from registry.errors import StoreUnavailable

LATEST: Final = "0010"
"""The revision this code needs."""

_ADVISORY_LOCK: Final = 0x6C696E65616C  # "lineal"


def upgrade(connection: Connection) -> None:
    """Run what is missing inside the caller's transaction; another node that starts meanwhile waits.

    Raises StoreUnavailable for tables that a newer version has made, and for a database that cannot hold every text.
    """
    if connection.dialect.name == "postgresql":
        encoding = connection.execute(text("SHOW server_encoding")).scalar()
        if encoding != "UTF8":
            raise StoreUnavailable(
                f"its encoding is {encoding}, in which not every schema can be kept: make the database with "
                "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
            )
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
    found = current(connection)
    if found == LATEST:
        return
    if found is not None and found > LATEST:
        raise StoreUnavailable(
            f"its tables are of revision {found}, made by a newer version of lineal; this one knows them up to "
            f"{LATEST}: install the newer one again, or restore a backup"
        )
    from alembic import command
    from alembic.config import Config

    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).parent))
    configuration.set_main_option("path_separator", "os")
    configuration.attributes["connection"] = connection
    command.upgrade(configuration, "head")


def current(connection: Connection) -> str | None:
    """The revision of the tables; None where there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found
