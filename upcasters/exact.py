"""Multiply and round exactly: what ``scale`` does, without ever computing with binary fractions."""

from __future__ import annotations

from collections.abc import Callable
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
    Inexact,
    InvalidOperation,
    Overflow,
)
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

from upcasters.canonical import number
from upcasters.codecs import sort_of
from upcasters.operations import Number, Rounding, Scale

LARGEST_DECIMAL_EXPONENT: Final = 400
"""Numbers beyond ten to this power are refused: exact arithmetic on them would take for ever."""

RANGES: Final = {"int32": range(-(2**31), 2**31), "int64": range(-(2**63), 2**63)}


@lru_cache(maxsize=1024)
def factor(text: str | int) -> Fraction:
    """The factor a document writes: ``100``, ``"0.01"``, ``"1/60"``. Raises ValueError."""
    try:
        over, _, under = str(text).partition("/")
        value = Fraction(Decimal(over)) / (Fraction(Decimal(under)) if under else 1)
    except (ArithmeticError, ValueError) as error:
        raise ValueError(f"{text!r} is neither a decimal nor a fraction such as '1/60'") from error
    if not value or len(str(text)) > 60:
        raise ValueError(f"{text!r} is no factor")
    return value


def exactly(value: Any) -> Fraction:
    """The number a value is: whole numbers, decimals, doubles as they are written, texts in digits."""
    match value:
        case bool():
            raise TypeError("true or false where a number is expected")
        case int():
            return Fraction(value)
        case float():
            digits = Decimal(repr(value))
        case Decimal():
            digits = value
        case str():
            try:
                digits = Decimal(value)
            except ArithmeticError as error:
                raise ValueError(f"{value[:60]!r} is not a number") from error
        case _:
            raise TypeError(f"{sort_of(value)} where a number is expected")
    if not digits.is_finite() or abs(digits.adjusted()) > LARGEST_DECIMAL_EXPONENT:
        raise ValueError(f"{digits} is out of range")
    return Fraction(digits)


def scaled(value: Any, by: Fraction, rounding: Rounding, result: Number, places: int) -> Any:
    """A number times an exact factor, rounded to ``places`` digits after the point, as a ``result``."""
    unit = 10**places
    units = rounded(exactly(value) * by * unit, rounding)
    match result:
        case "int32" | "int64":
            if units not in RANGES[result]:
                raise ValueError(f"{units} does not fit {result}")
            return units
        case "integer":
            return units
        case "decimal":
            return Decimal(f"{units}e-{places}")
        case "double":
            return units / unit
        case "string":
            return _fixed(units, places)


def _fixed(units: int, places: int) -> str:
    digits = str(abs(units)).rjust(places + 1, "0")
    sign = "-" if units < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"


def rounded(value: Fraction, rounding: Rounding) -> int:
    """The whole number next to a fraction, by the named rule; ``exact`` raises ValueError where there is a rest."""
    whole, rest = divmod(value.numerator, value.denominator)
    if not rest:
        return whole
    twice = 2 * rest - value.denominator
    negative = value < 0
    match rounding:
        case "exact":
            raise ValueError(f"{number(float(value))} needs rounding: name how")
        case "floor":
            return whole
        case "ceiling":
            return whole + 1
        case "down":
            return whole + negative
        case "up":
            return whole + (not negative)
        case "half_up":
            return whole + (twice > 0 or (twice == 0 and not negative))
        case "half_down":
            return whole + (twice > 0 or (twice == 0 and negative))
        case "half_even":
            return whole + (twice > 0 or (twice == 0 and whole % 2 == 1))


def scaler(operation: Scale) -> Callable[[Any], Any]:
    """What a ``scale`` computes, made ready: the same as ``scaled``, faster for whole numbers and doubles."""
    by = factor(operation.by)
    rounding, result, places = operation.rounding, operation.result, operation.places
    whole = result in ("int32", "int64", "integer")
    times = by.numerator if by.denominator == 1 and whole and places == 0 else None
    terminating = _terminating(by) if whole and places == 0 and rounding != "exact" else None
    allowed = RANGES.get(result)

    def scale(value: Any) -> Any:
        if times is not None and type(value) is int:
            units = value * times
        elif terminating is not None and type(value) is float:
            try:
                product = _EXACT.multiply(Decimal(repr(value)), terminating)
                units = int(product.quantize(_ONE, _ROUNDINGS[rounding], _WIDE))
            except ArithmeticError:
                return scaled(value, by, rounding, result, places)
        else:
            return scaled(value, by, rounding, result, places)
        if allowed is not None and units not in allowed:
            raise ValueError(f"{units} does not fit {result}")
        return units

    return scale


_ONE: Final = Decimal(1)
_EXACT: Final = Context(prec=60, traps=[Inexact, InvalidOperation, Overflow])
_WIDE: Final = Context(prec=60, traps=[InvalidOperation])
_ROUNDINGS: Final = {
    "half_even": ROUND_HALF_EVEN, "half_up": ROUND_HALF_UP, "half_down": ROUND_HALF_DOWN, "up": ROUND_UP,
    "down": ROUND_DOWN, "ceiling": ROUND_CEILING, "floor": ROUND_FLOOR,
}  # fmt: skip


def _terminating(by: Fraction) -> Decimal | None:
    """The factor as a decimal, if it is one."""
    try:
        return _EXACT.divide(Decimal(by.numerator), Decimal(by.denominator))
    except ArithmeticError:
        return None
