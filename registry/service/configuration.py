"""Levels, modes and the other settings of a subject, a context (``Subject(context)``) or everything (``Subject()``)."""

from __future__ import annotations

from registry.model import ANONYMOUS, Configuration, ConfigurationChange, Mode, Origin, Subject
from registry.policy import Policy


class Configurations:
    """Reads and changes what is in force."""

    def policy(self, subject: Subject) -> Policy:
        """What is in force for a subject, after inheritance."""
        raise NotImplementedError

    def configuration(self, scope: Subject, *, inherited: bool = False) -> Configuration:
        """Own settings, or the effective ones. Raises SubjectConfigurationNotFound."""
        raise NotImplementedError

    def configure(self, scope: Subject, change: ConfigurationChange, origin: Origin = ANONYMOUS) -> Configuration:
        """The settings of the scope after the change. Raises InvalidLevel, InvalidRuleSet, OperationNotPermitted."""
        raise NotImplementedError

    def unconfigure(self, scope: Subject, origin: Origin = ANONYMOUS) -> Configuration:
        """The settings that were taken away. Raises SubjectNotFound when there were none."""
        raise NotImplementedError

    def mode(self, scope: Subject, *, inherited: bool = False) -> Mode:
        """Raises SubjectModeNotFound."""
        raise NotImplementedError

    def set_mode(self, scope: Subject, mode: str | None, *, force: bool = False, origin: Origin = ANONYMOUS) -> None:
        """None clears it. Raises InvalidMode, OperationNotPermitted, ReferenceExists."""
        raise NotImplementedError

    def remove_mode(self, scope: Subject, *, recursive: bool = False, origin: Origin = ANONYMOUS) -> Mode | None:
        """The mode that was taken away. Raises SubjectNotFound when there was none."""
        raise NotImplementedError
