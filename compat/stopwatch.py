"""How long real decoders and validators ran for witnesses: read before and after a check, in the same thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Stopwatch(threading.local):
    """Seconds so far, in this thread."""

    seconds = 0.0


EXECUTION: Final = Stopwatch()


def timed(execute: Callable[P, T]) -> Callable[P, T]:
    """A function that executes an event, with its time added to ``EXECUTION``."""

    @wraps(execute)
    def execution(*args: P.args, **kwargs: P.kwargs) -> T:
        started = time.perf_counter()
        try:
            return execute(*args, **kwargs)
        finally:
            EXECUTION.seconds += time.perf_counter() - started

    return execution
