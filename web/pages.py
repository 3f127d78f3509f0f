"""The handlers of the pages: read the address, ask the service, fill a template."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect

from compat.definition import Format
from compat.level import Level
from registry.errors import SchemaNotFound, VersionNotFound
from registry.events import Entry as Logged
from registry.model import DEFAULT_CONTEXT, Build, Subject, Version
from registry.service.answers import SubjectDetail
from web import address, chain, comparing, contracts, drafts, lineage, listing, log, refusals, subject
from web.code import highlight, pretty
from web.findings import readable
from web.rendering import HEADERS, is_fragment, page, script
from web.site import Site
from web.threads import in_thread
from web.views.log import Entry
from web.views.subject import Fact
from web.words import FORMATS, counted, format_words

Asked = Request[Any, Any, Any]
Pages = NamedDependency[Site]
HIGHEST: Final = 2**31 - 1
"""The highest id, version, position or page that an address may name; beyond it there is nothing."""
LATELY: Final = 8
"""Entries of the log beside a list."""


def _front(request: Asked, site: Site, q: str, context: str, format_: str, number: int) -> Response[str]:
    shown = listing.listing(site, q, context, format_, number)
    if is_fragment(request) and request.headers.get("HX-Target") == "listing":
        return page("listing.html", {"listing": shown, "origin": _origin(request)})
    lately = () if shown.narrowed or number > 1 else site.registry.catalog.latest_changes(limit=LATELY)
    return page(
        "catalog.html",
        {
            "listing": shown,
            "overview": _overview(site, shown.total, narrowed=shown.narrowed),
            "lately": _entries(site, lately),
            "origin": _origin(request),
            "active": "catalog",
        },
    )


def _entries(site: Site, logged: Sequence[Logged], *, named: bool = True) -> list[Entry]:
    kept = site.registry.catalog.kept(one.subject for one in logged)
    return [log.entry(one, kept[one.subject], named=named) for one in logged]


def _origin(request: Asked) -> str:
    return str(request.base_url).rstrip("/")


def _overview(site: Site, total: int, *, narrowed: bool) -> str:
    if narrowed:
        return f"{counted(total, 'subject')} found."
    contexts = len(site.registry.catalog.contexts())
    where = f" in {counted(contexts, 'context')}" if contexts > 1 else ""
    changes = counted(site.registry.catalog.position(), "change")
    kept = f"{counted(total, 'subject')}{where}, {changes} remembered."
    return f"{kept} What may break a reader is refused, with an event that proves it."


@get(["/", address.CATALOG], name="catalog")
@in_thread
def catalog(
    request: Asked, site: Pages, q: FromQuery[str] = "", context: FromQuery[str] = "", page: FromQuery[int] = 1
) -> Response[str]:
    """The list of subjects, narrowed by a search, a context or a format."""
    return _front(request, site, q, context, request.query_params.get("format", ""), min(page, HIGHEST))


@get(f"{address.CATALOG}/search")
@in_thread
def palette(site: Pages, q: FromQuery[str] = "") -> Response[str]:
    """What the search palette shows."""
    return page("hits.html", {"hits": listing.hits(site.index, q), "asked": q.strip()[:200]})


def _detail(site: Site, segment: str) -> SubjectDetail:
    return site.registry.catalog.subject(Subject.parse(address.name_in(segment)))


_SUBJECT: Final = f"{address.CATALOG}/subjects/{{name:str}}"
_VERSION: Final = f"{_SUBJECT}/versions/{{number:int}}"


@get(_SUBJECT)
@in_thread
def latest(site: Pages, name: FromPath[str]) -> Response[str]:
    """A subject, and the outline of its latest version."""
    return _subject(site, _detail(site, name), None)


@get(_VERSION)
@in_thread
def one_version(site: Pages, name: FromPath[str], number: FromPath[int]) -> Response[str]:
    """A subject, and the outline of one version."""
    return _subject(site, _detail(site, name), number)


def _subject(site: Site, detail: SubjectDetail, number: int | None) -> Response[str]:
    version = _version(detail, number)
    tree, reason = subject.outline(site, detail, version)
    full = str(version.subject)
    entries = site.registry.catalog.latest_changes(subject=version.subject, limit=LATELY)
    return page(
        "subject.html",
        {
            "active": "catalog",
            "head": subject.head(site, detail, version, "", explicit=number is not None),
            "tree": tree,
            "reason": readable(reason),
            "nested": tree is not None and any(leaf.children for leaf in tree.leaves),
            "first_only": version.content.format is Format.PROTOBUF,
            "refusals": refusals.refusals(detail.refusals[:3], contracts.on_refusals(site, detail.refusals[:3])),
            "sides": contracts.sides(site, detail),
            "readers_url": address.readers(full),
            "facts": subject.facts(version, detail),
            "text_url": address.subject(full, version.number, "text"),
            "download_url": address.subject(full, version.number, "download"),
            "history_url": address.subject(full, part="history"),
            "references": subject.references(version),
            "referrers": subject.referrers(detail),
            "entries": _entries(site, entries, named=False),
        },
    )


def _version(detail: SubjectDetail, number: int | None) -> Version:
    version = subject.shown_version(detail, number)
    if version is None:
        raise VersionNotFound(number)
    return version


@get(f"{_SUBJECT}/text")
@in_thread
def latest_text(site: Pages, name: FromPath[str]) -> Response[str]:
    """The text of the latest version, as it was registered."""
    return _text(site, _detail(site, name), None)


@get(f"{_VERSION}/text")
@in_thread
def text_of_version(site: Pages, name: FromPath[str], number: FromPath[int]) -> Response[str]:
    """The text of a version, as it was registered."""
    return _text(site, _detail(site, name), number)


def _text(site: Site, detail: SubjectDetail, number: int | None) -> Response[str]:
    version = _version(detail, number)
    content = version.content
    shown = pretty(content.text, content.format.value)
    return page(
        "text.html",
        {
            "active": "catalog",
            "head": subject.head(site, detail, version, "text", explicit=number is not None),
            "text": content.text,
            "lines": highlight(shown, content.format.value),
            "reshaped": shown != content.text,
            "download_url": address.subject(str(version.subject), version.number, "download"),
        },
    )


_SUFFIX: Final = {"AVRO": "avsc", "JSON": "json", "PROTOBUF": "proto"}


@get(f"{_VERSION}/download")
@in_thread
def download(site: Pages, name: FromPath[str], number: FromPath[int]) -> Response[bytes]:
    """The text of a version as a file."""
    version = _version(_detail(site, name), number)
    stem = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in version.subject.name)
    file = f"{stem}-v{number}.{_SUFFIX[version.content.format.value]}"
    plain = file.encode("ascii", "replace").decode().replace("?", "_")
    return Response(
        version.content.text.encode(),
        media_type="text/plain",
        headers={
            **HEADERS,
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file)}",
        },
    )


@get(f"{_SUBJECT}/history")
@in_thread
def history(site: Pages, name: FromPath[str], before: FromQuery[int] = 0) -> Response[str]:
    """All versions of a subject, what was refused, and who changed what."""
    detail = _detail(site, name)
    version = _version(detail, None)
    entries = site.registry.catalog.latest_changes(
        subject=detail.summary.subject, before=_before(before), limit=log.PAGE + 1
    )
    here = partial(address.subject, str(detail.summary.subject), part="history")
    return page(
        "history.html",
        {
            "active": "catalog",
            "head": subject.head(site, detail, version, "history", explicit=False),
            "travels": True,
            "versions": subject.history(site, detail),
            "refusals": refusals.refusals(detail.refusals, contracts.on_refusals(site, detail.refusals)),
            "entries": _entries(site, entries[: log.PAGE], named=False),
            "newer": here() if before else "",
            "older": here(before=entries[log.PAGE - 1].position) if len(entries) > log.PAGE else "",
        },
    )


@get(f"{_SUBJECT}/diff")
@in_thread
def choose_difference(site: Pages, request: Asked, name: FromPath[str], to: FromQuery[int] = 0) -> Redirect:
    """The form of the difference page without a script: on to the pair's own address."""
    detail = _detail(site, name)
    start = int(value) if (value := request.query_params.get("from", "")).isdecimal() else 0
    numbers = [version.number for version in subject.live(detail.versions)]
    newer = to or numbers[-1]
    older = start or max((number for number in numbers if number < newer), default=newer)
    return Redirect(address.difference(str(detail.summary.subject), older, newer), status_code=303)


@get(f"{_SUBJECT}/diff/{{pair:str}}")
@in_thread
def difference(site: Pages, name: FromPath[str], pair: FromPath[str]) -> Response[str]:
    """What changed between two versions, and whether they read each other."""
    detail = _detail(site, name)
    older, separator, newer = pair.partition("...")
    if not (separator and older.isdecimal() and newer.isdecimal()):
        raise VersionNotFound(pair)
    old, new = _version(detail, int(older)), _version(detail, int(newer))
    compared = site.registry.catalog.compare(detail.summary.subject, old.number, new.number)
    shown = comparing.comparison(site, detail, compared)
    return page(
        "diff.html",
        {
            "active": "catalog",
            "head": subject.head(site, detail, new, "diff", explicit=False),
            "compared": shown,
            "affected": contracts.on_version(site, detail.summary.subject, new.number),
            "diff_form": address.subject(str(detail.summary.subject), part="diff"),
        },
    )


@get(f"{_SUBJECT}/grid")
@in_thread
def grid(site: Pages, name: FromPath[str]) -> Response[str]:
    """Which version reads which."""
    detail = _detail(site, name)
    shown = comparing.grid(site, detail)
    head = subject.head(site, detail, _version(detail, None), "grid", explicit=False)
    return page("grid.html", {"active": "catalog", "head": head, "grid": shown, "legend": comparing.LEGEND})


@get(f"{_SUBJECT}/readers")
@in_thread
def readers(site: Pages, name: FromPath[str], env: FromQuery[str] = "") -> Response[str]:
    """Who writes the subject, and which versions each reader can read."""
    detail = _detail(site, name)
    head = subject.head(site, detail, _version(detail, None), "readers", explicit=False)
    shown = contracts.matrix(site, detail, env.strip()[:200])
    form = address.subject(str(detail.summary.subject), part="readers")
    values = {"active": "catalog", "head": head, "matrix": shown, "readers_form": form}
    return page("readers.html", values | {"legend": tuple(contracts.WAYS.values())})


@get(f"{_SUBJECT}/readers/v/{{number:int}}")
@in_thread
def reading(
    site: Pages, name: FromPath[str], number: FromPath[int], app: FromQuery[str] = "", build: FromQuery[str] = ""
) -> Response[str]:
    """How one reader reads one version, and why not."""
    detail = _detail(site, name)
    head = subject.head(site, detail, _version(detail, None), "readers", explicit=False)
    shown = contracts.cell(site, detail, Build(app, build), number)
    return page("reading.html", {"active": "catalog", "head": head, "cell": shown})


@get(f"{address.CATALOG}/applications")
@in_thread
def applications(site: Pages, env: FromQuery[str] = "") -> Response[str]:
    """Every application that reads or writes something."""
    values: dict[str, object] = {"active": "applications", "applications": contracts.applications(site)}
    values |= {"lineage": lineage.everything(site, env.strip()[:200]), "legend": tuple(contracts.WAYS.values())}
    return page("applications.html", values)


@get(f"{address.CATALOG}/applications/{{name:str}}")
@in_thread
def application(site: Pages, name: FromPath[str]) -> Response[str]:
    """What one application reads and writes, and where it is live."""
    name = address.name_in(name)
    values: dict[str, object] = {"active": "applications", "application": contracts.application(site, name)}
    values |= {"lineage": lineage.of(site, name), "legend": tuple(contracts.WAYS.values())}
    return page("application.html", values)


@get(f"{_SUBJECT}/upcasters")
@in_thread
def player(site: Pages, request: Asked, name: FromPath[str]) -> Response[str]:
    """The upcasters of a subject, and one event travelling along them."""
    detail = _detail(site, name)
    wanted = chain.Wanted.read(request.query_params)
    return page(
        "player.html",
        {
            "active": "catalog",
            "head": subject.head(site, detail, _version(detail, None), "upcasters", explicit=False),
            "chain": chain.chain(site, detail, wanted),
            "player_form": address.player(str(detail.summary.subject)),
        },
    )


@get(f"{_SUBJECT}/upcasters/{{module:str}}")
@in_thread
def module(site: Pages, name: FromPath[str], module: FromPath[str]) -> Response[str]:
    """The JavaScript module that brings events of one version to another, as it is published."""
    detail = _detail(site, name)
    source, separator, target = module.removesuffix(".js").partition("...")
    if not (separator and source.isdecimal() and target.isdecimal()):
        raise VersionNotFound(module)
    route = site.registry.upcasters.route(detail.summary.subject, int(source), int(target))
    text, refused = site.modules.of(route.chain())
    return script(text or f"throw new Error({json.dumps(f'JavaScript cannot run this chain: {refused}')});\n")


@get(f"{address.CATALOG}/draft")
@in_thread
def draft(site: Pages, request: Asked) -> Response[str]:
    """The form that says what a candidate would break."""
    return _draft(drafts.blank(site, request.query_params.get("subject", "")))


@post(f"{address.CATALOG}/draft", status_code=200)
@in_thread
def judge(site: Pages, request: Asked, data: URLEncodedBody[dict[str, str]]) -> Response[str]:
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


def _before(position: int) -> int | None:
    """The position that an address names; none where it makes no sense."""
    return min(position, HIGHEST) if position > 0 else None


@get(f"{address.CATALOG}/changes")
@in_thread
def changes(site: Pages, before: FromQuery[int] = 0) -> Response[str]:
    """The log, newest first."""
    entries = site.registry.catalog.latest_changes(before=_before(before), limit=log.PAGE + 1)
    more = len(entries) > log.PAGE
    return page(
        "changes.html",
        {
            "active": "changes",
            "travels": True,
            "days": log.days(_entries(site, entries[: log.PAGE])),
            "newer": address.changes() if before else "",
            "older": address.changes(before=entries[log.PAGE - 1].position) if more else "",
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


HANDLERS: Final = [
    catalog,
    palette,
    latest,
    one_version,
    latest_text,
    text_of_version,
    download,
    history,
    choose_difference,
    difference,
    grid,
    readers,
    reading,
    applications,
    application,
    player,
    module,
    draft,
    judge,
    changes,
    schema_id,
]
