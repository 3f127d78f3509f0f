"""Upcasters: publish, prove, fetch as a chain, apply to one event, have one drafted."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Final

import msgspec
from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from registry.errors import InvalidUpcaster
from registry.http.api_v1 import documents
from registry.http.api_v1.documents import Answer, VersionDocument
from registry.http.exchange import exchange_of
from registry.http.parameters import AT_A_MOMENT, AnyRequest
from registry.http.payloads import RegisterSchemaRequest
from registry.model import DEFAULT_CONTEXT, Subject
from registry.service import RegistrationOptions, Registry
from registry.service.proving import read_document
from registry.service.routes import Leg, Route
from registry.service.upcasters import Proposal
from registry.storage.reading import StoredUpcaster
from registry.upcasting import Report, Stop
from registry.upcasting.json_form import plain
from upcasters.document import write
from upcasters.trace import OperationTrace

From = Annotated[str, QueryParameter(name="from", description="The version the event was written with.")]
Newer = Annotated[str, QueryParameter(name="to", description="The newer version; by default the next after the older.")]
To = Annotated[str, QueryParameter(name="to", description="The version to reach; 'latest' by default.")]


class UpcasterRequest(msgspec.Struct, frozen=True):
    """An upcaster: its document as a JSON tree, or its text in JSON or YAML."""

    document: dict[str, Any] | None = None
    text: str | None = None

    def given(self) -> Any:
        """Raises InvalidUpcaster."""
        if (self.document is None) == (self.text is None):
            raise InvalidUpcaster("Send either 'document' (an object) or 'text' (JSON or YAML)")
        return self.text if self.document is None else self.document


class RegistrationRequest(RegisterSchemaRequest, frozen=True):
    """A schema, and the upcaster that leads to it from the latest version."""

    upcaster: UpcasterRequest | None = None


class RegistrationDocument(Answer, frozen=True):
    """A version that has been registered (or was there already), and the upcaster in force that leads to it."""

    version: VersionDocument
    upcaster: UpcasterDocument | None


class EventRequest(msgspec.Struct, frozen=True):
    """An event as JSON."""

    event: Any


class UpcasterDocument(Answer, frozen=True):
    """An upcaster in force."""

    subject: str
    source: int = msgspec.field(name="from")
    target: int = msgspec.field(name="to")
    revision: int
    hash: str
    document: dict[str, Any]
    implied: bool
    """Nobody wrote it: the step follows from the two schemas."""
    portable: bool
    """Whether clients that only know the Confluent protocol get it as migration rules."""
    proof: dict[str, Any]
    published: str
    actor: str
    position: int


class LegDocument(Answer, frozen=True):
    """One step of a travel."""

    source: int = msgspec.field(name="from")
    target: int = msgspec.field(name="to")
    hash: str
    published: bool
    """False where the step follows from the two schemas by itself."""
    operations: list[dict[str, Any]]
    """What each operation changed."""
    event: Any
    """The event after the step."""
    valid: bool
    violations: list[dict[str, str]]
    error: str | None


class SourceDocument(Answer, frozen=True):
    """Events of a stored type that become, in part or as a whole, events of another."""

    type: str
    becomes: str
    subject: str
    version: int
    """Events of this version and of older ones do."""
    hash: str
    """Of the upcaster that does it."""


class TravelDocument(Answer, frozen=True):
    """An event that has travelled from one version to another."""

    subject: str
    source: int = msgspec.field(name="from")
    target: int = msgspec.field(name="to")
    event: Any
    """As it arrived; null where a step failed."""
    complete: bool
    steps: list[LegDocument]


class DraftDocument(Answer, frozen=True):
    """A document for a step, and what a person still has to say about it."""

    document: dict[str, Any]
    questions: list[dict[str, Any]]
    proof: dict[str, Any]


@post("/subjects/{name:str}/versions", status_code=200, sync_to_thread=True)
def register(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    subject: NamedDependency[Subject],
    data: JSONBody[RegistrationRequest],
) -> RegistrationDocument:
    """Register a schema together with the upcaster that leads to it: both or neither.

    Where ``compatibilityPolicy`` is UPCASTABLE, a breaking version is accepted for the sake of a proven upcaster.
    """
    document = None if data.upcaster is None else read_document(data.upcaster.given())
    options = RegistrationOptions(version=data.version or 0, upcaster=document)
    version = registry.registration.register(subject, data.content(), options, exchange_of(request).origin)
    edges = registry.upcasters.published(version.subject)
    edge = next((_upcaster(one) for one in edges if one.target == version.number), None)
    return RegistrationDocument(documents.version(version), edge)


@get("/subjects/{name:str}/upcasters", dependencies=AT_A_MOMENT, sync_to_thread=True)
def list_upcasters(registry: NamedDependency[Registry], subject: NamedDependency[Subject]) -> list[UpcasterDocument]:
    """The upcasters in force for a subject, by source version, the implied ones included."""
    return [_upcaster(one) for one in registry.upcasters.edges(subject)]


@post("/subjects/{name:str}/upcasters", status_code=200, sync_to_thread=True)
def publish(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    subject: NamedDependency[Subject],
    data: JSONBody[UpcasterRequest],
) -> UpcasterDocument:
    """Prove an upcaster and put it in force. A refusal (42221) carries the report, with the event that shows why."""
    return _upcaster(registry.upcasters.publish(subject, data.given(), exchange_of(request).origin))


@delete("/subjects/{name:str}/upcasters/{source:int}/{target:int}", status_code=200, sync_to_thread=True)
def withdraw(
    request: AnyRequest,
    registry: NamedDependency[Registry],
    subject: NamedDependency[Subject],
    source: FromPath[int],
    target: FromPath[int],
) -> UpcasterDocument:
    """Take an upcaster out of force; it stays in the log."""
    return _upcaster(registry.upcasters.withdraw(subject, source, target, exchange_of(request).origin))


@post("/upcasters/verify", status_code=200, sync_to_thread=True)
def verify(registry: NamedDependency[Registry], data: JSONBody[UpcasterRequest]) -> dict[str, Any]:
    """The proof of an upcaster without publishing it; ``accepted`` says how publication would end."""
    return _report(registry.upcasters.prove(data.given()))


@get("/subjects/{name:str}/chain", dependencies=AT_A_MOMENT, sync_to_thread=True)
def chain(
    registry: NamedDependency[Registry], subject: NamedDependency[Subject], source: From, target: To = "latest"
) -> dict[str, Any]:
    """The chain from one version to another, for clients that apply it themselves."""
    return registry.upcasters.served(subject, source, target)


@post("/subjects/{name:str}/upcast", dependencies=AT_A_MOMENT, status_code=200, sync_to_thread=True)
def upcast(
    registry: NamedDependency[Registry],
    subject: NamedDependency[Subject],
    data: JSONBody[EventRequest],
    source: From,
    target: To = "latest",
) -> TravelDocument:
    """Bring one event from one version to another and show what every step made of it."""
    return _travelled(*registry.upcasters.upcast(subject, data.event, source, target))


@get("/subjects/{name:str}/upcasters/draft", dependencies=AT_A_MOMENT, sync_to_thread=True)
def draft(
    registry: NamedDependency[Registry], subject: NamedDependency[Subject], source: From, target: Newer = "next"
) -> DraftDocument:
    """A first version of the upcaster between two versions, with what is uncertain in it."""
    return _draft(registry.upcasters.propose(subject, source, target))


@get("/types/{name:str}/sources", sync_to_thread=True)
def sources(
    registry: NamedDependency[Registry], name: FromPath[str], context: FromQuery[str] = DEFAULT_CONTEXT
) -> list[SourceDocument]:
    """Which stored types can yield a type, by retype and emit: a subscription that filters by type fetches them too."""
    return [SourceDocument(**asdict(one)) for one in registry.upcasters.sources(name, context)]


def _upcaster(one: StoredUpcaster) -> UpcasterDocument:
    return UpcasterDocument(
        subject=str(one.subject),
        source=one.source,
        target=one.target,
        revision=one.revision,
        hash=one.hash,
        document=one.document,
        implied=one.implied,
        portable=bool(one.migration_rules),
        proof=one.details,
        published=one.published.isoformat(),
        actor=one.actor,
        position=one.position,
    )


def _report(report: Report) -> dict[str, Any]:
    return {"accepted": report.accepted, **msgspec.to_builtins(report)}


def _travelled(route: Route, stops: tuple[Stop, ...]) -> TravelDocument:
    steps = [_leg(leg, stop) for leg, stop in zip(route.legs, stops[1:], strict=False)]
    complete = len(steps) == len(route.legs) and all(step.error is None for step in steps)
    return TravelDocument(
        subject=str(route.subject),
        source=route.source,
        target=route.target,
        event=stops[-1].payload if complete else None,
        complete=complete,
        steps=steps,
    )


def _leg(leg: Leg, stop: Stop) -> LegDocument:
    assert stop.step is not None  # noqa: S101 - only the first stop has none
    error = stop.step.error
    down = stop.step.target < stop.step.source
    return LegDocument(
        source=leg.target if down else leg.source,
        target=leg.source if down else leg.target,
        hash=leg.document.digest(),
        published=leg.published is not None,
        operations=[_operation(one) for one in stop.step.operations],
        event=stop.payload,
        valid=not stop.violations and error is None,
        violations=msgspec.to_builtins(stop.violations),
        error=None if error is None else str(error),
    )


def _operation(done: OperationTrace) -> dict[str, Any]:
    return {
        "place": done.place,
        "operation": done.operation,
        "changes": [
            {"kind": one.kind, "pointer": one.pointer, "before": plain(one.before), "after": plain(one.after)}
            for one in done.changes
        ],
    }


def _draft(proposal: Proposal) -> DraftDocument:
    return DraftDocument(
        document=write(proposal.draft.document),
        questions=msgspec.to_builtins(proposal.draft.questions),
        proof=_report(proposal.report),
    )


HANDLERS: Final = (register, list_upcasters, publish, withdraw, verify, chain, upcast, draft, sources)
