"""The settings on pages: what is in force, who may change it, and what a form does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from litestar.testing import TestClient

from registry.access.roles import grant
from registry.events import WriteDenied
from registry.model import ACCESS, Configuration, ConfigurationChange, Content, Format, Mode, Subject
from registry.service import Registry
from registry.settings import Settings
from web import address
from web.app import create_app

ORDER = '{"type":"record","name":"Order","fields":[{"name":"id","type":"long"}]}'
EMPTY = {"compatibility": "", "profile": "", "json_formats": "", "compatibility_policy": "", "rules": ""}


@dataclass
class House:
    """A registry with access control off, and its pages."""

    client: TestClient[object]
    registry: Registry

    def save(self, scope: str = "", **values: str) -> httpx.Response:
        return self.client.post(address.SETTINGS, data={"scope": scope, **EMPTY, **values}, follow_redirects=False)

    def own(self, scope: str) -> Configuration | None:
        return self.registry.configurations.own(Subject.parse(scope)).configuration


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    settings = Settings(database=f"sqlite:///{tmp_path / 'lineal.db'}")
    registry = Registry.open(settings)
    registry.registration.register(Subject.parse("orders"), Content(Format.AVRO, ORDER))
    registry.registration.register(Subject.parse(":.bank:accounts"), Content(Format.AVRO, ORDER))
    with TestClient(create_app(settings)) as client:
        client.headers["Accept"] = "text/html"
        yield House(client, registry)
    registry.close()


@pytest.mark.parametrize("scope", ["", "orders", ":.bank:", ":.bank:accounts", ":.__GLOBAL:", "not.yet.there"])
def test_every_member_can_be_set_and_cleared_at_every_scope(house: House, scope: str) -> None:
    values = {
        "compatibility": "FULL",
        "profile": "confluent",
        "json_formats": "annotation",
        "compatibility_policy": "UPCASTABLE",
        "rules": "lossy = block\n confluent:TYPE_CHANGED=warn ",
    }
    saved = house.save(scope, **values)
    assert saved.status_code == 303
    page = house.client.get(saved.headers["location"])
    assert "Saved." in page.text
    assert page.text.count(" selected") >= 4
    assert "annotation: a note for people" in page.text
    assert house.own(scope or ":.:") == Configuration(
        compatibility_level="FULL",
        profile="confluent",
        json_formats="annotation",
        compatibility_policy="UPCASTABLE",
        rule_overrides={"lossy": "block", "confluent:TYPE_CHANGED": "warn"},
    )
    path = f"/config/{scope}" if scope else "/config"
    assert house.client.get(path, headers={"Accept": "*/*"}).json()["jsonFormats"] == "annotation"
    house.save(scope)
    assert house.own(scope or ":.:") is None, "a form in which nothing is set leaves nothing behind"


def test_what_a_page_does_not_show_stays_as_it_is(house: House) -> None:
    other = ConfigurationChange(normalize=True, alias_for_deks="other")
    house.registry.configurations.configure(Subject.parse("orders"), other)
    house.save("orders", compatibility="NONE")
    house.save("orders")
    assert house.own("orders") == Configuration(normalize=True, alias_for_deks="other")
    assert "alias for deks, normalize" in house.client.get(address.settings("orders")).text


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"rules": "lossy block"}, "does not say what is done about a rule"),
        ({"rules": "NO_SUCH_RULE = block"}, "is not a rule"),
        ({"json_formats": "sometimes"}, "choose one of conservative"),
        ({"compatibility": "SOMETIMES"}, "SOMETIMES"),
    ],
)
def test_a_form_that_cannot_be_saved_comes_back_as_it_was_sent(house: House, sent: dict[str, str], said: str) -> None:
    answer = house.save("orders", **{"profile": "confluent", **sent})
    assert answer.status_code == 422
    assert "Nothing was changed." in answer.text
    assert said in answer.text
    assert '<option value="confluent" selected>' in answer.text
    assert sent.get("rules", "") in answer.text
    assert house.own("orders") is None


def test_a_mode_is_set_and_cleared_and_stops_registrations(house: House) -> None:
    data = {"scope": "orders", "mode": "READONLY"}
    assert house.client.post(address.SETTINGS_MODE, data=data, follow_redirects=False).status_code == 303
    assert house.registry.configurations.mode(Subject.parse("orders")) is Mode.READONLY
    refused = house.save("orders", compatibility="FULL")
    assert "read-only mode" in refused.text
    house.client.post(address.SETTINGS_MODE, data={"scope": "orders", "mode": ""})
    assert house.registry.configurations.own(Subject.parse("orders")).mode is None
    refused = house.client.post(address.SETTINGS_MODE, data={"scope": "orders", "mode": "IMPORT"})
    assert refused.status_code == 422


def test_the_past_is_shown_and_not_changed(house: House) -> None:
    before = house.registry.catalog.position()
    house.save("orders", compatibility="FULL")
    then = house.client.get(f"{address.settings('orders')}&at={before}").text
    assert "in force is <strong>BACKWARD" in then
    assert "<select" not in then
    assert "In force: <strong>FULL" in house.client.get(address.settings("orders")).text


def test_who_is_no_admin_sees_what_is_in_force_and_a_form_of_theirs_is_denied_and_noted(tmp_path: Path) -> None:
    settings = Settings(database=f"sqlite:///{tmp_path / 'lineal.db'}", access="on")
    registry = Registry.open(settings)
    registry.registration.register(Subject.parse("orders.A"), Content(Format.AVRO, ORDER))
    registry.registration.register(Subject.parse("secret.B"), Content(Format.AVRO, ORDER))
    dev, chief = (registry.permissions.create_key(name).text for name in ("dev", "chief"))
    registry.permissions.give(grant("dev", "developer", ".", "orders."))
    registry.permissions.give(grant("chief", "admin", ".", "orders."))
    with TestClient(create_app(settings)) as client:
        client.headers["Accept"] = "text/html"
        client.headers["Authorization"] = f"Bearer {dev}"
        page = client.get(address.settings("orders.A"))
        assert "in force is <strong>BACKWARD" in page.text
        assert "<select" not in page.text
        assert client.get(address.settings("secret.B")).status_code == 404
        assert "Webhooks" not in page.text
        for path, data in (
            (address.SETTINGS, {"scope": "orders.A", **EMPTY, "compatibility": "NONE"}),
            (address.SETTINGS_MODE, {"scope": "orders.A", "mode": "READONLY"}),
            (address.WEBHOOKS, {"url": "https://example.org"}),
            (address.webhook("x", "remove"), {}),
            (address.exporter("x", "remove"), {}),
        ):
            assert client.post(path, data=data).status_code == 403, path
        assert [client.get(path).status_code for path in (address.WEBHOOKS, address.EXPORTERS)] == [403, 403]
        client.headers["Authorization"] = f"Bearer {chief}"
        sent = {"scope": "orders.A", **EMPTY, "compatibility": "NONE"}
        mine = {"X-Request-ID": "mine"}
        assert client.post(address.SETTINGS, data=sent, headers=mine, follow_redirects=False).status_code == 303
        assert client.post(address.SETTINGS, data={**sent, "scope": ""}).status_code == 403, "that is more than theirs"
        del client.headers["Authorization"]
        nobody = client.post(address.SETTINGS, data=sent, follow_redirects=False)
        assert nobody.headers["location"].startswith(address.SIGN_IN)
    entries = registry.catalog.changes(limit=200)
    denied = [
        (one.origin.actor, one.event.action, one.subject) for one in entries if isinstance(one.event, WriteDenied)
    ]
    orders = Subject.parse("orders.A")
    assert denied[:2] == [
        ("dev", f"POST {address.SETTINGS}", orders),
        ("dev", f"POST {address.SETTINGS_MODE}", orders),
    ]
    assert [actor for actor, *_ in denied] == ["dev"] * 5 + ["chief", "anonymous"]
    assert denied[2][2] == ACCESS
    changed = [one for one in entries if one.subject == orders and one.origin.actor == "chief"]
    assert len(changed) == 1
    assert changed[0].origin.request_id == "mine"
    registry.close()
