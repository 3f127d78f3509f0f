"""Declare what applications read and write, and say which of their builds are live where.

Schemas are parsed and fields looked up before the transaction; registered versions never change, so what was found
stays true.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from compat.errors import CompatError, UnknownField
from compat.formats import Parsed
from compat.projection import needs
from registry.contracts import listed, require_name
from registry.errors import (
    ApplicationNotFound,
    ContractNotFound,
    DeploymentNotFound,
    InvalidContract,
    SubjectNotFound,
    VersionNotFound,
)
from registry.events import (
    ApplicationDescribed,
    ContractWithdrawn,
    DeploymentEnded,
    DeploymentRecorded,
    Event,
    ReaderDeclared,
    WriterDeclared,
)
from registry.model import (
    ANONYMOUS,
    DEFAULT,
    Build,
    Content,
    Deployment,
    DeploymentMode,
    FieldsNeed,
    Origin,
    Reader,
    ReaderNeed,
    ReaderSchema,
    SchemaNeed,
    Span,
    Subject,
    Version,
    VersionsNeed,
    Writer,
)
from registry.service.answers import ApplicationDetail
from registry.service.definitions import Definitions, parse
from registry.service.scope import aliased
from registry.storage.reading import Reading
from registry.storage.store import Store
from registry.storage.writing import Writing

C = TypeVar("C", Reader, Writer)

_MOST_FIELDS: Final = 500
_MOST_VERSIONS: Final = 1_000


class Contracts:
    """Keeps the declared readers and writers, and where their builds are live."""

    def __init__(self, store: Store, definitions: Definitions) -> None:
        self._store = store
        self._definitions = definitions

    # -- readers -------------------------------------------------------------------------------------------------

    def declare_fields(
        self,
        subject: Subject,
        build: Build,
        fields: Sequence[str],
        *,
        owner: str | None = None,
        origin: Origin = ANONYMOUS,
    ) -> Reader:
        """A build needs some fields, with the types that the newest version with all of them gives them.

        Raises InvalidContract (a field that no version has among others), SubjectNotFound.
        """
        if not 0 < len(fields) <= _MOST_FIELDS:
            raise InvalidContract(f"{len(fields)} fields are declared: name between 1 and {_MOST_FIELDS}")
        with self._store.read() as reading:
            subject, versions = _live(reading, subject)
            parsed = [(version, parse(self._definitions.of(reading, version))) for version in reversed(versions)]
        return self._put_reader(subject, build, _projected(subject, fields, parsed), owner, origin)

    def declare_schema(
        self,
        subject: Subject,
        build: Build,
        content: Content,
        *,
        owner: str | None = None,
        origin: Origin = ANONYMOUS,
    ) -> Reader:
        """A build decodes with a schema of its own. Raises InvalidSchemaText, SchemaTooLarge, SubjectNotFound."""
        with self._store.read() as reading:
            subject, _ = _live(reading, subject)
            candidate = self._definitions.candidate(reading, subject, content)
        parse(candidate.definition)
        settled = candidate.content
        schema = ReaderSchema(settled.format.value, settled.text, list(settled.references))
        return self._put_reader(subject, build, SchemaNeed(schema), owner, origin)

    def declare_versions(
        self,
        subject: Subject,
        build: Build,
        first: int,
        last: int,
        *,
        owner: str | None = None,
        origin: Origin = ANONYMOUS,
    ) -> Reader:
        """A build has code for some versions. Raises InvalidContract, SubjectNotFound, VersionNotFound."""
        if not 0 < first <= last:
            raise InvalidContract(f"Versions {first} to {last} are none: write the lower number first, from 1")
        with self._store.read() as reading:
            subject, versions = _live(reading, subject)
        known = {version.number for version in versions}
        for end in (first, last):
            if end not in known:
                raise VersionNotFound(end)
        return self._put_reader(subject, build, VersionsNeed(first, last), owner, origin)

    def _put_reader(
        self, subject: Subject, build: Build, need: ReaderNeed, owner: str | None, origin: Origin
    ) -> Reader:
        _require_names(build)
        with self._store.write(origin) as writing:
            _describe(writing, build.application, owner)
            before = _of_build(writing.readers(subject, application=build.application), build)
            if before is None or before.need != need:
                _append(writing, subject, ReaderDeclared(application=build.application, build=build.name, need=need))
            found = _of_build(writing.readers(subject, application=build.application), build)
        assert found is not None  # noqa: S101 - it has just been written
        return found

    def readers(self, subject: Subject) -> list[Reader]:
        """The declared readers of a subject. Raises SubjectNotFound."""
        with self._store.read() as reading:
            return reading.readers(_known(reading, subject))

    # -- writers -------------------------------------------------------------------------------------------------

    def declare_writer(
        self,
        subject: Subject,
        build: Build,
        versions: Sequence[int],
        *,
        owner: str | None = None,
        origin: Origin = ANONYMOUS,
    ) -> Writer:
        """A build writes some versions of a subject. Raises InvalidContract, SubjectNotFound, VersionNotFound."""
        _require_names(build)
        wanted = sorted(set(versions))
        if not 0 < len(wanted) <= _MOST_VERSIONS:
            raise InvalidContract(f"{len(wanted)} versions are declared: name between 1 and {_MOST_VERSIONS}")
        with self._store.write(origin) as writing:
            subject, live = _live(writing, subject)
            known = {version.number for version in live}
            for number in wanted:
                if number not in known:
                    raise VersionNotFound(number)
            _describe(writing, build.application, owner)
            before = _of_build(writing.writers(subject, application=build.application), build)
            if before is None or list(before.versions) != wanted:
                event = WriterDeclared(application=build.application, build=build.name, versions=wanted)
                _append(writing, subject, event)
            found = _of_build(writing.writers(subject, application=build.application), build)
        assert found is not None  # noqa: S101 - it has just been written
        return found

    def writers(self, subject: Subject) -> list[Writer]:
        """The declared writers of a subject. Raises SubjectNotFound."""
        with self._store.read() as reading:
            return reading.writers(_known(reading, subject))

    # -- both ----------------------------------------------------------------------------------------------------

    def withdraw_reader(self, subject: Subject, build: Build, origin: Origin = ANONYMOUS) -> Reader:
        """The build does not read the subject after all. Raises ContractNotFound."""
        with self._store.write(origin) as writing:
            subject = aliased(writing, subject)
            found = _of_build(writing.readers(subject, application=build.application), build)
            if found is None:
                raise ContractNotFound(f"{build} has declared no reader of '{subject}'")
            _append(writing, subject, ContractWithdrawn(application=build.application, build=build.name, role="reader"))
        return found

    def withdraw_writer(self, subject: Subject, build: Build, origin: Origin = ANONYMOUS) -> Writer:
        """The build does not write the subject after all. Raises ContractNotFound."""
        with self._store.write(origin) as writing:
            subject = aliased(writing, subject)
            found = _of_build(writing.writers(subject, application=build.application), build)
            if found is None:
                raise ContractNotFound(f"{build} has declared no writer of '{subject}'")
            _append(writing, subject, ContractWithdrawn(application=build.application, build=build.name, role="writer"))
        return found

    def applications(self) -> list[ApplicationDetail]:
        """Every application with its readers, writers and live builds, by name."""
        with self._store.read() as reading:
            readers, writers, live = reading.readers(), reading.writers(), reading.deployments()
            return [
                ApplicationDetail(
                    one.name,
                    one.owner,
                    tuple(reader for reader in readers if reader.build.application == one.name),
                    tuple(writer for writer in writers if writer.build.application == one.name),
                    tuple(each for each in live if each.build.application == one.name),
                )
                for one in reading.applications()
            ]

    def application(self, name: str) -> ApplicationDetail:
        """Raises ApplicationNotFound."""
        with self._store.read() as reading:
            found = reading.application(name)
            if found is None:
                raise ApplicationNotFound(name)
            return ApplicationDetail(
                found.name,
                found.owner,
                tuple(reading.readers(application=name)),
                tuple(reading.writers(application=name)),
                tuple(reading.deployments(application=name)),
            )

    # -- deployments ---------------------------------------------------------------------------------------------

    def record_deployment(
        self, build: Build, environment: str, *, mode: DeploymentMode = "deployed", origin: Origin = ANONYMOUS
    ) -> Deployment:
        """A build is live now. ``deployed`` takes the place of the application's deployed build, ``released`` does not.

        The same again changes nothing. Raises InvalidContract, ApplicationNotFound.
        """
        _require_names(build)
        require_name("environment", environment)
        with self._store.write(origin) as writing:
            if writing.application(build.application) is None:
                raise ApplicationNotFound(build.application)
            found = _live_build(writing, build, environment)
            if found is None or found.mode != mode:
                event = DeploymentRecorded(
                    application=build.application, build=build.name, environment=environment, mode=mode
                )
                _append(writing, DEFAULT, event)
                found = _live_build(writing, build, environment)
        assert found is not None  # noqa: S101 - it has just been written
        return found

    def end_deployment(self, build: Build, environment: str, origin: Origin = ANONYMOUS) -> Deployment:
        """A build is not live any more. Raises DeploymentNotFound."""
        with self._store.write(origin) as writing:
            found = _live_build(writing, build, environment)
            if found is None:
                raise DeploymentNotFound(f"{build} is not live in {environment}")
            event = DeploymentEnded(application=build.application, build=build.name, environment=environment)
            _append(writing, DEFAULT, event)
        return found

    def deployments(self, *, environment: str | None = None, application: str | None = None) -> list[Deployment]:
        """What is live, in one environment or of one application, or everything."""
        with self._store.read() as reading:
            return reading.deployments(environment=environment, application=application)

    def environments(self) -> list[str]:
        """Where something is live, by name."""
        return sorted({one.environment for one in self.deployments()})


def _append(writing: Writing, at: Subject, event: Event) -> None:
    writing.append((at, event))


def _describe(writing: Writing, application: str, owner: str | None) -> None:
    """Make the application known; its owner stays what it was where none is given."""
    known = writing.application(application)
    if known is None or (owner is not None and owner != known.owner):
        _append(writing, DEFAULT, ApplicationDescribed(application=application, owner=(owner or "").strip()))


def _require_names(build: Build) -> None:
    require_name("application", build.application)
    require_name("build", build.name)


def _known(reading: Reading, subject: Subject) -> Subject:
    subject = aliased(reading, subject)
    if not reading.token(subject):
        raise SubjectNotFound(subject)
    return subject


def _live(reading: Reading, subject: Subject) -> tuple[Subject, list[Version]]:
    """The subject that is meant, and its live versions. Raises SubjectNotFound where it has none."""
    subject = aliased(reading, subject)
    versions = reading.versions(subject, Span(deleted=False))
    if not versions:
        raise SubjectNotFound(subject)
    return subject, versions


def _of_build(contracts: Sequence[C], build: Build) -> C | None:
    return next((one for one in contracts if one.build == build), None)


def _live_build(reading: Reading, build: Build, environment: str) -> Deployment | None:
    live = reading.deployments(environment=environment, application=build.application)
    return next((one for one in live if one.build == build), None)


def _projected(subject: Subject, fields: Sequence[str], newest_first: Sequence[tuple[Version, Parsed]]) -> FieldsNeed:
    """The projection onto the newest version that has all the fields. Raises InvalidContract."""
    try:
        need = needs(fields)
    except UnknownField as error:
        raise InvalidContract(str(error)) from error
    problem = ""
    for version, parsed in newest_first:
        try:
            definition = parsed.engine.projection(parsed.schema, need)
        except UnknownField as error:
            problem = problem or f"{error} (version {version.number})"
            continue
        except CompatError as error:
            raise InvalidContract(f"No reader schema can be made of version {version.number}: {error}") from error
        references = list(version.content.references) if definition.references else []
        schema = ReaderSchema(definition.format.value, definition.text, references)
        return FieldsNeed(list(dict.fromkeys(fields)), version.number, schema)
    missing = [field for field in fields if not _anywhere(field, newest_first)]
    numbers = listed(sorted(version.number for version, _ in newest_first))
    if missing:
        raise InvalidContract(
            f"No version of '{subject}' has {', '.join(missing)}: {problem}; {numbers} were looked at"
        )
    raise InvalidContract(f"No single version of '{subject}' has all of {', '.join(fields)}: {problem}")


def _anywhere(field: str, versions: Sequence[tuple[Version, Parsed]]) -> bool:
    for _, parsed in versions:
        try:
            parsed.engine.projection(parsed.schema, needs([field]))
        except UnknownField:
            continue
        return True
    return False
