"""Logical types: which attributes make one (Avro 1.12, 'Logical Types').

An unknown or invalid logical type is ignored and the underlying type stands, as the specification demands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from compat.avro.schema import Decimal, Logical, Plain
from compat.errors import LimitExceeded

UNDERLYING: Final[Mapping[str, frozenset[str]]] = {
    "big-decimal": frozenset({"bytes"}),
    "uuid": frozenset({"string", "fixed"}),
    "date": frozenset({"int"}),
    "time-millis": frozenset({"int"}),
    "time-micros": frozenset({"long"}),
    "timestamp-millis": frozenset({"long"}),
    "timestamp-micros": frozenset({"long"}),
    "timestamp-nanos": frozenset({"long"}),
    "local-timestamp-millis": frozenset({"long"}),
    "local-timestamp-micros": frozenset({"long"}),
    "local-timestamp-nanos": frozenset({"long"}),
    "duration": frozenset({"fixed"}),
}
"""Logical types without parameters, and the types they may stand on."""

MOST_DIGITS: Final = 10_000
"""How many digits a decimal may have here; the specification knows no bound."""

_SIZES: Final = {"uuid": 16, "duration": 12}


def logical_type(kind: str, properties: Mapping[str, object], size: int | None = None) -> Logical | None:
    """The logical type that the attributes of a type of this kind (and, if fixed, size) declare, if it is valid."""
    name = properties.get("logicalType")
    if not isinstance(name, str):
        return None
    if name == "decimal":
        return _decimal(kind, properties, size)
    if kind not in UNDERLYING.get(name, ()):
        return None
    if kind == "fixed" and size != _SIZES[name]:
        return None
    return Plain(name)


def _decimal(kind: str, properties: Mapping[str, object], size: int | None) -> Decimal | None:
    precision, scale = properties.get("precision"), properties.get("scale", 0)
    if kind not in ("bytes", "fixed") or type(precision) is not int or type(scale) is not int:
        return None
    if precision < 1 or not 0 <= scale <= precision:
        return None
    if precision > MOST_DIGITS:
        raise LimitExceeded("digits of a decimal", MOST_DIGITS, "use a smaller precision, or bytes")
    if size is not None and (size < 1 or precision > digits(size)):
        return None
    return Decimal(precision, scale)


def digits(size: int) -> int:
    """How many decimal digits always fit in a two's complement number of so many bytes."""
    return int((8 * size - 1) * 0.301029995663981195)
