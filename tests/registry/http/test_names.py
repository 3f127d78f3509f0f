"""Whatever a subject is called, it comes back under that name by every address."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from litestar import Litestar
from litestar.testing import TestClient

NAMES = [
    "plain",
    "with/slash",
    "/leading/and/trailing/",
    "a.b.c",
    "..",
    "a b",
    "a+b",
    "a%2Fb",
    "100%",
    "a:b",
    ":a:b",
    ":a",
    "a?b=c&d",
    "a#b",
    "a\\b",
    "versions",
    "latest",
    "*",
    "ä ö 東京 🚀",
    "quote\"and'quote",
    "(parentheses)[brackets]{braces}",
    "https://example.org/schemas/order.json",
    ":.shop:with/slash",
    "semi;colon,comma",
    "x" * 300,
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_name_comes_back(client: TestClient[Litestar], name: str) -> None:
    segment = quote(name, safe="").replace(".", "%2E") if name == ".." else quote(name, safe="")
    registered = client.post(f"/subjects/{segment}/versions", json={"schema": '"string"'})
    assert registered.status_code == 200, registered.text
    assert client.get("/subjects").json() == [name]
    assert client.get(f"/subjects/{segment}/versions").json() == [1]
    assert client.get(f"/subjects/{segment}/versions/1").json()["subject"] == name
    assert client.get(f"/subjects/{segment}/versions/1").json()["subject"] == name, "from the ready answers"
    assert client.post(f"/subjects/{segment}", json={"schema": '"string"'}).json()["subject"] == name
    context = "?subject=:.shop:" if name.startswith(":.shop:") else ""
    assert client.get(f"/schemas/ids/1/subjects{context}").json() == [name]
    assert client.put(f"/config/{segment}", json={"compatibility": "NONE"}).status_code == 200
    assert client.get(f"/config/{segment}").json() == {"compatibilityLevel": "NONE"}
    verdict = client.post(f"/compatibility/subjects/{segment}/versions/latest", json={"schema": '"int"'})
    assert verdict.json() == {"is_compatible": True}
    assert client.get(f"/api/v1/subjects/{segment}").json()["summary"]["subject"] == name
    assert client.delete(f"/subjects/{segment}").json() == [1]
    assert client.delete(f"/subjects/{segment}?permanent=true").json() == [1]
    assert client.get("/subjects?deleted=true").json() == []


def test_a_plus_is_not_a_space(client: TestClient[Litestar]) -> None:
    client.post("/subjects/a+b/versions", json={"schema": '"string"'})
    assert client.get("/subjects").json() == ["a+b"]
    assert client.get("/subjects/a%20b/versions").status_code == 404


@pytest.mark.parametrize("segment", ["a%00b", "a%0Ab", "%7F", "__GLOBAL", "__EMPTY"])
def test_names_that_cannot_be(client: TestClient[Litestar], segment: str) -> None:
    refused = client.post(f"/subjects/{segment}/versions", json={"schema": '"string"'})
    assert (refused.status_code, refused.json()["error_code"]) == (422, 42208)
    assert client.get(f"/subjects/{segment}/versions").status_code in {404, 422}
    assert client.get("/subjects").json() == []
