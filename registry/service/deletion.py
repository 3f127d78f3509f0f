"""Take versions, subjects and contexts away: first softly, then for good."""

from __future__ import annotations

from registry.model import ANONYMOUS, Origin, Subject


class Deletion:
    """Deletes. The order of refusals is the protocol's."""

    def subject(self, subject: Subject, *, permanent: bool = False, origin: Origin = ANONYMOUS) -> list[int]:
        """The versions that were deleted. Raises SubjectNotFound, SubjectSoftDeleted, OperationNotPermitted,
        ReferenceExists, SubjectNotSoftDeleted.
        """
        raise NotImplementedError

    def version(
        self, subject: Subject, version: str | int, *, permanent: bool = False, origin: Origin = ANONYMOUS
    ) -> int:
        """The number of the deleted version. Raises VersionSoftDeleted, SubjectNotFound, VersionNotFound,
        OperationNotPermitted, ReferenceExists, VersionNotSoftDeleted.
        """
        raise NotImplementedError

    def context(self, context: str, *, origin: Origin = ANONYMOUS) -> None:
        """Raises ContextNotEmpty."""
        raise NotImplementedError
