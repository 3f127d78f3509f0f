"""What lineal's own interface says of upcasters, asked over HTTP. Only a lineal registry has it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from compat.formats import parse
from compat.gate.errors import CouldNotCheck, Misconfigured
from registry.cli.remote import Remote
from registry.upcasting import Limits, by_names
from registry.upcasting import verify as prove
from registry.upcasting.engines import engines
from upcasters import exchange
from upcasters.chain import Chain, chain_from_json
from upcasters.document import Document
from upcasters.errors import InvalidDocument, UpcastersError


class Change(msgspec.Struct, frozen=True):
    """One place in the event that an operation changed."""

    kind: str
    pointer: str
    before: Any = None
    after: Any = None


class Operation(msgspec.Struct, frozen=True):
    """What one operation of a step did."""

    place: str
    operation: str
    changes: tuple[Change, ...]


class Violation(msgspec.Struct, frozen=True):
    """Why an event is none of a version."""

    pointer: str
    message: str


class Leg(msgspec.Struct, frozen=True, rename={"source": "from", "target": "to"}):
    """One step of the travel, and the event after it."""

    source: int
    target: int
    hash: str
    published: bool
    operations: tuple[Operation, ...]
    event: Any
    valid: bool
    violations: tuple[Violation, ...] = ()
    error: str | None = None


class Travel(msgspec.Struct, frozen=True, rename={"source": "from", "target": "to"}):
    """An event that has travelled."""

    subject: str
    source: int
    target: int
    event: Any
    complete: bool
    steps: tuple[Leg, ...]


class Finding(msgspec.Struct, frozen=True):
    """One reason why an upcaster does not hold."""

    check: str
    place: str
    """Pointer into the document."""
    pointer: str
    """Pointer into the event."""
    message: str
    remedy: str = ""
    event: Any = None


class Comparison(msgspec.Struct, frozen=True):
    """What another engine made of the events, in one direction."""

    engine: str
    events: int
    direction: str = "up"
    declined: int = 0
    left_out: int = 0
    left_out_for: str = ""
    reason: str = ""


class Proof(msgspec.Struct, frozen=True):
    """What stands in the way of an upcaster, if anything."""

    accepted: bool
    findings: tuple[Finding, ...]
    kind: str
    down: str
    losses: tuple[tuple[str, str, str], ...]
    """Pointer, reason and direction of what does not come through unharmed."""
    events: int
    """Generated events that were tried."""
    compared: tuple[Comparison, ...] = ()
    """Other engines that were held to them, and why not."""


class Question(msgspec.Struct, frozen=True):
    """What only a person can answer about a draft."""

    place: str
    pointer: str
    confidence: float
    reason: str


class Draft(msgspec.Struct, frozen=True):
    """A first version of an upcaster."""

    document: dict[str, Any]
    questions: tuple[Question, ...]
    proof: Proof


class Published(msgspec.Struct, frozen=True, rename={"source": "from", "target": "to"}):
    """An upcaster in force."""

    subject: str
    source: int
    target: int
    revision: int
    hash: str
    portable: bool


def upcast(remote: Remote, subject: str, event: Any, source: str, target: str) -> Travel:
    """Bring an event along the chain. Raises Refusal where there is none, or the event is not one of ``source``."""
    versions = urlencode({"from": source, "to": target})
    return remote.post(f"/api/v1/subjects/{_part(subject)}/upcast?{versions}", {"event": event}, Travel)


def chain(remote: Remote, subject: str, source: str, target: str) -> Chain:
    """The chain between two versions, to be run here. Raises Refusal where there is none, CouldNotCheck."""
    versions = urlencode({"from": source, "to": target})
    served = remote.get(f"/api/v1/subjects/{_part(subject)}/chain?{versions}", dict[str, Any])
    try:
        return chain_from_json(served)
    except (UpcastersError, KeyError) as error:
        raise CouldNotCheck(f"the chain that {remote.address} serves for {subject} cannot be used: {error}") from error


def bundle(remote: Remote, subjects: Iterable[str], target: str) -> bytes:
    """The chains of subjects from all their versions, as one file. Raises Refusal where a version has none."""
    chains = []
    for subject in subjects:
        for number in remote.get(f"/subjects/{_part(subject)}/versions?deleted=true", list[int]):
            versions = urlencode({"from": number, "to": target})
            chains.append(remote.get(f"/api/v1/subjects/{_part(subject)}/chain?{versions}", dict[str, Any]))
    return exchange.bundle(chains)


def publish(remote: Remote, subject: str, text: str) -> Published:
    """Put an upcaster in force. Raises Refusal where its proof fails."""
    path = f"/api/v1/subjects/{_part(subject)}/upcasters"
    return remote.post(path, {"text": text}, Published, exchange.PROOF_SECONDS)


def verify(remote: Remote, text: str) -> Proof:
    """The proof of an upcaster, without publishing it."""
    return remote.post("/api/v1/upcasters/verify", {"text": text}, Proof, exchange.PROOF_SECONDS)


def verify_here(remote: Remote, document: Document, names: Sequence[str], postgresql: str, seconds: float) -> Proof:
    """The proof, made in this process and held to these engines for so long; the registry gives the two versions.

    Raises Misconfigured for a document that does not go with them, Refusal and CouldNotCheck where they are not to be
    had.
    """
    versions = (remote.version(document.subject, number) for number in (document.source, document.target))
    old, new = (parse(remote.definition(version)) for version in versions)
    try:
        document = by_names(document, old, new)
    except InvalidDocument as cause:
        raise Misconfigured(f"the document does not go with its versions: {cause}") from cause
    report = prove(document, old, new, limits=Limits(engines=engines(names, postgresql), engine_seconds=seconds))
    return msgspec.convert({"accepted": report.accepted, **msgspec.to_builtins(report)}, Proof)


def draft(remote: Remote, subject: str, source: str, target: str) -> Draft:
    """A first version of the step between two versions."""
    versions = urlencode({"from": source, "to": target})
    return remote.get(f"/api/v1/subjects/{_part(subject)}/upcasters/draft?{versions}", Draft)


def _part(subject: str) -> str:
    return quote(subject, safe="")
