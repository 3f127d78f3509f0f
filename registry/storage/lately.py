"""What was written lately: whether a stream has changed is usually known without asking the database."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import Final

from registry.events import Entry
from registry.model import Subject

_MOST: Final = 1_000
"""Entries whose streams are kept, and so many of others are caught up with: a longer stretch is not read for it."""


class Lately:
    """The streams of an unbroken stretch at the end of the log, as far as this process wrote it or has read it.

    Belongs to whoever may write: nothing here is locked.
    """

    def __init__(self) -> None:
        self._last = 0
        self._streams: deque[Subject] = deque(maxlen=_MOST)

    def wrote(self, after: int, entries: Sequence[Entry], last: int) -> None:
        """Entries were committed after a position; others may have written before, and what is not told between."""
        if after != self._last:
            self._streams.clear()
        self._streams.extend(entry.subject for entry in entries)
        if last != after + len(entries):
            self._streams.clear()
        self._last = last

    def catch_up(self, last: int, read: Callable[[int, int], Iterable[Subject]]) -> None:
        """Learn what others have written, up to the last position; ``read`` gives the streams between two positions."""
        if self._last < last <= self._last + _MOST:
            self._streams.extend(read(self._last, last))
            self._last = last

    def changed(self, streams: AbstractSet[Subject], after: int, last: int) -> bool | None:
        """Whether one of these streams has changed after a position up to the last one; None: ask the database."""
        stretch = last - after
        if last != self._last or stretch > len(self._streams):
            return None
        return any(stream in streams for stream in islice(reversed(self._streams), stretch))
