"""Ready answers are never older than what was acknowledged: by this node at once, by others within the bound."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from registry.http.app import create_app
from registry.http.ready import Ready, ReadyAnswers
from registry.model import DEFAULT
from registry.service import Registry
from registry.settings import load
from tests.patience import eventually

FOLLOW = 0.05


@pytest.fixture
def other(database: str) -> Iterator[TestClient[Litestar]]:
    """A second node on the same database."""
    with TestClient(create_app(load({}, database=database, follow_seconds=FOLLOW))) as client:
        yield client


def test_reading_what_was_written(client: TestClient[Litestar]) -> None:
    paths = ["/subjects", "/subjects/s/versions", "/subjects/s/versions/latest", "/config"]
    client.put("/config", json={"compatibility": "NONE"})
    for number, schema in enumerate(['"string"', '"int"', '"long"'], 1):
        client.post("/subjects/s/versions", json={"schema": schema})
        for _ in range(2):
            answers = [client.get(path).json() for path in paths]
            assert answers[0] == ["s"]
            assert answers[1] == list(range(1, number + 1))
            assert answers[2]["schema"] == schema
    assert client.get("/subjects/s/versions/3").status_code == 200
    client.delete("/subjects/s/versions/3")
    assert client.get("/subjects/s/versions/3").status_code == 404
    assert client.get("/subjects/s/versions/latest").json()["version"] == 2
    assert client.get("/schemas/ids/3").status_code == 200, "an id is readable as long as its schema is kept"
    client.delete("/subjects/s/versions/3?permanent=true")
    assert client.get("/schemas/ids/3").status_code == 404


def test_what_another_node_registers_is_seen_at_once(client: TestClient[Litestar], other: TestClient[Litestar]) -> None:
    client.put("/config", json={"compatibility": "NONE"})
    for number in range(1, 6):
        client.post("/subjects/s/versions", json={"schema": f'{{"type":"fixed","name":"F{number}","size":1}}'})
        assert other.get("/subjects/s/versions/latest").json()["version"] == number
        assert other.get("/subjects/s/versions").json() == list(range(1, number + 1))


def test_what_another_node_deletes_is_gone_within_the_bound(
    client: TestClient[Litestar], other: TestClient[Litestar]
) -> None:
    client.post("/subjects/s/versions", json={"schema": '"string"'})
    assert [other.get("/schemas/ids/1").status_code for _ in range(2)] == [200, 200]
    client.delete("/subjects/s")
    client.delete("/subjects/s?permanent=true")
    eventually(lambda: other.get("/schemas/ids/1").status_code == 404)


def test_every_spelling_of_a_request_has_its_own_answer(client: TestClient[Litestar]) -> None:
    client.post("/subjects/s/versions", json={"schema": '"string"'})
    for _ in range(2):
        plain = client.get("/schemas/ids/1", headers={"accept": "application/json"})
        assert plain.headers["content-type"] == "application/json"
        full = client.get("/schemas/ids/1", headers={"accept": "application/vnd.schemaregistry.v1+json"})
        assert full.headers["content-type"] == "application/vnd.schemaregistry.v1+json"
        assert "maxId" not in client.get("/schemas/ids/1").json()
        assert client.get("/schemas/ids/1?fetchMaxId=true").json()["maxId"] == 1
        assert client.head("/schemas/ids/1").content == b""
        assert client.get("/schemas/ids/1", headers={"x-request-id": "mine"}).headers["x-request-id"] == "mine"
    first, second = (client.get("/schemas/ids/1").headers["x-request-id"] for _ in range(2))
    assert first != second


def test_ready_answers_are_bounded(registry: Registry) -> None:
    answers = ReadyAnswers(registry)
    for number in range(registry.settings.cache_answers + 50):
        answers.keep((b"/%d" % number, b"", b"", b""), Ready((), b"x", "GET /"), answers.moment(), immutable=True)
    assert answers.get((b"/0", b"", b"", b"")) is None
    assert answers.get((b"/%d" % (registry.settings.cache_answers + 49), b"", b"", b"")) is not None
    late = answers.moment()
    registry.configurations.set_mode(DEFAULT, "READONLY")
    answers.keep((b"/late", b"", b"", b""), Ready((), b"x", "GET /"), late, immutable=True)
    assert answers.get((b"/late", b"", b"", b"")) is None, "made before the change, offered after it"


def test_who_has_an_answer_is_told_so(client: TestClient[Litestar]) -> None:
    client.post("/subjects/s/versions", json={"schema": '"string"'})
    for path in ("/schemas/ids/1", "/subjects/s/versions/1", "/subjects/s/versions/latest", "/subjects"):
        first = client.get(path)
        tag = first.headers["etag"]
        for _ in range(2):
            again = client.get(path, headers={"if-none-match": f'"other", W/{tag}', "x-request-id": "r-1"})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
            assert again.headers["x-request-id"] == "r-1"
        assert client.head(path).headers["etag"] == tag
        assert client.get(path, headers={"if-none-match": '"other"'}).content == first.content
        assert client.get(path, headers={"accept": "application/json"}).headers["etag"] != tag
        assert {first.headers["vary"], again.headers["vary"], client.head(path).headers["vary"]} == {"Accept"}
    assert client.get("/subjects", headers={"accept": "text/csv"}).headers["vary"] == "Accept", "a refusal, by Accept"
    assert "vary" not in client.get("/api/v1/changes").headers, "always JSON"
    client.put("/config/s", json={"compatibility": "NONE"})
    before = client.get("/subjects/s/versions/latest").headers["etag"]
    client.post("/subjects/s/versions", json={"schema": '"int"'})
    assert client.get("/subjects/s/versions/latest", headers={"if-none-match": before}).status_code == 200
    assert "etag" not in client.get("/subjects/none/versions").headers


def test_every_answer_has_a_request_id(client: TestClient[Litestar]) -> None:
    client.post("/subjects/s/versions", json={"schema": '"string"'})
    asked = [("GET", "/schemas/ids/1"), ("GET", "/schemas/ids/1"), ("GET", "/nowhere"), ("PATCH", "/subjects/s")]
    asked += [("POST", "/subjects//versions"), ("GET", "/contexts/a:b/subjects"), ("DELETE", "/subjects/none")]
    made = [client.request(method, path).headers["x-request-id"] for method, path in asked]
    assert len(set(made)) == len(made)
    assert all(UUID(each).version == 4 for each in made)
    given = [client.request(method, path, headers={"x-request-id": "mine"}) for method, path in asked]
    assert {answer.headers["x-request-id"] for answer in given} == {"mine"}
