# ruff: noqa: S608 - names and constants only ever enter the text quoted
"""DuckDB in memory, in each of the three forms in which it runs steps: on texts, as a view over them, on columns."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final

from registry.upcasting.engines import columns
from registry.upcasting.engines.clock import Clock, NotCompared
from registry.upcasting.engines.engine import Asked, Engine, EventRefused, one_by_one
from upcasters.compile import duckdb as target
from upcasters.compile.sql_places import Scalar, Type
from upcasters.compile.sql_text import Sql, identifier, quoted

_TEXTS: Final = "(SELECT unnest($1::VARCHAR[]) AS e, generate_subscripts($1::VARCHAR[], 1) AS place)"


def _on_texts(asked: Asked, events: Sequence[Any], clock: Clock) -> list[Any]:
    expression = target.expression(asked.plan, "e", asked.shape)
    return _answers(f"SELECT place, ({expression})::VARCHAR FROM {_TEXTS}", events, clock, lambda result: result)


def _as_a_view(asked: Asked, events: Sequence[Any], clock: Clock) -> list[Any]:
    place = columns.unused(asked.result)
    made = target.view(asked.plan, asked.result, "seen", "stored", "e", (place,))
    select = made[made.index("SELECT") :].rstrip().rstrip(";")  # what is made stays in this query
    stored = _TEXTS.replace("AS place", f"AS {identifier(place)}")
    return _rows(f"WITH stored AS {stored}", select, place, events, clock)


def _on_columns(asked: Asked, events: Sequence[Any], clock: Clock) -> list[Any]:
    place = columns.unused(asked.shape, asked.result)
    select = target.columns_of(asked.plan, asked.shape, asked.result, "stored", (place,))
    typed = _Stored("t", asked.shape)
    types = [f"{identifier(name)} {typed.sql_type(of)}" for name, of in columns.member_types(asked.shape)]
    structure = quoted(json.dumps([f"STRUCT({', '.join(types)})"]))
    rows = f"SELECT unnest(from_json($1, {structure})) AS e, generate_subscripts(from_json($1, {structure}), 1) AS p"
    stored = f"(SELECT p AS {identifier(place)}, unnest(e) FROM ({rows}))"
    return _rows(f"WITH stored AS {stored}", select, place, events, clock, whole=True)


class _Stored(target.TypedDuckDB):
    """The types of columns in which events are stored; what JSON has no value for is a text here, and only passes."""

    def sql_type(self, of: Type) -> Sql:
        return "VARCHAR" if of == Scalar("native") else super().sql_type(of)


def _rows(head: str, select: str, place: str, events: Sequence[Any], clock: Clock, *, whole: bool = False) -> list[Any]:
    """The rows of a query, in the order of the events."""

    def row(result: Any) -> Any:
        return columns.without_nulls({name: value for name, value in result.items() if name != place})

    query = f"{head} SELECT shown.{identifier(place)}, to_json(shown) FROM ({select}) AS shown"
    return _answers(query, events, clock, row, whole=whole)


def _answers(
    query: str, events: Sequence[Any], clock: Clock, read: Callable[[Any], Any], *, whole: bool = False
) -> list[Any]:
    """What a query makes of events, which are handed to it as texts, or as one text."""
    with _database(clock) as connection:

        def ask(some: Sequence[Any]) -> list[Any]:
            import duckdb

            given = json.dumps(some) if whole else [json.dumps(event) for event in some]
            try:
                rows = dict(connection.execute(query, [given]).fetchall())
            except duckdb.InterruptException as error:
                raise clock.over() from error
            except (duckdb.DataError, duckdb.InvalidInputException) as error:
                raise EventRefused from error
            except duckdb.Error as error:
                raise NotCompared(f"it does not take what is compiled for it: {error}") from error
            return [read(json.loads(rows[place])) if place in rows else None for place in range(1, len(some) + 1)]

        return one_by_one(ask, events)


@contextmanager
def _database(clock: Clock) -> Iterator[Any]:
    """A connection that is interrupted when its time is up."""
    connection = _memory().cursor()
    timer = threading.Timer(clock.left, connection.interrupt)
    timer.start()
    try:
        yield connection
    finally:
        timer.cancel()
        connection.close()


@lru_cache(maxsize=1)
def _memory() -> Any:
    """A database in memory with the functions that generated SQL calls; it can reach nothing else."""
    try:
        import duckdb
    except ImportError as error:
        raise NotCompared("duckdb is not installed here") from error
    connection = duckdb.connect(config={"threads": 1, "memory_limit": "512MB", "enable_external_access": "false"})
    connection.execute(target.runtime())
    return connection


ENGINES: Final = (
    Engine("DuckDB", _on_texts),
    Engine("DuckDB view", _as_a_view, shown=columns.seen),
    Engine("DuckDB columns", _on_columns, columns.given, columns.shown),
)
