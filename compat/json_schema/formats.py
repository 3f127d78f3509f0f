"""The formats of the drafts: which are known, which strings conform, and examples of each.

A format is judged by both validators; where they disagree nobody knows.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import jsonschema
import jsonschema_rs

EXAMPLES: Final[dict[str, tuple[str, ...]]] = {
    "date-time": ("2020-01-01T00:00:00Z", "2024-02-29T23:59:59.999+02:00", "1999-12-31T12:00:00-05:00"),
    "date": ("2020-01-01", "2024-02-29"),
    "time": ("12:00:00Z", "23:59:59.5+01:00"),
    "duration": ("P1D", "PT1H30M"),
    "email": ("a@example.com", "first.last@example.org"),
    "idn-email": ("a@example.com",),
    "hostname": ("example.com", "a"),
    "idn-hostname": ("example.com",),
    "ipv4": ("127.0.0.1", "192.0.2.1"),
    "ip-address": ("127.0.0.1",),
    "ipv6": ("::1", "2001:db8::1"),
    "uri": ("https://example.com/a?b=c#d", "urn:a:b"),
    "uri-reference": ("/a", "https://example.com/"),
    "iri": ("https://example.com/",),
    "iri-reference": ("/a",),
    "uri-template": ("/a/{b}",),
    "uuid": ("123e4567-e89b-12d3-a456-426614174000", "00000000-0000-4000-8000-000000000000"),
    "json-pointer": ("/a/0", ""),
    "relative-json-pointer": ("1/a", "0"),
    "regex": ("^a+$", "x"),
}
KNOWN_FORMATS: Final = frozenset(EXAMPLES)

_FAILING: Final = ("not one", "a", "", "\\", "0", "[", "x y", "(", "{", "~", "//[")


# What jsonschema judges only with further libraries: the shapes of the RFCs, without their finer points.
_SHAPES: Final = {
    "date-time": r"\d{4}-(0[1-9]|1[0-2])-([0-2]\d|3[01])[Tt ]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?"
    r"([Zz]|[+-]\d\d:\d\d)",
    "time": r"([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]\d\d:\d\d)",
    "duration": r"P(?!$)(\d+W|(\d+Y)?(\d+M)?(\d+D)?(T(?!$)(\d+H)?(\d+M)?(\d+S)?)?)",
    "hostname": r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*",
    "ip-address": r"(\d{1,3}\.){3}\d{1,3}",
    "uri": r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\\<>\"{}|^`]*",
    "uri-reference": r"[^\s\\<>\"{}|^`\[\]]*",
    "iri": r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\\<>\"{}|^`]*",
    "iri-reference": r"[^\s\\<>\"{}|^`\[\]]*",
    "uri-template": r"([^\s\\<>\"|^`{}]|\{[^{}\s]*\})*",
    "json-pointer": r"(/([^/~]|~[01])*)*",
    "relative-json-pointer": r"(0|[1-9]\d*)(#|(/([^/~]|~[01])*)*)",
}
CHECKER: Final = jsonschema.FormatChecker()
for _name, _shape in _SHAPES.items():
    CHECKER.checks(_name)(lambda value, shape=_shape: not isinstance(value, str) or bool(re.fullmatch(shape, value)))


def _ask_python(name: str, value: object) -> bool:
    return CHECKER.conforms(value, name)


RUST_FORMATS: Final = {
    name: (lambda value, name=name: _ask_python(name, value)) for name in ("uuid", "duration", "ip-address", "regex")
}
"""What jsonschema-rs does not judge in every draft: judged by the checker above there too."""


@lru_cache(maxsize=64)
def _judge(name: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({"format": name}, validate_formats=True, formats=RUST_FORMATS)


@lru_cache(maxsize=4096)
def conforms(name: str, value: str) -> bool | None:
    """Whether a string is of a format; None where the validators disagree."""
    first, second = _ask_python(name, value), bool(_judge(name).is_valid(value))
    return first if first == second else None


def failing(name: str) -> tuple[str, ...]:
    """Strings that are not of a format, to both validators."""
    return tuple(value for value in _FAILING if conforms(name, value) is False)
