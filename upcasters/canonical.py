"""One text for every spelling of the same JSON value (RFC 8785), and its SHA-256."""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any

from upcasters.errors import InvalidDocument


def canonical(value: Any) -> bytes:
    """Canonical JSON; integers beyond 2^53 in full, where RFC 8785 has no answer. Raises InvalidDocument."""
    parts: list[str] = []
    _write(value, parts)
    return "".join(parts).encode()


def digest(value: Any) -> str:
    """SHA-256 of the canonical JSON, in 64 hex digits."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _write(value: Any, parts: list[str]) -> None:
    match value:
        case None | bool():
            parts.append({None: "null", True: "true", False: "false"}[value])
        case str():
            parts.append(_text(value))
        case int():
            parts.append(str(value))
        case float():
            parts.append(number(value))
        case dict():
            opening = "{"
            for key in sorted(value, key=_utf16):
                parts.append(f"{opening}{_text(key)}:")
                _write(value[key], parts)
                opening = ","
            parts.append("{}" if opening == "{" else "}")
        case list() | tuple():
            opening = "["
            for item in value:
                parts.append(opening)
                _write(item, parts)
                opening = ","
            parts.append("[]" if opening == "[" else "]")
        case _:
            raise InvalidDocument(f"{type(value).__name__} has no JSON form")


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-be", "surrogatepass")


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InvalidDocument("a text holds half of a surrogate pair", remedy="write the whole character") from error
    return json.dumps(value, ensure_ascii=False)


def number(value: float) -> str:
    """A double as ECMAScript writes it (ECMA-262, Number::toString)."""
    if not math.isfinite(value):
        raise InvalidDocument(f"{value} has no JSON form")
    if value == 0:
        return "0"
    sign, text = ("-", repr(-value)) if value < 0 else ("", repr(value))
    mantissa, _, exponent = text.partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    point = len(whole) + int(exponent or 0)
    digits = (whole + fraction).lstrip("0")
    point -= len(whole + fraction) - len(digits)
    digits = digits.rstrip("0")
    if 0 < point <= 21:
        body = digits.ljust(point, "0") if len(digits) <= point else f"{digits[:point]}.{digits[point:]}"
    elif -6 < point <= 0:
        body = f"0.{'0' * -point}{digits}"
    else:
        tail = f".{digits[1:]}" if len(digits) > 1 else ""
        body = f"{digits[0]}{tail}e{point - 1:+d}"
    return sign + body
