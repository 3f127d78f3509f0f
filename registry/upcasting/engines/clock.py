"""The time that other engines have: one bound for all of a comparison, of which each form gets a fair share."""

from __future__ import annotations

import time
from collections.abc import Callable


class NotCompared(Exception):
    """An engine cannot be asked; says why."""


class Clock:
    """The time that somebody has."""

    def __init__(self, seconds: float, of: str = "") -> None:
        """``of`` names what the time is a share of."""
        self._seconds = seconds
        self._of = of
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds, more than none. Raises NotCompared when they are used up."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise self.over()
        return left

    def over(self) -> NotCompared:
        """What to say when time is up."""
        return NotCompared(f"it took longer than {self._seconds:.2g} seconds{self._of}")


class Budget:
    """The time for all forms of a comparison. What one leaves of its share is there for those that follow."""

    def __init__(self, seconds: float, forms: int) -> None:
        """``forms`` are all that will ask for a share."""
        self._all = f"the {seconds:g} seconds for all engines"
        self._end = time.monotonic() + seconds
        self._waiting = forms

    def share(self, start: Callable[[Clock], None]) -> Clock:
        """The time of the next form, once ``start`` has made ready what it runs in, which may take all that is left.

        Raises NotCompared where nothing is left, and what ``start`` raises.
        """
        waiting = max(self._waiting, 1)
        self._waiting -= 1
        start(Clock(self._left(), f", what was left of {self._all}"))
        return Clock(self._left() / waiting, f", its share of {self._all}")

    def _left(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise NotCompared(f"{self._all} were used up before it was asked")
        return left
