"""The handlers of the list of subjects, its search, the changes, and schemas by their id."""

from __future__ import annotations

from typing import Final

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from registry.errors import SchemaNotFound
from registry.model import DEFAULT_CONTEXT, Subject
from web import address, listing, log
from web.asked import HIGHEST, Asked, Pages, before_position
from web.code import highlight, pretty
from web.kinds import GROUPS
from web.rendering import is_fragment, page
from web.site import Site
from web.threads import in_thread
from web.views.subject import Fact
from web.words import counted, format_words

LATELY: Final = 8
"""Entries of the log beside the list."""


def _front(request: Asked, site: Site, wanted: listing.Wanted) -> Response[str]:
    shown = listing.listing(site, wanted)
    if is_fragment(request) and request.headers.get("HX-Target") == "listing":
        return page("listing.html", {"listing": shown, "origin": _origin(request)})
    lately = () if shown.narrowed or not wanted.first else site.registry.catalog.latest_changes(limit=LATELY)
    return page(
        "catalog.html",
        {
            "listing": shown,
            "overview": _overview(site, shown.total, narrowed=shown.narrowed),
            "lately": log.entries(site, lately),
            "origin": _origin(request),
            "active": "catalog",
        },
    )


def _origin(request: Asked) -> str:
    return str(request.base_url).rstrip("/")


def _overview(site: Site, total: int, *, narrowed: bool) -> str:
    if narrowed:
        return f"{counted(total, 'subject')} found."
    contexts = len(site.registry.catalog.contexts())
    where = f" in {counted(contexts, 'context')}" if contexts > 1 else ""
    changes = counted(site.registry.catalog.position(), "change")
    each = ", one for each kind of event" if total > 1 else ""
    kept = f"{counted(total, 'subject')}{where}{each}; {changes} remembered."
    return f"{kept} What may break a reader is refused, with an event that proves it."


@get(["/", address.CATALOG], name="catalog")
@in_thread
def catalog(
    request: Asked,
    site: Pages,
    q: FromQuery[str] = "",
    context: FromQuery[str] = "",
    page: FromQuery[int] = 1,
    after: FromQuery[str] = "",
    before: FromQuery[str] = "",
) -> Response[str]:
    """The list of subjects, narrowed by a search, a context or a format; a page begins after or ends before a name."""
    format_ = request.query_params.get("format", "")
    return _front(request, site, listing.Wanted(q, context, format_, min(page, HIGHEST), after, before))


@get(f"{address.CATALOG}/search")
@in_thread
def palette(site: Pages, q: FromQuery[str] = "") -> Response[str]:
    """What the search palette shows."""
    hits, asked = listing.hits(site.index, q), q.strip()[:200]
    similar = [] if hits or not asked else list(listing.similar(site.index, asked))
    return page("hits.html", {"hits": hits, "asked": asked, "similar": similar})


@get(f"{address.CATALOG}/changes")
@in_thread
def changes(site: Pages, before: FromQuery[int] = 0, what: FromQuery[str] = "") -> Response[str]:
    """The log, newest first; ``what``: only one group of kinds of events."""
    group = GROUPS.get(what)
    kinds = group.kinds if group else ()
    entries = site.registry.catalog.latest_changes(before=before_position(before), kinds=kinds, limit=log.PAGE + 1)
    more = len(entries) > log.PAGE
    what = what if group else ""
    return page(
        "changes.html",
        {
            "active": "changes",
            "travels": True,
            "clock": True,
            "what": what,
            "groups": GROUPS,
            "days": log.days(log.entries(site, entries[: log.PAGE])),
            "newer": address.changes(what=what) if before else "",
            "older": address.changes(before=entries[log.PAGE - 1].position, what=what) if more else "",
        },
    )


@get(f"{address.CATALOG}/ids/{{number:int}}")
@in_thread
def schema_id(site: Pages, number: FromPath[int], context: FromQuery[str] = DEFAULT_CONTEXT) -> Response[str]:
    """A schema by the number that messages carry."""
    if number > HIGHEST:
        raise SchemaNotFound(number)
    scope = Subject(context)
    version = site.registry.lookup.by_id(number, scope)
    uses = site.registry.lookup.uses(number, scope, deleted=True)
    format_ = version.content.format.value
    return page(
        "schema.html",
        {
            "id": number,
            "context": context,
            "format": format_words(format_),
            "uses": [
                Fact(str(used), f"version {used_version}", address.subject(str(used), used_version))
                for used, used_version in uses
            ],
            "text": version.content.text,
            "lines": highlight(pretty(version.content.text, format_), format_),
        },
    )


HANDLERS: Final = [catalog, palette, changes, schema_id]
