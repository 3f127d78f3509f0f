"""What is asked of a registry and what is made of the answers, without any I/O.

Questions are generators: they yield requests, are sent responses, and return what was wanted. The blocking and the
asynchronous client drive the same ones; a chain that is known and fresh needs no request at all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import quote

import msgspec

from upcasters.chain import Chain, chain_from_json
from upcasters.document import Document, write
from upcasters.errors import NoChain, RegistryRefused, RegistryUnreachable, UpcastersError

Target: TypeAlias = int | Literal["latest"]

FRESH_SECONDS: Final = 300.0
"""How long a chain is used before the registry is asked whether it was corrected."""

PROOF_SECONDS: Final = 90.0
"""How long the answer to a question may take for which the registry proves an upcaster."""


@dataclass(frozen=True, slots=True)
class Request:
    """One question to the registry."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    etag: str = ""
    seconds: float | None = None
    """How long the answer may take, where that is longer than usual."""


@dataclass(frozen=True, slots=True)
class Response:
    """One answer; status 0 where there was none."""

    status: int
    body: bytes = b""
    etag: str = ""
    reason: str = ""


Question: TypeAlias = Generator[Request, Response, Any]


@dataclass(slots=True)
class _Kept:
    chain: Chain
    etag: str
    fresh_until: float


class Exchange:
    """What a client knows: chains by subject, version and target."""

    def __init__(
        self, *, fresh: float = FRESH_SECONDS, mechanism: str = "source", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._fresh = fresh
        self._mechanism = mechanism
        self._clock = clock
        self._kept: dict[tuple[str, int, Target], _Kept] = {}

    def known(self, subject: str, version: int, target: Target) -> Chain | None:
        """The chain, if it is known and fresh: the path of every event but the first."""
        kept = self._kept.get((subject, version, target))
        return kept.chain if kept is not None and self._clock() < kept.fresh_until else None

    def chain(self, subject: str, version: int, target: Target) -> Generator[Request, Response, Chain]:
        """Ask for a chain; a known one serves while the registry is away. Raises NoChain, RegistryRefused, Tampered."""
        kept = self._kept.get((subject, version, target))
        response = yield Request(
            "GET",
            f"/api/v1/subjects/{quote(subject, safe='')}/chain",
            {"from": str(version), "to": str(target)},
            etag=kept.etag if kept else "",
        )
        if kept is not None and (response.status in (0, 304) or response.status >= 500):
            kept.fresh_until = self._clock() + self._fresh
            return kept.chain
        try:
            tree = _answer(response)
        except RegistryRefused as error:
            if response.status in (404, 409, 422):
                raise NoChain(f"{subject} v{version}->v{target}: {error.message}") from error
            raise
        chain = chain_from_json(tree, mechanism=self._mechanism)
        self._kept[subject, version, target] = _Kept(chain, response.etag, self._clock() + self._fresh)
        return chain

    def forget(self) -> None:
        """Ask anew for every chain, as after an upcaster was corrected."""
        self._kept.clear()


def version(subject: str, schema_id: int) -> Generator[Request, Response, int]:
    """The version of a subject that a schema id stands for, as the Confluent protocol tells it. Raises NoChain."""
    response = yield Request("GET", f"/schemas/ids/{schema_id}/versions")
    found = [int(entry["version"]) for entry in _answer(response) if entry["subject"] == subject]
    if not found:
        raise NoChain(f"schema id {schema_id} is no version of {subject}")
    return max(found)


def edges(subject: str) -> Question:
    """The upcasters of a subject."""
    response = yield Request("GET", f"/api/v1/subjects/{quote(subject, safe='')}/upcasters")
    return _answer(response)


def publish(document: Document) -> Question:
    """Publish an upcaster; the registry proves it first. Raises RegistryRefused with what it found."""
    path = f"/api/v1/subjects/{quote(document.subject, safe='')}/upcasters"
    response = yield Request("POST", path, body={"document": write(document)}, seconds=PROOF_SECONDS)
    return _answer(response)


def verify(document: Document) -> Question:
    """Have an upcaster proven without publishing it."""
    body = {"document": write(document)}
    response = yield Request("POST", "/api/v1/upcasters/verify", body=body, seconds=PROOF_SECONDS)
    return _answer(response)


def bundled(subjects: Iterable[str], target: Target) -> Generator[Request, Response, bytes]:
    """The chains of some subjects from every version to one, as a bundle. Raises NoChain, RegistryRefused."""
    trees = []
    for subject in subjects:
        path = quote(subject, safe="")
        response = yield Request("GET", f"/subjects/{path}/versions", {"deleted": "true"})
        for number in _answer(response):
            response = yield Request("GET", f"/api/v1/subjects/{path}/chain", {"from": str(number), "to": str(target)})
            try:
                trees.append(_answer(response))
            except RegistryRefused as error:
                raise NoChain(f"{subject} v{number}->v{target}: {error.message}") from error
    return bundle(trees)


def _answer(response: Response) -> Any:
    if response.status == 0:
        raise RegistryUnreachable(response.reason)
    try:
        tree = msgspec.json.decode(response.body)
    except msgspec.DecodeError as error:
        raise RegistryRefused(response.status, "the answer is no JSON: is this a lineal registry?") from error
    if response.status >= 400:
        message = tree.get("message", "no reason given") if isinstance(tree, dict) else "no reason given"
        code = tree.get("error_code", response.status) if isinstance(tree, dict) else response.status
        raise RegistryRefused(code, str(message))
    return tree


def bundle(chains: Iterable[Any]) -> bytes:
    """Chains as the registry served them, in one file to commit beside the code: no registry is needed at run time."""
    return msgspec.json.format(msgspec.json.encode({"chains": list(chains)}), indent=1)


def unbundle(data: bytes, *, mechanism: str = "source") -> dict[tuple[str, int], Chain]:
    """The chains of a bundle, by subject and version, each checked against its hash. Raises UpcastersError."""
    try:
        trees = msgspec.json.decode(data)["chains"]
    except (msgspec.DecodeError, KeyError, TypeError) as error:
        raise UpcastersError("this is no bundle of chains: make one with Client.bundle") from error
    chains = [chain_from_json(tree, mechanism=mechanism) for tree in trees]
    return {(chain.subject, chain.source): chain for chain in chains}
