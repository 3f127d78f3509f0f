"""Answers as ready bytes in front of the framework.

Immutable answers: what an id or a version number stands for stays the same, unless something is deleted, configured
or given an upcaster. Whatever this process commits is heard before it is acknowledged. What other nodes commit is
heard when the log is looked at, every ``LINEAL_FOLLOW_SECONDS``: that long a node may still give an answer that another
has just deleted.

Current answers (the latest version, a list of names) hold until the next commit. They are kept only where asking
whether anything was committed costs next to nothing, which is SQLite; there they are exact for any number of processes.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import Final, TypeAlias

from registry.errors import RegistryError
from registry.events import (
    ApplicationDescribed,
    ContractWithdrawn,
    DeploymentEnded,
    DeploymentRecorded,
    Entry,
    ReaderDeclared,
    RegistrationRefused,
    SchemaRegistered,
    WriterDeclared,
)
from registry.service import Registry
from registry.telemetry import metrics

_log = logging.getLogger(__name__)

_LARGEST: Final = 256_000
_MOST_BYTES: Final = 64_000_000
_ENTRIES_AT_ONCE: Final = 1_000

Key: TypeAlias = tuple[bytes, bytes, bytes, bytes]
"""Raw path, query and Accept, as they came, and the caller's view: who sees the same is answered the same.

So what may be read is decided once per view and address, and holds as long as the grants: others give another view.
"""


@dataclass(frozen=True, slots=True)
class Ready:
    """An answer that needs no more work."""

    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    route: str
    """Method and path template, for the metrics."""
    tag: bytes = b""
    """Its ETag, which stands among the headers too."""


class _Shelf:
    """Answers within bounds; the oldest go first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._bytes = 0
        self.kept: dict[Key, Ready] = {}

    def put(self, key: Key, ready: Ready) -> None:
        if key in self.kept or len(ready.body) > _LARGEST or not self._size:
            return
        self.kept[key] = ready
        self._bytes += len(ready.body)
        while len(self.kept) > self._size or self._bytes > _MOST_BYTES:
            self._bytes -= len(self.kept.pop(next(iter(self.kept))).body)

    def clear(self) -> None:
        self.kept.clear()
        self._bytes = 0


@dataclass(frozen=True, slots=True)
class Moment:
    """The state that an answer was made from."""

    generation: int
    stamp: int


class ReadyAnswers:
    """The answers that need no more work, as long as they are true."""

    def __init__(self, registry: Registry) -> None:
        self._catalog = registry.catalog
        self._seconds = registry.settings.follow_seconds
        self._immutable = _Shelf(registry.settings.cache_answers)
        self._current = _Shelf(registry.settings.cache_answers)
        self._stamp = registry.store.stamp()
        self._current_stamp = 0
        self._lock = Lock()
        self._stop = Event()
        self._thread: Thread | None = None
        self._generation = 0
        self._position = registry.catalog.position()
        self._heard_elsewhere = registry.store.heard
        self._gone_back = registry.store.gone_back
        self._look_at_access = registry.permissions.refresh
        registry.store.listen(self._heard)
        registry.store.when_lost(self._forget)

    def get(self, key: Key) -> Ready | None:
        """The answer, if it is kept and still true."""
        if (ready := self._immutable.kept.get(key)) is not None:
            return ready
        ready = self._current.kept.get(key)
        if ready is None or self._stamp is None or self._stamp() == self._current_stamp:
            return ready
        self._current.clear()
        return None

    def moment(self) -> Moment:
        """To be taken before an answer is made."""
        return Moment(self._generation, 0 if self._stamp is None else self._stamp())

    def keep(self, key: Key, ready: Ready, moment: Moment, *, immutable: bool) -> None:
        """Keep an answer, unless what it was made from may have changed since."""
        if immutable:
            with self._lock:
                if moment.generation == self._generation:
                    self._immutable.put(key, ready)
        elif self._stamp is not None:
            if moment.stamp != self._current_stamp:
                self._current.clear()
                self._current_stamp = moment.stamp
            self._current.put(key, ready)

    def start(self) -> None:
        """Begin to follow what other nodes do, and what the access file says."""
        self._stop.clear()
        self._thread = Thread(target=self._follow, name="lineal-follow", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop following."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _follow(self) -> None:
        while not self._stop.wait(self._seconds):
            self._look_at_access()
            try:
                if self._position > (position := self._catalog.position()):
                    _log.error(
                        "the log ended at %d and now ends at %d: the last entries are lost", self._position, position
                    )
                    self._gone_back()
                    self._position = position
                while self._position < self._catalog.position():
                    entries = self._catalog.changes(self._position, limit=_ENTRIES_AT_ONCE)
                    self._heard_elsewhere(entries)
                    self._position = entries[-1].position
                metrics.HEARD.set(self._position)
            except RegistryError as error:
                _log.warning("the log cannot be followed for now: %s", error.message)
                self._forget()

    def _heard(self, entries: Sequence[Entry]) -> None:
        if any(_changes_answers(entry) for entry in entries):
            self._forget()

    def _forget(self) -> None:
        with self._lock:
            self._generation += 1
            self._immutable.clear()


def _changes_answers(entry: Entry) -> bool:
    """Whether an answer of the Confluent protocol that is kept as immutable may be another now."""
    match entry.event:
        case RegistrationRefused() | ApplicationDescribed() | ReaderDeclared() | WriterDeclared():
            return False
        case ContractWithdrawn() | DeploymentRecorded() | DeploymentEnded():
            return False
        case SchemaRegistered(superseded=superseded):
            return bool(superseded)
        case _:
            return True
