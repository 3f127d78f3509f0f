"""Immutable answers as ready bytes in front of the framework.

What an id or a version number stands for stays the same, unless something is deleted, configured or given an upcaster.
Whatever this process commits is heard before it is acknowledged. What other nodes commit is heard when the log is
looked at, every ``LINEAL_FOLLOW_SECONDS``: that long a node may still give an answer that another has just deleted.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import Final, TypeAlias

from registry.errors import RegistryError
from registry.events import Entry, RegistrationRefused, SchemaRegistered
from registry.service import Registry

_log = logging.getLogger(__name__)

_LARGEST: Final = 256_000
_MOST_BYTES: Final = 64_000_000
_ENTRIES_AT_ONCE: Final = 1_000

Key: TypeAlias = tuple[bytes, bytes, bytes]
"""Raw path, query and Accept, as they came."""


@dataclass(frozen=True, slots=True)
class Ready:
    """An answer that needs no more work."""

    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class ReadyAnswers:
    """A bounded store of answers; the oldest go first."""

    def __init__(self, registry: Registry) -> None:
        self._catalog = registry.catalog
        self._size = registry.settings.cache_answers
        self._seconds = registry.settings.follow_seconds
        self._kept: dict[Key, Ready] = {}
        self._bytes = 0
        self._lock = Lock()
        self._stop = Event()
        self._thread: Thread | None = None
        self.generation = 0
        """Goes up whenever what is kept may have become untrue."""
        self._position = registry.catalog.position()
        registry.store.listen(self._heard)

    def get(self, key: Key) -> Ready | None:
        """The answer, if it is kept."""
        return self._kept.get(key)

    def keep(self, key: Key, ready: Ready, generation: int) -> None:
        """Keep an answer that was made in this generation; one made in an earlier one may be untrue already."""
        if len(ready.body) > _LARGEST or not self._size:
            return
        with self._lock:
            if generation != self.generation or key in self._kept:
                return
            self._kept[key] = ready
            self._bytes += len(ready.body)
            while len(self._kept) > self._size or self._bytes > _MOST_BYTES:
                self._bytes -= len(self._kept.pop(next(iter(self._kept))).body)

    def start(self) -> None:
        """Begin to follow what other nodes do."""
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
            try:
                while self._position < self._catalog.position():
                    entries = self._catalog.changes(self._position, limit=_ENTRIES_AT_ONCE)
                    self._heard(entries)
                    self._position = entries[-1].position
            except RegistryError as error:
                _log.warning("the log cannot be followed for now: %s", error.message)
                self._forget()

    def _heard(self, entries: Sequence[Entry]) -> None:
        if any(_changes_answers(entry) for entry in entries):
            self._forget()

    def _forget(self) -> None:
        with self._lock:
            self.generation += 1
            self._kept.clear()
            self._bytes = 0


def _changes_answers(entry: Entry) -> bool:
    match entry.event:
        case RegistrationRefused():
            return False
        case SchemaRegistered(superseded=superseded):
            return bool(superseded)
        case _:
            return True
