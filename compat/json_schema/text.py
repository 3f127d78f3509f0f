"""JSON text in and out, with exact numbers.

Reading keeps numbers as ``int`` or ``Decimal``: no value passes through a binary float. The canonical text keeps the
order of members and the spelling of every number, and writes strings as Jackson does (only what must be escaped is;
``\\u001F`` with capital digits); the normalised text also sorts members at every depth by code points.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, Final

from compat.budget import DEFAULT_LIMITS, Limits
from compat.errors import CompatError, InvalidPayload, LimitExceeded

MAX_DIGITS: Final = 1_000
"""Digits, and size of the exponent, of one number."""

_ESCAPED: Final = re.compile(r'["\\\x00-\x1f\ud800-\udfff]')
_SHORT: Final = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
_STRING_OR_BRACKET: Final = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
"""A string that is never closed goes on to the end, so that the time does not grow with the square of the text."""


class NotJson(CompatError):
    """The text is not JSON; with the offset, in characters, where reading stopped."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


class _Spelling(str):
    """A number as it is written."""

    __slots__ = ()


def load(text: str, limits: Limits = DEFAULT_LIMITS) -> Any:
    """The value of a JSON text, numbers exact. Raises NotJson, LimitExceeded."""
    _bound(text, limits)
    return _load(text, _exact, _exact)


def spelt(text: str, limits: Limits = DEFAULT_LIMITS) -> Any:
    """The value of a JSON text with every number as it is written: only for ``write``."""
    _bound(text, limits)
    return _load(text, _Spelling, _Spelling)


def write(value: object, *, sort: bool = False) -> str:
    """JSON text without white space. Numbers are written exactly; members keep their order unless ``sort``."""
    return "".join(_write(value, sort))


def shortened(value: object, limit: int, mark: str = "…") -> str:
    """The beginning of the text of a value, of at most so many characters; no more of it is written than is shown."""
    parts: list[str] = []
    size = 0
    for part in _write(value, False):
        parts.append(part)
        size += len(part)
        if size > limit:
            return "".join(parts)[: limit - len(mark)] + mark
    return "".join(parts)


def _write(value: object, sort: bool) -> Iterator[str]:  # noqa: FBT001
    if isinstance(value, dict):
        separator = "{"
        for name in sorted(value) if sort else value:
            yield f"{separator}{_quoted(str(name))}:"
            yield from _write(value[name], sort)
            separator = ","
        yield "}" if value else "{}"
    elif isinstance(value, (list, tuple)):
        separator = "["
        for item in value:
            yield separator
            yield from _write(item, sort)
            separator = ","
        yield "]" if value else "[]"
    else:
        yield _scalar(value)


def _scalar(value: object) -> str:
    if isinstance(value, _Spelling):
        return str(value)
    if isinstance(value, str):
        return _quoted(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Decimal) and value.is_finite():
        return str(value)
    if isinstance(value, Fraction):
        return _scalar(number(value))
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and value == value and abs(value) != float("inf"):
        return repr(value)
    raise InvalidPayload(f"{type(value).__name__} {value!r} cannot be written as JSON")


def _quoted(value: str) -> str:
    return f'"{_ESCAPED.sub(_escape, value)}"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return _SHORT.get(character) or f"\\u{ord(character):04X}"


def number(value: Fraction) -> int | Decimal:
    """A fraction as JSON can write it; it must have a finite decimal expansion."""
    if value.denominator == 1:
        return value.numerator
    twos = fives = 0
    rest = value.denominator
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    places = max(twos, fives)
    digits = value.numerator * 10**places // value.denominator
    return Decimal((int(digits < 0), tuple(map(int, str(abs(digits)))), -places))


def plain(value: Any) -> Any:
    """The value with binary floats for decimals, where a float is written the same; others stay ``Decimal``."""
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, Decimal) and Decimal(repr(float(value))) == value:
        return float(value)
    return value


def exact(value: Any) -> Any:
    """The value with a ``Decimal`` for every binary float: the number that the float is written as."""
    if isinstance(value, dict):
        return {name: exact(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [exact(inner) for inner in value]
    return Decimal(repr(value)) if isinstance(value, float) else value


def _exact(spelling: str) -> int | Decimal:
    if len(spelling) > MAX_DIGITS:
        raise LimitExceeded("digits of a number", MAX_DIGITS, "write it shorter")
    try:
        return int(spelling)
    except ValueError:
        pass
    try:
        value = Decimal(spelling)
    except InvalidOperation:
        raise LimitExceeded("exponent of a number", MAX_DIGITS, "write a smaller one") from None
    if not -MAX_DIGITS <= value.adjusted() <= MAX_DIGITS or int(value.as_tuple().exponent) < -MAX_DIGITS:
        raise LimitExceeded("exponent of a number", MAX_DIGITS, "write a smaller one")
    return value


def _load(text: str, parse_int: Any, parse_float: Any) -> Any:
    try:
        return json.loads(text, parse_int=parse_int, parse_float=parse_float, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise NotJson(error.msg, error.pos) from None


def _no_constant(name: str) -> None:
    raise NotJson(f"{name} is not a JSON number", 0)


def _bound(text: str, limits: Limits) -> None:
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > limits.text_bytes:
        raise LimitExceeded("bytes of a definition", limits.text_bytes, "split it, or raise the limit")
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(text):
        mark = token[0]
        if mark in "[{":
            depth += 1
            if depth > limits.depth:
                raise LimitExceeded("nesting of a definition", limits.depth, "flatten it, or raise the limit")
        elif mark in "]}":
            depth -= 1
