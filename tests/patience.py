"""How long tests wait for what takes a moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

PATIENCE: Final = 120.0
"""Seconds, at most: the machine may have much else to do."""


def eventually(holds: Callable[[], object], missing: Callable[[], object] = lambda: "it did not come true") -> None:
    """Until it holds; fails with what is missing where it does not in all patience."""
    end, pause = time.monotonic() + PATIENCE, 0.01
    while not holds():
        assert time.monotonic() < end, missing()
        time.sleep(pause)
        pause = min(2 * pause, 0.2)  # who asks all the time takes the processor from who is to answer
