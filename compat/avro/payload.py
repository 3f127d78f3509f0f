"""Payloads: events as fastavro's decoder gives them, their validity, their bytes.

A union's value stands bare, as fastavro gives it. Which branch it belongs to is decided here in one way for checking,
writing and showing: the first branch of the closest Python type that takes the value, looked at in full. A value can
name its branch: ``(full name, value)`` as fastavro knows it, or ``Branch``.
"""

from __future__ import annotations

import datetime as dt
import decimal
import math
import struct
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from compat.avro.datum import varint
from compat.avro.schema import Array, Decimal, Enum, Fixed, Map, Node, Primitive, Record, Union, label
from compat.engine import Violation
from compat.errors import InvalidPayload
from compat.positions import escape

DEEPEST: Final = 200
"""How deep a payload may nest. Bounds the recursion here and in fastavro, whose C code does not watch its stack."""

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_LOCAL_EPOCH: Final = _EPOCH.replace(tzinfo=None)
_DAY_ZERO: Final = _EPOCH.date()
_MICROSECOND: Final = dt.timedelta(microseconds=1)
_RANGES: Final = {"int": 2**31, "long": 2**63}


@dataclass(frozen=True, slots=True)
class Branch:
    """A union's value that says which branch it is."""

    index: int
    value: object


def branch_name(node: Node) -> str:
    """What a branch of a union is called: its full name, or its kind."""
    return node.name if isinstance(node, Enum | Fixed | Record) else node.kind


class Payloads:
    """The questions about one payload; choices of branches are remembered, or nested unions cost exponentially."""

    def __init__(self) -> None:
        self._kept: list[object] = []
        self._fits: dict[tuple[Node, int], bool] = {}

    def violations(self, node: Node, value: object, pointer: str = "", depth: int = 0) -> Iterator[Violation]:
        """Why a value is none of a type."""
        if depth > DEEPEST:
            yield Violation(pointer, f"it nests deeper than {DEEPEST} levels")
            return
        if isinstance(node, Union):
            chosen = self.choose(node, value, depth) or self._only_close_branch(node, value)
            if chosen is None:
                yield _wrong(node, value, pointer)
                return
            node, value = node.branches[chosen[0]], chosen[1]
        match node, value:
            case Record(), dict():
                yield from self._record_violations(node, value, pointer, depth)
            case Array(items=items), (list() | tuple()):
                for index, each in enumerate(value):
                    yield from self.violations(items, each, f"{pointer}/{index}", depth + 1)
            case Map(values=values), dict():
                for key, each in value.items():
                    if isinstance(key, str):
                        yield from self.violations(values, each, f"{pointer}/{escape(key)}", depth + 1)
                    else:
                        yield Violation(pointer, f"the keys of a map are strings, not {key!r}")
            case ((Primitive() | Enum() | Fixed()), _):
                if (problem := leaf_problem(node, value)) is not None:
                    yield Violation(pointer, problem)
            case _:
                yield _wrong(node, value, pointer)

    @staticmethod
    def _only_close_branch(union: Union, value: object) -> tuple[int, object] | None:
        """The one branch that could be meant by a value that fits none, for an error that helps."""
        close = [index for index, each in enumerate(union.branches) if _rank(each, value) is not None]
        return (close[0], value) if len(close) == 1 else None

    def choose(self, union: Union, value: object, depth: int = 0) -> tuple[int, object] | None:
        """The branch a value belongs to, and the value itself; None if it belongs to none."""
        match value:
            case Branch(index=index, value=inner):
                return (index, inner) if 0 <= index < len(union.branches) else None
            case tuple() if len(value) == 2:
                for place, each in enumerate(union.branches):
                    if branch_name(each) == value[0]:
                        return place, value[1]
        ranked = [(_rank(each, value), index) for index, each in enumerate(union.branches)]
        candidates = sorted((rank, index) for rank, index in ranked if rank is not None)
        for _, index in candidates:
            if len(candidates) == 1 or self._takes(union.branches[index], value, depth):
                return index, value
        return None

    def write(self, node: Node, value: object, out: bytearray, depth: int = 0) -> None:
        """Append a value's bytes. Raises InvalidPayload."""
        if depth > DEEPEST:
            raise InvalidPayload(f"it nests deeper than {DEEPEST} levels")
        match node, value:
            case Union(), _:
                chosen = self.choose(node, value, depth)
                if chosen is None:
                    raise InvalidPayload(f"{_shown(value)} is no {label(node)}")
                out += varint(chosen[0])
                self.write(node.branches[chosen[0]], chosen[1], out, depth)
            case Record(), dict():
                self._write_record(node, value, out, depth)
            case Array(items=items), (list() | tuple()):
                if value:
                    out += varint(len(value))
                    for each in value:
                        self.write(items, each, out, depth + 1)
                out.append(0)
            case Map(values=values), dict():
                if value:
                    out += varint(len(value))
                    for key, each in value.items():
                        _write_text(key, out)
                        self.write(values, each, out, depth + 1)
                out.append(0)
            case (Primitive() | Enum() | Fixed(), _):
                _write_leaf(node, value, out)
            case _:
                raise InvalidPayload(f"{_shown(value)} is no {label(node)}")

    def _write_record(self, node: Record, value: dict[object, object], out: bytearray, depth: int) -> None:
        for field in node.fields:
            if field.name not in value:
                raise InvalidPayload(f"the field {field.name!r} is missing")
            self.write(field.type, value[field.name], out, depth + 1)

    def _takes(self, node: Node, value: object, depth: int) -> bool:
        key = (node, id(value))
        if key not in self._fits:
            self._kept.append(value)  # an id means something only as long as its object lives
            self._fits[key] = next(self.violations(node, value, "", depth + 1), None) is None
        return self._fits[key]

    def _record_violations(
        self, node: Record, value: dict[object, object], pointer: str, depth: int
    ) -> Iterator[Violation]:
        for field in node.fields:
            place = f"{pointer}/{escape(field.name)}"
            if field.name not in value:
                yield Violation(place, f"the field {field.name!r} is missing")
            else:
                yield from self.violations(field.type, value[field.name], place, depth + 1)
        known = {field.name for field in node.fields}
        for key in value:
            if key not in known and key != "-type":
                yield Violation(f"{pointer}/{escape(str(key))}", f"{node.name} has no field {key!r}")


def leaf_problem(node: Primitive | Enum | Fixed, value: object) -> str | None:
    """Why a value is none of a type without parts, None if it is one."""
    if isinstance(node, Enum):
        return None if isinstance(value, str) and value in node.symbols else _wrong(node, value, "").message
    try:
        raw = to_raw(node, value)
    except InvalidPayload as error:
        return error.message
    return None if _is_raw(node, raw) else _wrong(node, value, "").message


def _is_raw(node: Primitive | Fixed, raw: object) -> bool:
    match node.kind:
        case "null":
            return raw is None
        case "boolean":
            return isinstance(raw, bool)
        case "int" | "long":
            return (
                isinstance(raw, int) and not isinstance(raw, bool) and -_RANGES[node.kind] <= raw < _RANGES[node.kind]
            )
        case "float" | "double":
            return (isinstance(raw, float) or type(raw) is int) and _holds(node.kind, raw)
        case "string":
            return isinstance(raw, str) and not _is_broken(raw)
        case "bytes":
            return isinstance(raw, bytes | bytearray)
        case _:
            return isinstance(raw, bytes | bytearray) and isinstance(node, Fixed) and len(raw) == node.size


def _holds(kind: str, value: float) -> bool:
    try:
        struct.pack("<f" if kind == "float" else "<d", value)
    except (OverflowError, struct.error):
        return False
    return True


def _is_broken(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _rank(node: Node, value: object) -> int | None:
    """How close a value's Python type is to a branch: the lower the closer, None if it cannot belong to it."""
    match node, value:
        case Record() | Map(), dict():
            return 0
        case Array(), (list() | tuple()):
            return 0
        case Record() | Map() | Array() | Union(), _:
            return None
    if not isinstance(node, Primitive | Enum | Fixed) or leaf_problem(node, value) is not None:
        return None
    match node.kind, value:
        case (("float" | "double"), int()):
            return 3
        case "float", float() if math.isfinite(value) and struct.unpack("<f", struct.pack("<f", value))[0] != value:
            return 2
        case _ if node.logical is not None and isinstance(value, int | bytes | str):
            return 1  # a raw value in place of a logical one
        case _:
            return 0


def to_raw(node: Primitive | Fixed, value: object) -> object:
    """What is encoded for a payload's value: the logical type undone. Raises InvalidPayload."""
    match value:
        case decimal.Decimal() if isinstance(node.logical, Decimal):
            return _unscaled(node, node.logical, value)
        case uuid.UUID() if node.logical is not None and node.logical.name == "uuid":
            return value.bytes if isinstance(node, Fixed) else str(value)
        case dt.datetime() if node.logical is not None:
            return _since_epoch(node, value)
        case dt.date() if node.logical is not None and node.logical.name == "date":
            return (value - _DAY_ZERO).days
        case dt.time() if node.logical is not None and node.logical.name in ("time-millis", "time-micros"):
            micros = ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond
            return micros // 1000 if node.logical.name == "time-millis" else micros
        case _:
            return value


def _unscaled(node: Primitive | Fixed, logical: Decimal, value: decimal.Decimal) -> bytes:
    if not value.is_finite():
        raise InvalidPayload(f"{value} is no {logical}")
    sign, digits, exponent = value.as_tuple()
    written = "".join(map(str, digits)).lstrip("0")
    whole = written.rstrip("0")
    shift = int(exponent) + logical.scale + len(written) - len(whole)
    if whole and shift < 0:
        raise InvalidPayload(f"{value} has more than {logical.scale} digits after the point")
    if whole and len(whole) + shift > logical.precision:
        raise InvalidPayload(f"{value} has more than {logical.precision} digits")
    number = int(whole) * 10**shift if whole else 0
    number = -number if sign else number
    size = node.size if isinstance(node, Fixed) else (number + (number < 0)).bit_length() // 8 + 1
    encoded: bytes = number.to_bytes(size, "big", signed=True)
    return encoded


def _since_epoch(node: Primitive | Fixed, value: dt.datetime) -> object:
    name = node.logical.name if node.logical is not None else ""
    if not name.startswith(("timestamp-", "local-timestamp-")):
        return value
    local = name.startswith("local-")
    if local and value.tzinfo is not None:
        raise InvalidPayload(f"{value.isoformat()} has an offset, which {name} does not take")
    if not local and value.tzinfo is None:
        raise InvalidPayload(f"{value.isoformat()} lacks an offset: {name} is a moment in time")
    micros = (value - (_LOCAL_EPOCH if local else _EPOCH)) // _MICROSECOND
    match name.rpartition("-")[2]:
        case "millis":
            return micros // 1000
        case "micros":
            return micros
        case _:
            return micros * 1000


def _write_leaf(node: Primitive | Enum | Fixed, value: object, out: bytearray) -> None:
    problem = leaf_problem(node, value)
    if problem is not None:
        raise InvalidPayload(problem)
    if isinstance(node, Enum):
        out += varint(node.symbols.index(str(value)))
        return
    match to_raw(node, value):
        case None:
            pass
        case bool() as raw:
            out.append(raw)
        case int() | float() as raw if node.kind in ("float", "double"):
            out += struct.pack("<f" if node.kind == "float" else "<d", raw)
        case int() as raw:
            out += varint(raw)
        case str() as raw:
            _write_text(raw, out)
        case bytes() | bytearray() as raw:
            if not isinstance(node, Fixed):
                out += varint(len(raw))
            out += raw


def _write_text(text: object, out: bytearray) -> None:
    if not isinstance(text, str):
        raise InvalidPayload(f"{_shown(text)} is no string")
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        raise InvalidPayload("the string holds half a surrogate pair, which is no character") from None
    out += varint(len(encoded))
    out += encoded


def _wrong(node: Node, value: object, pointer: str) -> Violation:
    return Violation(pointer, f"{_shown(value)} is no {label(node)}")


def _shown(value: object) -> str:
    match value:
        case dict():
            return "an object"
        case list() | tuple():
            return "a list"
        case _:
            text = repr(value)
            return text if len(text) <= 60 else f"{text[:59]}…"
