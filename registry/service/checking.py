"""Say whether a candidate may follow the versions of a subject, without registering it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from compat.level import Level
from compat.profile import Profile
from registry import history as histories
from registry.errors import InvalidSchemaText, VersionNotFound
from registry.fields import validate_fields
from registry.history import History, Known, parse_number
from registry.model import LATEST, Content, Subject
from registry.service import wording
from registry.service.answers import Checked
from registry.service.definitions import Definitions, parse
from registry.service.judging import judge
from registry.service.memory import Memory
from registry.settings import Settings
from registry.storage.store import Store


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a request wants to be judged by, where that is not what is in force."""

    level: Level | None
    profile: Profile | None
    everything: bool = True
    """Every compared version, not only up to the first that blocks."""


class Checking:
    """Checks candidates."""

    def __init__(self, store: Store, definitions: Definitions, settings: Settings, memory: Memory) -> None:
        self._store = store
        self._definitions = definitions
        self._settings = settings
        self._memory = memory

    def against_history(
        self,
        subject: Subject,
        candidate: Content,
        *,
        level: Level | None = None,
        profile: Profile | None = None,
        everything: bool = True,
    ) -> Checked:
        """The verdict over the live versions, under ``level`` and ``profile`` or those in force.

        An unknown subject: compatible.

        ``everything``: every compared version, not only up to the first that blocks.
        Raises InvalidSchemaText, SchemaTooLarge.
        """
        asked = _Asked(level, profile, everything=everything)
        return self._check(subject, candidate, asked, lambda history: history)

    def against_version(
        self,
        subject: Subject,
        candidate: Content,
        version: str | int,
        *,
        level: Level | None = None,
        profile: Profile | None = None,
    ) -> Checked:
        """The verdict against one live version: a number, its text or ``"latest"`` (compatible if there is none).

        Raises InvalidVersion, VersionNotFound, InvalidSchemaText, SchemaTooLarge.
        """
        number = parse_number(version)

        def one(history: History) -> Sequence[Known]:
            found = histories.latest(history) if number == LATEST else history.live.numbered(number)
            if found is None and number != LATEST:
                raise VersionNotFound(version)
            return [] if found is None else [found]

        return self._check(subject, candidate, _Asked(level, profile), one)

    def in_words(
        self, subject: Subject, candidate: Content, version: str | None = None, *, verbose: bool = False
    ) -> tuple[bool, list[str]]:
        """Whether the candidate is compatible with one version or the history, and why not.

        With ``verbose`` a text that does not parse is an answer; without, it raises InvalidSchemaText.
        Raises InvalidVersion, VersionNotFound, SchemaTooLarge.
        """
        try:
            if version is None:
                checked = self.against_history(subject, candidate, everything=verbose)
            else:
                checked = self.against_version(subject, candidate, version)
        except InvalidSchemaText as error:
            if verbose:
                return False, [error.message]
            raise
        if not verbose:
            return checked.verdict.compatible, []
        if checked.verdict.compatible:
            return True, []  # clients that ask so take any message for a refusal
        blocking = next(finding for finding in checked.verdict.findings if finding.blocks)
        with self._store.read() as reading:
            old = reading.version(checked.subject, checked.versions[blocking.version])
        return False, wording.messages(checked, None if old is None else old.content.text)

    def _check(
        self, subject: Subject, content: Content, asked: _Asked, choose: Callable[[History], Sequence[Known]]
    ) -> Checked:
        """The verdict against the versions that are chosen of the history; all is read at once, then compared."""
        with self._store.read() as reading:
            situation = self._memory.now(reading, subject)
            subject, policy, history = situation.subject, situation.policy, choose(situation.history)
            level = asked.level or policy.level
            candidate = self._definitions.candidate(reading, subject, content, lenient=policy.lenient)
            newest = histories.latest(history)
            metadata = content.metadata if content.metadata is not None or newest is None else newest.metadata
            compared = histories.compared(history, level, metadata, policy.configuration.compatibility_group)
            definitions = self._definitions.of_known(reading, subject, compared)
        criteria = policy.criteria if asked.profile is None else replace(policy.criteria, profile=asked.profile)
        parsed = parse(candidate.definition)
        if policy.configuration.validate_fields:
            before = None if newest is None else newest.metadata
            validate_fields(content.format, parsed.engine.outline(parsed.schema), metadata, before)
        verdict = judge(
            level,
            candidate.definition,
            definitions,
            everything=asked.everything,
            criteria=criteria,
            limits=self._settings.limits,
        )
        numbers = tuple(known.number for known in compared)
        validating = bool(policy.configuration.validate_fields)
        return Checked(verdict, subject, content.format, numbers, validating)
