"""Registration of new versions against the bare insert of the same rows into the same tables of the same database.

Run with ``python tests/benchmarks/registration.py [postgresql://…]``: SQLite in a temporary folder, or the given empty
database. Prints registrations per second by the service in one thread, of 32 threads, and the
bare transactions per second: one transaction of plain driver statements per registration, with nothing decided.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text

from compat.definition import Format
from registry.model import ANONYMOUS, ConfigurationChange, Content, Subject
from registry.service import Registry
from registry.settings import load
from registry.storage import tables

COUNT = 300
CLIENTS = 32
ROUNDS = 3


def schema(name: str) -> Content:
    fields = ",".join(f'{{"name":"f{number}","type":"string"}}' for number in range(8))
    return Content(Format.AVRO, f'{{"type":"record","name":"{name}","fields":[{fields}]}}')


def timed(work: Callable[[], object]) -> float:
    """How often a second something was done that was done COUNT times."""
    begin = time.perf_counter()
    work()
    return COUNT / (time.perf_counter() - begin)


def one_client(registry: Registry, round_number: int) -> None:
    for number in range(COUNT):
        registry.registration.register(
            Subject(name=f"one{round_number}.{number % 30}"), schema(f"A{round_number}_{number}")
        )


def many_clients(registry: Registry, round_number: int) -> None:
    def register(number: int) -> None:
        registry.registration.register(
            Subject(name=f"many{round_number}.{number % 30}"), schema(f"B{round_number}_{number}")
        )

    with ThreadPoolExecutor(CLIENTS) as threads:
        list(threads.map(register, range(COUNT)))


def rows_of(registry: Registry) -> list[list[tuple[str, dict[str, Any]]]]:
    """The rows that the last COUNT registrations have left, by registration."""
    with registry.store.read() as reading:
        last = reading.position()
        found = []
        for position in range(last - COUNT + 1, last + 1):
            rows = []
            for table in (tables.log, tables.schema, tables.version):
                row = reading.connection.execute(table.select().where(table.c.position == position)).mappings().one()
                rows.append((str(insert(table).compile(dialect=reading.connection.dialect)), dict(row)))
            found.append(rows)
    return found


def bare(registry: Registry, registrations: list[list[tuple[str, dict[str, Any]]]]) -> None:
    """The same rows once more, under numbers of their own, and the head moved: what any implementation must write."""
    shift = 10_000_000
    for rows in registrations:
        with registry.store.write(ANONYMOUS) as writing:
            connection = writing.connection
            for statement, row in rows:
                moved = {**row, "position": row["position"] + shift}
                if "subject" in row:
                    moved["subject"] = "bare." + row["subject"]
                if "id" in row:
                    moved["id"] = row["id"] + shift
                values = tuple(moved.values()) if connection.dialect.paramstyle == "qmark" else moved
                connection.exec_driver_sql(statement, values)
            connection.exec_driver_sql("UPDATE head SET position = position")


def clean(registry: Registry) -> None:
    with registry.store.write(ANONYMOUS) as writing:
        for table in ("log", "schema", "version"):
            writing.connection.execute(text(f"DELETE FROM {table} WHERE position >= 10000000"))  # noqa: S608


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{Path(folder) / 'lineal.db'}"
        registry = Registry.open(load({}, database=database, connections=CLIENTS))
        registry.configurations.configure(Subject(), ConfigurationChange(compatibility="NONE"))
        rates: dict[str, list[float]] = {"bare transactions": [], "one client": [], f"{CLIENTS} clients": []}
        for number in range(ROUNDS):
            rates["one client"].append(timed(lambda: one_client(registry, number)))  # noqa: B023
            rates[f"{CLIENTS} clients"].append(timed(lambda: many_clients(registry, number)))  # noqa: B023
            registrations = rows_of(registry)
            rates["bare transactions"].append(timed(lambda: bare(registry, registrations)))  # noqa: B023
            clean(registry)
        registry.close()
    base = statistics.median(rates["bare transactions"])
    for title, found in rates.items():
        rate = statistics.median(found)
        print(f"{title:18} {rate:7,.0f}/s   {rate / base:4.0%} of the bare transactions")


if __name__ == "__main__":
    main()
