"""The list of subjects, and the palette's answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from markupsafe import Markup, escape

from compat.definition import Format
from registry.model import DEFAULT_CONTEXT, Beside, Page, Subject, SubjectSummary
from web import address
from web.line import SHOWN, small_line
from web.search import Index, Indexed, Match
from web.site import Site
from web.steps import Deadline
from web.subject import small_steps
from web.views.listing import Hit, Listing, Option, Row
from web.words import FORMATS, counted, format_words

PAGE: Final = 30
"""Subjects on one page of the list."""
PICTURE_SECONDS: Final = 0.05
"""How long one list may compute verdicts for its pictures; those that are missing are computed once it is answered."""
HITS: Final = 12
"""Answers of the palette."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an address asks of the list."""

    asked: str = ""
    context: str = ""
    format: str = ""
    page: int = 1
    """Counted; with a search, and in addresses of old."""
    after: str = ""
    """The subject that the page before ends with."""
    before: str = ""
    """The subject that the page after begins with."""

    @property
    def first(self) -> bool:
        """Whether it is the first page."""
        return self.page == 1 and not self.after and not self.before

    def url(self, **place: object) -> str:
        """The address of another page of the same list."""
        return address.catalog(q=self.asked, context=self.context, format=self.format, **place)


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of the list, and how to get on from there."""

    shown: Sequence[tuple[Indexed, Match | None]]
    total: int
    newer: str
    older: str
    position: str
    waiting: str = ""


def listing(site: Site, wanted: Wanted) -> Listing:
    """One page of the subjects that match."""
    format_ = wanted.format if wanted.format in Format.__members__ else ""
    wanted = replace(wanted, asked=wanted.asked.strip()[:200], format=format_, page=max(1, wanted.page))
    asked = wanted.asked
    found = _found(site, wanted) if asked else _all(site, wanted)
    deadline = Deadline(PICTURE_SECONDS)
    place = {"page": wanted.page if wanted.page > 1 else None, "after": wanted.after, "before": wanted.before}
    return Listing(
        rows=tuple(_row(site, one, asked, match, deadline) for one, match in found.shown),
        total=found.total,
        asked=asked,
        contexts=_contexts(site, wanted.context),
        formats=_options("every format", dict(FORMATS), format_),
        narrowed=bool(asked or wanted.context or format_),
        first="" if wanted.first else wanted.url(),
        newer=found.newer,
        older=found.older,
        position=found.position,
        pending=found.waiting,
        here=wanted.url(**place),
        similar=tuple(similar(site.index, asked)) if asked and not found.total else (),
    )


def _found(site: Site, wanted: Wanted) -> _Page:
    """What a search has found, the best first."""
    known, waiting = site.index.refresh()
    found = site.index.find(wanted.asked, context=wanted.context or None, format_=wanted.format)
    start, total = (wanted.page - 1) * PAGE, len(found)
    shown = [(match.indexed, match) for match in found[start : start + PAGE]]
    return _Page(
        shown,
        total,
        newer=wanted.url(page=wanted.page - 1 if wanted.page > 2 else None) if wanted.page > 1 else "",
        older=wanted.url(page=wanted.page + 1) if start + PAGE < total else "",
        position=_position(start, len(shown), total),
        waiting=f"{known:,} of {known + waiting:,} subjects are searched so far." if waiting else "",
    )


def _all(site: Site, wanted: Wanted) -> _Page:
    """Subjects in the order of contexts and names: a page begins after a name, so that it costs what it shows."""
    start = (wanted.page - 1) * PAGE
    beside = Beside(
        after=Subject.parse(wanted.after) if wanted.after else None,
        before=Subject.parse(wanted.before) if wanted.before else None,
    )
    summaries, total = site.registry.catalog.subjects(
        context=wanted.context or None,
        format=Format(wanted.format) if wanted.format else None,
        page=Page(start, PAGE + 1),  # one more says whether there are more
        beside=beside,
    )
    backward = bool(wanted.before)
    if backward and len(summaries) < PAGE:  # the first page has become shorter since
        return _all(site, replace(wanted, before="", after="", page=1))
    more = len(summaries) > PAGE
    shown = (summaries[-PAGE:] if backward else summaries[:PAGE]) if more else summaries
    names = [str(summary.subject) for summary in shown]
    counted_from = start if not wanted.after and not backward else None
    return _Page(
        [(site.index.of(summary), None) for summary in shown],
        total,
        newer=wanted.url(before=names[0]) if names and (more if backward else not wanted.first) else "",
        older=wanted.url(after=names[-1]) if names and (more or backward) else "",
        position=_position(counted_from, len(shown), total),
    )


def similar(index: Index, asked: str) -> Iterator[tuple[str, str]]:
    """Address and name of subjects that may have been meant by something that nothing is called."""
    index.refresh()
    return ((address.subject(str(one)), str(one)) for one in index.similar(asked))


def _position(start: int | None, shown: int, total: int) -> str:
    """Which of how many; ``start``: how many come before, where that is known."""
    if shown == total:
        return counted(total, "subject")
    if start is None:
        return f"{shown:,} of {counted(total, 'subject')}"
    return f"{start + 1:,} to {start + shown:,} of {counted(total, 'subject')}"


def _contexts(site: Site, chosen: str) -> tuple[Option, ...]:
    names = {name: "the default one" if name == DEFAULT_CONTEXT else name for name in site.registry.catalog.contexts()}
    return _options("every context", names, chosen)


def _options(everything: str, named: dict[str, str], chosen: str) -> tuple[Option, ...]:
    return (
        Option("", everything, chosen == ""),
        *(Option(value, words, value == chosen) for value, words in named.items()),
    )


def _row(site: Site, indexed: Indexed, asked: str, match: Match | None, deadline: Deadline) -> Row:
    summary = indexed.summary
    name = str(summary.subject)
    steps = small_steps(site, summary, deadline)
    return Row(
        subject=name,
        title=marked(summary.subject.name, asked),
        url=address.subject(name),
        context=summary.subject.context,
        format=format_words(summary.format),
        summary=marked(indexed.sentence, asked),
        owner=indexed.owner,
        versions=summary.versions,
        picture=small_line(tuple(steps), summary.versions, _picture_words(summary, steps)),
        when=summary.changed,
        fields=tuple(
            (marked(_dotted(path), asked), f"{address.subject(name)}#{address.field_anchor(path)}")
            for path in (match.fields if match else ())
        ),
    )


def _picture_words(summary: SubjectSummary, steps: Sequence[str]) -> str:
    words = f"{counted(summary.versions, 'version')}"
    breaks, lifted = steps.count("bad"), steps.count("lift")
    if breaks:
        words += f", {counted(breaks, 'breaking step')}"
    if lifted:
        words += f", {counted(lifted, 'step')} via an upcaster"
    return words + (f" among the last {SHOWN}" if summary.versions > SHOWN and (breaks or lifted) else "")


def _dotted(path: tuple[str, ...]) -> str:
    return ".".join(path).replace(".[]", "[]").replace(".{}", "{}")


def marked(text: str, asked: str) -> Markup:
    """Text with the words that were searched for marked, escaped."""
    words = [re.escape(word) for word in asked.split()[:8] if word]
    if not words:
        return escape(text)
    pieces = re.split(f"({'|'.join(words)})", text, flags=re.IGNORECASE)
    return Markup("").join(
        Markup("<mark>{}</mark>").format(piece) if index % 2 else escape(piece) for index, piece in enumerate(pieces)
    )


def hits(index: Index, asked: str) -> list[Hit]:
    """The best answers for the palette: subjects, and fields where only those match."""
    asked = asked.strip()[:200]
    if not asked:
        return []
    index.refresh()
    answers = []
    for match in index.find(asked)[: HITS * 2]:
        subject = match.indexed.summary.subject
        url = address.subject(str(subject))
        kind = format_words(match.indexed.summary.format)
        where = f"{kind}, {counted(match.indexed.summary.versions, 'version')}"
        if subject.context != DEFAULT_CONTEXT:
            where = f"{subject.context}, {where}"
        if match.why == "name" or not match.fields:
            if match.why in {"owner", "documentation"}:
                where = f"{match.why} matches; {where}"
            answers.append(Hit(marked(subject.name, asked), where, url))
        for path in match.fields[:3] if match.why != "name" else ():
            anchor = f"{url}#{address.field_anchor(path)}"
            answers.append(Hit(marked(_dotted(path), asked), f"field of {subject.name}", anchor))
    return answers[:HITS]
