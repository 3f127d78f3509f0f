"""Values of events as JSON and back, with what JSON does not have: for what a job writes down between two runs."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

KIND: Final = "$"
OF: Final = "of"
"""The members of a record that stands for a value JSON does not have."""

_KINDS: Final[Mapping[type, tuple[str, Callable[[Any], Any]]]] = MappingProxyType({
    Decimal: ("decimal", str), bytes: ("bytes", lambda value: base64.b64encode(value).decode()),
    datetime: ("timestamp", datetime.isoformat), date: ("date", date.isoformat), time: ("time", time.isoformat),
    timedelta: ("duration", lambda value: [value.days, value.seconds, value.microseconds]), UUID: ("uuid", str),
    float: ("double", repr), int: ("int", str), tuple: ("tuple", lambda value: [kept(item) for item in value]),
    dict: ("record", lambda value: [[kept(key), kept(item)] for key, item in value.items()]),
})  # fmt: skip
_READERS: Final[Mapping[str, Callable[[Any], Any]]] = MappingProxyType({
    "decimal": Decimal, "bytes": base64.b64decode, "timestamp": datetime.fromisoformat, "date": date.fromisoformat,
    "time": time.fromisoformat, "duration": lambda parts: timedelta(*parts), "uuid": UUID, "double": float,
    "int": int, "tuple": lambda items: tuple(map(restored, items)),
    "record": lambda entries: {restored(key): restored(item) for key, item in entries},
})  # fmt: skip


def kept(value: Any) -> Any:
    """A tree of an event's values as JSON-ready. Raises TypeError for a value that no event has."""
    match value:
        case None | bool() | str():
            return value
        case int() if -(2**63) <= value < 2**63:
            return value
        case float() if math.isfinite(value):
            return value
        case list():
            return [kept(item) for item in value]
        case dict() if KIND not in value and all(isinstance(key, str) for key in value):
            return {key: kept(item) for key, item in value.items()}
    found = _KINDS.get(type(value))
    if found is None:
        raise TypeError(f"{type(value).__name__} is no value of an event")
    kind, write = found
    return {KIND: kind, OF: write(value)}


def restored(tree: Any) -> Any:
    """The values that ``kept`` wrote."""
    match tree:
        case dict() if KIND in tree:
            return _READERS[tree[KIND]](tree[OF])
        case dict():
            return {key: restored(item) for key, item in tree.items()}
        case list():
            return [restored(item) for item in tree]
        case _:
            return tree
