"""What only one process may do at a time."""

from __future__ import annotations

import time
from threading import Lock
from typing import Final
from uuid import uuid4

from registry.settings import Settings
from registry.storage import leases
from registry.storage.store import Store

_RENEWED_AFTER: Final = 1 / 3
"""Of the lease: asked again sooner, the answer of before still holds."""


class Leases:
    """The tasks that this process has."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._seconds = settings.lease_seconds
        self._holder = str(uuid4())
        self._renewed: dict[str, float] = {}
        self._lock = Lock()

    def hold(self, name: str) -> bool:
        """Whether the task is this process's for now; ask again before every piece of work."""
        with self._lock:
            now = time.monotonic()
            if now - self._renewed.get(name, -self._seconds) < self._seconds * _RENEWED_AFTER:
                return True
            if held := self._take(name):
                self._renewed[name] = now
            else:
                self._renewed.pop(name, None)
            return held

    def give_up(self, name: str) -> None:
        """Let another process have it at once."""
        with self._lock:
            if self._renewed.pop(name, None) is not None:
                with self._store.operate() as connection:
                    leases.give_up(connection, name, self._holder)

    def _take(self, name: str) -> bool:
        with self._store.operate() as connection:
            return leases.take(connection, name, self._holder, self._seconds)
