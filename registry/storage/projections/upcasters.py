"""What the publication and the withdrawal of upcasters do."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, delete, insert

from registry.events import Entry, UpcasterPublished, UpcasterWithdrawn, micros
from registry.model import Subject
from registry.storage.projections.change import Changes, text
from registry.storage.tables import upcaster


def _upcaster_published(connection: Connection, entry: Entry, event: UpcasterPublished) -> None:
    _drop_upcaster(connection, entry.subject, event.source, event.target)
    connection.execute(
        insert(upcaster),
        [
            {
                "context": entry.subject.context,
                "subject": entry.subject.name,
                "source": event.source,
                "target": event.target,
                "revision": event.revision,
                "hash": event.hash,
                "document": text(event.document),
                "migration_rules": text(event.migration_rules),
                "details": text(event.details),
                "time": micros(entry.time),
                "actor": entry.origin.actor,
                "position": entry.position,
            }
        ],
    )


def _upcaster_withdrawn(connection: Connection, entry: Entry, event: UpcasterWithdrawn) -> None:
    _drop_upcaster(connection, entry.subject, event.source, event.target)


def _drop_upcaster(connection: Connection, at: Subject, source: int, target: int) -> None:
    connection.execute(
        delete(upcaster).where(
            upcaster.c.context == at.context,
            upcaster.c.subject == at.name,
            upcaster.c.source == source,
            upcaster.c.target == target,
        )
    )


CHANGES: Final[Changes] = {
    UpcasterPublished: _upcaster_published,
    UpcasterWithdrawn: _upcaster_withdrawn,
}
