"""Work beside the requests: it begins with the application, ends with it, and begins again."""

from __future__ import annotations

import threading

from registry import background as module
from registry.background import Background
from registry.service import Registry


class Counting:
    """A task that fails at first."""

    name = "counting"

    def __init__(self) -> None:
        self.rounds = 0
        self.done = threading.Event()

    def wanted(self) -> bool:
        return True

    def round(self, stop: threading.Event) -> float:
        assert not stop.is_set()
        self.rounds += 1
        if self.rounds == 1:
            raise ZeroDivisionError
        self.done.set()
        return 0.01


def test_a_task_that_fails_is_tried_again_and_can_be_stopped_and_started(registry: Registry) -> None:
    task = Counting()
    background = Background(registry, [task])
    before = threading.active_count()
    for _ in range(2):
        task.done.clear()
        background.start()
        assert task.done.wait(30)
        background.stop()
        assert threading.active_count() <= before
    assert task.rounds >= 3


def test_the_pause_grows_to_a_bound_and_stays_there() -> None:
    assert [module._pause(failures) for failures in (1, 3, 5_000)] == [2.0, 8.0, module._LONGEST_PAUSE]
