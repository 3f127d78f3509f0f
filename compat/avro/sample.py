"""Events of a schema: the smallest, then boundary values, then seeded random ones.

Boundary events come as *each choice*: the n-th event takes the n-th interesting value of every part, so all symbols and
branches are met after as many events as the largest part has values, not after their product.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Final

from compat.avro.inhabited import lightest
from compat.avro.payload import Branch
from compat.avro.schema import Array, Decimal, Enum, Fixed, Map, Node, Primitive, Record, Schema, Union, reachable
from compat.avro.wording import from_raw
from compat.errors import InvalidPayload

_MOMENT_MILLIS: Final = 1_700_000_000_123
_LAST_MILLIS: Final = 253_402_300_799_999
"""The last millisecond of the year 9999, where Python's calendar ends."""
_FIRST_MILLIS: Final = -62_135_596_800_000
_DAY_MILLIS: Final = 86_400_000

_TEXTS: Final = ("", "a", "Zoë Łódź 東京 🚀", 'line\nbreak\t"quoted" \\ /', "x" * 256)
_BYTES: Final = (b"", b"\0", b"\xff\xfe\x80", bytes(range(256)))
_DOUBLES: Final = (0.0, -0.0, 1.5, -1.0, 1.7976931348623157e308, 5e-324, float("inf"), float("-inf"), float("nan"), 0.1)
_FLOATS: Final = (
    0.0,
    -0.0,
    1.5,
    -1.0,
    3.4028234663852886e38,
    1.401298464324817e-45,
    float("inf"),
    float("-inf"),
    float("nan"),
)

_PRIMITIVES: Final[Mapping[str, Sequence[object]]] = {
    "null": (None,),
    "boolean": (False, True),
    "int": (0, 1, -1, 2**31 - 1, -(2**31), 2**24 + 1),
    "long": (0, 1, -1, 2**63 - 1, -(2**63), 2**53 + 1),
    "float": _FLOATS,
    "double": _DOUBLES,
    "bytes": _BYTES,
    "string": _TEXTS,
}

_LOGICAL: Final[Mapping[str, Sequence[object]]] = {
    "date": (0, 19_000, -719_162, 2_932_896),
    "time-millis": (0, 1, 45_296_789, _DAY_MILLIS - 1),
    "time-micros": (0, 1, 45_296_789_123, _DAY_MILLIS * 1000 - 1),
    "timestamp-millis": (0, _MOMENT_MILLIS, -1, _LAST_MILLIS, _FIRST_MILLIS),
    "timestamp-micros": (0, _MOMENT_MILLIS * 1000 + 456, -1, _LAST_MILLIS * 1000 + 999, _FIRST_MILLIS * 1000),
    "timestamp-nanos": (0, _MOMENT_MILLIS * 10**6 + 456_789, -1, 2**63 - 1, -(2**63)),
    "uuid": (str(uuid.UUID(int=0)), "123e4567-e89b-12d3-a456-426614174000", str(uuid.UUID(int=2**128 - 1))),
}
"""Raw boundary values; a local timestamp has those of the timestamp."""

BOUNDARY_EVENTS: Final = 400
"""How many boundary events come at most."""
_PARTS: Final = 400
"""How many parts a random event has before it takes the smallest of everything."""


def minimal(schema: Schema) -> object:
    """The smallest payload. Raises InvalidPayload if the schema admits none."""
    if schema.root not in schema.weights:
        raise InvalidPayload("the schema admits no event: a record contains itself without end, or a union is empty")
    return bare(_Sampler(schema, 0).smallest(schema.root))


def trees(schema: Schema, seed: int) -> Iterator[object]:
    """Events with every union's branch named (``Branch``), without end; none if the schema admits none."""
    if schema.root not in schema.weights:
        return
    sampler = _Sampler(schema, seed)
    for index in range(min(sampler.count(schema.root), BOUNDARY_EVENTS)):
        sampler.left = _PARTS
        yield sampler.boundary(schema.root, index, 0)
    while True:
        sampler.left = _PARTS
        yield sampler.random(schema.root, 0)


def boundary_trees(schema: Schema, node: Node) -> Iterator[object]:
    """Boundary values of one type of a schema, branches named, over and over; it has to have values."""
    sampler = _Sampler(schema, 0)
    for index in count():
        sampler.left = _PARTS
        yield sampler.boundary(node, index, 0)


def bare(tree: object) -> object:
    """A payload as fastavro gives it: without the names of branches."""
    match tree:
        case Branch(value=value):
            return bare(value)
        case dict():
            return {key: bare(value) for key, value in tree.items()}
        case list():
            return [bare(each) for each in tree]
        case _:
            return tree


def boundary_values(node: Primitive | Enum | Fixed) -> Sequence[object]:
    """The interesting values of a type without parts, as payload values."""
    match node:
        case Enum(symbols=symbols):
            return symbols
        case Primitive(logical=Decimal() as digits) | Fixed(logical=Decimal() as digits):
            largest = 10 ** min(digits.precision, 60) - 1
            numbers = dict.fromkeys((0, 1, -1, min(1234, largest), largest, -largest))
            return [from_raw(node, _encoded(node, number)) for number in numbers]
        case Fixed(size=size):
            return tuple(dict.fromkeys((bytes(size), b"\xff" * size, bytes(each % 256 for each in range(size)))))
        case Primitive(kind=kind, logical=logical):
            name = logical.name.removeprefix("local-") if logical is not None else ""
            return [from_raw(node, raw) for raw in _LOGICAL.get(name, _PRIMITIVES[kind])]


def _encoded(node: Primitive | Fixed, number: int) -> bytes:
    size = node.size if isinstance(node, Fixed) else number.bit_length() // 8 + 1
    return number.to_bytes(size, "big", signed=True)


class _Sampler:
    def __init__(self, schema: Schema, seed: int) -> None:
        self._weights = schema.weights
        self._random = random.Random(seed)  # noqa: S311 - samples, not secrets
        self._values: dict[Node, Sequence[object]] = {}
        self._smallest: dict[Node, object] = {}
        self._counts: dict[Node, int] = {}
        self.left = _PARTS

    def count(self, root: Node) -> int:
        """How many events show every interesting value once; circles are cut."""
        self._counts.setdefault(root, 1)
        for _ in range(3):
            for node in self._nodes(root):
                self._counts[node] = min(self._count(node), BOUNDARY_EVENTS)
        return self._counts[root]

    def _nodes(self, root: Node) -> list[Node]:
        return list(reversed(reachable(root)))

    def _count(self, node: Node) -> int:
        match node:
            case Union(branches=branches):
                usable = [self._counts.get(each, 1) for each in branches if each in self._weights]
                return max(usable, default=1) * len(usable)
            case Record(fields=fields):
                return max((self._counts.get(each.type, 1) for each in fields), default=1)
            case Array(items=inner) | Map(values=inner):
                return 1 + self._counts.get(inner, 1) if inner in self._weights else 1
            case _:
                return len(self.values(node))

    def values(self, node: Primitive | Enum | Fixed) -> Sequence[object]:
        found = self._values.get(node)
        if found is None:
            found = self._values[node] = boundary_values(node)
        return found

    def smallest(self, node: Node) -> object:
        """Recursion is as deep as the smallest value, which the parser bounds."""
        if node not in self._smallest:
            self._smallest[node] = self._make_smallest(node)
        return self._smallest[node]

    def _make_smallest(self, node: Node) -> object:
        match node:
            case Union(branches=branches):
                index = lightest(node, self._weights) or 0
                return Branch(index, self.smallest(branches[index]))
            case Record(fields=fields):
                return {each.name: self.smallest(each.type) for each in fields}
            case Array():
                return []
            case Map():
                return {}
            case _:
                return self.values(node)[0]

    def boundary(self, node: Node, index: int, depth: int) -> object:
        """The event that shows the interesting value number ``index`` of every part."""
        self.left -= 1
        if self.left < 0 or depth > 12:
            return self.smallest(node)
        match node:
            case Union(branches=branches):
                usable = [each for each in range(len(branches)) if branches[each] in self._weights]
                chosen = usable[index % len(usable)]
                return Branch(chosen, self.boundary(branches[chosen], index // len(usable), depth + 1))
            case Record(fields=fields):
                return {each.name: self.boundary(each.type, index, depth + 1) for each in fields}
            case Array(items=inner):
                if not index or inner not in self._weights:
                    return []
                return [self.boundary(inner, index - 1, depth + 1) for _ in range(1 + (index % 3 == 2))]
            case Map(values=inner):
                if not index or inner not in self._weights:
                    return {}
                return {"kö y"[: 1 + index % 4]: self.boundary(inner, index - 1, depth + 1)}
            case _:
                values = self.values(node)
                return values[index % len(values)]

    def random(self, node: Node, depth: int) -> object:
        self.left -= 1
        if self.left < 0 or depth > 24:
            return self.smallest(node)
        match node:
            case Union(branches=branches):
                usable = [each for each in range(len(branches)) if branches[each] in self._weights]
                chosen = self._random.choice(usable)
                return Branch(chosen, self.random(branches[chosen], depth + 1))
            case Record(fields=fields):
                return {each.name: self.random(each.type, depth + 1) for each in fields}
            case Array(items=inner):
                return [self.random(inner, depth + 1) for _ in range(self._size(inner))]
            case Map(values=inner):
                return {self._text(): self.random(inner, depth + 1) for _ in range(self._size(inner))}
            case _:
                return self._leaf(node)

    def _size(self, inner: Node) -> int:
        return self._random.choice((0, 1, 1, 2, 3)) if inner in self._weights else 0

    def _leaf(self, node: Primitive | Enum | Fixed) -> object:
        values = self.values(node)
        if isinstance(node, Enum) or node.logical is not None or node.kind == "null" or self._random.random() < 0.25:
            return self._random.choice(values)
        match node.kind:
            case "boolean":
                return self._random.random() < 0.5
            case "int":
                return self._random.getrandbits(self._random.randrange(1, 32)) - self._random.getrandbits(16)
            case "long":
                return self._random.getrandbits(self._random.randrange(1, 63)) - self._random.getrandbits(32)
            case "float":
                return float(self._random.randrange(-(2**20), 2**20)) / 8
            case "double":
                return self._random.uniform(-1e9, 1e9)
            case "string":
                return self._text()
            case _:
                return self._random.randbytes(node.size if isinstance(node, Fixed) else self._random.randrange(12))

    def _text(self) -> str:
        return "".join(self._random.choices("abcdefghij klmnopqrstuvwxyzäöü", k=self._random.randrange(1, 12)))
