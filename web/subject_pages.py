"""The handlers of a subject's pages: outline, text, history, comparisons, readers."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final
from urllib.parse import quote

from litestar import Response, get
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from compat.definition import Format
from registry.errors import VersionNotFound
from registry.model import Build
from registry.service.answers import SubjectDetail
from web import address, comparing, contracts, log, refusals, subject
from web.asked import HIGHEST, SUBJECT, Asked, Pages, before_position
from web.code import highlight, pretty
from web.findings import readable
from web.rendering import HEADERS, page
from web.site import Site
from web.threads import in_thread

LATELY: Final = 8
"""Entries of the log beside an outline."""


_VERSION: Final = f"{SUBJECT}/versions/{{number:int}}"


@get(SUBJECT)
@in_thread
def latest(site: Pages, name: FromPath[str]) -> Response[str]:
    """A subject, and the outline of its latest version."""
    return _subject(site, subject.named(site, name), None)


@get(_VERSION)
@in_thread
def one_version(site: Pages, name: FromPath[str], number: FromPath[int], done: FromQuery[str] = "") -> Response[str]:
    """A subject, and the outline of one version; ``done``: it was just registered on the page of drafts."""
    return _subject(site, subject.named(site, name), number, registered=done == "registered")


def _subject(site: Site, detail: SubjectDetail, number: int | None, *, registered: bool = False) -> Response[str]:
    version = subject.shown_version(site, detail, number)
    tree, reason = subject.outline(site, version)
    full = str(version.subject)
    entries = site.registry.catalog.latest_changes(subject=version.subject, limit=LATELY)
    return page(
        "subject.html",
        {
            "active": "catalog",
            "head": subject.head(site, detail, version, "", explicit=number is not None),
            "registered": registered,
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
            "entries": log.entries(site, entries, named=False),
        },
    )


@get(f"{SUBJECT}/text")
@in_thread
def latest_text(site: Pages, name: FromPath[str]) -> Response[str]:
    """The text of the latest version, as it was registered."""
    return _text(site, subject.named(site, name), None)


@get(f"{_VERSION}/text")
@in_thread
def text_of_version(site: Pages, name: FromPath[str], number: FromPath[int]) -> Response[str]:
    """The text of a version, as it was registered."""
    return _text(site, subject.named(site, name), number)


def _text(site: Site, detail: SubjectDetail, number: int | None) -> Response[str]:
    version = subject.shown_version(site, detail, number)
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
    version = subject.shown_version(site, subject.named(site, name), number)
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


@get(f"{SUBJECT}/history")
@in_thread
def history(site: Pages, name: FromPath[str], before: FromQuery[int] = 0, below: FromQuery[int] = 0) -> Response[str]:
    """The versions of a subject, what was refused, and who changed what; ``below``: the versions below a number."""
    detail = subject.named(site, name)
    version = detail.latest
    entries = site.registry.catalog.latest_changes(
        subject=detail.summary.subject, before=before_position(before), limit=log.PAGE + 1
    )
    below = min(below, HIGHEST) if below > 0 else 0
    versions = subject.history(site, detail, below)
    here = partial(address.subject, str(detail.summary.subject), part="history", below=below or None)
    return page(
        "history.html",
        {
            "active": "catalog",
            "head": subject.head(site, detail, version, "history", explicit=False),
            "travels": True,
            "versions": versions.rows,
            "newest_versions": here(before=before or None, below=None) if below else "",
            "older_versions": here(before=before or None, below=versions.older) if versions.older else "",
            "refusals": refusals.refusals(detail.refusals, contracts.on_refusals(site, detail.refusals)),
            "entries": log.entries(site, entries[: log.PAGE], named=False),
            "newer": here() if before else "",
            "older": here(before=entries[log.PAGE - 1].position) if len(entries) > log.PAGE else "",
        },
    )


@get(f"{SUBJECT}/diff")
@in_thread
def choose_difference(site: Pages, request: Asked, name: FromPath[str], to: FromQuery[int] = 0) -> Redirect:
    """The form of the difference page without a script: on to the pair's own address."""
    detail = subject.named(site, name)
    start = int(value) if (value := request.query_params.get("from", "")).isdecimal() else 0
    newer = to or detail.latest.number
    before = replace(subject.live_span(detail, 1), below=min(newer, HIGHEST))
    older = start or max(site.registry.catalog.numbers(detail.summary.subject, before), default=newer)
    return Redirect(address.difference(str(detail.summary.subject), older, newer), status_code=303)


@get(f"{SUBJECT}/diff/{{pair:str}}")
@in_thread
def difference(site: Pages, name: FromPath[str], pair: FromPath[str]) -> Response[str]:
    """What changed between two versions, and whether they read each other."""
    detail = subject.named(site, name)
    older, separator, newer = pair.partition("...")
    if not (separator and older.isdecimal() and newer.isdecimal()):
        raise VersionNotFound(pair)
    old, new = subject.shown_version(site, detail, int(older)), subject.shown_version(site, detail, int(newer))
    compared = site.registry.catalog.compare(detail.summary.subject, old.number, new.number)
    shown = comparing.comparison(site, detail, compared)
    return page(
        "diff.html",
        {
            "active": "catalog",
            "head": subject.head(site, detail, new, "grid", explicit=False),
            "compared": shown,
            "affected": contracts.on_version(site, detail.summary.subject, new.number),
            "diff_form": address.subject(str(detail.summary.subject), part="diff"),
        },
    )


@get(f"{SUBJECT}/grid")
@in_thread
def grid(site: Pages, name: FromPath[str]) -> Response[str]:
    """Which version reads which."""
    detail = subject.named(site, name)
    shown = comparing.grid(site, detail)
    head = subject.head(site, detail, detail.latest, "grid", explicit=False)
    return page("grid.html", {"active": "catalog", "head": head, "grid": shown, "legend": comparing.LEGEND})


@get(f"{SUBJECT}/readers")
@in_thread
def readers(site: Pages, name: FromPath[str], env: FromQuery[str] = "") -> Response[str]:
    """Who writes the subject, and which versions each reader can read."""
    detail = subject.named(site, name)
    head = subject.head(site, detail, detail.latest, "readers", explicit=False)
    shown = contracts.matrix(site, detail, env.strip()[:200])
    form = address.subject(str(detail.summary.subject), part="readers")
    values = {"active": "catalog", "head": head, "matrix": shown, "readers_form": form}
    return page("readers.html", values | {"legend": tuple(contracts.WAYS.values())})


@get(f"{SUBJECT}/readers/v/{{number:int}}")
@in_thread
def reading(
    site: Pages, name: FromPath[str], number: FromPath[int], app: FromQuery[str] = "", build: FromQuery[str] = ""
) -> Response[str]:
    """How one reader reads one version, and why not."""
    detail = subject.named(site, name)
    head = subject.head(site, detail, detail.latest, "readers", explicit=False)
    shown = contracts.cell(site, detail, Build(app, build), number)
    return page("reading.html", {"active": "catalog", "head": head, "cell": shown})


HANDLERS: Final = [
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
]
