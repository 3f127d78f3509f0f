"""Registration of new versions against the bare insert of the same rows into the same tables of the same database.

Run with ``python -m tests.benchmarks.registration [postgresql://…]``: SQLite in a temporary folder, and a new database
on the given PostgreSQL server, or on one started from a wheel. Prints registrations per second by the service in one
thread, in one thread with a check against the latest version, in 32 threads (also each in a subject of its own, of
which nothing can be known yet), and over HTTP with 32 connections to one worker and to two; and the bare transactions
per second: one transaction of plain driver statements per registration, with nothing decided.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import insert, text
from sqlalchemy.engine import make_url

from compat.definition import Format
from registry.model import ANONYMOUS, ConfigurationChange, Content, Subject
from registry.service import Registry
from registry.settings import load
from registry.storage import tables
from tests.benchmarks.databases import postgresql, sqlite
from tests.benchmarks.schema_by_id import serve

COUNT = 300
CLIENTS = 32
SUBJECTS = 30
ROUNDS = 5
SHIFT = 10_000_000
"""Added to positions and ids, for rows that are inserted once more."""

Row = tuple[str, dict[str, Any]]
"""The statement that inserts it, and its values."""


def schema(name: str) -> Content:
    fields = ",".join(f'{{"name":"f{number}","type":"string"}}' for number in range(8))
    return Content(Format.AVRO, f'{{"type":"record","name":"{name}","fields":[{fields}]}}')


def wider(number: int) -> Content:
    """Compatible with all others of its kind."""
    fields = [{"name": f"f{field}", "type": "string"} for field in range(8)]
    fields.append({"name": f"x{number}", "type": "string", "default": ""})
    return Content(Format.AVRO, json.dumps({"type": "record", "name": "C", "fields": fields}))


def timed(work: Callable[[], object]) -> float:
    """How often a second something was done that was done COUNT times."""
    begin = time.perf_counter()
    work()
    return COUNT / (time.perf_counter() - begin)


def one_client(registry: Registry, round_number: int) -> None:
    for number in range(COUNT):
        registry.registration.register(
            Subject(name=f"one{round_number}.{number % SUBJECTS}"), schema(f"A{round_number}_{number}")
        )


def one_client_checked(registry: Registry, round_number: int) -> None:
    for number in range(COUNT):
        registry.registration.register(
            Subject(".checked", f"one{round_number}.{number % SUBJECTS}"), wider(round_number * COUNT + number)
        )


def many_clients(registry: Registry, round_number: int) -> None:
    def register(number: int) -> None:
        registry.registration.register(
            Subject(name=f"many{round_number}.{number % SUBJECTS}"), schema(f"B{round_number}_{number}")
        )

    with ThreadPoolExecutor(CLIENTS) as threads:
        list(threads.map(register, range(COUNT)))


def many_subjects(registry: Registry, round_number: int) -> None:
    def register(number: int) -> None:
        registry.registration.register(Subject(name=f"new{round_number}.{number}"), schema(f"N{round_number}_{number}"))

    with ThreadPoolExecutor(CLIENTS) as threads:
        list(threads.map(register, range(COUNT)))


def over_http(port: int, name: str) -> None:
    """From connections that each register again as soon as they are answered."""

    async def connection(numbers: Iterator[int]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number in numbers:
            body = json.dumps({"schema": schema(f"{name}_{number}").text}).encode()
            path = f"/subjects/{name}.{number % SUBJECTS}/versions"
            head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 200"), answer
            await reader.readexactly(int(answer.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
        writer.close()

    async def connections() -> None:
        numbers = iter(range(COUNT))
        await asyncio.gather(*(connection(numbers) for _ in range(CLIENTS)))

    asyncio.run(connections())


def rows_of(registry: Registry) -> list[list[Row]]:
    """The rows that the last COUNT registrations have left, by registration, under numbers of their own."""
    with registry.store.read() as reading:
        last = reading.position()
        found = []
        for position in range(last - COUNT + 1, last + 1):
            rows = []
            for table in (tables.log, tables.schema, tables.version):
                row = reading.connection.execute(table.select().where(table.c.position == position)).mappings().one()
                moved = {**row, "position": position + SHIFT}
                if "subject" in row:
                    moved["subject"] = "bare." + row["subject"]
                if "id" in row:
                    moved["id"] = row["id"] + SHIFT
                rows.append((str(insert(table).compile(dialect=reading.connection.dialect)), moved))
            found.append(rows)
    return found


@contextmanager
def driver(database: str) -> Iterator[Callable[[str, dict[str, Any]], object]]:
    """Runs statements over a connection of the plain driver, which waits for the disk as those of the service do."""
    url = make_url(database)
    if url.get_backend_name() == "postgresql":
        with psycopg.connect(database, autocommit=True) as connection:
            yield connection.execute
        return
    file = sqlite3.connect(url.database or "", isolation_level=None)
    file.execute(f"PRAGMA synchronous={load({}).sqlite_synchronous}")
    yield lambda statement, values: file.execute(statement, tuple(values.values()))
    file.close()


def bare(execute: Callable[[str, dict[str, Any]], object], registrations: Sequence[Sequence[Row]]) -> None:
    """The same rows once more, and the head moved: what any implementation must write."""
    for rows in registrations:
        execute("BEGIN", {})
        for statement, row in rows:
            execute(statement, row)
        execute("UPDATE head SET position = position", {})
        execute("COMMIT", {})


def clean(registry: Registry) -> None:
    with registry.store.write(ANONYMOUS) as writing:
        for table in ("log", "schema", "version"):
            writing.connection.execute(text(f"DELETE FROM {table} WHERE position >= {SHIFT}"))  # noqa: S608


def compare(database: str) -> None:
    """Print the rates on one database."""
    registry = Registry.open(load({}, database=database, connections=CLIENTS))
    registry.configurations.configure(Subject(), ConfigurationChange(compatibility="NONE"))
    registry.configurations.configure(Subject(".checked"), ConfigurationChange(compatibility="BACKWARD"))
    titles = (
        "bare transactions",
        "one client",
        "one client, checked",
        f"{CLIENTS} clients, new subjects",
        f"{CLIENTS} clients",
        f"{CLIENTS} over HTTP",
        f"{CLIENTS} over HTTP, 2 workers",
    )
    rates: dict[str, list[float]] = {title: [] for title in titles}
    with tempfile.TemporaryDirectory() as folder, driver(database) as execute:
        application = "registry.http.app:create_app", Path(folder), "--factory"
        one, port = serve(*application, LINEAL_DATABASE=database)
        two, shared_port = serve(*application, "--workers", "2", LINEAL_DATABASE=database)
        try:
            for number in range(ROUNDS):
                work: list[Callable[[], object]] = [
                    lambda: one_client(registry, number),  # noqa: B023
                    lambda: one_client_checked(registry, number),  # noqa: B023
                    lambda: many_subjects(registry, number),  # noqa: B023
                    lambda: many_clients(registry, number),  # noqa: B023
                    lambda: over_http(port, f"H{number}"),  # noqa: B023
                    lambda: over_http(shared_port, f"W{number}"),  # noqa: B023
                ]
                for title, each in zip(titles[1:], work, strict=True):
                    rates[title].append(timed(each))
                registrations = rows_of(registry)
                rates[titles[0]].append(timed(lambda: bare(execute, registrations)))  # noqa: B023
                clean(registry)
        finally:
            for server in (one, two):
                server.terminate()
                server.wait()
    registry.close()
    base = statistics.median(rates[titles[0]])
    print(make_url(database).get_backend_name())
    for title, found in rates.items():
        rate = statistics.median(found)
        print(f"   {title:26} {rate:7,.0f}/s   {rate / base:4.0%} of the bare transactions")


def main() -> None:
    with sqlite() as files:
        compare(files.url("registration"))
    with postgresql(sys.argv[1] if len(sys.argv) > 1 else "") as server:
        compare(server.url("registration"))


if __name__ == "__main__":
    main()
