"""What the pages are made from: the registry, and what the pages remember of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from registry.model import Subject
from registry.service import Registry
from web.search import Index
from web.steps import Readings


@dataclass(frozen=True, slots=True)
class Site:
    """One registry with the verdicts and the search index that its pages keep."""

    registry: Registry
    readings: Readings
    index: Index

    @classmethod
    def over(cls, registry: Registry) -> Site:
        """The pages over one registry."""
        return cls(registry, Readings(registry), Index(registry))

    def lifts(self, subject: Subject) -> Collection[tuple[int, int]]:
        """The pairs of versions that an upcaster joins."""
        return {(one.source, one.target) for one in self.registry.upcasters.published(subject)}
