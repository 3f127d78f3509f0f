"""Who may do what, over HTTP: hidden subjects are absent, denied writes are noted, nobody asks too often."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from registry.access.roles import grant
from registry.http.app import create_app
from registry.http.permissions import NEEDS, READING
from registry.service import Registry
from registry.settings import load

MARKS = ("Hush", "hush", "vault", "secret.")
"""What stands only in what is hidden."""


def avro(name: str, *fields: str) -> str:
    return json.dumps(
        {"type": "record", "name": name, "fields": [{"name": one, "type": "string", "default": ""} for one in fields]}
    )


class House:
    """A registry with access control on, and what its principals show."""

    def __init__(self, registry: Registry, client: TestClient[Litestar]) -> None:
        self.registry = registry
        self.client = client
        self.auth = {
            name: (made.stored.id, made.text)
            for name in ("root", "reader", "developer")
            for made in [registry.permissions.create_key(name)]
        }
        registry.permissions.give(grant("reader", "reader", ".", "orders."))
        registry.permissions.give(grant("developer", "developer", ".", "orders."))

    def ask(self, who: str, method: str, path: str, **more: Any) -> Any:
        return self.client.request(method, path, auth=self.auth[who], **more)

    def entries(self, kind: str) -> list[dict[str, Any]]:
        found = self.ask("root", "GET", "/api/v1/changes?limit=1000").json()["entries"]
        return [entry for entry in found if entry["type"] == kind]


@pytest.fixture
def house(database: str) -> Iterator[House]:
    settings = load({}, database=database, access="on", access_admins="root", denials_per_minute=3.0)
    registry = Registry.open(settings)
    with TestClient(create_app(registry=registry)) as client:
        yield House(registry, client)
    registry.close()


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Visible and hidden subjects that have to do with each other; not to be changed."""
    database = f"sqlite:///{tmp_path_factory.mktemp('house') / 'lineal.db'}"
    registry = Registry.open(load({}, database=database, access="on", access_admins="root"))
    with TestClient(create_app(registry=registry)) as client:
        house = House(registry, client)
        hidden = ("secret.Hush", ":.vault:orders.Hush")
        for subject in ("orders.A", *hidden):
            name = "A" if subject == "orders.A" else "Hush"
            field = "id" if subject == "orders.A" else "hush"
            for fields in ((field,), (field, f"{field}_more")):
                body = {"schema": avro(name, *fields), "metadata": {"properties": {"owner": name}}}
                house.ask("root", "POST", f"/subjects/{subject}/versions", json=body).raise_for_status()
            house.ask("root", "PUT", f"/config/{subject}", json={"compatibility": "FULL"}).raise_for_status()
            house.ask("root", "PUT", f"/mode/{subject}", json={"mode": "READWRITE"}).raise_for_status()
            breaking = {
                "schema": json.dumps({"type": "record", "name": name, "fields": [{"name": "x", "type": "int"}]})
            }
            assert house.ask("root", "POST", f"/subjects/{subject}/versions", json=breaking).status_code == 409
            step = {
                "upcast": 1,
                "subject": subject,
                "from": 1,
                "to": 2,
                "ops": [{"add": {"at": f"/{field}_more", "value": f"{field} added"}}],
            }
            house.ask(
                "root", "POST", f"/api/v1/subjects/{subject}/upcasters", json={"document": step}
            ).raise_for_status()
        referring = {
            "schema": json.dumps({"type": "record", "name": "HushRef", "fields": [{"name": "a", "type": "A"}]}),
            "references": [{"name": "A", "subject": "orders.A", "version": 1}],
        }
        house.ask("root", "POST", "/subjects/secret.Ref/versions", json=referring).raise_for_status()
        yield house
    registry.close()


def operations(house: House, method: str) -> list[tuple[str, str, dict[str, Any]]]:
    """(document, path, operation) of both interfaces."""
    found = []
    for document in ("confluent", "lineal"):
        paths = house.ask("root", "GET", f"/openapi/{document}.json").json()["paths"]
        found += [(document, path, item[method]) for path, item in paths.items() if method in item]
    return found


def values(house: House, name: str) -> dict[str, list[str]]:
    """What may stand for each path parameter, where ``name`` is the subject."""
    hidden = house.ask("root", "GET", "/subjects/secret.Hush/versions/1").json()
    return {
        "name": [name],
        "number": ["1", "2", "latest", str(hidden["id"])],
        "guid": [hidden["guid"]],
        "rule": ["READER_FIELD_WITHOUT_DEFAULT"],
        "old": ["1"],
        "new": ["2"],
    }


def urls(house: House, path: str, operation: dict[str, Any], name: str) -> Iterator[str]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    known = values(house, name)
    required = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "query" and one.get("required")}
    queries = ["&".join(f"{one}=1" for one in sorted(required))]
    optional = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"} - required
    for flag in ("deleted", "defaultToGlobal", "fetchMaxId"):
        if flag in optional:
            queries.append("&".join(filter(None, [queries[0], f"{flag}=true"])))
    if "subject" in optional:
        queries.append("&".join(filter(None, [queries[0], f"subject={name}"])))
    if "subjectPrefix" in optional:
        queries += ["subjectPrefix=:*:", f"subjectPrefix={name}"]
    for chosen, query in product(product(*(known.get(one, ["1"]) for one in names)), queries):
        url = path
        for one, value in zip(names, chosen, strict=True):
            url = url.replace(f"{{{one}}}", value)
        yield f"{url}?{query}" if query else url


STREAM = "/api/v1/changes/stream"


def test_nothing_of_a_hidden_subject_is_told_by_any_get(furnished: House) -> None:
    asked = 0
    for _, path, operation in operations(furnished, "get"):
        if path == STREAM:
            continue  # without end; a real server's test reads it
        for prefix, url in product(("", "/contexts/.vault"), urls(furnished, path, operation, "orders.A")):
            text = furnished.ask("reader", "GET", prefix + url).text
            asked += 1
            assert not [mark for mark in MARKS if mark in text.replace(".vault", "" if prefix else ".vault")], url
    assert asked > 100


@pytest.mark.parametrize(
    ("hidden", "absent"), [("secret.Hush", "absent.Hush"), (":.vault:orders.Hush", ":.empty:orders.Hush")]
)
def test_a_hidden_subject_is_answered_like_an_absent_one(furnished: House, hidden: str, absent: str) -> None:
    for _, path, operation in operations(furnished, "get"):
        if path == STREAM:
            continue
        pairs = zip(urls(furnished, path, operation, hidden), urls(furnished, path, operation, absent), strict=True)
        for one, other in pairs:
            first, second = furnished.ask("reader", "GET", one), furnished.ask("reader", "GET", other)
            assert first.status_code == second.status_code, one
            assert first.text.replace(hidden, absent) == second.text, one


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/subjects/{name}", {"schema": avro("Hush", "hush")}),
        ("/compatibility/subjects/{name}/versions?verbose=true", {"schema": '"int"'}),
        ("/compatibility/subjects/{name}/versions/1?verbose=true", {"schema": '"int"'}),
        ("/api/v1/compatibility/{name}", {"schema": '"int"'}),
        ("/api/v1/subjects/{name}/upcast?from=1", {"event": {"hush": "x"}}),
        ("/api/v1/upcasters/verify", {"document": {"upcast": 1, "subject": "{name}", "from": 1, "to": 2, "ops": []}}),
        ("/subjects/{name}/versions", {"schema": '"int"'}),
        ("/api/v1/subjects/{name}/versions", {"schema": '"int"'}),
        ("/api/v1/subjects/{name}/upcasters", {"text": ""}),
    ],
)
def test_nor_is_it_told_by_any_post(furnished: House, path: str, body: dict[str, Any]) -> None:
    def asked(name: str) -> tuple[int, str]:
        text = json.dumps(body).replace("{name}", name)
        answer = furnished.ask("developer", "POST", path.replace("{name}", name), content=text)
        return answer.status_code, answer.text.replace(name, "NAME")

    assert asked("secret.Hush") == asked("absent.Hush")


def test_a_reference_to_a_hidden_subject_does_not_resolve(furnished: House) -> None:
    body = {
        "schema": json.dumps({"type": "record", "name": "B", "fields": [{"name": "a", "type": "Hush"}]}),
        "references": [{"name": "Hush", "subject": "secret.Hush", "version": 1}],
    }
    answer = furnished.ask("developer", "POST", "/subjects/orders.B/versions", json=body)
    assert answer.status_code == 422
    assert "hush" not in answer.text


def test_what_a_visible_version_refers_to_is_part_of_it(house: House) -> None:
    inner = {"schema": avro("Inner", "id")}
    house.ask("root", "POST", "/subjects/common.Inner/versions", json=inner).raise_for_status()
    outer = {
        "schema": json.dumps({"type": "record", "name": "Outer", "fields": [{"name": "a", "type": "Inner"}]}),
        "references": [{"name": "Inner", "subject": "common.Inner", "version": 1}],
    }
    house.ask("root", "POST", "/subjects/orders.Outer/versions", json=outer).raise_for_status()
    assert house.ask("reader", "GET", "/api/v1/subjects/orders.Outer/versions/1").status_code == 200
    assert house.ask("reader", "GET", "/subjects/common.Inner/versions/1").status_code == 404
    refused = house.ask("root", "DELETE", "/subjects/common.Inner").json()["message"]
    assert "orders.Outer" in refused


def test_whoever_deletes_does_not_learn_which_hidden_subject_is_in_the_way(house: House) -> None:
    house.registry.permissions.give(grant("developer", "admin", ".", "orders."))
    house.ask("root", "POST", "/subjects/orders.A/versions", json={"schema": avro("A", "id")}).raise_for_status()
    referring = {
        "schema": json.dumps({"type": "record", "name": "Hush", "fields": [{"name": "a", "type": "A"}]}),
        "references": [{"name": "A", "subject": "orders.A", "version": 1}],
    }
    house.ask("root", "POST", "/subjects/secret.Ref/versions", json=referring).raise_for_status()
    answer = house.ask("developer", "DELETE", "/subjects/orders.A")
    assert (answer.status_code, answer.json()["error_code"]) == (422, 42206)
    assert "secret" not in answer.text


def test_without_credentials_nothing_but_a_challenge(house: House) -> None:
    for _ in range(2):
        answer = house.client.get("/subjects")
        assert (answer.status_code, answer.json()["error_code"]) == (401, 40101)
        assert answer.headers["www-authenticate"].startswith('Basic realm="lineal"')
        assert "Bearer" in answer.headers["www-authenticate"]
        assert answer.headers["x-request-id"]


def test_everybody_may_have_a_role(house: House) -> None:
    house.ask("root", "POST", "/subjects/orders.A/versions", json={"schema": avro("A", "id")}).raise_for_status()
    house.registry.permissions.give(grant("anonymous", "reader", ".", "orders."))
    assert house.client.get("/subjects").json() == ["orders.A"]
    assert house.client.post("/subjects/orders.A/versions", json={"schema": '"int"'}).status_code == 401
    assert house.client.get("/subjects", auth=("x", "y")).status_code == 401


def test_roles_decide_what_may_be_written(house: House) -> None:
    schema = {"schema": avro("A", "id")}
    assert house.ask("reader", "POST", "/subjects/orders.A/versions", json=schema).status_code == 403
    assert house.ask("developer", "POST", "/subjects/orders.A/versions", json=schema).status_code == 200
    assert house.ask("developer", "POST", "/subjects/other.A/versions", json=schema).status_code == 403
    assert house.ask("developer", "POST", "/contexts/.x/subjects/orders.A/versions", json=schema).status_code == 403
    forced = house.ask("developer", "POST", "/subjects/orders.A/versions?force=true", json={"schema": '"int"'})
    assert forced.status_code == 403
    for method, path, body in (
        ("PUT", "/config/orders.A", {"compatibility": "NONE"}),
        ("PUT", "/config", {"compatibility": "NONE"}),
        ("PUT", "/mode/orders.A", {"mode": "IMPORT"}),
        ("DELETE", "/subjects/orders.A", None),
        ("DELETE", "/subjects/orders.A/versions/1", None),
        ("DELETE", "/contexts/.x", None),
        ("GET", "/api/v1/keys", None),
        ("POST", "/api/v1/keys", {"principal": "developer"}),
        ("POST", "/api/v1/grants", {"principal": "developer", "role": "admin"}),
    ):
        answer = house.ask("developer", method, path, json=body)
        assert (answer.status_code, answer.json()["error_code"]) == (403, 40301), path
    assert house.ask("developer", "GET", "/subjects/orders.A/versions").json() == [1]


def test_an_alias_leads_nowhere_that_is_not_allowed(house: House) -> None:
    house.ask("root", "POST", "/subjects/secret.A/versions", json={"schema": avro("Hush", "id")}).raise_for_status()
    house.ask("root", "PUT", "/config/orders.Alias", json={"alias": "secret.A"}).raise_for_status()
    assert house.ask("root", "GET", "/subjects/orders.Alias/versions/1").status_code == 200
    assert house.ask("developer", "GET", "/subjects/orders.Alias/versions/1").status_code == 404
    denied = house.ask("developer", "POST", "/subjects/orders.Alias/versions", json={"schema": avro("Hush", "id", "b")})
    assert denied.status_code == 403
    assert house.ask("root", "GET", "/subjects/secret.A/versions").json() == [1]


def test_every_write_is_in_the_log_with_its_principal(house: House) -> None:
    house.ask("developer", "POST", "/subjects/orders.A/versions", json={"schema": avro("A", "id")}).raise_for_status()
    house.ask("developer", "DELETE", "/subjects/orders.A")
    house.ask("developer", "PUT", "/config", json={"compatibility": "NONE"})
    house.client.post("/subjects/orders.A/versions", json={"schema": '"int"'})
    [registered] = house.entries("SchemaRegistered")
    assert registered["actor"] == "developer"
    denied = [(one["actor"], one["subject"], one["event"]["action"]) for one in house.entries("WriteDenied")]
    assert denied == [
        ("developer", "orders.A", "DELETE /subjects/orders.A"),
        ("developer", "", "PUT /config"),
        ("anonymous", ":.__GLOBAL:access", "POST /subjects/orders.A/versions"),
    ]


def test_denied_writes_do_not_flood_the_log(house: House) -> None:
    for _ in range(20):
        assert house.ask("reader", "DELETE", "/subjects/orders.A").status_code == 403
    assert len(house.entries("WriteDenied")) == 3


def test_what_is_kept_ready_for_one_is_not_given_to_another(house: House) -> None:
    for subject in ("secret.A", "orders.A"):
        body = {"schema": avro("A", "id")}
        house.ask("root", "POST", f"/subjects/{subject}/versions", json=body).raise_for_status()
    for _ in range(3):
        assert house.ask("root", "GET", "/schemas/ids/1").json()["subject"] == "secret.A"
        assert house.ask("reader", "GET", "/schemas/ids/1").json()["subject"] == "orders.A"
        assert house.client.get("/schemas/ids/1").status_code == 401
    house.ask(
        "root", "DELETE", "/api/v1/grants?principal=reader&role=reader&context=.&prefix=orders."
    ).raise_for_status()
    assert house.ask("reader", "GET", "/schemas/ids/1").json()["error_code"] == 40403


def test_keys_and_grants_over_http(house: House) -> None:
    made = house.ask("root", "POST", "/api/v1/keys", json={"principal": "new", "label": "a label"})
    assert made.status_code == 201
    auth = ("new", made.json()["key"])
    assert house.client.get("/api/v1/whoami", auth=auth).json() == {"principal": "new", "groups": [], "grants": []}
    given = {"principal": "new", "role": "reader", "context": ".", "prefix": "orders."}
    house.ask("root", "POST", "/api/v1/grants", json=given).raise_for_status()
    assert house.client.get("/api/v1/whoami", auth=auth).json()["grants"] == [{**given, "source": ""}]
    listed = house.ask("root", "GET", "/api/v1/grants").json()
    assert {**given, "source": "log"} in listed
    assert {"principal": "root", "role": "admin", "context": "*", "prefix": "", "source": "settings"} in listed
    keys = house.ask("root", "GET", "/api/v1/keys").json()
    assert made.json()["key"] not in json.dumps(keys)
    house.ask("root", "DELETE", f"/api/v1/keys/{made.json()['stored']['id']}").raise_for_status()
    assert house.client.get("/api/v1/whoami", auth=auth).status_code == 401


def test_a_principal_that_asks_too_often_waits(database: str) -> None:
    settings = load({}, database=database, rate_per_second=0.001, rate_burst=2)
    registry = Registry.open(settings)
    with TestClient(create_app(registry=registry)) as client:
        answers = [client.get("/subjects") for _ in range(3)]
    registry.close()
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert answers[2].json()["error_code"] == 42901
    assert int(answers[2].headers["retry-after"]) > 100


def test_every_operation_has_its_place(furnished: House) -> None:
    described = {
        f"{method.upper()} {path}"
        for method in ("get", "post", "put", "patch", "delete")
        for _, path, _ in operations(furnished, method)
    }
    assert described == READING | NEEDS.keys(), "say in registry/http/permissions.py what a new operation needs"


def test_without_access_control_everybody_is_anonymous_and_may_everything(client: TestClient[Litestar]) -> None:
    assert client.get("/api/v1/whoami").json()["principal"] == "anonymous"
    client.post("/subjects/a/versions", json={"schema": '"int"'}, auth=("who", "ever")).raise_for_status()
    assert client.get("/api/v1/changes").json()["entries"][0]["actor"] == "anonymous"
