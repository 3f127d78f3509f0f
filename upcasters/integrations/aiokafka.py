"""For ``aiokafka``: a consumer whose records come in one version, whatever version they were written in.

    async with AsyncClient(url) as registry:
        orders = UpcastingConsumer(consumer, Records(registry, "orders-value", on_failure="skip"))
        async for record in orders:
            ...

Values are framed with a schema id, as the serializers of Confluent's clients write them. Leave ``value_deserializer``
out of the consumer: the bytes are read here.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from upcasters.failures import SKIPPED, Report
from upcasters.integrations.kafka_records import Records


class UpcastingConsumer:
    """Wraps a consumer; commit, seek and close it as before."""

    def __init__(self, consumer: AIOKafkaConsumer, records: Records) -> None:
        """Everything the consumer reads must be of the one subject of ``records``."""
        self._consumer = consumer
        self._records = records

    def report(self) -> Report:
        """What became of the events so far, in numbers."""
        return self._records.report()

    async def getone(self, *partitions: TopicPartition) -> ConsumerRecord[Any, Any]:
        """The next record that is handed on. Raises NoChain, and UpcastFailed under the policy ``raise``."""
        while True:
            record = await self._upcast(await self._consumer.getone(*partitions))
            if record is not None:
                return record

    async def getmany(
        self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None
    ) -> dict[TopicPartition, list[ConsumerRecord[Any, Any]]]:
        """The next records by partition. An error loses the rest of them: seek back, or choose another policy."""
        batches = await self._consumer.getmany(*partitions, timeout_ms=timeout_ms, max_records=max_records)
        return {
            partition: [record for one in records if (record := await self._upcast(one)) is not None]
            for partition, records in batches.items()
        }

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ConsumerRecord[Any, Any]:
        while True:
            record = await self._upcast(await self._consumer.__anext__())
            if record is not None:
                return record

    async def _upcast(self, record: ConsumerRecord[Any, Any]) -> ConsumerRecord[Any, Any] | None:
        """The record with its value in the wanted version, None if it is not handed on; tombstones pass."""
        value = await self._records.brought(record)
        return None if value is SKIPPED else dataclasses.replace(record, value=value)
