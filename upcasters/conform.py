"""Whether a payload has the shape of its version, and where not: light, for the message of an error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from upcasters.codecs import sort_of
from upcasters.fit import label
from upcasters.path import ROOT, Pointer
from upcasters.shape import Anything, Array, Choice, Integer, Never, OneOf, Plain, Record, Shape, Table

_NATIVE: Final = {
    "null": ("NoneType",), "boolean": ("bool",), "string": ("str",), "bytes": ("bytes",),
    "number": ("int", "float", "Decimal"), "decimal": ("Decimal",), "timestamp": ("datetime",), "date": ("date",),
    "time": ("time",), "duration": ("timedelta", "tuple"), "uuid": ("UUID",),
}  # fmt: skip


def deviations(shape: Shape, value: Any, at: Pointer = ROOT) -> Iterator[tuple[Pointer, str]]:  # noqa: C901
    """Every place where a value is not of a shape, with what is wrong there."""
    match shape:
        case Anything():
            return
        case Record() if isinstance(value, dict):
            for name, member in shape.members.items():
                if name in value:
                    yield from deviations(member.shape, value[name], at / name)
                elif member.required:
                    yield at / name, "missing, and every event of this version has it"
        case Array(items=items) if isinstance(value, list):
            for index, item in enumerate(value):
                yield from deviations(items, item, at / str(index))
        case Table(values=values) if isinstance(value, dict):
            for name, item in value.items():
                yield from deviations(values, item, at / name)
        case OneOf(arms=arms):
            if not any(next(deviations(arm, value, at), None) is None for arm in arms):
                yield at, f"{sort_of(value)} where {label(shape)} is expected"
        case _:
            if not _is_leaf(shape, value):
                yield at, f"{sort_of(value)} where {label(shape)} is expected"


def _is_leaf(shape: Shape, value: Any) -> bool:
    match shape:
        case Plain(kind=kind):
            return type(value).__name__ in _NATIVE[kind]
        case Integer():
            return isinstance(value, int) and not isinstance(value, bool)
        case Choice(symbols=symbols):
            return any(isinstance(value, bool) is isinstance(symbol, bool) and value == symbol for symbol in symbols)
        case Never() | _:
            return False
