"""Events of a version as its readers meet them.

JSON's numbers are exact to who judges schemas. To who reads events those with a point or an exponent are doubles, and
so they are to an upcaster.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from compat.definition import Format
from compat.formats import Parsed


def samples(version: Parsed, seed: int) -> Iterator[Any]:
    """Generated events, boundary values first."""
    for payload in version.engine.samples(version.schema, seed):
        event = _met(version, payload)
        if event == payload or not any(version.engine.violations(version.schema, event)):
            yield event  # not, where a double is no longer what the schema asks for


def from_json(version: Parsed, value: object) -> Any:
    """An event that is given as JSON. Raises InvalidPayload where it is none."""
    return _met(version, version.engine.from_json(version.schema, value))


def _met(version: Parsed, payload: object) -> Any:
    return _doubles(payload) if version.definition.format is Format.JSON else payload


def _doubles(value: Any) -> Any:
    match value:
        case Decimal() if math.isfinite(double := float(value)):
            return double
        case dict():
            return {name: _doubles(item) for name, item in value.items()}
        case list():
            return [_doubles(item) for item in value]
        case _:
            return value
