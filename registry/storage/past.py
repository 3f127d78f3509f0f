"""The registry as it was: the log replayed up to a position into a file of its own, read by the code of the present.

A state costs a replay once and a file as long as it is among the last ones that were asked for. The next one begins
with a copy of the nearest earlier state, so that walking along the log costs what happened between two stops.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import NoReturn

from sqlalchemy import Connection, Engine, NullPool, create_engine, event

from registry.errors import OperationNotPermitted, StillReplaying
from registry.events import Entry, Event, Line
from registry.model import ANONYMOUS, Origin, Subject
from registry.policy import Setting
from registry.storage import log
from registry.storage.reading import Reading
from registry.storage.store import Listener, Store
from registry.storage.tables import PROJECTIONS, metadata
from registry.storage.verification import replay


class PastReading(Reading):
    """One consistent view of the projections as they were; the log is the present one, up to the position."""

    def __init__(self, connection: Connection, now: Reading, position: int) -> None:
        super().__init__(lambda: connection, now.view)
        self._now = now
        self._position = position

    @property
    def whole(self) -> Reading:
        return PastReading(self.connection, self._now.whole, self._position)

    @property
    def log(self) -> Connection:
        return self._now.log

    @property
    def unlogged(self) -> NoReturn:
        """Raises OperationNotPermitted."""
        raise OperationNotPermitted(
            "How far webhooks, exporters and following have come is known of the present only, not of position "
            f"{self._position} of the log: ask without it"
        )

    def position(self) -> int:
        return self._position

    def position_at(self, time: datetime) -> int:
        return log.position_at(self.log, time, self._position)

    def changed(self, streams: AbstractSet[Subject], *, after: int) -> bool:
        return after > self._position or any(
            self.whole.entries(after=after, subject=stream, limit=1) for stream in streams
        )

    def standing(self, scopes: Sequence[Subject]) -> tuple[int, bool, list[Setting]]:
        return self._position, bool(self.upcasters(scopes[0])), self.settings(scopes)

    def entries(
        self,
        *,
        after: int = 0,
        before: int | None = None,
        subject: Subject | None = None,
        kind: type[Event] | None = None,
        limit: int,
        newest_first: bool = False,
    ) -> list[Entry]:
        end = self._position + 1
        return self._now.entries(
            after=after,
            before=end if before is None else min(before, end),
            subject=subject,
            kind=kind,
            limit=limit,
            newest_first=newest_first,
        )

    def lines(self, *, after: int, last: int, limit: int) -> list[Line]:
        return self._now.lines(after=after, last=min(last, self._position), limit=limit)


class PastStore(Store):
    """The store as it was after one entry: the same reads, no writes."""

    def __init__(self, now: Store, pasts: Pasts, position: int) -> None:
        # nothing of its own is opened: what is kept of the past belongs to the store of the present
        self._now = now
        self._pasts = pasts
        self._position = position

    @contextmanager
    def read(self) -> Iterator[Reading]:
        """The view of then. Raises StillReplaying, StoreUnavailable, StoreBusy."""
        with self._now.read() as now, self._pasts.at(self._position, now) as connection:
            yield PastReading(connection, now, self._position)

    def write(self, origin: Origin, *, keep: bool = True) -> NoReturn:  # noqa: ARG002 - the present's signature
        """Raises OperationNotPermitted."""
        raise OperationNotPermitted(
            f"This is the registry as it was at position {self._position} of its log: what was cannot be changed"
        )

    def maintain(self, origin: Origin = ANONYMOUS, *, keep: bool = True) -> NoReturn:  # noqa: ARG002
        """Raises OperationNotPermitted."""
        self.write(origin)

    def operate(self) -> NoReturn:
        """Raises OperationNotPermitted."""
        self.write(ANONYMOUS)

    @property
    def dialect(self) -> str:
        return self._now.dialect

    def stamp(self) -> None:
        """What was does not change: there is nothing to ask."""

    def require_ready(self) -> None:
        """Raises StoreUnavailable, StoreBusy: without the present there is no past."""
        self._now.require_ready()

    def connections(self) -> dict[str, int]:
        """Those of the present, in which the log is read."""
        return self._now.connections()

    def gone_back(self) -> None:
        """Whoever remembers the present has to forget it."""
        self._now.gone_back()

    def heard(self, entries: Sequence[Entry]) -> None:
        """Nobody listens to the past."""

    def listen(self, listener: Listener) -> None:
        """What was does not change: nothing will be heard."""

    def when_lost(self, callback: Callable[[], None]) -> None:
        """Whoever remembers something of it is gone before it matters."""

    def close(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True, slots=True)
class _Kept:
    file: Path
    engine: Engine

    def forget(self) -> None:
        self.engine.dispose()
        self.file.unlink(missing_ok=True)  # whoever still reads it has it open


class Pasts:
    """The states that were asked for last, by position."""

    def __init__(self, kept: int, most: int) -> None:
        """``kept`` states at most; a request replays ``most`` entries at most."""
        self._size = max(1, kept)
        self._most = max(1, most)
        self._kept: OrderedDict[int, _Kept] = OrderedDict()
        self._lock = Lock()
        self._replaying = Lock()
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    @contextmanager
    def at(self, position: int, now: Reading) -> Iterator[Connection]:
        """A connection to the state after an entry. Raises StillReplaying where that is further than one request goes.

        What was replayed is kept, so that asking again gets there.
        """
        connection = self._connected(position)
        if connection is None:
            with self._replaying:
                connection = self._connected(position) or self._replayed(position, now)
        with connection, connection.begin():
            yield connection

    def forget(self) -> None:
        """Replay anew whatever is asked for next."""
        with self._lock:
            while self._kept:
                self._kept.popitem()[1].forget()

    def close(self) -> None:
        """Forget everything."""
        self.forget()
        with self._lock:
            if self._folder is not None:
                self._folder.cleanup()
                self._folder = None

    def _connected(self, position: int) -> Connection | None:
        with self._lock:
            if (kept := self._kept.get(position)) is None:
                return None
            self._kept.move_to_end(position)
            return kept.engine.connect()

    def _replayed(self, position: int, now: Reading) -> Connection:
        with self._lock:
            start = max((known for known in self._kept if known < position), default=0)
            file = self._new_file(start, self._kept.get(start))
        end = min(position, start + self._most)
        engine = _engine(file)
        with engine.begin() as target:
            if start == 0:
                metadata.create_all(target, tables=list(PROJECTIONS))
            replay(now.connection, target, after=start, last=end)
        with self._lock:
            self._kept[end] = _Kept(file, engine)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)[1].forget()
            if end == position:
                return engine.connect()
        raise StillReplaying(end, position)

    def _new_file(self, start: int, nearest: _Kept | None) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="lineal-past-")
        with tempfile.NamedTemporaryFile(dir=self._folder.name, prefix=f"{start}-", suffix=".db", delete=False) as made:
            file = Path(made.name)
        if nearest is not None:
            shutil.copyfile(nearest.file, file)
        return file


def _engine(file: Path) -> Engine:
    """Never written again once it is replayed, and made anew if it is lost: nothing has to be safe."""
    engine = create_engine(f"sqlite:///{file}", poolclass=NullPool, connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(connection: object, _record: object) -> None:
        connection.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;")  # type: ignore[attr-defined]

    return engine
