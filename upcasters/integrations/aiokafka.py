"""For ``aiokafka``: a consumer whose records come in one version, whatever version they were written in.

    async with AsyncClient(url) as registry:
        orders = UpcastingConsumer(consumer, registry, "orders-value", on_failure="skip")
        async for record in orders:
            ...

Values are framed with a schema id, as the serializers of Confluent's clients write them. Leave ``value_deserializer``
out of the consumer: the bytes are read here.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from upcasters.client import AsyncClient
from upcasters.exchange import Target
from upcasters.failures import SKIPPED, Account, Policy, Report
from upcasters.integrations.framing import Decode, decode_json, unframed


class UpcastingConsumer:
    """Wraps a consumer; commit, seek and close it as before."""

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        registry: AsyncClient,
        subject: str,
        to: Target = "latest",
        *,
        decode: Decode = decode_json,
        on_failure: Policy = "raise",
    ) -> None:
        """Everything the consumer reads must be of one subject. ``decode`` reads other formats than JSON."""
        self._consumer = consumer
        self._registry = registry
        self._subject = subject
        self._to = to
        self._decode = decode
        self._account = Account(on_failure)

    def report(self) -> Report:
        """What became of the events so far, in numbers."""
        return self._account.report()

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
        data = record.value
        if data is None:
            return record
        schema_id, payload = unframed(data, _place(record))
        version = await self._registry.version(self._subject, schema_id)
        chain = await self._registry.chain(self._subject, version, self._to)
        value = self._account.bring(self._decode(schema_id, payload), chain)
        return None if value is SKIPPED else dataclasses.replace(record, value=value)


def _place(record: ConsumerRecord[Any, Any]) -> str:
    return f"{record.topic}, partition {record.partition}, offset {record.offset}"
