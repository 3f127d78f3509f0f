"""Payloads as JSON, also those that are no event of the schema they are shown under."""

from __future__ import annotations

import base64
from typing import Any

from compat.formats import Parsed


def json_form(schema: Parsed, payload: object) -> Any:
    """The payload as JSON for people; where it is no event of the schema, value by value."""
    try:
        return schema.engine.to_json(schema.schema, payload)
    except Exception:  # noqa: BLE001 - a payload that is no event has no JSON form of its own
        return plain(payload)


def plain(value: Any) -> Any:
    """Any payload as JSON: bytes as base64, other native values as their text."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case bytes():
            return base64.b64encode(value).decode()
        case dict():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case _:
            return str(value)
