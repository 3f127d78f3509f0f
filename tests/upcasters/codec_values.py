"""Values for every codec, boundaries and near misses among them, and events of them as JSON has them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from test_agreement import REFUSED, outcome

from upcasters.chain import Chain
from upcasters.codecs import CODECS
from upcasters.compile.json_events import text_of
from upcasters.conformance import codecs, native
from upcasters.document import read
from upcasters.shape import Member, Plain, Record

_MICROS = (-62_135_596_800_000_000, -1, 0, 1, 951_782_400_000_000, 253_402_300_799_999_999, 253_402_300_800_000_000)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DOUBLES = (0.1, -0.0, 7.0, 1e15, 1e16, 1.5e16, 123456789012345680.0, 1e21, 1.5e22, 1e-5, 1.5e-6, 1e-7, 1.234e-9, 1e300,
            5e-324, 2.5, 0.30000000000000004, 9007199254740991.0)  # fmt: skip
_TEXTS = ("", "a", "é𝄞", "\ufeffb", " \n", "x" * 200, "\x00", "\ud800")


def _integers(random: Random) -> Iterator[int]:
    yield from (0, -1, 7, 2**53 - 1, 2**53 + 1, -(2**63), 2**63 - 1)
    for _ in range(10):
        yield random.randint(-(10 ** random.randint(1, 18)), 10 ** random.randint(1, 18))
    for micros in _MICROS:
        yield from (micros, micros // 1_000, micros // 1_000_000)


def _moments(random: Random) -> Iterator[datetime]:
    for micros in (*_MICROS[:-1], *(random.randint(_MICROS[0], _MICROS[-2]) for _ in range(10))):
        yield _EPOCH + timedelta(microseconds=micros)


def _doubles(random: Random) -> Iterator[float | int]:
    yield from (*_DOUBLES, 7, -7)
    for _ in range(20):
        yield random.choice([1, -1]) * random.random() * 10.0 ** random.randint(-12, 24)


def _decimals(random: Random) -> Iterator[Decimal]:
    yield from map(
        Decimal, ("0", "-0.00", "1.20", "1E+3", "1E-7", "-12345678901234567890.123456789", "9007199254740993")
    )
    for _ in range(10):
        yield Decimal(random.randint(-(10**12), 10**12)).scaleb(-random.randint(0, 14))


def _bytes(random: Random) -> Iterator[bytes]:
    yield from (
        b"",
        b"\xff",
        b"\x00\xff\xfe",
        b"a" * 61,
        b"\xc3",
        "\ufeffé".encode(),
        b"\xed\xa0\x80",
        b"\xf0\x9d\x84\x9e",
    )
    for length in range(10):
        yield random.randbytes(length)
        yield bytes(random.randint(32, 126) for _ in range(length))


def _uuids(random: Random) -> Iterator[UUID]:
    for _ in range(5):
        yield UUID(int=random.getrandbits(128))


def _texts(random: Random) -> Iterator[str]:
    """Texts of every kind, and texts that are almost of one."""
    right = [
        *_TEXTS, "true", "false", "1e3", "1E-3", "-0", "007", "1.50", "1e999", "-1e400", "9" * 30, "0.00000000001",
        "2000-02-29", "1900-02-29", "0000-01-01", "0001-01-01", "9999-12-31", "2024-13-01", "AB==", "AAAA=", "=",
        "2025-09-02t08:00:00z", "2025-09-02T24:00:00Z", "2025-09-02T23:59:60Z", "2025-09-02T08:00:00.1234567Z",
        "2025-09-02T08:00:00.123456000Z", "2025-09-02T08:00:00.0000000000Z", "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01", "2025-09-02T08:00:00+24:00", "2025-09-02T08:00:00-23:59", "2025-09-02T08:00:00.5Z",
    ]  # fmt: skip
    right += [str(value) for value in (*_integers(random), *_doubles(random), *_uuids(random))]
    right += [format(value, "f") for value in _decimals(random)]
    right += [base64.b64encode(value).decode() for value in _bytes(random)]
    right += [value.hex() for value in _bytes(random)]
    right += [value.isoformat().replace("+00:00", "Z") for value in _moments(random)]
    yield from right
    for text in random.sample(right, 60):
        at = random.randint(0, len(text))
        yield text[:at] + random.choice(["", "0", "A", "=", " ", "\n", ".", "-", "+05:30", "٣"]) + text[at + 1 :]


_OF: dict[str, Callable[[Random], Iterator[Any]]] = {
    "string": _texts, "number": _doubles, "decimal": _decimals, "bytes": _bytes, "uuid": _uuids, "timestamp": _moments,
    "date": lambda random: (moment.date() for moment in _moments(random)),
    "boolean": lambda _: iter((True, False)),
}  # fmt: skip


def chain(using: str) -> Chain:
    """The codec at ``/a`` of events whose shape is known."""
    operation = {"convert": {"at": "/a", "using": using}}
    asked = read({"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": [operation]})
    return Chain.up([asked], Record({"a": Member(CODECS[using].takes)}))


def storable(event: Any) -> bool:
    """Whether databases have the texts of an event: no NUL, and no half of a surrogate pair."""
    text = json.dumps(event)
    return "\\u0000" not in text and "\\ud800" not in text


def events(using: str) -> list[tuple[Any, Any]]:
    """Events with a value at ``/a`` as JSON has it, and what becomes of them there, or REFUSED."""
    takes = CODECS[using].takes
    values = _OF[takes.kind] if isinstance(takes, Plain) else _integers
    listed = next(codec for codec in codecs() if codec["using"] == using)
    cases = [native(before) for before, _ in listed["values"]]
    found = [(value, outcome(chain(using).interpret, {"a": value})) for value in (*values(Random(7)), *cases)]
    shown = [({"a": _in_json(value)}, _in_json(result)) for value, result in found]
    strangers = [value for value in listed["refused"] if native(value) == value and not _stands(using, value)]
    return [*shown, *(({"a": value}, REFUSED) for value in strangers)]


def _stands(using: str, value: Any) -> bool:
    """Whether a JSON value may stand for one that the codec takes."""
    takes = CODECS[using].takes
    return isinstance(value, str) and isinstance(takes, Plain) and takes.kind != "string"


def _in_json(value: Any) -> Any:
    match value:
        case dict():
            return {name: _in_json(item) for name, item in value.items()}
        case bytes() | Decimal() | date() | UUID():
            return text_of(value)
        case _:
            return value
