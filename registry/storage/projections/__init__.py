"""What each event does to the projections: one function per event, one module per family of events."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, delete

from registry.events import Entry
from registry.storage import tables
from registry.storage.projections import (
    access,
    associations,
    contracts,
    exporters,
    settings,
    upcasters,
    versions,
    webhooks,
)
from registry.storage.projections.change import Changes

_FAMILIES: Final = (versions, settings, upcasters, contracts, associations, webhooks, access, exporters)
_CHANGES: Final[Changes] = {kind: change for family in _FAMILIES for kind, change in family.CHANGES.items()}


def apply(connection: Connection, entry: Entry) -> None:
    """Bring the projections up to date with one entry."""
    if change := _CHANGES.get(type(entry.event)):
        change(connection, entry, entry.event)


def clear(connection: Connection) -> None:
    """Forget everything that the log can give again."""
    for table in tables.PROJECTIONS:
        connection.execute(delete(table))
