"""What was worked out lately, kept for the next one who asks."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """The values that were used last, of a bounded weight together; for any thread."""

    def __init__(self, size: int, weigh: Callable[[V], int] = lambda _: 1) -> None:
        """``weigh``: of each value, always the same for it; so ``size`` is their number where nothing else is said."""
        self._size = size
        self._weigh = weigh
        self._weight = 0
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
            if key in self._kept:
                self._weight -= self._weigh(self._kept.pop(key))
            self._kept[key] = value
            self._weight += self._weigh(value)
            while self._weight > self._size:
                self._weight -= self._weigh(self._kept.popitem(last=False)[1])

    def clear(self) -> None:
        """Keep nothing of what was worked out so far."""
        with self._lock:
            self._kept.clear()
            self._weight = 0

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
