"""Clients of a lineal registry, blocking and asynchronous: they fetch chains once and run them here."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from upcasters import exchange
from upcasters.chain import Chain
from upcasters.document import Document
from upcasters.exchange import FRESH_SECONDS, Exchange, Request, Response, Target

T = TypeVar("T")

TIMEOUT_SECONDS = 10.0


def _arguments(request: Request) -> dict[str, Any]:
    headers = {"If-None-Match": request.etag} if request.etag else {}
    found: dict[str, Any] = {"params": dict(request.query), "headers": headers}
    if request.body is not None:
        found["json"] = request.body
    if request.seconds is not None:
        found["timeout"] = request.seconds
    return found


def _response(answer: httpx.Response) -> Response:
    return Response(answer.status_code, answer.content, answer.headers.get("etag", ""))


def _unreachable(url: str, error: httpx.HTTPError) -> Response:
    return Response(0, reason=f"the registry at {url} did not answer: {error}")


class Upcaster:
    """Brings payloads of one subject to one version: ``up(payload, version=1)``."""

    def __init__(self, client: Client, subject: str, to: Target) -> None:
        self._client = client
        self.subject = subject
        self.to = to

    def __call__(self, payload: Any, version: int) -> Any:
        """The payload in the shape of the wanted version. Raises NoChain, UpcastFailed, RegistryRefused."""
        return self.chain(version)(payload)

    def chain(self, version: int) -> Chain:
        """The chain from a version, fetched on first use."""
        return self._client.chain(self.subject, version, self.to)


class AsyncUpcaster:
    """Brings payloads of one subject to one version: ``await up(payload, version=1)``."""

    def __init__(self, client: AsyncClient, subject: str, to: Target) -> None:
        self._client = client
        self.subject = subject
        self.to = to

    async def __call__(self, payload: Any, version: int) -> Any:
        """The payload in the shape of the wanted version. Raises NoChain, UpcastFailed, RegistryRefused."""
        return (await self.chain(version))(payload)

    async def chain(self, version: int) -> Chain:
        """The chain from a version, fetched on first use."""
        return await self._client.chain(self.subject, version, self.to)


class Client:
    """A blocking client. Safe to share between threads; close it, or use it in a ``with``."""

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float = TIMEOUT_SECONDS,
        fresh: float = FRESH_SECONDS,
        mechanism: str = "source",
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """``timeout`` and ``fresh`` are seconds; ``mechanism`` is ``source`` or, without ``exec``, ``closures``.

        For a proof, ``publish`` and ``verify`` wait up to 90 seconds whatever the timeout.
        """
        self._url = url
        self._http = httpx.Client(base_url=url, headers=headers, timeout=timeout, transport=transport)
        self._versions: dict[tuple[str, int], int] = {}
        self._exchange = Exchange(fresh=fresh, mechanism=mechanism)

    def upcaster(self, subject: str, to: Target = "latest") -> Upcaster:
        """A function that brings payloads of a subject to a version."""
        return Upcaster(self, subject, to)

    def chain(self, subject: str, version: int, to: Target = "latest") -> Chain:
        """The chain from one version to another; asked for once. Raises NoChain, RegistryRefused, Tampered."""
        known = self._exchange.known(subject, version, to)
        return known if known is not None else self._drive(self._exchange.chain(subject, version, to))

    def version(self, subject: str, schema_id: int) -> int:
        """The version of a subject that a schema id stands for; asked for once. Raises NoChain, RegistryRefused."""
        if (subject, schema_id) not in self._versions:
            self._versions[subject, schema_id] = self._drive(exchange.version(subject, schema_id))
        return self._versions[subject, schema_id]

    def bundle(self, *subjects: str, to: Target = "latest") -> bytes:
        """The chains of subjects from every version, for a file beside the code. Raises NoChain, RegistryRefused."""
        return self._drive(exchange.bundled(subjects, to))

    def edges(self, subject: str) -> Any:
        """The upcasters of a subject, as the registry lists them."""
        return self._drive(exchange.edges(subject))

    def publish(self, document: Document) -> Any:
        """Publish an upcaster. Raises RegistryRefused with what the proof found."""
        return self._drive(exchange.publish(document))

    def verify(self, document: Document) -> Any:
        """Have an upcaster proven without publishing it."""
        return self._drive(exchange.verify(document))

    def forget(self) -> None:
        """Ask anew for every chain."""
        self._exchange.forget()

    def _drive(self, question: Generator[Request, Response, T]) -> T:
        try:
            request = next(question)
            while True:
                request = question.send(self._send(request))
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]

    def _send(self, request: Request) -> Response:
        try:
            return _response(self._http.request(request.method, request.path, **_arguments(request)))
        except httpx.HTTPError as error:
            return _unreachable(self._url, error)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient:
    """The same without blocking; close it, or use it in an ``async with``."""

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float = TIMEOUT_SECONDS,
        fresh: float = FRESH_SECONDS,
        mechanism: str = "source",
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """``timeout`` and ``fresh`` are seconds; ``mechanism`` is ``source`` or, without ``exec``, ``closures``.

        For a proof, ``publish`` and ``verify`` wait up to 90 seconds whatever the timeout.
        """
        self._url = url
        self._http = httpx.AsyncClient(base_url=url, headers=headers, timeout=timeout, transport=transport)
        self._versions: dict[tuple[str, int], int] = {}
        self._exchange = Exchange(fresh=fresh, mechanism=mechanism)

    def upcaster(self, subject: str, to: Target = "latest") -> AsyncUpcaster:
        """A function that brings payloads of a subject to a version."""
        return AsyncUpcaster(self, subject, to)

    async def chain(self, subject: str, version: int, to: Target = "latest") -> Chain:
        """The chain from one version to another; asked for once. Raises NoChain, RegistryRefused, Tampered."""
        known = self._exchange.known(subject, version, to)
        return known if known is not None else await self._drive(self._exchange.chain(subject, version, to))

    async def version(self, subject: str, schema_id: int) -> int:
        """The version of a subject that a schema id stands for; asked for once. Raises NoChain, RegistryRefused."""
        if (subject, schema_id) not in self._versions:
            self._versions[subject, schema_id] = await self._drive(exchange.version(subject, schema_id))
        return self._versions[subject, schema_id]

    async def bundle(self, *subjects: str, to: Target = "latest") -> bytes:
        """The chains of subjects from every version, for a file beside the code. Raises NoChain, RegistryRefused."""
        return await self._drive(exchange.bundled(subjects, to))

    async def edges(self, subject: str) -> Any:
        """The upcasters of a subject, as the registry lists them."""
        return await self._drive(exchange.edges(subject))

    async def publish(self, document: Document) -> Any:
        """Publish an upcaster. Raises RegistryRefused with what the proof found."""
        return await self._drive(exchange.publish(document))

    async def verify(self, document: Document) -> Any:
        """Have an upcaster proven without publishing it."""
        return await self._drive(exchange.verify(document))

    def forget(self) -> None:
        """Ask anew for every chain."""
        self._exchange.forget()

    async def _drive(self, question: Generator[Request, Response, T]) -> T:
        try:
            request = next(question)
            while True:
                request = question.send(await self._send(request))
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]

    async def _send(self, request: Request) -> Response:
        try:
            return _response(await self._http.request(request.method, request.path, **_arguments(request)))
        except httpx.HTTPError as error:
            return _unreachable(self._url, error)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
