from __future__ import annotations

from html.parser import HTMLParser

import pytest

from web.prose import MAXIMUM, first_sentence, prose


class Elements(HTMLParser):
    """The elements and attributes that a browser would make of a text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]


def test_markdown_is_rendered() -> None:
    assert prose("A **bold** `word`.") == "<p>A <strong>bold</strong> <code>word</code>.</p>\n"


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "![x](https://example.org/pixel.gif)",
        '<a href="https://example.org" style="position:fixed">x</a>',
        '[x](https://example.org "\\" onmouseover=alert(1)")',
        "<iframe src=//example.org></iframe>",
        "<style>body{display:none}</style>",
    ],
)
def test_nothing_that_runs_or_loads_survives(hostile: str) -> None:
    seen = Elements(str(prose(hostile)))
    assert seen.tags <= {"p", "a", "code", "pre", "strong", "em"}
    assert seen.attributes <= {"href", "title", "rel"}
    assert all(link.startswith("https://example.org") for link in seen.links)


def test_links_do_not_vouch_and_do_not_leak() -> None:
    assert 'rel="noopener nofollow ugc"' in prose("[guide](https://example.org)")


def test_a_heading_does_not_break_the_outline_of_the_page() -> None:
    assert "<h1" not in prose("# Loud\n\nquiet")


def test_a_long_description_is_cut() -> None:
    assert len(prose("word " * MAXIMUM)) < MAXIMUM * 1.2


def test_the_first_sentence() -> None:
    assert first_sentence("Sent once. Never twice.") == "Sent once."
    assert first_sentence("one  two\nthree") == "one two three"
    assert first_sentence("x" * 300, 20) == "x" * 19 + "…"
