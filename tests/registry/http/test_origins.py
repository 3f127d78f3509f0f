"""Tools that run in a browser, on a page of another site."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from registry.http.app import create_app
from registry.settings import load

TOOLS = "https://tools.example.org"


@pytest.fixture(params=[f"http://localhost:8000, {TOOLS}", "*"])
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TestClient[Litestar]]:
    settings = load({}, database=f"sqlite:///{tmp_path / 'lineal.db'}", allow_origins=request.param, access="on")
    with TestClient(create_app(settings)) as client:
        yield client


def test_a_browser_is_told_what_a_page_may_send_before_anybody_says_who_asks(client: TestClient[Litestar]) -> None:
    asked = {
        "origin": TOOLS,
        "access-control-request-method": "PUT",
        "access-control-request-headers": "content-type,x-anything",
    }
    answer = client.options("/config/s", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == TOOLS
    assert "PUT" in answer.headers["access-control-allow-methods"].split(", ")
    assert answer.headers["access-control-allow-headers"] == "content-type,x-anything"
    assert "access-control-allow-credentials" not in answer.headers


def test_a_page_may_read_answers_and_refusals(client: TestClient[Litestar]) -> None:
    refused = client.get("/subjects", headers={"origin": TOOLS})
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == TOOLS
    assert "Origin" in refused.headers.get_list("vary", split_commas=True)
    assert "access-control-allow-origin" not in client.get("/subjects").headers


def test_other_pages_may_not(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'lineal.db'}"
    for allowed in ("", TOOLS):
        with TestClient(create_app(load({}, database=database, allow_origins=allowed))) as client:
            other = {"origin": "https://other.example.org", "access-control-request-method": "GET"}
            for answer in (client.get("/subjects", headers=other), client.options("/subjects", headers=other)):
                assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("told", [{"origin": "https://elsewhere.example"}, {"sec-fetch-site": "cross-site"}])
def test_a_page_elsewhere_cannot_write_by_leaving_out_what_it_sends(
    untouched: TestClient[Litestar], told: dict[str, str]
) -> None:
    body = b'{"schema": "\\"int\\""}'
    refused = untouched.post("/subjects/s/versions", content=body, headers=told)
    assert (refused.status_code, "Content-Type" in refused.json()["message"]) == (403, True)
    plain = untouched.post("/subjects/s/versions", content=body, headers={**told, "content-type": "text/plain"})
    assert plain.status_code == 415
