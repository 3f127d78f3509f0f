"""How Confluent's serializers frame a value: one byte that is 0, the schema id in four, the payload."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import msgspec

from upcasters.errors import UpcastersError

MAGIC: Final = 0
_PREFIX: Final = 5

Decode: TypeAlias = Callable[[int, bytes], Any]
"""Makes an event of a schema id and the bytes after it."""


def unframed(data: bytes, place: str) -> tuple[int, bytes]:
    """The schema id and the payload. Raises UpcastersError, which names the place, where there is no frame."""
    if len(data) < _PREFIX or data[0] != MAGIC:
        raise UpcastersError(f"{place} is not framed with a schema id")
    (schema_id,) = struct.unpack(">I", data[1:_PREFIX])
    return schema_id, data[_PREFIX:]


def decode_json(_schema_id: int, data: bytes) -> Any:
    """JSON, whatever the schema."""
    return msgspec.json.decode(data)
