"""For events in a PostgreSQL table: the three ways to bring a store up to date, driven by the same chains.

    events = EventTable("events")
    chains = unbundle(Path("chains.json").read_bytes())
    create_view(connection, events, chains, "events_latest")      upcasting: old events are read in their new shape
    migrate_in_place(connection, events, chains)                  in-place: old events are rewritten where they stand
    copy_and_transform(connection, events, chains, "events_new")  copy-and-transform: a new store beside the old one
    swap(connection, events, "events_new", "events_old")          … which takes its place

The database computes everything, with functions generated from the plans; where a chain drops events or makes one of
several, they pass through this process in order. Long work is done in batches, each its own
transaction: interrupted, it goes on where it was when it is called again. The connection must be in autocommit mode.
PostgreSQL 14 or later; needs psycopg 3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import psycopg
from psycopg import sql

from upcasters.errors import UpcastersError, UpcastFailed
from upcasters.integrations.event_table_replay import Job, OnFailure, named, whole_events
from upcasters.integrations.event_table_sql import (
    REPLACED,
    Chains,
    Connection,
    EventTable,
    Functions,
    column_names,
    continue_numbers,
    create_beside,
    holds,
    install,
    lock,
    new_columns,
    new_payload,
    new_version,
    number,
    replaced,
)

BATCH: Final = 1_000

Progress = Callable[[int, int], None]
"""Told how many events are done, of how many."""


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration has done."""

    events: int
    failed: tuple[tuple[int, UpcastFailed], ...] = ()
    """Position and reason of the events that were left as they are, in this run."""
    held: int = 0
    """Copied nowhere yet: in groups that are not complete. ``swap`` says what becomes of them."""


def create_view(connection: Connection, table: EventTable, chains: Chains, name: str) -> None:
    """Upcasting: a view with the columns of the table, in which every event has its newest version.

    Nothing is written, and nothing can go stale. Raises NotPortable, NotAPayload.
    """
    columns = new_columns(connection, table, install(connection, chains), chains)
    with connection.transaction():
        connection.execute(
            sql.SQL("CREATE OR REPLACE VIEW {} AS SELECT {} FROM {} AS t").format(
                sql.Identifier(table.schema, name), columns, table.identifier
            )
        )


def migrate_in_place(
    connection: Connection,
    table: EventTable,
    chains: Chains,
    *,
    batch: int = BATCH,
    on_failure: OnFailure = "raise",
    progress: Progress | None = None,
) -> Migrated:
    """In-place: old events are overwritten. ``lineal.replaced`` keeps version and SHA-256 of what each was.

    An event that fails stops it or, under ``skip``, is left as it is. Where a chain makes one event of several, it
    takes the place of the last of them, and the others go; nobody may write old events meanwhile. Raises UpcastFailed
    with the position and place, NotPortable, NotAPayload, and UpcastersError where old events came in behind others.
    """
    if whole_events(chains):
        return _gather_in_place(Job(connection, table, table, chains, on_failure), batch, progress)
    functions = install(connection, chains)
    connection.execute(REPLACED)
    work = _InPlace(connection, table, chains, functions)
    total, done, after, failed = work.count(), 0, None, []
    while due := work.due(after, batch):
        try:
            work.rewrite(due)
        except psycopg.DataError as error:
            for position in due:
                try:
                    work.rewrite([position])
                except psycopg.DataError:
                    failure = work.failure(position, error)
                    if on_failure == "raise":
                        raise failure from error
                    failed.append((position, failure))
        done, after = done + len(due), due[-1]
        if progress is not None:
            progress(done, total)
    return Migrated(done - len(failed), tuple(failed))


def _gather_in_place(job: Job, batch: int, progress: Progress | None) -> Migrated:
    job.begin()
    done = _taken(job, batch, progress)
    with job.connection.transaction():
        lock(job.connection, job.table)
        done += job.close()
    return Migrated(done - len(job.failed), tuple(job.failed))


def copy_and_transform(
    connection: Connection,
    table: EventTable,
    chains: Chains,
    target: str,
    *,
    batch: int = BATCH,
    on_failure: OnFailure = "raise",
    progress: Progress | None = None,
) -> Migrated:
    """Copy-and-transform: a table beside the old one with every event in its newest version; call ``swap`` at the end.

    The old table is only read. An event that fails stops it or, under ``skip``, is copied as it is; give ``swap`` the
    same then. Where a chain makes one event of several, it has the position and the other columns of the last of them.
    Raises UpcastFailed with the position and place, NotPortable, NotAPayload.
    """
    if whole_events(chains) or on_failure == "skip":
        job = Job(connection, table, table.beside(target), chains, on_failure)
        job.begin()
        done = _taken(job, batch, progress)
        return Migrated(done - len(job.failed), tuple(job.failed), job.held())
    copy = _Copy(connection, table, table.beside(target), chains, install(connection, chains))
    create_beside(connection, table, copy.target)
    return Migrated(_taken(copy, batch, progress))


def _taken(work: Job | _Copy, batch: int, progress: Progress | None) -> int:
    """Take batch after batch; how many events."""
    total, done = work.count(), 0
    while moved := work.batch(batch):
        done += moved
        if progress is not None:
            progress(done, total)
    return done


def swap(
    connection: Connection,
    table: EventTable,
    target: str,
    kept_as: str,
    chains: Chains,
    *,
    on_failure: OnFailure = "raise",
) -> int:
    """Put the copy in the place of the table, which is kept under another name; the number of late events taken along.

    In one transaction that lets nobody write: what was appended meanwhile, or with a position lower than what was
    copied already, is transformed now, and groups that are not complete are closed. Raises UpcastersError if the two do
    not hold the same events then, or if events came in behind others where several become one.
    """
    job = Job(connection, table, table.beside(target), chains, on_failure)
    copy = job if job.under_way() else _Copy(connection, table, job.target, chains, install(connection, chains))
    with connection.transaction():
        lock(connection, table)
        late = copy.close()
        continue_numbers(connection, copy.target)
        connection.execute(sql.SQL("ALTER TABLE {} RENAME TO {}").format(table.identifier, sql.Identifier(kept_as)))
        connection.execute(
            sql.SQL("ALTER TABLE {} RENAME TO {}").format(copy.target.identifier, sql.Identifier(table.name))
        )
    return late


@dataclass(frozen=True, slots=True)
class _InPlace:
    connection: Connection
    table: EventTable
    chains: Chains
    functions: Functions

    def count(self) -> int:
        """Old events."""
        return number(self.connection, sql.SQL("SELECT count(*) FROM {} AS t WHERE {}").format(self._t, self._old))

    def due(self, after: int | None, most: int) -> list[int]:
        """Positions of the next old events."""
        position = sql.Identifier("t", self.table.position)
        later = sql.SQL("true") if after is None else sql.SQL("{} > {}").format(position, sql.Literal(after))
        query = sql.SQL("SELECT {p} FROM {t} AS t WHERE {old} AND {later} ORDER BY {p} LIMIT {most}").format(
            p=position, t=self._t, old=self._old, later=later, most=sql.Literal(most)
        )
        return [row[0] for row in self.connection.execute(query)]

    def rewrite(self, positions: list[int]) -> None:
        """All of them or none."""
        position = sql.Identifier("t", self.table.position)
        due = sql.SQL("{} AND {} = ANY(%(due)s)").format(self._old, position)
        with self.connection.transaction():
            self.connection.execute(replaced(self.table, due), {"due": positions})
            self.connection.execute(
                sql.SQL("UPDATE {} AS t SET {} = {}, {} = {} WHERE {}").format(
                    self._t,
                    sql.Identifier(self.table.payload),
                    new_payload(self.table, self.functions),
                    sql.Identifier(self.table.version),
                    new_version(self.table, self.chains),
                    due,
                ),
                {"due": positions},
            )

    def failure(self, position: int, error: psycopg.DataError) -> UpcastFailed:
        """What is wrong with one event, as the interpreter says it."""
        return _failure(self.connection, self.table, self.chains, position, error)

    @property
    def _t(self) -> sql.Identifier:
        return self.table.identifier

    @property
    def _old(self) -> sql.Composable:
        return sql.SQL("({})").format(sql.SQL(" OR ").join(holds(self.table, key) for key in self.functions))


@dataclass(frozen=True, slots=True)
class _Copy:
    connection: Connection
    table: EventTable
    target: EventTable
    chains: Chains
    functions: Functions

    def count(self) -> int:
        return number(self.connection, sql.SQL("SELECT count(*) FROM {}").format(self.table.identifier))

    def copied(self) -> int:
        return number(self.connection, sql.SQL("SELECT count(*) FROM {}").format(self.target.identifier))

    def batch(self, most: int) -> int:
        """Copy the next events after the last one copied; how many."""
        position = sql.Identifier("t", self.table.position)
        last = sql.SQL("SELECT max({}) FROM {}").format(sql.Identifier(self.table.position), self.target.identifier)
        return self._insert(
            sql.SQL("{p} > coalesce(({last}), {p} - 1) ORDER BY {p} LIMIT {most}").format(
                p=position, last=last, most=sql.Literal(most)
            )
        )

    def close(self) -> int:
        """Copy whatever is not there, whatever its position; how many. Raises UpcastersError if that is not enough."""
        name = sql.Identifier(self.table.position)
        late = self._insert(
            sql.SQL("NOT EXISTS (SELECT FROM {} AS c WHERE c.{} = t.{}) ORDER BY t.{}").format(
                self.target.identifier, name, name, name
            )
        )
        if self.count() != self.copied():
            raise UpcastersError(f"{self.target.name} holds other events than {self.table.name}: drop it and copy anew")
        return late

    def _insert(self, which: sql.Composable) -> int:
        names = column_names(self.connection, self.table)
        statement = sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {} AS t WHERE {}").format(
            self.target.identifier,
            sql.SQL(", ").join(map(sql.Identifier, names)),
            new_columns(self.connection, self.table, self.functions, self.chains),
            self.table.identifier,
            which,
        )
        try:
            with self.connection.transaction():
                return self.connection.execute(statement).rowcount
        except psycopg.DataError as error:
            raise self._first_failure(error) from error

    def _first_failure(self, error: psycopg.DataError) -> UpcastersError:
        """The first old event that its chain does not take, found by the interpreter."""
        work = _InPlace(self.connection, self.table, self.chains, self.functions)
        after = None
        while due := work.due(after, BATCH):
            for position in due:
                try:
                    _bring(self.connection, self.table, self.chains, position)
                except UpcastFailed:
                    return work.failure(position, error)
            after = due[-1]
        return UpcastersError(f"PostgreSQL refuses an event of {self.table.name}: {error}")


def _bring(connection: Connection, table: EventTable, chains: Chains, position: int) -> None:
    """One event through its chain, here. Raises UpcastFailed."""
    query = sql.SQL("SELECT {}, {}, {} FROM {} WHERE {} = %s").format(
        *(sql.Identifier(name) for name in (table.type, table.version, table.payload)),
        table.identifier,
        sql.Identifier(table.position),
    )
    row = connection.execute(query, (position,)).fetchone()
    if row is not None:
        chains[row[0], row[1]](row[2])


def _failure(
    connection: Connection, table: EventTable, chains: Chains, position: int, error: psycopg.DataError
) -> UpcastFailed:
    try:
        _bring(connection, table, chains, position)
    except UpcastFailed as found:
        return named(found, table, [position])
    return UpcastFailed("", (0, 0), "", "", f"{table.name} at position {position}: PostgreSQL refuses it: {error}")
