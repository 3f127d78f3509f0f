"""FastStream hands events over in one version: real subscribers, librdkafka's mock broker, a registry's answers."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from faststream.kafka import KafkaBroker, KafkaMessage
from kafka_parts import SUBJECT, TOPIC, Write, answer, broker, framed

from upcasters import AsyncClient, UpcastFailed
from upcasters.integrations.fast_stream import Upcasting

NEW = {"status": "NEW", "currency": "EUR"}


@pytest.fixture
def produce() -> tuple[str, Write]:
    return broker()


def consumed(address: str, count: int, **options: Any) -> tuple[list[Any], Upcasting]:
    """What a handler gets of the topic, until it has got so many."""

    async def work() -> tuple[list[Any], Upcasting]:
        stream = KafkaBroker(address)
        async with AsyncClient("http://registry", transport=httpx.MockTransport(answer)) as registry:
            orders, got, enough = Upcasting(registry, SUBJECT, **options), [], asyncio.Event()

            @stream.subscriber(TOPIC, auto_offset_reset="earliest", parser=orders.parser, decoder=orders.decoder)
            async def on_order(event: Any, message: KafkaMessage) -> None:
                got.append((event, dict(message.headers)))
                if len(got) == count:
                    enough.set()

            async with stream:
                await stream.start()
                await asyncio.wait_for(enough.wait(), 40)
            return got, orders

    return asyncio.run(work())


def test_a_handler_gets_every_event_in_the_newest_version(produce: Any) -> None:
    address, write = produce
    write(framed(11, {"status": "N"}), framed(12, {"status": "NEW"}), framed(13, NEW))
    got, orders = consumed(address, 3)
    assert [event for event, _ in got] == [NEW, NEW, NEW]
    assert orders.report().changed == 2


def test_headers_that_are_no_text_do_not_stop_the_subscriber(produce: Any) -> None:
    address, write = produce
    write(framed(11, {"status": "N"}), headers={"__value_schema_id": b"\x01\xff\xfe", "trace": b"t-1"})
    got, _ = consumed(address, 1)
    assert got == [(NEW, {"trace": "t-1"})]


def test_an_event_that_fails_is_left_out_under_skip_and_counted(produce: Any) -> None:
    address, write = produce
    write(framed(11, {"status": "Z"}), framed(11, {"status": "N"}))
    got, orders = consumed(address, 1, on_failure="skip")
    assert [event for event, _ in got] == [NEW]
    assert (orders.report().events, orders.report().skipped) == (2, 1)


def test_a_dead_letter_gets_the_event_as_it_was(produce: Any) -> None:
    address, write = produce
    write(framed(11, {"status": "Z"}), framed(11, {"status": "N"}))
    letters: list[tuple[Any, UpcastFailed]] = []
    consumed(address, 1, on_failure=lambda event, error: letters.append((event, error)))
    assert [(event, error.place) for event, error in letters] == [({"status": "Z"}, "/ops/0/map")]
