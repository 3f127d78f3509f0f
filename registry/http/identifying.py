"""A server that tells the application which certificate a client has shown: mutual TLS with principals.

granian verifies the certificates of clients, but has no way to hand them over (2.8, its issue 788). Where principals
come from them, uvicorn serves instead, on Python's own TLS, which has one. What the application gets is called as the
ASGI TLS extension calls it, so a server that implements that needs nothing of this.
"""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
from pathlib import Path
from typing import Any, Final

import uvicorn
from litestar.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from registry.http.stopping import STOPPING

_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2: forward secrecy and authenticated encryption; TLS 1.3 has no others."""


def serve(
    application: str,
    *,
    host: str,
    port: int,
    workers: int,
    cert: Path,
    key: Path,
    client_ca: Path,
    logging: dict[str, Any],
    stop_seconds: int,
) -> None:
    """Serve an application factory to clients with a certificate of ``client_ca``, until a signal ends it.

    Raises SystemExit where it cannot start.
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
            ssl_certfile=cert,
            ssl_keyfile=key,
            ssl_ca_certs=str(client_ca),
            ssl_cert_reqs=ssl.CERT_REQUIRED,
            ssl_ciphers=_CIPHERS,
            log_config=logging,
            log_level="warning",
            access_log=False,
            proxy_headers=False,  # would let whoever is near write the address that the application sees
            server_header=False,
            timeout_graceful_shutdown=stop_seconds,
        )
    except KeyboardInterrupt:
        return


class IdentifyingProtocol(H11Protocol):
    """HTTP/1.1 over one connection, whose client has shown a certificate."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        shown = transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
        self.app = _Certified(self.app, ssl.DER_cert_to_PEM_cert(shown))

    def shutdown(self) -> None:
        """The server is told to stop: event streams, which have no end of their own, are ended."""
        os.kill(os.getpid(), STOPPING)
        super().shutdown()


class _Certified:
    """An application that is told of the certificate with every request."""

    def __init__(self, app: ASGIApp, pem: str) -> None:
        self._app = app
        self._tls: dict[object, object] = {"client_cert_chain": [pem]}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["extensions"] = {**(scope.get("extensions") or {}), "tls": self._tls}
        await self._app(scope, receive, send)
