"""What associations with resources do."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import Connection, delete, insert

from registry.events import AssociationRemoved, AssociationSet, Entry
from registry.storage.projections.change import Changes
from registry.storage.tables import association


def _association_set(connection: Connection, entry: Entry, event: AssociationSet) -> None:
    connection.execute(delete(association).where(association.c.guid == event.guid))
    values = msgspec.structs.asdict(event)
    at = {"context": entry.subject.context, "subject": entry.subject.name, "position": entry.position}
    connection.execute(insert(association), [{**values, **at}])


def _association_removed(connection: Connection, _entry: Entry, event: AssociationRemoved) -> None:
    connection.execute(delete(association).where(association.c.guid == event.guid))


CHANGES: Final[Changes] = {
    AssociationSet: _association_set,
    AssociationRemoved: _association_removed,
}
