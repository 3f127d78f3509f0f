"""Work in a process of its own that can be killed in the middle: a fork, ready at once."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable


def child(work: Callable[[], object]) -> int:
    """Run something in a new process; its id."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads, which the child does not touch
        pid = os.fork()
    if pid:
        return pid
    try:
        work()
        os._exit(0)
    except BaseException:  # noqa: BLE001 - whatever it is, the parent hears that it failed
        os._exit(1)


def ended(pid: int) -> int:
    """How a process has ended: minus the signal that killed it, or its status."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
