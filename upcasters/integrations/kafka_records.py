"""What every asynchronous Kafka client needs: the value of a record in one version.

Values are framed as Confluent's serializers write them: one byte that is 0, the schema id in four, the payload.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Final, Protocol, TypeAlias

import msgspec

from upcasters.client import AsyncClient
from upcasters.errors import UpcastersError, UpcastFailed
from upcasters.exchange import Target
from upcasters.failures import Account, Policy, Report

MAGIC: Final = 0
_PREFIX: Final = 5

Decode: TypeAlias = Callable[[int, bytes], Any]
"""Makes an event of a schema id and the bytes after it."""


class Record(Protocol):
    """A record as ``aiokafka`` gives it."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def value(self) -> Any: ...


def unframed(data: bytes, place: str) -> tuple[int, bytes]:
    """The schema id and the payload. Raises UpcastersError, which names the place, where there is no frame."""
    if len(data) < _PREFIX or data[0] != MAGIC:
        raise UpcastersError(f"{place} is not framed with a schema id")
    (schema_id,) = struct.unpack(">I", data[1:_PREFIX])
    return schema_id, data[_PREFIX:]


def decode_json(_schema_id: int, data: bytes) -> Any:
    """JSON, whatever the schema."""
    return msgspec.json.decode(data)


class Records:
    """Brings the records of one subject over."""

    def __init__(
        self,
        registry: AsyncClient,
        subject: str,
        to: Target = "latest",
        *,
        decode: Decode = decode_json,
        on_failure: Policy = "raise",
    ) -> None:
        """``decode`` reads other formats than JSON, or raises ValueError; ``on_failure`` as in ``failures.py``."""
        self._registry = registry
        self._subject = subject
        self._to = to
        self._decode = decode
        self._account = Account(on_failure)

    def report(self) -> Report:
        """What became of the events so far, in numbers."""
        return self._account.report()

    async def brought(self, record: Record) -> Any:
        """The event in the wanted version, None for a tombstone, SKIPPED for one that is not handed on.

        A value without a frame, or that cannot be decoded, is an event that fails, and is handed to dead letters as it
        is. Raises NoChain, and UpcastFailed under the policy ``raise``.
        """
        if record.value is None:
            return None
        place = f"{record.topic}, partition {record.partition}, offset {record.offset}"
        try:
            schema_id, payload = unframed(record.value, place)
        except UpcastersError as error:
            return self._account.bring(record.value, self._refusal((0, 0), str(error)))
        version = await self._registry.version(self._subject, schema_id)
        chain = await self._registry.chain(self._subject, version, self._to)
        try:
            event = self._decode(schema_id, payload)
        except (ValueError, RecursionError) as error:
            refusal = self._refusal((chain.source, chain.target), f"{place} cannot be decoded: {error}")
            return self._account.bring(record.value, refusal)
        return self._account.bring(event, chain)

    def _refusal(self, versions: tuple[int, int], reason: str) -> Callable[[Any], Any]:
        def refuse(_stored: Any) -> Any:
            raise UpcastFailed(self._subject, versions, "", "", reason)

        return refuse
