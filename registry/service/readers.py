"""Who reads what, and who breaks: the matrix of a subject, a candidate against the live readers, and can-i-deploy.

What stands between a reader schema and a writer schema depends on the two alone, so it is computed once and kept by
their hashes; the transaction only reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from compat.definition import Definition
from compat.formats import Parsed
from compat.projection import needs
from compat.recent import Recent
from registry import contracts
from registry.contracts import ANSWERS, Answer, Obstacles, Readability, ReaderSchema, Reason, Way, listed, overall
from registry.errors import ApplicationNotFound, InvalidSchemaText, SubjectNotFound
from registry.model import (
    WHOLE_HISTORY,
    Build,
    Content,
    Deployment,
    FieldsNeed,
    Reader,
    Span,
    Subject,
    Version,
    VersionsNeed,
    Writer,
)
from registry.policy import policy, scopes
from registry.service.answers import Deployability, Impact, Matrix, ReaderRow, WriterRow
from registry.service.definitions import Definitions, parse
from registry.service.scope import aliased
from registry.service.upcasters import Upcasters
from registry.settings import Settings
from registry.storage.reading import Reading
from registry.storage.store import Store

CANDIDATE: Final = 0
"""The number a candidate has in a cell."""

_COMPARISONS_KEPT: Final = 20_000
"""Comparisons of a reader with a version that are remembered; what stands in the way counts too, one by one."""
_Key = tuple[tuple[bytes, frozenset[str], bool], bytes]


class Readers:
    """Answers about readers. Nothing here changes anything."""

    def __init__(self, store: Store, definitions: Definitions, settings: Settings, upcasters: Upcasters) -> None:
        self._store = store
        self._definitions = definitions
        self._settings = settings
        self._upcasters = upcasters
        self._compared: Recent[_Key, Obstacles] = Recent(_COMPARISONS_KEPT, weigh=lambda found: 1 + len(found))

    def matrix(self, subject: Subject, *, environment: str | None = None, span: Span = WHOLE_HISTORY) -> Matrix:
        """How each reader reads each live version; with an environment, only the builds that are live there.

        ``span``: the versions that are asked about. Raises SubjectNotFound.
        """
        known = self._known(subject, span=span)
        live = known.live(environment)
        return Matrix(
            known.subject,
            environment,
            tuple(version.number for version in known.versions),
            tuple(
                ReaderRow(reader, known.owner(reader.build), live.get(reader.build, ()), self._cells(known, reader))
                for reader in known.readers
                if environment is None or reader.build in live
            ),
            tuple(
                WriterRow(writer, known.owner(writer.build), live.get(writer.build, ()))
                for writer in known.writers
                if environment is None or writer.build in live
            ),
            known.hidden,
        )

    def broken_by(self, subject: Subject, candidate: Content, *, environment: str | None = None) -> Impact:
        """What a candidate would do to the live readers. An unknown subject has none.

        Raises InvalidSchemaText, SchemaTooLarge.
        """
        known = self._known(subject, span=Span(most=1), required=False)
        with self._store.read() as reading:
            settings = reading.settings(scopes(known.subject))
            lenient = policy(settings, self._settings.defaults).lenient
            definition = self._definitions.candidate(reading, known.subject, candidate, lenient=lenient).definition
        return self._impact(known, environment, CANDIDATE, parse(definition))

    def broken_on(self, subject: Subject, version: int, *, environment: str | None = None) -> Impact:
        """How the live readers read one version. Raises SubjectNotFound."""
        known = self._known(subject, span=Span(above=version - 1, most=1))
        return self._impact(known, environment, version, None)

    def can_deploy(self, build: Build, environment: str) -> Deployability:
        """Whether a build may go live: reads it everything, and does everybody read it? Raises ApplicationNotFound."""
        contracts.require_name("environment", environment)
        with self._store.read() as reading:
            if reading.application(build.application) is None:
                raise ApplicationNotFound(build.application)
            reads = [one for one in reading.readers(application=build.application) if one.build == build]
            writes = [one for one in reading.writers(application=build.application) if one.build == build]
            live = reading.deployments(environment=environment)
            declared = reading.declared(environment)
        reasons = [reason for reader in reads for reason in self._reads(reader, environment)]
        reasons += [reason for writer in writes for reason in self._written(writer, environment)]
        warnings: list[str] = []
        if not reads and not writes:
            sentence = f"{build} has declared neither readers nor writers: what it needs is unknown"
            reasons.append(Reason(Answer.UNKNOWN, sentence))
        if not live:
            sentence = (
                f"nothing is recorded as live in {environment}, so who reads and writes there is unknown: "
                "record what is deployed (lineal deploy record)"
            )
            reasons.append(Reason(Answer.UNKNOWN, sentence))
            warnings.append(sentence)
        warnings += [
            f"{one.build} is live in {environment} and has declared neither readers nor writers: "
            "this answer does not cover it"
            for one in live
            if one.build not in declared and one.build.application != build.application
        ]
        return Deployability(build, environment, overall(reasons), tuple(reasons), tuple(warnings))

    # -- one side of can-i-deploy --------------------------------------------------------------------------------

    def _reads(self, reader: Reader, environment: str) -> list[Reason]:
        """Whether a reader of the build reads every version: those written there, and those that may be stored."""
        known = self._known(reader.subject, required=False)
        if not known.versions:
            sentence = f"{reader.subject} has no versions any more: {reader.build} has nothing to read"
            return [Reason(Answer.UNKNOWN, sentence, reader.subject, reader=reader.build)]
        cells = self._cells(known, reader)
        live = known.live(environment)
        writers = [one for one in known.writers if one.build in live or one.build == reader.build]
        failing = [cell for cell in cells if not cell.way.reads]
        if not failing:
            return [_all_read(reader, cells)]
        return [_not_read(reader, cell, writers, environment) for cell in failing]

    def _written(self, writer: Writer, environment: str) -> list[Reason]:
        """Whether every live reader reads the versions that the build writes."""
        known = self._known(writer.subject, required=False)
        live = known.live(environment)
        others = [
            one
            for one in known.readers
            if one.build == writer.build or (one.build in live and not _replaced(one.build, writer.build, live))
        ]
        reasons = [
            _not_read(reader, cell, [writer], environment)
            for reader in others
            for cell in self._cells(known, reader)
            if cell.version in writer.versions and not cell.way.reads
        ]
        live_numbers = {version.number for version in known.versions}
        if gone := [number for number in writer.versions if number not in live_numbers]:
            sentence = f"{writer.build} writes {listed(gone)} of {writer.subject}, deleted since: nobody can look it up"
            reasons.append(Reason(Answer.UNKNOWN, sentence, writer.subject, writer=writer.build))
        if not reasons:
            count = len(others)
            who = "no live reader has declared a need of it" if not count else f"{_readers(count)} of it read them all"
            sentence = f"{writer.build} writes {listed(writer.versions)} of {writer.subject}: {who}"
            reasons.append(Reason(Answer.YES, sentence, writer.subject, writer=writer.build))
        return reasons

    # -- cells ---------------------------------------------------------------------------------------------------

    def _impact(self, known: _Known, environment: str | None, number: int, candidate: Parsed | None) -> Impact:
        live = known.live(environment)
        rows = []
        for reader in known.readers:
            if reader.build not in live:
                continue
            if candidate is None:
                cells = tuple(cell for cell in self._cells(known, reader) if cell.version == number)
            else:
                schemas = self._schemas(known, reader)
                found = contracts.fewest(self._obstacles(schema, candidate) for schema in schemas) if schemas else ()
                cells = (contracts.directly(number, found),)
            if cells:
                rows.append(ReaderRow(reader, known.owner(reader.build), live[reader.build], cells))
        return Impact(known.subject, environment, tuple(rows), known.recorded(environment))

    def _cells(self, known: _Known, reader: Reader) -> tuple[Readability, ...]:
        numbers = [version.number for version in known.following]
        schemas = self._schemas(known, reader)

        def direct(number: int) -> Obstacles:
            need = reader.need
            if isinstance(need, VersionsNeed) and need.first <= number <= need.last:
                return ()
            return contracts.fewest(self._obstacles(schema, known.parsed(number)) for schema in schemas)

        if not schemas:
            return tuple(Readability(version.number, Way.UNKNOWN) for version in known.versions)
        return tuple(
            contracts.readability(version.number, numbers, direct, known.reaches) for version in known.versions
        )

    def _schemas(self, known: _Known, reader: Reader) -> list[ReaderSchema]:
        """What the reader decodes with; none where the versions or references it was written for are gone."""
        need = reader.need
        if isinstance(need, VersionsNeed):
            numbers = [number for number in known.history if need.first <= number <= need.last]
            return [ReaderSchema(known.parsed(number)) for number in numbers]
        definition = known.schemas.get(reader.position)
        if definition is None:
            return []
        parsed = parse(definition)
        if not isinstance(need, FieldsNeed):
            return [ReaderSchema(parsed)]
        places = contracts.required_places(parsed.engine.outline(parsed.schema), needs(need.fields))
        return [ReaderSchema(parsed, places, fields_only=True)]

    def _obstacles(self, reader: ReaderSchema, writer: Parsed) -> Obstacles:
        key = (reader.key, writer.definition.digest())
        return self._compared.of(key, lambda: contracts.obstacles(reader, writer, self._settings.limits))

    def _known(self, subject: Subject, *, span: Span = WHOLE_HISTORY, required: bool = True) -> _Known:
        """All that answers about some versions of a subject rest on, read in one transaction. Raises SubjectNotFound.

        These are the versions asked about, all that follow the first of them, since upcasters may lead there, and those
        that readers were written for.
        """
        with self._store.read() as reading:
            subject = aliased(reading, subject)
            if required and not reading.token(subject):
                raise SubjectNotFound(subject)
            asked = [number for number, _ in reading.numbers(subject, replace(span, deleted=False))]
            following = reading.versions(subject, Span(above=asked[0] - 1)) if asked else []
            readers = reading.readers(subject)
            history = {
                version.number: version for version in [*self._written_for(reading, subject, readers), *following]
            }
            known = {
                number: (version, self._definitions.of(reading, version)) for number, version in sorted(history.items())
            }
            return _Known(
                subject=subject,
                asked=frozenset(asked),
                hidden=reading.count_versions(subject, Span(below=asked[0], deleted=False)) if asked else 0,
                following=following,
                history=known,
                readers=readers,
                schemas={reader.position: self._schema_of(reading, reader) for reader in readers},
                writers=reading.writers(subject),
                deployments=reading.deployments(),
                owners={one.name: one.owner for one in reading.applications()},
                reaches=self._upcasters.reaches(reading, subject, known),
            )

    def _written_for(self, reading: Reading, subject: Subject, readers: Sequence[Reader]) -> list[Version]:
        """The versions that readers decode with."""
        needs = {(one.need.first, one.need.last) for one in readers if isinstance(one.need, VersionsNeed)}
        return [each for first, last in needs for each in reading.versions(subject, Span(last + 1, first - 1))]

    def _schema_of(self, reading: Reading, reader: Reader) -> Definition | None:
        """A reader's own schema; None where it has none, or what it refers to is gone."""
        if isinstance(reader.need, VersionsNeed):
            return None
        try:
            return self._definitions.candidate(
                reading, reader.subject, reader.need.schema.content, lenient=True
            ).definition
        except InvalidSchemaText:
            return None


@dataclass(frozen=True, slots=True)
class _Known:
    """One subject with its versions, contracts and what is live."""

    subject: Subject
    asked: frozenset[int]
    """The numbers of the versions that the answers are about; none of them is deleted."""
    hidden: int
    """How many live versions are older than these."""
    following: Sequence[Version]
    """From the first of them on, deleted ones too."""
    history: Mapping[int, tuple[Version, Definition]]
    """By number: all of these, and those that readers were written for."""
    readers: Sequence[Reader]
    schemas: Mapping[int, Definition | None]
    """By the position of the reader's declaration."""
    writers: Sequence[Writer]
    deployments: Sequence[Deployment]
    owners: Mapping[str, str]
    reaches: Callable[[int, int], bool]

    @property
    def versions(self) -> list[Version]:
        """Those that the answers are about."""
        return [version for version in self.following if version.number in self.asked]

    def parsed(self, number: int) -> Parsed:
        """The schema of a version."""
        return parse(self.history[number][1])

    def live(self, environment: str | None) -> dict[Build, tuple[Deployment, ...]]:
        """The builds that are live, each with its deployments, in one environment or any."""
        found: dict[Build, tuple[Deployment, ...]] = {}
        for one in self.deployments:
            if environment in (None, one.environment):
                found[one.build] = (*found.get(one.build, ()), one)
        return found

    def recorded(self, environment: str | None) -> bool:
        """Whether anything is live there."""
        return bool(self.live(environment))

    def owner(self, build: Build) -> str:
        """Of the application; empty where nobody said."""
        return self.owners.get(build.application, "")


def _replaced(live: Build, by: Build, deployed: Mapping[Build, Sequence[Deployment]]) -> bool:
    """Whether going live with ``by`` ends ``live``: another build of the application that is deployed, not released."""
    same = live.application == by.application and live != by
    return same and all(one.mode == "deployed" for one in deployed[live])


def _all_read(reader: Reader, cells: Sequence[Readability]) -> Reason:
    lifted = [cell.version for cell in cells if cell.way is Way.UPCASTER]
    direct = [cell.version for cell in cells if cell.way is Way.DIRECT]
    ways = [f"{listed(direct)} directly"] if direct else []
    ways += [f"{listed(lifted)} through upcasters"] if lifted else []
    sentence = f"{reader.build} reads every version of {reader.subject}: {', '.join(ways)}"
    return Reason(Answer.YES, sentence, reader.subject, reader=reader.build)


def _not_read(reader: Reader, cell: Readability, writers: Sequence[Writer], environment: str) -> Reason:
    writer = next((one for one in writers if cell.version in one.versions), None)
    source = f"which {writer.build} writes" if writer else "of which events may still be stored"
    fails = "cannot read" if cell.way is Way.BROKEN else "may not be able to read"
    reason = contracts.why(cell)
    sentence = f"{reader.build} {fails} version {cell.version} of {reader.subject}, {source} in {environment}" + (
        f": {reason}" if reason else ""
    )
    return Reason(
        ANSWERS[cell.way],
        sentence,
        reader.subject,
        cell.version,
        reader.build,
        writer.build if writer else None,
        cell.obstacles,
    )


def _readers(count: int) -> str:
    return "the one live reader" if count == 1 else f"the {count} live readers"
