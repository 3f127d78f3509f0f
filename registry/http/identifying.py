"""A server that tells the application which certificate a client has shown: mutual TLS with principals.

granian verifies the certificates of clients, but has no way to hand them over (2.8, its issue 788), and reads a list
of those that were withdrawn only when it starts. Where either is wanted, uvicorn serves, on Python's own TLS. What the
application gets is called as the ASGI TLS extension calls it, so a server that implements that needs nothing of this.
"""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import uvicorn
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from registry.http.revoking import DemandingContext
from registry.http.stopping import OUTDATED, STOPPING


def serve(
    application: str,
    *,
    host: str,
    port: int,
    workers: int,
    cert: Path,
    key: Path,
    client_ca: Path,
    client_crl: Path | None,
    logging: dict[str, Any],
    stop_seconds: int,
) -> None:
    """Serve an application factory to clients with a certificate of ``client_ca``, until a signal ends it.

    Those that ``client_crl`` lists are not let in. Raises SystemExit where it cannot start.
    """
    signal.signal(signal.SIGTERM, lambda *_: None)  # the server raises it once more when all is done
    try:
        uvicorn.run(
            application,
            factory=True,
            host=host,
            port=port,
            workers=workers,
            http=IdentifyingProtocol,
            ws="none",
            loop="asyncio",
            lifespan="on",
            ssl_context_factory=partial(_context, cert, key, client_ca, client_crl),
            log_config=logging,
            log_level="warning",
            access_log=False,
            proxy_headers=False,  # would let whoever is near write the address that the application sees
            server_header=False,
            timeout_graceful_shutdown=stop_seconds,
        )
    except KeyboardInterrupt:
        return


def _context(
    cert: Path,
    key: Path,
    client_ca: Path,
    client_crl: Path | None,
    _config: uvicorn.Config,
    _default: Callable[[], ssl.SSLContext],
) -> DemandingContext:
    return DemandingContext.made(cert, key, client_ca, client_crl)


class IdentifyingProtocol(H11Protocol):
    """HTTP/1.1 over one connection, whose client has shown a certificate."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        """Made before the client is asked for its certificate: a new list of those withdrawn counts for this one."""
        super().__init__(*arguments, **named)
        self._tls = cast("DemandingContext", self.config.ssl)
        self._generation = self._tls.refresh()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        shown = transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
        self.app = _Certified(self.app, ssl.DER_cert_to_PEM_cert(shown), self._is_outdated)

    def _is_outdated(self) -> bool:
        """Whether certificates were withdrawn since this client has shown its own."""
        return self._tls.refresh() != self._generation

    def shutdown(self) -> None:
        """The server is told to stop: event streams, which have no end of their own, are ended."""
        os.kill(os.getpid(), STOPPING)
        super().shutdown()


class _Certified:
    """An application that is told of the certificate with every request."""

    def __init__(self, app: ASGIApp, pem: str, is_outdated: Callable[[], bool]) -> None:
        self._app = app
        self._tls: dict[object, object] = {"client_cert_chain": [pem]}
        self._is_outdated = is_outdated

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["extensions"] = {**(scope.get("extensions") or {}), "tls": self._tls}
        scope[OUTDATED] = self._is_outdated  # type: ignore[typeddict-unknown-key]
        await self._app(scope, receive, _closing(send) if self._is_outdated() else send)


def _closing(send: Send) -> Send:
    """The connection ends with this answer: whoever goes on shows the certificate anew."""

    async def closing(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"connection", b"close")]
        await send(message)

    return closing
