# ruff: noqa: S608 - names and constants only ever enter the text quoted
"""Spark SQL in local mode, in each form in which it runs steps: on VARIANT, as a view over it, on texts, on columns.

Spark takes seconds to start and is then kept, on one core, with nothing but loopback open. One question is asked of it
at a time, from a thread of its own: whoever waits does so as long as there is time and no longer.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TypeVar

from registry.upcasting.engines import columns
from registry.upcasting.engines.clock import Clock, NotCompared
from registry.upcasting.engines.engine import Asked, Engine, EventRefused, one_by_one
from upcasters.compile import spark as target
from upcasters.compile.sql_places import Scalar, Type
from upcasters.compile.sql_text import Sql

T = TypeVar("T")

_SPLITS: Final = 8
"""Queries that look for the events Spark refuses: each is planned for about a second."""
_ASKING: Final = threading.Lock()


def _on_variant(asked: Asked, events: Sequence[Any], clock: Clock) -> list[Any]:
    expression = target.expression(asked.plan)
    return _answers(
        lambda given: (
            f"SELECT place, to_json({expression}) AS result FROM (SELECT place, parse_json(event) AS event"
            f" FROM {given})"
        ),
        [json.dumps(event) for event in events],
        clock,
        lambda result: result,
    )


def _as_a_view(asked: Asked, events: Sequence[Any], clock: Clock) -> list[Any]:
    place = columns.unused(asked.result)
    name = target.Spark().name(place)
    made = target.view(asked.plan, asked.result, "seen", "stored", "event", (place,))
    select = made[made.index("SELECT") :].rstrip().rstrip(";")  # what is made stays in this query

    def query(given: Sql) -> Sql:
        stored = f"SELECT place AS {name}, parse_json(event) AS event FROM {given}"
        return f"WITH stored AS ({stored}) SELECT {name} AS place, to_json(struct(*)) AS result FROM ({select})"

    return _answers(query, [json.dumps(event) for event in events], clock, _row(place))


def _on_texts(asked: Asked, events: Sequence[Any], clock: Clock) -> list[Any]:
    reader, result = target.texts(asked.plan, asked.shape)
    return _answers(
        lambda given: f"SELECT place, {result} AS result FROM (SELECT place, {reader} AS {target.READ} FROM {given})",
        [json.dumps(event) for event in events],
        clock,
        lambda result: result,
    )


def _on_columns(asked: Asked, events: Sequence[Any], clock: Clock) -> list[Any]:
    place = columns.unused(asked.shape, asked.result)
    select = target.columns(asked.plan, asked.shape, asked.result, "stored", (place,))
    typed = _Stored("t")
    members = ", ".join(f"{typed.name(name)}: {typed.sql_type(of)}" for name, of in columns.member_types(asked.shape))
    reader = f"from_json(event, {typed.text(f'event STRUCT<{members}>')}).event"

    def query(given: Sql) -> Sql:
        stored = f"SELECT place AS {typed.name(place)}, row.* FROM (SELECT place, {reader} AS row FROM {given})"
        shown = f"SELECT {typed.name(place)} AS place, to_json(struct(*)) AS result FROM ({select})"
        return f"WITH stored AS ({stored}) {shown}"

    return _answers(query, [json.dumps({"event": event}) for event in events], clock, _row(place))


def _row(place: str) -> Callable[[Any], Any]:
    """How a row is read: without what is null, and without the column that says which it is."""
    return lambda result: columns.without_nulls({name: value for name, value in result.items() if name != place})


class _Stored(target.TypedSpark):
    """The types of columns in which events are stored; what JSON has no value for is a text here, and only passes."""

    def sql_type(self, of: Type) -> Sql:
        return "STRING" if of == Scalar("native") else super().sql_type(of)


def _answers(query: Callable[[Sql], Sql], events: Sequence[str], clock: Clock, read: Callable[[Any], Any]) -> list[Any]:
    """What a query makes of events; it is told where they stand, with the columns ``place`` and ``event``."""

    def ask(some: Sequence[str]) -> list[Any]:
        rows = ", ".join(f"({place}, {target.Spark().text(event)})" for place, event in enumerate(some))
        asked = query(f"VALUES {rows} AS given(place, event)")
        found = {row.place: row.result for row in _waited(lambda: _collected(asked), clock)}
        return [read(json.loads(found[place])) if place in found else None for place in range(len(some))]

    return one_by_one(ask, events, _SPLITS) if events else []


def _collected(query: Sql) -> list[Any]:
    """The rows of a query. Raises EventRefused, NotCompared."""
    session = _session()
    from py4j.protocol import Py4JError, Py4JJavaError
    from pyspark.errors import AnalysisException, ParseException, PySparkException

    try:
        return list(session.sql(query).collect())
    except (AnalysisException, ParseException) as error:
        raise NotCompared(f"it does not take what is compiled for it: {_first(error)}") from error
    except (PySparkException, Py4JError) as error:
        if isinstance(error, PySparkException | Py4JJavaError) and not _has_stopped(session):
            raise EventRefused from error
        _session.cache_clear()
        raise NotCompared("Spark has stopped; the next proof starts it anew") from error


def _start(clock: Clock) -> None:
    _waited(_session, clock)


def _has_stopped(session: Any) -> bool:
    from py4j.protocol import Py4JError

    try:
        return bool(session.sparkContext._jsc.sc().isStopped())  # noqa: SLF001 - PySpark has no other way to ask
    except Py4JError:
        return True


def _first(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _waited(work: Callable[[], T], clock: Clock) -> T:
    """What comes of work in a thread of its own. Raises NotCompared where it takes too long; it then ends unheard."""
    if not _ASKING.acquire(timeout=clock.left):
        raise NotCompared("Spark is busy with another proof")
    found: list[T] = []
    failed: list[Exception] = []

    def worked() -> None:
        try:
            found.append(work())
        except Exception as error:  # noqa: BLE001 - it is raised again by whoever waits
            failed.append(error)
        finally:
            _ASKING.release()

    thread = threading.Thread(target=worked, name="lineal-proof-spark", daemon=True)
    thread.start()
    thread.join(clock.left)
    if failed:
        raise failed[0]
    if not found:
        raise clock.over()
    return found[0]


@lru_cache(maxsize=1)
def _session() -> Any:
    """Spark on one core of this machine, with a catalog of its own. Raises NotCompared."""
    try:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise NotCompared("pyspark is not installed here") from error
    if not os.environ.get("JAVA_HOME") and shutil.which("java") is None:
        raise NotCompared("Spark needs Java: set JAVA_HOME, or have java on the PATH")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master("local[1]").appName("lineal proof")
    for name, value in {
        "spark.ui.enabled": "false",
        "spark.driver.memory": "2g",  # its parser keeps what it has learnt of every query
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.warehouse.dir": str(Path(tempfile.gettempdir()) / "lineal-spark"),  # where nothing is kept
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
    }.items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate().newSession()
    except (PySparkException, Py4JError, RuntimeError, OSError) as error:
        raise NotCompared(f"Spark does not start: {_first(error)}") from error
    session.sparkContext.setLogLevel("OFF")
    return session


ENGINES: Final = (
    Engine("Spark", _on_variant, start=_start),
    Engine("Spark view", _as_a_view, shown=columns.seen, start=_start),
    Engine("Spark texts", _on_texts, start=_start),
    Engine("Spark columns", _on_columns, columns.given, columns.shown, start=_start),
)
