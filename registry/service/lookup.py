"""Find schemas and versions: by id, GUID, number or text."""

from __future__ import annotations

from compat.engine import Form
from registry.model import DEFAULT, EVERYTHING, Content, Page, Subject, Version


class Lookup:
    """Reads one thing at a time."""

    def version(self, subject: Subject, version: str | int, *, deleted: bool = False) -> Version:
        """``version`` is a number, its text, ``"latest"`` or -1.

        Raises SubjectNotFound, VersionNotFound, InvalidVersion.
        """
        raise NotImplementedError

    def by_text(
        self, subject: Subject, candidate: Content, *, normalize: bool = False, deleted: bool = False
    ) -> Version:
        """The version that holds this schema. Raises SubjectNotFound, SchemaNotFound, InvalidSchemaText."""
        raise NotImplementedError

    def by_id(self, schema_id: int, subject: Subject = DEFAULT) -> Version:
        """The first version that was registered with this id (in the subject, if it has it). Raises SchemaNotFound."""
        raise NotImplementedError

    def by_guid(self, guid: str) -> Version:
        """The first version registered with this GUID, in any context. Raises SchemaNotFound."""
        raise NotImplementedError

    def text(self, version: Version, form: Form | None) -> str:
        """The text of a version as it was registered (None) or in another form."""
        raise NotImplementedError

    def subjects(
        self, prefix: str = ":*:", *, deleted: bool = False, deleted_only: bool = False, page: Page = EVERYTHING
    ) -> list[Subject]:
        """Subjects by name, sorted; ``:*:foo`` looks in every context, ``:.ctx:foo`` in one."""
        raise NotImplementedError

    def versions(
        self, subject: Subject, *, deleted: bool = False, deleted_only: bool = False, page: Page = EVERYTHING
    ) -> list[Version]:
        """All versions with their texts, oldest first. Raises SubjectNotFound."""
        raise NotImplementedError

    def uses(self, schema_id: int, subject: Subject = DEFAULT, *, deleted: bool = False) -> list[tuple[Subject, int]]:
        """The subjects and versions that hold a schema id. Raises SchemaNotFound."""
        raise NotImplementedError

    def referrers(
        self, subject: Subject, version: str | int, *, deleted: bool = False
    ) -> list[tuple[Subject, int, int]]:
        """(subject, version, schema id) of the versions that refer to this one."""
        raise NotImplementedError
