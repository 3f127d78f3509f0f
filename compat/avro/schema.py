"""A parsed Avro schema: nodes that refer to each other, each knowing where it was declared.

Nodes are compared by identity, since a graph with circles has no cheap equality. A named type is one node, shared by
every place that uses its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, Final, TypeAlias

from compat.definition import Definition
from compat.engine import Form
from compat.outline import ABSENT
from compat.positions import Positions, scan
from compat.verdict import Place


@dataclass(frozen=True, eq=False)
class Source:
    """A text that nodes were read from: the definition itself (no name) or one of its references."""

    name: str
    text: str

    @cached_property
    def positions(self) -> Positions:
        """Read when a place is first asked for: most schemas are never complained about."""
        return scan(self.text)

    def place(self, pointer: str) -> Place:
        """Where a pointer stands; in a reference the pointer follows the reference's name and a ``#``."""
        found = self.positions.find(pointer)
        line, column = found if found is not None else (None, None)
        return Place(f"{self.name}#{pointer}" if self.name else pointer, line, column)


@dataclass(frozen=True, slots=True)
class Decimal:
    """The logical type ``decimal``: digits in all, and digits after the point."""

    precision: int
    scale: int
    name: ClassVar[str] = "decimal"

    def __str__(self) -> str:
        return f"decimal({self.precision}, {self.scale})"


@dataclass(frozen=True, slots=True)
class Plain:
    """A logical type without parameters: ``date``, ``uuid``, ``timestamp-micros`` …"""

    name: str

    def __str__(self) -> str:
        return self.name


Logical: TypeAlias = Decimal | Plain
Properties: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, eq=False, slots=True)
class Primitive:
    """``null``, ``boolean``, ``int``, ``long``, ``float``, ``double``, ``bytes`` or ``string``."""

    kind: str
    source: Source
    pointer: str
    logical: Logical | None = None
    properties: Properties = field(default_factory=dict)


@dataclass(frozen=True, eq=False, slots=True)
class Array:
    """An array; ``items`` is filled in once its type is read."""

    source: Source
    pointer: str
    items: Node
    logical: Logical | None = None
    properties: Properties = field(default_factory=dict)
    kind: ClassVar[str] = "array"


@dataclass(frozen=True, eq=False, slots=True)
class Map:
    """A map from strings to ``values``."""

    source: Source
    pointer: str
    values: Node
    logical: Logical | None = None
    properties: Properties = field(default_factory=dict)
    kind: ClassVar[str] = "map"


@dataclass(frozen=True, eq=False, slots=True)
class Union:
    """A union: no branch is a union, no two branches have the same kind or full name."""

    source: Source
    pointer: str
    branches: tuple[Node, ...]
    kind: ClassVar[str] = "union"
    logical: ClassVar[None] = None


@dataclass(frozen=True, eq=False, slots=True)
class Enum:
    """An enumeration."""

    source: Source
    pointer: str
    name: str
    symbols: tuple[str, ...]
    default: str | None
    aliases: tuple[str, ...]
    doc: str | None
    logical: Logical | None = None
    properties: Properties = field(default_factory=dict)
    kind: ClassVar[str] = "enum"


@dataclass(frozen=True, eq=False, slots=True)
class Fixed:
    """A fixed number of bytes."""

    source: Source
    pointer: str
    name: str
    size: int
    aliases: tuple[str, ...]
    doc: str | None
    logical: Logical | None = None
    properties: Properties = field(default_factory=dict)
    kind: ClassVar[str] = "fixed"


@dataclass(frozen=True, eq=False, slots=True)
class Record:
    """A record. Its fields are filled in after it is named, since they may use its name."""

    source: Source
    pointer: str
    name: str
    fields: Sequence[Field]
    aliases: tuple[str, ...]
    doc: str | None
    is_error: bool = False
    logical: Logical | None = None
    properties: Properties = field(default_factory=dict)
    kind: ClassVar[str] = "record"


@dataclass(frozen=True, eq=False, slots=True)
class Field:
    """A field of a record. ``default`` is the JSON value as written, ABSENT if there is none."""

    source: Source
    pointer: str
    name: str
    type: Node
    default: object
    order: str
    aliases: tuple[str, ...]
    doc: str | None
    properties: Properties = field(default_factory=dict)
    unfit: object = ABSENT
    """A default that does not fit the type, as written: it is no default, and belongs to the text only."""

    @property
    def has_default(self) -> bool:
        return self.default is not ABSENT

    @property
    def written_default(self) -> object:
        """What the text has as the default, ABSENT if nothing."""
        return self.default if self.has_default else self.unfit


Node: TypeAlias = Primitive | Array | Map | Union | Enum | Fixed | Record
Named: TypeAlias = Enum | Fixed | Record

PRIMITIVES: Final = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")


def short_name(name: str) -> str:
    """The name without its namespace."""
    return name[name.rfind(".") + 1 :]


def namespace(name: str) -> str:
    """The namespace of a full name, empty if it has none."""
    return name[: max(name.rfind("."), 0)]


def children(node: Node) -> Iterator[Node]:
    """The types a type is made of, in order."""
    match node:
        case Array(items=items):
            yield items
        case Map(values=values):
            yield values
        case Union(branches=branches):
            yield from branches
        case Record(fields=fields):
            for each in fields:
                yield each.type
        case _:
            return


def reachable(root: Node) -> list[Node]:
    """Every node under a root, the root first, nearest first."""
    seen: dict[Node, None] = {root: None}
    queue = [root]
    for node in queue:
        for child in children(node):
            if child not in seen:
                seen[child] = None
                queue.append(child)
    return queue


def label(node: Node) -> str:
    """How people call a type: its logical type, its name, or what it is made of (one level)."""
    match node:
        case Primitive(kind=kind, logical=None):
            return kind
        case Primitive(logical=logical) | Fixed(logical=Decimal() | Plain() as logical):
            return str(logical)
        case Array(items=items):
            return f"array of {_inner_label(items)}"
        case Map(values=values):
            return f"map of {_inner_label(values)}"
        case Union(branches=branches):
            shown = [_inner_label(branch) for branch in branches[:8]]
            return f"union of {', '.join(shown)}{' …' if len(branches) > 8 else ''}"
        case Enum(name=name) | Fixed(name=name) | Record(name=name):
            return f"{node.kind} {name}"


def _inner_label(node: Node) -> str:
    return node.kind if isinstance(node, Array | Map | Union) else label(node)


@dataclass(frozen=True, eq=False)
class Schema:
    """A parsed definition."""

    definition: Definition
    root: Node
    own: frozenset[str]
    """Full names declared in the text itself, not in its references."""
    named: Mapping[str, Named]
    """Every type that can be named: declared in the text or in its references."""
    weights: Mapping[Node, int]
    """Size of the smallest value of every node that has one; a node without is missing."""
    adorned: bool
    """Whether something in it has attributes of somebody's own, or aliases: what is normalized has them in order."""
    texts: dict[Form, str] = field(default_factory=dict)
    """Those that were written already."""

    @cached_property
    def nodes(self) -> Sequence[Node]:
        """Every node under the root."""
        return reachable(self.root)

    @cached_property
    def recursive(self) -> bool:
        """Whether a value can nest without bound."""
        remaining = dict.fromkeys(self.nodes, 0)
        for node in self.nodes:
            for child in children(node):
                remaining[child] += 1
        free = [node for node, count in remaining.items() if not count]
        for node in free:
            for child in children(node):
                remaining[child] -= 1
                if not remaining[child]:
                    free.append(child)
        return len(free) < len(remaining)
