"""The handlers of webhooks and exporters: for admins of everything, and always about now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Final

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from registry.errors import InvalidRequest, NotLetIn, RegistryError
from registry.model import Origin
from registry.service import Registry
from web import address, connections
from web.asked import Asked, Form, Pages
from web.permission import origin_of_admin, require_admin
from web.settings_pages import part
from web.site import Site
from web.threads import in_thread
from web.travel import seen
from web.views.connections import Copying, Correspondence, Wish

Answer = Response[str] | Redirect


@get(address.WEBHOOKS)
@in_thread
def webhooks(request: Asked, site: Pages) -> Answer:
    """Every webhook, and the form of a new one."""
    require_admin(request)
    if then := seen():
        return Redirect(then.now, status_code=303)
    return _webhooks(site, connections.blank(site))


@post(address.WEBHOOKS, status_code=200)
@in_thread
def make_webhook(request: Asked, site: Pages, data: Form) -> Answer:
    """Register a webhook; its page shows the secret, once."""
    origin = origin_of_admin(request, site)
    try:
        standing, secret = site.registry.webhooks.register(connections.sent(data), origin)
    except RegistryError as error:
        return _webhooks(site, connections.as_sent(site, data), error.message)
    shown = connections.correspondence(site, standing.webhook.id)
    return _webhook(site, replace(shown, secret=secret, done="It is told what happens from now on."))


@get(f"{address.WEBHOOKS}/{{name:str}}")
@in_thread
def webhook(request: Asked, site: Pages, name: FromPath[str]) -> Answer:
    """One webhook: how it gets on, what it was told, what could not be delivered."""
    require_admin(request)
    if then := seen():
        return Redirect(then.now, status_code=303)
    return _webhook(site, connections.correspondence(site, name))


@post(f"{address.WEBHOOKS}/{{name:str}}/change", status_code=200)
@in_thread
def change_webhook(request: Asked, site: Pages, name: FromPath[str], data: Form) -> Answer:
    """Tell it elsewhere or of something else."""
    origin = origin_of_admin(request, site)
    try:
        site.registry.webhooks.change(name, asdict(connections.sent(data)), origin)
    except RegistryError as error:
        shown = connections.correspondence(site, name)
        return _webhook(site, connections.failed(shown, error.message, connections.as_sent(site, data)))
    return _webhook(site, replace(connections.correspondence(site, name), done="It is told so from the next event on."))


@post(f"{address.WEBHOOKS}/{{name:str}}/test", status_code=200)
@in_thread
def try_webhook(request: Asked, site: Pages, name: FromPath[str]) -> Answer:
    """Send it a test, now."""
    origin = origin_of_admin(request, site)
    error = site.registry.webhooks.test(name, origin)
    shown = connections.correspondence(site, name)
    if error:
        return _webhook(site, connections.failed(shown, f"The test was not taken: {error}"))
    return _webhook(site, replace(shown, done="The test was taken."))


@post(f"{address.WEBHOOKS}/{{name:str}}/rotate", status_code=200)
@in_thread
def rotate(request: Asked, site: Pages, name: FromPath[str], data: Form) -> Answer:
    """Give it a new secret, shown once."""
    origin = origin_of_admin(request, site)
    try:
        hours = int(data.get("hours", "24"))
        _, secret = site.registry.webhooks.rotate(name, timedelta(hours=hours), origin)
    except (ValueError, OverflowError, InvalidRequest) as error:
        why = error.message if isinstance(error, InvalidRequest) else "The hours are not a number."
        return _webhook(site, connections.failed(connections.correspondence(site, name), why))
    return _webhook(site, replace(connections.correspondence(site, name), secret=secret, done="It has a new secret."))


@post(f"{address.WEBHOOKS}/{{name:str}}/redeliver", status_code=200)
@in_thread
def redeliver(request: Asked, site: Pages, name: FromPath[str], data: Form) -> Answer:
    """Have dead letters tried again: one, or all."""
    origin_of_admin(request, site)
    position = data.get("position", "")
    try:
        count = site.registry.webhooks.redeliver(name, [int(position)] if position.isdecimal() else [])
    except RegistryError as error:
        return _webhook(site, connections.failed(connections.correspondence(site, name), error.message))
    return _webhook(site, replace(connections.correspondence(site, name), done=f"To be tried again: {count:,}."))


@post(f"{address.WEBHOOKS}/{{name:str}}/remove", status_code=200)
@in_thread
def remove_webhook(request: Asked, site: Pages, name: FromPath[str]) -> Answer:
    """Tell it nothing more."""
    site.registry.webhooks.remove(name, origin_of_admin(request, site))
    return Redirect(address.WEBHOOKS, status_code=303)


def _webhooks(site: Site, wish: Wish, error: str = "") -> Response[str]:
    values = {
        "wish": wish,
        "error": error,
        "webhooks": connections.webhooks(site),
        "sealed": bool(site.registry.settings.secret_key),
    }
    return part(site, "webhooks.html", "webhooks", values, error=error)


def _webhook(site: Site, shown: Correspondence) -> Response[str]:
    return part(site, "webhook.html", "webhooks", {"shown": shown}, error=shown.error)


@get(address.EXPORTERS)
@in_thread
def exporters(request: Asked, site: Pages) -> Answer:
    """Every exporter, and the form of a new one."""
    require_admin(request)
    if then := seen():
        return Redirect(then.now, status_code=303)
    return _exporters(site)


@post(address.EXPORTERS, status_code=200)
@in_thread
def make_exporter(request: Asked, site: Pages, data: Form) -> Answer:
    """Copy to another registry from now on."""
    origin = origin_of_admin(request, site)
    try:
        site.registry.exporters.create(connections.definition(data), origin)
    except RegistryError as error:
        return _exporters(site, error.message, data)
    return Redirect(address.EXPORTERS, status_code=303)


_DOINGS: Final[dict[str, Callable[[Registry, str, Origin], None]]] = {
    "pause": lambda registry, name, origin: registry.exporters.pause(name, origin=origin),
    "resume": lambda registry, name, origin: registry.exporters.resume(name, origin),
    "reset": lambda registry, name, origin: registry.exporters.reset(name, origin),
    "remove": lambda registry, name, origin: registry.exporters.remove(name, origin),
}


@post(f"{address.EXPORTERS}/{{name:str}}/change", status_code=200)
@in_thread
def change_exporter(request: Asked, site: Pages, name: FromPath[str], data: Form) -> Answer:
    """Copy something else, or elsewhere, or sign in as somebody else."""
    origin = origin_of_admin(request, site)
    name = address.name_in(name)
    try:
        before = site.registry.exporters.get(name).definition
        site.registry.exporters.update(name, connections.changes(data, before), origin)
    except RegistryError as error:
        return _exporters(site, error.message, {**data, "name": name}, of=name)
    return Redirect(address.EXPORTERS, status_code=303)


@post(f"{address.EXPORTERS}/{{name:str}}/{{doing:str}}", status_code=200)
@in_thread
def tell_exporter(request: Asked, site: Pages, name: FromPath[str], doing: FromPath[str]) -> Answer:
    """Pause it, let it go on or begin anew, or end it."""
    origin = origin_of_admin(request, site)
    if doing not in _DOINGS:
        return _exporters(site, f"An exporter cannot be told to {doing}.")
    try:
        _DOINGS[doing](site.registry, address.name_in(name), origin)
    except NotLetIn:
        raise
    except RegistryError as error:
        return _exporters(site, error.message)
    return Redirect(address.EXPORTERS, status_code=303)


def _exporters(site: Site, error: str = "", sent: dict[str, str] | None = None, of: str = "") -> Response[str]:
    """``sent``: the form that could not be served; ``of``: the exporter it was to change, else it was to make one."""
    every = connections.exporters(site)
    if sent and of:
        every = tuple(
            replace(each, wish=connections.copying(sent, each.wish.kept), wrong=True) if each.name == of else each
            for each in every
        )
    values = {
        "error": error,
        "exporters": every,
        "new": connections.copying(sent) if sent and not of else Copying(),
        "sealed": bool(site.registry.settings.secret_key),
        "works": site.registry.settings.exporters,
    }
    return part(site, "exporters.html", "exporters", values, error=error)


HANDLERS: Final = [
    webhooks,
    make_webhook,
    webhook,
    change_webhook,
    try_webhook,
    rotate,
    redeliver,
    remove_webhook,
    exporters,
    make_exporter,
    change_exporter,
    tell_exporter,
]
