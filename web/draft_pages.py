"""The handlers of a candidate that is not registered: what would break."""

from __future__ import annotations

from typing import Final

from litestar import Response, get, post

from compat.level import Level
from web import address, drafts
from web.asked import Asked, Form, Pages
from web.rendering import is_fragment, page
from web.threads import in_thread
from web.words import FORMATS


@get(f"{address.CATALOG}/draft")
@in_thread
def draft(site: Pages, request: Asked) -> Response[str]:
    """The form that says what a candidate would break."""
    return _draft(drafts.blank(site, request.query_params.get("subject", "")))


@post(f"{address.CATALOG}/draft", status_code=200)
@in_thread
def judge(site: Pages, request: Asked, data: Form) -> Response[str]:
    """The form with its answer. Nothing is registered."""
    answered = drafts.judged(
        site, data.get("subject", ""), data.get("text", ""), data.get("format", ""), data.get("level", "")
    )
    if is_fragment(request):
        return page("answer.html", {"draft": answered})
    return _draft(answered)


def _draft(shown: drafts.Draft) -> Response[str]:
    return page(
        "draft.html",
        {"active": "draft", "draft": shown, "levels": list(Level.__members__), "formats": tuple(FORMATS.items())},
    )


HANDLERS: Final = [draft, judge]
