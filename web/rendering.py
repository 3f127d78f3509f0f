"""Templates become responses, with the headers that keep a page from loading or running anything foreign."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response

from registry.access.current import OPEN, current
from web import address
from web.code import mark_sign
from web.travel import seen
from web.words import age, counted

FOLDER: Final = Path(__file__).parent
STATIC: Final = FOLDER / "static"

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""The content security policy of every page: only what this server sends, nothing inline, nothing evaluated."""

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "X-Frame-Options": "DENY",
}


def _digest(folder: Path) -> str:
    state = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            state.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes())
    return state.hexdigest()[:12]


STATIC_PATH: Final = f"{address.CATALOG}/static/{_digest(STATIC)}"
"""Where the static files are served: the address changes with their content, so they may be cached for ever."""


def _release() -> str:
    try:
        return version("lineal")
    except PackageNotFoundError:
        return "development"


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        "to": address,
        "age": age,
        "counted": counted,
        "sign": mark_sign,
        "static": STATIC_PATH,
        "release": _release(),
        "active": "",
        "hits": (),
        "asked": "",
        "similar": (),
        "head": None,
        "seen": seen,
        "travels": False,
        "clock": False,
    }
    return made


TEMPLATES: Final = _environment()


def page(template: str, values: Mapping[str, Any], *, status: int = 200, cache: str = "no-cache") -> Response[str]:
    """A template filled with values, as an HTML response under the content security policy."""
    who = current()
    if who is not OPEN:
        cache = f"private, {cache}"
    return Response(
        TEMPLATES.get_template(template).render({"who": None if who is OPEN else who.name, **values}),
        media_type="text/html",
        status_code=status,
        headers={**HEADERS, "Cache-Control": cache, "Vary": "Accept, HX-Request, Cookie, Authorization"},
    )


def script(text: str) -> Response[str]:
    """A text as a JavaScript module, for the pages that show what it comes of."""
    cache = "no-cache" if current() is OPEN else "private, no-cache"
    return Response(text, media_type="text/javascript", headers={**HEADERS, "Cache-Control": cache})


def is_fragment(request: Request[Any, Any, Any]) -> bool:
    """Whether htmx asks for the part of a page that it will put in place."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-History-Restore-Request") != "true"
