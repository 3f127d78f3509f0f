"""What was worked out lately, kept for the next one who asks."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """The values that were used last, a bounded number of them; for any thread."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = Lock()
        self._kept: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        """The value, or None where it is not kept."""
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key]

    def put(self, key: K, value: V) -> None:
        """Keep a value in place of the one that was not used for longest."""
        with self._lock:
            self._kept[key] = value
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        """Keep nothing of what was worked out so far."""
        with self._lock:
            self._kept.clear()

    def of(self, key: K, make: Callable[[], V], *, serves: Callable[[V], bool] = lambda _: True) -> V:
        """The value, made where none is kept that ``serves``; what ``make`` raises is raised.

        Nobody waits for another's making.
        """
        with self._lock:
            if key in self._kept and serves(self._kept[key]):
                self._kept.move_to_end(key)
                return self._kept[key]
        value = make()
        self.put(key, value)
        return value
