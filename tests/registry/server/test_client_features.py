"""What the stock Confluent client can do beyond plain events: associations, data contracts, GUIDs in headers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from confluent_kafka.schema_registry import (
    Metadata,
    MetadataProperties,
    Schema,
    SchemaRegistryClient,
    dual_schema_id_deserializer,
    header_schema_id_serializer,
)
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.common.schema_registry_client import (
    AssociationCreateOrUpdateInfo,
    AssociationCreateOrUpdateRequest,
)
from confluent_kafka.schema_registry.common.serde import SubjectNameStrategyType
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.schema_registry.rule_registry import RuleRegistry
from confluent_kafka.schema_registry.serde import FieldContext, FieldRuleExecutor, RuleContext
from confluent_kafka.serialization import MessageField, SerializationContext

PERSON = '{"type":"record","name":"Person","fields":[{"name":"name","type":"string"},{"name":"ssn","type":"string"}]}'
EVENT = {"name": "Ann", "ssn": "078-05-1120"}


@pytest.fixture
def client(url: str) -> Iterator[SchemaRegistryClient]:
    with SchemaRegistryClient({"url": url}) as client:
        yield client


def test_the_subject_of_a_topic_is_the_associated_one(client: SchemaRegistryClient) -> None:
    client.register_schema("people", Schema(PERSON, "AVRO"))
    wanted = AssociationCreateOrUpdateRequest(
        resource_name="persons",
        resource_namespace="lkc-1",
        resource_id="topic-1",
        resource_type="topic",
        associations=[AssociationCreateOrUpdateInfo("people", "value", "STRONG", frozen=True)],
    )
    assert client.create_association(wanted).associations[0].subject == "people"
    (found,) = client.get_associations_by_resource_name("persons", "-", "topic", ["value"])
    assert (found.subject, found.resource_id, found.frozen) == ("people", "topic-1", True)
    strategy = {"subject.name.strategy.type": SubjectNameStrategyType.ASSOCIATED, "auto.register.schemas": False}
    context = SerializationContext("persons", MessageField.VALUE)
    data = AvroSerializer(client, PERSON, conf=strategy)(EVENT, context)
    assert AvroDeserializer(client)(data, context) == EVENT
    with pytest.raises(SchemaRegistryError) as frozen:
        client.delete_associations("topic-1")
    assert frozen.value.error_code == 40908
    client.delete_associations("topic-1", cascade_lifecycle=True)
    assert "people" not in client.get_subjects()


def test_without_an_association_the_topic_names_the_subject(client: SchemaRegistryClient) -> None:
    context = SerializationContext("nobody", MessageField.VALUE)
    strategy = {"subject.name.strategy.type": SubjectNameStrategyType.ASSOCIATED}
    AvroSerializer(client, PERSON, conf=strategy)(EVENT, context)
    assert client.get_latest_version("nobody-value").version == 1


def test_the_guid_travels_in_a_header(client: SchemaRegistryClient) -> None:
    headers: list[tuple[str, bytes]] = []
    context = SerializationContext("guided", MessageField.VALUE, headers=headers)
    data = AvroSerializer(client, PERSON, conf={"schema.id.serializer": header_schema_id_serializer})(EVENT, context)
    assert [name for name, _ in headers] == ["__value_schema_id"]
    read = AvroDeserializer(client, conf={"schema.id.deserializer": dual_schema_id_deserializer})
    assert read(data, context) == EVENT


def test_a_schema_is_used_by_its_id(client: SchemaRegistryClient, url: str) -> None:
    client.register_schema("by-id-value", Schema(PERSON, "AVRO"))
    number = client.get_latest_version("by-id-value").schema_id
    client.register_schema("by-id-value", Schema('{"type":"record","name":"Person","fields":[]}', "AVRO"))
    context = SerializationContext("by-id", MessageField.VALUE)
    with SchemaRegistryClient({"url": url}) as fresh:
        data = AvroSerializer(fresh, conf={"auto.register.schemas": False, "use.schema.id": number})(EVENT, context)
    assert int.from_bytes(data[1:5], "big") == number
    assert AvroDeserializer(client)(data, context) == EVENT


def test_the_latest_version_with_metadata_is_used(client: SchemaRegistryClient) -> None:
    for major in ("1", "2"):
        text = PERSON.replace("Person", "Person", 1).replace("]}", f',{{"name":"v","type":"int","default":{major}}}]}}')
        client.register_schema("tagged-value", Schema(text, "AVRO", metadata=_major(major)))
    context = SerializationContext("tagged", MessageField.VALUE)
    write = AvroSerializer(client, conf={"auto.register.schemas": False, "use.latest.with.metadata": {"major": "1"}})
    data = write({**EVENT, "v": 5}, context)
    assert data is not None
    used = client.get_latest_with_metadata("tagged-value", {"major": "1"}, deleted=True)
    assert (used.version, int.from_bytes(data[1:5], "big")) == (1, used.schema_id)


def _major(value: str) -> Metadata:
    return Metadata(None, MetadataProperties({"major": value}), None)


class Mask(FieldRuleExecutor):
    """Hides what it is shown."""

    def configure(self, client_conf: dict[str, Any], rule_conf: dict[str, Any]) -> None:
        """Nothing to configure."""

    def type(self) -> str:
        return "MASK"

    def new_transform(self, ctx: RuleContext) -> Callable[[RuleContext, FieldContext, Any], Any]:  # noqa: ARG002
        return lambda _ctx, _field, value: f"<{len(value)}>"


def test_rules_and_tags_govern_what_clients_write(client: SchemaRegistryClient, url: str) -> None:
    body = {
        "schema": PERSON,
        "schemaTagsToAdd": [{"schemaEntity": {"entityPath": "Person.ssn", "entityType": "sr_field"}, "tags": ["PII"]}],
        "ruleSet": {"domainRules": [{"name": "hide", "type": "MASK", "tags": ["PII"], "mode": "WRITE"}]},
    }
    httpx.post(f"{url}/subjects/masked-value/versions", json=body).raise_for_status()
    rules = RuleRegistry()
    rules.register_executor(Mask())
    context = SerializationContext("masked", MessageField.VALUE)
    latest = {"auto.register.schemas": False, "use.latest.version": True}
    data = AvroSerializer(client, conf=latest, rule_registry=rules)(EVENT, context)
    assert AvroDeserializer(client)(data, context) == {"name": "Ann", "ssn": "<11>"}
