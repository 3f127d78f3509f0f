"""The whole application: the registry's HTTP interface, and the catalog's pages beside it."""

from __future__ import annotations

from typing import Final

from litestar import Litestar
from litestar.datastructures import CacheControlHeader
from litestar.di import Provide
from litestar.static_files import create_static_files_router

from registry.service import Registry
from registry.settings import Settings
from web import errors
from web.pages import HANDLERS
from web.rendering import STATIC, STATIC_PATH
from web.site import Site

_YEAR: Final = 31_536_000


def pages(registry: Registry, settings: Settings) -> Litestar:
    """The pages alone, over an open registry."""
    site = Site.over(registry)
    static = create_static_files_router(
        path=STATIC_PATH,
        directories=[STATIC],
        cache_control=CacheControlHeader(max_age=_YEAR, public=True, immutable=True),
    )
    return Litestar(
        route_handlers=[*HANDLERS, static],
        dependencies={"site": Provide(lambda: site, sync_to_thread=False, use_cache=True)},
        exception_handlers=errors.handlers(site),
        request_max_body_size=settings.limit_body_bytes,
        openapi_config=None,
    )
