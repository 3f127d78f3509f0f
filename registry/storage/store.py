"""Connections and transactions: how the log and the projections are reached, and how changes are committed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from threading import Lock
from time import monotonic, sleep
from typing import Final

from sqlalchemy import Connection

from registry.access.current import current
from registry.errors import OperationNotPermitted, StoreBusy, StoreUnavailable
from registry.events import Entry
from registry.model import ANONYMOUS, Origin
from registry.settings import Settings
from registry.storage import migrations, statistics
from registry.storage.database import Database
from registry.storage.lately import Lately
from registry.storage.reading import Reading
from registry.storage.writing import Writing

_LONGEST_MIGRATION: Final = 900.0
"""Seconds for which a node that starts waits for another one that migrates: a request would not wait so long."""
Listener = Callable[[Sequence[Entry]], None]
"""Told of entries that have just been committed, before the request that made them is answered."""


class Store:
    """One database. Reads see a consistent state; writes are one at a time, over all nodes."""

    def __init__(self, settings: Settings) -> None:
        """Raises InvalidRequest for a database URL that cannot be one, StoreUnavailable if nothing answers."""
        self._busy_seconds = settings.busy_seconds
        self._primary = settings.follow
        self._database = Database(settings)
        self._writer = Lock()
        self._lately = Lately()
        self._losses = 0
        """How many connections had died when something was written last."""
        self._listeners: list[Listener] = []
        try:
            self._migrate()
        except BaseException:
            self._database.close()
            raise

    def _migrate(self) -> None:
        """Bring the tables up to date, once whoever else does has ended. Raises StoreUnavailable, StoreBusy."""
        end = monotonic() + _LONGEST_MIGRATION
        while True:
            try:
                with self._database.transaction(write=True) as connection:
                    migrations.upgrade(connection)
            except StoreBusy:
                if monotonic() > end:
                    raise
                sleep(0.05)
            else:
                return

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._database.dialect

    def close(self) -> None:
        """Give all connections back."""
        self._database.close()

    def stamp(self) -> Callable[[], int] | None:
        """A cheap question whose answer changes with every commit of any process; None where there is none."""
        return self._database.stamp()

    def require_ready(self) -> None:
        """Raises StoreUnavailable, StoreBusy unless the database answers and has the tables that this code needs."""
        with self._database.transaction(write=False) as connection:
            found = migrations.current(connection)
        if found != migrations.LATEST:
            raise StoreUnavailable(f"the tables are of revision {found}, this version needs {migrations.LATEST}")

    def connections(self) -> dict[str, int]:
        """How many connections to the database are in use, and how many wait to be used."""
        return self._database.connections()

    def listen(self, listener: Listener) -> None:
        """Tell ``listener`` of everything that this process commits, and of what it hears that others did."""
        self._listeners.append(listener)

    def when_lost(self, callback: Callable[[], None]) -> None:
        """Call when a connection to the database has died, or its log has gone back: nothing remembered counts.

        A standby that has taken over may lack the last commits, and give their positions, ids and versions anew.
        """
        self._database.when_lost(callback)

    def gone_back(self) -> None:
        """The log was found shorter than it was, whatever the reason."""
        self._database.lose()

    def heard(self, entries: Sequence[Entry]) -> None:
        """Tell the listeners of what was committed, here or by another node."""
        for listener in self._listeners:
            listener(entries)

    @contextmanager
    def read(self) -> Iterator[Reading]:
        """A consistent state, as far as the caller may see it: that of the first question, if any is asked.

        Raises StoreUnavailable, StoreBusy.
        """
        with ExitStack() as stack:
            transaction = cache(lambda: stack.enter_context(self._database.transaction(write=False)))
            yield Reading(transaction, current().view)

    @contextmanager
    def write(self, origin: Origin, *, keep: bool = True) -> Iterator[Writing]:
        """The one writer; commits at the end, changes nothing if an error leaves it, or without ``keep``.

        Raises OperationNotPermitted where another registry is followed, StoreUnavailable, StoreBusy.
        """
        if self._primary:
            raise OperationNotPermitted(
                f"This registry follows {self._primary} and takes no writes of its own: send them to {self._primary}"
            )
        with self.maintain(origin, keep=keep) as writing:
            yield writing

    @contextmanager
    def maintain(self, origin: Origin = ANONYMOUS, *, keep: bool = True) -> Iterator[Writing]:
        """The one writer, also where another registry is followed: for its entries, and for what is derived.

        Raises StoreUnavailable, StoreBusy. Threads of one process queue here, rather than in the database's busy loop.
        """
        if not self._writer.acquire(timeout=self._busy_seconds):
            raise StoreBusy(f"no turn to write within {self._busy_seconds:g} s: try again")
        try:
            with self._database.transaction(write=True) as connection:
                losses, self._losses = self._losses, self._database.losses
                if doubtful := losses != self._losses:
                    self._lately = Lately()
                writing = Writing(connection, origin, self._lately, doubtful=doubtful)
                before = writing.position()
                yield writing
                writing.flush()
                statistics.keep_up(connection, before, writing.position())
                if not keep:
                    connection.rollback()
            if keep:
                writing.committed()
            if writing.appended and keep:
                self.heard(writing.appended)
        finally:
            self._writer.release()

    @contextmanager
    def operate(self) -> Iterator[Connection]:
        """A transaction that changes nothing the log tells about: leases, and how far something was delivered."""
        with self._database.transaction(write=True) as connection:
            yield connection
