"""Inline tags of an Avro schema: ``confluent:tags`` on records and fields."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from compat import json_tags
from compat.avro.schema import Schema
from compat.entity import Entity, EntityKind, Tags

_RECORDS = frozenset({"record", "error"})


def tags(schema: Schema) -> Tags:
    """The tags of the schema's own text."""
    return json_tags.read(_entities(schema))


def entities(schema: Schema) -> list[Entity]:
    """What can carry tags, in the order of the text."""
    return [entity for entity, _, _ in _entities(schema)]


def tagged(schema: Schema, wanted: Tags) -> str:
    """The text with exactly these tags at these entities."""
    return json_tags.write(schema.definition.text, _entities(schema), wanted)


def _entities(schema: Schema) -> list[tuple[Entity, str, Any]]:
    return list(_within(json.loads(schema.definition.text.removeprefix("\ufeff"), strict=False), "", ""))


def _within(node: Any, namespace: str, pointer: str) -> Iterator[tuple[Entity, str, Any]]:
    if isinstance(node, list):
        for index, branch in enumerate(node):
            yield from _within(branch, namespace, f"{pointer}/{index}")
        return
    if not isinstance(node, dict):
        return
    kind = node.get("type")
    if isinstance(kind, dict | list):
        yield from _within(kind, namespace, f"{pointer}/type")
    elif kind == "array":
        yield from _within(node.get("items"), namespace, f"{pointer}/items")
    elif kind == "map":
        yield from _within(node.get("values"), namespace, f"{pointer}/values")
    elif kind in _RECORDS:
        yield from _record(node, namespace, pointer)


def _record(node: dict[str, Any], namespace: str, pointer: str) -> Iterator[tuple[Entity, str, Any]]:
    name = node["name"]
    inner = name.rpartition(".")[0] if "." in name else node.get("namespace", namespace)
    full = name if "." in name or not inner else f"{inner}.{name}"
    yield Entity(full, EntityKind.RECORD), pointer, node
    for index, field in enumerate(node["fields"]):
        where = f"{pointer}/fields/{index}"
        yield Entity(f"{full}.{field['name']}", EntityKind.FIELD), where, field
        yield from _within(field["type"], inner, f"{where}/type")
