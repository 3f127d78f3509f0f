"""Registration of new versions against the bare insert of the same rows into the same tables of the same database.

Run with ``python -m tests.benchmarks.registration [postgresql://…]``: SQLite in a temporary folder, and a new database
on the given PostgreSQL server, or on one started from a wheel. Prints registrations per second by the service in one
thread, in one thread with a check against the latest version, in 32 threads (also each in a subject of its own, of
which nothing can be known yet), and over HTTP with 32 connections to one worker and to two, each with one request under
way; and the bare transactions per second: one transaction of plain driver statements per registration, with nothing
decided, that writes every row which the service writes, and waits for the disk as it does.
"""

from __future__ import annotations

import json
import selectors
import socket
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import psycopg
from sqlalchemy import ColumnElement, Connection, Table, bindparam, insert, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.sql.dml import UpdateBase

from compat.definition import Format
from registry.model import ANONYMOUS, ConfigurationChange, Content, Subject
from registry.service import Registry
from registry.settings import load
from registry.storage import tables
from tests.benchmarks.databases import postgresql, sqlite
from tests.benchmarks.schema_by_id import serve

COUNT = 600
CLIENTS = 32
SUBJECTS = 30
ROUNDS = 5
SHIFT = 10_000_000
"""Added to positions and ids, for rows that are inserted once more."""

Row = tuple[str, Any]
"""The statement that writes it, and its values as the driver takes them."""


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


def requests(name: str) -> list[bytes]:
    """As they are sent, made before anything is measured."""
    made = []
    for number in range(COUNT):
        body = json.dumps({"schema": schema(f"{name}_{number}").text}).encode()
        path = f"/subjects/{name}.{number % SUBJECTS}/versions"
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        made.append(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return made


def over_http(port: int, sent: Sequence[bytes]) -> None:
    """From connections that each register again as soon as they are answered. Every answer is read: all ids are new."""
    waiting, ids = iter(sent), set()
    with selectors.DefaultSelector() as selector:
        for _ in range(CLIENTS):
            connection = socket.create_connection(("127.0.0.1", port))
            connection.sendall(next(waiting))
            selector.register(connection, selectors.EVENT_READ, bytearray())
        while selector.get_map():
            for key, _ in selector.select():
                asked, received = cast("socket.socket", key.fileobj), key.data
                received += asked.recv(65_536)
                if (schema_id := answered(received)) is None:
                    continue
                ids.add(schema_id)
                received.clear()
                if (request := next(waiting, None)) is None:
                    selector.unregister(asked)
                    asked.close()
                else:
                    asked.sendall(request)
    assert len(ids) == len(sent)


def answered(received: bytes) -> int | None:
    """The id in an answer, once the whole of it has come."""
    head, end, body = bytes(received).partition(b"\r\n\r\n")
    if not end or len(body) < int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]):
        return None
    assert head.startswith(b"HTTP/1.1 200"), received
    found: int = json.loads(body)["id"]
    return found


def rows_of(registry: Registry) -> list[list[Row]]:
    """The rows that the last COUNT registrations have written, by registration, under numbers of their own."""
    with registry.store.read() as reading:
        last, connection = reading.position(), reading.connection
        return [rows_at(connection, position) for position in range(last - COUNT + 1, last + 1)]


def rows_at(connection: Connection, position: int) -> list[Row]:
    """Those of one registration; what is counted on (the last id, the head) is written as it is."""

    def moved(table: Table, *where: ColumnElement[bool]) -> dict[str, Any]:
        row = dict(connection.execute(table.select().where(*where)).mappings().one())
        row |= {name: f"bare.{row[name]}" for name in ("subject", "stream", "name") if name in row}
        return row | {"position": position + SHIFT} | ({"id": row["id"] + SHIFT} if "id" in row else {})

    def written(statement: UpdateBase, values: dict[str, Any]) -> Row:
        compiled: Any = statement.compile(dialect=connection.dialect)
        return str(compiled), tuple(values[name] for name in compiled.positiontup) if compiled.positional else values

    kept = (tables.log, tables.schema, tables.version)
    added = [(table, moved(table, table.c.position == position)) for table in kept]
    version = added[-1][1]
    at = {"at_context": version["context"], "at_name": version["subject"]}
    of, name = tables.subject.c, version["subject"].removeprefix("bare.")
    summary = moved(tables.subject, of.context == version["context"], of.name == name)
    if version["number"] == 1:
        added.append((tables.subject, summary))
    rows = [written(insert(table), row) for table, row in added]
    if version["number"] > 1:
        told = {key: value for key, value in summary.items() if key not in {"context", "name", "folded"}}
        changed = update(tables.subject).values({key: bindparam(key) for key in told})
        changed = changed.where(of.context == bindparam("at_context"), of.name == bindparam("at_name"))
        rows.append(written(changed, {**told, **at}))
    last_id = update(tables.context).values(last_id=tables.context.c.last_id)
    rows.append(written(last_id.where(tables.context.c.name == bindparam("at_context")), at))
    rows.append(written(update(tables.head).values(position=tables.head.c.position), {}))
    return rows


@contextmanager
def driver(database: str) -> Iterator[Callable[..., object]]:
    """Runs statements over a connection of the plain driver, which waits for the disk as those of the service do."""
    url = make_url(database)
    if url.get_backend_name() == "postgresql":
        with psycopg.connect(database, autocommit=True) as connection:
            yield connection.execute
        return
    file = sqlite3.connect(url.database or "", isolation_level=None)
    file.execute(f"PRAGMA synchronous={load({}).sqlite_synchronous}")
    yield file.execute
    file.close()


def bare(execute: Callable[..., object], registrations: Sequence[Sequence[Row]]) -> None:
    """The same rows once more."""
    for rows in registrations:
        execute("BEGIN")
        for statement, values in rows:
            execute(statement, values)
        execute("COMMIT")


def clean(registry: Registry) -> None:
    with registry.store.write(ANONYMOUS) as writing:
        for table in ("log", "schema", "version", "subject"):
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
                to_one, to_two = requests(f"H{number}"), requests(f"W{number}")
                work: list[Callable[[], object]] = [
                    lambda: one_client(registry, number),  # noqa: B023
                    lambda: one_client_checked(registry, number),  # noqa: B023
                    lambda: many_subjects(registry, number),  # noqa: B023
                    lambda: many_clients(registry, number),  # noqa: B023
                    lambda: over_http(port, to_one),  # noqa: B023
                    lambda: over_http(shared_port, to_two),  # noqa: B023
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
