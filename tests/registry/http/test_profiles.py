"""Profiles over HTTP: where they are set, how they are inherited, and what answers look like under them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from compat.profile import FormatMode
from registry.errors import InvalidRequest
from registry.http.app import create_app
from registry.settings import load

Client = TestClient[Litestar]

OPEN = {"type": "object", "properties": {"a": {"type": "string"}}}
GROWN = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}
WANTING = {**OPEN, "required": ["c"]}
AVRO = {"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"}]}
AVRO_MORE = {**AVRO, "fields": [*AVRO["fields"], {"name": "note", "type": "string"}]}  # type: ignore[misc]


def body(schema: Any) -> dict[str, Any]:
    kind = "AVRO" if schema.get("type") == "record" else "JSON"
    return {"schemaType": kind, "schema": json.dumps(schema)}


def register(client: Client, schema: Any, subject: str = "s") -> Any:
    return client.post(f"/subjects/{subject}/versions", json=body(schema)).json()


def verbose(client: Client, schema: Any, subject: str = "s") -> Any:
    return client.post(f"/compatibility/subjects/{subject}/versions?verbose=true", json=body(schema)).json()


def test_a_subjects_profile_decides_registrations(client: Client) -> None:
    register(client, OPEN)
    assert register(client, WANTING)["error_code"] == 40901
    assert client.put("/config/s", json={"profile": "CONFLUENT"}).json() == {"profile": "confluent"}
    assert register(client, WANTING)["version"] == 2
    assert register(client, GROWN)["error_code"] == 40901
    client.put("/config/s", json={"compatibilityPolicy": "LENIENT"})
    assert verbose(client, {**WANTING, **GROWN})["is_compatible"] is True


def test_the_refusal_is_in_confluents_form_and_kept_with_its_profile(client: Client) -> None:
    client.put("/config/s", json={"profile": "confluent"})
    register(client, OPEN)
    told = register(client, GROWN)["message"]
    kind = '{errorType:"OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL", description:"'
    assert told.startswith('Schema being registered is incompatible with an earlier schema for subject "s", details: [')
    assert kind in told
    first, version, schema, level = verbose(client, GROWN)["messages"]
    assert first.startswith(kind)
    assert version == "{oldSchemaVersion: 1}"
    assert schema == f"{{oldSchema: '{json.dumps(OPEN)}'}}"
    assert level == "{validateFields: 'false', compatibility: 'BACKWARD'}"
    client.put("/config/s", json={"validateFields": True, "compatibility": "FULL"})
    assert verbose(client, GROWN)["messages"][-1] == "{validateFields: 'true', compatibility: 'FULL'}"
    assert "{validateFields: 'true', compatibility: 'FULL'}]" in register(client, GROWN)["message"]
    event = client.get("/api/v1/changes").json()["entries"][-1]["event"]
    assert event["profile"] == "confluent"
    assert event["findings"][0]["rule"] == "confluent:OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL"


def test_avros_form_has_additional_information(client: Client) -> None:
    client.put("/config/s", json={"profile": "confluent"})
    register(client, AVRO)
    (first, *_) = verbose(client, AVRO_MORE)["messages"]
    assert first.startswith("{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE', description:'")
    assert first.endswith("additionalInfo:'note'}")


def test_where_the_truth_is_another_a_note_says_so(client: Client) -> None:
    client.put("/config/s", json={"profile": "confluent"})
    register(client, OPEN)
    note = "Confluent's policy STRICT accepts this; the event {} fails (REQUIRED_ADDED)."
    verdict = client.post("/api/v1/compatibility/s", json=body(WANTING)).json()
    assert (verdict["profile"], verdict["compatible"], verdict["notes"]) == ("confluent", True, [note])
    (finding,) = verdict["findings"]
    assert (finding["blocks"], finding["weight"], finding["note"]) == (False, "warning", note)
    assert finding["witness"]["payload"] == {}
    assert finding["equivalents"]["confluent"][0] == "REQUIRED_ATTRIBUTE_ADDED"
    strict = client.post("/api/v1/compatibility/s?profile=strict", json=body(WANTING)).json()
    assert (strict["profile"], strict["compatible"]) == ("strict", False)
    assert client.post("/api/v1/compatibility/s?profile=lax", json=body(WANTING)).json()["error_code"] == 42203


def test_what_is_compatible_has_no_messages(client: Client) -> None:
    """Confluent's Maven plugin takes any message of the verbose answer for a refusal."""
    client.put("/config/s", json={"profile": "confluent"})
    register(client, OPEN)
    assert verbose(client, WANTING) == {"is_compatible": True, "messages": []}
    client.put("/config/s", json={"profile": "strict", "ruleOverrides": {"REQUIRED_ADDED": "warn"}})
    assert verbose(client, WANTING) == {"is_compatible": True, "messages": []}


def test_a_profile_is_inherited_from_context_and_everything(client: Client) -> None:
    register(client, OPEN, ":.team:s")
    register(client, OPEN)
    client.put("/config/:.team:", json={"profile": "confluent"}).raise_for_status()
    assert verbose(client, WANTING, ":.team:s")["is_compatible"] is True
    assert verbose(client, WANTING)["is_compatible"] is False
    client.put("/config", json={"profile": "confluent"}).raise_for_status()
    assert verbose(client, WANTING)["is_compatible"] is True
    client.put("/config/s", json={"normalize": False}).raise_for_status()
    assert verbose(client, WANTING)["is_compatible"] is True
    client.put("/config/s", json={"profile": "strict"}).raise_for_status()
    assert verbose(client, WANTING)["is_compatible"] is False
    client.put("/config", json={"profile": None}).raise_for_status()
    assert "profile" not in client.get("/config").json()


def test_overrides_make_lossy_changes_block(client: Client) -> None:
    long = {"type": "record", "name": "Order", "fields": [{"name": "id", "type": "double"}]}
    register(client, AVRO)
    assert verbose(client, long)["is_compatible"] is True
    client.put("/config/s", json={"ruleOverrides": {"lossy": "block"}}).raise_for_status()
    assert register(client, long)["error_code"] == 40901
    client.put("/config/s", json={"ruleOverrides": None}).raise_for_status()
    assert verbose(client, long)["is_compatible"] is True


def test_formats_of_json_schema_mean_what_is_configured(client: Client) -> None:
    """A format that is added refuses something only if it is an assertion."""
    dated = {"type": "object", "properties": {"a": {"type": "string", "format": "date"}}}
    register(client, OPEN)
    assert verbose(client, dated)["is_compatible"] is False
    client.put("/config", json={"jsonFormats": "Annotation"}).raise_for_status()
    assert verbose(client, dated)["is_compatible"] is True
    client.put("/config/s", json={"jsonFormats": "assertion"}).raise_for_status()
    assert client.get("/config/s").json() == {"jsonFormats": "assertion"}
    assert verbose(client, dated)["is_compatible"] is False


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"profile": "lax"}, "'lax' is not a profile; choose one of strict, confluent, confluent-lenient"),
        ({"ruleOverrides": {"NOTHING": "block"}}, "'NOTHING' is not a rule"),
        ({"ruleOverrides": {"lossy": "maybe"}}, "choose one of block, warn, allow, ignore"),
        ({"compatibilityPolicy": "LAX"}, "not one of STRICT, LENIENT"),
        ({"jsonFormats": "sometimes"}, "choose one of conservative, annotation, assertion"),
    ],
)
def test_what_does_not_exist_is_42203_and_changes_nothing(client: Client, change: dict[str, Any], said: str) -> None:
    answer = client.put("/config/s", json=change)
    assert (answer.status_code, answer.json()["error_code"]) == (422, 42203)
    assert said in answer.json()["message"]
    assert client.get("/config/s").status_code == 404


def test_rules_of_others_are_explained(untouched: Client) -> None:
    (rule,) = untouched.get("/api/v1/rules/buf:FIELD_SAME_TYPE").json()
    assert rule["format"] == "PROTOBUF"
    (rule,) = untouched.get("/api/v1/rules/confluent:SUM_TYPE_EXTENDED").json()
    assert rule["why"] == "Confluent accepts this under every policy."


def test_the_servers_default_is_a_setting(tmp_path: Any) -> None:
    settings = load({"LINEAL_PROFILE": "confluent"}, database=f"sqlite:///{tmp_path / 'lineal.db'}")
    with TestClient(create_app(settings)) as client:
        register(client, OPEN)
        assert verbose(client, WANTING)["is_compatible"] is True
        assert client.get("/config/s?defaultToGlobal=true").json()["profile"] == "confluent"
    with pytest.raises(InvalidRequest, match="LINEAL_PROFILE is 'lax', not one of strict"):
        load({"LINEAL_PROFILE": "lax"})
    with pytest.raises(InvalidRequest, match="LINEAL_JSON_FORMATS is 'lax', not one of conservative"):
        load({"LINEAL_JSON_FORMATS": "lax"})
    assert load({"LINEAL_JSON_FORMATS": "annotation"}).defaults.json_formats is FormatMode.ANNOTATION
