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

from upcasters.client import AsyncClient
from upcasters.exchange import Target
from upcasters.failures import SKIPPED, Account, Policy, Report
from upcasters.integrations.framing import Decode, decode_json, unframed

Message: TypeAlias = "StreamMessage[ConsumerRecord[Any, Any]]"
Parse: TypeAlias = "Callable[[ConsumerRecord[Any, Any]], Awaitable[Message]]"


class Upcasting:
    """The parser and the decoder of a subscriber whose topic has one subject."""

    def __init__(
        self,
        registry: AsyncClient,
        subject: str,
        to: Target = "latest",
        *,
        decode: Decode = decode_json,
        on_failure: Policy = "raise",
    ) -> None:
        """``decode`` reads other formats than JSON; ``on_failure`` as in ``upcasters.failures``."""
        self._registry = registry
        self._subject = subject
        self._to = to
        self._decode = decode
        self._account = Account(on_failure)

    def report(self) -> Report:
        """What became of the events so far, in numbers."""
        return self._account.report()

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
        record = message.raw_message
        if record.value is None:
            return None
        place = f"{record.topic}, partition {record.partition}, offset {record.offset}"
        schema_id, payload = unframed(record.value, place)
        version = await self._registry.version(self._subject, schema_id)
        chain = await self._registry.chain(self._subject, version, self._to)
        event = self._account.bring(self._decode(schema_id, payload), chain)
        if event is SKIPPED:
            raise AckMessage
        return event


def _is_text(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True
