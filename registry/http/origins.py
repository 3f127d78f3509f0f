"""Which pages of other sites may speak with the registry (cross-origin resource sharing, fetch.spec.whatwg.org).

Browsers send no cookies along with what is let in here, so no page acts for somebody who is signed in elsewhere.
"""

from __future__ import annotations

from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

_ANY: Final = b"*"
_METHODS: Final = b"DELETE, GET, HEAD, OPTIONS, POST, PUT"
_ALWAYS_ALLOWED: Final = b"accept, authorization, content-type, if-none-match, x-request-id"
_EXPOSED: Final = (b"access-control-expose-headers", b"etag, retry-after, x-request-id")


class Origins:
    """An ASGI application around another: answers the questions of browsers, and lets their pages read answers."""

    def __init__(self, app: ASGIApp, allowed: str) -> None:
        self._app = app
        self._allowed = frozenset(each.strip().rstrip("/").encode() for each in allowed.split(","))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        origin = headers.get(b"origin")
        shared = [(b"vary", b"Origin")]
        if origin is not None and (_ANY in self._allowed or origin in self._allowed):
            shared += [(b"access-control-allow-origin", origin), _EXPOSED]
            if scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
                asked = headers.get(b"access-control-request-headers", _ALWAYS_ALLOWED)
                answered = [
                    *shared,
                    (b"access-control-allow-methods", _METHODS),
                    (b"access-control-allow-headers", asked),
                    (b"access-control-max-age", b"3600"),
                ]
                await send({"type": "http.response.start", "status": 204, "headers": answered})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return

        async def sharing(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *shared]
            await send(message)

        await self._app(scope, receive, sharing)
