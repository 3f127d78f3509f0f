"""The catalogue of codecs: every way ``convert`` can write a value another way. Exact, or refused with ValueError.

A codec changes how a value is written, never what it means. One that may lose the old spelling (``rfc3339`` with an
offset becomes an instant) says so in ``lossless``.
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from upcasters.canonical import number
from upcasters.path import Pointer
from upcasters.shape import BOOLEAN, DECIMAL, INT64, INTEGER, NUMBER, STRING, Plain, Shape

INT64_RANGE: Final = range(-(2**63), 2**63)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_SECONDS: Final = range(-62_135_596_800, 253_402_300_800)
"""The seconds of the years 1 to 9999 (RFC 3339, section 1), from 1970."""


@dataclass(frozen=True, slots=True)
class Codec:
    """One way to write a value another way."""

    name: str
    takes: Shape
    gives: Shape
    run: Callable[[Any], Any]
    """Raises ValueError or TypeError for what it cannot convert."""
    inverse: str
    """The codec that leads back."""
    lossless: bool = True
    """Whether the inverse gives back the very value."""


def _expect(value: Any, kind: type) -> Any:
    if isinstance(value, bool) is not (kind is bool) or not isinstance(value, kind):
        raise TypeError(f"{_sort(value)} where {_NAMES.get(kind, kind.__name__)} is expected")
    return value


_NAMES: Final = {
    str: "a text", int: "a whole number", float: "a number", bool: "true or false", bytes: "bytes", dict: "a record",
    list: "a list", Decimal: "a decimal", datetime: "a timestamp", date: "a date", UUID: "a UUID", type(None): "null",
}  # fmt: skip


def _sort(value: Any) -> str:
    return _NAMES.get(type(value), type(value).__name__)


def sort_of(value: Any) -> str:
    """What a value is, in words for people."""
    return _sort(value)


def _integer_text(value: Any) -> str:
    return str(_expect(value, int))


_DIGITS: Final = re.compile(r"(?:0|-?[1-9][0-9]*)\Z", re.ASCII)
_NUMERAL: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,3})?\Z", re.ASCII)
_DECIMAL: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?\Z", re.ASCII)
_LONGEST_NUMERAL: Final = 400


def _numeral(value: Any, pattern: re.Pattern[str], what: str) -> str:
    text: str = _expect(value, str)
    if len(text) > _LONGEST_NUMERAL or not pattern.match(text):
        raise ValueError(f"{text[:60]!r} is not {what}")
    return text


def _text_integer(value: Any) -> int:
    return int(_numeral(value, _DIGITS, "a whole number in digits"))


def _boolean_text(value: Any) -> str:
    return "true" if _expect(value, bool) else "false"


def _text_boolean(value: Any) -> bool:
    if _expect(value, str) not in ("true", "false"):
        raise ValueError(f"{value[:60]!r} is neither true nor false")
    return bool(value == "true")


def _number_text(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    double = float(_expect(value, float))
    if not math.isfinite(double):
        raise ValueError(f"{double} has no text as a number")
    return number(double)


def _text_number(value: Any) -> float | int:
    text = _numeral(value, _NUMERAL, "a number")
    return int(text) if _DIGITS.match(text) else _finite(float(text), text)


def _finite(number: float, written: str) -> float:
    if math.isinf(number):
        raise ValueError(f"{written[:60]} is beyond the doubles")
    return number


def _integer_double(value: Any) -> float:
    exact = float(_expect(value, int))
    if int(exact) != value:
        raise ValueError(f"{value} has no exact double")
    return exact


def _double_integer(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not _expect(value, float).is_integer():
        raise ValueError(f"{value} is not whole: use scale, which rounds")
    return int(value)


def _decimal_text(value: Any) -> str:
    return format(_expect(value, Decimal), "f")


def _text_decimal(value: Any) -> Decimal:
    return Decimal(_numeral(value, _DECIMAL, "a decimal in digits"))


def _integer_decimal(value: Any) -> Decimal:
    return Decimal(_expect(value, int))


def _decimal_integer(value: Any) -> int:
    if _expect(value, Decimal) != value.to_integral_value():
        raise ValueError(f"{value} is not whole: use scale, which rounds")
    return int(value)


def _decimal_double(value: Any) -> float:
    return _finite(float(_expect(value, Decimal)), str(value))


def _double_decimal(value: Any) -> Decimal:
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    return Decimal(repr(_expect(value, float)))


def _times(factor: int) -> Callable[[Any], int]:
    def run(value: Any) -> int:
        result: int = _expect(value, int) * factor
        if result not in INT64_RANGE:
            raise ValueError(f"{result} does not fit 64 bits")
        return result

    return run


def _over(factor: int) -> Callable[[Any], int]:
    def run(value: Any) -> int:
        number: int = _expect(value, int)
        if number % factor:
            raise ValueError(f"{value} is finer than the new unit: use scale, which rounds")
        return number // factor

    return run


_UNITS: Final = {"s": 1, "ms": 1_000, "us": 1_000_000}
_RFC3339: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?(?:[Zz]|([-+])([0-9]{2}):([0-9]{2}))\Z",
    re.ASCII,
)


def _microseconds(value: Any) -> int:
    """Microseconds from 1970 of a text in RFC 3339, section 5.6."""
    match = _RFC3339.match(_expect(value, str))
    if match is None:
        raise ValueError(f"{value[:60]!r} is not a date-time of RFC 3339")
    fraction = (match[7] or "").ljust(9, "0")
    if fraction[6:] != "000":
        raise ValueError(f"{value!r} is finer than a microsecond")
    offset = int(match[9] or 0) * 60 + int(match[10] or 0)
    if int(match[9] or 0) > 23 or int(match[10] or 0) > 59:
        raise ValueError(f"{value!r} has an offset that does not exist")
    moment = datetime(*(int(match[part]) for part in range(1, 7)), tzinfo=UTC)  # type: ignore[misc,arg-type]
    minutes = -offset if match[8] == "-" else offset
    elapsed: int = (moment - _EPOCH) // _MICROSECOND
    return elapsed - minutes * 60_000_000 + int(fraction[:6])


def _epoch_text(unit: str) -> Callable[[Any], str]:
    per_second = _UNITS[unit]
    digits = len(str(per_second)) - 1

    def run(value: Any) -> str:
        seconds, fraction = divmod(_expect(value, int), per_second)
        if seconds not in _SECONDS:
            raise ValueError(f"{value} {unit} from 1970 is outside the years 1 to 9999")
        text = (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
        return f"{text}.{fraction:0{digits}d}Z" if digits else f"{text}Z"

    return run


def _text_epoch(unit: str) -> Callable[[Any], int]:
    def run(value: Any) -> int:
        result, rest = divmod(_microseconds(value), 1_000_000 // _UNITS[unit])
        if rest:
            raise ValueError(f"{value!r} is finer than {unit}")
        return result

    return run


def _epoch_timestamp(unit: str) -> Callable[[Any], datetime]:
    factor = 1_000_000 // _UNITS[unit]

    def run(value: Any) -> datetime:
        micro = _expect(value, int) * factor
        if micro // 1_000_000 not in _SECONDS:
            raise ValueError(f"{value} {unit} from 1970 is outside the years 1 to 9999")
        return _EPOCH + timedelta(microseconds=micro)

    return run


def _timestamp_epoch(unit: str) -> Callable[[Any], int]:
    def run(value: Any) -> int:
        result, rest = divmod((_instant(value) - _EPOCH) // _MICROSECOND, 1_000_000 // _UNITS[unit])
        if rest:
            raise ValueError(f"{value.isoformat()} is finer than {unit}")
        return result

    return run


def _instant(value: Any) -> datetime:
    if not isinstance(value, datetime):
        raise TypeError(f"{_sort(value)} where a timestamp is expected")
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _text_timestamp(value: Any) -> datetime:
    return _EPOCH + timedelta(microseconds=_microseconds(value))


def _timestamp_text(value: Any) -> str:
    return _epoch_text("us")((_instant(value) - _EPOCH) // _MICROSECOND)


def _text_date(value: Any) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", _expect(value, str), re.ASCII):
        raise ValueError(f"{value[:60]!r} is not a full-date of RFC 3339")
    return date.fromisoformat(value)


def _date_text(value: Any) -> str:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise TypeError(f"{_sort(value)} where a date is expected")
    return value.isoformat()


_BASE64: Final = re.compile(r"[A-Za-z0-9+/]*={0,2}\Z", re.ASCII)


def _base64_bytes(value: Any) -> bytes:
    """The bytes of base64 (RFC 4648, section 4). Python alone would take more padding than there may be."""
    if not _BASE64.match(_expect(value, str)) or len(value) % 4:
        raise ValueError(f"{value[:60]!r} is not base64")
    return base64.b64decode(value)


def _bytes_base64(value: Any) -> str:
    return base64.b64encode(_expect(value, bytes)).decode()


def _hex_bytes(value: Any) -> bytes:
    if not re.fullmatch(r"(?:[0-9a-f]{2})*", _expect(value, str), re.ASCII):
        raise ValueError(f"{value[:60]!r} is not hexadecimal in small letters")
    return bytes.fromhex(value)


def _bytes_hex(value: Any) -> str:
    return str(_expect(value, bytes).hex())


def _text_uuid(value: Any) -> UUID:
    if not re.fullmatch(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", _expect(value, str), re.ASCII):
        raise ValueError(f"{value[:60]!r} is not a UUID")
    return UUID(value)


def _uuid_text(value: Any) -> str:
    return str(_expect(value, UUID))


def _text_bytes(value: Any) -> bytes:
    return str(_expect(value, str)).encode()


def _bytes_text(value: Any) -> str:
    try:
        return str(_expect(value, bytes).decode())
    except UnicodeDecodeError as error:
        raise ValueError("the bytes are not UTF-8") from error


_BYTES, _TIMESTAMP, _DATE, _UUID = Plain("bytes"), Plain("timestamp"), Plain("date"), Plain("uuid")
_Run = Callable[[Any], Any]


def _pair(
    one: str,
    shape: Shape,
    other: str,
    gives: Shape,
    there: _Run,
    back: _Run,
    *,
    exact: tuple[bool, bool] = (True, True),
) -> tuple[Codec, Codec]:
    forth, home = f"{one}->{other}", f"{other}->{one}"
    return Codec(forth, shape, gives, there, home, exact[0]), Codec(home, gives, shape, back, forth, exact[1])


def _catalogue() -> Mapping[str, Codec]:
    pairs = [
        _pair("int", INTEGER, "string", STRING, _integer_text, _text_integer),
        _pair("bool", BOOLEAN, "string", STRING, _boolean_text, _text_boolean),
        _pair("number", NUMBER, "string", STRING, _number_text, _text_number, exact=(True, False)),
        _pair("int", INTEGER, "double", NUMBER, _integer_double, _double_integer),
        _pair("decimal", DECIMAL, "string", STRING, _decimal_text, _text_decimal),
        _pair("int", INTEGER, "decimal", DECIMAL, _integer_decimal, _decimal_integer, exact=(True, False)),
        _pair("decimal", DECIMAL, "double", NUMBER, _decimal_double, _double_decimal, exact=(False, True)),
        _pair("string", STRING, "date", _DATE, _text_date, _date_text),
        _pair("base64", STRING, "bytes", _BYTES, _base64_bytes, _bytes_base64, exact=(False, True)),
        _pair("hex", STRING, "bytes", _BYTES, _hex_bytes, _bytes_hex),
        _pair(
            "base64", STRING, "hex", STRING, lambda value: _bytes_hex(_base64_bytes(value)),
            lambda value: _bytes_base64(_hex_bytes(value)), exact=(False, True),
        ),
        _pair("utf8", STRING, "bytes", _BYTES, _text_bytes, _bytes_text),
        _pair("string", STRING, "uuid", _UUID, _text_uuid, _uuid_text, exact=(False, True)),
        _pair("rfc3339", STRING, "timestamp", _TIMESTAMP, _text_timestamp, _timestamp_text, exact=(False, True)),
    ]  # fmt: skip
    for fine, coarse in (("ms", "s"), ("us", "s"), ("us", "ms")):
        factor = _UNITS[fine] // _UNITS[coarse]
        pairs.append(_pair(f"epoch_{coarse}", INT64, f"epoch_{fine}", INT64, _times(factor), _over(factor)))
    for unit in _UNITS:
        pairs += [
            _pair(f"epoch_{unit}", INT64, "rfc3339", STRING, _epoch_text(unit), _text_epoch(unit), exact=(True, False)),
            _pair(f"epoch_{unit}", INT64, "timestamp", _TIMESTAMP, _epoch_timestamp(unit), _timestamp_epoch(unit)),
        ]
    return MappingProxyType({codec.name: codec for pair in pairs for codec in pair})


CODECS: Final = _catalogue()
"""Every codec by its name, which is what ``convert`` writes in ``using``."""


def _text_time(value: Any) -> time:
    if not _TIME.match(_expect(value, str)):
        raise ValueError(f"{value[:60]!r} is not a partial-time of RFC 3339, in microseconds at most")
    return time.fromisoformat(value)


def _text_local_timestamp(value: Any) -> datetime:
    day, _, rest = _expect(value, str).partition("T")
    return datetime.combine(_text_date(day), _text_time(rest))


_TIME: Final = re.compile(r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?\Z", re.ASCII)
_LITERALS: Final[Mapping[str, Callable[[Any], Any]]] = MappingProxyType({
    "decimal": _text_decimal, "bytes": _base64_bytes, "timestamp": _text_timestamp, "date": _text_date,
    "local_timestamp": _text_local_timestamp, "time": _text_time, "uuid": _text_uuid,
})  # fmt: skip


def constant(value: Any, literal: str | Mapping[str, str] | None) -> Any:
    """The value a constant of a document stands for: itself, or with ``as`` what its texts say. Raises ValueError."""
    if literal is None:
        return value
    if isinstance(literal, str):
        return _LITERALS[literal](value)
    for pointer, kind in literal.items():
        value = _read_within(value, Pointer.parse(pointer).parts, kind)
    return value


def _read_within(value: Any, parts: tuple[str, ...], kind: str) -> Any:
    """The constant with the text at a place read."""
    match value, parts:
        case _, ():
            return constant(value, kind)
        case dict(), (name, *_) if name in value:
            return value | {name: _read_within(value[name], parts[1:], kind)}
        case list(), (index, *_) if index in map(str, range(len(value))):
            place = int(index)
            return [*value[:place], _read_within(value[place], parts[1:], kind), *value[place + 1 :]]
        case _:
            raise ValueError(f"there is no {parts[0]!r} in it")
