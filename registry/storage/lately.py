"""What was written lately: whether a stream has changed is usually known without asking the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from registry.events import Entry
from registry.model import Subject

_MOST: Final = 1_000
"""Streams that are kept, and entries of others that are caught up with: a longer stretch is not read for it."""


class Lately:
    """The streams of an unbroken stretch at the end of the log, as far as this process wrote it or has read it.

    Belongs to whoever may write: nothing here is locked.
    """

    def __init__(self) -> None:
        self._after = self._last = 0
        """Everything in between is known."""
        self._latest: dict[Subject, int] = {}
        """Where a stream has changed last."""

    def wrote(self, after: int, entries: Sequence[Entry], last: int) -> None:
        """Entries were committed after a position; others may have written before, and what is not told between."""
        if after != self._last:
            self._forget(after)
        self._note((entry.subject for entry in entries), last)
        if last != after + len(entries):
            self._forget(last)

    def catch_up(self, last: int, read: Callable[[int, int], Iterable[Subject]]) -> None:
        """Learn what others have written, up to the last position; ``read`` gives the streams between two positions."""
        if self._last < last <= self._last + _MOST:
            self._note(read(self._last, last), last)

    def changed(self, streams: AbstractSet[Subject], after: int, last: int) -> bool | None:
        """Whether one of these streams has changed after a position up to the last one; None: ask the database."""
        if last != self._last or after < self._after:
            return None
        return any(self._latest.get(stream, 0) > after for stream in streams)

    def _note(self, streams: Iterable[Subject], last: int) -> None:
        """What came next, up to a position."""
        self._latest.update((stream, position) for position, stream in enumerate(streams, self._last + 1))
        self._last = last
        if len(self._latest) > _MOST:
            self._forget(last)

    def _forget(self, last: int) -> None:
        self._latest.clear()
        self._after = self._last = last
