"""What the pages are made from: the registry, and what the pages remember of it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from pathlib import Path
from threading import Lock

from registry.http.door import Door
from registry.model import Subject
from registry.service import Registry
from web.modules import Modules
from web.search import Index
from web.since import FieldNames
from web.steps import Readings, Unjudged
from web.travel import seen


class Site:
    """One registry with the verdicts and the search index that its pages keep."""

    def __init__(
        self, registry: Registry, readings: Readings, fields: FieldNames, index: Index, door: Door | None = None
    ) -> None:
        self.registry = registry
        self.readings = readings
        self.fields = fields
        self.index = index
        self.door = door
        """Where people sign in."""
        self.modules = Modules()
        self.unjudged = Unjudged()
        self._pasts: OrderedDict[int, Site] = OrderedDict()
        self._lock = Lock()

    @property
    def primary(self) -> str:
        """The registry that this one follows, and where everything is changed; empty for none."""
        return self.registry.settings.follow

    @classmethod
    def over(cls, registry: Registry, door: Door | None = None, search_file: Path | None = None) -> Site:
        """The pages over one registry; ``search_file``: where its search index is kept."""
        return cls(registry, Readings(registry), FieldNames(registry), Index(registry, search_file), door)

    def at_the_moment(self) -> Site:
        """The site that the current request is about: this one, or the same as it was."""
        if (then := seen()) is None:
            return self
        position = then.moment.position
        with self._lock:
            if position not in self._pasts:
                past = self.registry.at(position)
                self._pasts[position] = Site(
                    past, self.readings.over(past), self.fields.over(past), Index(past), self.door
                )
            self._pasts.move_to_end(position)
            while len(self._pasts) > max(1, self.registry.settings.cache_pasts):
                self._pasts.popitem(last=False)[1].index.close()
            return self._pasts[position]

    def close(self) -> None:
        """Forget what was kept of the registry; it stays open."""
        with self._lock:
            for site in (self, *self._pasts.values()):
                site.index.close()

    def alias(self, subject: Subject) -> Subject | None:
        """The subject that the registry answers for this one, where it is set to be another name for it."""
        alias = self.registry.configurations.policy(subject).configuration.alias
        return Subject.parse(alias, subject.context) if alias else None

    def lifts(self, subject: Subject) -> Collection[tuple[int, int]]:
        """The pairs of versions that an upcaster joins."""
        return self.registry.upcasters.lifts(subject)
