"""The reader schema of some properties: that they are there and of which JSON type, and nothing about their values.

A decoder of JSON relies on no more than that. Who relies on bounds, formats or the values of an enumeration declares a
whole schema.
"""

from __future__ import annotations

import json
from typing import Any, Final

from compat.definition import Definition, Format
from compat.errors import UnknownField
from compat.json_schema.outline import outline
from compat.json_schema.schema import ParsedSchema
from compat.outline import Kind, Type
from compat.projection import Need

_NAMES: Final = {
    Kind.STRING: "string", Kind.BOOLEAN: "boolean", Kind.INTEGER: "integer", Kind.FLOAT: "number",
    Kind.DECIMAL: "number", Kind.NULL: "null",
}  # fmt: skip


def projection(schema: ParsedSchema, need: Need) -> Definition:
    """Raises UnknownField."""
    raw = schema.root.raw
    dialect = {"$schema": raw["$schema"]} if isinstance(raw, dict) and isinstance(raw.get("$schema"), str) else {}
    described = outline(schema)
    return Definition(Format.JSON, json.dumps(dialect | _schema(described, need, "", (described,)), ensure_ascii=False))


def _schema(type_: Type, need: Need, path: str, above: tuple[Type, ...]) -> dict[str, Any]:
    match type_.kind:
        case Kind.REPEAT if need.fields:
            # the outline cuts recursion with a name; which of the types around it is meant, their fields tell
            again = next((each for each in reversed(above) if need.fields.keys() <= _known(each)), above[0])
            return _schema(again, need, path, above)
        case Kind.RECORD:
            return _object(type_, need, path, above)
        case Kind.ARRAY if type_.items is not None:
            return {"type": "array", "items": _schema(type_.items, need, path, above)}
        case Kind.MAP if type_.items is not None:
            return {"type": "object", "additionalProperties": _schema(type_.items, need, path, above)}
        case Kind.UNION:
            return _any_of(type_, need, path, above)
    if need.fields:
        raise _unknown(path, next(iter(need.fields)), frozenset())
    if type_.kind is Kind.ENUM:
        names = dict.fromkeys(map(_name, type_.symbols))
        return {"type": list(names) if len(names) > 1 else next(iter(names))} if names else {}
    return {"type": _NAMES[type_.kind]} if type_.kind in _NAMES else {}


def _object(type_: Type, need: Need, path: str, above: tuple[Type, ...]) -> dict[str, Any]:
    known = {field.name: field for field in type_.fields}
    for name in need.fields:
        if name not in known:
            raise _unknown(path, name, frozenset(known))
    inside = (*above, type_)
    found: dict[str, Any] = {"type": "object"}
    if need.fields:
        found["properties"] = {
            name: _schema(known[name].type, inner, f"{path}.{name}" if path else name, inside)
            for name, inner in need.fields.items()
        }
    if required := [name for name, inner in need.fields.items() if not inner.optional]:
        found["required"] = required
    return found


def _any_of(type_: Type, need: Need, path: str, above: tuple[Type, ...]) -> dict[str, Any]:
    """Each name must be a property of some variant; a variant without it is read as it is, null among them."""
    known = [_known(variant) for variant in type_.variants]
    everywhere = frozenset().union(*known)
    for name in need.fields:
        if name not in everywhere:
            raise _unknown(path, name, everywhere)
    parts = [
        _schema(variant, Need({n: inner for n, inner in need.fields.items() if n in has}), path, above)
        for variant, has in zip(type_.variants, known, strict=True)
    ]
    return {"anyOf": parts} if parts else {}


def _known(type_: Type) -> frozenset[str]:
    match type_.kind:
        case Kind.RECORD:
            return frozenset(field.name for field in type_.fields)
        case Kind.ARRAY | Kind.MAP if type_.items is not None:
            return _known(type_.items)
        case Kind.UNION:
            return frozenset().union(*map(_known, type_.variants))
        case _:
            return frozenset()


def _name(value: object) -> str:
    match value:
        case bool():
            return "boolean"
        case None:
            return "null"
        case str():
            return "string"
        case list():
            return "array"
        case dict():
            return "object"
        case _:
            return "number"


def _unknown(path: str, name: str, known: frozenset[str]) -> UnknownField:
    full = f"{path}.{name}" if path else name
    listed = ", ".join(sorted(known)[:12]) or "none"
    return UnknownField(full, f"there is no field {full}; the fields there: {listed}")
