"""The application as it is served: protocol and pages under one address."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from registry.settings import Settings
from web.app import create_app

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient[Any]]:
    folder: Path = tmp_path_factory.mktemp("app")
    with TestClient(create_app(Settings(database=f"sqlite:///{folder / 'lineal.db'}"))) as client:
        yield client


def test_the_root_is_the_catalog_for_a_browser(client: TestClient[Any]) -> None:
    answer = client.get("/", headers={"Accept": BROWSER})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "No event has a schema yet" in answer.text
    assert "accept" in answer.headers["vary"].lower()


@pytest.mark.parametrize("accept", ["*/*", "application/vnd.schemaregistry.v1+json", "application/json"])
def test_the_root_is_an_empty_object_for_a_client(client: TestClient[Any], accept: str) -> None:
    answer = client.get("/", headers={"Accept": accept})
    assert answer.json() == {}
    assert "accept" in answer.headers["vary"].lower()


def test_what_a_client_registers_is_in_the_catalog_at_once(client: TestClient[Any]) -> None:
    answer = client.post("/subjects/a%2Fb/versions", json={"schema": '{"type": "string"}'})
    assert answer.status_code == 200
    assert "a/b" in client.get("/catalog", headers={"Accept": BROWSER}).text
    page = client.get("/catalog/subjects/a~1b")
    assert page.status_code == 200
    assert "an event of it is text" in page.text


def test_head_is_get_without_the_body(client: TestClient[Any]) -> None:
    answer = client.head("/catalog")
    assert (answer.status_code, answer.content) == (200, b"")
    assert "content-security-policy" in answer.headers


def test_every_answer_of_the_catalog_is_guarded(client: TestClient[Any]) -> None:
    for path in ("/catalog", "/catalog/nowhere", "/catalog/static/nowhere.js"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff", path


def test_an_unknown_address_outside_the_catalog_is_answered_by_the_protocol(client: TestClient[Any]) -> None:
    for path in ("/nowhere", "/catalog/v1/search/basic"):
        assert client.get(path).json()["error_code"] == 404


def test_a_fault_is_told_under_the_number_of_its_request(client: TestClient[Any], monkeypatch: Any) -> None:
    def fault(*_: Any) -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr("web.listing.listing", fault)
    answer = client.get("/catalog", headers={"Accept": BROWSER, "X-Request-ID": "r-4711"})
    assert answer.status_code == 500
    assert "under the request r-4711" in answer.text
    assert "a secret of the inside" not in answer.text
