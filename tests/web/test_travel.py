"""Pages as of a moment: what is shown, that every link keeps it, and the way back."""

from __future__ import annotations

import re
from html import unescape

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from registry.model import Subject
from registry.service import Registry

Browser = TestClient[Litestar]

LINK = re.compile(r'(?:href|action|hx-get|hx-post)="([^"]*)"')
FORM = re.compile(r'<form(?![^>]*method="post").*?</form>', re.DOTALL)
WHOLE_STORY = 12
"""Entries up to the publication of the upcaster and the awkward names."""
AS_IT_WAS = re.compile(r"/catalog(/subjects/[^/]+)?\?at=\d+")


def links(page: str) -> list[str]:
    return [unescape(found) for found in LINK.findall(page)]


@pytest.mark.parametrize(
    "path",
    [
        "/catalog",
        "/catalog?q=order",
        "/catalog?context=.depot&format=JSON",
        "/catalog/changes",
        "/catalog/draft",
        "/catalog/ids/1",
        "/catalog/subjects/shop.OrderPlaced",
        "/catalog/subjects/shop.OrderPlaced/versions/1",
        "/catalog/subjects/shop.OrderPlaced/versions/1/text",
        "/catalog/subjects/shop.OrderPlaced/history",
        "/catalog/subjects/shop.OrderPlaced/grid",
        "/catalog/subjects/shop.OrderPlaced/diff/1...2",
        "/catalog/subjects/shop.CartLeft/upcasters",
    ],
)
def test_every_page_says_its_moment_and_every_link_keeps_it(browser: Browser, path: str) -> None:
    separator = "&" if "?" in path else "?"
    answer = browser.get(f"{path}{separator}at={WHOLE_STORY}")
    assert answer.status_code == 200, answer.text
    assert "Nothing later is shown" in answer.text
    inside = [link for link in links(answer.text) if link.startswith("/catalog") and "/static/" not in link]
    back = [link for link in inside if f"at={WHOLE_STORY}" not in link]
    assert path in back, "the way back to now leads to the same page"
    travelling = re.compile(r"[?&]at=\d+(&|#|$)")  # a change earlier, a change later, "as it was here"
    forms = {unescape(form) for form in LINK.findall(" ".join(FORM.findall(answer.text)))}
    assert [link for link in back if link != path and link not in forms and not travelling.search(link)] == []
    for form in FORM.findall(answer.text):
        assert f'name="at" value="{WHOLE_STORY}"' in form or 'type="datetime-local"' in form, form


def test_the_catalog_shows_what_was_there(browser: Browser) -> None:
    assert "No event has a schema yet" in browser.get("/catalog?at=0").text
    first = browser.get("/catalog?at=1").text
    assert "shop.OrderPlaced" in first
    assert "shop.CartLeft" not in first
    subject = browser.get("/catalog/subjects/shop.OrderPlaced?at=1").text
    assert "1 version" in browser.get("/catalog?at=1").text
    assert "/versions/2" not in subject
    assert browser.get("/catalog/subjects/shop.CartLeft?at=1").status_code == 404
    assert browser.get("/catalog/subjects/shop.OrderPlaced/versions/2?at=1").status_code == 404


def test_search_finds_what_was_there(browser: Browser) -> None:
    assert "shop.CartLeft" in browser.get("/catalog?q=cart").text
    assert "shop.CartLeft" not in browser.get("/catalog?q=cart&at=1").text
    assert "CartLeft" not in browser.get("/catalog/search?q=cart&at=1").text


def test_what_was_deleted_for_good_has_pages_in_the_past(browser: Browser, registry: Registry) -> None:
    subject = Subject.parse("shop.Paid")
    before = registry.catalog.position()
    registry.deletion.subject(subject)
    registry.deletion.subject(subject, permanent=True)
    assert browser.get("/catalog/subjects/shop.Paid").status_code == 404
    page = browser.get(f"/catalog/subjects/shop.Paid?at={before}")
    assert page.status_code == 200
    assert "Somebody paid" in page.text


def test_the_log_leads_to_each_moment(browser: Browser) -> None:
    page = browser.get("/catalog/changes").text
    moments = {link for link in links(page) if AS_IT_WAS.fullmatch(link)}
    positions = {int(link.rpartition("=")[2]) for link in moments}
    assert positions == set(range(1, max(positions) + 1))
    assert any(link.startswith("/catalog/subjects/") for link in moments), "where a version came, its subject is shown"
    assert all(browser.get(link).status_code == 200 for link in moments)
    assert 'type="datetime-local"' in page
    then = browser.get("/catalog/changes?at=3").text
    assert max(int(link.rpartition("=")[2]) for link in links(then) if AS_IT_WAS.fullmatch(link)) == 3


@pytest.mark.parametrize(
    ("at", "says"), [("yesterday", "neither a position"), ("99999", "the log ends at"), ("2999-01-01", "still to come")]
)
def test_a_moment_that_cannot_be_is_said_on_a_page(browser: Browser, at: str, says: str) -> None:
    answer = browser.get(f"/catalog?at={at}")
    assert answer.status_code == 422
    assert says in answer.text
    assert "Nothing later is shown" not in answer.text


def test_now_has_no_banner(browser: Browser) -> None:
    for path in ("/catalog", "/catalog?at="):
        assert "Nothing later is shown" not in browser.get(path).text
