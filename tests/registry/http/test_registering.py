"""The usual request is answered in front of the framework, as the framework does, which ``force=false`` reaches."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from litestar.types import Receive, Scope, Send

from registry.http.app import create_app
from registry.service import Registry
from registry.settings import load

RECORD: Final = {"type": "record", "name": "R", "fields": [{"name": "x", "type": "int"}]}
WIDER: Final = {**RECORD, "fields": [{"name": "x", "type": "int"}, {"name": "y", "type": "int"}]}

BODIES: Final[dict[str, Any]] = {
    "a schema": {"schema": json.dumps(RECORD)},
    "the same": {"schema": json.dumps(RECORD, indent=1)},
    "an incompatible one": {"schema": json.dumps(WIDER)},
    "another format": {"schema": '{"type":"object"}', "schemaType": "JSON"},
    "metadata": {"schema": json.dumps(RECORD), "metadata": {"properties": {"owner": "me"}}},
    "members that nobody knows": {"schema": '"long"', "color": "blue"},
    "no schema": {},
    "an unknown format": {"schema": "x", "schemaType": "XML"},
    "no Avro": {"schema": '{"type":"recrd"}'},
    "a number that is none": {"schema": '"int"', "version": "one"},
    "a number as text": {"schema": '"int"', "version": "1"},
    "a version that is not next": {"schema": '"double"', "version": 17},
    "an id without the mode": {"schema": '"string"', "id": 17},
    "a reference to nothing": {"schema": '"A"', "references": [{"name": "A", "subject": "a", "version": 1}]},
    "rules without names": {"schema": '"bytes"', "ruleSet": {"domainRules": [{"name": "?"}]}},
    "tags": {"schema": json.dumps(RECORD), "schemaTagsToAdd": [{"schemaEntity": {"entityPath": "R.x"}}]},
    "a list": [],
    "no JSON": b"{",
    "no UTF-8": b'{"schema":"\xff"}',
    "nothing": b"",
    "half a pair": b'{"schema":"\\"\\ud800\\""}',
    "too deep": b'{"x":' + b"[" * 600 + b"]" * 600 + b"}",
    "too much": json.dumps({"schema": "x" * 5_000}).encode(),
}
ADDRESSES: Final = {
    "a name": "/subjects/orders",
    "a name in a context": "/subjects/:.sales:orders",
    "a context before it": "/contexts/.sales/subjects/orders",
    "escaped characters": "/subjects/a%20b%2Fc%C3%BC",
    "a plus": "/subjects/a+b",
    "a context alone": "/subjects/:.sales:",
    "the global scope": "/subjects/__GLOBAL",
    "a control character": "/subjects/%01",
    "a name too long": "/subjects/" + "x" * 600,
    "an empty name": "/subjects/",
    "too many segments": "/subjects/a/b",
}


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[list[TestClient[Litestar]]]:
    """Two that are alike."""
    with ExitStack() as stack:
        urls = [f"sqlite:///{tmp_path}/{name}.db" for name in ("straight", "framework")]
        apps = [create_app(load({}, database=url, limit_body_bytes=5_000)) for url in urls]
        yield [stack.enter_context(TestClient(app, raise_server_exceptions=False)) for app in apps]


def told(answer: httpx.Response) -> tuple[int, dict[str, str], object]:
    """Without what differs between any two answers."""
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    found = answer.json() if answer.content else None
    if isinstance(found, dict):
        found.pop("ts", None)
    return answer.status_code, headers, found


def same(nodes: list[TestClient[Litestar]], path: str, body: object, **headers: str) -> int:
    """The status of both answers."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answers = [
        told(
            node.post(
                f"{path}/versions{query}", content=content, headers={"Content-Type": "application/json", **headers}
            )
        )
        for node, query in zip(nodes, ("", "?force=false"), strict=True)
    ]
    assert answers[0] == answers[1]
    return answers[0][0]


def test_every_body_is_answered_alike(nodes: list[TestClient[Litestar]]) -> None:
    statuses = {title: same(nodes, "/subjects/orders", body) for title, body in BODIES.items()}
    assert {statuses[title] for title in ("a schema", "the same", "metadata")} == {200}
    assert {statuses[title] for title in ("an incompatible one", "another format")} == {409}
    assert statuses["no JSON"] == statuses["no UTF-8"] == 400
    assert statuses["too much"] == 413
    first, second = (node.get("/api/v1/changes").json()["position"] for node in nodes)
    assert first == second > 4


def test_every_address_is_answered_alike(nodes: list[TestClient[Litestar]]) -> None:
    for address in ADDRESSES.values():
        for accept in ("*/*", "application/json", "text/html"):
            same(nodes, address, BODIES["a schema"], Accept=accept)


def test_the_usual_request_does_not_reach_the_framework(registry: Registry, client: TestClient[Litestar]) -> None:
    async def framework(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise AssertionError

    app = create_app(registry=registry)
    app.asgi_handler._app._app = framework  # type: ignore[attr-defined]
    with TestClient(app) as client:
        for query in ("", "?normalize=true", "?normalize=false"):
            answer = client.post(f"/subjects/orders/versions{query}", json=BODIES["a schema"])
            assert answer.json()["id"] == 1
        with pytest.raises(AssertionError):
            client.post("/subjects/orders/versions?force=true", json=BODIES["a schema"])
