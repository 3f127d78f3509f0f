"""Readers and writers of subjects, where their builds are live, and what that allows."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import unquote

import msgspec
from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from registry.errors import InvalidContract
from registry.http.api_v1 import contract_documents
from registry.http.api_v1.contract_documents import (
    ApplicationDocument,
    DeployabilityDocument,
    DeploymentDocument,
    EnvironmentDocument,
    ImpactDocument,
    MatrixDocument,
    ReaderDocument,
    WriterDocument,
)
from registry.http.exchange import exchange_of
from registry.http.parameters import AT_A_MOMENT, AnyRequest, Most
from registry.http.payloads import RegisterSchemaRequest
from registry.model import Build, DeploymentMode, Span, Subject
from registry.service import Registry

_HIGHEST: Final = 2**31 - 1

Number = Annotated[int, msgspec.Meta(ge=1, le=_HIGHEST)]
Environment = Annotated[str | None, QueryParameter(description="Only what is live there; everything by default.")]


class PinnedVersions(msgspec.Struct, frozen=True):
    """Versions a reader has code for, both ends included."""

    first: Number
    last: Number


class ReaderRequest(msgspec.Struct, frozen=True):
    """What a build reads, in exactly one way: some fields, a schema of its own, or the versions it has code for."""

    application: str
    build: str
    """The application's version: a tag or a commit."""
    owner: str | None = None
    """Of the application; stays what it was where it is left out."""
    fields: list[str] | None = None
    """Names joined by dots, ``?`` after one that may be missing: ``total.amount``, ``customer?.email``."""
    schema: RegisterSchemaRequest | None = None
    versions: PinnedVersions | None = None

    @property
    def of(self) -> Build:
        """Who reads."""
        return Build(self.application, self.build)


class WriterRequest(msgspec.Struct, frozen=True):
    """The versions a build writes."""

    application: str
    build: str
    versions: list[Number]
    owner: str | None = None

    @property
    def of(self) -> Build:
        """Who writes."""
        return Build(self.application, self.build)


class DeploymentRequest(msgspec.Struct, frozen=True):
    """A build that is live in an environment."""

    application: str
    build: str
    environment: str
    mode: DeploymentMode = "deployed"
    """``deployed`` takes the place of the application's deployed build; ``released`` lives beside others."""


@post("/subjects/{name:str}/readers", status_code=200, sync_to_thread=True)
def declare_reader(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    subject: NamedDependency[Subject],
    data: JSONBody[ReaderRequest],
) -> ReaderDocument:
    """Declare what a build reads. A field that no version has is refused (42230); the same again changes nothing."""
    given = [one for one in (data.fields, data.schema, data.versions) if one is not None]
    if len(given) != 1:
        raise InvalidContract("Say what is read in exactly one way: 'fields', 'schema' or 'versions'")
    origin, contracts = exchange_of(request).origin, registry.contracts
    if data.fields is not None:
        reader = contracts.declare_fields(subject, data.of, data.fields, owner=data.owner, origin=origin)
    elif data.schema is not None:
        reader = contracts.declare_schema(subject, data.of, data.schema.content(), owner=data.owner, origin=origin)
    else:
        assert data.versions is not None  # noqa: S101 - one of the three is given
        first, last = data.versions.first, data.versions.last
        reader = contracts.declare_versions(subject, data.of, first, last, owner=data.owner, origin=origin)
    return contract_documents.reader(reader)


@get("/subjects/{name:str}/readers", dependencies=AT_A_MOMENT, sync_to_thread=True)
def list_readers(registry: NamedDependency[Registry], subject: NamedDependency[Subject]) -> list[ReaderDocument]:
    """The declared readers of a subject."""
    return [contract_documents.reader(one) for one in registry.contracts.readers(subject)]


@delete("/subjects/{name:str}/readers/{application:str}/{build:str}", status_code=200, sync_to_thread=True)
def withdraw_reader(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    subject: NamedDependency[Subject],
    application: FromPath[str],
    build: FromPath[str],
) -> ReaderDocument:
    """The build does not read the subject after all; the declaration stays in the log."""
    origin = exchange_of(request).origin
    return contract_documents.reader(registry.contracts.withdraw_reader(subject, _build(application, build), origin))


@post("/subjects/{name:str}/readers/check", status_code=200, sync_to_thread=True)
def check_readers(
    registry: NamedDependency[Registry],
    subject: NamedDependency[Subject],
    data: JSONBody[RegisterSchemaRequest],
    environment: Environment = None,
) -> ImpactDocument:
    """Who would break if this schema were registered and written: every live reader of the subject, one by one."""
    return contract_documents.impact(registry.readers.broken_by(subject, data.content(), environment=environment))


@post("/subjects/{name:str}/writers", status_code=200, sync_to_thread=True)
def declare_writer(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    subject: NamedDependency[Subject],
    data: JSONBody[WriterRequest],
) -> WriterDocument:
    """Declare which versions a build writes; the same again changes nothing."""
    origin = exchange_of(request).origin
    return contract_documents.writer(
        registry.contracts.declare_writer(subject, data.of, data.versions, owner=data.owner, origin=origin)
    )


@get("/subjects/{name:str}/writers", dependencies=AT_A_MOMENT, sync_to_thread=True)
def list_writers(registry: NamedDependency[Registry], subject: NamedDependency[Subject]) -> list[WriterDocument]:
    """The declared writers of a subject."""
    return [contract_documents.writer(one) for one in registry.contracts.writers(subject)]


@delete("/subjects/{name:str}/writers/{application:str}/{build:str}", status_code=200, sync_to_thread=True)
def withdraw_writer(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    subject: NamedDependency[Subject],
    application: FromPath[str],
    build: FromPath[str],
) -> WriterDocument:
    """The build does not write the subject after all; the declaration stays in the log."""
    origin = exchange_of(request).origin
    return contract_documents.writer(registry.contracts.withdraw_writer(subject, _build(application, build), origin))


@get("/subjects/{name:str}/matrix", dependencies=AT_A_MOMENT, sync_to_thread=True)
def matrix(
    registry: NamedDependency[Registry],
    subject: NamedDependency[Subject],
    environment: Environment = None,
    most: Most = None,
) -> MatrixDocument:
    """How every reader reads every live version: directly, through upcasters, not, or unknown."""
    return contract_documents.matrix(registry.readers.matrix(subject, environment=environment, span=Span(most=most)))


@get("/applications", dependencies=AT_A_MOMENT, sync_to_thread=True)
def list_applications(registry: NamedDependency[Registry]) -> list[ApplicationDocument]:
    """Every application that has declared a reader or writer."""
    return [contract_documents.application(one) for one in registry.contracts.applications()]


@get("/applications/{application:str}", dependencies=AT_A_MOMENT, sync_to_thread=True)
def get_application(registry: NamedDependency[Registry], application: FromPath[str]) -> ApplicationDocument:
    """One application: what its builds read and write, and where they are live."""
    return contract_documents.application(registry.contracts.application(unquote(application)))


@post("/deployments", status_code=200, sync_to_thread=True)
def record_deployment(
    request: AnyRequest, registry: NamedDependency[Registry], data: JSONBody[DeploymentRequest]
) -> DeploymentDocument:
    """A build is live from now on; the same again changes nothing."""
    build, origin = Build(data.application, data.build), exchange_of(request).origin
    return contract_documents.deployment(
        registry.contracts.record_deployment(build, data.environment, mode=data.mode, origin=origin)
    )


@get("/deployments", dependencies=AT_A_MOMENT, sync_to_thread=True)
def list_deployments(
    registry: NamedDependency[Registry],
    environment: FromQuery[str | None] = None,
    application: FromQuery[str | None] = None,
) -> list[DeploymentDocument]:
    """What is live now, by environment, application and build."""
    found = registry.contracts.deployments(environment=environment, application=application)
    return [contract_documents.deployment(one) for one in found]


@delete("/deployments/{environment:str}/{application:str}/{build:str}", status_code=200, sync_to_thread=True)
def end_deployment(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    environment: FromPath[str],
    application: FromPath[str],
    build: FromPath[str],
) -> DeploymentDocument:
    """A build is not live any more."""
    origin = exchange_of(request).origin
    return contract_documents.deployment(
        registry.contracts.end_deployment(_build(application, build), unquote(environment), origin)
    )


@get("/environments", dependencies=AT_A_MOMENT, sync_to_thread=True)
def list_environments(registry: NamedDependency[Registry]) -> list[EnvironmentDocument]:
    """The environments where something is live."""
    counted: dict[str, int] = {}
    for one in registry.contracts.deployments():
        counted[one.environment] = counted.get(one.environment, 0) + 1
    return [EnvironmentDocument(name, builds) for name, builds in counted.items()]


@get("/can-i-deploy", dependencies=AT_A_MOMENT, sync_to_thread=True)
def can_i_deploy(
    registry: NamedDependency[Registry], application: FromQuery[str], build: FromQuery[str], environment: FromQuery[str]
) -> DeployabilityDocument:
    """Whether a build may go live: it reads all that is written or stored, and everybody reads what it writes."""
    return contract_documents.deployability(registry.readers.can_deploy(Build(application, build), environment))


def _build(application: str, build: str) -> Build:
    return Build(unquote(application), unquote(build))


HANDLERS: Final = (
    declare_reader,
    list_readers,
    withdraw_reader,
    check_readers,
    declare_writer,
    list_writers,
    withdraw_writer,
    matrix,
    list_applications,
    get_application,
    record_deployment,
    list_deployments,
    end_deployment,
    list_environments,
    can_i_deploy,
)
