"""Since which version fields have been there: the names of the fields of earlier versions, remembered."""

from __future__ import annotations

from typing import Final

from compat.errors import CompatError
from compat.outline import Type
from compat.recent import Recent
from registry.model import Span, Subject
from registry.service import Registry
from web.steps import Deadline
from web.tree import Earlier, Path, paths_of

EARLIER: Final = 60
"""Versions before the shown one that are looked at."""
REMEMBERED: Final = 100_000
"""Names of fields that a process keeps, of all versions together: some thirty megabytes."""


class FieldNames:
    """The paths of the fields of registered versions, which never change."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._kept: Recent[int, frozenset[Path]] = Recent(REMEMBERED, weigh=lambda paths: len(paths) + 1)
        """By the position of the registration."""
        registry.when_lost(self._kept.clear)

    def over(self, registry: Registry) -> FieldNames:
        """The same memory over the registry as it was."""
        other = FieldNames(registry)
        other._kept = self._kept
        return other

    def before(self, subject: Subject, number: int, shown: Type, deadline: Deadline) -> Earlier:
        """The fields of the live versions before one.

        As many as are needed to know since when the shown ones have been there without a gap, ``EARLIER`` at the most,
        and no more once the time has passed.
        """
        span = Span(below=number, most=EARLIER + 1, deleted=False)
        found: list[tuple[int, frozenset[Path]]] = []
        sought = set(paths_of(shown))
        for earlier, position in reversed(self._registry.catalog.positions(subject, span)):
            if not sought:
                break
            if len(found) == EARLIER or (known := self._of(subject, earlier, position, deadline)) is None:
                return Earlier(tuple(found[::-1]), cut=True)
            found.append((earlier, known))
            sought &= known  # what was not there then came later, whatever was before
        return Earlier(tuple(found[::-1]))

    def _of(self, subject: Subject, number: int, position: int, deadline: Deadline) -> frozenset[Path] | None:
        if (known := self._kept.get(position)) is not None:
            return known
        if deadline.passed:
            return None
        try:
            outline = self._registry.catalog.describe(subject, number).outline
        except CompatError:
            return None
        known = frozenset(paths_of(outline))
        self._kept.put(position, known)
        return known
