"""Say whether a candidate may follow the versions of a subject, without registering it."""

from __future__ import annotations

from collections.abc import Sequence

from compat.level import Level
from registry import history as histories
from registry.errors import InvalidSchemaText, VersionNotFound
from registry.fields import validate_fields
from registry.history import Known, parse_number
from registry.model import LATEST, Content, Subject
from registry.service import wording
from registry.service.answers import Checked
from registry.service.definitions import Definitions, parse
from registry.service.judging import judge
from registry.service.scope import aliased, in_force
from registry.settings import Settings
from registry.storage.reading import Reading
from registry.storage.store import Store


class Checking:
    """Checks candidates."""

    def __init__(self, store: Store, definitions: Definitions, settings: Settings) -> None:
        self._store = store
        self._definitions = definitions
        self._settings = settings

    def against_history(
        self, subject: Subject, candidate: Content, *, level: Level | None = None, everything: bool = True
    ) -> Checked:
        """The verdict over the live versions, under ``level`` or the one in force. An unknown subject: compatible.

        ``everything``: every compared version, not only up to the first that blocks.
        Raises InvalidSchemaText, SchemaTooLarge.
        """
        with self._store.read() as reading:
            subject = aliased(reading, subject)
            return self._check(reading, subject, candidate, level, reading.history(subject), everything=everything)

    def against_version(
        self, subject: Subject, candidate: Content, version: str | int, *, level: Level | None = None
    ) -> Checked:
        """The verdict against one live version: a number, its text or ``"latest"`` (compatible if there is none).

        Raises InvalidVersion, VersionNotFound, InvalidSchemaText, SchemaTooLarge.
        """
        number = parse_number(version)
        with self._store.read() as reading:
            subject = aliased(reading, subject)
            history = histories.live(reading.history(subject))
            chosen = history[-1:] if number == LATEST else [known for known in history if known.number == number]
            if not chosen and number != LATEST:
                raise VersionNotFound(version)
            return self._check(reading, subject, candidate, level, chosen, everything=True)

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
        if not verbose or checked.verdict.compatible:
            return checked.verdict.compatible, []
        blocking = next(finding for finding in checked.verdict.findings if finding.blocks)
        with self._store.read() as reading:
            old = reading.version(checked.subject, checked.versions[blocking.version])
        return False, wording.messages(checked, None if old is None else old.content.text)

    def _check(
        self,
        reading: Reading,
        subject: Subject,
        content: Content,
        level: Level | None,
        history: Sequence[Known],
        *,
        everything: bool,
    ) -> Checked:
        policy = in_force(reading, subject, self._settings)
        level = level or policy.level
        candidate = self._definitions.candidate(reading, subject, content, lenient=policy.lenient)
        newest = histories.latest(history)
        metadata = content.metadata if content.metadata is not None or newest is None else newest.metadata
        compared = histories.comparable(history, metadata, policy.configuration.compatibility_group)
        if not level.directions:
            compared = []
        elif not level.transitive:
            compared = compared[-1:]
        definitions = self._definitions.of_known(reading, subject, compared)
        parsed = parse(candidate.definition)
        if policy.configuration.validate_fields:
            before = None if newest is None else newest.metadata
            validate_fields(content.format, parsed.engine.outline(parsed.schema), metadata, before)
        verdict = judge(level, candidate.definition, definitions, everything=everything, limits=self._settings.limits)
        return Checked(verdict, subject, tuple(known.number for known in compared))
