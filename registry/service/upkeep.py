"""Prove that the projections equal the log, and make them anew from it."""

from __future__ import annotations

from collections.abc import Callable

from registry.storage.store import Store
from registry.storage.verification import Deviation, deviations

Progress = Callable[[int, int], None]
"""Called with (entries done, entries in all)."""


class Upkeep:
    """Long operations on the whole store, with progress."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def rebuild(self, progress: Progress | None = None) -> int:
        """Drop every projection and replay the log, in one transaction; the number of entries replayed."""
        with self._store.maintain() as writing:
            return writing.rebuild(progress)

    def require_ready(self) -> None:
        """Raises StoreUnavailable, StoreBusy unless the database answers and has the tables that this code needs."""
        self._store.require_ready()

    def verify(self, progress: Progress | None = None) -> list[Deviation]:
        """What differs between the projections and a replay of the log (at most 100); empty when all is well."""
        with self._store.read() as reading:
            return deviations(reading, progress)
