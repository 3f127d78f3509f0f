"""Take versions, subjects and contexts away: first softly, then for good. The order of refusals is the protocol's."""

from __future__ import annotations

from collections.abc import Sequence

from registry.access.current import named
from registry.errors import (
    ContextNotEmpty,
    NoActiveVersion,
    OperationNotPermitted,
    ReferenceExists,
    SubjectAssociated,
    SubjectNotFound,
    SubjectNotSoftDeleted,
    SubjectSoftDeleted,
    VersionNotFound,
    VersionNotSoftDeleted,
    VersionSoftDeleted,
)
from registry.events import ContextRemoved, VersionsDeleted, VersionsPurged
from registry.history import parse_number
from registry.model import ANONYMOUS, DEFAULT_CONTEXT, GLOBAL_CONTEXT, LATEST, Origin, Subject
from registry.policy import require_writable
from registry.service.scope import aliased, in_force
from registry.settings import Settings
from registry.storage.store import Store
from registry.storage.writing import Writing


class Deletion:
    """Deletes."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings

    def subject(self, subject: Subject, *, permanent: bool = False, origin: Origin = ANONYMOUS) -> list[int]:
        """The versions that were deleted: all live ones, or, for good, all there are.

        Raises SubjectNotFound, SubjectSoftDeleted, OperationNotPermitted, SubjectAssociated, ReferenceExists,
        SubjectNotSoftDeleted.
        """
        with self._store.write(origin) as writing:
            subject = aliased(writing, subject)
            numbers = writing.numbers(subject)
            if not numbers:
                raise SubjectNotFound(subject)
            live = [number for number, deleted in numbers if not deleted]
            if not live and not permanent:
                raise SubjectSoftDeleted(subject)
            self._require_writable(writing, subject)
            for used in writing.associations(subject=subject):
                raise SubjectAssociated(subject, used.resource.name)
            every = [number for number, _ in numbers]
            require_unreferenced(writing, subject, every if permanent else live, permanent=permanent)
            if permanent and live:
                raise SubjectNotSoftDeleted(subject)
            happened = VersionsPurged(versions=every) if permanent else VersionsDeleted(versions=live)
            writing.append((subject, happened))
            return happened.versions

    def version(
        self, subject: Subject, version: str | int, *, permanent: bool = False, origin: Origin = ANONYMOUS
    ) -> int:
        """The number of the deleted version.

        Raises InvalidVersion, VersionSoftDeleted, SubjectNotFound, VersionNotFound, OperationNotPermitted,
        NoActiveVersion, ReferenceExists, VersionNotSoftDeleted.
        """
        number = parse_number(version)
        with self._store.write(origin) as writing:
            subject = aliased(writing, subject)
            numbers = dict(writing.numbers(subject))
            live = [known for known, deleted in numbers.items() if not deleted]
            if number == LATEST:
                number = max(live, default=LATEST)
            if numbers.get(number) and not permanent:
                raise VersionSoftDeleted(subject, number)
            if not numbers or (not live and not permanent):
                raise SubjectNotFound(subject)
            if number not in numbers:
                raise VersionNotFound(version)
            self._require_writable(writing, subject)
            if live == [number] and writing.associations(subject=subject):
                raise NoActiveVersion(subject)
            require_unreferenced(writing, subject, [number], permanent=permanent)
            if permanent and number in live:
                raise VersionNotSoftDeleted(subject, number)
            happened = VersionsPurged(versions=[number]) if permanent else VersionsDeleted(versions=[number])
            writing.append((subject, happened))
            return number

    def context(self, context: str, *, origin: Origin = ANONYMOUS) -> None:
        """Forget a context without subjects, with its settings. Raises ContextNotEmpty, OperationNotPermitted."""
        if context in {DEFAULT_CONTEXT, GLOBAL_CONTEXT}:
            raise OperationNotPermitted(f"The context '{context}' belongs to the registry itself and stays")
        with self._store.write(origin) as writing:
            if not writing.whole.is_empty(context):
                raise ContextNotEmpty(context)
            if writing.has_context(context):
                writing.append((Subject(context), ContextRemoved()))

    def _require_writable(self, writing: Writing, subject: Subject) -> None:
        require_writable(in_force(writing, subject, self._settings).mode, subject)


def require_unreferenced(writing: Writing, subject: Subject, numbers: Sequence[int], *, permanent: bool) -> None:
    """Soft deletion minds live referrers, a permanent one soft-deleted ones too; those that go along do not count."""
    whole = len(numbers) == len(writing.numbers(subject))
    for referrer, number, _ in writing.whole.referrers(subject, numbers, deleted=permanent):
        if referrer != subject or not whole:
            what = f"subject={subject}, version={', '.join(map(str, numbers))}"
            raise ReferenceExists(what, f"version {number} of {named(referrer)} refers to it; delete that first")
