# ruff: noqa: S608 - names and constants only ever enter the text quoted
"""PostgreSQL, in a server: as a function of jsonb, and as a view whose columns are computed one by one.

What a proof does there leaves nothing behind, and needs no right but TEMPORARY, which databases grant to everybody:
everything is made in ``pg_temp``, on a connection of its own, in a transaction that is rolled back whatever happens.
Only functions of the language and of ``pg_catalog`` are found there, no tables; no lock is waited for, and no
statement takes longer than the proof has time.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from registry.upcasting.engines import columns
from registry.upcasting.engines.clock import Clock, NotCompared
from registry.upcasting.engines.engine import Asked, Engine, EventRefused, one_by_one
from upcasters.compile import postgresql as target
from upcasters.compile.sql_text import Sql, identifier

_LOG: Final = logging.getLogger(__name__)
_SCHEMA: Final = "pg_temp"
_CONNECT_SECONDS: Final = 3
_PREPARED: Final = (
    f"SET LOCAL search_path = {_SCHEMA}; SET LOCAL lock_timeout = '1s'; SET LOCAL work_mem = '16MB';"
    " SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL idle_in_transaction_session_timeout = '60s'"
)


def at(url: str) -> tuple[Engine, ...]:
    """The engines of the server at a URL; with none, engines that say so."""

    def function(asked: Asked, events: Sequence[Any], clock: Clock) -> list[Any]:
        made = target.function(asked.plan, "upcast", _SCHEMA)
        query = f"SELECT e.place, {_SCHEMA}.upcast(e.event)::text FROM ({_EVENTS}) AS e"
        return _answers(url, made, query, events, clock, lambda result: result)

    def view(asked: Asked, events: Sequence[Any], clock: Clock) -> list[Any]:
        place = columns.unused(asked.result)
        made = target.view(asked.plan, asked.result, "seen", "stored", "event", (place,), _SCHEMA)
        query = f"SELECT seen.{identifier(place)}, to_jsonb(seen)::text FROM seen"
        stored = f"CREATE TABLE stored ({identifier(place)} bigint, event jsonb)"

        def row(result: Any) -> Any:
            return columns.without_nulls({name: value for name, value in result.items() if name != place})

        return _answers(url, f"{stored}; {made}", query, events, clock, row, table=True)

    return Engine("PostgreSQL", function), Engine("PostgreSQL view", view, shown=columns.seen)


_EVENTS: Final = "SELECT place, event::jsonb FROM unnest(%s::text[]) WITH ORDINALITY AS given(event, place)"


def _answers(
    url: str,
    made: Sql,
    query: Sql,
    events: Sequence[Any],
    clock: Clock,
    read: Callable[[Any], Any],
    *,
    table: bool = False,
) -> list[Any]:
    """What a query makes of events, which are handed to it, or put into the table that it reads."""
    with _server(url) as connection:
        import psycopg

        def execute(statement: Sql, *given: Any) -> Any:
            connection.execute(f"SET LOCAL statement_timeout = {int(clock.left * 1000) + 1}")
            try:
                return connection.execute(statement.encode(), given or None)
            except psycopg.DataError as error:
                raise EventRefused from error
            except psycopg.errors.QueryCanceled as error:
                raise clock.over() from error

        def ask(some: Sequence[Any]) -> list[Any]:
            given = [json.dumps(event) for event in some]
            with connection.transaction():
                if table:
                    execute("TRUNCATE stored")
                    execute(f"INSERT INTO stored {_EVENTS}", given)
                rows = dict((execute(query) if table else execute(query, given)).fetchall())
            return [read(json.loads(rows[place])) if place in rows else None for place in range(1, len(some) + 1)]

        execute(target.runtime(_SCHEMA))
        execute(made)
        return one_by_one(ask, events)


@contextmanager
def _server(url: str) -> Iterator[Any]:
    """A connection of its own, in a transaction that is never committed. Raises NotCompared, and says why."""
    if not url:
        raise NotCompared("no PostgreSQL server is named: LINEAL_PROOF_POSTGRESQL names one")
    try:
        import psycopg
    except ImportError as error:
        raise NotCompared("psycopg is not installed here") from error
    try:
        server = psycopg.connect(url, autocommit=True, connect_timeout=_CONNECT_SECONDS, prepare_threshold=None)
    except psycopg.ProgrammingError as error:  # its words may hold what stands in the URL
        raise NotCompared("what is named is no URL of a PostgreSQL server") from error
    except psycopg.Error as error:  # its words name hosts and users, and reports are for everybody
        _LOG.warning("no connection to the PostgreSQL server that proofs ask: %s", _first(error))
        raise NotCompared("there was no connection to the server; the log of the registry has the reason") from error
    try:
        with server, server.transaction(force_rollback=True):
            server.execute(_PREPARED)
            yield server
    except psycopg.errors.InsufficientPrivilege as error:
        raise NotCompared(f"the role lacks a right in that database, TEMPORARY is needed: {_first(error)}") from error
    except psycopg.OperationalError as error:
        raise NotCompared(f"the server broke off: {_first(error)}") from error
    except psycopg.Error as error:
        raise NotCompared(f"it does not take what is compiled for it: {_first(error)}") from error


def _first(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
