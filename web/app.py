"""The whole application: the registry's HTTP interface, and the catalog's pages beside it."""

from __future__ import annotations

from threading import Event, Thread
from typing import Final, cast

from anyio import to_thread
from litestar import Litestar
from litestar.datastructures import CacheControlHeader
from litestar.di import Provide
from litestar.static_files import create_static_files_router
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from registry.http import app as protocol
from registry.http.door import Door
from registry.http.watch import Watch
from registry.service import Registry, search_file
from registry.settings import Settings, load
from web import (
    access_pages,
    address,
    application_pages,
    catalog_pages,
    connection_pages,
    draft_pages,
    errors,
    player_pages,
    settings_pages,
    signing_in,
    subject_pages,
)
from web.entrance import Entrance
from web.rendering import HEADERS, STATIC, STATIC_PATH
from web.site import Site
from web.travel import Travelling
from web.warming import beside

_YEAR: Final = 31_536_000
_CONFLUENTS: Final = f"{address.CATALOG}/v1/"
"""Where Confluent's own catalog has its interface: who asks for that is a program, and there is none here."""


def create_app(settings: Settings | None = None) -> ASGIApp:
    """The protocol at the root, ``/api/v1``, and the catalog. Opens a registry, and closes it when the server stops.

    Without settings they are read from the environment.
    """
    settings = settings or load()
    registry = Registry.open(settings)
    door = Door(registry)
    site = Site.over(registry, door, search_file(settings))
    return Whole(
        protocol.create_app(settings, registry, door),
        Entrance(pages(site), door, registry.permissions, Watch(settings)),
        site,
    )


def pages(site: Site) -> Litestar:
    """The pages alone."""
    static = create_static_files_router(
        path=STATIC_PATH,
        directories=[STATIC],
        cache_control=CacheControlHeader(max_age=_YEAR, public=True, immutable=True),
    )
    return Litestar(
        route_handlers=[
            *catalog_pages.HANDLERS,
            *subject_pages.HANDLERS,
            *player_pages.HANDLERS,
            *application_pages.HANDLERS,
            *draft_pages.HANDLERS,
            *settings_pages.HANDLERS,
            *connection_pages.HANDLERS,
            *access_pages.HANDLERS,
            *signing_in.HANDLERS,
            static,
        ],
        dependencies={"site": Provide(site.at_the_moment, sync_to_thread=False)},
        middleware=[Travelling(site.registry)],
        exception_handlers=errors.handlers(site),
        request_max_body_size=site.registry.settings.limit_body_bytes,
        openapi_config=None,
        logging_config=None,
    )


class Whole:
    """Gives each request to the protocol or to the pages. ``/`` is the catalog for whoever asks for HTML."""

    def __init__(self, protocol: ASGIApp, pages: Entrance, site: Site) -> None:
        self._protocol = protocol
        self._pages = pages
        self._site = site
        self._stop = Event()
        self._beside = Thread(target=beside, args=(site, self._stop), name="beside", daemon=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind: str = scope["type"]
        if kind == "lifespan":
            self._beside.start()
            await self._protocol(scope, receive, self._closing(send))
        elif kind == "http" and _is_page(http := cast("HTTPScope", scope)):
            await self._pages(*_readable(http, receive, send))
        else:
            await self._protocol(scope, receive, send)

    def _closing(self, send: Send) -> Send:
        """Closes the registry once nothing is asked any more, before the server is told that all is done."""

        async def closing(message: Message) -> None:
            kind: str = message["type"]
            if kind in {"lifespan.shutdown.complete", "lifespan.shutdown.failed"}:
                await to_thread.run_sync(self._close)
            await send(message)

        return closing

    def _close(self) -> None:
        self._stop.set()
        self._beside.join()
        self._site.close()
        self._site.registry.close()


def _is_page(scope: HTTPScope) -> bool:
    path = scope["path"]
    if path == address.CATALOG or path.startswith(f"{address.CATALOG}/"):
        return not path.startswith(_CONFLUENTS)
    return path == "/" and scope["method"] in {"GET", "HEAD"} and _wants_html(scope)


def _wants_html(scope: HTTPScope) -> bool:
    accepted = b",".join(value for name, value in scope["headers"] if name == b"accept").lower()
    return any(part.split(b";")[0].strip() == b"text/html" for part in accepted.split(b","))


def _readable(scope: HTTPScope, receive: Receive, send: Send) -> tuple[HTTPScope, Receive, Send]:
    """HEAD as GET without the body; every answer with the security headers, static files too."""
    head = scope["method"] == "HEAD"
    if head:
        scope["method"] = "GET"

    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = {name.lower() for name, _ in message["headers"]}
            missing = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
            message["headers"] = [*message["headers"], *(pair for pair in missing if pair[0] not in present)]
        elif message["type"] == "http.response.body" and head:
            message["body"] = b""
        await send(message)

    return scope, receive, guarded
