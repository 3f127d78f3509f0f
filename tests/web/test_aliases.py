"""A subject that is another name for one: for what is there, for what is not; with and without versions of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from compat.definition import Format
from registry.model import ConfigurationChange, Content, Subject
from registry.service import Registry
from registry.settings import Settings
from web import address
from web.app import pages
from web.site import Site

PARTS = ("", "text", "grid", "readers", "upcasters", "history", "settings", "diff/1...2", "versions/1")


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    opened = Registry.open(Settings(database=f"sqlite:///{tmp_path / 'lineal.db'}"))
    for name in ("orders.Placed", "orders.Made"):
        for fields in ("", '{"name": "a", "type": "int", "default": 0}'):
            text = f'{{"type": "record", "name": "Placed", "fields": [{fields}]}}'
            opened.registration.register(Subject.parse(name), Content(Format.AVRO, text))
    yield opened
    opened.close()


@pytest.fixture
def browser(registry: Registry) -> Iterator[TestClient[Litestar]]:
    with TestClient(pages(Site.over(registry))) as client:
        yield client


def own_alias(registry: Registry, name: str) -> str | None:
    found = registry.configurations.own(Subject.parse(name)).configuration
    return found.alias if found else None


def alias(registry: Registry, name: str, target: str | None) -> None:
    registry.configurations.configure(Subject.parse(name), ConfigurationChange(alias=target))


@pytest.mark.parametrize("name", ["orders.Placed", "orders.New"])
def test_every_page_of_an_alias_leads_to_what_it_stands_for(
    registry: Registry, browser: TestClient[Litestar], name: str
) -> None:
    alias(registry, name, "orders.Made")
    for part in PARTS:
        answer = browser.get(address.subject(name, part=part))
        assert answer.status_code == 200, part
        assert "This is another name for" in answer.text, part
        assert f'href="{address.subject("orders.Made")}"' in answer.text
    assert "alias" in answer.text or name == "orders.New"


def test_an_alias_to_nothing_says_so(registry: Registry, browser: TestClient[Litestar]) -> None:
    before = registry.catalog.position()
    alias(registry, "orders.Placed", "orders.Gone")
    for part in PARTS:
        answer = browser.get(address.subject("orders.Placed", part=part))
        assert answer.status_code == 404, part
        assert "which does not exist" in answer.text, part
    ids = [one.schema_id for one in registry.catalog.subject(Subject.parse("orders.Placed")).versions]
    assert all(f'href="{address.schema_id(number)}"' in answer.text for number in ids)
    assert address.settings("orders.Placed") in answer.text
    listed = browser.get(address.catalog())
    assert listed.status_code == 200
    assert "orders.Placed" in listed.text
    then = browser.get(address.subject("orders.Placed"), params={"at": before})
    assert (then.status_code, "another name" in then.text) == (200, False), "it stood for itself then"


def test_an_alias_is_set_and_taken_away_among_the_settings(registry: Registry, browser: TestClient[Litestar]) -> None:
    form = {"scope": "orders.Placed", "alias": "orders.Made"}
    saved = browser.post(address.SETTINGS, data=form)
    assert (saved.status_code, 'value="orders.Made"' in saved.text) == (200, True)
    assert own_alias(registry, "orders.Placed") == "orders.Made"
    browser.post(address.SETTINGS, data={"scope": "orders.Placed", "compatibility": "FULL"})
    assert own_alias(registry, "orders.Placed") == "orders.Made", "not sent"
    browser.post(address.SETTINGS, data=form | {"alias": ""})
    assert "Outline" in browser.get(address.subject("orders.Placed")).text
