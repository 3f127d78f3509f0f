"""The read model of the catalog: lists, details, comparisons, refusals, and what changed when."""

from __future__ import annotations

from collections.abc import Sequence

from registry.events import Entry
from registry.model import FIRST_PAGE, Page, Subject, SubjectSummary
from registry.service.answers import Comparison, Described, SubjectDetail


class Catalog:
    """Reads for people. Nothing here changes anything."""

    def subjects(
        self,
        search: str = "",
        *,
        context: str | None = None,
        format: str | None = None,  # noqa: A002
        deleted: bool = False,
        page: Page = FIRST_PAGE,
    ) -> tuple[Sequence[SubjectSummary], int]:
        """Subjects whose name contains ``search`` (case folded), sorted by name, and how many there are in all."""
        raise NotImplementedError

    def contexts(self) -> list[str]:
        """Every context that has ever had a subject and was not removed, the default first."""
        raise NotImplementedError

    def subject(self, subject: Subject) -> SubjectDetail:
        """Raises SubjectNotFound."""
        raise NotImplementedError

    def describe(self, subject: Subject, version: str | int) -> Described:
        """A version (deleted or not) with its outline. Raises SubjectNotFound, VersionNotFound."""
        raise NotImplementedError

    def compare(self, subject: Subject, old: str | int, new: str | int) -> Comparison:
        """What differs between any two versions, and the verdict in both directions."""
        raise NotImplementedError

    def samples(self, subject: Subject, version: str | int, *, seed: int = 0, count: int = 5) -> list[object]:
        """Valid events of a version as JSON-ready trees, boundary values first."""
        raise NotImplementedError

    def refusals(self, subject: Subject | None = None, *, page: Page = FIRST_PAGE) -> list[Entry]:
        """Refused registrations, newest first, of one subject or of all."""
        raise NotImplementedError

    def refusal(self, position: int) -> Entry:
        """One refused registration by its position in the log. Raises NotFound."""
        raise NotImplementedError

    def changes(self, after: int = 0, *, subject: Subject | None = None, limit: int = 100) -> list[Entry]:
        """Entries of the log with a position greater than ``after``, oldest first."""
        raise NotImplementedError

    def latest_changes(self, *, subject: Subject | None = None, limit: int = 20) -> list[Entry]:
        """The newest entries of the log, newest first."""
        raise NotImplementedError

    def position(self) -> int:
        """Of the last entry of the log; 0 when it is empty."""
        raise NotImplementedError
