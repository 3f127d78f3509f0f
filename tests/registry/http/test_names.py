"""Whatever a subject is called, it comes back under that name by every address."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from registry.model import LONGEST_NAME

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
def test_name_comes_back(shared: TestClient[Litestar], name: str) -> None:
    segment = quote(name, safe="").replace(".", "%2E") if name == ".." else quote(name, safe="")
    registered = shared.post(f"/subjects/{segment}/versions", json={"schema": '"string"'})
    assert registered.status_code == 200, registered.text
    schema_id = registered.json()["id"]
    assert shared.get("/subjects").json() == [name]
    assert shared.get(f"/subjects/{segment}/versions").json() == [1]
    assert shared.get(f"/subjects/{segment}/versions/1").json()["subject"] == name
    assert shared.get(f"/subjects/{segment}/versions/1").json()["subject"] == name, "from the ready answers"
    assert shared.post(f"/subjects/{segment}", json={"schema": '"string"'}).json()["subject"] == name
    context = "?subject=:.shop:" if name.startswith(":.shop:") else ""
    assert shared.get(f"/schemas/ids/{schema_id}/subjects{context}").json() == [name]
    assert shared.put(f"/config/{segment}", json={"compatibility": "NONE"}).status_code == 200
    assert shared.get(f"/config/{segment}").json() == {"compatibilityLevel": "NONE"}
    verdict = shared.post(f"/compatibility/subjects/{segment}/versions/latest", json={"schema": '"int"'})
    assert verdict.json() == {"is_compatible": True}
    assert shared.get(f"/api/v1/subjects/{segment}").json()["summary"]["subject"] == name
    assert shared.delete(f"/subjects/{segment}").json() == [1]
    assert shared.delete(f"/subjects/{segment}?permanent=true").json() == [1]
    assert shared.get("/subjects?deleted=true").json() == []


def test_a_plus_is_not_a_space(shared: TestClient[Litestar]) -> None:
    shared.post("/subjects/a+b/versions", json={"schema": '"string"'})
    assert shared.get("/subjects").json() == ["a+b"]
    assert shared.get("/subjects/a%20b/versions").status_code == 404
    assert [shared.delete(f"/subjects/a+b{permanent}").json() for permanent in ("", "?permanent=true")] == [[1], [1]]


@pytest.mark.parametrize("segment", ["a%00b", "a%0Ab", "%7F", "__GLOBAL", "__EMPTY"])
def test_names_that_cannot_be(shared: TestClient[Litestar], segment: str) -> None:
    refused = shared.post(f"/subjects/{segment}/versions", json={"schema": '"string"'})
    assert (refused.status_code, refused.json()["error_code"]) == (422, 42208)
    assert shared.get(f"/subjects/{segment}/versions").status_code in {404, 422}
    assert shared.get("/subjects").json() == []


def test_names_have_a_length_that_both_databases_can_index(client: TestClient[Litestar]) -> None:
    longest = "".join(chr(0x4E00 + number) for number in range(LONGEST_NAME // 3))  # hardly compressible
    body = {"schema": '"int"'}
    assert client.post(f"/subjects/{longest}/versions", json=body).status_code == 200
    assert client.post(f"/subjects/:.{longest}:{longest}/versions", json=body).status_code == 422  # both together
    assert client.put(f"/config/{longest}", json={"compatibility": "NONE"}).status_code == 200
    for path in (f"/subjects/{longest}xx/versions", f"/contexts/.{longest}xx/subjects/a/versions"):
        refused = client.post(path, json=body)
        assert refused.status_code in {400, 422}, refused.text
        assert "longer than 1,000 bytes" in refused.json()["message"]
        assert len(refused.text) < 300
    topic = {"resourceName": longest + "xx", "resourceNamespace": "n", "resourceId": "i"}
    refused = client.post(
        "/associations", json={**topic, "associations": [{"associationType": "value", "schema": body}]}
    )
    assert "resourceName is longer than 1,000 bytes" in refused.json()["message"]
