"""Every limit is a setting, answers clearly, and leaves nothing half-written."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from compat.definition import Definition, Format
from compat.errors import CompatError
from compat.formats import parse
from registry.errors import RegistryError
from registry.http.app import create_app
from registry.http.nesting import require_shallow
from registry.moment import parse as moment
from registry.settings import load


@pytest.fixture
def limited(tmp_path: Path) -> Callable[..., object]:
    @contextmanager
    def open_with(**settings: object) -> Iterator[TestClient[Litestar]]:
        app = create_app(load({}, database=f"sqlite:///{tmp_path / 'lineal.db'}", **settings))
        with TestClient(app) as client:
            yield client

    return open_with


def avro(levels: int) -> str:
    text = '"int"'
    for _ in range(levels):
        text = f'{{"type":"array","items":{text}}}'
    return text


def test_size_of_the_body(limited: Callable[..., object]) -> None:
    with limited(limit_body_bytes=2_000) as client:  # type: ignore[attr-defined]
        refused = client.post("/subjects/s/versions", json={"schema": " " * 3_000})
        assert (refused.status_code, refused.json()["error_code"]) == (413, 413)
        assert "LINEAL_LIMIT_BODY_BYTES" in refused.json()["message"]
        assert client.get("/subjects").json() == []


def test_size_of_a_schema(limited: Callable[..., object]) -> None:
    with limited(limit_text_bytes=100) as client:  # type: ignore[attr-defined]
        refused = client.post("/subjects/s/versions", json={"schema": json.dumps({"type": "int", "doc": "ä" * 60})})
        assert (refused.status_code, refused.json()["error_code"]) == (422, 42209)
        assert client.post("/subjects/s/versions", json={"schema": '"string"'}).status_code == 200


def nested(levels: int) -> bytes:
    """A body of objects and arrays in turn; the brackets inside its string do not count."""
    opening = b'[{"a":' * (levels // 2) + b"[" * (levels % 2)
    return opening + b'"[[[[[[[[{{{{ \\" ]]"' + b"]" * (levels % 2) + b"}]" * (levels // 2)


def test_depth_of_the_body(limited: Callable[..., object]) -> None:
    asked = [
        "POST",
        "/subjects/s/versions",
        "POST",
        "/subjects/s",
        "POST",
        "/compatibility/subjects/s/versions",
        "PUT",
        "/config/s",
        "PUT",
        "/mode/s",
        "POST",
        "/api/v1/compatibility/s",
        "POST",
        "/api/v1/upcasters/verify",
        "POST",
        "/api/v1/subjects/s/upcast?from=1",
        "POST",
        "/api/v1/subjects/s/readers",
        "POST",
        "/api/v1/deployments",
    ]
    with limited(limit_json_depth=12) as client:  # type: ignore[attr-defined]
        for method, path in zip(asked[::2], asked[1::2], strict=True):
            for levels in (13, 100_000):
                refused = client.request(method, path, content=nested(levels))
                assert (refused.status_code, refused.json()["error_code"]) == (400, 400), path
                assert "the limit is 12 levels" in refused.json()["message"]
                assert "LINEAL_LIMIT_JSON_DEPTH" in refused.json()["message"]
            assert "LINEAL_LIMIT_JSON_DEPTH" not in client.request(method, path, content=nested(12)).text
        assert client.get("/subjects").json() == []


_UNCLOSED = '"' + '\\"' * 6_000
"""Every quote in it could begin a string, and none of them ends."""


@pytest.mark.parametrize(
    "read",
    [
        lambda: require_shallow(f"{'[]' * 200}{_UNCLOSED}".encode(), 100),
        lambda: require_shallow(f"{'[]' * 200}{_UNCLOSED}\\".encode(), 100),
        lambda: parse(Definition(Format.JSON, "[]" * 201 + _UNCLOSED)),
        lambda: parse(Definition(Format.PROTOBUF, "{}" + "{" * 201 + _UNCLOSED)),
        lambda: parse(Definition(Format.PROTOBUF, "{}" + "{" * 201 + "/*a" * 60_000)),
        lambda: parse(Definition(Format.PROTOBUF, "A" * 20_000 + " " * 20_000 + "!")),
        lambda: moment("T" * 60_000),
    ],
)
def test_what_never_ends_is_read_once(read: Callable[[], object]) -> None:
    """A pattern that tries each place as a beginning would hold the whole process for minutes, or for days."""
    started = time.process_time()
    with suppress(RegistryError, CompatError):
        read()
    assert time.process_time() - started < 2


@pytest.mark.parametrize("kind", ["AVRO", "JSON"])
def test_depth_of_a_schema(limited: Callable[..., object], kind: str) -> None:
    with limited() as client:  # type: ignore[attr-defined]
        deep = avro(20_000) if kind == "AVRO" else '{"items":' * 20_000 + "{}" + "}" * 20_000
        refused = client.post("/subjects/s/versions", json={"schema": deep, "schemaType": kind})
        assert (refused.status_code, refused.json()["error_code"]) == (422, 42201)
        assert client.get("/subjects").json() == []


def test_depth_of_references(limited: Callable[..., object]) -> None:
    with limited(limit_reference_depth=3) as client:  # type: ignore[attr-defined]
        for level in range(6):
            fields = [] if level == 0 else [{"name": "f", "type": f"R{level - 1}"}]
            references = [] if level == 0 else [{"name": f"R{level - 1}", "subject": f"r{level - 1}", "version": 1}]
            schema = json.dumps({"type": "record", "name": f"R{level}", "fields": fields})
            answer = client.post(f"/subjects/r{level}/versions", json={"schema": schema, "references": references})
            if level <= 3:
                assert answer.status_code == 200, answer.text
            else:
                assert (answer.status_code, answer.json()["error_code"]) == (422, 42201)
                break


def test_nesting_of_the_body(limited: Callable[..., object]) -> None:
    with limited() as client:  # type: ignore[attr-defined]
        deep = '{"schema": "\\"int\\"", "ignored": ' + "[" * 100_000 + "]" * 100_000 + "}"
        refused = client.post("/subjects/s/versions", content=deep, headers={"content-type": "application/json"})
        assert (refused.status_code, refused.json()["error_code"]) == (400, 400)
        assert "nested too deeply" in refused.json()["message"]


def test_the_code_of_an_incompatible_registration_is_a_setting(limited: Callable[..., object]) -> None:
    with limited(incompatible_code=409) as client:  # type: ignore[attr-defined]
        client.post("/subjects/s/versions", json={"schema": '"string"'})
        refused = client.post("/subjects/s/versions", json={"schema": '"int"'})
        assert (refused.status_code, refused.json()["error_code"]) == (409, 409)
