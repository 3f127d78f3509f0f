"""What the tests of Kafka clients share: librdkafka's mock broker, and a registry's answers."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any

import httpx
from confluent_kafka import Producer

from upcasters import Document, chain_to_json, read

TOPIC, SUBJECT = "orders", "orders-value"
STEPS = [
    {"upcast": 1, "subject": SUBJECT, "from": 1, "to": 2, "ops": [{"map": {"at": "/status", "table": {"N": "NEW"}}}]},
    {"upcast": 1, "subject": SUBJECT, "from": 2, "to": 3, "ops": [{"add": {"at": "/currency", "value": "EUR"}}]},
]
DOCUMENTS: list[Document] = [read(step) for step in STEPS]
VERSION_OF_ID = {11: 1, 12: 2, 13: 3}

Write = Callable[..., None]


def answer(request: httpx.Request) -> httpx.Response:
    """A registry's answers: versions of ids, and chains."""
    if request.url.path.startswith("/schemas/ids/"):
        version = VERSION_OF_ID[int(request.url.path.split("/")[3])]
        return httpx.Response(200, json=[{"subject": SUBJECT, "version": version}])
    version = int(request.url.params["from"])
    return httpx.Response(200, json=chain_to_json(SUBJECT, version, DOCUMENTS[version - 1 :], {}))


def framed(schema_id: int, event: Any) -> bytes:
    return struct.pack(">bI", 0, schema_id) + json.dumps(event).encode()


def broker() -> tuple[str, Write]:
    """A broker's address, and a function that writes values to the first partition of the topic."""
    producer = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "none", "log_level": 0})
    found = next(iter(producer.list_topics(timeout=10).brokers.values()))

    def write(*values: bytes | None, headers: dict[str, bytes] | None = None) -> None:
        for value in values:
            producer.produce(TOPIC, value, partition=0, headers=headers or {})
        assert producer.flush(10) == 0

    return f"{found.host}:{found.port}", write
