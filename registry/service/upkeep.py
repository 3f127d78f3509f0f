"""Prove that the projections equal the log, and make them anew from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Progress = Callable[[int, int], None]
"""Called with (entries done, entries in all)."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """A row that is not what the log says."""

    table: str
    key: str
    kept: str
    """As it stands in the projection, empty if missing."""
    replayed: str
    """As the log gives it, empty if it should not be there."""


class Upkeep:
    """Long operations on the whole store, with progress."""

    def rebuild(self, progress: Progress | None = None) -> int:
        """Drop every projection and replay the log; the number of entries replayed. One transaction."""
        raise NotImplementedError

    def verify(self, progress: Progress | None = None) -> list[Deviation]:
        """What differs between the projections and a replay of the log (at most 100); empty when all is well."""
        raise NotImplementedError
