"""The read model of the catalog: lists, details, comparisons, refusals, and what changed when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import chain, islice

from compat.check import judged
from compat.definition import Format
from compat.level import Direction
from compat.recent import Recent
from registry.access.roles import View
from registry.errors import InvalidRequest, NotFound, SubjectNotFound
from registry.events import Entry, Event, RegistrationRefused, VersionsPurged
from registry.history import parse_number
from registry.model import (
    ANYWHERE_IN_ORDER,
    DEFAULT_CONTEXT,
    FIRST_PAGE,
    WHOLE_HISTORY,
    Beside,
    Page,
    Span,
    Subject,
    SubjectSummary,
    Version,
)
from registry.moment import Moment
from registry.moment import parse as parse_moment
from registry.service.answers import Comparison, Described, Newest, SubjectDetail
from registry.service.definitions import Definitions, parse
from registry.service.lookup import find_version
from registry.service.scope import in_force
from registry.settings import Settings
from registry.storage.reading import Reading, SubjectFilter
from registry.storage.store import Store

_REFUSALS_SHOWN = 20
_REFERRERS_SHOWN = 40
_TOTALS_KEPT = 200


class Catalog:
    """Reads for people. Nothing here changes anything."""

    def __init__(self, store: Store, definitions: Definitions, settings: Settings) -> None:
        self._store = store
        self._definitions = definitions
        self._settings = settings
        self._totals: Recent[tuple[SubjectFilter, View], tuple[int, int]] = Recent(_TOTALS_KEPT)
        """By what was counted in which view: the position of the log, and how many."""
        store.when_lost(self._totals.clear)

    def subjects(
        self,
        search: str = "",
        *,
        context: str | None = None,
        format: Format | None = None,  # noqa: A002
        deleted: bool = False,
        page: Page = FIRST_PAGE,
        beside: Beside = ANYWHERE_IN_ORDER,
    ) -> tuple[Sequence[SubjectSummary], int]:
        """Subjects whose name contains ``search`` (case folded), sorted by name, and how many there are in all."""
        wanted = SubjectFilter(search, context, format, deleted)
        with self._store.read() as reading:
            return reading.summaries(wanted, page, beside), self._total(reading, wanted)

    def _total(self, reading: Reading, wanted: SubjectFilter) -> int:
        """Counted once in each state of the log: counting takes as long as there are subjects."""
        position = reading.position()
        kept = self._totals.get((wanted, reading.view))
        if kept is None or kept[0] != position:
            kept = position, reading.count(wanted)
            self._totals.put((wanted, reading.view), kept)
        return kept[1]

    def changed_subjects(self, after: int, limit: int) -> list[tuple[int, SubjectSummary]]:
        """Subjects whose versions changed after a position of the log, in the order of their changes, deleted ones too.

        Each with the position of its change. A subject that was deleted for good is not among them.
        """
        with self._store.read() as reading:
            return reading.summaries_after(after, limit)

    def count_changed(self, after: int) -> int:
        """How many subjects ``changed_subjects`` would give in all."""
        with self._store.read() as reading:
            return reading.count_after(after)

    def purged(self, after: int, limit: int) -> list[Entry]:
        """The deletions for good after a position, oldest first."""
        with self._store.read() as reading:
            return reading.entries(after=after, kind=VersionsPurged, limit=limit)

    def contexts(self) -> list[str]:
        """Every context that has ever had a subject and was not removed, the default first."""
        with self._store.read() as reading:
            return sorted({DEFAULT_CONTEXT, *reading.contexts()})

    def subject(self, subject: Subject, most: int | None = None) -> SubjectDetail:
        """What is known about a subject; with ``most``, no more than the last so many versions, and other referrers.

        Raises SubjectNotFound.
        """
        with self._store.read() as reading:
            summary = reading.summary(subject)
            if summary is None:
                raise SubjectNotFound(subject)
            versions = reading.versions(subject, Span(most=most))
            live = [version for version in versions if not version.deleted]
            referrers = reading.foreign_referrers(subject, None if most is None else _REFERRERS_SHOWN)
            return SubjectDetail(
                summary=summary,
                policy=in_force(reading, subject, self._settings),
                versions=tuple(versions),
                total=len(versions) if most is None else reading.count_versions(subject),
                latest=live[-1] if live else reading.latest(subject) or versions[-1],
                referrers=tuple((referrer, number) for referrer, number, _ in referrers),
                refusals=tuple(
                    reading.entries(subject=subject, kind=RegistrationRefused, limit=_REFUSALS_SHOWN, newest_first=True)
                ),
            )

    def versions(self, subject: Subject, span: Span) -> tuple[Version, ...]:
        """A part of the history, oldest first."""
        with self._store.read() as reading:
            return tuple(reading.versions(subject, span))

    def numbers(self, subject: Subject, span: Span = WHOLE_HISTORY) -> list[int]:
        """The numbers of a part of the history, ascending."""
        with self._store.read() as reading:
            return [number for number, _ in reading.numbers(subject, span)]

    def positions(self, subject: Subject, span: Span) -> list[tuple[int, int]]:
        """(number, position of the registration) of a part of the history, ascending."""
        with self._store.read() as reading:
            return reading.positions(subject, span)

    def newest(self, subject: Subject, most: int) -> Newest:
        """What the last steps of a subject are judged by, in one read: a list asks it of every line."""
        with self._store.read() as reading:
            return Newest(
                policy=in_force(reading, subject, self._settings),
                versions=tuple(reading.newest(subject, most)),
                lifts=frozenset((source, target) for source, target, implied in reading.edges(subject) if not implied),
            )

    def describe(self, subject: Subject, version: str | int) -> Described:
        """A version (deleted or not) with its outline. Raises InvalidVersion, SubjectNotFound, VersionNotFound."""
        with self._store.read() as reading:
            found = find_version(reading, subject, parse_number(version), deleted=True)
            definition = self._definitions.of(reading, found)
        parsed = parse(definition)
        return Described(found, parsed.engine.outline(parsed.schema))

    def compare(self, subject: Subject, old: str | int, new: str | int) -> Comparison:
        """What differs between any two versions, and the verdict in both directions.

        Raises InvalidVersion, SubjectNotFound, VersionNotFound.
        """
        with self._store.read() as reading:
            before = find_version(reading, subject, parse_number(old), deleted=True)
            after = find_version(reading, subject, parse_number(new), deleted=True)
            definitions = self._definitions.of(reading, before), self._definitions.of(reading, after)
            criteria = in_force(reading, subject, self._settings).criteria
        criteria = criteria.applied_to(after.content.format)
        one, other = map(parse, definitions)
        same_format = one.engine is other.engine
        return Comparison(
            old=before,
            new=after,
            differences=tuple(one.engine.differences(one.schema, other.schema)) if same_format else (),
            backward=tuple(judged(other, one, Direction.BACKWARD, criteria, limits=self._settings.limits)),
            forward=tuple(judged(other, one, Direction.FORWARD, criteria, limits=self._settings.limits)),
            criteria=criteria,
        )

    def samples(self, subject: Subject, version: str | int, *, seed: int = 0, count: int = 5) -> list[object]:
        """Valid events of a version as JSON-ready trees, boundary values first.

        Raises InvalidVersion, SubjectNotFound, VersionNotFound.
        """
        with self._store.read() as reading:
            found = find_version(reading, subject, parse_number(version), deleted=True)
            definition = self._definitions.of(reading, found)
        parsed = parse(definition)
        payloads = islice(parsed.engine.samples(parsed.schema, seed), count)
        return [parsed.engine.to_json(parsed.schema, payload) for payload in payloads]

    def refusals(self, subject: Subject | None = None, *, page: Page = FIRST_PAGE) -> list[Entry]:
        """Refused registrations, newest first, of one subject or of all."""
        limit = FIRST_PAGE.limit if page.limit is None else page.limit
        with self._store.read() as reading:
            found = reading.entries(
                subject=subject, kind=RegistrationRefused, limit=page.offset + (limit or 0), newest_first=True
            )
        return found[page.offset :]

    def refusal(self, position: int) -> Entry:
        """One refused registration by its position in the log. Raises NotFound."""
        with self._store.read() as reading:
            found = reading.entries(after=position - 1, before=position + 1, kind=RegistrationRefused, limit=1)
        if not found:
            raise NotFound(f"No refused registration has the position {position}")
        return found[0]

    def changes(self, after: int = 0, *, subject: Subject | None = None, limit: int = 100) -> list[Entry]:
        """Entries of the log with a position greater than ``after``, oldest first."""
        with self._store.read() as reading:
            return reading.entries(after=after, subject=subject, limit=limit)

    def latest_changes(
        self,
        *,
        subject: Subject | None = None,
        before: int | None = None,
        kinds: Sequence[type[Event]] = (),
        limit: int = 20,
    ) -> list[Entry]:
        """The newest entries of the log, newest first; with ``before``, those whose position is lower.

        ``kinds``: only events of these. Each is looked for by itself, in the order of its index, however rare it is.
        """
        with self._store.read() as reading:
            found = [
                reading.entries(subject=subject, before=before, kind=kind, limit=limit, newest_first=True)
                for kind in kinds or (None,)
            ]
        return sorted(chain.from_iterable(found), key=lambda one: -one.position)[:limit]

    def kept(self, subjects: Iterable[Subject]) -> dict[Subject, frozenset[int]]:
        """The versions that each subject still has, deleted softly or not: none of a subject deleted for good."""
        with self._store.read() as reading:
            return {each: frozenset(number for number, _ in reading.numbers(each)) for each in set(subjects)}

    def position(self) -> int:
        """Of the last entry of the log; 0 when it is empty."""
        with self._store.read() as reading:
            return reading.position()

    def mark(self, position: int) -> str:
        """Tells the entry at a position from any other that may come to stand there; empty where there is none."""
        with self._store.read() as reading:
            found = reading.entries(after=position - 1, before=position + 1, limit=1)
        return "".join(_mark(entry) for entry in found)

    def log_id(self) -> str:
        """Tells this log from all others, whatever the registries are called; a copy has the same. Empty for none."""
        return "".join(map(_mark, self.changes(limit=1)))

    def moment(self, asked: str) -> Moment:
        """The place in the log that a position or an ISO time means: after the last entry that was written until then.

        Raises InvalidRequest for what is neither, and for what has not happened yet.
        """
        wanted = parse_moment(asked)
        with self._store.read() as reading:
            last = reading.position()
            if isinstance(wanted, datetime):
                if wanted > datetime.now(UTC):
                    raise InvalidRequest(f"at is '{asked}', which is still to come: the past ends now")
                position = reading.position_at(wanted)
            else:
                position = wanted
            if position > last:
                raise InvalidRequest(f"at is '{asked}', and the log ends at position {last}: ask for that or less")
            entries = reading.entries(after=position - 1, before=position + 1, limit=1) if position else []
        return Moment(position, entries[0].time if entries else None, last)


def _mark(entry: Entry) -> str:
    return blake2b(f"{entry.time.isoformat()} {entry.origin.request_id}".encode(), digest_size=16).hexdigest()
