"""Readers, writers and deployments over HTTP: the way of a team that deploys, step by step."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'lineal.db'}"


def avro(*fields: str) -> dict[str, str]:
    described = [{"name": name, "type": "string"} for name in fields]
    return {"schema": json.dumps({"type": "record", "name": "Order", "fields": described})}


@pytest.fixture
def api(client: TestClient[Litestar]) -> TestClient[Litestar]:
    client.post("/subjects/orders/versions", json=avro("id", "total")).raise_for_status()
    return client


def test_the_whole_way(api: TestClient[Litestar]) -> None:
    needed = {"application": "billing", "build": "1.0", "owner": "team-money", "fields": ["total"]}
    reader = api.post("/api/v1/subjects/orders/readers", json=needed).json()
    assert (reader["need"]["kind"], reader["need"]["fields"], reader["need"]["basedOn"]) == ("fields", ["total"], 1)
    written = {"application": "shop", "build": "7", "versions": [1]}
    assert api.post("/api/v1/subjects/orders/writers", json=written).json()["versions"] == [1]

    asked = {"application": "billing", "build": "1.0", "environment": "prod"}
    before = api.get("/api/v1/can-i-deploy", params=asked).json()
    assert before["answer"] == "unknown"
    assert "nothing is recorded as live in prod" in before["warnings"][0]
    api.post("/api/v1/deployments", json=asked).raise_for_status()
    assert api.get("/api/v1/can-i-deploy", params=asked).json()["answer"] == "yes"
    assert api.get("/api/v1/environments").json() == [{"environment": "prod", "builds": 1}]

    (row,) = api.get("/api/v1/subjects/orders/matrix", params={"environment": "prod"}).json()["readers"]
    assert (row["application"], row["owner"], [cell["way"] for cell in row["cells"]]) == (
        "billing",
        "team-money",
        ["direct"],
    )
    check = "/api/v1/subjects/orders/readers/check?environment=prod"
    broken = api.post(check, json=avro("id")).json()
    assert (broken["answer"], broken["readers"], broken["broken"]) == ("no", 1, 1)
    assert broken["messages"][0].startswith("billing 1.0, live in prod (owner: team-money), cannot read the candidate:")
    witness = broken["rows"][0]["cells"][0]["obstacles"][0]["witness"]
    assert "total" not in witness["payload"]
    assert api.post(check, json=avro("total")).json()["answer"] == "yes"

    assert api.delete("/api/v1/deployments/prod/billing/1.0").json()["environment"] == "prod"
    assert api.get("/api/v1/deployments").json() == []
    assert api.delete("/api/v1/subjects/orders/readers/billing/1.0").json()["application"] == "billing"
    assert api.get("/api/v1/subjects/orders/readers").json() == []
    (application, shop) = api.get("/api/v1/applications").json()
    assert (application["application"], application["readers"]) == ("billing", [])
    assert shop["writers"][0]["build"] == "7"


@pytest.mark.parametrize(
    ("body", "status", "code", "words"),
    [
        ({"fields": ["totla"]}, 422, 42230, "No version of 'orders' has totla"),
        ({}, 422, 42230, "exactly one way"),
        ({"fields": ["id"], "versions": {"first": 1, "last": 1}}, 422, 42230, "exactly one way"),
        ({"versions": {"first": 1, "last": 9}}, 404, 40402, "Version 9 not found"),
        ({"schema": {"schema": "{"}}, 422, 42201, "Invalid schema"),
    ],
)
def test_what_cannot_be_declared(
    api: TestClient[Litestar], body: dict[str, object], status: int, code: int, words: str
) -> None:
    refused = api.post("/api/v1/subjects/orders/readers", json={"application": "a", "build": "1", **body})
    assert (refused.status_code, refused.json()["error_code"]) == (status, code)
    assert words in refused.json()["message"]
    assert api.get("/api/v1/applications").json() == []


def test_names_with_slashes_and_spaces_come_back(api: TestClient[Litestar]) -> None:
    named = {"application": "team/billing app", "build": "feature/x #1", "fields": ["id"]}
    api.post("/api/v1/subjects/orders/readers", json=named).raise_for_status()
    found = api.get("/api/v1/applications/team%2Fbilling%20app").json()
    assert found["readers"][0]["build"] == "feature/x #1"
    gone = api.delete("/api/v1/subjects/orders/readers/team%2Fbilling%20app/feature%2Fx%20%231")
    assert gone.status_code == 200


def test_what_is_not_there(api: TestClient[Litestar]) -> None:
    nobody = {"application": "nobody", "build": "1", "environment": "prod"}
    answers = [
        api.get("/api/v1/applications/nobody"),
        api.post("/api/v1/deployments", json=nobody),
        api.get("/api/v1/can-i-deploy", params=nobody),
        api.delete("/api/v1/deployments/prod/nobody/1"),
        api.delete("/api/v1/subjects/orders/readers/nobody/1"),
        api.get("/api/v1/subjects/nothing/matrix"),
    ]
    assert [one.json()["error_code"] for one in answers] == [40430, 40430, 40430, 40432, 40431, 40401]


def test_kept_answers_of_the_protocol_outlive_a_declaration(api: TestClient[Litestar]) -> None:
    first = api.get("/subjects/orders/versions/1")
    api.post("/api/v1/subjects/orders/readers", json={"application": "a", "build": "1", "fields": ["id"]})
    assert api.get("/subjects/orders/versions/1").json() == first.json()


def test_only_the_last_versions_may_be_asked_for(api: TestClient[Litestar]) -> None:
    api.post("/subjects/orders/versions", json=avro("id")).raise_for_status()
    needed = {"application": "billing", "build": "1.0", "fields": ["id"]}
    api.post("/api/v1/subjects/orders/readers", json=needed).raise_for_status()
    for most, numbers in ((1, [2]), (2, [1, 2]), (9, [1, 2])):
        matrix = api.get("/api/v1/subjects/orders/matrix", params={"most": most}).json()
        assert matrix["versions"] == [cell["version"] for cell in matrix["readers"][0]["cells"]] == numbers
        found = api.get("/api/v1/subjects/orders", params={"most": most}).json()
        assert [version["version"] for version in found["versions"]] == numbers
    assert api.get("/api/v1/subjects/orders/matrix?most=0").status_code == 422
