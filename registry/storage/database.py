"""A database: its connections and transactions, and what goes wrong with them in the registry's terms.

The drivers begin no transactions of their own: each is begun here, by one statement that says what it is for.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from registry.errors import InvalidRequest, StoreBusy, StoreError, StoreUnavailable, UnkeepableText
from registry.settings import Settings
from registry.storage.prepared import cursor_of
from registry.telemetry import metrics, tracing

_SPELLINGS: Final = "write sqlite:///path or postgresql://user@host/name"
_TRY_AGAIN: Final = frozenset({"40001", "40P01", "55P03"})
"""States of PostgreSQL: serialization failure, deadlock, lock not available within ``lock_timeout``."""
_DEAD_AFTER: Final = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
}
"""A server that has vanished without a word (a machine without power, a cut network) is given up after half a minute;
by itself, the kernel would wait for a quarter of an hour."""
_PLACES: Final = ("PGHOST", "PGPORT", "PGSERVICE")
"""Variables that say where PostgreSQL is when its URL does not."""
_SECONDS: Final = {kind: metrics.TRANSACTIONS.labels(kind) for kind in ("read", "write")}


class Database:
    """Gives transactions over a bounded number of connections."""

    def __init__(self, settings: Settings) -> None:
        """Raises InvalidRequest for a database URL that cannot be one."""
        self._busy_seconds = settings.busy_seconds
        self._connections = settings.connections
        url = _url(settings)
        if url.get_backend_name() == "sqlite":
            self._engine = _sqlite(url, settings)
            # a writer takes the lock at once: a reader that turned writer could be refused without waiting
            self._read, self._write = "BEGIN", "BEGIN IMMEDIATE"
        else:
            self._engine = _postgresql(url, settings)
            self._read = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
            self._write = f"BEGIN; SET LOCAL lock_timeout = {int(settings.busy_seconds * 1000)}"
        self._failure: type[Exception] = self._engine.dialect.loaded_dbapi.Error
        """What the driver raises: the other one is not even loaded."""
        self.losses = 0
        """How many connections have died. Whoever answers next may be a copy that lacks what was committed last."""
        self._when_lost: list[Callable[[], None]] = []
        event.listen(self._engine, "invalidate", lambda *_: self.lose())
        self._closing: list[Callable[[], None]] = []

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._engine.dialect.name

    def when_lost(self, callback: Callable[[], None]) -> None:
        """Call whenever a connection has died, before another one is used in its place."""
        self._when_lost.append(callback)

    def lose(self) -> None:
        """What was known of the database does not count any more."""
        self.losses += 1
        for callback in self._when_lost:
            callback()

    def close(self) -> None:
        """Give all connections back."""
        for close in self._closing:
            close()
        self._engine.dispose()

    def connections(self) -> dict[str, int]:
        """How many connections are in use, and how many wait to be used."""
        pool = self._engine.pool
        assert isinstance(pool, QueuePool)  # noqa: S101 - what both engines are made with
        return {"used": pool.checkedout(), "idle": pool.checkedin()}

    def stamp(self) -> Callable[[], int] | None:
        """A cheap question whose answer changes with every commit of any process; None where there is none.

        SQLite has one that takes microseconds (``PRAGMA data_version``); PostgreSQL would need a round trip.
        """
        if self.dialect != "sqlite":
            return None
        connection = sqlite3.connect(self._engine.url.database or "", check_same_thread=False, isolation_level=None)
        self._closing.append(connection.close)
        execute = connection.execute

        def data_version() -> int:
            found: int = execute("PRAGMA data_version").fetchone()[0]
            return found

        return data_version

    @contextmanager
    def transaction(self, *, write: bool) -> Iterator[Connection]:
        """A consistent state to read; or the one writer of SQLite, who commits at the end unless an error leaves it.

        Raises StoreUnavailable, StoreBusy, also for errors of the database in what is done meanwhile.
        """
        kind = "write" if write else "read"
        with tracing.span("transaction", {"lineal.kind": kind}), self._translated():
            with self._begun(self._write if write else self._read) as connection:
                started = perf_counter()
                with connection.begin():
                    yield connection
            _SECONDS[kind].observe(perf_counter() - started)

    def _begun(self, begin: str) -> Connection:
        """A connection with a transaction. One that died while it was idle is replaced: its first word tells."""
        for _ in range(self._connections):
            connection = self._engine.connect()
            try:
                cursor_of(connection).execute(begin)
            except self._failure as error:
                driver: Any = connection.connection.driver_connection
                dead = self._engine.dialect.is_disconnect(error, driver, None)  # type: ignore[arg-type]
                if dead:
                    connection.invalidate(error)
                connection.close()
                if not dead:
                    raise
            else:
                return connection
        raise StoreUnavailable("the database closes every connection at once")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except PoolTimeout as error:
            raise StoreBusy(f"no free connection within {self._busy_seconds:g} s: try again") from error
        except (IntegrityError, ProgrammingError, DataError) as error:
            if error.connection_invalidated:
                raise StoreUnavailable(f"the database went away: {error.orig}") from error
            if "NUL" in str(error.orig):
                raise UnkeepableText from error
            raise  # it has answered, and what it was asked was wrong
        except DBAPIError as error:
            raise self._told(error.orig) from error
        except self._failure as error:  # from prepared statements, which Core has not seen
            raise self._told(error) from error

    def _told(self, cause: BaseException | None) -> StoreError:
        """What the driver has said, in the registry's terms."""
        said = str(cause)
        if getattr(cause, "sqlstate", None) in _TRY_AGAIN:
            return StoreBusy(f"the database let others go first: try again ({said})")
        if "locked" in said:
            return StoreBusy(f"the database was busy for {self._busy_seconds:g} s: try again")
        if "not a database" in said:
            return StoreUnavailable(f"the file is no SQLite database: {said}")
        if "malformed" in said:
            return StoreUnavailable(f"the file is damaged, restore a backup: {said}")
        return StoreUnavailable(f"the database did not answer: {said}")


def search_file(settings: Settings) -> Path | None:
    """Where the search index of a database is kept on this machine; None for nowhere. It has a name of its own."""
    url = _url(settings)
    named, folder = _named(url), Path(settings.search_folder) if settings.search_folder else None
    if folder is None and url.get_backend_name() == "sqlite":
        return Path(f"{named}.search")
    if folder is None and (folder := _cache_folder()) is None:
        return None
    return folder / f"{blake2b(named.encode(), digest_size=8).hexdigest()}.search"


def _named(url: URL) -> str:
    """What tells a database from all others that this machine may use, without what opens it."""
    if url.get_backend_name() == "sqlite":
        return str(Path(url.database or "").absolute())
    elsewhere = (f"{name}={os.environ[name]}" for name in _PLACES if name in os.environ)
    return " ".join((url.set(password=None).render_as_string(), *elsewhere))


def _cache_folder() -> Path | None:
    """Where programs of this user keep what can be made again (XDG Base Directory Specification); None for nowhere."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    try:
        return (Path(given) if Path(given).is_absolute() else Path.home() / ".cache") / "lineal"
    except RuntimeError:  # nobody's home is known
        return None


def _url(settings: Settings) -> URL:
    try:
        url = make_url(settings.database)
    except ArgumentError as error:
        raise InvalidRequest(f"the database is not a URL: {_SPELLINGS}") from error
    if (backend := url.get_backend_name()) not in {"sqlite", "postgresql"}:
        raise InvalidRequest(f"{backend} is not supported: {_SPELLINGS}")
    return url


def _sqlite(url: URL, settings: Settings) -> Engine:
    if not url.database or url.database == ":memory:":
        raise InvalidRequest("the database needs a file: write sqlite:///path/to/lineal.db")
    Path(url.database).absolute().parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url.set(drivername="sqlite+pysqlite"),
        pool_size=settings.connections,
        max_overflow=0,
        pool_timeout=settings.busy_seconds,
        connect_args={
            "timeout": settings.busy_seconds,
            "check_same_thread": False,
            "cached_statements": 512,
            "isolation_level": None,
        },
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        for pragma in ("journal_mode=WAL", f"synchronous={settings.sqlite_synchronous}", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _postgresql(url: URL, settings: Settings) -> Engine:
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=settings.connections,
        max_overflow=0,
        pool_timeout=settings.busy_seconds,
        connect_args={
            **{name: value for name, value in _DEAD_AFTER.items() if name not in url.query},
            "connect_timeout": max(1, int(settings.busy_seconds)),
            "autocommit": True,
            "client_encoding": "utf8",
        },
    )
