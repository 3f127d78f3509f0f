"""The seven compatibility levels, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum


class Direction(StrEnum):
    """Which side of a step reads what the other has written."""

    BACKWARD = "BACKWARD"
    """The candidate reads what an earlier version wrote."""
    FORWARD = "FORWARD"
    """An earlier version reads what the candidate writes."""


@dataclass(frozen=True, slots=True)
class _Rule:
    directions: tuple[Direction, ...]
    transitive: bool


_BACKWARD, _FORWARD = (Direction.BACKWARD,), (Direction.FORWARD,)
_BOTH = (Direction.BACKWARD, Direction.FORWARD)


class Level(Enum):
    """How much of the history a candidate must be compatible with, and in which direction."""

    NONE = _Rule((), transitive=False)
    BACKWARD = _Rule(_BACKWARD, transitive=False)
    BACKWARD_TRANSITIVE = _Rule(_BACKWARD, transitive=True)
    FORWARD = _Rule(_FORWARD, transitive=False)
    FORWARD_TRANSITIVE = _Rule(_FORWARD, transitive=True)
    FULL = _Rule(_BOTH, transitive=False)
    FULL_TRANSITIVE = _Rule(_BOTH, transitive=True)

    @property
    def directions(self) -> tuple[Direction, ...]:
        """The directions in which every compared version must be readable."""
        return self.value.directions

    @property
    def transitive(self) -> bool:
        """Whether every live version counts, not the latest alone."""
        return self.value.transitive
