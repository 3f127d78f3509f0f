"""Work that goes on beside the requests: one thread per task, started and stopped with the application.

A task is done by one process at a time, however many nodes and workers there are: each round needs the task's lease.
A task that fails is tried again, later each time; it never takes the server down.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from threading import Event, Thread
from typing import Final, Protocol

from registry.errors import RegistryError
from registry.service import Registry

_log = logging.getLogger(__name__)

_IDLE_SECONDS: Final = 1.0
_LONGEST_PAUSE: Final = 30.0
_LEAVING_SECONDS: Final = 5.0


class Task(Protocol):
    """Something that is done again and again."""

    @property
    def name(self) -> str:
        """Of its lease and of its thread."""

    def wanted(self) -> bool:
        """Whether there may be something to do; asked before the lease is taken, so it should cost little."""

    def round(self, stop: Event) -> float:
        """Do a piece of work, quicker than a lease lasts; the seconds until the next. Ends early once told to stop."""


class Background:
    """The tasks of one process."""

    def __init__(self, registry: Registry, tasks: Sequence[Task]) -> None:
        self._leases = registry.leases
        self._stop = Event()
        self._tasks = tasks
        self._threads: list[Thread] = []

    def start(self) -> None:
        """Begin with all tasks, also again after a stop."""
        self._stop.clear()
        self._threads = [
            Thread(target=self._run, args=(task,), name=f"lineal-{task.name}", daemon=True) for task in self._tasks
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish the rounds that have begun, for some seconds at most, and let others have the leases."""
        self._stop.set()
        for thread in self._threads:
            thread.join(_LEAVING_SECONDS)

    def _run(self, task: Task) -> None:
        failures = 0
        while not self._stop.is_set():
            try:
                working = task.wanted() and self._leases.hold(task.name)
                pause = task.round(self._stop) if working else _IDLE_SECONDS
                failures = 0
            except RegistryError as error:
                failures += 1
                pause = _pause(failures)
                _log.warning("%s: %s", task.name, error.message)
            except Exception:  # noqa: BLE001 - whatever it was, the requests go on
                failures += 1
                pause = _pause(failures)
                _log.exception("%s failed, and is tried again in %.0f s", task.name, pause)
            self._stop.wait(pause)
        try:
            self._leases.give_up(task.name)
        except RegistryError as error:
            _log.warning("%s: its lease stays until it runs out: %s", task.name, error.message)


def _pause(failures: int) -> float:
    """Seconds after so many failures in a row; the power is bounded before it is too large for a float."""
    return min(2.0 ** min(failures, 16), _LONGEST_PAUSE)
