"""Malformed input gets the protocol's code and a message that names the place; nothing is half-written."""

from __future__ import annotations

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from registry.http.app import create_app
from registry.settings import load

BAD_SCHEMAS = [
    ("AVRO", "{"),
    ("AVRO", "nonsense"),
    ("AVRO", '{"type":"record","name":"A"}'),
    ("AVRO", '{"type":"record","name":"1A","fields":[]}'),
    ("AVRO", '{"type":"record","name":"A","namespace":"a-b","fields":[]}'),
    ("AVRO", '{"type":"record","name":"A","fields":[{"name":"x","type":"int"},{"name":"x","type":"int"}]}'),
    ("AVRO", '{"type":"record","name":"A","fields":[{"name":"x","type":"Unknown"}]}'),
    ("AVRO", '{"type":"enum","name":"E","symbols":[1]}'),
    ("AVRO", '{"type":"enum","name":"E","symbols":["A","A"]}'),
    ("AVRO", '{"type":"record","name":"A","fields":[{"name":"x","type":"int","default":"text"}]}'),
    ("AVRO", '["int","int"]'),
    ("AVRO", '{"type":"fixed","name":"F","size":-1}'),
    ("AVRO", '"\\ud800"'),
    ("JSON", "{"),
    ("JSON", '{"type":"strong"}'),
    ("JSON", '{"required":"x"}'),
    ("JSON", '{"$ref":"https://example.org/elsewhere.json"}'),
    ("JSON", '{"$ref":"#/definitions/missing"}'),
    ("JSON", '{"$ref":"file:///etc/passwd"}'),
    ("JSON", '{"pattern":"("}'),
    ("JSON", "[]"),
    ("JSON", "7"),
    ("PROTOBUF", "message"),
    ("PROTOBUF", 'syntax = "proto3"; message A { int32 x = 0; }'),
    ("PROTOBUF", 'syntax = "proto3"; message A { int32 x = 1; int32 y = 1; }'),
    ("PROTOBUF", 'syntax = "proto3"; message A { Missing x = 1; }'),
    ("PROTOBUF", 'syntax = "proto3"; import "missing.proto"; message A {}'),
    ("PROTOBUF", 'syntax = "proto9"; message A {}'),
    ("PROTOBUF", "\x00"),
]


@pytest.mark.parametrize(("kind", "text"), BAD_SCHEMAS)
def test_malformed_schemas(untouched: TestClient[Litestar], kind: str, text: str) -> None:
    sent = {"schema": text, "schemaType": kind}
    refused = untouched.post("/subjects/s/versions", json=sent)
    assert (refused.status_code, refused.json()["error_code"]) == (422, 42201), refused.text
    assert len(refused.json()["message"]) > 20
    assert untouched.post("/compatibility/subjects/s/versions/latest", json=sent).json()["error_code"] == 42201
    verbose = untouched.post("/compatibility/subjects/s/versions/latest?verbose=true", json=sent)
    assert verbose.status_code == 200
    assert verbose.json()["is_compatible"] is False
    assert len(verbose.json()["messages"]) == 1


@pytest.mark.parametrize(
    "references",
    [
        [{}],
        [{"name": "X"}],
        [{"name": "X", "subject": "none", "version": 1}],
        [{"name": "X", "subject": "none", "version": -1}],
        [{"name": "X", "subject": "none", "version": 99999999999}],
        [{"name": "X", "subject": "a\x00b", "version": 1}],
        [{"name": "", "subject": "kept", "version": 1}],
    ],
)
def test_malformed_references(untouched: TestClient[Litestar], references: list[dict[str, object]]) -> None:
    refused = untouched.post("/subjects/s/versions", json={"schema": '"int"', "references": references})
    assert refused.status_code in {400, 422}, refused.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"7",
        b'"text"',
        b'{"schema": 7}',
        b'{"schema": ["x"]}',
        b'{"schema": "\\"int\\"", "version": "one"}',
        b'{"schema": "\\"int\\"", "version": 1.5}',
        b'{"schema": "\\"int\\"", "id": 99999999999999999999}',
        b'{"schema": "\\"int\\"", "references": {}}',
        b'{"schema": "\\"int\\"", "metadata": []}',
        b'{"schema": "\\"int\\"", "metadata": {"properties": {"a": 1}}}',
        b'{"schema": "\\"int\\"", "ruleSet": {"domainRules": [7]}}',
        b'{"schema": "\xff"}',
        b'{"schema": "\\ud800"}',
        b"\xef\xbb\xbf{}",
    ],
)
@pytest.mark.parametrize("path", ["/subjects/s/versions", "/subjects/s", "/compatibility/subjects/s/versions/latest"])
def test_malformed_bodies(untouched: TestClient[Litestar], path: str, body: bytes) -> None:
    refused = untouched.post(path, content=body, headers={"content-type": "application/json"})
    assert refused.status_code in {400, 404, 422}, refused.text
    assert refused.json().keys() == {"error_code", "message"}


@pytest.mark.postgresql
def test_nul_is_no_name_for_any_database(postgresql: str) -> None:
    with TestClient(create_app(load({}, database=postgresql))) as client:
        for path in (
            "/subjects/a%00b/versions",
            "/subjects?subjectPrefix=%00",
            "/subjects?subjectPrefix=:*:%00",
            "/schemas/ids/1?subject=%00",
            "/contexts/.%00/subjects",
            "/config/%00",
            "/mode/%00",
            "/api/v1/subjects?search=%00",
            "/api/v1/subjects/%00",
            "/api/v1/changes?subject=%00",
            "/contexts?contextPrefix=%00",
        ):
            assert client.get(path).status_code in {200, 400, 404, 422}, path
        refused = client.put("/config/s", json={"alias": "a\0b"})
        assert refused.status_code == 422, refused.text
        assert client.get("/subjects/s/versions").status_code == 404


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("/subjects?deletedOnly=perhaps", "deletedOnly: "),
        ("/subjects/kept/versions?deletedAsNegative=no", "deletedAsNegative: "),
        ("/schemas?latestOnly=2", "latestOnly: "),
    ],
)
def test_a_wrong_parameter_is_named_as_it_was_sent(untouched: TestClient[Litestar], path: str, wrong: str) -> None:
    assert untouched.get(path).json()["message"].startswith(wrong)


def test_options_name_every_method_of_a_path(untouched: TestClient[Litestar]) -> None:
    for path, methods in [
        ("/subjects", "GET, HEAD, OPTIONS"),
        ("/subjects/kept/versions", "GET, HEAD, OPTIONS, POST"),
        ("/contexts/.c/subjects/kept/versions/1", "DELETE, GET, HEAD, OPTIONS"),
        ("/config", "DELETE, GET, HEAD, OPTIONS, PUT"),
    ]:
        answer = untouched.options(path)
        assert (answer.status_code, answer.headers["allow"], answer.content) == (204, methods, b""), path
    assert untouched.options("/nowhere").status_code == 404


@pytest.mark.parametrize("version", ["0", "-2", "1.0", "one", "2147483648", "%20", "\u0661", "1e3", "latest1"])
def test_malformed_versions(untouched: TestClient[Litestar], version: str) -> None:
    for method, path in [
        ("GET", f"/subjects/kept/versions/{version}"),
        ("GET", f"/subjects/kept/versions/{version}/schema"),
        ("GET", f"/subjects/kept/versions/{version}/referencedby"),
        ("DELETE", f"/subjects/kept/versions/{version}"),
        ("POST", f"/compatibility/subjects/kept/versions/{version}"),
    ]:
        body = {"json": {"schema": '"int"'}} if method == "POST" else {}
        refused = untouched.request(method, path, **body)
        assert (refused.status_code, refused.json()["error_code"]) == (422, 42202), f"{path}: {refused.text}"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/associations/resources/%00", None, 400),
        ("DELETE", "/api/v1/keys/%00", None, 400),
        ("DELETE", "/api/v1/deployments/%00/a/b", None, 400),
        ("GET", "/api/v1/can-i-deploy?application=%00&build=b&environment=p", None, 400),
        ("GET", "/api/v1/changes?after=99999999999999999999", None, 200),
        ("GET", "/api/v1/log?after=99999999999999999999", None, 200),
        ("POST", "/api/v1/webhooks/x/rotate", {"overlapSeconds": 10**15}, 422),
        ("POST", "/api/v1/webhooks/x/rotate", {"overlapSeconds": -(10**15)}, 422),
        ("POST", "/api/v1/keys", {"principal": "p", "expires": "9999-12-31T23:59:59-12:00"}, 422),
    ],
)
def test_what_no_database_can_be_asked_is_no_fault(
    shared: TestClient[Litestar], method: str, path: str, body: object, status: int
) -> None:
    answer = shared.request(method, path, json=body)
    assert answer.status_code == status, answer.text


def association(**changed: str) -> dict[str, object]:
    resource = {"resourceName": "t", "resourceNamespace": "n", "resourceId": "i", "resourceType": "topic"}
    return resource | {"associations": [{"associationType": "value", "subject": "kept"}]} | changed


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/webhooks", {"url": "https://hooks.example.org/", "prefix": "a\0"}),
        ("/associations", association(resourceName="a\0")),
        ("/associations", association(resourceNamespace="a\0")),
        ("/associations", association(resourceId="a\0")),
        ("/subjects/a/versions", {"schema": '"int"', "metadata": {"properties": {"a": "\\\0"}}}),
    ],
)
def test_a_text_that_postgresql_cannot_keep_is_refused(
    shared: TestClient[Litestar], path: str, body: dict[str, object]
) -> None:
    """On SQLite as well: an export of one has a place in the other."""
    shared.post("/subjects/kept/versions", json={"schema": '"int"'}).raise_for_status()
    position = shared.get("/api/v1/changes").json()["position"]
    refused = shared.post(path, json=body)
    assert refused.status_code == 422, refused.text
    assert "NUL" in refused.json()["message"]
    assert shared.get("/api/v1/changes").json()["position"] == position


def test_what_looks_like_nul_is_kept(shared: TestClient[Litestar]) -> None:
    """A backslash and a number, as in a pattern."""
    body = {"schema": '"int"', "metadata": {"properties": {"a": "\\u0000", "b": "\\\\u0000"}}}
    shared.post("/subjects/pattern/versions", json=body).raise_for_status()
    assert shared.get("/subjects/pattern/versions/1").json()["metadata"] == body["metadata"]


def test_the_last_id_of_a_context(client: TestClient[Litestar]) -> None:
    client.put("/mode/:.full:", json={"mode": "IMPORT"}).raise_for_status()
    last = {"schema": '"string"', "id": 2**31 - 1, "version": 1}
    client.post("/subjects/:.full:a/versions", json=last).raise_for_status()
    client.put("/mode/:.full:?force=true", json={"mode": "READWRITE"}).raise_for_status()
    refused = client.post("/subjects/:.full:b/versions", json={"schema": '"bytes"'})
    assert (refused.status_code, refused.json()["error_code"]) == (422, 42205)
    assert "last id" in refused.json()["message"]
