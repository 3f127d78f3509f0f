"""What answers and decisions rested on lately: the next one on the same subject need not read it again.

A remembered situation may be out of date, since other nodes write too. It is good for a decision to append, because
that is carried out only if nothing has happened since on the streams it rests on; whatever else comes of it stands only
where the log says the same (``holds``). Whoever reads anyway asks the log first (``now``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from compat.recent import Recent
from registry import history as histories
from registry.access.current import current
from registry.history import Known
from registry.model import Subject, Version
from registry.service.decision import Decision
from registry.service.scope import elsewhere
from registry.service.situation import Situation
from registry.settings import Settings
from registry.storage.reading import Reading
from registry.storage.store import Store

_VERSIONS: Final = 50_000
"""Of all subjects that are remembered: 20 to 30 MB."""


class Memory:
    """The situations of subjects that this process was asked about lately."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._kept: Recent[Subject, Situation] = Recent(_VERSIONS, weigh=lambda situation: len(situation.history) + 1)
        store.when_lost(self._kept.clear)

    def of(self, subject: Subject) -> Situation | None:
        """What was so when it was remembered, if the caller may see it; None too for an alias."""
        kept = self._kept.get(subject) if current().view.shows(subject) else None
        return kept if kept is not None and kept.meant == subject else None

    def holds(self, situation: Situation) -> bool:
        """Whether it is still so."""
        with self._store.read() as reading:
            return _holds(reading, situation)

    def now(self, reading: Reading, subject: Subject) -> Situation:
        """What is so in this state of the store, which is committed; of the target where the subject is an alias."""
        own = self._at(reading, subject)
        return own if own.meant == subject else self._at(reading, own.meant)

    def located(self, reading: Reading, subject: Subject) -> Situation:
        """``now``, of the subject where it is read (``scope.located``)."""
        found = self.now(reading, subject)
        if found.history:
            return found
        at = elsewhere(reading, found.subject)
        return found if at == found.subject else self._at(reading, at)

    def _at(self, reading: Reading, subject: Subject) -> Situation:
        """Of this very subject."""
        shown = reading.view.shows(subject)
        kept = self._kept.get(subject) if shown else None
        if kept is not None and _holds(reading, kept):
            return kept
        found = Situation.at(reading, subject, self._settings)
        if shown and found.history:
            self._kept.put(subject, found)
        return found

    def added(self, decision: Decision, version: Version) -> None:
        """A decision was carried out: what is so from then on, where nothing else came with it."""
        before = decision.situation
        simple = decision.number == before.next_number and decision.lift is None
        if not simple or histories.superseded(before.history, version.schema_id):
            return
        identity, content = decision.identified.identity, version.content
        known = Known(
            number=version.number,
            schema_id=version.schema_id,
            canonical_digest=identity.canonical,
            normalized_digest=identity.normalized,
            metadata=content.metadata,
            rule_set=content.rule_set,
            position=version.position,
            deleted=False,
            refers=bool(content.references),
        )
        after = replace(before, position=version.position, history=before.history.followed_by(known))
        self._kept.put(before.subject, after)


def _holds(reading: Reading, situation: Situation) -> bool:
    return not reading.changed(situation.rests_on, after=situation.position)
