"""Many small changes, one commit: what threads ask for at the same time is written in one transaction.

A commit waits for the disk, and a transaction that many threads take turns in waits for each of them. So one thread
writes for all: it takes what has queued up meanwhile, runs it in one transaction, and answers everyone after the
commit. A change that fails is run again by itself, so that it fails alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")
W = TypeVar("W")
Work = Callable[[W], T]

_MOST_TOGETHER: Final = 64


@dataclass(frozen=True, slots=True)
class Turn(Generic[W]):
    """A change that waits for its turn: what to do, for whom, and where its outcome goes."""

    work: Callable[[W], Any]
    origin: Any
    outcome: Future[Any] = field(default_factory=Future)
    context: Context = field(default_factory=copy_context)
    """Of the thread that waits: on whose behalf the work is done."""


class Batches(Generic[W]):
    """The thread that writes. ``transact`` runs the work of some turns in one transaction: what each returned."""

    def __init__(self, transact: Callable[[Sequence[Turn[W]]], list[Any]]) -> None:
        self._transact = transact
        self._waiting: SimpleQueue[Turn[W] | None] = SimpleQueue()
        self._starting = Lock()
        self._thread: Thread | None = None

    def run(self, work: Work[W, T], origin: Any, seconds: float) -> T:
        """What ``work`` returns, once it is committed. Raises TimeoutError if its turn has not come within ``seconds``.

        ``work`` may be run more than once, and must then give what fits the state it finds.
        """
        self._start()
        turn: Turn[W] = Turn(work, origin)
        self._waiting.put(turn)
        try:
            outcome: T = turn.outcome.result(seconds)
        except TimeoutError:
            if turn.outcome.cancel():
                raise
            outcome = turn.outcome.result()
        return outcome

    def close(self) -> None:
        """Finish what is waiting, and end the thread."""
        with self._starting:
            if self._thread is not None:
                self._waiting.put(None)
                self._thread.join()
                self._thread = None

    def _start(self) -> None:
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = Thread(target=self._write, name="writer", daemon=True)
                    self._thread.start()

    def _write(self) -> None:
        while (first := self._waiting.get()) is not None:
            turns = [first]
            last = False
            while len(turns) < _MOST_TOGETHER and not last:
                try:
                    following = self._waiting.get_nowait()
                except Empty:
                    break
                if following is None:
                    last = True
                else:
                    turns.append(following)
            self._settle([turn for turn in turns if turn.outcome.set_running_or_notify_cancel()])
            if last:
                return

    def _settle(self, turns: Sequence[Turn[W]]) -> None:
        if not turns:
            return
        try:
            outcomes = self._transact(turns)
        except BaseException as error:  # noqa: BLE001 - it belongs to the thread that waits for it
            if len(turns) == 1:
                turns[0].outcome.set_exception(error)
            else:
                for turn in turns:
                    self._settle([turn])
        else:
            for turn, outcome in zip(turns, outcomes, strict=True):
                turn.outcome.set_result(outcome)
