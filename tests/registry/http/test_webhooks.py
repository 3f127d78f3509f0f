"""``/api/v1/webhooks``: register, look, remove."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from registry.http.app import create_app
from registry.settings import load

Client = TestClient[Litestar]


@pytest.fixture
def client(database: str) -> Iterator[Client]:
    settings = load({}, database=database, secret_key=base64.b64encode(bytes(32)).decode(), lease_seconds=1.0)
    with TestClient(create_app(settings)) as client:
        yield client


def test_the_life_of_a_webhook(client: Client) -> None:
    asked = {"url": "https://example.org/hook", "context": "shop", "prefix": "or", "types": ["SchemaRegistered"]}
    made = client.post("/api/v1/webhooks", json=asked)
    assert made.status_code == 201
    secret, hook = made.json()["secret"], made.json()["webhook"]
    assert secret.startswith("whsec_")
    wanted = {"url": "https://example.org/hook", "context": ".shop", "prefix": "or", "types": ["SchemaRegistered"]}
    assert {name: hook[name] for name in wanted} == wanted
    assert client.get("/api/v1/webhooks").json() == [hook]
    shown = client.get(f"/api/v1/webhooks/{hook['id']}")
    assert (shown.json(), secret in shown.text) == (hook, False)
    assert secret not in client.get("/api/v1/changes").text
    assert client.get(f"/api/v1/webhooks/{hook['id']}/dead-letters").json() == []
    path = f"/api/v1/webhooks/{hook['id']}"
    changed = client.patch(path, json={"context": None, "types": []}).json()
    assert {name: changed[name] for name in wanted} == wanted | {"context": None, "types": []}
    replaced = client.put(path, json={"url": "https://example.org/other"}).json()
    assert (replaced["url"], replaced["prefix"]) == ("https://example.org/other", "")
    rotated = client.post(f"{path}/rotate", json={"overlapSeconds": 60}).json()
    assert rotated["secret"] not in {secret, ""}
    assert rotated["webhook"]["bothSecretsUntil"] is not None
    assert client.post(f"{path}/rotate", json={"overlapSeconds": -1}).status_code == 422
    assert client.patch(path, json={"url": "http://127.0.0.1/"}).status_code == 422
    asking = client.patch(path, json={"handshake": True})
    assert "LINEAL_WEBHOOK_ORIGIN" in asking.json()["message"]
    nothing = client.post(f"/api/v1/webhooks/{hook['id']}/dead-letters/redeliver", json={})
    assert nothing.status_code == 404
    assert client.delete(f"/api/v1/webhooks/{hook['id']}").is_success
    assert client.get("/api/v1/webhooks").json() == []
    types = [entry["type"] for entry in client.get("/api/v1/changes").json()["entries"]]
    changes = ["WebhookChanged", "WebhookChanged", "WebhookSecretRotated"]
    assert types == ["WebhookRegistered", *changes, "WebhookRemoved"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"url": "http://127.0.0.1/hook"}, "not public"),
        ({"url": "example.org"}, "url is"),
        ({"url": "https://example.org", "types": ["SchemaPainted"]}, "SchemaPainted"),
        ({"url": "https://example.org", "filter": "x"}, "filter"),
        ({}, "url"),
    ],
)
def test_what_cannot_be_a_webhook_is_refused_in_words(client: Client, body: dict[str, object], says: str) -> None:
    answer = client.post("/api/v1/webhooks", json=body)
    assert answer.status_code in {400, 422}
    assert says in answer.json()["message"]


def test_an_unknown_webhook_is_not_there(client: Client) -> None:
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/dead-letters"), ("POST", "/test")):
        assert client.request(method, f"/api/v1/webhooks/none{path}").status_code == 404
    assert client.patch("/api/v1/webhooks/none", json={}).status_code == 404
    assert client.post("/api/v1/webhooks/none/rotate", json={}).status_code == 404
