"""aiokafka reads id-framed records in one version, from librdkafka's mock broker and a registry's answers."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer
from confluent_kafka import Producer

from upcasters import AsyncClient, Document, UpcastersError, UpcastFailed, chain_to_json, read
from upcasters.integrations.aiokafka import UpcastingConsumer

TOPIC, SUBJECT = "orders", "orders-value"
STEPS = [
    {"upcast": 1, "subject": SUBJECT, "from": 1, "to": 2, "ops": [{"map": {"at": "/status", "table": {"N": "NEW"}}}]},
    {"upcast": 1, "subject": SUBJECT, "from": 2, "to": 3, "ops": [{"add": {"at": "/currency", "value": "EUR"}}]},
]
DOCUMENTS: list[Document] = [read(step) for step in STEPS]
VERSION_OF_ID = {11: 1, 12: 2, 13: 3}


def answer(request: httpx.Request) -> httpx.Response:
    """A registry's answers: versions of ids, and chains."""
    if request.url.path.startswith("/schemas/ids/"):
        version = VERSION_OF_ID[int(request.url.path.split("/")[3])]
        return httpx.Response(200, json=[{"subject": SUBJECT, "version": version}])
    version = int(request.url.params["from"])
    return httpx.Response(200, json=chain_to_json(SUBJECT, version, DOCUMENTS[version - 1 :], {}))


def framed(schema_id: int, event: Any) -> bytes:
    return struct.pack(">bI", 0, schema_id) + json.dumps(event).encode()


@pytest.fixture
def produce() -> tuple[str, Callable[..., None]]:
    """A broker's address, and a function that writes values to the first partition of the topic."""
    producer = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "none", "log_level": 0})
    broker = next(iter(producer.list_topics(timeout=10).brokers.values()))

    def write(*values: bytes | None) -> None:
        for value in values:
            producer.produce(TOPIC, value, partition=0)
        assert producer.flush(10) == 0

    return f"{broker.host}:{broker.port}", write


@asynccontextmanager
async def consuming(address: str, **options: Any) -> Any:
    consumer = AIOKafkaConsumer(TOPIC, bootstrap_servers=address, auto_offset_reset="earliest")
    async with AsyncClient("http://registry", transport=httpx.MockTransport(answer)) as client:
        await consumer.start()
        try:
            yield UpcastingConsumer(consumer, client, SUBJECT, **options)
        finally:
            await consumer.stop()


def run(work: Any) -> Any:
    return asyncio.run(asyncio.wait_for(work, 40))


def test_every_record_comes_in_the_newest_version(produce: Any) -> None:
    address, write = produce
    write(
        framed(11, {"status": "N"}), framed(12, {"status": "NEW"}), None, framed(13, {"status": "A", "currency": "X"})
    )

    async def work() -> list[Any]:
        async with consuming(address) as consumer:
            one = await consumer.getone()
            assert (one.topic, one.offset) == (TOPIC, 0)
            values = [one.value]
            async for record in consumer:
                values.append(record.value)
                if len(values) == 4:
                    return values
        return []

    new = {"status": "NEW", "currency": "EUR"}
    assert run(work()) == [new, new, None, {"status": "A", "currency": "X"}]


def test_getmany_leaves_out_what_is_skipped_and_counts(produce: Any) -> None:
    address, write = produce
    write(framed(11, {"status": "N"}), framed(11, {"status": "Z"}), framed(11, {"status": "N"}))

    async def work() -> Any:
        async with consuming(address, on_failure="skip") as consumer:
            records: list[Any] = []
            while consumer.report().events < 3:
                for batch in (await consumer.getmany(timeout_ms=500)).values():
                    records += batch
            return [record.offset for record in records], consumer.report()

    offsets, report = run(work())
    assert offsets == [0, 2]
    assert (report.events, report.skipped, report.first[0].number) == (3, 1, 2)


def test_getone_goes_on_after_a_dead_letter(produce: Any) -> None:
    address, write = produce
    write(framed(11, {"status": "Z"}), framed(11, {"status": "N"}))
    letters: list[Any] = []

    async def work() -> Any:
        async with consuming(address, on_failure=lambda event, error: letters.append((event, error.place))) as consumer:
            return await consumer.getone()

    assert run(work()).offset == 1
    assert letters == [({"status": "Z"}, "/ops/0/map")]


@pytest.mark.parametrize(("value", "error"), [(framed(11, {"status": "Z"}), UpcastFailed), (b"{}", UpcastersError)])
def test_errors_are_raised(produce: Any, value: bytes, error: type[Exception]) -> None:
    address, write = produce
    write(value)

    async def work() -> None:
        async with consuming(address) as consumer:
            await consumer.getone()

    with pytest.raises(error, match=r"/ops/0/map at /status|orders, partition 0, offset 0 is not framed"):
        run(work())
