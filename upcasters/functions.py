"""What expressions compute, on values as they come: the meaning every compiler keeps to.

Types decide what is refused beforehand, never what comes out, so that an event means the same whether it is read with
the shape of its version or without: 5 and 5.0 are one number, and ``/`` divides them as real numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sized
from decimal import Context, Decimal, localcontext
from typing import Any, Final, NoReturn

from upcasters.canonical import number
from upcasters.codecs import INT64_RANGE, sort_of
from upcasters.pattern_text import compiled

_SPACE: Final = " \t\n\r\f\v"
_UPPER: Final = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}
_LOWER: Final = {code - 32: code for code in _UPPER}
_DECIMAL: Final = Context(prec=60)
"""Decimals in expressions are exact up to 60 digits; ``scale`` has no bound."""


def int64(value: int) -> int:
    """The number, if it fits 64 bits; raises ValueError."""
    if value in INT64_RANGE:
        return value
    raise ValueError(f"{value} does not fit 64 bits")


def _refuse(operation: str, *values: Any) -> NoReturn:
    raise TypeError(f"{operation} of {' and '.join(map(sort_of, values))}")


def _numbers(operation: str, left: Any, right: Any) -> tuple[Any, Any]:
    for value in (left, right):
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            _refuse(operation, left, right)
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        return _decimal(left), _decimal(right)
    return left, right


def _decimal(value: Any) -> Decimal:
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def _arithmetic(operation: str, run: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def compute(left: Any, right: Any) -> Any:
        left, right = _numbers(operation, left, right)
        if isinstance(left, Decimal):
            with localcontext(_DECIMAL):
                return run(left, right)
        result = run(left, right)
        return int64(result) if isinstance(result, int) else result

    return compute


_add = _arithmetic("the sum", lambda left, right: left + right)
minus = _arithmetic("the difference", lambda left, right: left - right)
times = _arithmetic("the product", lambda left, right: left * right)


LONGEST: Final = 64 * 1024 * 1024
"""Characters of a text, or items of a list, that an expression may make: doubling must end somewhere."""


def plus(left: Any, right: Any) -> Any:
    """Texts and lists put together, numbers added. Raises ValueError for what would be longer than ``LONGEST``."""
    if isinstance(left, str) and isinstance(right, str):
        _require_room(left, right)
        return left + right
    if isinstance(left, list) and isinstance(right, list):
        _require_room(left, right)
        return left + right
    return _add(left, right)


def _require_room(left: Sized, right: Sized) -> None:
    if len(left) + len(right) > LONGEST:
        raise ValueError(f"longer than {LONGEST:,} characters or items")


def divide(left: Any, right: Any) -> Any:
    """The quotient, a double or, if one side is decimal, a decimal. Raises ZeroDivisionError."""
    left, right = _numbers("the quotient", left, right)
    if right == 0:
        raise ZeroDivisionError("division by zero")
    if isinstance(left, Decimal):
        with localcontext(_DECIMAL):
            return left / right
    return float(left) / float(right)


def remainder(left: Any, right: Any) -> Any:
    """What is left after dividing toward zero: it has the sign of the left side."""
    left, right = _numbers("the remainder", left, right)
    if right == 0:
        raise ZeroDivisionError("division by zero")
    if isinstance(left, Decimal):
        with localcontext(_DECIMAL):
            return left % right
    rest = abs(left) % abs(right)
    return -rest if left < 0 else rest


def negate(value: Any) -> Any:
    """The number with the other sign."""
    return minus(0, value)


def equal(left: Any, right: Any) -> bool:
    """Whether two values are the same: numbers by value, true is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(value, right[key]) for key, value in left.items())
    if isinstance(left, Decimal | float) and isinstance(right, Decimal | float):
        return _decimal(left) == _decimal(right)
    return bool(left == right)


def same(left: Any, right: Any) -> bool:
    """Whether two computations came to one result: as ``equal``, but NaN is NaN."""
    if isinstance(left, float) and isinstance(right, float) and left != left and right != right:
        return True
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(value, right[key]) for key, value in left.items())
    return equal(left, right)


def _ordered(left: Any, right: Any) -> tuple[Any, Any]:
    if isinstance(left, str) and isinstance(right, str):
        return left, right
    if type(left) is type(right) and not isinstance(left, bool | dict | list | None):
        return left, right
    return _numbers("the order", left, right)


def less(left: Any, right: Any) -> bool:
    """Order of numbers, of texts by code point, and of timestamps and dates."""
    left, right = _ordered(left, right)
    return bool(left < right)


def less_equal(left: Any, right: Any) -> bool:
    """``less`` or the same."""
    left, right = _ordered(left, right)
    return bool(left <= right)


def contained(value: Any, items: Any) -> bool:
    """Whether a list has the value, or a record or map the name."""
    if isinstance(items, dict) and isinstance(value, str):
        return value in items
    if not isinstance(items, list | tuple):
        _refuse("'in'", value, items)
    return any(equal(value, item) for item in items)


def truth(value: Any) -> bool:
    """The value, if it is true or false."""
    if value is True or value is False:
        return bool(value)
    raise TypeError(f"{sort_of(value)} where true or false is expected")


def _text(value: Any, function: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{function} of {sort_of(value)}")
    return value


def size(value: Any) -> int:
    """Characters (code points) of a text, bytes, items of a list, members of a map."""
    if not isinstance(value, str | bytes | list | dict):
        _refuse("size", value)
    return len(value)


def lower(value: Any) -> str:
    """The text with A to Z made small; other letters stay, so that every language agrees."""
    return _text(value, "lower").translate(_LOWER)


def upper(value: Any) -> str:
    """The text with a to z made capital."""
    return _text(value, "upper").translate(_UPPER)


def trim(value: Any) -> str:
    """The text without ASCII white space at its ends."""
    return _text(value, "trim").strip(_SPACE)


def substring(value: Any, start: Any, end: Any = None) -> str:
    """The characters from ``start`` up to ``end``, counted from 0 in code points; bounds beyond the text are cut."""
    text = _text(value, "substring")
    for bound in (start, 0 if end is None else end):
        if isinstance(bound, bool) or not isinstance(bound, int) or bound < 0:
            raise ValueError(f"substring from {start} to {end}: count from 0")
    return text[start:] if end is None else text[start:end]


def before(value: Any, separator: Any) -> str:
    """The text up to the first separator, or the whole of it."""
    return _text(value, "before").partition(_separator(separator))[0]


def after(value: Any, separator: Any) -> str:
    """The text after the first separator, or nothing."""
    return _text(value, "after").partition(_separator(separator))[2]


def _separator(value: Any) -> str:
    if not _text(value, "a separator"):
        raise ValueError("the separator is empty")
    return str(value)


def contains(value: Any, part: Any) -> bool:
    """Whether the text has the part."""
    return _text(part, "contains") in _text(value, "contains")


def starts_with(value: Any, part: Any) -> bool:
    """Whether the text starts with the part."""
    return _text(value, "startsWith").startswith(_text(part, "startsWith"))


def ends_with(value: Any, part: Any) -> bool:
    """Whether the text ends with the part."""
    return _text(value, "endsWith").endswith(_text(part, "endsWith"))


def matches(value: Any, pattern: str) -> bool:
    """Whether the pattern stands in the text: a pattern of a small set that means the same everywhere."""
    return compiled(pattern).search(_text(value, "matches")) is not None


def to_int(value: Any) -> int:
    """The whole number of a number (toward zero) or of digits."""
    if isinstance(value, str):
        try:
            return int64(int(value)) if value.removeprefix("-").isdecimal() and value.isascii() else int("?")
        except ValueError:
            raise ValueError(f"int of {value[:60]!r}") from None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        _refuse("int", value)
    try:
        return int64(int(value))
    except OverflowError as error:
        raise ValueError(f"int of {value}") from error


def to_double(value: Any) -> float:
    """The double next to a number or a numeral."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        _refuse("double", value)
    try:
        result = float(value)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"double of {str(value)[:60]!r}") from error
    if result - result != 0 or (isinstance(value, str) and not value.strip("-+.eE0123456789") == ""):
        raise ValueError(f"double of {str(value)[:60]!r}")
    return result


def to_decimal(value: Any) -> Decimal:
    """The decimal of a number as it is written, or of a numeral."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        _refuse("decimal", value)
    try:
        result = _decimal(value)
    except ArithmeticError as error:
        raise ValueError(f"decimal of {str(value)[:60]!r}") from error
    if not result.is_finite() or abs(result.adjusted()) > 400:
        raise ValueError(f"decimal of {str(value)[:60]!r}")
    return result


def to_string(value: Any) -> str:
    """A text as it is, a number as JSON writes it, true or false."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return number(value)
        case Decimal():
            return format(value, "f")
        case _:
            _refuse("string", value)


OPERATORS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": plus, "-": minus, "*": times, "/": divide, "%": remainder, "==": equal, "<": less, "<=": less_equal,
    "in": contained,
}  # fmt: skip
"""The operators that need no other: the rest is ``!=``, ``>`` and ``>=``, the same with sides or answer swapped."""

CALLS: Final[dict[str, Callable[..., Any]]] = {
    "size": size, "lower": lower, "upper": upper, "trim": trim, "substring": substring, "before": before,
    "after": after, "contains": contains, "startsWith": starts_with, "endsWith": ends_with,
    "matches": matches, "int": to_int, "double": to_double, "decimal": to_decimal, "string": to_string,
}  # fmt: skip
