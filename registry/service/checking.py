"""Say whether a candidate may follow the versions of a subject, without registering it."""

from __future__ import annotations

from compat.level import Level
from registry.model import Content, Subject
from registry.service.answers import Checked


class Checking:
    """Checks candidates."""

    def against_history(
        self, subject: Subject, candidate: Content, *, level: Level | None = None, everything: bool = True
    ) -> Checked:
        """The verdict over the live versions, under ``level`` or the one in force. An unknown subject: compatible.

        ``everything``: every compared version, not only up to the first that blocks.
        Raises InvalidSchemaText, SchemaTooLarge.
        """
        raise NotImplementedError

    def against_version(
        self, subject: Subject, candidate: Content, version: str, *, level: Level | None = None
    ) -> Checked:
        """The verdict against one version (``"3"``, ``"latest"``). Raises InvalidVersion, VersionNotFound."""
        raise NotImplementedError
