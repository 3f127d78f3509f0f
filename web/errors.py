"""Errors become pages that say what to do next."""

from __future__ import annotations

import logging
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandler

from compat.errors import CompatError
from registry.access.current import current
from registry.errors import Forbidden, NotFound, RegistryError, StillReplaying, StoreError
from registry.http.exchange import KEY, Exchange
from web import address, aliases
from web.aliases import OtherName
from web.listing import similar
from web.rendering import is_fragment, page
from web.site import Site

_log = logging.getLogger(__name__)


def handlers(site: Site) -> dict[int | type[Exception], ExceptionHandler[Any]]:
    """What the pages answer to each kind of error."""

    def registry_error(request: Request[Any, Any, Any], error: RegistryError) -> Response[str]:
        if isinstance(error, NotFound):
            return _missing(request, site, error.message)
        if isinstance(error, StillReplaying):
            answer = _page(request, 503, "Travelling to that moment", error.message)
            answer.headers["Refresh"] = "1"
            return answer
        if isinstance(error, StoreError):
            return _page(request, 503, "The store did not answer", f"{error.message} Try again in a moment.")
        if isinstance(error, Forbidden):
            message = f"You are {current().name}. This needs the role {error.role} over {error.where}: ask an admin."
            return _page(request, error.status, "Your roles do not reach here", message)
        return _page(request, error.status, "That cannot be shown", error.message)

    def other_name(request: Request[Any, Any, Any], found: OtherName) -> Response[str]:  # noqa: ARG001 - its shape
        shown = aliases.shown(site.at_the_moment(), found)
        return page("alias.html", {"active": "catalog", "alias": shown}, status=200 if shown.there else 404)

    def compat_error(request: Request[Any, Any, Any], error: CompatError) -> Response[str]:
        return _page(request, 422, "This schema cannot be read", str(error))

    def http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[str]:
        if error.status_code == 404:
            return _missing(request, site, "There is no page at this address.")
        words = {405: "This page is for reading", 413: "That is too much at once", 400: "The address is not complete"}
        title = words.get(error.status_code, "That cannot be shown")
        return _page(request, error.status_code, title, _plain(error))

    def any_error(request: Request[Any, Any, Any], error: Exception) -> Response[str]:
        exchange: Exchange = request.scope.get(KEY) or Exchange()  # type: ignore[assignment]
        number = exchange.request_id
        _log.error("a page failed: %s, request %s", request.url.path, number, exc_info=error)
        told = f", under the request {number}" if number else ""
        message = f"This is a fault in lineal, not in what you did. The log of the server has the details{told}."
        return _page(request, 500, "Something broke here", message)

    return {
        RegistryError: registry_error,
        OtherName: other_name,
        CompatError: compat_error,
        HTTPException: http_error,
        Exception: any_error,
    }


def _plain(error: HTTPException) -> str:
    extra = error.extra if isinstance(error.extra, list) else []
    wrong = [f"{one.get('key', 'a value')}: {one.get('message', '')}" for one in extra if isinstance(one, dict)]
    return "; ".join(wrong) or error.detail


def _missing(request: Request[Any, Any, Any], site: Site, message: str) -> Response[str]:
    suggestions = _similar(request.url.path, site)
    advice = "Check the spelling, or search the catalog."
    return _page(request, 404, "Nothing is here", f"{message.rstrip('.')}. {advice}", suggestions)


def _similar(path: str, site: Site) -> list[tuple[str, str]]:
    """Subjects whose name is like the one in an address that leads nowhere."""
    prefix = f"{address.CATALOG}/subjects/"
    if not path.startswith(prefix):
        return []
    wanted = address.name_in(path.removeprefix(prefix).split("/", 1)[0])
    return list(similar(site.index, wanted))


def _page(
    request: Request[Any, Any, Any],
    status: int,
    title: str,
    message: str,
    suggestions: list[tuple[str, str]] | None = None,
) -> Response[str]:
    template = "notice.html" if is_fragment(request) else "error.html"
    values = {"title": title, "message": message, "suggestions": suggestions or []}
    return page(template, values, status=status, cache="no-store")
