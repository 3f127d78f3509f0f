"""The way back of operations on one value: tables, codecs and factors."""

from __future__ import annotations

from upcasters.codecs import CODECS
from upcasters.exact import factor
from upcasters.expression_check import sort
from upcasters.operations import Convert, Map, Number, Operation, Otherwise, Scale
from upcasters.path import Pointer
from upcasters.reversal import Noted
from upcasters.shape import Integer, Shape


def map_back(noted: Noted, operation: Map) -> list[Operation]:
    """The table read from right to left."""
    inverse: list[tuple[str | int | float | bool | None, str | int | float | bool | None]] = []
    for old, new in operation.pairs:
        if any(isinstance(new, bool) is isinstance(seen, bool) and new == seen for seen, _ in inverse):
            return noted.stuck(f"two values become {new!r}", "write down with a table that chooses one")
        inverse.append((new, old))
    if isinstance(operation.otherwise, Otherwise):
        return noted.stuck("values that are not listed become one", "write down with a table that chooses")
    if operation.otherwise == "keep":
        noted.lens(operation.at, "a kept value may look like a translated one", "up")
        noted.lens(operation.at, "a kept value may look like one that is translated", "down")
    return [Map(operation.at, tuple(inverse), operation.otherwise)]


def convert_back(noted: Noted, at: Pointer, using: str) -> list[Operation]:
    """The inverse codec."""
    codec = CODECS.get(using)
    if codec is None:
        return noted.stuck(f"there is no codec {using!r}", "correct it")
    if not codec.lossless:
        noted.lens(at, f"{using} does not keep every spelling", "up")
    if not CODECS[codec.inverse].lossless:
        noted.lens(at, f"{codec.inverse} does not keep every spelling", "down")
    return [Convert(at, codec.inverse)]


def scale_back(noted: Noted, operation: Scale, found: Shape) -> list[Operation]:
    """The inverse factor, for a number of the kind that was found."""
    by = factor(operation.by)
    result = number_of(found)
    at = operation.at if operation.to is None else operation.at.parent / operation.to
    if result is None:
        return noted.stuck("what kind of number it was is not known", "write down")
    inverse = 1 / by
    if not _whole(found) or (by * 10**operation.places).denominator != 1 or operation.result == "double":
        noted.lens(operation.at, f"rounded ({operation.rounding})", "up")
    if operation.result not in ("int32", "int64", "integer") or inverse.denominator != 1:
        noted.lens(at, f"rounded ({operation.rounding})", "down")
    to = None if operation.to is None else operation.at.name
    text = str(inverse.numerator) if inverse.denominator == 1 else f"{inverse.numerator}/{inverse.denominator}"
    return [
        Scale(
            at,
            text,
            operation.rounding,
            result,
            to,
            _digits(by) if result in ("double", "decimal", "string") else 0,
        )
    ]


def _whole(shape: Shape) -> bool:
    return isinstance(shape, Integer)


def number_of(shape: Shape) -> Number | None:
    """What kind of number ``scale`` makes for a shape; None if it is none."""
    match sort(shape):
        case "int":
            bits = shape.bits if isinstance(shape, Integer) else None
            return "integer" if bits is None else "int32" if abs(bits) <= 32 else "int64"
        case "double":
            return "double"
        case "decimal":
            return "decimal"
        case "string":
            return "string"
        case _:
            return None


def _digits(by: object) -> int:
    """Digits after the point that the inverse of a factor can bring: of a power of ten exactly its zeros."""
    text = str(getattr(by, "numerator", by))
    power = getattr(by, "denominator", 1) == 1 and text.strip("0") == "1"
    return len(text) - 1 if power else 17
