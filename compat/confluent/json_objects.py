"""Rules of JSON Schema for objects.

``propertyNames`` and the schemas of ``patternProperties`` are never compared, and a name is only found to be required
where both sides declare the property, or the update adds it: known weaknesses, kept. An added property that may be
anything is named after that, required or not: which comes first is not described.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from compat.confluent.json_content import Content, content, covered, is_empty, is_false, openness
from compat.confluent.json_model import Model, Node
from compat.confluent.json_parts import Asking, Below, Part, limits, seen

_ADDITIONAL: Final = (
    ("additionalProperties", "ADDITIONAL_PROPERTIES"),
    ("unevaluatedProperties", "UNEVALUATED_PROPERTIES"),
)


def objects(asking: Asking, old: Node, new: Node) -> Iterator[Part]:
    """Limits, what else is allowed, dependencies, properties, what is required."""
    yield from limits(old, new, ("maxProperties", "MAX_PROPERTIES"), ("minProperties", "MIN_PROPERTIES"))
    for keyword, name in _ADDITIONAL:
        before, after = _other(asking.original, old, keyword), _other(asking.update, new, keyword)
        yield from openness(old, new, before, after, keyword, name)
    yield from _dependencies(asking, old, new)
    yield from _properties(asking, old, new)
    yield from _required(old, new)


def _properties(asking: Asking, old: Node, new: Node) -> Iterator[Part]:
    before, after = _declared(old), _declared(new)
    for name in before:
        was = asking.original.child(old, "properties", name)
        now = asking.update.child(new, "properties", name)
        if was is not None and now is not None:
            yield Below(was, now, f"/properties/{name}")
        elif was is not None:
            yield from _removed(asking, old, new, name, was)
    for name in after:
        now = asking.update.child(new, "properties", name)
        if name not in before and now is not None:
            yield from _added(asking, old, new, name, now)


def _removed(asking: Asking, old: Node, new: Node, name: str, was: Node) -> Iterator[Part]:
    model = _content(asking, asking.update, new, name)
    if model.is_open:
        kind = "PROPERTY_REMOVED_FROM_OPEN_CONTENT_MODEL"
    elif model.cover is not None:
        kind = f"PROPERTY_REMOVED_{covered(asking, was, model.cover)}_BY_PARTIALLY_OPEN_CONTENT_MODEL"
    elif is_false(was):
        kind = "PROPERTY_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL"
    else:
        kind = "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL"
    yield seen(kind, old, new, "properties", name)


def _added(asking: Asking, old: Node, new: Node, name: str, now: Node) -> Iterator[Part]:
    model = _content(asking, asking.original, old, name)
    if model.is_open and is_empty(asking.update, now):
        yield seen("PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL", old, new, "properties", name)
        return
    if model.cover is not None:
        agrees = covered(asking, model.cover, now)
        yield seen(f"PROPERTY_ADDED_{agrees}_BY_PARTIALLY_OPEN_CONTENT_MODEL", old, new, "properties", name)
    where = "OPEN" if model.is_open else "UNOPEN"
    if name in _names(new.get("required")):
        given = "_WITH_DEFAULT" if _has_default(now) else ""
        yield seen(f"REQUIRED_PROPERTY{given}_ADDED_TO_{where}_CONTENT_MODEL", old, new, "properties", name)
    elif model.cover is None:
        yield seen(f"OPTIONAL_PROPERTY_ADDED_TO_{where}_CONTENT_MODEL", old, new, "properties", name)


def _required(old: Node, new: Node) -> Iterator[Part]:
    """Only of properties that both sides declare."""
    before, after = _names(old.get("required")), _names(new.get("required"))
    declared = _declared(new)
    for name in _declared(old):
        if name not in declared or (name in before) == (name in after):
            continue
        given = "_WITH_DEFAULT" if isinstance(declared[name], dict) and "default" in declared[name] else ""
        kind = "REQUIRED_ATTRIBUTE_REMOVED" if name in before else f"REQUIRED_ATTRIBUTE{given}_ADDED"
        yield seen(kind, old, new, "required", name, detail=name)


def _dependencies(asking: Asking, old: Node, new: Node) -> Iterator[Part]:
    before, after = _needs(old), _needs(new)
    for name in dict.fromkeys((*before, *after)):
        was, now = before.get(name), after.get(name)
        if was == now:
            continue
        if was is None or now is None:
            kind = "ADDED" if was is None else "REMOVED"
        else:
            kind = "EXTENDED" if was < now else "NARROWED" if now < was else "CHANGED"
        yield seen(f"DEPENDENCY_ARRAY_{kind}", old, new, "dependencies", name)
    yield from _schema_dependencies(asking, old, new)


def _schema_dependencies(asking: Asking, old: Node, new: Node) -> Iterator[Part]:
    before, after = _needed(asking.original, old), _needed(asking.update, new)
    for name in dict.fromkeys((*before, *after)):
        was, now = before.get(name), after.get(name)
        if was is not None and now is not None:
            yield Below(was, now, f"/dependencies/{name}")
        else:
            kind = f"DEPENDENCY_SCHEMA_{'ADDED' if was is None else 'REMOVED'}"
            yield seen(kind, old, new, "dependencies", name)


def _needs(node: Node) -> dict[str, frozenset[str]]:
    """The properties that a property needs beside it, however the draft spells it."""
    both = {**_object(node.get("dependencies")), **_object(node.get("dependentRequired"))}
    return {name: frozenset(needed) for name, needed in both.items() if isinstance(needed, list)}


def _needed(model: Model, node: Node) -> dict[str, Node]:
    """The schemas that depend on a property."""
    found: dict[str, Node] = {}
    for keyword in ("dependencies", "dependentSchemas"):
        for name in _object(node.get(keyword)):
            schema = model.child(node, keyword, name)
            if schema is not None:
                found[name] = schema
    return found


def _content(asking: Asking, model: Model, node: Node, name: str) -> Content:
    """The model for one name: the first pattern that matches decides, before everything else that is allowed."""
    patterns = _object(node.get("patternProperties"))
    for pattern in patterns:
        if asking.matches(pattern, name) and (cover := model.child(node, "patternProperties", pattern)) is not None:
            return Content(cover=cover)
    return content(*(_other(model, node, keyword) for keyword, _ in _ADDITIONAL), plain=not patterns)


def _other(model: Model, node: Node, keyword: str) -> Node | None:
    if keyword.startswith("unevaluated") and node.location.dialect.order < 2019:
        return None
    return model.child(node, keyword)


def _declared(node: Node) -> dict[str, Any]:
    return _object(node.get("properties"))


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _names(value: Any) -> list[str]:
    return value if isinstance(value, list) else []


def _has_default(node: Node) -> bool:
    return isinstance(node.location.raw, dict) and "default" in node.location.raw
