"""Events for proofs: bytes written from the writer schema with explicit union branches.

No encoder chooses a branch here. Every node has one smallest datum, made once; a witness is that datum with one part
exchanged along the path to the place that fails, so a record of a thousand fields is not written a thousand times.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from compat.avro.inhabited import lightest
from compat.avro.schema import Array, Enum, Field, Fixed, Map, Node, Primitive, Record, Union
from compat.avro.wording import show


@dataclass(frozen=True, slots=True)
class Datum:
    """A value of a writer's type: its bytes, and a JSON-ready tree of it for people."""

    encoded: bytes
    shown: object


def varint(number: int) -> bytes:
    """An int or long in Avro's variable-length zig-zag coding."""
    number = (number << 1) ^ (number >> 63)
    out = bytearray()
    while number & ~0x7F:
        out.append((number & 0x7F) | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def scalar(node: Primitive | Fixed, value: object) -> Datum:
    """A primitive or fixed value as written, logical type ignored."""
    match value:
        case None:
            encoded = b""
        case bool():
            encoded = b"\1" if value else b"\0"
        case int():
            encoded = varint(value)
        case float():
            encoded = struct.pack("<f" if node.kind == "float" else "<d", value)
        case str():
            text = value.encode()
            encoded = varint(len(text)) + text
        case bytes():
            encoded = value if isinstance(node, Fixed) else varint(len(value)) + value
        case _:
            raise TypeError(type(value))
    return Datum(encoded, show(node, value))


def symbol(node: Enum, index: int) -> Datum:
    """A symbol of an enum."""
    return Datum(varint(index), node.symbols[index])


def branch(index: int, inner: Datum) -> Datum:
    """A value of a union that belongs to the branch with this index."""
    return Datum(varint(index) + inner.encoded, inner.shown)


def one_item(inner: Datum) -> Datum:
    """An array of one item: an empty one would hide what is wrong with its items."""
    return Datum(b"\x02" + inner.encoded + b"\0", [inner.shown])


def one_value(inner: Datum) -> Datum:
    """A map with one entry, for the same reason."""
    return Datum(b"\x02\x02k" + inner.encoded + b"\0", {"k": inner.shown})


_SMALLEST: Final[Mapping[str, object]] = {
    "null": None,
    "boolean": False,
    "int": 0,
    "long": 0,
    "float": 0.0,
    "double": 0.0,
    "bytes": b"",
    "string": "",
}


class Data:
    """The smallest datum of every node of a writer schema that has one."""

    def __init__(self, weights: Mapping[Node, int]) -> None:
        self._weights = weights
        self._known: dict[Node, Datum] = {}
        self._parts: dict[Record, dict[str, bytes]] = {}
        """The bytes of the fields of records, by name, in their order."""
        self._starts: dict[Record, dict[Field | None, tuple[int, int]]] = {}

    def smallest(self, node: Node) -> Datum:
        """Recursion is as deep as the smallest value, which the parser bounds."""
        found = self._known.get(node)
        if found is None:
            found = self._known[node] = self._make(node)
        return found

    def with_field(self, node: Record, name: str, inner: Datum) -> Datum:
        """The smallest datum of a record with one field exchanged."""
        base = self.smallest(node)
        parts = self._parts[node].copy()
        parts[name] = inner.encoded
        shown = dict(base.shown) if isinstance(base.shown, dict) else {}
        shown[name] = inner.shown
        return Datum(b"".join(parts.values()), shown)

    def starts(self, node: Record) -> Mapping[Field | None, tuple[int, int]]:
        """Which field each of a record's is, and where it begins in the smallest datum; None stands for the end."""
        found = self._starts.get(node)
        if found is None:
            self.smallest(node)
            offsets = accumulate(map(len, self._parts[node].values()), initial=0)
            found = self._starts[node] = {
                each: (index, offset)
                for index, (each, offset) in enumerate(zip((*node.fields, None), offsets, strict=True))
            }
        return found

    def _make(self, node: Node) -> Datum:
        match node:
            case Primitive():
                is_uuid = node.logical is not None and node.logical.name == "uuid"
                return scalar(node, str(uuid.UUID(int=0)) if is_uuid else _SMALLEST[node.kind])
            case Fixed(size=size):
                return scalar(node, bytes(size))
            case Enum():
                return symbol(node, 0)
            case Array():
                return Datum(b"\0", [])
            case Map():
                return Datum(b"\0", {})
            case Union(branches=branches):
                index = lightest(node, self._weights)
                if index is None:
                    raise LookupError(node.kind)
                return branch(index, self.smallest(branches[index]))
            case Record(fields=fields):
                inner = {field.name: self.smallest(field.type) for field in fields}
                self._parts[node] = {name: each.encoded for name, each in inner.items()}
                return Datum(b"".join(self._parts[node].values()), {name: each.shown for name, each in inner.items()})
