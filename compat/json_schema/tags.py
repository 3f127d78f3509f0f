"""Inline tags of a JSON Schema: ``confluent:tags`` on the root and on properties."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote

from compat import json_tags
from compat.entity import Entity, EntityKind, Tags
from compat.json_schema.schema import ParsedSchema
from compat.positions import escape

ROOT: Final = "$"

_BRANCHES: Final = ("allOf", "anyOf", "oneOf", "prefixItems", "items")
_INNER: Final = ("items", "additionalItems", "additionalProperties", "then", "else")
_Found = tuple[Entity, str, Any]


def tags(schema: ParsedSchema) -> Tags:
    """The tags of the schema's own text."""
    return json_tags.read(_entities(schema))


def entities(schema: ParsedSchema) -> list[Entity]:
    """What can carry tags, in the order of the text."""
    return list(dict.fromkeys(entity for entity, _, _ in _entities(schema)))


def tagged(schema: ParsedSchema, wanted: Tags) -> str:
    """The text with exactly these tags at these entities."""
    return json_tags.write(schema.root.document.text, _entities(schema), wanted)


def _entities(schema: ParsedSchema) -> list[_Found]:
    root = schema.root.document.raw
    if not isinstance(root, dict):
        return []
    return [(Entity(ROOT, EntityKind.RECORD), "", root), *_Walk(root).within(root, "", ROOT)]


class _Walk:
    """Goes through properties, items and local references; each schema once, under the first path that leads to it."""

    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root
        self._seen: set[str] = set()

    def within(self, node: Any, pointer: str, path: str) -> Iterator[_Found]:
        if not isinstance(node, dict) or pointer in self._seen:
            return
        self._seen.add(pointer)
        reference = node.get("$ref")
        if isinstance(reference, str) and (reference == "#" or reference.startswith("#/")):
            where = unquote(reference[1:])
            yield from self.within(_at(self._root, where), where, path)
        for keyword in _INNER:
            yield from self.within(node.get(keyword), f"{pointer}/{keyword}", path)
        for keyword in _BRANCHES:
            branches = node.get(keyword)
            for index, branch in enumerate(branches if isinstance(branches, list) else ()):
                yield from self.within(branch, f"{pointer}/{keyword}/{index}", path)
        properties = node.get("properties")
        for name, property_ in properties.items() if isinstance(properties, dict) else ():
            if isinstance(property_, dict):
                where = f"{pointer}/properties/{escape(name)}"
                yield Entity(f"{path}.{name}", EntityKind.FIELD), where, property_
                yield from self.within(property_, where, f"{path}.{name}")


def _at(node: Any, pointer: str) -> Any:
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(node, dict):
            node = node.get(name)
        elif isinstance(node, list) and name.isdecimal() and int(name) < len(node):
            node = node[int(name)]
        else:
            return None
    return node
