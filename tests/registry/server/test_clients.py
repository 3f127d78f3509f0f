"""The stock Confluent client, unmodified, against a real server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient, ServerConfig
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.common.schema_registry_client import ConfigCompatibilityLevel
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Kind
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp

ORDER = '{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"id","type":"long"}]}'
BROKEN = ORDER.replace("]}", ',{"name":"total","type":"double"}]}')
MENDED = BROKEN.replace('"double"', '"double","default":0')


@pytest.fixture
def client(url: str) -> Iterator[SchemaRegistryClient]:
    with SchemaRegistryClient({"url": url}) as client:
        yield client


def test_the_whole_life_of_a_subject(client: SchemaRegistryClient) -> None:
    first = client.register_schema("order", Schema(ORDER, "AVRO"))
    assert client.register_schema("order", Schema(ORDER, "AVRO")) == first
    assert client.get_schema(first).schema_str == ORDER
    assert "order" in client.get_subjects()
    assert not client.test_compatibility("order", Schema(BROKEN, "AVRO"))
    with pytest.raises(SchemaRegistryError) as refused:
        client.register_schema("order", Schema(BROKEN, "AVRO"))
    assert (refused.value.http_status_code, refused.value.error_code) == (409, 40901)
    assert "Proof: the event" in refused.value.error_message
    second = client.register_schema("order", Schema(MENDED, "AVRO"))
    assert client.get_versions("order") == [1, 2]
    assert client.get_latest_version("order").schema_id == second
    assert client.get_version("order", 1).schema.schema_str == ORDER
    found = client.lookup_schema("order", Schema(ORDER, "AVRO"))
    assert (found.schema_id, found.version) == (first, 1)
    assert client.delete_version("order", 1) == 1
    assert client.delete_subject("order") == [2]
    assert client.delete_subject("order", permanent=True) == [1, 2]
    assert "order" not in client.get_subjects(deleted=True)


def test_settings(client: SchemaRegistryClient) -> None:
    assert client.get_config().compatibility_level == ConfigCompatibilityLevel.BACKWARD
    client.set_config("configured", ServerConfig(compatibility=ConfigCompatibilityLevel.FULL))
    assert client.get_config("configured").compatibility_level == ConfigCompatibilityLevel.FULL
    client.delete_config("configured")
    with pytest.raises(SchemaRegistryError) as missing:
        client.delete_config("configured")
    assert (missing.value.http_status_code, missing.value.error_code) == (404, 40401)


def test_references(client: SchemaRegistryClient) -> None:
    client.register_schema("line", Schema(ORDER, "AVRO"))
    cart = '{"type":"record","name":"Cart","namespace":"shop","fields":[{"name":"order","type":"Order"}]}'
    number = client.register_schema("cart", Schema(cart, "AVRO", [SchemaReference("shop.Order", "line", 1)]))
    assert client.get_schema(number).references == [SchemaReference("shop.Order", "line", 1)]
    event = {"order": {"id": 7}}
    context = SerializationContext("cart", MessageField.VALUE)
    serializer = AvroSerializer(
        client,
        None,
        conf={"auto.register.schemas": False, "use.latest.version": True, "subject.name.strategy": lambda *_: "cart"},
    )
    data = serializer(event, context)
    assert data is not None
    assert AvroDeserializer(client)(data, context) == event


@pytest.mark.parametrize(
    ("serializer", "deserializer", "text"),
    [
        (AvroSerializer, AvroDeserializer, ORDER),
        (
            JSONSerializer,
            JSONDeserializer,
            '{"title":"Order","type":"object","properties":{"id":{"type":"integer"}},"required":["id"]}',
        ),
    ],
)
def test_events_travel(client: SchemaRegistryClient, serializer: type, deserializer: type, text: str) -> None:
    topic = serializer.__name__
    context, event = SerializationContext(topic, MessageField.VALUE), {"id": 42}
    schemas = (text, client) if serializer is JSONSerializer else (client, text)
    data = serializer(*schemas)(event, context)
    assert data[0] == 0
    arguments = (text,) if deserializer is JSONDeserializer else (client,)
    assert deserializer(*arguments)(data, context) == event
    assert f"{topic}-value" in client.get_subjects()


def test_protobuf_events_travel_with_their_imports(client: SchemaRegistryClient) -> None:
    files = [
        FileDescriptorProto(
            name="shop/money.proto",
            package="shop",
            syntax="proto3",
            message_type=[DescriptorProto(name="Money", field=[field("cents", 1, Kind.TYPE_INT64)])],
        ),
        FileDescriptorProto(
            name="shop/order.proto",
            package="shop",
            syntax="proto3",
            dependency=["shop/money.proto", "google/protobuf/timestamp.proto"],
            message_type=[
                DescriptorProto(
                    name="Order",
                    field=[
                        field("total", 1, Kind.TYPE_MESSAGE, ".shop.Money"),
                        field("placed", 2, Kind.TYPE_MESSAGE, ".google.protobuf.Timestamp"),
                    ],
                )
            ],
        ),
    ]
    pool = DescriptorPool()
    pool.AddSerializedFile(Timestamp.DESCRIPTOR.file.serialized_pb)
    for file in files:
        pool.AddSerializedFile(file.SerializeToString())
    order = GetMessageClass(pool.FindMessageTypeByName("shop.Order"))
    message, context = order(), SerializationContext("orders", MessageField.VALUE)
    message.total.cents = 1250
    message.placed.seconds = 7
    data = ProtobufSerializer(order, client, {"use.deprecated.format": False})(message, context)
    received = ProtobufDeserializer(order, {"use.deprecated.format": False}, client)(data, context)
    assert received == message
    assert set(client.get_subjects()) >= {"orders-value", "shop/money.proto"}
    latest = client.get_latest_version("orders-value")
    assert "shop/money.proto" in {reference.name for reference in latest.schema.references}


def field(name: str, number: int, kind: Kind.Type.ValueType, named: str = "") -> Kind:
    return Kind(name=name, number=number, type=kind, type_name=named or None, label=Kind.LABEL_OPTIONAL)
