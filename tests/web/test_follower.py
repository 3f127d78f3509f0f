"""The pages of a registry that follows another one: nothing on them would change anything, and they say where to."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from registry.access.roles import grant
from registry.model import Content, ExporterDefinition, Format, Subject
from registry.service import Registry
from registry.service.exporters import URL
from registry.service.webhooks import Wish
from registry.settings import Settings
from web import address
from web.app import pages
from web.site import Site

PRIMARY = "https://primary.example:8081"
HARMLESS = re.compile(r"/draft$")
"""Where a form may lead that changes nothing in the log."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A database in which there is something to be changed on every page."""
    file = tmp_path_factory.mktemp("follower") / "lineal.db"
    settings = Settings(database=f"sqlite:///{file}", secret_key="A" * 43 + "=")
    registry = Registry.open(settings)
    registry.registration.register(Subject.parse("a"), Content(Format.AVRO, '"int"'))
    registry.webhooks.register(Wish("https://hooks.example.org/"))
    registry.exporters.create(ExporterDefinition("copy", config={URL: "https://copy.example.org"}))
    registry.permissions.create_key("ci")
    registry.permissions.give(grant("ci", "reader"))
    registry.close()
    return settings


@pytest.fixture(scope="module", params=["", PRIMARY])
def site(request: pytest.FixtureRequest, told: Settings) -> Iterator[tuple[Registry, TestClient[Litestar]]]:
    registry = Registry.open(Settings(database=told.database, secret_key=told.secret_key, follow=request.param))
    with TestClient(pages(Site.over(registry))) as client:
        yield registry, client
    registry.close()


@pytest.mark.parametrize("place", ["webhooks", "webhook", "exporters", "access", "settings", "settings of a subject"])
def test_a_follower_shows_no_form_that_would_be_refused(
    site: tuple[Registry, TestClient[Litestar]], place: str
) -> None:
    registry, client = site
    found = client.get(
        {
            "webhooks": address.WEBHOOKS,
            "webhook": address.webhook(registry.webhooks.every()[0].webhook.id),
            "exporters": address.EXPORTERS,
            "access": address.ACCESS,
            "settings": address.settings(),
            "settings of a subject": address.subject("a", part="settings"),
        }[place]
    )
    assert found.status_code == 200
    buttons = re.findall(r'<form[^>]*method="post"[^>]*action="([^"]*)"(.*?)</form>', found.text, re.DOTALL)
    changing = [where for where, inside in buttons if "<button" in inside and not HARMLESS.search(where)]
    if registry.settings.follow:
        assert changing == []
        assert f'<a href="{PRIMARY}">' in found.text
    else:
        assert changing, "the test looks for what is there"
        assert "takes no changes" not in found.text


def test_what_is_sent_all_the_same_is_refused_in_words(site: tuple[Registry, TestClient[Litestar]]) -> None:
    registry, client = site
    answer = client.post(f"{address.ACCESS}/roles", data={"grantee": "anna", "role": "reader"}, follow_redirects=False)
    assert answer.status_code == (422 if registry.settings.follow else 303)
    assert (PRIMARY in answer.text) == bool(registry.settings.follow)


def test_a_follower_does_not_say_that_it_tells_or_copies(site: tuple[Registry, TestClient[Litestar]]) -> None:
    registry, client = site
    hook = address.webhook(registry.webhooks.every()[0].webhook.id)
    told = {path: client.get(path).text for path in (address.WEBHOOKS, hook, address.EXPORTERS)}
    for path, text in told.items():
        assert ("left to the primary" in text) == bool(registry.settings.follow), path
        assert ("up to position" in text) != bool(registry.settings.follow), path
    state = client.get(address.STATE).text
    lines = re.findall(rf'<strong><a href="(?:{address.WEBHOOKS}|{address.EXPORTERS})">', state)
    assert bool(lines) != bool(registry.settings.follow)
    advice = "first make a key for yourself"
    assert (advice in client.get(address.ACCESS).text) != bool(registry.settings.follow)
