"""What the one writer of a transaction sees and does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

from sqlalchemy import Connection

from registry.access import events as access
from registry.access.current import current
from registry.errors import DamagedArchive
from registry.events import Entry, Event, Line, SchemaRegistered
from registry.model import Metadata, Origin, RuleSet, Subject
from registry.storage import log, projections
from registry.storage.ids import Ids, SchemaKey
from registry.storage.lately import Lately
from registry.storage.reading import Reading
from registry.storage.verification import Progress, replay


class Writing(Reading):
    """The one writer: sees what is committed before it and in the caller's view, and appends events as it may."""

    def __init__(self, connection: Connection, origin: Origin, lately: Lately, *, doubtful: bool = False) -> None:
        """``doubtful``: the database may be another one than before, so whatever was decided is decided again."""
        super().__init__(self._written)
        self._connection = connection
        self.act(origin)
        self._lately = lately
        self._doubtful = doubtful
        self._begun_at = log.lock(connection)
        self._unwritten: list[Entry] = []
        self._ids = Ids()
        self._untold = 0
        self.appended: list[Entry] = []
        self._latest: dict[Subject, int] = {}
        """Where each stream of what was appended has changed last."""

    def act(self, origin: Origin) -> None:
        """From now on, what is seen and appended is the current caller's business."""
        self.origin = _named(origin)
        self._caller = current()
        self.view = self._caller.view

    def append(self, *happened: tuple[Subject, Event]) -> list[Entry]:
        """Add events to the log, and what follows from them to the projections, before anything else is asked.

        Raises Forbidden, Unauthenticated for what the caller may not make happen.
        """
        for subject, happening in happened:
            access.require(self._caller, subject, happening)
        time = self.origin.time or datetime.now(UTC)
        added = [
            Entry(position, time, self.origin, subject, event)
            for position, (subject, event) in enumerate(happened, self.position() + 1)
        ]
        self._note(added)
        self._unwritten += added
        for entry in added:
            self._note_id(entry)
        return added

    def _note(self, added: Iterable[Entry]) -> None:
        self.appended += added
        self._latest.update((entry.subject, entry.position) for entry in added)

    def position(self) -> int:
        return self._begun_at + len(self.appended) + self._untold

    def _written(self) -> Connection:
        """The transaction, in which everything stands that was appended so far."""
        self.flush()
        return self._connection

    def flush(self) -> None:
        """Write what was appended, with what follows from it: at once for all changes that nobody has asked about."""
        if self._unwritten:
            entries, self._unwritten = self._unwritten, []
            log.append(self._connection, entries)
            projections.apply(self._connection, entries)

    def id_for(self, key: SchemaKey, metadata: Metadata | None, rule_set: RuleSet | None) -> int:
        """The id of this very schema in a context: the one that it has, the first of several, or the next."""
        self.expect([key])
        return self._ids.of(key, metadata, rule_set)

    def expect(self, keys: Iterable[SchemaKey]) -> None:
        """Ask at once about the schemas that will want an id."""
        if unknown := self._ids.unknown(keys):
            self.ids(unknown, self._ids)

    def _note_id(self, entry: Entry) -> None:
        event = entry.event
        if isinstance(event, SchemaRegistered) and not event.superseded:
            key = entry.subject.context, event.canonical_digest
            self._ids.give(key, (event.metadata, event.rule_set, event.schema_id))
        else:
            self._ids = Ids()

    def changed(self, streams: AbstractSet[Subject], *, after: int) -> bool:
        """Whether anything has happened in one of these streams after a position, or the log has gone back."""
        if self._doubtful or any(self._latest.get(stream, 0) > after for stream in streams):
            return True
        if after >= self._begun_at:
            return after > self.position()  # the log has gone back: another database has taken over
        self._lately.catch_up(self._begun_at, partial(log.streams, self._connection))
        known = self._lately.changed(streams, after, self._begun_at)
        return log.changed(self._connection, streams, after) if known is None else known

    def committed(self) -> None:
        """Everything that was appended is in the log for good."""
        self._lately.wrote(self._begun_at, self.appended, self.position())

    def adopt(self, copied: Sequence[Line], *, told: bool = True) -> None:
        """Write entries of another log as they are, with what follows from them: they must come next.

        ``told``: listeners hear of them at the end; without, nothing of them stays in memory.

        Raises UnknownEvent, DamagedArchive.
        """
        last = self.position()
        if [line.position for line in copied] != list(range(last + 1, last + 1 + len(copied))):
            raise DamagedArchive(f"the entries after {last:,} are not the next ones of the log")
        log.adopt(self.connection, copied)
        self._ids = Ids()
        entries = [line.entry() for line in copied]
        projections.apply(self.connection, entries)
        if told:
            self._note(entries)
        else:
            self._untold += len(entries)

    def rebuild(self, progress: Progress | None) -> int:
        """Make every projection anew from the log; the number of entries replayed."""
        projections.clear(self.connection)
        return replay(self.connection, self.connection, progress)


def _named(origin: Origin) -> Origin:
    """Every entry of the log names the request it came from, also where that was no request over HTTP."""
    return origin if origin.request_id else replace(origin, request_id=str(uuid4()))
