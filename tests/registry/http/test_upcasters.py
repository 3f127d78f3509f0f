"""The routes of upcasters under ``/api/v1``."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from litestar import Litestar
from litestar.testing import TestClient

Client = TestClient[Litestar]

NAME = ":.shop:orders/placed"
BASE = f"/api/v1/subjects/{quote(NAME, safe='')}"
FIRST = '{"type":"record","name":"Order","fields":[{"name":"cents","type":"int"}]}'
SECOND = '{"type":"record","name":"Order","fields":[{"name":"amount","type":"int"}]}'
TEXT = f"""
upcast: 1
subject: "{NAME}"
from: 1
to: 2
ops:
  - rename: {{at: /cents, to: amount}}
"""


@pytest.fixture
def shop(client: Client) -> Client:
    for text in (FIRST, SECOND):
        path = f"/subjects/{quote(NAME, safe='')}/versions?force=true"
        client.post(path, json={"schema": text}).raise_for_status()
    return client


def published(client: Client) -> dict[str, Any]:
    answer = client.post(f"{BASE}/upcasters", json={"text": TEXT})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_publish_list_and_serve_to_stock_clients(shop: Client) -> None:
    one = published(shop)
    assert (one["from"], one["to"], one["revision"], one["portable"]) == (1, 2, 1, True)
    assert shop.get(f"{BASE}/upcasters").json() == [one]
    served = shop.get(f"/subjects/{quote(NAME, safe='')}/versions/2").json()
    assert [rule["mode"] for rule in served["ruleSet"]["migrationRules"]] == ["UPGRADE", "DOWNGRADE"]


def test_what_stock_clients_were_served_finds_the_version_again(shop: Client) -> None:
    published(shop)
    served = shop.get(f"/subjects/{quote(NAME, safe='')}/versions/2").json()
    answer = shop.post(
        f"/subjects/{quote(NAME, safe='')}", json={"schema": served["schema"], "ruleSet": served["ruleSet"]}
    )
    assert answer.json()["version"] == 2


def test_travel_shows_every_step(shop: Client) -> None:
    published(shop)
    answer = shop.post(f"{BASE}/upcast?from=1", json={"event": {"cents": 5}}).json()
    assert answer["complete"]
    assert answer["event"] == {"amount": 5}
    (step,) = answer["steps"]
    assert step["valid"]
    assert [one["operation"] for one in step["operations"]] == ["rename"]


def test_travel_to_the_same_version_gives_the_event(shop: Client) -> None:
    answer = shop.post(f"{BASE}/upcast?from=2&to=2", json={"event": {"amount": 5}}).json()
    assert (answer["complete"], answer["event"], answer["steps"]) == (True, {"amount": 5}, [])


def test_a_refusal_carries_the_report(shop: Client) -> None:
    text = TEXT.replace("rename: {at: /cents, to: amount}", "add: {at: /amount, value: 1}")
    answer = shop.post(f"{BASE}/upcasters", json={"text": text})
    assert answer.status_code == 422
    body = answer.json()
    assert body["error_code"] == 42221
    assert body["report"]["findings"]
    proof = shop.post("/api/v1/upcasters/verify", json={"text": text}).json()
    assert not proof["accepted"]
    assert proof["findings"] == body["report"]["findings"]


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("POST", "/upcasters", {}, 42220),
        ("POST", "/upcasters", {"text": TEXT, "document": {}}, 42220),
        ("POST", "/upcasters", {"document": {"upcast": 1}}, 42220),
        ("POST", "/upcasters", {"text": TEXT.replace("to: 2", "to: 9")}, 40402),
        ("POST", "/upcast?from=1", {"event": {"cents": "x"}}, 40420),
        ("POST", "/upcast?from=2&to=2", {"event": {"cents": 1}}, 42222),
        ("POST", "/upcast", {"event": {}}, 422),
        ("POST", "/upcast?from=x", {"event": {}}, 42202),
        ("GET", "/chain?from=1", None, 40420),
        ("GET", "/chain?from=7", None, 40402),
        ("DELETE", "/upcasters/1/2", None, 40420),
    ],
)
def test_bad_input_gets_a_code_of_its_own(shop: Client, method: str, path: str, body: Any, code: int) -> None:
    answer = shop.request(method, BASE + path, json=body)
    assert answer.json()["error_code"] == code, answer.text
    assert answer.status_code == int(str(code)[:3])


def test_withdraw(shop: Client) -> None:
    published(shop)
    assert shop.delete(f"{BASE}/upcasters/1/2").status_code == 200
    assert shop.get(f"{BASE}/upcasters").json() == []


def test_a_draft_is_a_document_with_questions(shop: Client) -> None:
    drafted = shop.get(f"{BASE}/upcasters/draft?from=1&to=2").json()
    assert drafted["document"]["from"] == 1
    assert drafted["questions"]
    assert not drafted["proof"]["accepted"] or drafted["document"]["ops"]


def test_a_version_and_its_upcaster_in_one_request(client: Client) -> None:
    path = f"/subjects/{quote(NAME, safe='')}/versions"
    client.post(path, json={"schema": FIRST}).raise_for_status()
    client.put(f"/config/{quote(NAME, safe='')}", json={"compatibilityPolicy": "UPCASTABLE"}).raise_for_status()
    assert client.post(path, json={"schema": SECOND}).json()["error_code"] == 40901
    answer = client.post(f"{BASE}/versions", json={"schema": SECOND, "upcaster": {"text": TEXT}})
    assert answer.status_code == 200, answer.text
    assert answer.json()["version"]["version"] == 2
    assert answer.json()["upcaster"]["from"] == 1
