"""``?at=`` on the catalog's reads."""

from __future__ import annotations

import pytest
from litestar import Litestar
from litestar.testing import TestClient

Client = TestClient[Litestar]

UPCASTER = {"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": [{"rename": {"at": "/a", "to": "b"}}]}


def schema(field: str) -> dict[str, str]:
    return {"schema": '{"type":"record","name":"S","fields":[{"name":"%s","type":"string"}]}' % field}  # noqa: UP031


@pytest.fixture
def told(client: Client) -> Client:
    """1 register, 2 refuse, 3 configure, 4 register, 5 upcaster, 6 delete, 7 delete for good."""
    client.post("/subjects/s/versions", json=schema("a")).raise_for_status()
    assert client.post("/subjects/s/versions", json=schema("b")).status_code == 409
    client.put("/config/s", json={"compatibility": "NONE"}).raise_for_status()
    client.post("/subjects/s/versions", json=schema("b")).raise_for_status()
    client.post("/api/v1/subjects/s/upcasters", json={"document": UPCASTER}).raise_for_status()
    client.delete("/subjects/s").raise_for_status()
    client.delete("/subjects/s?permanent=true").raise_for_status()
    return client


def test_every_read_of_the_catalog_can_be_asked_at_a_moment(told: Client) -> None:
    def get(path: str, at: int) -> object:
        answer = told.get(f"/api/v1{path}", params={"at": at} | ({"from": 1} if "chain" in path else {}))
        return answer.json() if answer.is_success else answer.json()["error_code"]

    assert [get("/subjects", at)["total"] for at in (0, 1, 5, 6, 7)] == [0, 1, 1, 0, 0]  # type: ignore[index]
    assert [get("/subjects/s", at)["level"] for at in (1, 2, 3)] == ["BACKWARD", "BACKWARD", "NONE"]  # type: ignore[index]
    assert [len(get("/subjects/s", at)["versions"]) for at in (1, 4, 6)] == [1, 2, 2]  # type: ignore[index]
    assert get("/subjects/s", 7) == 40401
    assert get("/subjects/s/versions/latest", 1)["version"]["version"] == 1  # type: ignore[index]
    assert get("/subjects/s/versions/2", 3) == 40402
    assert get("/subjects/s/differences/1/2", 4)["new"] == 2  # type: ignore[index]
    assert [len(get("/subjects/s/upcasters", at)) for at in (4, 5)] == [0, 1]  # type: ignore[arg-type]
    assert get("/subjects/s/chain", 4) == 40420
    assert get("/subjects/s/chain", 5)["to"] == 2  # type: ignore[index]
    assert [len(get("/refusals", at)) for at in (1, 2, 7)] == [0, 1, 1]  # type: ignore[arg-type]
    assert [len(get("/subjects/s/refusals", at)) for at in (1, 7)] == [0, 1]  # type: ignore[arg-type]
    assert len(get("/subjects/s/versions/1/samples", 5)) == 5  # type: ignore[arg-type]


def test_a_time_is_a_moment(told: Client) -> None:
    fourth = told.get("/api/v1/changes").json()["entries"][3]
    answer = told.get("/api/v1/subjects/s", params={"at": fourth["time"]})
    assert len(answer.json()["versions"]) == 2
    assert told.get("/api/v1/subjects", params={"at": "2020-01-01"}).json()["total"] == 0


@pytest.mark.parametrize("at", ["tomorrow", "8", "2999-01-01T00:00:00Z", "-1"])
def test_what_is_no_moment_is_refused_in_words(told: Client, at: str) -> None:
    answer = told.get("/api/v1/subjects", params={"at": at})
    assert answer.status_code == 422
    assert answer.json()["message"].startswith("at is ")
