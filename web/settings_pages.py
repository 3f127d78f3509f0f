"""The handlers of the settings: what is in force for a scope, and its forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from registry.errors import SubjectNotFound
from registry.model import Subject
from web import address, permission, policies, subject
from web.aliases import OtherName
from web.asked import SUBJECT, Asked, Form, Pages
from web.rendering import page
from web.site import Site
from web.threads import in_thread
from web.views.settings import Policy
from web.views.subject import Head

_INVALID: Final = 422


@get(address.SETTINGS)
@in_thread
def settings(site: Pages, of: FromQuery[str] = "", saved: FromQuery[bool] = False) -> Response[str]:
    """What is in force for a subject, a context or everything."""
    found = policies.scope_named(of)
    return _page(site, found, policies.policy(site, found, saved=saved))


@get(f"{SUBJECT}/settings")
@in_thread
def of_subject(site: Pages, name: FromPath[str]) -> Response[str]:
    """The same as a part of a subject's pages. Raises SubjectNotFound where it has no version."""
    found = subject.named(site, name).summary.subject
    return _page(site, found, policies.policy(site, found))


@post(address.SETTINGS, status_code=200)
@in_thread
def save(request: Asked, site: Pages, data: Form) -> Response[str] | Redirect:
    """Change what is set for a scope."""
    scope = policies.scope_named(data.get("scope", ""))
    origin = permission.origin_of_admin(request, site, scope)
    return _after(site, scope, policies.change(site, scope, data, origin))


@post(address.SETTINGS_MODE, status_code=200)
@in_thread
def set_mode(request: Asked, site: Pages, data: Form) -> Response[str] | Redirect:
    """Set, or clear, the mode of a scope."""
    scope = policies.scope_named(data.get("scope", ""))
    origin = permission.origin_of_admin(request, site, scope)
    return _after(site, scope, policies.change_mode(site, scope, data.get("mode", ""), origin))


def _after(site: Site, scope: Subject, policy: Policy) -> Response[str] | Redirect:
    """On to the page that says so; the form once more where nothing was changed."""
    if policy.error:
        return _page(site, scope, policy)
    return Redirect(address.query(address.SETTINGS, of=policy.scope.name, saved="true"), status_code=303)


def _page(site: Site, scope: Subject, policy: Policy) -> Response[str]:
    head = None if scope.is_context else _head(site, scope)
    if head is None:
        shown = {"policy": policy, "scopes": policies.scopes(site)}
        return part(site, "settings.html", "rules", shown, error=policy.error, cache="no-cache")
    shown = {"active": "catalog", "head": head, "policy": policy, "primary": site.primary}
    return page("subject_settings.html", shown, status=_INVALID if policy.error else 200)


def part(
    site: Site, template: str, tab: str, values: Mapping[str, Any], *, error: str = "", cache: str = "no-store"
) -> Response[str]:
    """A page under Settings; ``error``: why what was asked for was not done."""
    shown = {"active": "settings", "tab": tab, "admin": permission.is_admin(), "primary": site.primary, **values}
    return page(template, shown, status=_INVALID if error else 200, cache=cache)


def _head(site: Site, scope: Subject) -> Head | None:
    """What the pages of a subject begin with; None for one that has no version yet, or is another name for one."""
    try:
        detail = subject.called(site, scope)
        return subject.head(site, detail, detail.latest, "settings", explicit=False)
    except (SubjectNotFound, OtherName):
        return None


HANDLERS: Final = [settings, of_subject, save, set_mode]
