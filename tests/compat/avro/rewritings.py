"""The same schema in other words, and other schemas that take and give the same data.

A rewriting makes a definition of a schema (a JSON value whose names are full), or None where it finds nothing to do.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from typing import Any

from compat.definition import Definition, Format, Reference
from tests.compat.avro.strategies import Json, Pick, _give_default, _Spot, _spots, rewritten

Rewriting = Callable[[Pick, Json], Definition | None]


def respelt(pick: Pick, original: Json) -> Definition:
    """Namespaces inherited or said apart, short names, aliases in another order, keys turned round."""
    return _definition(_Speller(pick).type(copy.deepcopy(original), ""))


def annotated(pick: Pick, original: Json) -> Definition:
    """Docs, custom attributes, primitives as objects."""
    return _definition(rewritten(pick, original))


class _Speller:
    def __init__(self, pick: Pick) -> None:
        self.pick = pick

    def type(self, node: Json, space: str) -> Json:
        match node:
            case str():
                return self.name(node, space)
            case list():
                return [self.type(each, space) for each in node]
            case {"name": str()}:
                return self.named(node, space)
            case {"items": inner}:
                return {**node, "items": self.type(inner, space)}
            case {"values": inner}:
                return {**node, "values": self.type(inner, space)}
        return {"type": node["type"], **node} if self.pick(2) else dict(reversed(node.items()))

    def name(self, name: str, space: str) -> str:
        own, _, short = name.rpartition(".")
        return short if own and own == space and self.pick(2) else name

    def named(self, node: Json, space: str) -> Json:
        own, _, short = node["name"].rpartition(".")
        if own and self.pick(2):
            node["name"] = short
            if own != space or self.pick(2):
                node["namespace"] = own
        if "aliases" in node:
            node["aliases"] = self.shuffled([self.name(alias, own) for alias in node["aliases"]])
        for field in node.get("fields", ()):
            field["type"] = self.type(field["type"], own)
            if "aliases" in field:
                field["aliases"] = self.shuffled(field["aliases"])
        return dict(reversed(node.items())) if self.pick(2) else node

    def shuffled(self, aliases: list[str]) -> list[str]:
        return [aliases.pop(self.pick(len(aliases))) for _ in range(len(aliases))]


def referenced(pick: Pick, original: Json) -> Definition | None:
    """One of the named types stands in a definition of its own, which this one refers to."""
    root = [copy.deepcopy(original)]
    spots = [spot for spot in _spots(root) if spot.holder is not root and _stands_alone(spot.value)]
    if not spots:
        return None
    spot = spots[pick(len(spots))]
    declared = spot.value
    spot.put(declared["name"])
    reference = Reference("part", Definition(Format.AVRO, json.dumps(declared)))
    return Definition(Format.AVRO, json.dumps(root[0]), (reference,))


def _stands_alone(node: Json) -> bool:
    if not isinstance(node, dict) or "name" not in node:
        return False
    values = [spot.value for spot in _spots([node])]
    declared = {value["name"] for value in values if isinstance(value, dict) and "name" in value}
    return not any(isinstance(value, str) and _is_name(value) and value not in declared for value in values)


def null_elsewhere(pick: Pick, original: Json) -> Definition | None:
    """``["null", X]`` as ``[X, "null"]`` and the other way round; a default goes along with the first branch."""
    root = [copy.deepcopy(original)]
    turned = 0
    for spot in _spots(root):
        if isinstance(spot.value, list) and len(spot.value) == 2 and "null" in spot.value and pick(2):
            spot.value.reverse()
            turned += 1
            if isinstance(spot.holder, dict) and "default" in spot.holder:
                del spot.holder["default"]
                _give_default(spot.holder)
                if "default" not in spot.holder:
                    return None
    return _definition(_declared_first(root[0])) if turned else None


def unrolled(pick: Pick, original: Json) -> Definition | None:
    """A record leads to a copy of itself in another namespace, whose fields lead back to the original.

    The copy keeps the unqualified name, by which the specification matches; under another it would be another type.
    """
    table = {each.value["name"]: each.value for each in _spots([original]) if _is_record(each.value)}
    root = [copy.deepcopy(original)]
    spots = [s for s in _spots(root) if isinstance(s.value, str) and s.value in table]
    if not spots:
        return None
    spot = spots[pick(len(spots))]
    record = copy.deepcopy(table[spot.value])
    record["name"] = f"again.{spot.value.rpartition('.')[2]}"
    record.pop("namespace", None)
    spot.put(record)
    return _definition(_declared_first(root[0], original))


def _is_record(node: Json) -> bool:
    return isinstance(node, dict) and node["type"] == "record"


def _declared_first(node: Json, original: Json | None = None) -> Json:
    """Each named type declared where it first stands, and called by its name from there on."""
    table: dict[str, Json] = {}
    for spot in (*_spots([original]), *_spots([node])):
        if isinstance(spot.value, dict) and "name" in spot.value:
            table.setdefault(spot.value["name"], spot.value)
    root: list[Any] = [copy.deepcopy(node)]
    seen: set[str] = set()

    def visit(spot: _Spot) -> None:
        value = spot.value
        name = value["name"] if isinstance(value, dict) and "name" in value else value
        if isinstance(name, str) and name in table:
            if name in seen:
                spot.put(name)
                return
            seen.add(name)
            spot.put(copy.deepcopy(table[name]))
        for inner in _inside(spot.value):
            visit(inner)

    visit(_Spot(root, 0, in_union=False))
    return root[0]


def _inside(node: Json) -> list[_Spot]:
    match node:
        case list():
            return [_Spot(node, index, in_union=True) for index in range(len(node))]
        case {"fields": fields}:
            return [_Spot(field, "type", in_union=False) for field in fields]
        case {"items": _}:
            return [_Spot(node, "items", in_union=False)]
        case {"values": _}:
            return [_Spot(node, "values", in_union=False)]
    return []


def _is_name(node: str) -> bool:
    return node not in ("int", "long", "float", "double", "bytes", "string", "boolean", "null")


def _definition(node: Json) -> Definition:
    return Definition(Format.AVRO, json.dumps(node))


REWRITINGS: Mapping[str, Rewriting] = {
    each.__name__: each for each in (respelt, annotated, referenced, null_elsewhere, unrolled)
}
