"""What Confluent says differs between two schemas that meet, by what they are. Conditions are not compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

from compat.confluent.json_arrays import arrays
from compat.confluent.json_combined import combinations
from compat.confluent.json_model import Node, Shape
from compat.confluent.json_objects import objects
from compat.confluent.json_parts import Asking, Part, seen
from compat.confluent.json_values import constants, enums, negations, numbers, strings
from compat.json_schema.values import equal

Rule: TypeAlias = Callable[[Asking, Node, Node], Iterator[Part]]

_RULES: Final[Mapping[Shape, Rule]] = {
    Shape.STRING: strings,
    Shape.NUMBER: numbers,
    Shape.ENUM: enums,
    Shape.CONST: constants,
    Shape.NOT: negations,
    Shape.OBJECT: objects,
    Shape.ARRAY: arrays,
}


def parts(asking: Asking, original: Node, update: Node) -> Iterator[Part]:
    """The differences of two schemas themselves, and the pairs below that are compared because of it."""
    old, new = asking.original.resolved(original), asking.update.resolved(update)
    if old.whole and new.whole:
        yield from _annotations(old, new)
    if Shape.EMPTY in {old.shape, new.shape}:
        if old.shape is not new.shape:
            yield seen("SCHEMA_REMOVED" if new.shape is Shape.EMPTY else "SCHEMA_ADDED", old, new)
    elif Shape.COMBINED in {old.shape, new.shape}:
        yield from combinations(asking, old, new)
    elif old.shape is not new.shape:
        if not _is_bytes(old, new):
            yield seen("TYPE_CHANGED", old, new)
    else:
        yield from _RULES.get(old.shape, _nothing)(asking, old, new)


def _nothing(_asking: Asking, _old: Node, _new: Node) -> Iterator[Part]:
    return iter(())


def _annotations(old: Node, new: Node) -> Iterator[Part]:
    names = {"title": "TITLE", "description": "DESCRIPTION", "default": "DEFAULT", "$id": "ID", "id": "ID"}
    for keyword, name in names.items():
        if not equal(old.get(keyword), new.get(keyword)):
            yield seen(f"{name}_CHANGED", old, new, keyword)


def _is_bytes(old: Node, new: Node) -> bool:
    """Kafka Connect's bytes: what was a string may become a number, the two ways it writes decimals."""
    marked = old.get("connect.type") == new.get("connect.type") == "bytes"
    return marked and (old.shape, new.shape) == (Shape.STRING, Shape.NUMBER)
