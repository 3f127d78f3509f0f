"""What happens to every request before the framework sees it, and to every answer after.

- Callers: who it is, or 401 or 429; what follows runs on behalf of the caller.
- Addresses: a path parameter is one segment, so a slash inside a name (``%2F``) stays escaped until its handler decodes
  it, and ``+`` is a plus. The prefix ``/contexts/{context}`` is taken off and remembered.
- Media types: 406 and 415 before any work; the answer carries the type the client prefers, and tells caches so (Vary).
- ``X-Request-ID`` is echoed, or made.
- HEAD is GET without the body; OPTIONS is asked as a method that no path has, which names those it has.
- Answers of the protocol carry an ETag; who has that answer already is told so (304).
- Answers that cannot change are given as ready bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b
from itertools import count
from random import getrandbits
from time import perf_counter
from typing import Any, Final
from urllib.parse import quote, unquote_to_bytes
from uuid import uuid4

from anyio import to_thread
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from registry.access.current import NOBODY, Caller, acting
from registry.errors import InvalidContext, InvalidSubject, NotLetIn
from registry.http import errors, media, operating
from registry.http.door import Door, same_origin
from registry.http.exchange import KEY, LONGEST_REQUEST_ID, Exchange
from registry.http.ready import Key, Ready, ReadyAnswers
from registry.http.watch import UNMATCHED, Watch, headers_of, route_of
from registry.model import ACCESS, DEFAULT_CONTEXT, Origin, Subject, context_name
from registry.service import Registry
from registry.telemetry import metrics, tracing

_IDS: Final = str(uuid4())[:24].encode()
"""Request ids look like random UUIDs: a random part of this process, then a number that goes up; cheap to make."""

_numbers = count(getrandbits(40))
_OK: Final = 200
_NOT_MODIFIED: Final = 304
_BODY_METHODS: Final = frozenset({"POST", "PUT", "PATCH"})
_WRITES: Final = frozenset({"POST", "PUT", "DELETE", "PATCH"})
_FORBIDDEN: Final = 403
_DENIED: Final = frozenset({401, _FORBIDDEN})
_OWN: Final = ("/api/", "/openapi", "/health/", "/_health", "/master_available", "/metrics")
"""Paths that do not speak the protocol: plain JSON, or text."""
_REPLACED: Final = frozenset({media.PROTOCOL.encode(), media.JSON.encode()})
_EVENTS: Final = b"text/event-stream"
_VARIES: Final = (b"vary", b"Accept")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request as it came, and when."""

    scope: HTTPScope
    receive: Receive
    send: Send
    accept: bytes
    content_type: bytes
    authorization: bytes
    held: bytes
    """``If-None-Match``: the tags of the answers that the client has."""
    request_id: bytes
    started: float


class Front:
    """An ASGI application around another."""

    def __init__(self, app: ASGIApp, registry: Registry, door: Door, answers: ReadyAnswers, watch: Watch) -> None:
        self._app = app
        self._door = door
        self._at_once = door.at_once
        self._answers = answers
        self._watch = watch
        self._permissions = registry.permissions
        self._incompatible_code = registry.settings.incompatible_code

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        accept = content_type = request_id = authorization = held = b""
        for name, value in scope["headers"]:
            if name == b"accept":
                accept = accept + b"," + value if accept else value
            elif name == b"content-type":
                content_type = value
            elif name == b"x-request-id":
                request_id = value[:LONGEST_REQUEST_ID]
            elif name == b"authorization":
                authorization = value
            elif name == b"if-none-match":
                held = value
        request_id = request_id or b"%b%012x" % (_IDS, next(_numbers) & 0xFFFFFFFFFFFF)
        asked = _Asked(scope, receive, send, accept, content_type, authorization, held, request_id, perf_counter())
        if not tracing.is_on():
            await self._serve(asked)
            return
        with tracing.request(scope["method"], headers_of(scope)):
            await self._serve(asked)

    async def _serve(self, asked: _Asked) -> None:
        scope = asked.scope
        try:
            who = self._at_once or await self._admitted(scope, asked.authorization)
        except NotLetIn as error:
            if scope["path"] not in operating.PATHS:
                await self._turn_away(asked, error)
                return
            who = NOBODY
        key: Key = (scope["raw_path"], scope["query_string"], asked.accept, who.view.tag)
        if scope["method"] == "GET" and (ready := self._answers.get(key)) is not None:
            status = await _give(asked.send, ready, asked.request_id, asked.held)
            if self._watch.on:
                self._watch.kept_ready(hit=True)
                self._watch.answered(ready.route, status, who, asked.request_id, asked.started)
            return
        with acting(who), self._watch.in_flight():
            status = await self._handle(asked, key)
        if self._watch.on:
            self._watch.answered(route_of(scope), status, who, asked.request_id, asked.started)

    async def _admitted(self, scope: HTTPScope, authorization: bytes) -> Caller:
        """Raises NotLetIn."""
        certified = "" if authorization else self._door.certified(scope)
        return self._door.known(authorization, certified) or await self._door.admit(authorization, certified)

    async def _turn_away(self, asked: _Asked, error: NotLetIn) -> None:
        status, headers, body = errors.refusal(error)
        await _send(asked.send, status, [*headers, (b"x-request-id", asked.request_id)], body)
        metrics.TURNED_AWAY.labels(str(error.code)).inc()
        if self._watch.on:
            self._watch.answered(UNMATCHED, status, None, asked.request_id, asked.started)
        origin = Origin(request_id=asked.request_id.decode("latin-1"))
        await self._note(asked.scope, status, error.code, ACCESS, origin)

    async def _note(self, scope: HTTPScope, status: int, code: int, target: Subject, origin: Origin) -> None:
        """Keep in the log that a write was denied."""
        if status in _DENIED and scope["method"] in _WRITES:
            action = f"{scope['method']} {scope['path']}"
            await to_thread.run_sync(self._permissions.note_denied, action, code, target, origin)

    async def _handle(self, asked: _Asked, key: Key) -> int:
        """Have the framework answer, and keep what it said where that can be; the status."""
        scope, exchange = asked.scope, Exchange(asked.request_id.decode("latin-1"), self._incompatible_code)
        head = scope["method"] == "HEAD"
        answer = _Answer(asked, exchange, head=head)
        refused = _prepare(scope, exchange, accept=asked.accept, content_type=asked.content_type)
        if refused is not None:
            code, message = refused
            body = errors.body(code, message)
            await _send(answer, int(str(code)[:3]), [(b"content-type", media.PROTOCOL.encode())], body)
            return answer.status
        scope[KEY] = exchange  # type: ignore[typeddict-unknown-key]
        if exchange.negotiated:
            scope["query_string"] = _VALUELESS.sub(b"", scope["query_string"])
        if head:
            scope["method"] = "GET"
        elif scope["method"] == "OPTIONS":
            scope["method"] = errors.ALLOWED  # type: ignore[typeddict-item]
        if scope["method"] != "GET" or scope["path"].startswith(_OWN):
            await self._app(scope, asked.receive, answer)
            status = _FORBIDDEN if exchange.denied else answer.status
            await self._note(scope, status, status * 100 + 1, exchange.target, exchange.origin)
            return answer.status
        self._watch.kept_ready(hit=False)
        answer.collected = []
        moment = self._answers.moment()
        await self._app(scope, asked.receive, answer)
        if answer.ready is not None and not head:
            self._answers.keep(key, answer.ready, moment, immutable=exchange.immutable)
        return answer.status


class _Answer:
    """Passes an answer on with the negotiated type and the request's id; collects it where it can be kept."""

    def __init__(self, asked: _Asked, exchange: Exchange, *, head: bool) -> None:
        self._asked = asked
        self._exchange = exchange
        self._head = head
        self._headers: tuple[tuple[bytes, bytes], ...] = ()
        self.status = 0
        self.collected: list[bytes] | None = None
        """The body of an answer that is tagged and may be kept: it is given when it is whole."""
        self.ready: Ready | None = None
        """The whole answer, once it was given."""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._headers = tuple(self._typed(name, value) for name, value in message["headers"])
            if self._exchange.negotiated:
                self._headers += (_VARIES,)
            if self.collected is not None and message["status"] == _OK:
                return
            self.collected = None
            message["headers"] = [*self._headers, (b"x-request-id", self._asked.request_id)]
        elif message["type"] == "http.response.body":
            if self.collected is not None:
                self.collected.append(message["body"])
                if not message.get("more_body"):
                    await self._give(b"".join(self.collected))
                return
            if self._head:
                message["body"] = b""
        await self._asked.send(message)

    async def _give(self, body: bytes) -> None:
        tag = b'"%b"' % blake2b(self._exchange.media.encode() + body, digest_size=16).hexdigest().encode()
        self.ready = Ready((*self._headers, (b"etag", tag)), body, route_of(self._asked.scope), tag)
        asked = self._asked
        self.status = await _give(asked.send, self.ready, asked.request_id, asked.held, head=self._head)

    def _typed(self, name: bytes, value: bytes) -> tuple[bytes, bytes]:
        if name.lower() == b"content-type" and value in _REPLACED:
            return name, self._exchange.media.encode()
        return name, value


def _prepare(scope: HTTPScope, exchange: Exchange, *, accept: bytes, content_type: bytes) -> tuple[int, str] | None:
    """Rewrite the path and settle the media types; the error to answer with, if the request cannot be served."""
    wanted = media.produced(accept)
    own = scope["path"].startswith(_OWN)
    exchange.media = media.JSON if own else wanted or media.PROTOCOL
    exchange.negotiated = not own
    raw = scope["raw_path"].split(b"?", 1)[0]
    try:
        segments = [unquote_to_bytes(segment).decode() for segment in raw.split(b"/")]
    except UnicodeDecodeError:
        return 400, "HTTP 400: the path is not percent-encoded UTF-8; encode names as UTF-8"
    if any("\0" in segment for segment in segments) or b"%00" in scope["query_string"]:
        if "subjects" in segments:
            return InvalidSubject.code, "The address contains the character NUL, which no subject has: leave it out"
        return 400, "HTTP 400: the address contains the character NUL; leave it out"
    while len(segments) > 2 and not segments[1]:
        del segments[1]  # the URL of the registry was written with a slash at its end
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
    if wanted is None and not (own and (_EVENTS in accept or b"text/plain" in accept)):
        return 406, f"HTTP 406 Not Acceptable: answers come as {media.PROTOCOL} or {media.JSON}"
    if scope["method"] in _BODY_METHODS and not media.consumed(content_type):
        return 415, f"HTTP 415 Unsupported Media Type: send the body as {media.PROTOCOL} or {media.JSON}"
    if scope["method"] == "POST" and not content_type and not same_origin(dict(scope["headers"])):
        # Any other request of a page elsewhere has to ask first whether it may (see origins.py).
        return 403, "HTTP 403: a page of another site asks; send the body with a Content-Type"
    return None


_VALUELESS: Final = re.compile(rb"(?:^|&)(?!(?:subjectPrefix|key|value)\b)[^=&]+=?(?=&|$)")
"""Parameters without a value, which count as not given, as the protocol's server takes them. An empty prefix is
another than none, and the value of a property may be empty."""
_UNESCAPED: Final = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) not in "/%")


def _special(segment: str) -> bool:
    return "/" in segment or "%" in segment


async def _give(send: Any, ready: Ready, request_id: bytes, held: bytes, *, head: bool = False) -> int:
    """Send a whole answer, or that the client has it already; the status."""
    headers = [*ready.headers, (b"x-request-id", request_id)]
    if held and _matches(held, ready.tag):
        await _send(send, _NOT_MODIFIED, [header for header in headers if header[0] != b"content-length"], b"")
        return _NOT_MODIFIED
    await _send(send, _OK, headers, b"" if head else ready.body)
    return _OK


def _matches(held: bytes, tag: bytes) -> bool:
    """Whether ``If-None-Match`` names the tag (RFC 9110, section 13.1.2: compared weakly)."""
    return any(each.strip().removeprefix(b"W/") in (tag, b"*") for each in held.split(b","))


async def _send(send: Any, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
