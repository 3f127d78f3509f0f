"""Who looks at the pages: by a header or certificate as in the interface, or by the cookie of who has signed in.

Requests of pages are counted, told and numbered like all others.
"""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from time import perf_counter
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

from anyio import to_thread
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Send

from registry.access.current import NOBODY, Caller, acting
from registry.access.sessions import COOKIE
from registry.errors import NotLetIn, Unauthenticated
from registry.http import errors
from registry.http.door import Door, same_origin
from registry.http.exchange import KEY, LONGEST_REQUEST_ID, Exchange
from registry.http.watch import Watch, route_of
from registry.model import ACCESS, Origin
from registry.service.permissions import Permissions
from web import address
from web.rendering import STATIC_PATH

_FREE: Final = frozenset({address.SIGN_IN, address.SIGN_OUT})
"""Pages for those who are not signed in."""

Headers = list[tuple[bytes, bytes]]


class Entrance:
    """Lets callers to the pages, or asks them to sign in. What it lets in runs on behalf of the caller."""

    def __init__(self, pages: ASGIApp, door: Door, permissions: Permissions, watch: Watch) -> None:
        self._pages = pages
        self._door = door
        self._permissions = permissions
        self._watch = watch

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        started = perf_counter()
        asked = dict(scope["headers"]).get(b"x-request-id", b"")[:LONGEST_REQUEST_ID].decode("latin-1")
        exchange = Exchange(asked or str(uuid4()))
        scope[KEY] = exchange  # type: ignore[typeddict-unknown-key]
        request_id = exchange.request_id.encode("latin-1")
        status = 0

        async def numbered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id)]
            await send(message)

        with self._watch.in_flight():
            who = await self._serve(scope, receive, numbered)
        if self._watch.on:
            self._watch.answered(route_of(scope), status, who, request_id, started)

    async def _serve(self, scope: HTTPScope, receive: Receive, send: Send) -> Caller | None:
        """Who was answered; None: nobody who was let in, or nothing that depends on who it is."""
        headers = dict(scope["headers"])
        path = scope["path"]
        if path.startswith(STATIC_PATH):
            await self._pages(scope, receive, send)
        elif scope["method"] == "POST" and not same_origin(headers):
            await _answer(send, 403, [], b"This form was sent from another site.")
        else:
            try:
                who = await self._caller(scope, headers)
            except NotLetIn as error:
                if path not in _FREE:
                    await self._note(scope, error)
                    await self._turn_away(scope, send, error, headers)
                    return None
                who = NOBODY
            with acting(who):
                await self._pages(scope, receive, send)
            return who
        return None

    async def _caller(self, scope: HTTPScope, headers: dict[bytes, bytes]) -> Caller:
        """Raises Unauthenticated, TooManyRequests."""
        authorization = headers.get(b"authorization", b"")
        cookie = _session(headers.get(b"cookie", b""))
        if cookie and not authorization:
            return await self._door.admit_session(cookie)
        certified = "" if authorization else self._door.certified(scope)
        return self._door.known(authorization, certified) or await self._door.admit(authorization, certified)

    async def _note(self, scope: HTTPScope, error: NotLetIn) -> None:
        """Keep in the log that a form was denied, where it would have changed something."""
        if scope["method"] == "POST" and scope["path"].startswith((address.SETTINGS, address.REGISTER)):
            action = f"POST {scope['path']}"
            exchange: Exchange = scope[KEY]  # type: ignore[typeddict-item]
            origin = Origin(request_id=exchange.request_id)
            await to_thread.run_sync(self._permissions.note_denied, action, error.code, ACCESS, origin)

    async def _turn_away(self, scope: HTTPScope, send: Send, error: NotLetIn, headers: dict[bytes, bytes]) -> None:
        """To the sign-in page and back; a part of a page tells htmx to go there with the whole page."""
        if not isinstance(error, Unauthenticated) or b"authorization" in headers:
            await _answer(send, *errors.refusal(error))
            return
        query = scope["query_string"].decode("latin-1")
        here = scope["path"] + (f"?{query}" if query else "")
        if b"hx-request" in headers:
            back = urlsplit(headers.get(b"hx-current-url", b"").decode("latin-1"))
            there = address.sign_in(back.path or address.CATALOG)
            await _answer(send, 401, [(b"hx-redirect", there.encode("latin-1"))], b"")
        else:
            there = address.sign_in(here if scope["method"] == "GET" else address.CATALOG)
            await _answer(send, 303, [(b"location", there.encode("latin-1")), (b"cache-control", b"no-store")], b"")


def _session(cookies: bytes) -> str:
    try:
        found = SimpleCookie(cookies.decode("latin-1")).get(COOKIE)
    except CookieError:
        return ""
    return "" if found is None else found.value


async def _answer(send: Send, status: int, headers: Headers, body: bytes) -> None:
    headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
