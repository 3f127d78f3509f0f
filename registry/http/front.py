"""What happens to every request before the framework sees it, and to every answer after.

- Addresses: a path parameter is one segment, so a slash inside a name (``%2F``) stays escaped until its handler decodes
  it, and ``+`` is a plus. The prefix ``/contexts/{context}`` is taken off and remembered.
- Media types: 406 and 415 before any work; the answer carries the type the client prefers.
- ``X-Request-ID`` is echoed, or made.
- HEAD is GET without the body.
- Answers of the protocol carry an ETag; who has that answer already is told so (304).
- Answers that cannot change are given as ready bytes.
"""

from __future__ import annotations

from hashlib import blake2b
from itertools import count
from random import getrandbits
from typing import Any, Final
from urllib.parse import quote, unquote_to_bytes
from uuid import uuid4

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from registry.errors import InvalidContext, InvalidSubject
from registry.http import errors, media
from registry.http.exchange import KEY, Exchange
from registry.http.ready import Key, Ready, ReadyAnswers
from registry.model import DEFAULT_CONTEXT, context_name

_IDS: Final = str(uuid4())[:24].encode()
"""Request ids look like random UUIDs: a random part of this process, then a number that goes up; cheap to make."""

_numbers = count(getrandbits(40))
_OK: Final = 200
_BODY_METHODS: Final = frozenset({"POST", "PUT", "PATCH"})
_OWN: Final = ("/api/", "/openapi")
"""Paths that speak plain JSON."""
_REPLACED: Final = frozenset({media.PROTOCOL.encode(), media.JSON.encode()})
_EVENTS: Final = b"text/event-stream"
_LONGEST_REQUEST_ID: Final = 200


class Front:
    """An ASGI application around another."""

    def __init__(self, app: ASGIApp, answers: ReadyAnswers, incompatible_code: int) -> None:
        self._app = app
        self._answers = answers
        self._incompatible_code = incompatible_code

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        accept = content_type = request_id = held = b""
        for name, value in scope["headers"]:
            if name == b"accept":
                accept = accept + b"," + value if accept else value
            elif name == b"content-type":
                content_type = value
            elif name == b"x-request-id":
                request_id = value[:_LONGEST_REQUEST_ID]
            elif name == b"if-none-match":
                held = value
        request_id = request_id or b"%b%012x" % (_IDS, next(_numbers) & 0xFFFFFFFFFFFF)
        key: Key = (scope["raw_path"], scope["query_string"], accept)
        if scope["method"] == "GET" and (ready := self._answers.get(key)) is not None:
            await _give(send, ready, request_id, held)
            return
        exchange = Exchange(request_id=request_id.decode("latin-1"), incompatible_code=self._incompatible_code)
        answer = _Answer(send, exchange, request_id, held, head=scope["method"] == "HEAD")
        await self._handle(scope, receive, answer, key, content_type)

    async def _handle(self, scope: HTTPScope, receive: Receive, answer: _Answer, key: Key, content_type: bytes) -> None:
        exchange = answer.exchange
        refused = _prepare(scope, exchange, accept=key[2], content_type=content_type)
        if refused is not None:
            code, message = refused
            body = errors.body(code, message)
            await _send(answer, int(str(code)[:3]), [(b"content-type", media.PROTOCOL.encode())], body)
            return
        scope[KEY] = exchange  # type: ignore[typeddict-unknown-key]
        if scope["method"] == "HEAD":
            scope["method"] = "GET"
        if scope["method"] != "GET" or scope["path"].startswith(_OWN):
            await self._app(scope, receive, answer)
            return
        answer.collected = []
        moment = self._answers.moment()
        await self._app(scope, receive, answer)
        if answer.ready is not None and not answer.head:
            self._answers.keep(key, answer.ready, moment, immutable=exchange.immutable)


class _Answer:
    """Passes an answer on with the negotiated type and the request's id; collects it where it can be kept."""

    def __init__(self, send: Send, exchange: Exchange, request_id: bytes, held: bytes, *, head: bool) -> None:
        self._send = send
        self._request_id = request_id
        self._held = held
        self._headers: tuple[tuple[bytes, bytes], ...] = ()
        self.exchange = exchange
        self.head = head
        self.collected: list[bytes] | None = None
        """The body of an answer that is tagged and may be kept: it is given when it is whole."""
        self.ready: Ready | None = None
        """The whole answer, once it was given."""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._headers = tuple(self._typed(name, value) for name, value in message["headers"])
            if self.collected is not None and message["status"] == _OK:
                return
            self.collected = None
            message["headers"] = [*self._headers, (b"x-request-id", self._request_id)]
        elif message["type"] == "http.response.body":
            if self.collected is not None:
                self.collected.append(message["body"])
                if not message.get("more_body"):
                    await self._give(b"".join(self.collected))
                return
            if self.head:
                message["body"] = b""
        await self._send(message)

    async def _give(self, body: bytes) -> None:
        tag = b'"%b"' % blake2b(self.exchange.media.encode() + body, digest_size=16).hexdigest().encode()
        self.ready = Ready((*self._headers, (b"etag", tag)), body, tag)
        await _give(self._send, self.ready, self._request_id, self._held, head=self.head)

    def _typed(self, name: bytes, value: bytes) -> tuple[bytes, bytes]:
        if name.lower() == b"content-type" and value in _REPLACED:
            return name, self.exchange.media.encode()
        return name, value


def _prepare(scope: HTTPScope, exchange: Exchange, *, accept: bytes, content_type: bytes) -> tuple[int, str] | None:
    """Rewrite the path and settle the media types; the error to answer with, if the request cannot be served."""
    raw = scope["raw_path"].split(b"?", 1)[0]
    try:
        segments = [unquote_to_bytes(segment).decode() for segment in raw.split(b"/")]
    except UnicodeDecodeError:
        return 400, "HTTP 400: the path is not percent-encoded UTF-8; encode names as UTF-8"
    if segments[1:2] == ["contexts"] and len([segment for segment in segments[2:] if segment]) > 1:
        try:
            exchange.context = context_name(segments[2])
        except InvalidContext as error:
            return error.code, error.message
        segments = ["", *segments[3:]]
        if segments[1] in {"config", "mode"} and len(segments) == 2 and exchange.context != DEFAULT_CONTEXT:
            segments.append(f":{exchange.context}:")
    if "subjects" in segments and "" in segments[1:-1]:
        empty = InvalidSubject("", "the name is empty")
        return empty.code, empty.message
    scope["path"] = "/".join(quote(segment, safe=_UNESCAPED) if _special(segment) else segment for segment in segments)
    wanted = media.produced(accept)
    own = scope["path"].startswith(_OWN)
    if wanted is None and not (own and _EVENTS in accept):
        return 406, f"HTTP 406 Not Acceptable: answers come as {media.PROTOCOL} or {media.JSON}"
    exchange.media = media.JSON if own or wanted is None else wanted
    if scope["method"] in _BODY_METHODS and not media.consumed(content_type):
        return 415, f"HTTP 415 Unsupported Media Type: send the body as {media.PROTOCOL} or {media.JSON}"
    return None


_UNESCAPED: Final = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) not in "/%")


def _special(segment: str) -> bool:
    return "/" in segment or "%" in segment


async def _give(send: Any, ready: Ready, request_id: bytes, held: bytes, *, head: bool = False) -> None:
    """Send a whole answer, or that the client has it already."""
    headers = [*ready.headers, (b"x-request-id", request_id)]
    if held and _matches(held, ready.tag):
        await _send(send, 304, [header for header in headers if header[0] != b"content-length"], b"")
    else:
        await _send(send, _OK, headers, b"" if head else ready.body)


def _matches(held: bytes, tag: bytes) -> bool:
    """Whether ``If-None-Match`` names the tag (RFC 9110, section 13.1.2: compared weakly)."""
    return any(each.strip().removeprefix(b"W/") in (tag, b"*") for each in held.split(b","))


async def _send(send: Any, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
