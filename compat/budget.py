"""How much work one check may do. Steps are counted, so that a verdict does not depend on how busy the machine is;
the clock is the last line of defence only."""

from __future__ import annotations

import time
from dataclasses import dataclass

from compat.errors import LimitExceeded


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds on one check and on one definition; each is a setting of the service."""

    text_bytes: int = 1_000_000
    """Size of one definition's text."""
    depth: int = 200
    """Nesting of one definition."""
    reference_depth: int = 32
    """How far references may refer to references."""
    steps: int = 200_000
    """Steps of one check."""
    seconds: float = 10.0
    """Wall-clock seconds of one check."""
    findings: int = 100
    """Findings of one comparison that are told, of those that block and of those that do not."""


DEFAULT_LIMITS = Limits()


class BudgetSpent(LimitExceeded):
    """The budget of a check is used up. Engines answer it with Undecided, never let it escape."""


class Budget:
    """A meter for one check: ``spend`` is called once per unit of work."""

    __slots__ = ("_deadline", "_limits", "steps")

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self._limits = limits
        self._deadline = time.monotonic() + limits.seconds
        self.steps = 0

    def spend(self, steps: int = 1) -> None:
        """Count work done; raises BudgetSpent once the steps or the seconds are used up."""
        self.steps += steps
        if self.steps > self._limits.steps:
            raise BudgetSpent("steps of the check", self._limits.steps, "simplify it or raise check.steps")
        if (self.steps - steps) >> 8 != self.steps >> 8 and time.monotonic() > self._deadline:
            raise BudgetSpent("seconds of the check", self._limits.seconds, "simplify it or raise check.seconds")
