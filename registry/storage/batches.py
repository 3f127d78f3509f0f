"""Many small changes, one commit: what threads ask for at the same time is written in one transaction.

A commit waits for the disk, and a transaction that many threads take turns in waits for each of them. So one of them
leads: it runs what has queued up in one transaction, answers everyone after the commit, and hands the lead to the first
that has come meanwhile. Who comes alone leads at once, and no other thread is woken. A change that fails is run again
by itself, so that it fails alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from contextvars import Context, copy_context
from threading import Lock
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")
W = TypeVar("W")
Work = Callable[[W], T]

_MOST_TOGETHER: Final = 64


class Turn(Generic[W]):
    """A change that waits for its turn: what to do, for whom, and what came of it."""

    __slots__ = ("_called", "_error", "_outcome", "about", "context", "origin", "settled", "work")

    def __init__(self, work: Callable[[W], Any], origin: Any, about: Sequence[Any]) -> None:
        self.work = work
        self.origin = origin
        self.about = about
        """What the work will ask about, so that it can be asked at once for all."""
        self.context: Context = copy_context()
        """Of the thread that waits: on whose behalf the work is done."""
        self.settled = False
        self._outcome: Any = None
        self._error: BaseException | None = None
        self._called = Lock()
        self._called.acquire()

    def wait(self, seconds: float = -1) -> bool:
        """Until it is called, to hear the outcome or to lead; whether that has happened in time."""
        return self._called.acquire(timeout=seconds)

    def call(self) -> None:
        """Wake the thread that waits."""
        self._called.release()

    def settle(self, outcome: Any, error: BaseException | None = None) -> None:
        """What came of the work: it was committed, or it failed."""
        self._outcome, self._error, self.settled = outcome, error, True

    def outcome(self) -> Any:
        """What the work returned. Raises what it raised."""
        if self._error is not None:
            raise self._error
        return self._outcome


class Batches(Generic[W]):
    """Turns in a queue. ``transact`` runs the work of some of them in one transaction: what each returned."""

    def __init__(self, transact: Callable[[Sequence[Turn[W]]], list[Any]]) -> None:
        self._transact = transact
        self._lock = Lock()
        self._waiting: deque[Turn[W]] = deque()
        self._led = False
        """Whether a thread leads, or has been called to."""

    def run(self, work: Work[W, T], origin: Any, seconds: float, about: Sequence[Any] = ()) -> T:
        """What ``work`` returns, once it is committed. Raises TimeoutError if its turn has not come within ``seconds``.

        ``work`` may be run by another thread and more than once, and must then give what fits the state it finds.
        """
        turn: Turn[W] = Turn(work, origin, about)
        with self._lock:
            leads, self._led = not self._led, True
            if not leads:
                self._waiting.append(turn)
        if not leads and not turn.wait(seconds):
            self._leave(turn)
        if not turn.settled:
            self._lead(turn)
        outcome: T = turn.outcome()
        return outcome

    def _leave(self, turn: Turn[W]) -> None:
        """Raises TimeoutError if the turn still waits; else it has just begun, and is waited for."""
        with self._lock:
            if turn in self._waiting:
                self._waiting.remove(turn)
                raise TimeoutError
        turn.wait()

    def _lead(self, turn: Turn[W]) -> None:
        with self._lock:
            turns = [turn]
            while self._waiting and len(turns) < _MOST_TOGETHER:
                turns.append(self._waiting.popleft())
        try:
            self._settle(turns)
        finally:
            with self._lock:
                following = self._waiting.popleft() if self._waiting else None
                self._led = following is not None
            for each in ([] if following is None else [following]) + turns[1:]:
                each.call()

    def _settle(self, turns: Sequence[Turn[W]]) -> None:
        try:
            outcomes = self._transact(turns)
        except BaseException as error:  # noqa: BLE001 - it belongs to the thread that waits for it
            if len(turns) == 1:
                turns[0].settle(None, error)
            else:
                for turn in turns:
                    self._settle([turn])
        else:
            for turn, outcome in zip(turns, outcomes, strict=True):
                turn.settle(outcome)
