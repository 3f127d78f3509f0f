"""One after another where that saves work: of two decisions on one subject made at once, one is made in vain.

It is a courtesy, and nothing rests on it: where one takes long, whoever waits goes ahead.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

from registry.model import Subject

_SECONDS: Final = 1.0
"""How long one may take before the others go ahead: longer than a commit, shorter than a check at its limits."""


class _Queue:
    """Those who have to do with one subject."""

    __slots__ = ("begun", "members", "turn")

    def __init__(self) -> None:
        self.turn = Lock()
        self.members = 0
        self.begun = 0
        """How many turns have begun."""

    def wait(self) -> bool:
        """Until it is the caller's turn; False where the one before takes long."""
        seen = -1
        while not (mine := self.turn.acquire(timeout=_SECONDS)) and self.begun != seen:
            seen = self.begun
        self.begun += mine
        return mine


class InTurn:
    """Lets the threads of this process work on a subject one after another; those on other subjects do not wait."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._queues: dict[Subject, _Queue] = {}

    @contextmanager
    def on(self, subject: Subject) -> Iterator[None]:
        """A turn on a subject."""
        with self._lock:
            queue = self._queues.setdefault(subject, _Queue())
            queue.members += 1
        mine = queue.wait()
        try:
            yield
        finally:
            if mine:
                queue.turn.release()
            with self._lock:
                queue.members -= 1
                if not queue.members:
                    del self._queues[subject]
