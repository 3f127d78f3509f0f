"""Webhooks and exporters on pages, with a receiver that answers and one that does not."""

from __future__ import annotations

import html
import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from registry.delivering import Deliverer
from registry.model import ConfigurationChange, Subject
from registry.service import Registry
from registry.settings import Settings
from tests.receiving import Receiver
from web import address
from web.app import pages
from web.site import Site


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.close()


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    opened = Registry.open(
        Settings(
            database=f"sqlite:///{tmp_path / 'lineal.db'}",
            secret_key=b64encode(b"k" * 32).decode(),
            webhook_private_addresses=True,
            webhook_attempts=1,
            exporter_private_addresses=True,
        )
    )
    yield opened
    opened.close()


@pytest.fixture
def browser(registry: Registry) -> Iterator[TestClient[Litestar]]:
    with TestClient(pages(Site.over(registry))) as client:
        yield client


def change(registry: Registry, level: str) -> None:
    registry.configurations.configure(Subject.parse("orders"), ConfigurationChange(compatibility=level))


def test_the_life_of_a_webhook(registry: Registry, browser: TestClient[Litestar], receiver: Receiver) -> None:
    assert "Nobody is told" in browser.get(address.WEBHOOKS).text
    refused = browser.post(address.WEBHOOKS, data={"url": "ftp://nowhere", "prefix": "ord"})
    assert refused.status_code == 422
    assert 'value="ftp://nowhere"' in refused.text
    assert 'value="ord"' in refused.text

    made = browser.post(address.WEBHOOKS, data={"url": receiver.url, "type.ConfigurationChanged": "on"})
    secret = re.search(r"whsec_[\w+/=]+", made.text)
    assert secret
    assert made.headers["cache-control"].endswith("no-store")
    (standing,) = registry.webhooks.every()
    name = standing.webhook.id
    assert standing.webhook.types == ("ConfigurationChanged",)
    here = address.webhook(name)
    assert secret[0] not in browser.get(here).text, "shown once"

    assert "The test was taken." in browser.post(address.webhook(name, "test")).text
    assert b"lineal.Test" in receiver.requests[-1][1]
    change(registry, "FULL")
    Deliverer(registry).round(Event())
    page = browser.get(here).text
    assert "compatibility is now FULL" in page
    assert "there are no dead letters" in page

    receiver.status = 500
    change(registry, "NONE")
    Deliverer(registry).round(Event())
    listed = browser.get(address.WEBHOOKS).text
    assert "1 event could not be delivered" in listed
    page = browser.get(here).text
    assert page.index("compatibility is now NONE") < page.index("What it was told last") < page.index("is now FULL")
    assert "it answered 500" in page
    assert "was not taken: it answered 500" in browser.post(address.webhook(name, "test")).text

    receiver.status = 204
    position = registry.webhooks.letters(name)[0].position
    again = browser.post(address.webhook(name, "redeliver"), data={"position": str(position)})
    assert "About to be tried again" in again.text
    Deliverer(registry).round(Event())
    assert registry.webhooks.letters(name) == []

    rotated = browser.post(address.webhook(name, "rotate"), data={"hours": "1"})
    assert "with both secrets until" in rotated.text
    assert secret[0] not in rotated.text
    assert browser.post(address.webhook(name, "rotate"), data={"hours": "a while"}).status_code == 422

    data = {"url": receiver.url, "prefix": "bank.", "type.SchemaRegistered": "on"}
    assert "told so from the next event on" in browser.post(address.webhook(name, "change"), data=data).text
    assert registry.webhooks.one(name).webhook.prefix == "bank."
    assert "Nothing yet since it is told this" in browser.get(here).text, "what it was told as another is not claimed"

    assert browser.post(address.webhook(name, "remove"), follow_redirects=False).status_code == 303
    assert registry.webhooks.every() == []
    assert browser.get(here).status_code == 404


def test_a_webhook_that_waits_says_when_it_is_tried_again(tmp_path: Path, receiver: Receiver) -> None:
    settings = Settings(
        database=f"sqlite:///{tmp_path / 'waiting.db'}",
        secret_key=b64encode(b"k" * 32).decode(),
        webhook_private_addresses=True,
        webhook_backoff_seconds=600,
    )
    registry = Registry.open(settings)
    with TestClient(pages(Site.over(registry))) as browser:
        browser.post(address.WEBHOOKS, data={"url": receiver.url})
        receiver.status = 503
        change(registry, "FULL")
        Deliverer(registry).round(Event())
        page = browser.get(address.WEBHOOKS).text
        assert re.search(r"tried 1 time of 12, again in \d+ minutes", page)
        assert "1 behind" in page
    registry.close()


def test_without_a_key_the_page_says_what_is_missing(tmp_path: Path) -> None:
    registry = Registry.open(Settings(database=f"sqlite:///{tmp_path / 'lineal.db'}"))
    with TestClient(pages(Site.over(registry))) as browser:
        assert "LINEAL_SECRET_KEY" in browser.get(address.WEBHOOKS).text
        answer = browser.post(address.WEBHOOKS, data={"url": "https://192.0.2.1/hook"})
        assert answer.status_code == 422
    registry.close()


def test_the_life_of_an_exporter(registry: Registry, browser: TestClient[Litestar]) -> None:
    assert "Nothing is copied anywhere" in browser.get(address.EXPORTERS).text
    data = {"name": "berlin", "url": "http://127.0.0.1:9", "subjects": "orders.*, bank", "into": "NONE"}
    secrets = {"user": "me", "password": "pass-word-123", "token": "token-456"}
    refused = browser.post(address.EXPORTERS, data={**data, **secrets, "url": "nowhere"})
    assert refused.status_code == 422
    assert 'value="berlin"' in refused.text
    assert "pass-word-123" not in refused.text
    assert browser.post(address.EXPORTERS, data=data | secrets, follow_redirects=False).status_code == 303
    definition = registry.exporters.get("berlin").definition
    assert (definition.subjects, definition.context_type) == (["orders.*", "bank"], "NONE")
    assert registry.exporters.revealed(definition, "basic.auth.user.info") == "me:pass-word-123"
    page = html.unescape(browser.get(address.EXPORTERS).text)
    assert "http://127.0.0.1:9, into the same contexts" in page
    assert "pass-word-123" not in page
    assert "token-456" not in page
    for doing, said in (("pause", "paused"), ("reset", "paused"), ("resume", "copies")):
        browser.post(address.exporter("berlin", doing)).raise_for_status()
        assert said in browser.get(address.EXPORTERS).text
    refused = browser.post(address.exporter("berlin", "reset"))
    assert (refused.status_code, "Nothing was changed" in refused.text) == (422, True)
    assert browser.post(address.exporter("berlin", "fly")).status_code == 422
    browser.post(address.exporter("berlin", "remove"))
    assert registry.exporters.all() == []


def test_a_paused_exporter_is_changed(registry: Registry, browser: TestClient[Litestar]) -> None:
    made = {"name": "berlin", "url": "http://127.0.0.1:9", "subjects": "orders.*", "into": "NONE", "user": "me"}
    browser.post(address.EXPORTERS, data=made | {"password": "pass-word-123"})
    assert "Pause it to change" in browser.get(address.EXPORTERS).text
    form = {"url": "http://127.0.0.1:10", "subjects": "bank.*", "into": "CUSTOM", "context": "copies"}
    running = browser.post(address.exporter("berlin", "change"), data=form)
    assert (running.status_code, "Nothing was changed" in running.text) == (422, True)

    browser.post(address.exporter("berlin", "pause"))
    before = registry.exporters.get("berlin")
    page = browser.get(address.EXPORTERS).text
    assert 'value="http://127.0.0.1:9"' in page
    assert 'value="orders.*"' in page
    assert "It signs in with a user and a password" in page
    assert browser.post(address.exporter("berlin", "change"), data=form, follow_redirects=False).status_code == 303
    after = registry.exporters.get("berlin").definition
    assert (after.subjects, after.context_type, after.context) == (["bank.*"], "CUSTOM", "copies")
    assert after.config["schema.registry.url"] == "http://127.0.0.1:10"
    assert registry.exporters.revealed(after, "basic.auth.user.info") == "me:pass-word-123", (
        "kept where nothing is said"
    )
    assert registry.exporters.get("berlin").epoch > before.epoch, "it copies elsewhere, so it begins anew"

    browser.post(address.exporter("berlin", "change"), data=form | {"token": "token-456"})
    after = registry.exporters.get("berlin").definition
    assert registry.exporters.revealed(after, "bearer.auth.token") == "token-456"
    assert "basic.auth.user.info" not in after.config, "another way to sign in takes the place of the first"
    browser.post(address.exporter("berlin", "change"), data=form | {"forget": "on"})
    assert set(registry.exporters.get("berlin").definition.config) == {"schema.registry.url"}

    wrong = browser.post(address.exporter("berlin", "change"), data=form | {"url": "nowhere", "token": "token-789"})
    assert wrong.status_code == 422
    assert 'value="nowhere"' in wrong.text
    assert "<details open><summary>Change it" in wrong.text
    assert "token-789" not in wrong.text
    assert browser.post(address.exporter("nobody", "change"), data=form).status_code == 422


def test_connections_are_always_those_of_now(registry: Registry, browser: TestClient[Litestar]) -> None:
    change(registry, "FULL")
    for path in (address.WEBHOOKS, address.EXPORTERS):
        answer = browser.get(f"{path}?at=0", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, path)
