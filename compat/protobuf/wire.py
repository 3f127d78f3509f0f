"""Events written by hand: tags, values and lists as the encoding specification has them (protobuf.dev, 'Encoding').

A witness must hold exactly the bytes that a writer could have sent, so no encoder is asked to choose for us.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Final, cast

from compat.protobuf.records import ENUM, GROUP, ITEM, MESSAGE, VARINTS, Field
from compat.protobuf.varints import varint

VARINT, FIXED64, LENGTH, START_GROUP, END_GROUP, FIXED32 = 0, 1, 2, 3, 4, 5

_FORMATS: Final = {
    "fixed32": "<I",
    "sfixed32": "<i",
    "float": "<f",
    "fixed64": "<Q",
    "sfixed64": "<q",
    "double": "<d",
}
_FIXED32_TYPES: Final = frozenset({"fixed32", "sfixed32", "float"})
_ZIGZAG: Final = frozenset({"sint32", "sint64"})


def wire_type(type_: str) -> int:
    """The wire type of a single value of a type."""
    if type_ in VARINTS:
        return VARINT
    if type_ in _FORMATS:
        return FIXED32 if type_ in _FIXED32_TYPES else FIXED64
    return START_GROUP if type_ in {GROUP, ITEM} else LENGTH


def tag(number: int, kind: int) -> bytes:
    """Field number and wire type."""
    return varint(number << 3 | kind)


def value(type_: str, content: object) -> bytes:
    """One value without its tag; for messages and groups ``content`` is the encoded message."""
    if type_ in {MESSAGE, GROUP, ITEM, "bytes"}:
        return cast("bytes", content)
    if type_ == "string":
        return content if isinstance(content, bytes) else str(content).encode()
    if type_ in _FORMATS:
        return struct.pack(_FORMATS[type_], content)
    number = cast("int", content)
    return varint(number * 2 if number >= 0 else -number * 2 - 1) if type_ in _ZIGZAG else varint(number)


def record(number: int, type_: str, content: object) -> bytes:
    """One value with its tag, and its length or end tag where the type has one."""
    encoded = value(type_, content)
    if type_ == ITEM:
        return record(1, GROUP, record(2, "uint32", number) + record(3, MESSAGE, encoded))
    kind = wire_type(type_)
    if kind == LENGTH:
        return tag(number, LENGTH) + varint(len(encoded)) + encoded
    if kind == START_GROUP:
        return tag(number, START_GROUP) + encoded + tag(number, END_GROUP)
    return tag(number, kind) + encoded


def records(field: Field, contents: Iterable[object]) -> bytes:
    """The values of a field as its writer puts them: in one piece where the list is packed."""
    if field.packed:
        joined = b"".join(value(field.type, content) for content in contents)
        return tag(field.number, LENGTH) + varint(len(joined)) + joined
    return b"".join(record(field.number, field.type, content) for content in contents)


INTEGER_BOUNDS: Final = {
    "int32": (-(2**31), 2**31 - 1),
    "sint32": (-(2**31), 2**31 - 1),
    "sfixed32": (-(2**31), 2**31 - 1),
    "uint32": (0, 2**32 - 1),
    "fixed32": (0, 2**32 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "sint64": (-(2**63), 2**63 - 1),
    "sfixed64": (-(2**63), 2**63 - 1),
    "uint64": (0, 2**64 - 1),
    "fixed64": (0, 2**64 - 1),
    ENUM: (-(2**31), 2**31 - 1),
}
"""Least and greatest value of every integer type (language guide, 'Scalar Value Types')."""

_INTEGERS: Final = (
    7,
    1,
    -1,
    2,
    300,
    0,
    2**40 + 7,
    2**31 - 1,
    2**31,
    -(2**31),
    2**32,
    2**32 - 1,
    2**63 - 1,
    -(2**63),
    2**63,
    2**64 - 1,
)
_FLOATS: Final = (7.0, -1.5, 1.0, 0.0, float("inf"), -0.0, 3.0e38, 1e-45)
_STRINGS: Final = ("a", "é", "abc", "abcdefgh", "", "\x00", "\x08\x01", "x" * 200)
_BYTES: Final = (b"\xff", b"a", b"\x80\x01", b"", b"\x00", b"abcdefgh", b"\x08\x01", b"\xc3")


def boundary_values(type_: str) -> tuple[object, ...]:
    """Values of a scalar type at which readings with another type part, the plainest first."""
    if type_ == "bool":
        return (True, False)
    if type_ == "string":
        return _STRINGS
    if type_ == "bytes":
        return _BYTES
    if type_ in {"float", "double"}:
        return tuple(_single(value) for value in _FLOATS) if type_ == "float" else _FLOATS
    least, greatest = INTEGER_BOUNDS[type_]
    return tuple(number for number in _INTEGERS if least <= number <= greatest)


def _single(number: float) -> float:
    """The nearest value a ``float`` can hold."""
    return float(struct.unpack("<f", struct.pack("<f", number))[0])
