"""What PostgreSQL knows of how large its tables are, by which it chooses how to find rows.

It gathers that by itself, but only once a minute. Until then every connection would go on to search the tables as it
has planned to while they were nearly empty: from end to end, so that the first thousands of registrations took longer
the more there were.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, text

from registry.storage.tables import context, head, log, schema, subject, version

_FIRST: Final = 100
"""Entries of the log from which it is worth while: what fits a page or two is read from end to end anyway."""

_TABLES: Final = ", ".join(f'"{table.name}"' for table in (context, head, log, schema, subject, version))
_GATHER: Final = text(f"ANALYZE (SKIP_LOCKED) {_TABLES}")
"""Of a table that is being vacuumed, which knows its size after that, it is not gathered: nobody waits for it."""


def keep_up(connection: Connection, before: int, after: int) -> None:
    """Gather it each time the log has grown about fourfold: it stood at one position and now stands at another."""
    if connection.dialect.name == "postgresql" and after >= _FIRST and _power(before) != _power(after):
        connection.execute(_GATHER)


def _power(position: int) -> int:
    """Of four, below a position."""
    return position.bit_length() // 2
