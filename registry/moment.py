"""Moments of the log: a position, or a time as people and programs write it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from registry.errors import InvalidRequest

_DIGITS: Final = 18
_PLUS: Final = re.compile(r"(?<=\d) (\d\d:?\d\d)$")
"""A zone whose plus was read as a space, as queries are."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A place in the log at which the registry is looked at."""

    position: int
    """Everything up to this entry has happened, nothing after it; 0 is before the first."""
    time: datetime | None
    """Of that entry, UTC; None before the first."""
    last: int
    """Of the newest entry."""


def parse(text: str) -> int | datetime:
    """A position of the log, or a time (ISO 8601; UTC where no zone is given). Raises InvalidRequest."""
    stripped = text.strip()
    if stripped.isascii() and stripped.isdigit() and len(stripped) <= _DIGITS:
        return int(stripped)
    try:
        time = datetime.fromisoformat(_PLUS.sub(r"+\1", stripped) if "T" in stripped else stripped)
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise InvalidRequest(
            f"at is '{text}', neither a position of the log (42) nor a time (2026-11-29, 2026-11-29T07:30:00Z)"
        ) from None
