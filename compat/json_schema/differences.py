"""What changed between two schemas, for people."""

from __future__ import annotations

from collections.abc import Iterator

from compat.json_schema.schema import ParsedSchema
from compat.verdict import Difference


def differences(old: ParsedSchema, new: ParsedSchema) -> Iterator[Difference]:
    """Everything that changed, in the order of the definitions."""
    yield from ()
