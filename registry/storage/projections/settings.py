"""What changes of configurations, modes and contexts do."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, and_, delete, insert, update

from registry.events import ConfigurationChanged, ConfigurationRemoved, ContextRemoved, Entry, ModeChanged, ModeRemoved
from registry.model import Subject
from registry.storage.projections.change import Changes, text
from registry.storage.tables import context, setting


def _configuration_changed(connection: Connection, entry: Entry, event: ConfigurationChanged) -> None:
    _set(connection, entry.subject, configuration=text(event.configuration))


def _configuration_removed(connection: Connection, entry: Entry, _event: ConfigurationRemoved) -> None:
    _set(connection, entry.subject, configuration=None)


def _mode_changed(connection: Connection, entry: Entry, event: ModeChanged) -> None:
    _set(connection, entry.subject, mode=event.mode)


def _mode_removed(connection: Connection, entry: Entry, _event: ModeRemoved) -> None:
    _set(connection, entry.subject, mode=None)


def _set(connection: Connection, scope: Subject, **values: str | None) -> None:
    row = and_(setting.c.context == scope.context, setting.c.subject == scope.name)
    if not connection.execute(update(setting).where(row).values(**values)).rowcount:
        connection.execute(insert(setting), [{"context": scope.context, "subject": scope.name, **values}])
    connection.execute(delete(setting).where(row, setting.c.configuration.is_(None), setting.c.mode.is_(None)))


def _context_removed(connection: Connection, entry: Entry, _event: ContextRemoved) -> None:
    name = entry.subject.context
    connection.execute(delete(context).where(context.c.name == name))
    connection.execute(delete(setting).where(setting.c.context == name))


CHANGES: Final[Changes] = {
    ConfigurationChanged: _configuration_changed,
    ConfigurationRemoved: _configuration_removed,
    ModeChanged: _mode_changed,
    ModeRemoved: _mode_removed,
    ContextRemoved: _context_removed,
}
