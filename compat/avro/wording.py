"""Single values of Avro types as JSON-ready values a person can read and edit.

bytes and fixed: characters 0 to 255, one per byte, as Avro's own JSON does; decimal: digits in a string; date, time and
timestamps: RFC 3339 (a local timestamp without offset); uuid: its text; NaN and infinities: ``"NaN"``, ``"Infinity"``,
``"-Infinity"``. Everything else is itself.
"""

from __future__ import annotations

import datetime as dt
import decimal
import math
import uuid
from typing import cast

from fastavro.read import LOGICAL_READERS

from compat.avro.schema import Decimal, Fixed, Node, Primitive


def from_raw(node: Node, raw: object) -> object:
    """What fastavro's decoder makes of a raw value; the raw value itself where the logical type cannot hold it."""
    if node.logical is None:
        return raw
    reader = LOGICAL_READERS.get(f"{node.kind}-{node.logical.name}")
    if reader is None:
        return raw
    attributes: dict[str, object] = {"type": node.kind}
    match node:
        case Primitive(logical=Decimal() as digits) | Fixed(logical=Decimal() as digits):
            attributes |= {"precision": digits.precision, "scale": digits.scale}
    try:
        return cast("object", reader(raw, attributes, None))
    except (ValueError, OverflowError, ArithmeticError):
        return raw


def show(node: Node, raw: object) -> object:
    """A raw value (as encoded) for people."""
    return plain(from_raw(node, raw))


def plain(value: object) -> object:
    """One payload value (no record, array or map) as a JSON-ready value."""
    match value:
        case bytes():
            return value.decode("latin-1")
        case decimal.Decimal():
            return format(value, "f")
        case dt.datetime():
            text = value.isoformat()
            return text.removesuffix("+00:00") + "Z" if value.tzinfo is not None and text.endswith("+00:00") else text
        case dt.date() | dt.time():
            return value.isoformat()
        case uuid.UUID():
            return str(value)
        case float() if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        case _:
            return value
