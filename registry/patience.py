"""A transport over which a whole exchange, request and answer together, takes a bounded time and an answer a bounded
size: httpx bounds each single read, and a server that sends a byte now and then is read for ever.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

import httpcore
import httpx

LARGEST_ANSWER: Final = 16_000_000
"""Bytes of an answer that are read. It is asked for uncompressed, so that is what they take in memory."""

_PIECE: Final = 65_536

_deadline: Final[ContextVar[float]] = ContextVar("lineal_deadline", default=float("inf"))
"""Of the exchange that this thread is in, by the monotonic clock."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Every exchange in the block has to be over in so many seconds from now; else it ends with a TimeoutException."""
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


class PatientTransport(httpx.HTTPTransport):
    """Keeps to the deadline of the exchange, and to the largest answer. Knows no proxies of the environment."""

    def __init__(self) -> None:
        super().__init__(trust_env=False)
        context = httpx.create_ssl_context(trust_env=False)
        self._pool = httpcore.ConnectionPool(ssl_context=context, network_backend=_Backend())

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.headers["accept-encoding"] = "identity"
        answer = super().handle_request(request)
        if answer.headers.get("content-encoding", "identity") != "identity":
            answer.close()
            raise httpx.RemoteProtocolError("the answer is compressed, which was not asked for", request=request)
        assert isinstance(answer.stream, httpx.SyncByteStream)  # noqa: S101 - what this transport gives
        answer.stream = _Bounded(answer.stream)
        return answer


class _Bounded(httpx.SyncByteStream):
    """Raises ReadError for an answer over the limit."""

    def __init__(self, inner: httpx.SyncByteStream) -> None:
        self._inner = inner

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for piece in self._inner:
            size += len(piece)
            if size > LARGEST_ANSWER:
                raise httpx.ReadError(f"the answer is longer than {LARGEST_ANSWER:,} bytes")
            yield piece

    def close(self) -> None:
        self._inner.close()


class _Backend(httpcore.NetworkBackend):
    """Connections that keep to the deadline."""

    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.connect_tcp(host, port, left, local_address, socket_options))


class _Stream(httpcore.NetworkStream):
    """One connection."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE):
            self._inner.write(buffer[start : start + _PIECE], _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _left(timeout: float | None, late: type[Exception]) -> float | None:
    """Seconds that one step may take. Raises ``late`` once the exchange has taken too long."""
    left = _deadline.get() - time.monotonic()
    if left <= 0:
        raise late("the exchange took too long")
    return left if timeout is None else min(timeout, left)
