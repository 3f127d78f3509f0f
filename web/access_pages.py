"""The handlers of the state, and of keys and roles: for admins of everything, and always about now."""

from __future__ import annotations

from typing import Final

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from registry.errors import NotLetIn, RegistryError
from web import access, address
from web.access import Access
from web.asked import Asked, Form, Pages
from web.permission import origin_of_admin, require_admin
from web.settings_pages import part
from web.site import Site
from web.state import state
from web.threads import in_thread
from web.travel import seen

Answer = Response[str] | Redirect


@get(address.STATE)
@in_thread
def show_state(request: Asked, site: Pages) -> Answer:
    """How the registry is."""
    require_admin(request)
    if then := seen():
        return Redirect(then.now, status_code=303)
    return part(site, "state.html", "state", {"lines": state(site)})


@get(address.ACCESS)
@in_thread
def show(request: Asked, site: Pages) -> Answer:
    """Every key and role, and the forms of new ones."""
    require_admin(request)
    if then := seen():
        return Redirect(then.now, status_code=303)
    return _access(site, access.access(site))


@post(f"{address.ACCESS}/keys", status_code=200)
@in_thread
def make_key(request: Asked, site: Pages, data: Form) -> Answer:
    """Make a key; the answer shows it, once."""
    origin = origin_of_admin(request, site)
    try:
        made = access.make_key(site, data, origin)
    except NotLetIn:
        raise
    except RegistryError as error:
        return _access(site, access.access(site, sent=data, error=error.message))
    return _access(site, access.access(site, secret=made.text))


@post(f"{address.ACCESS}/keys/{{key_id:str}}/revoke", status_code=200)
@in_thread
def revoke_key(request: Asked, site: Pages, key_id: FromPath[str]) -> Answer:
    """Take a key out of use."""
    site.registry.permissions.revoke_key(key_id, origin_of_admin(request, site))
    return Redirect(address.ACCESS, status_code=303)


@post(f"{address.ACCESS}/roles", status_code=200)
@in_thread
def give(request: Asked, site: Pages, data: Form) -> Answer:
    """Give a role over an area."""
    origin = origin_of_admin(request, site)
    try:
        site.registry.permissions.give(access.grant_in(data), origin)
    except NotLetIn:
        raise
    except RegistryError as error:
        return _access(site, access.access(site, sent=data, error=error.message))
    return Redirect(address.ACCESS, status_code=303)


@post(f"{address.ACCESS}/roles/withdraw", status_code=200)
@in_thread
def withdraw(request: Asked, site: Pages, data: Form) -> Answer:
    """Take a role over an area away."""
    origin = origin_of_admin(request, site)
    site.registry.permissions.withdraw(access.grant_in(data), origin)
    return Redirect(address.ACCESS, status_code=303)


def _access(site: Site, shown: Access) -> Response[str]:
    return part(site, "access.html", "access", {"access": shown, "roles": access.ROLES}, error=shown.error)


HANDLERS: Final = [show_state, show, make_key, revoke_key, give, withdraw]
