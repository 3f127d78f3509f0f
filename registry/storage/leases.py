"""Who does what only one may do at a time: a row per task, held for a while and renewed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from registry.storage.tables import lease

_MICROS: Final = 1_000_000
_INSERTS: Final[Mapping[str, Any]] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def take(connection: Connection, name: str, holder: str, seconds: float) -> bool:
    """Whether ``holder`` has the task for so long from now: nobody had it, it ran out, or it was the holder's own."""
    now = _now(connection)
    until = now + round(seconds * _MICROS)
    added = _INSERTS[connection.dialect.name](lease).values(name=name, holder=holder, until=until)
    connection.execute(added.on_conflict_do_nothing())
    free = or_(lease.c.holder == holder, lease.c.until < now)
    taken = update(lease).where(lease.c.name == name, free).values(holder=holder, until=until)
    return bool(connection.execute(taken).rowcount)


def give_up(connection: Connection, name: str, holder: str) -> None:
    """Let another one have the task at once."""
    connection.execute(delete(lease).where(lease.c.name == name, lease.c.holder == holder))


def _now(connection: Connection) -> int:
    """By the clock that all holders share: the server's, or this machine's where the database is a file."""
    if connection.dialect.name == "postgresql":
        seconds = connection.execute(select(func.extract("epoch", func.clock_timestamp()))).scalar_one()
        return round(float(seconds) * _MICROS)
    return round(time.time() * _MICROS)
