"""What changes of exporters do."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, delete, insert, update

from registry.events import Entry, ExporterDefined, ExporterPaused, ExporterRemoved, ExporterReset, ExporterResumed
from registry.storage.projections.change import Changes, text
from registry.storage.tables import exporter


def _exporter_defined(connection: Connection, entry: Entry, event: ExporterDefined) -> None:
    name = event.definition.name
    defined = {"definition": text(event.definition)}
    if not connection.execute(update(exporter).where(exporter.c.name == name).values(**defined)).rowcount:
        connection.execute(insert(exporter), [{"name": name, "paused": False, "epoch": entry.position, **defined}])


def _exporter_paused(connection: Connection, _entry: Entry, event: ExporterPaused) -> None:
    connection.execute(update(exporter).where(exporter.c.name == event.name).values(paused=True))


def _exporter_resumed(connection: Connection, _entry: Entry, event: ExporterResumed) -> None:
    connection.execute(update(exporter).where(exporter.c.name == event.name).values(paused=False))


def _exporter_reset(connection: Connection, entry: Entry, event: ExporterReset) -> None:
    connection.execute(update(exporter).where(exporter.c.name == event.name).values(epoch=entry.position))


def _exporter_removed(connection: Connection, _entry: Entry, event: ExporterRemoved) -> None:
    connection.execute(delete(exporter).where(exporter.c.name == event.name))


CHANGES: Final[Changes] = {
    ExporterDefined: _exporter_defined,
    ExporterPaused: _exporter_paused,
    ExporterResumed: _exporter_resumed,
    ExporterReset: _exporter_reset,
    ExporterRemoved: _exporter_removed,
}
