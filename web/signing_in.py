"""Sign in with what the interface takes too (key, password or token), and out again."""

from __future__ import annotations

from base64 import b64encode
from typing import Final

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie, State
from litestar.params import FromQuery
from litestar.response import Redirect

from registry.access.keys import id_of
from registry.access.sessions import COOKIE
from registry.errors import NotLetIn
from web import address
from web.asked import Form, Pages
from web.rendering import page
from web.site import Site
from web.threads import in_thread

_LONGEST: Final = 16_000
"""Characters of a credential."""
_UNKNOWN: Final = 401


@get(address.SIGN_IN)
@in_thread
def form(site: Pages, next: FromQuery[str] = "") -> Response[str]:  # noqa: A002
    """The form."""
    return _form(site, next)


@post(address.SIGN_IN, status_code=200)
async def sign_in(request: Request[None, None, State], site: Pages, data: Form) -> Response[str] | Redirect:
    """Check what was typed in, as slowly as the interface does, and remember who that is in a signed cookie."""
    user, secret, following = data.get("user", "").strip(), data.get("secret", "").strip(), data.get("next", "")
    door = site.door
    if door is None or door.authentication is None:
        return Redirect(address.CATALOG, status_code=303)
    if not user and id_of(secret) is None and not site.registry.settings.jwks:
        return _form(site, following, user, "That is no API key. With a password, write your name too.", _UNKNOWN)
    try:
        shown = _header(user, secret)
        who = door.known(shown) or await door.admit(shown)
    except NotLetIn as error:
        return _form(site, following, user, error.message, error.status)
    value, seconds = door.authentication.session_of(who)
    secure = request.scope["scheme"] == "https" or site.registry.settings.session_secure
    cookie = Cookie(COOKIE, value=value, path="/", max_age=seconds, httponly=True, samesite="strict", secure=secure)
    return Redirect(address.inside(following), status_code=303, cookies=[cookie])


@post(address.SIGN_OUT, status_code=200)
async def sign_out() -> Redirect:
    """Forget the cookie."""
    gone = Cookie(COOKIE, value="", path="/", max_age=0, httponly=True, samesite="strict")
    return Redirect(address.SIGN_IN, status_code=303, cookies=[gone])


def _header(user: str, secret: str) -> bytes:
    """The header that would say the same: with a name basic authentication, without one a key or token."""
    if not user:
        return f"Bearer {secret[:_LONGEST]}".encode("latin-1", "replace")
    return b"Basic " + b64encode(f"{user}:{secret}"[:_LONGEST].encode())


def _form(site: Site, following: str, user: str = "", error: str = "", status: int = 200) -> Response[str]:
    settings = site.registry.settings
    return page(
        "sign_in.html",
        {
            "active": "sign-in",
            "following": address.inside(following),
            "user": user,
            "error": error,
            "tokens": bool(settings.jwks),
        },
        status=status,
        cache="no-store",
    )


HANDLERS: Final = [form, sign_in, sign_out]
