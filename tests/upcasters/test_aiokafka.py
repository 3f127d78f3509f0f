"""aiokafka reads id-framed records in one version, from librdkafka's mock broker and a registry's answers."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer
from kafka_parts import SUBJECT, TOPIC, Write, answer, broker, framed

from upcasters import AsyncClient, UpcastersError, UpcastFailed
from upcasters.integrations.aiokafka import UpcastingConsumer
from upcasters.integrations.kafka_records import Records


@pytest.fixture
def produce() -> tuple[str, Write]:
    return broker()


@asynccontextmanager
async def consuming(address: str, answering: Any = answer, **options: Any) -> Any:
    consumer = AIOKafkaConsumer(TOPIC, bootstrap_servers=address, auto_offset_reset="earliest")
    async with AsyncClient("http://registry", transport=httpx.MockTransport(answering)) as client:
        await consumer.start()
        try:
            yield UpcastingConsumer(consumer, Records(client, SUBJECT, **options))
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


def test_what_is_no_event_of_the_topic_fails_like_one(produce: Any) -> None:
    address, write = produce
    broken = framed(11, {})[:-1]
    write(b"{}", broken, framed(11, {"status": "N"}))
    letters: list[Any] = []

    async def work() -> Any:
        async with consuming(address, on_failure=lambda *letter: letters.append(letter)) as consumer:
            return await consumer.getone(), consumer.report()

    record, report = run(work())
    assert (record.offset, report.events, report.dead_lettered) == (2, 3, 2)
    assert [event for event, _ in letters] == [b"{}", broken]
    assert "orders, partition 0, offset 0 is not framed" in letters[0][1].reason
    assert "orders, partition 0, offset 1 cannot be decoded" in letters[1][1].reason


def test_the_registry_is_asked_once_for_many_records(produce: Any) -> None:
    address, write = produce
    write(*[framed(11, {"status": "N"})] * 50)
    asked: list[str] = []

    def counted(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return answer(request)

    async def work() -> None:
        async with consuming(address, answering=counted) as consumer:
            for _ in range(50):
                await consumer.getone()

    run(work())
    assert len(asked) == 2, "the version of a schema id, and the chain from it"


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
