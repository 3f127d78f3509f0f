"""Questions to the log itself."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import datetime

from registry.events import Entry, Event, Line, RegistrationRefused
from registry.model import Subject
from registry.storage import log
from registry.storage.reading.base import Questions


class LogQuestions(Questions):
    """What happened, and how far the log has come."""

    def position(self) -> int:
        """Of the last entry; 0 when the log is empty."""
        return log.position(self.log)

    def position_at(self, time: datetime) -> int:
        """Of the last entry that was written at a time or before; 0 for none."""
        return log.position_at(self.log, time)

    def changed(self, streams: AbstractSet[Subject], *, after: int) -> bool:
        """Whether anything has happened in one of these streams after a position, or the log has gone back."""
        return log.changed(self.log, streams, after)

    def entries(
        self,
        *,
        after: int = 0,
        before: int | None = None,
        subject: Subject | None = None,
        kind: type[Event] | None = None,
        limit: int,
        newest_first: bool = False,
    ) -> list[Entry]:
        """Entries between two positions, optionally of one stream or type only."""
        return log.read(
            self.log,
            after=after,
            before=before,
            subject=subject,
            kind=kind,
            limit=limit,
            newest_first=newest_first,
            view=self.view,
        )

    def lines(self, *, after: int, last: int, limit: int) -> list[Line]:
        """Entries as they are kept, after one position up to another."""
        return log.lines(self.log, after=after, last=last, limit=limit)

    def is_last_refusal(self, at: Subject, text: str) -> bool:
        """Whether the last thing that happened to a subject is that this text was refused."""
        newest = self.entries(subject=at, limit=1, newest_first=True)
        return any(isinstance(entry.event, RegistrationRefused) and entry.event.text == text for entry in newest)
