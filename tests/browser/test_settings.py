"""The settings in a real browser: forms by keyboard, in light and dark, on a narrow screen and without scripts."""

from __future__ import annotations

import shutil
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.barriers import barriers_in_light_and_dark
from tests.node import WITH_PAGES, running
from tests.receiving import Receiver
from web import address

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
ORDER = "orders.OrderPlaced"


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    one = Receiver()
    yield one
    one.close()


@pytest.fixture(scope="module")
def server(told: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry of its own, since these tests change it."""
    folder = tmp_path_factory.mktemp("settings")
    settings = {
        "LINEAL_SECRET_KEY": b64encode(b"k" * 32).decode(),
        "LINEAL_WEBHOOK_PRIVATE_ADDRESSES": "true",
        "LINEAL_WEBHOOK_ATTEMPTS": "1",
        "LINEAL_EXPORTER_PRIVATE_ADDRESSES": "true",
    }
    with running(f"sqlite:///{shutil.copy(told, folder)}", folder, WITH_PAGES, **settings) as url:
        yield url


@pytest.fixture(scope="module")
def webhook(server: str, receiver: Receiver) -> str:
    """The page of one with a dead letter and something that it was told."""
    made = httpx.post(f"{server}/api/v1/webhooks", json={"url": f"{receiver.url}/hook"}).json()
    here = f"{server}/api/v1/webhooks/{made['webhook']['id']}"
    receiver.answers = [200, 500]
    for level in ("FULL", "BACKWARD"):
        httpx.put(f"{server}/config/told", json={"compatibility": level}).raise_for_status()
    while httpx.get(here).json()["behind"]:
        pass
    definition = {"name": "berlin", "config": {"schema.registry.url": receiver.url}}
    httpx.post(f"{server}/exporters", json=definition).raise_for_status()
    httpx.put(f"{server}/exporters/berlin/pause").raise_for_status()
    return address.webhook(made["webhook"]["id"])


@pytest.mark.parametrize("part", ["settings", "of a subject", "webhooks", "webhook", "exporters"])
def test_no_page_of_settings_has_a_barrier(visit: Open, webhook: str, part: str) -> None:
    paths = {
        "settings": address.settings(":.bank:"),
        "of a subject": address.subject(ORDER, part="settings"),
        "webhooks": address.WEBHOOKS,
        "webhook": webhook,
        "exporters": address.EXPORTERS,
    }
    page = visit(paths[part])
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    assert barriers_in_light_and_dark(page) == []
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    current = page.locator(".tabs [aria-current]")
    page.reload()
    expect(current).to_be_in_viewport(ratio=0.9)


def test_what_format_means_is_set_by_keyboard_and_seen_in_the_log(visit: Open) -> None:
    page = visit(address.subject(ORDER, part="settings"))
    page.get_by_label("What format means in JSON Schemas").focus()
    page.keyboard.type("annot")
    page.get_by_role("button", name="Save").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    expect(page.get_by_label("What format means in JSON Schemas")).to_have_value("annotation")
    page.goto(page.url.split("/catalog")[0] + address.changes())
    expect(page.locator(".log li").first).to_contain_text("format of JSON Schemas is now annotation")


def test_a_webhook_is_made_tested_and_removed(visit: Open, receiver: Receiver) -> None:
    page = visit(address.WEBHOOKS)
    page.get_by_label("Where to tell").fill(f"{receiver.url}/mine")
    page.get_by_text("Only of some kinds of events").click()
    page.get_by_label("schema registered").check()
    page.get_by_role("button", name="Make the webhook").click()
    secret = page.locator("#secret").text_content()
    page.get_by_role("button", name="Copy the secret").click()
    expect(page.locator("[data-status]")).to_have_text("Copied to the clipboard")
    assert page.evaluate("navigator.clipboard.readText()") == secret
    page.get_by_role("button", name="Test it").click()
    expect(page.get_by_text("The test was taken.")).to_be_visible()
    page.get_by_text("Remove it").click()
    page.get_by_role("button", name="Remove the webhook").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Webhooks")
    expect(page.get_by_role("link", name="/mine")).to_have_count(0)


def test_a_dead_letter_is_tried_again_without_scripts(visit: Open, webhook: str, receiver: Receiver) -> None:
    page = visit(webhook, scripts=False)
    expect(page.get_by_text("compatibility is now FULL")).to_be_visible()
    page.get_by_role("button", name="Try all of them again").click()
    expect(page.get_by_text("To be tried again: 1.")).to_be_visible()


def test_an_exporter_goes_on_and_rests(visit: Open, webhook: str) -> None:
    page = visit(address.EXPORTERS)
    expect(page.locator(".badge", has_text="paused")).to_be_visible()
    page.get_by_role("button", name="Go on: berlin").click()
    page.get_by_role("button", name="Pause: berlin").click()
    expect(page.get_by_role("button", name="Begin anew: berlin")).to_be_visible()
