"""Payloads of a schema."""

from __future__ import annotations

from collections.abc import Iterator

from compat.errors import InvalidPayload
from compat.json_schema.execute import executors
from compat.json_schema.schema import ParsedSchema


def minimal(schema: ParsedSchema) -> object:
    """The smallest payload; raises InvalidPayload if there is none."""
    for payload in samples(schema, 0):
        return payload
    raise InvalidPayload("no payload of this schema was found")


def samples(schema: ParsedSchema, seed: int) -> Iterator[object]:
    """Valid payloads."""
    judges = executors(schema, formats=False)
    yield from (p for p in (None, {}, "", 0, False, []) if judges.rust.is_valid(p))
