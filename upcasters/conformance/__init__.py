"""Cases as data, for every compiler here and for implementations elsewhere."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import msgspec


def cases() -> list[dict[str, Any]]:
    """Each case has a name, ops, an event ``in``, and ``out`` or ``error``: the place of the operation that refuses."""
    data = (files("upcasters.conformance") / "cases.json").read_bytes()
    found: list[dict[str, Any]] = msgspec.json.decode(data)["cases"]
    return found
