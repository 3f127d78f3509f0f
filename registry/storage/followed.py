"""How far the registry that is followed was when it last answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from registry.events import micros, moment
from registry.storage.tables import following


@dataclass(frozen=True, slots=True)
class Followed:
    """What was last heard."""

    position: int
    """Of the last entry of the log that is followed."""
    contact: datetime | None
    """When it last answered, UTC; None before the first time."""
    error: str
    """What has gone wrong since; empty while it answers."""


def read(connection: Connection) -> Followed:
    """What was last heard, by whichever process follows."""
    row = connection.execute(select(following)).one_or_none()
    if row is None:
        return Followed(0, None, "")
    return Followed(row.position, moment(row.contact) if row.contact else None, row.error)


def write(connection: Connection, heard: Followed) -> None:
    """Remember it for every process."""
    values = {
        "position": heard.position,
        "contact": micros(heard.contact) if heard.contact else 0,
        "error": heard.error,
    }
    if not connection.execute(update(following).values(values)).rowcount:
        connection.execute(insert(following), [{"id": 1, **values}])
