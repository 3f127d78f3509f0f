"""The list of subjects, and the palette's answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from markupsafe import Markup, escape

from compat.definition import Format
from registry.model import DEFAULT_CONTEXT, Page, SubjectSummary
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
PICTURE_SECONDS: Final = 0.25
"""How long one list may compute verdicts for its pictures; those that are missing come with the next request."""
HITS: Final = 12
"""Answers of the palette."""


def listing(site: Site, asked: str, context: str, format_: str, number: int) -> Listing:
    """One page of the subjects that match; pages count from 1."""
    format_ = format_ if format_ in Format.__members__ else ""
    asked, number = asked.strip()[:200], max(1, number)
    start = (number - 1) * PAGE
    matches: Sequence[Match | None]
    known, waiting = site.index.refresh() if asked else (0, 0)
    if asked:
        found = site.index.find(asked, context=context or None, format_=format_)
        total, matches = len(found), found[start : start + PAGE]
        shown = [match.indexed for match in found[start : start + PAGE]]
    else:
        summaries, total = site.registry.catalog.subjects(
            context=context or None, format=Format(format_) if format_ else None, page=Page(start, PAGE)
        )
        shown = [site.index.of(summary) for summary in summaries]
        matches = [None] * len(shown)
    deadline = Deadline(PICTURE_SECONDS)
    rows = tuple(_row(site, one, asked, match, deadline) for one, match in zip(shown, matches, strict=True))
    same = {"q": asked, "context": context, "format": format_}
    return Listing(
        rows=rows,
        total=total,
        asked=asked,
        contexts=_contexts(site, context),
        formats=_options("every format", dict(FORMATS), format_),
        narrowed=bool(asked or context or format_),
        newer=address.catalog(**same, page=number - 1 if number > 2 else None) if number > 1 else "",
        older=address.catalog(**same, page=number + 1) if start + PAGE < total else "",
        position=_position(start, len(rows), total),
        pending=f"{known:,} of {known + waiting:,} subjects are searched so far." if waiting else "",
        here=address.catalog(**same, page=number if number > 1 else None),
        similar=tuple(similar(site.index, asked)) if asked and not total else (),
    )


def similar(index: Index, asked: str) -> Iterator[tuple[str, str]]:
    """Address and name of subjects that may have been meant by something that nothing is called."""
    index.refresh()
    return ((address.subject(str(one)), str(one)) for one in index.similar(asked))


def _position(start: int, shown: int, total: int) -> str:
    if shown == total:
        return counted(total, "subject")
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
