"""From a schema in mind to a version in force, by keyboard, with and without scripts."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.barriers import barriers
from tests.node import WITH_PAGES, running
from web import address

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
PAID = {"type": "record", "name": "Paid", "fields": [{"name": "id", "type": "string"}]}
CURRENCY = {"name": "currency", "type": "string"}


@pytest.fixture(scope="module")
def server(told: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry of its own, since these tests change it."""
    folder = tmp_path_factory.mktemp("drafts")
    with running(f"sqlite:///{shutil.copy(told, folder)}", folder, WITH_PAGES) as url:
        yield url


def breaking(server: str, subject: str) -> str:
    """A candidate that breaks the one version of a new subject, which lets it in with an upcaster."""
    httpx.post(f"{server}/subjects/{subject}/versions", json={"schema": json.dumps(PAID)}).raise_for_status()
    httpx.put(f"{server}/config/{subject}", json={"compatibilityPolicy": "UPCASTABLE"}).raise_for_status()
    return json.dumps(PAID | {"fields": [*PAID["fields"], CURRENCY]}, indent=1)


def test_a_version_and_its_upcaster_are_drafted_proven_and_registered_by_keyboard(visit: Open, server: str) -> None:
    text = breaking(server, "story.Paid")
    page = visit(address.draft("story.Paid"))
    page.get_by_label("Candidate schema").fill(text)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Tell me what breaks")).to_be_focused()
    page.keyboard.press("Enter")
    upcaster = page.get_by_label("The upcaster, in YAML or JSON")
    expect(upcaster).to_have_value(re.compile("/currency"))
    expect(page.locator("[data-status]")).to_have_text("This candidate would be refused without an upcaster.")

    upcaster.fill(upcaster.input_value().replace("value: ''", "value: 7"))
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Prove it")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The upcaster has to be proven first.")).to_be_visible()
    assert barriers(page) == []

    upcaster.fill(upcaster.input_value().replace("value: 7", "value: EUR"))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    register = page.get_by_role("button", name="Register version 2 with its upcaster")
    expect(register).to_be_visible()
    assert barriers(page) == []
    page.get_by_label("Why").focus()
    page.keyboard.type("we sell abroad")
    page.keyboard.press("Tab")
    expect(register).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Version 2 is registered.")
    expect(page.locator(".strip")).to_contain_text("via upcaster")
    expect(page.get_by_text("“we sell abroad”").first).to_be_visible()


def test_a_version_and_its_upcaster_are_registered_without_scripts(visit: Open, server: str) -> None:
    text = breaking(server, "story.Plain")
    page = visit(address.draft("story.Plain"), scripts=False, width=390)
    page.get_by_label("Candidate schema").fill(text)
    page.get_by_role("button", name="Tell me what breaks").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    upcaster = page.get_by_label("The upcaster, in YAML or JSON")
    upcaster.fill(upcaster.input_value().replace("value: ''", "value: EUR"))
    page.get_by_role("button", name="Prove it").click()
    page.get_by_role("button", name="Register version 2 with its upcaster").click()
    expect(page.get_by_text("Version 2 is registered.")).to_be_visible()
