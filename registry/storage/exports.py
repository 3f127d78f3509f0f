"""Exporters, how far each is, and which node works for it: a lease in the database, so that one does at a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import and_, delete, insert, select, update

from registry.events import micros, moment
from registry.model import Exporter, ExporterDefinition
from registry.storage.reading import Reading
from registry.storage.tables import export, exporter
from registry.storage.writing import Writing

_definition = msgspec.json.Decoder(ExporterDefinition)
_ALL: Final = select(
    exporter.c.definition, exporter.c.paused, exporter.c.epoch, export.c.position, export.c.time, export.c.trace
).outerjoin_from(exporter, export, and_(export.c.name == exporter.c.name, export.c.epoch == exporter.c.epoch))


def exporters(reading: Reading) -> list[Exporter]:
    """All, by name."""
    return [
        Exporter(
            definition=_definition.decode(row.definition),
            paused=row.paused,
            epoch=row.epoch,
            position=row.position,
            changed=None if row.time is None else moment(row.time),
            trace=row.trace or "",
        )
        for row in reading.unlogged.execute(_ALL.order_by(exporter.c.name))
    ]


def claim(writing: Writing, wanted: Exporter, holder: str, now: datetime, lease: timedelta) -> int | None:
    """The position to go on from, if no other node works for the exporter; it is this node's until the lease ends."""
    name = wanted.definition.name
    row = writing.connection.execute(select(export).where(export.c.name == name)).one_or_none()
    if row is not None and row.holder not in ("", holder) and row.until > micros(now):
        return None
    position = row.position if row is not None and row.epoch == wanted.epoch else 0
    trace = row.trace if row is not None and row.epoch == wanted.epoch else ""
    _put(writing, wanted, position, trace, holder, now, now + lease)
    return position


def advance(
    writing: Writing, wanted: Exporter, position: int, trace: str, holder: str, now: datetime, lease: timedelta
) -> bool:
    """Note how far it is; False where another node has taken over, or it was reset or removed."""
    held = and_(export.c.name == wanted.definition.name, export.c.holder == holder, export.c.epoch == wanted.epoch)
    changed = update(export).where(held)
    values = {"position": position, "trace": trace, "time": micros(now), "until": micros(now + lease)}
    return bool(writing.connection.execute(changed.values(**values)).rowcount)


def forget(writing: Writing, name: str) -> None:
    """Of an exporter that is no more."""
    writing.connection.execute(delete(export).where(export.c.name == name))


def _put(
    writing: Writing, wanted: Exporter, position: int, trace: str, holder: str, now: datetime, until: datetime
) -> None:
    name = wanted.definition.name
    values = {"epoch": wanted.epoch, "position": position, "trace": trace, "time": micros(now)}
    values |= {"holder": holder, "until": micros(until)}
    if not writing.connection.execute(update(export).where(export.c.name == name).values(**values)).rowcount:
        writing.connection.execute(insert(export), [{"name": name, **values}])
