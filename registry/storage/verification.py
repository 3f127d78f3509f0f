"""Replay the log beside the projections and name every row that differs."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, create_engine, select

from registry.storage import log, projections
from registry.storage.reading import Reading
from registry.storage.tables import PROJECTIONS, metadata

_MOST_SHOWN: Final = 100
_APPLIED_TOGETHER: Final = 500
_ROWS_AT_ONCE: Final = 1_000

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Deviation:
    """A row that is not what the log says."""

    table: str
    key: str
    kept: str
    """As it stands in the projection, empty if missing."""
    replayed: str
    """As the log gives it, empty if it should not be there."""


def replay(
    source: Connection,
    target: Connection,
    progress: Progress | None = None,
    *,
    after: int = 0,
    last: int | None = None,
) -> int:
    """Apply the log of ``source`` (or a stretch of it) to the projections of ``target``; the number of entries."""
    total, done = log.position(source) if last is None else last - after, 0
    entries = log.replay(source, after=after, last=last)
    while together := list(islice(entries, _APPLIED_TOGETHER)):
        projections.apply(target, together)
        done += len(together)
        if progress is not None and done < total:
            progress(done, total)
    if progress is not None:
        progress(done, total)
    return done


def deviations(reading: Reading, progress: Progress | None) -> list[Deviation]:
    """At most a hundred rows that differ from a replay into a scratch database on disk."""
    with tempfile.TemporaryDirectory(prefix="lineal-verify-") as folder:
        scratch = create_engine(f"sqlite:///{Path(folder) / 'scratch.db'}")
        try:
            metadata.create_all(scratch, tables=list(PROJECTIONS))
            with scratch.begin() as replayed:
                replay(reading.log, replayed, progress, last=reading.position())
                found = (each for table in PROJECTIONS for each in _compared(table, reading.connection, replayed))
                return list(islice(found, _MOST_SHOWN))
        finally:
            scratch.dispose()


def _compared(table: Table, kept: Connection, replayed: Connection) -> Iterator[Deviation]:
    """Walk both sides in the order of the primary key."""
    left, right = _rows(table, kept), _rows(table, replayed)
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        if one is not None and other is not None and one[0] == other[0]:
            if one[1] != other[1]:
                yield Deviation(table.name, _shown(one[0]), _shown(one[1]), _shown(other[1]))
            one, other = next(left, None), next(right, None)
        elif other is None or (one is not None and one[0] < other[0]):
            assert one is not None  # noqa: S101 - the loop's condition, for the type checker
            yield Deviation(table.name, _shown(one[0]), _shown(one[1]), "")
            one = next(left, None)
        else:
            yield Deviation(table.name, _shown(other[0]), "", _shown(other[1]))
            other = next(right, None)


def _rows(table: Table, connection: Connection) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    key = list(table.primary_key.columns)
    places = [list(table.columns).index(column) for column in key]
    with connection.execute(select(table).order_by(*key), execution_options={"yield_per": _ROWS_AT_ONCE}) as result:
        for row in result:
            yield tuple(row[place] for place in places), tuple(row)


def _shown(values: tuple[Any, ...] | Row[Any]) -> str:
    return ", ".join(map(str, values))
