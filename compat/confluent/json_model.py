"""A JSON Schema as Confluent's checker sees it: every draft as the objects of the Everit library.

A schema object is one thing: an object, array, string, number or other type; an enum, a constant, a negation, a
condition, a combination. Where its keywords make it several, these are combined by allOf; a list of types is an anyOf
of one schema per type, each with the keywords of its own type. Without ``type`` the keywords tell which types are meant
(and whether other types are refused is not looked at). A combination of one schema is that schema.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any, Final

from compat.json_schema.schema import Location, ParsedSchema


class Shape(Enum):
    """What a schema is one of."""

    EMPTY = auto()
    """``true`` or without a keyword that asserts anything."""
    NEVER = auto()
    """``false``"""
    NULL = auto()
    BOOLEAN = auto()
    STRING = auto()
    NUMBER = auto()
    OBJECT = auto()
    ARRAY = auto()
    ENUM = auto()
    CONST = auto()
    NOT = auto()
    CONDITION = auto()
    COMBINED = auto()
    REFERENCE = auto()


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One such thing, compared by identity."""

    shape: Shape
    location: Location
    whole: bool = True
    """Whether it stands for a whole schema object, and not for some of its keywords."""
    criterion: str = ""
    """Of a combination: ``allOf``, ``anyOf`` or ``oneOf``."""
    parts: tuple[Node, ...] = ()
    """Of a combination that no keyword spells out: what is combined."""
    integer: bool = False
    """Of a number: whether it takes integers only."""

    def get(self, keyword: str) -> Any:
        """The value of a keyword; None where it is absent."""
        return self.location.raw.get(keyword) if isinstance(self.location.raw, dict) else None


_TYPES: Final = {
    "null": Shape.NULL,
    "boolean": Shape.BOOLEAN,
    "string": Shape.STRING,
    "number": Shape.NUMBER,
    "integer": Shape.NUMBER,
    "object": Shape.OBJECT,
    "array": Shape.ARRAY,
}
_IMPLIED: Final = {
    Shape.OBJECT: frozenset({
        "additionalProperties", "dependencies", "dependentRequired", "dependentSchemas", "maxProperties",
        "minProperties", "patternProperties", "properties", "propertyNames", "required", "unevaluatedProperties",
    }),
    Shape.ARRAY: frozenset({
        "additionalItems", "contains", "items", "maxContains", "maxItems", "minContains", "minItems", "prefixItems",
        "unevaluatedItems", "uniqueItems",
    }),
    Shape.NUMBER: frozenset({"exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"}),
    Shape.STRING: frozenset({"format", "maxLength", "minLength", "pattern"}),
}  # fmt: skip
"""Keywords that tell a type where ``type`` is absent."""
_CRITERIA: Final = ("allOf", "anyOf", "oneOf")
_MOST_HOPS: Final = 64
"""References in a row, after which a reference means anything."""


class Model:
    """The nodes of one schema, each made once."""

    def __init__(self, schema: ParsedSchema) -> None:
        self._schema = schema
        self._nodes: dict[int | tuple[int, str], Node] = {}
        self.root = self.node(schema.root)

    def node(self, location: Location) -> Node:
        raw = location.raw
        key = id(raw) if isinstance(raw, dict) else (id(location.document), location.pointer)
        found = self._nodes.get(key)
        if found is None:
            found = self._nodes[key] = self._read(location)
        return found

    def child(self, parent: Node, *steps: str | int) -> Node | None:
        """The schema at a keyword of a node, or below it; None where there is none."""
        raw = parent.location.raw
        for step in steps:
            try:
                raw = raw[step]
            except (LookupError, TypeError):
                return None
        at = parent.location
        if isinstance(raw, dict):
            return self.node(self._schema.locate(raw, at))
        if isinstance(raw, bool):
            return self.node(Location(raw, at.document, at.step(*steps), at.dialect, at.resolver))
        return None

    def resolved(self, node: Node) -> Node:
        """What a reference, or a combination of one schema, leads to; the node itself if it is none."""
        for _ in range(_MOST_HOPS):
            if node.shape is Shape.REFERENCE:
                node = self.node(self._schema.follow(node.location, node.get("$ref")))
            elif node.shape is Shape.COMBINED and len(branches := self.branches(node)) == 1:
                node = branches[0]
            else:
                return node
        return Node(Shape.EMPTY, node.location)

    def branches(self, node: Node) -> tuple[Node, ...]:
        """What a combination combines."""
        if node.parts:
            return node.parts
        found = (self.child(node, node.criterion, index) for index in range(len(node.get(node.criterion) or ())))
        return tuple(each for each in found if each is not None)

    def _read(self, location: Location) -> Node:
        if not isinstance(location.raw, dict):
            return Node(Shape.EMPTY if location.raw else Shape.NEVER, location)
        parts = list(_parts(location))
        if not parts:
            return Node(Shape.EMPTY, location)
        if len(parts) > 1:
            return Node(Shape.COMBINED, location, criterion="allOf", parts=tuple(parts))
        return replace(parts[0], whole=True)


def _parts(location: Location) -> Iterator[Node]:
    """What the keywords of a schema object amount to, one by one."""
    raw = location.raw
    if isinstance(raw.get("$ref"), str):
        yield Node(Shape.REFERENCE, location, whole=False)
        if location.dialect.reference_hides_siblings:
            return
    if isinstance(raw.get("enum"), list):
        yield Node(Shape.ENUM, location, whole=False)
    if "const" in raw:
        yield Node(Shape.CONST, location, whole=False)
    for criterion in _CRITERIA:
        if isinstance(raw.get(criterion), list) and raw[criterion]:
            yield Node(Shape.COMBINED, location, whole=False, criterion=criterion)
    yield from _typed(location)
    if isinstance(raw.get("not"), (dict, bool)):
        yield Node(Shape.NOT, location, whole=False)
    if "if" in raw and ("then" in raw or "else" in raw):
        yield Node(Shape.CONDITION, location, whole=False)


def _typed(location: Location) -> Iterator[Node]:
    """The schemas of the types that are named, else of those that the keywords tell."""
    named = location.raw.get("type")
    if isinstance(named, str):
        named = [named]
    if not isinstance(named, list):
        implied = (shape for shape, keywords in _IMPLIED.items() if keywords & location.raw.keys())
        yield from (Node(shape, location, whole=False) for shape in implied)
        return
    nodes = [Node(_TYPES[n], location, whole=False, integer=n == "integer") for n in named if n in _TYPES]
    if len(nodes) == 1:
        yield nodes[0]
    elif nodes:
        yield Node(Shape.COMBINED, location, whole=False, criterion="anyOf", parts=tuple(nodes))
