"""What decisions rested on lately: the next one on the same subject need not ask the database.

A remembered situation may be out of date, since other nodes write too. It is good for a decision to append, because
that is carried out only if nothing has happened since on the streams it rests on; what else comes of it stands only
where that is asked (``holds``).
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
from registry.service.situation import Situation
from registry.storage.store import Store

_VERSIONS: Final = 50_000
"""Of all subjects that are remembered: some 20 MB."""

_LONGEST: Final = 5_000
"""Versions of a subject that is remembered: to read a thousand again takes seven times as long as to register."""


class Memory:
    """The situations of subjects that this process has registered in lately."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: Recent[Subject, Situation] = Recent(_VERSIONS, weigh=lambda situation: len(situation.history) + 1)
        store.when_lost(self._kept.clear)

    def of(self, subject: Subject) -> Situation | None:
        """What was so when it was remembered, if the caller may see it."""
        return self._kept.get(subject) if current().view.shows(subject) else None

    def holds(self, situation: Situation) -> bool:
        """Whether it is still so."""
        with self._store.read() as reading:
            gone_back = reading.position() < situation.position
            return not gone_back and not reading.changed(situation.rests_on, after=situation.position)

    def added(self, decision: Decision, version: Version) -> None:
        """A decision was carried out: what is so from then on, where nothing else came with it."""
        before = decision.situation
        simple = decision.number == before.next_number and decision.lift is None
        if not simple or len(before.history) >= _LONGEST or histories.superseded(before.history, version.schema_id):
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
        after = replace(before, position=version.position, history=[*before.history, known])
        self._kept.put(before.subject, after)
