"""Token buckets: so many requests per second and name, with a burst."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Final

_MOST_NAMES: Final = 10_000


class Buckets:
    """One bucket per name; the fullest say nothing and are forgotten first."""

    def __init__(self, per_second: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = per_second
        self._burst = burst
        self._clock = clock
        self._lock = Lock()
        self._levels: dict[str, tuple[float, float]] = {}
        """Tokens left, and when that was so."""

    def take(self, name: str) -> float:
        """Take one token: 0 if there was one, else the seconds until there is."""
        now = self._clock()
        with self._lock:
            level, since = self._levels.get(name, (self._burst, now))
            level = min(self._burst, level + (now - since) * self._rate)
            if level < 1:
                return (1 - level) / self._rate
            if name not in self._levels and len(self._levels) >= _MOST_NAMES:
                self._forget(now)
            self._levels[name] = level - 1, now
            return 0.0

    def _forget(self, now: float) -> None:
        """Drop the buckets that have filled up again; all of them if none has."""
        full = [
            name for name, (level, since) in self._levels.items() if level + (now - since) * self._rate >= self._burst
        ]
        for name in full or list(self._levels):
            del self._levels[name]
