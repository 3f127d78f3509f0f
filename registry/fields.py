"""What the setting ``validateFields`` asks of the top-level fields of a schema."""

from __future__ import annotations

from typing import Final

from compat.definition import Format
from compat.outline import Type
from registry.errors import InvalidSchemaText
from registry.model import Metadata

RESERVED: Final = "confluent:reserved"
"""The metadata property that lists, with commas, the names that no top-level field may have."""

_HIDDEN: Final = "$$"
"""How no property of a JSON Schema may begin: clients use such names for themselves."""


def validate_fields(format: Format, outline: Type, metadata: Metadata | None, before: Metadata | None) -> None:  # noqa: A002
    """Raises InvalidSchemaText for a field with a reserved name, or a name reserved ``before`` and not any more."""
    names = {field.name for field in outline.fields}
    if format is Format.JSON and (hidden := sorted(name for name in names if name.startswith(_HIDDEN))):
        raise InvalidSchemaText(f"Invalid schema: the property '{hidden[0]}' begins with '{_HIDDEN}': rename it")
    reserved = _reserved(metadata)
    if taken := sorted(names & reserved):
        raise InvalidSchemaText(
            f"Invalid schema: the field '{taken[0]}' has a name that '{RESERVED}' reserves: rename it or free the name"
        )
    if freed := sorted(_reserved(before) - reserved):
        raise InvalidSchemaText(
            f"Invalid schema: '{freed[0]}' was reserved and is no longer: keep it in the property '{RESERVED}'"
        )


def _reserved(metadata: Metadata | None) -> frozenset[str]:
    listed = ((metadata and metadata.properties) or {}).get(RESERVED, "")
    return frozenset(name.strip() for name in listed.split(",") if name.strip())
