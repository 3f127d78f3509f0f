"""Descriptions written by people, as safe HTML."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

MAXIMUM: Final = 20_000
"""Characters of one description that are rendered; the rest is cut with an ellipsis."""

_TAGS: Final = {
    "p",
    "br",
    "em",
    "strong",
    "del",
    "code",
    "pre",
    "ul",
    "ol",
    "li",
    "blockquote",
    "a",
    "hr",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "h5",
    "h6",
}
_ATTRIBUTES: Final = {"a": {"href", "title"}}
_SCHEMES: Final = {"http", "https", "mailto"}

_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False, "maxNesting": 40}).enable("table")
_markdown.disable("image")


@lru_cache(maxsize=4_000)
def prose(text: str) -> Markup:
    """Markdown as sanitised HTML: no raw HTML, no images, links to http, https and mailto only.

    Headings become bold paragraphs, so that a description cannot break the outline of the page it stands on.
    """
    if len(text) > MAXIMUM:
        text = text[:MAXIMUM] + " …"
    tokens = _markdown.parse(text)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = "p"
    html = _markdown.renderer.render(tokens, _markdown.options, {})
    clean = nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel="noopener nofollow ugc")
    return Markup(clean)  # noqa: S704  sanitised above


def first_sentence(text: str, longest: int = 180) -> str:
    """The beginning of a description as plain text, for lists."""
    line = " ".join(text.split())
    for end in (". ", "! ", "? "):
        if 0 < (at := line.find(end)) < longest:
            return line[: at + 1]
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
