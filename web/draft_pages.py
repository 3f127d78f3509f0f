"""The handlers of a candidate: what it would break, and its registration."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from litestar import Response, get, post
from litestar.response import Redirect

from compat.level import Level
from registry.access.roles import Role
from registry.errors import NotLetIn, RegistryError
from registry.model import Subject
from web import address, drafts, permission
from web.asked import Asked, Form, Pages
from web.rendering import is_fragment, page
from web.threads import in_thread
from web.travel import seen
from web.words import FORMATS

_INVALID: Final = 422


@get(f"{address.CATALOG}/draft")
@in_thread
def draft(site: Pages, request: Asked) -> Response[str]:
    """The form that says what a candidate would break."""
    return _draft(drafts.blank(site, request.query_params.get("subject", "")))


@post(f"{address.CATALOG}/draft", status_code=200)
@in_thread
def judge(site: Pages, request: Asked, data: Form) -> Response[str]:
    """The form with its answer. Nothing is registered."""
    answered = drafts.judged(site, drafts.Sent.read(data))
    if is_fragment(request):
        return page("answer.html", {"draft": answered})
    return _draft(answered)


@post(address.REGISTER, status_code=200)
@in_thread
def register(request: Asked, site: Pages, data: Form) -> Response[str] | Redirect:
    """Make the candidate the next version, with its upcaster where it needs one."""
    sent = drafts.Sent.read(data)
    answered = drafts.judged(site, sent)
    if seen() is not None:
        answered = replace(answered, error="What was cannot be changed: go back to now, then register it.")
    if answered.error:
        return _draft(answered, status=_INVALID)
    subject = Subject.parse(sent.subject)
    origin = permission.origin_of(request, site, Role.DEVELOPER, subject)
    try:
        version = drafts.register(site, answered, origin)
    except NotLetIn:
        raise
    except RegistryError as error:
        return _draft(replace(answered, error=f"It was not registered. {error.message}"), status=_INVALID)
    return Redirect(address.subject(str(version.subject), version.number, done="registered"), status_code=303)


def _draft(shown: drafts.Draft, status: int = 200) -> Response[str]:
    return page(
        "draft.html",
        {"active": "draft", "draft": shown, "levels": list(Level.__members__), "formats": tuple(FORMATS.items())},
        status=status,
    )


HANDLERS: Final = [draft, judge, register]
