"""Levels, modes and the other settings of a subject, a context (``Subject(context)``) or everything (``DEFAULT``)."""

from __future__ import annotations

from registry.access.current import named
from registry.errors import (
    InvalidSubject,
    OperationNotPermitted,
    ReferenceExists,
    SubjectConfigurationNotFound,
    SubjectModeNotFound,
    SubjectNotFound,
)
from registry.events import (
    ConfigurationChanged,
    ConfigurationRemoved,
    ModeChanged,
    ModeRemoved,
    VersionsPurged,
)
from registry.model import (
    ANONYMOUS,
    DEFAULT,
    EVERYTHING,
    GLOBAL_CONTEXT,
    Configuration,
    ConfigurationChange,
    Mode,
    Origin,
    Subject,
)
from registry.policy import Policy, Setting, changed, parse_level, parse_mode, require_writable
from registry.service.scope import in_force
from registry.settings import Settings
from registry.storage.store import Store
from registry.storage.writing import Writing


class Configurations:
    """Reads and changes what is in force."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings

    def policy(self, subject: Subject) -> Policy:
        """What is in force for a subject, after inheritance."""
        with self._store.read() as reading:
            return in_force(reading, subject, self._settings)

    def own(self, scope: Subject) -> Setting:
        """What is set for the scope itself, without anything inherited."""
        with self._store.read() as reading:
            (found,) = reading.settings([scope])
        return found

    def configuration(self, scope: Subject, *, inherited: bool = False) -> Configuration:
        """Own settings, or the effective ones; those of everything always have a level.

        Raises SubjectConfigurationNotFound.
        """
        with self._store.read() as reading:
            (own,) = reading.settings([scope])
            effective = in_force(reading, scope, self._settings).configuration
        if inherited or scope == DEFAULT:
            return effective
        if own.configuration is None:
            raise SubjectConfigurationNotFound(scope)
        return own.configuration

    def configure(self, scope: Subject, change: ConfigurationChange, origin: Origin = ANONYMOUS) -> Configuration:
        """The settings of the scope after the change.

        Raises InvalidSubject, InvalidLevel, InvalidRequest, InvalidRuleSet, OperationNotPermitted.
        """
        if isinstance(change.compatibility, str):
            parse_level(change.compatibility)
        _require_scope(scope)
        with self._store.write(origin) as writing:
            self._require_writable(writing, scope)
            (own,) = writing.settings([scope])
            after = changed(own.configuration or Configuration(), change)
            if after != own.configuration:
                writing.append((scope, ConfigurationChanged(configuration=after)))
            return after

    def unconfigure(self, scope: Subject, origin: Origin = ANONYMOUS) -> Configuration:
        """The settings that were taken away.

        Raises SubjectNotFound when there were none (for everything: the server's own are given), OperationNotPermitted.
        """
        with self._store.write(origin) as writing:
            (own,) = writing.settings([scope])
            if own.configuration is None and scope != DEFAULT:
                raise SubjectNotFound(scope)
            self._require_writable(writing, scope)
            if own.configuration is None:
                return in_force(writing, scope, self._settings).configuration
            writing.append((scope, ConfigurationRemoved()))
            return own.configuration

    def mode(self, scope: Subject, *, inherited: bool = False) -> Mode:
        """Own mode, or the one in force. Raises SubjectModeNotFound."""
        with self._store.read() as reading:
            (own,) = reading.settings([scope])
            if inherited or scope == DEFAULT:
                return in_force(reading, scope, self._settings).mode
        if own.mode is None:
            raise SubjectModeNotFound(scope)
        return own.mode

    def set_mode(self, scope: Subject, mode: str | None, *, force: bool = False, origin: Origin = ANONYMOUS) -> None:
        """None clears it.

        IMPORT needs a scope without live versions unless forced, and purges the soft-deleted ones.
        Raises InvalidSubject, InvalidMode, OperationNotPermitted, ReferenceExists.
        """
        _require_scope(scope)
        self._require_mutable()
        wanted = None if mode is None else parse_mode(mode, scope)
        with self._store.write(origin) as writing:
            (own,) = writing.settings([scope])
            if wanted is own.mode:
                return
            if wanted is None:
                writing.append((scope, ModeRemoved()))
                return
            if wanted is Mode.IMPORT and not force:
                _empty(writing, scope)
            writing.append((scope, ModeChanged(mode=wanted.value)))

    def remove_mode(self, scope: Subject, *, recursive: bool = False, origin: Origin = ANONYMOUS) -> Mode | None:
        """The mode that was taken away; ``recursive``: those of the subjects in a context as well.

        Raises SubjectNotFound when there was none (unless recursive, or for everything), OperationNotPermitted.
        """
        self._require_mutable()
        with self._store.write(origin) as writing:
            (own,) = writing.settings([scope])
            if own.mode is None and not recursive and scope != DEFAULT:
                raise SubjectNotFound(scope)
            if own.mode is not None:
                writing.append((scope, ModeRemoved()))
            if recursive and scope.is_context:
                for subject in writing.scopes_with_mode(scope.context):
                    writing.append((subject, ModeRemoved()))
            if own.mode is None and scope == DEFAULT and not recursive:
                return in_force(writing, scope, self._settings).mode
            return own.mode

    def _require_writable(self, writing: Writing, scope: Subject) -> None:
        require_writable(in_force(writing, scope, self._settings).mode, scope)

    def _require_mutable(self) -> None:
        if not self._settings.mode_mutability:
            raise OperationNotPermitted("Mode changes are switched off here: set LINEAL_MODE_MUTABILITY=true")


def _require_scope(scope: Subject) -> None:
    """Settings may stand on a context, on everything and on a name that can be registered."""
    if scope.is_context:
        return
    if scope.context == GLOBAL_CONTEXT:
        raise InvalidSubject(str(scope), "the context .__GLOBAL holds settings for everything, not for one subject")
    scope.require_registrable()


def _empty(writing: Writing, scope: Subject) -> None:
    """Purge what is soft-deleted in a scope; refuse while a version in it is live or still referred to."""
    if scope.is_context:
        context = None if scope.context == GLOBAL_CONTEXT else scope.context
        subjects = writing.subjects(context, "", live=True, deleted=True, page=EVERYTHING)
    else:
        subjects = [scope]
    numbers = {subject: writing.numbers(subject) for subject in subjects}
    for subject, versions in numbers.items():
        if any(not deleted for _, deleted in versions):
            raise OperationNotPermitted(
                f"Cannot import since found existing subjects: '{subject}' has live versions; "
                "delete them first or add force=true"
            )
    for subject, versions in numbers.items():
        if not versions:
            continue
        gone = [number for number, _ in versions]
        for referrer, number, _ in writing.whole.referrers(subject, gone, deleted=True):
            if referrer not in numbers:
                raise ReferenceExists(f"subject={subject}", f"version {number} of {named(referrer)} refers to it")
        writing.append((subject, VersionsPurged(versions=gone)))
