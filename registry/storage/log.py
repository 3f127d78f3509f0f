"""The log: append and read. Positions are dense and in the order of commits."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, and_, bindparam, insert, or_, select, update

from registry import events
from registry.access.roles import WHOLE, View
from registry.errors import UnkeepableText
from registry.events import Entry, Event, Line, micros
from registry.model import Subject
from registry.storage import tables
from registry.storage.prepared import Prepared, given
from registry.storage.visibility import shows_entry

_READ_AT_ONCE: Final = 1_000
_GREATEST: Final = 2**63 - 1
"""Position that a database can be asked about."""
_NUL: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
"""As JSON has it: a backslash that is not itself escaped, and the number."""

_HEAD: Final = select(tables.head.c.position)
_POSITION: Final = Prepared(_HEAD)
_LOCK: Final = Prepared(_HEAD.with_for_update())
_APPEND: Final = Prepared(
    insert(tables.log),
    many=insert(tables.log).from_select(tables.log.columns.keys(), select(given(tables.log.columns))),
)
_ADVANCE: Final = Prepared(update(tables.head).values(position=bindparam("last")))


def lock(connection: Connection) -> int:
    """Become the one writer until the transaction ends; the last position so far."""
    position: int = _LOCK.scalar(connection)
    return position


def append(connection: Connection, entries: Sequence[Entry]) -> None:
    """Add entries, whose positions follow the one that ``lock`` has given. Raises UnkeepableText."""
    _APPEND.change_many(connection, [_row(entry) for entry in entries])
    _ADVANCE.change(connection, last=entries[-1].position)


_STREAMS: Final = Prepared(
    select(tables.log.c.context, tables.log.c.stream)
    .where(tables.log.c.position > bindparam("after"), tables.log.c.position <= bindparam("last"))
    .order_by(tables.log.c.position)
)


@cache
def _changed(count: int) -> Prepared:
    """The log's end, if that or some streams are not what they were; a disjunction, of which the index on streams
    answers each part.
    """
    row, head = tables.log.c, tables.head.c
    parts = (
        and_(
            row.context == bindparam(f"context{place}"),
            row.stream == bindparam(f"stream{place}"),
            row.position > bindparam("after"),
        )
        for place in range(count)
    )
    happened = select(row.position).where(or_(*parts)).limit(1).exists()
    return Prepared(select(head.position).where(or_(head.position < bindparam("after"), happened)))


def changed(connection: Connection, streams: Collection[Subject], after: int) -> bool:
    """Whether anything has happened in one of these streams after a position, or the log has not come that far.

    It has gone back where another copy of the database has taken over.
    """
    keys = {f"context{place}": stream.context for place, stream in enumerate(streams)}
    keys |= {f"stream{place}": stream.name for place, stream in enumerate(streams)}
    return _changed(len(streams)).one(connection, after=after, **keys) is not None


def streams(connection: Connection, after: int, last: int) -> list[Subject]:
    """The streams of the entries after one position up to another, in their order."""
    return [Subject(row.context, row.stream) for row in _STREAMS.rows(connection, after=after, last=last)]


def position(connection: Connection) -> int:
    """Of the last entry; 0 when the log is empty."""
    last: int = _POSITION.scalar(connection)
    return last


def read(
    connection: Connection,
    *,
    after: int = 0,
    before: int | None = None,
    subject: Subject | None = None,
    kind: type[Event] | None = None,
    limit: int,
    newest_first: bool = False,
    view: View = WHOLE,
) -> list[Entry]:
    """Entries in a view, after one position and before another, optionally of one stream or type only.

    Raises UnknownEvent for one that a newer version has written, DamagedArchive for one that cannot be read.
    """
    at = tables.log.c.position
    query = (
        select(tables.log).where(at > min(after, _GREATEST)).order_by(at.desc() if newest_first else at).limit(limit)
    )
    if before is not None:
        query = query.where(at < before)
    if subject is not None:
        query = query.where(tables.log.c.context == subject.context, tables.log.c.stream == subject.name)
    if view is not WHOLE:
        query = query.where(shows_entry(view, tables.log.c.context, tables.log.c.stream))
    if kind is not None:
        query = query.where(tables.log.c.type == kind.__name__)
    return [_line(row).entry() for row in connection.execute(query)]


def lines(connection: Connection, *, after: int, last: int, limit: int) -> list[Line]:
    """Entries as they are kept, after one position up to another."""
    at = tables.log.c.position
    query = select(tables.log).where(at > min(after, _GREATEST), at <= last).order_by(at).limit(limit)
    return [_line(row) for row in connection.execute(query)]


def adopt(connection: Connection, copied: Sequence[Line]) -> None:
    """Add entries of another log, untouched; their positions follow the one that ``lock`` has given."""
    _APPEND.change_many(connection, [msgspec.structs.asdict(line) for line in copied])
    _ADVANCE.change(connection, last=copied[-1].position)


def replay(connection: Connection, *, after: int = 0, last: int | None = None) -> Iterator[Entry]:
    """The log, or a stretch of it, oldest first, a thousand entries in memory at a time."""
    before = None if last is None else last + 1
    while entries := read(connection, after=after, before=before, limit=_READ_AT_ONCE):
        yield from entries
        after = entries[-1].position


def position_at(connection: Connection, time: datetime, last: int = _GREATEST) -> int:
    """Of the last entry up to a position that was written at a time or before; 0 for none.

    The newest by its time is looked up; after it there are earlier ones only where a clock was set back.
    """
    written, at = tables.log.c.time, tables.log.c.position
    until = select(at).where(written <= micros(time), at <= last)
    newest: int = connection.execute(until.order_by(written.desc(), at.desc()).limit(1)).scalar() or 0
    return connection.execute(until.where(at > newest).order_by(at.desc()).limit(1)).scalar() or newest


def _row(entry: Entry) -> dict[str, Any]:
    payload = events.encode(entry.event)
    if "u0000" in payload and _NUL.search(payload):
        raise UnkeepableText
    return {
        "position": entry.position,
        "time": micros(entry.time),
        "actor": entry.origin.actor,
        "request_id": entry.origin.request_id,
        "reason": entry.origin.reason,
        "context": entry.subject.context,
        "stream": entry.subject.name,
        "type": type(entry.event).__name__,
        "type_version": entry.event.version_of_type,
        "payload": payload,
    }


def _line(row: Row[Any]) -> Line:
    return Line(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
