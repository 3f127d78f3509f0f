"""Whether whoever looks at a page may do what its form asks for; what is denied is noted in the log."""

from __future__ import annotations

from typing import Any

from litestar import Request

from registry.access.current import current
from registry.access.roles import Role
from registry.errors import NotLetIn
from registry.http.exchange import KEY, Exchange
from registry.model import ACCESS, Origin, Subject
from web.site import Site


def origin_of_admin(request: Request[Any, Any, Any], site: Site, target: Subject = ACCESS) -> Origin:
    """Who changes what is for admins, for the log. Raises Forbidden, Unauthenticated."""
    return origin_of(request, site, Role.ADMIN, target)


def origin_of(request: Request[Any, Any, Any], site: Site, role: Role, target: Subject) -> Origin:
    """Who changes something that needs a role, for the log. Raises Forbidden, Unauthenticated."""
    action = f"{request.method} {request.url.path}"
    exchange: Exchange = request.scope.get(KEY) or Exchange()  # type: ignore[assignment]
    origin = exchange.origin
    try:
        current().require(role, target, action)
    except NotLetIn as error:
        site.registry.permissions.note_denied(action, error.code, target, origin)
        raise
    return origin


def is_admin() -> bool:
    """Whether the caller may see and change whom this registry talks to."""
    return current().may(Role.ADMIN, ACCESS)


def require_admin(request: Request[Any, Any, Any]) -> None:
    """Raises Forbidden, Unauthenticated."""
    current().require(Role.ADMIN, ACCESS, f"{request.method} {request.url.path}")
