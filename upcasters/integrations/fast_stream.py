"""For ``FastStream`` on Kafka: handlers get events in one version, whatever version they were written in.

    registry = AsyncClient(url)
    orders = Upcasting(registry, "orders-value")

    @broker.subscriber("orders", parser=orders.parser, decoder=orders.decoder)
    async def on_order(event: Order) -> None: ...

Values are framed with a schema id, as the serializers of Confluent's clients write them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from aiokafka import ConsumerRecord
from faststream.exceptions import AckMessage
from faststream.message import StreamMessage

from upcasters.failures import SKIPPED
from upcasters.integrations.kafka_records import Records

Message: TypeAlias = "StreamMessage[ConsumerRecord[Any, Any]]"
Parse: TypeAlias = "Callable[[ConsumerRecord[Any, Any]], Awaitable[Message]]"


class Upcasting(Records):
    """The parser and the decoder of a subscriber whose topic has one subject."""

    async def parser(self, record: ConsumerRecord[Any, Any], original: Parse) -> Message:
        """FastStream reads every header as UTF-8 text and fails where one is not: such headers stay with the record."""
        texts = [(name, value) for name, value in record.headers if _is_text(value)]
        message = await original(dataclasses.replace(record, headers=tuple(texts)))
        message.raw_message = record
        return message

    async def decoder(self, message: Message, _original: Any = None) -> Any:
        """The event in the wanted version, None for a tombstone. An event that is not handed on is acknowledged.

        Raises NoChain, and UpcastFailed under the policy ``raise``.
        """
        event = await self.brought(message.raw_message)
        if event is SKIPPED:
            raise AckMessage
        return event


def _is_text(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True
