"""What is long, many or gone, in a real browser: everything stays readable, on a narrow screen too."""

from __future__ import annotations

import json
import shutil
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.barriers import barriers_in_light_and_dark
from tests.node import WITH_PAGES, running
from tests.patience import eventually
from web import address

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
LONG = "com.example.organisation.fulfilment.warehouse.logistics.ParcelHandedOverToCarrierAndWeighed"
FIELD = "a_really_long_name_that_somebody_has_made_from_the_column_of_a_database_called_like_this"
PERSON = "a-person-with-a-name-as-long-as-that-of-a-service@a-very-long-domain-name-of-an-organisation.example.com"
MANY = 1_003


def schema(*fields: str) -> dict[str, str]:
    said = [{"name": name, "type": "int", "default": 0} for name in fields]
    return {"schema": json.dumps({"type": "record", "name": "Event", "fields": said})}


@pytest.fixture(scope="module")
def server(told: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry of its own, with what is awkward to show."""
    folder = tmp_path_factory.mktemp("awkward")
    settings = {"LINEAL_SECRET_KEY": b64encode(b"k" * 32).decode(), "LINEAL_WEBHOOK_PRIVATE_ADDRESSES": "true"}
    with running(f"sqlite:///{shutil.copy(told, folder)}", folder, WITH_PAGES, **settings) as url:
        with httpx.Client(base_url=url, timeout=60) as client:
            client.post(f"/subjects/{LONG}/versions", json=schema(FIELD)).raise_for_status()
            for fields in (("a",), ("a", "b")):
                client.post("/subjects/gone.Part/versions", json=schema(*fields)).raise_for_status()
            client.delete("/subjects/gone.Part/versions/2").raise_for_status()
            client.post("/subjects/gone.Whole/versions", json=schema("a")).raise_for_status()
            client.delete("/subjects/gone.Whole").raise_for_status()
            client.put("/mode/many.Events?force=true", json={"mode": "IMPORT"}).raise_for_status()
            for number in (MANY - 1, MANY):
                imported = schema("a", f"f{number}") | {"version": number, "id": 90_000 + number}
                client.post("/subjects/many.Events/versions", json=imported).raise_for_status()
            client.post("/api/v1/keys", json={"principal": PERSON, "label": "the pipeline"}).raise_for_status()
            client.post("/api/v1/webhooks", json={"url": "http://127.0.0.1:9/hook"}).raise_for_status()
            client.put("/config/many.Events", json={"compatibility": "NONE"}).raise_for_status()
            client.post("/api/v1/grants", json={"principal": PERSON, "role": "reader"}).raise_for_status()
        yield url


def fits(part: Locator, air: int = 0) -> bool:
    """Whether all of it is seen: nothing comes nearer to the edges of what it is in than so many pixels."""
    return bool(
        part.evaluate(
            """(one, air) => {
        const range = document.createRange();
        range.selectNodeContents(one);
        const inside = range.getBoundingClientRect();
        const box = (one.closest('.row, .change, .node, .leaf') ?? one).getBoundingClientRect();
        return inside.left >= box.left + air - 0.5 && inside.right <= box.right - air + 0.5;
    }""",
            air,
        )
    )


@pytest.mark.parametrize("path", ["gone.Part", "gone.Whole"])
def test_what_is_deleted_says_so_at_once_and_stays_readable(visit: Open, path: str) -> None:
    page = visit(address.subject(path, 2 if path == "gone.Part" else None))
    words = "Version 2 is deleted." if path == "gone.Part" else "This subject is deleted."
    expect(page.locator(".head .verdict")).to_contain_text(words)
    assert barriers_in_light_and_dark(page) == []
    if path == "gone.Part":
        page = visit(address.subject(path))
        expect(page.get_by_role("heading", level=1)).to_have_text(path)
        expect(page.locator(".head .verdict")).to_have_count(0)


def test_numbers_of_many_versions_fit_into_their_places(visit: Open) -> None:
    page = visit(address.subject("many.Events"))
    node = page.locator(".stop .node", has_text=str(MANY))
    assert fits(node, air=4)
    label = page.locator(".stop > span:last-child").last
    label.evaluate("one => { one.textContent = '59 minutes ago'; }")
    assert lines(label) == 1


@pytest.mark.parametrize("width", [1280, 390])
def test_long_names_and_long_words_are_seen_whole(visit: Open, width: int) -> None:
    page = visit(f"/catalog?q={FIELD[:12]}", width=width)
    assert fits(page.locator(".row code").first)
    page = visit(address.WEBHOOKS, width=width)
    badge = page.locator(".row .badge", has_text="does not take what it is told")
    eventually(lambda: page.reload() and badge.count(), page.content)
    assert fits(badge)


def test_words_in_tables_are_not_broken(visit: Open) -> None:
    page = visit(address.ACCESS, width=1000)
    for name in ("Revoke", "Withdraw"):
        assert lines(page.get_by_role("button", name=name)) == 1
    assert lines(page.locator("td code")) == 1
    assert lines(page.get_by_role("cell", name="the pipeline")) <= 2


def lines(part: Locator) -> int:
    """How many lines of text there are."""
    return int(
        part.evaluate("""one => {
        const range = document.createRange();
        range.selectNodeContents(one);
        return new Set([...range.getClientRects()].map((each) => Math.round(each.bottom))).size;
    }""")
    )
