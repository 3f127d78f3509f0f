"""What each event does to the projections: one function per event, one module per family of events.

Registrations, of which there are many more than of anything else, are brought in together where they come together.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Final

from sqlalchemy import Connection, delete

from registry.events import Entry, SchemaRegistered
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


def apply(connection: Connection, entries: Iterable[Entry]) -> None:
    """Bring the projections up to date with some entries, in their order."""
    for kind, run in groupby(entries, key=lambda entry: type(entry.event)):
        if kind is SchemaRegistered:
            versions.registered(connection, list(run))
        elif change := _CHANGES.get(kind):
            for entry in run:
                change(connection, entry, entry.event)


def clear(connection: Connection) -> None:
    """Forget everything that the log can give again."""
    for table in tables.PROJECTIONS:
        connection.execute(delete(table))
