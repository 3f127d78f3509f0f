"""Pages as of a moment: ``?at=`` on any address of the catalog, kept by every link of the page."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode

from anyio import to_thread
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from registry.moment import Moment
from registry.service import Registry

PARAMETER: Final = "at"


@dataclass(frozen=True, slots=True)
class Seen:
    """The moment that a page shows, and the same page at others."""

    moment: Moment
    now: str
    """Address of the page as it is now."""
    earlier: str
    """One change before; empty where nothing is earlier."""
    later: str
    """One change after; empty where that is now."""


_seen: ContextVar[Seen | None] = ContextVar("seen", default=None)


def seen() -> Seen | None:
    """The moment of the page that is being made; None is now."""
    return _seen.get()


class Travelling(ASGIMiddleware):
    """Finds out which moment a request is about, before its page is made. Raises InvalidRequest."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Set the moment for everything that the request calls."""
        given = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        asked = next((value for name, value in given if name == PARAMETER), "")
        if not asked.strip():
            await next_app(scope, receive, send)
            return
        moment = await to_thread.run_sync(self._registry.catalog.moment, asked)
        others = [(name, value) for name, value in given if name != PARAMETER]
        token = _seen.set(_places(scope["path"], others, moment))
        try:
            await next_app(scope, receive, send)
        finally:
            _seen.reset(token)


def _places(path: str, others: list[tuple[str, str]], moment: Moment) -> Seen:
    def at(position: int | None) -> str:
        query = others if position is None else [*others, (PARAMETER, str(position))]
        return f"{path}?{urlencode(query)}" if query else path

    return Seen(
        moment,
        now=at(None),
        earlier=at(moment.position - 1) if moment.position > 0 else "",
        later=at(moment.position + 1) if moment.position + 1 < moment.last else "",
    )
