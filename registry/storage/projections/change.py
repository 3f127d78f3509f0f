"""What one event does to the projections, as a function, and how it writes what a column keeps as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from registry.events import Entry, Event

Change = Callable[[Connection, Entry, Any], None]
"""Gets the entry and its event, of the type under which the change is listed."""

Changes = Mapping[type[Event], Change]

_json: Final = msgspec.json.Encoder()


def text(value: object) -> str:
    """A value as JSON."""
    return _json.encode(value).decode()
