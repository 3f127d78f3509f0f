"""How a schema is registered over HTTP, and the usual request for it answered in front of the framework.

The framework takes as long to bring such a request to its handler and its answer back as the registry to decide it.
Here it takes a third. Only what is plainly in order is answered here: whatever else a request asks for, and whatever is
wrong with it, is the framework's, which reads it anew. Both register by the same ``steps``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

import msgspec
from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, ReceiveMessage, Scope, Send

from compat.engine import Form
from registry.access.current import current
from registry.errors import RegistryError
from registry.http import errors
from registry.http.exchange import Exchange, exchange_in
from registry.http.media import PROTOCOL
from registry.http.nesting import require_shallow
from registry.http.parameters import AnyRequest
from registry.http.payloads import RegisterSchemaRequest, RegisterSchemaResponse, registered_body
from registry.http.permissions import NEEDS
from registry.http.waiting import Waiting
from registry.model import Origin, Subject
from registry.service import RegistrationOptions, Registry
from registry.service.decision import Steps

_TEMPLATE: Final = "/subjects/{name}/versions"
_OPERATION: Final = f"POST {_TEMPLATE}"
_BEFORE, _AFTER = _TEMPLATE.split("{name}")
_ROLE: Final = NEEDS[_OPERATION].role
_NORMALIZE: Final[Mapping[bytes, bool]] = {b"": False, b"normalize=false": False, b"normalize=true": True}
"""By the query: those that clients send."""

_decode: Final = msgspec.json.Decoder(RegisterSchemaRequest).decode
_encode: Final = msgspec.json.Encoder().encode


def steps(
    registry: Registry,
    subject: Subject,
    sent: RegisterSchemaRequest,
    origin: Origin,
    form: Form | None = None,
    *,
    normalize: bool,
    force: bool = False,
) -> Steps[RegisterSchemaResponse]:
    """Register what was sent, and answer it in a form. Raises InvalidSchemaText for an unknown schemaType."""
    content = sent.content()
    options = RegistrationOptions(
        normalize=normalize,
        force=force,
        version=sent.version or 0,
        schema_id=sent.schema_id,
        retagging=sent.retagging,
    )

    def taken() -> Steps[RegisterSchemaResponse]:
        version = yield from registry.registration.steps(subject, content, options, origin)
        return registered_body(version, registry.lookup.text_for(content, version, form))

    return taken()


class Registering:
    """An ASGI application around the framework's."""

    def __init__(self, app: ASGIApp, registry: Registry, waiting: Waiting) -> None:
        self._app = app
        self._registry = registry
        self._waiting = waiting
        self._largest = registry.settings.limit_body_bytes
        self._deepest = registry.settings.limit_json_depth

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or not (name := _subject(scope)):
            await self._app(scope, receive, send)
            return
        body, exchange = _Body(receive), exchange_in(scope)
        asked = self._asked(scope, name, body.bytes, exchange) if await body.read(self._largest) else None
        if asked is None:
            await self._app(scope, body.receive, send)
            return
        subject, taken = asked
        scope["path_template"] = _TEMPLATE
        exchange.target = subject
        try:
            answer = await self._waiting.settled(subject, taken, exchange.origin)
        except Exception as error:  # noqa: BLE001 - becomes an answer, as in the framework
            request: AnyRequest = Request(scope)
            response = errors.response(request, error).to_asgi_response(None, request)
            await response(scope, body.receive, send)
            return
        content = _encode(answer)
        headers = [(b"content-type", PROTOCOL.encode()), (b"content-length", b"%d" % len(content))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content, "more_body": False})

    def _asked(
        self, scope: HTTPScope, name: str, body: bytes, exchange: Exchange
    ) -> tuple[Subject, Steps[RegisterSchemaResponse]] | None:
        """What is to be registered where; None for what is not in order."""
        try:
            require_shallow(body, self._deepest)
            sent = _decode(body)
            subject = Subject.parse(unquote(name), exchange.context)
            current().require(_ROLE, subject, _OPERATION)
            normalize = _NORMALIZE[scope["query_string"]]
            return subject, steps(self._registry, subject, sent, exchange.origin, normalize=normalize)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, RegistryError):
            return None


def _subject(scope: HTTPScope) -> str:
    """The subject in whose address a schema may be registered, as it stands there; empty for all other requests."""
    if scope["method"] != "POST" or scope["query_string"] not in _NORMALIZE:
        return ""
    path = scope["path"]
    if not (path.startswith(_BEFORE) and path.endswith(_AFTER)):
        return ""
    name = path[len(_BEFORE) : -len(_AFTER)]
    return "" if "/" in name else name


class _Body:
    """The body of a request, which may be read once more."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._read: list[ReceiveMessage] = []
        self.bytes = b""

    async def read(self, most: int) -> bool:
        """Whether the whole of it has come, and was not too much."""
        parts: list[bytes] = []
        while most >= 0:
            message = await self._receive()
            self._read.append(message)
            if message["type"] != "http.request":
                return False
            parts.append(message["body"])
            most -= len(message["body"])
            if not message.get("more_body"):
                self.bytes = b"".join(parts)
                return most >= 0
        return False

    async def receive(self) -> ReceiveMessage:
        """What has come, once more, and what is still to come."""
        return self._read.pop(0) if self._read else await self._receive()
