"""Pairs of Avro schemas: unrelated, mutated, rewritten without a change, widened or narrowed only.

Everything is built from one source of choices, ``pick(n)`` with a number below n as answer. Driven by hypothesis it
shrinks; driven by ``random.Random`` it makes a hundred thousand pairs for ``tests/prove/avro.py``.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from hypothesis import strategies as st

Json: TypeAlias = Any
Pick: TypeAlias = Callable[[int], int]

_PRIMITIVES = ("int", "long", "float", "double", "bytes", "string", "boolean", "null")
_FIELD_NAMES = ("a", "b", "c", "d")
_SHORT_NAMES = ("A", "B", "C")
_SPACES = ("n", "m")
_SYMBOLS = ("X", "Y", "Z")
_PROMOTED = {"int": ("long", "float", "double"), "long": ("float", "double"), "float": ("double",)}
_LOSSLESS = {"int": ("long", "double"), "float": ("double",)}
_LOGICAL: tuple[Json, ...] = (
    {"type": "long", "logicalType": "timestamp-millis"},
    {"type": "long", "logicalType": "timestamp-micros"},
    {"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2},
    {"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 3},
    {"type": "int", "logicalType": "date"},
    {"type": "string", "logicalType": "uuid"},
)


@dataclass(frozen=True)
class Pair:
    """Two schemas as JSON values, and what is known of them by construction."""

    kind: str
    writer: Json
    reader: Json

    @property
    def texts(self) -> tuple[str, str]:
        return json.dumps(self.writer), json.dumps(self.reader)


def pair(pick: Pick) -> Pair:
    """Any pair; most are a schema and a mutation of it."""
    kind = ("mutated", "mutated", "mutated", "mutated", "unrelated", "widened", "narrowed", "rewritten", "same")[
        pick(9)
    ]
    writer = schema(pick)
    match kind:
        case "mutated":
            reader = mutated(pick, writer)
            return Pair(kind, *((writer, reader) if pick(2) else (reader, writer)))
        case "unrelated":
            return Pair(kind, writer, schema(pick))
        case "widened":
            return Pair(kind, writer, widened(pick, writer))
        case "narrowed":
            reader = narrowed(pick, writer)
            return Pair(kind, writer, reader) if reader is not None else Pair("same", writer, copy.deepcopy(writer))
        case "rewritten":
            return Pair(kind, writer, rewritten(pick, writer))
        case _:
            return Pair(kind, writer, copy.deepcopy(writer))


def random_pair(seed: int) -> Pair:
    """The pair a seed stands for."""
    return pair(random.Random(seed).randrange)


def tangled_pair(seed: int) -> Pair:
    """Few names, many aliases: of fields, of types alone and in unions, in chains and claiming names in use."""
    pick = random.Random(seed).randrange
    return Pair("tangled", _tangle(pick, 0), _tangle(pick, 1))


def _tangle(pick: Pick, aliases: int) -> Json:
    """One to three named types, fields of a record or branches of a union; half of all may have an alias, or none."""
    names = ["n.A", "m.A", "n.B", "m.B"]
    types = [_knot(pick, names.pop(pick(2)), aliases) for _ in range((1, 1, 1, 2, 2, 3)[pick(6)])]
    if len(types) > 1 and pick(2):
        holder = {"type": "record", "name": "R", "fields": [{"name": f"f{i}", "type": t} for i, t in enumerate(types)]}
        return holder if aliases else {**holder, "fields": holder["fields"][: 1 + pick(3)]}
    return types[0] if len(types) == 1 else types


def _knot(pick: Pick, name: str, aliases: int) -> Json:
    result: Json = {"name": name}
    if pick(aliases + 1):
        result["aliases"] = [("n.A", "m.A", "n.B", "m.B")[pick(4)]]
    if pick(6) == 0:
        symbols = list(_SYMBOLS[pick(2) : 2 + pick(2)])
        return {**result, "type": "enum", "symbols": symbols, **({"default": symbols[0]} if pick(2) else {})}
    fields: list[Json] = []
    for each in _FIELD_NAMES[: 1 + pick(2 + 2 * aliases)]:
        field: Json = {"name": each, "type": "int" if pick(12) else "string"}
        if pick(12):
            _give_default(field)
        if pick(aliases + 1):
            field["aliases"] = [_FIELD_NAMES[pick(4)]]
        fields.insert(pick(len(fields) + 1), field)
    return {**result, "type": "record", "fields": fields[pick(2) * aliases :] or fields}


@st.composite
def pairs(draw: st.DrawFn) -> Pair:
    """Pairs for hypothesis."""
    return pair(lambda bound: draw(st.integers(0, bound - 1)))


@st.composite
def schemas(draw: st.DrawFn) -> Json:
    """Single schemas for hypothesis."""
    return schema(lambda bound: draw(st.integers(0, bound - 1)))


# --- one schema ---


def schema(pick: Pick) -> Json:
    """A schema of at most a few dozen types, often recursive, names often alike, some without a namespace."""
    grown = _Grower(pick).type(0, top=True)
    match pick(8):
        case 0:
            grown = _without_space(grown, "n")
        case 1:
            grown = _without_space(_without_space(grown, "n"), "m")
    return _repaired(grown)


def _without_space(node: Json, space: str) -> Json:
    """Names of one namespace without it; another letter keeps them apart, or ``A`` in ``m.B`` would mean ``m.A``."""
    return json.loads(json.dumps(node).replace(f'"{space}.', f'"{space.upper()}'))


class _Grower:
    def __init__(self, pick: Pick) -> None:
        self.pick = pick
        self.named: list[str] = []

    def type(self, depth: int, *, top: bool = False, union: bool = True) -> Json:
        choice = self.pick(20 if depth < 4 else 8)
        if top and choice < 12:
            choice = 13
        if choice < 6:
            return _PRIMITIVES[self.pick(len(_PRIMITIVES))]
        if choice == 6:
            return copy.deepcopy(_LOGICAL[self.pick(len(_LOGICAL))])
        if choice < 9:
            return self.named[self.pick(len(self.named))] if self.named else "string"
        if choice == 9:
            return {"type": "array", "items": self.type(depth + 1)}
        if choice == 10:
            return {"type": "map", "values": self.type(depth + 1)}
        if choice < 16:
            return self.record(depth)
        if choice == 16:
            return self.enum()
        if choice == 17:
            return self.fixed()
        return self.union(depth) if union else "long"

    def name(self) -> str | None:
        name = f"{_SPACES[self.pick(2)]}.{_SHORT_NAMES[self.pick(3)]}"
        if name in self.named:
            return None
        self.named.append(name)
        return name

    def record(self, depth: int) -> Json:
        name = self.name()
        if name is None:
            return "int"
        fields = [self.field(each, depth) for each in _FIELD_NAMES[: self.pick(4)]]
        result = {"type": "record", "name": name, "fields": fields}
        return self.with_alias(result)

    def field(self, name: str, depth: int) -> Json:
        result = {"name": name, "type": self.type(depth + 1)}
        if self.pick(3) == 0:
            _give_default(result)
        if self.pick(10) == 0:
            result["aliases"] = [_FIELD_NAMES[self.pick(4)]]
        return result

    def with_alias(self, declared: Json) -> Json:
        if self.pick(8) == 0:
            declared["aliases"] = [f"{_SPACES[self.pick(2)]}.{_SHORT_NAMES[self.pick(3)]}"]
        return declared

    def enum(self) -> Json:
        name = self.name()
        if name is None:
            return "string"
        first = self.pick(2)
        result: Json = {"type": "enum", "name": name, "symbols": list(_SYMBOLS[first : 1 + first + self.pick(2)])}
        if self.pick(3) == 0:
            result["default"] = result["symbols"][0]
        return self.with_alias(result)

    def fixed(self) -> Json:
        name = self.name()
        return {"type": "fixed", "name": name, "size": 1 + self.pick(3)} if name is not None else "bytes"

    def union(self, depth: int) -> Json:
        branches: list[Json] = ["null"] if self.pick(2) else []
        for _ in range(1 + self.pick(3)):
            branch = self.type(depth + 1, union=False)
            if not isinstance(branch, list) and _key(branch) not in map(_key, branches):
                branches.append(branch)
        return branches


def _key(node: Json) -> str:
    if isinstance(node, str):
        return node
    return str(node.get("name", node["type"]))


def _default_of(node: Json) -> Json:
    """A default of the type if it is a simple one, else nothing (the empty list)."""
    match node:
        case "int" | "long" | {"type": "int" | "long"}:
            return 7
        case "float" | "double":
            return 1.5
        case "string":
            return "x"
        case "bytes":
            return "\u00ff"
        case "boolean":
            return True
        case "null":
            return None
        case {"type": "array"}:
            return []
        case {"type": "map"}:
            return {}
        case {"type": "enum", "symbols": symbols} if symbols:
            return symbols[0]
        case [first, *_]:
            return _default_of(first)
        case _:
            return ...


def _give_default(field: Json) -> None:
    default = _default_of(field["type"])
    if default is not ...:
        field["default"] = default


# --- changes ---


@dataclass(frozen=True)
class _Spot:
    """A place in a schema whose value can be exchanged."""

    holder: Json
    key: str | int
    in_union: bool

    @property
    def value(self) -> Json:
        return self.holder[self.key]

    def put(self, value: Json) -> None:
        self.holder[self.key] = value


def _spots(root: Json) -> Iterator[_Spot]:
    """Every type of a schema (held in a list of one), outermost first."""
    stack = [_Spot(root, 0, False)]
    while stack:
        spot = stack.pop()
        yield spot
        match spot.value:
            case list() as branches:
                stack += [_Spot(branches, index, True) for index in range(len(branches))]
            case {"type": "array"} as node:
                stack.append(_Spot(node, "items", False))
            case {"type": "map"} as node:
                stack.append(_Spot(node, "values", False))
            case {"type": "record", "fields": fields}:
                stack += [_Spot(field, "type", False) for field in fields]


def mutated(pick: Pick, original: Json) -> Json:
    """A schema with one to three changes, harmless or not."""
    root = [copy.deepcopy(original)]
    for _ in range(1 + pick(3)):
        spots = list(_spots(root))
        spot = spots[pick(len(spots))]
        _MUTATIONS[pick(len(_MUTATIONS))](pick, spot)
    return _repaired(root[0])


def _change_primitive(pick: Pick, spot: _Spot) -> None:
    if isinstance(spot.value, str) and spot.value in _PRIMITIVES:
        promoted = _PROMOTED.get(spot.value, ())
        spot.put(promoted[pick(len(promoted))] if promoted and pick(2) else _PRIMITIVES[pick(len(_PRIMITIVES))])


def _change_record(pick: Pick, spot: _Spot) -> None:
    node = spot.value
    if not isinstance(node, dict) or node["type"] != "record":
        return
    fields = node["fields"]
    choice = pick(6)
    if choice == 0 or not fields:
        field = {"name": ("d", "e")[pick(2)], "type": _PRIMITIVES[pick(len(_PRIMITIVES))]}
        if pick(2):
            _give_default(field)
        fields.insert(pick(len(fields) + 1), field)
    elif choice == 1:
        fields.pop(pick(len(fields)))
    elif choice == 2:
        fields.reverse()
    elif choice == 3:
        field = fields[pick(len(fields))]
        if pick(3):
            field["aliases"] = [field["name"]]
        field["name"] = ("f", "g", *_FIELD_NAMES)[pick(6)]
    elif choice == 4:
        field = fields[pick(len(fields))]
        field.pop("default", None)
        if pick(2):
            _give_default(field)
    else:
        fields[pick(len(fields))]["aliases"] = [_FIELD_NAMES[pick(4)]]


def _rename(pick: Pick, spot: _Spot) -> None:
    node = spot.value
    if isinstance(node, dict) and "name" in node:
        old = node["name"]
        node["name"] = f"{('n', 'm', 'k')[pick(3)]}.{('A', 'B', 'C', 'D')[pick(4)]}"
        node.pop("namespace", None)
        if pick(2):
            node["aliases"] = [old]


def _change_symbols(pick: Pick, spot: _Spot) -> None:
    node = spot.value
    if isinstance(node, dict) and node["type"] == "enum":
        node["symbols"] = list(dict.fromkeys([*node["symbols"][pick(2) :], *_SYMBOLS[: pick(4)]]))
        node.pop("default", None)
        if pick(2) and node["symbols"]:
            node["default"] = node["symbols"][0]


def _change_size(pick: Pick, spot: _Spot) -> None:
    if isinstance(spot.value, dict) and spot.value["type"] == "fixed":
        spot.value["size"] = 1 + pick(3)


def _wrap(pick: Pick, spot: _Spot) -> None:
    if not isinstance(spot.value, list) and not spot.in_union:
        others = [each for each in ("null", "int", "double", "string") if each != _key(spot.value)]
        extra = others[pick(len(others))]
        spot.put([extra, spot.value] if pick(2) else [spot.value, extra])


def _change_union(pick: Pick, spot: _Spot) -> None:
    branches = spot.value
    if not isinstance(branches, list) or not branches:
        return
    choice = pick(4)
    if choice == 0:
        branches.pop(pick(len(branches)))
    elif choice == 1:
        branches.reverse()
    elif choice == 2:
        extra = _PRIMITIVES[pick(len(_PRIMITIVES))]
        if extra not in map(_key, branches):
            branches.insert(pick(len(branches) + 1), extra)
    elif not spot.in_union:
        spot.put(branches[pick(len(branches))])


def _split_record(pick: Pick, spot: _Spot) -> None:
    """Put a record of the same short name, but other fields, beside a record."""
    node = spot.value
    if isinstance(node, dict) and node["type"] == "record" and not spot.in_union:
        twin = {"type": "record", "name": f"t.{node['name'].rpartition('.')[2]}", "fields": []}
        if pick(2):
            twin["fields"] = [{"name": "z", "type": "int"}]
        spot.put([twin, node] if pick(2) else [node, twin])


def _change_logical(pick: Pick, spot: _Spot) -> None:
    if (isinstance(spot.value, dict) and "logicalType" in spot.value) or spot.value in ("long", "bytes", "int"):
        spot.put(copy.deepcopy(_LOGICAL[pick(len(_LOGICAL))]))


def _replace(pick: Pick, spot: _Spot) -> None:
    if not spot.in_union:
        spot.put(_Grower(pick).type(2))


_MUTATIONS = (
    _change_primitive,
    _change_record,
    _change_record,
    _change_record,
    _rename,
    _change_symbols,
    _change_size,
    _wrap,
    _change_union,
    _split_record,
    _change_logical,
    _replace,
)


def _repaired(node: Json) -> Json:
    """The schema made valid again: names declared once, before use; fields and branches unique; defaults that fit."""
    return _Repair().type(node)


class _Repair:
    def __init__(self) -> None:
        self.declared: dict[str, Json] = {}

    def type(self, node: Json) -> Json:
        match node:
            case str():
                return node if node in _PRIMITIVES or node in self.declared else "string"
            case list():
                branches: list[Json] = []
                for each in node:
                    branch = self.type(each)
                    if not isinstance(branch, list) and _key(branch) not in map(_key, branches):
                        branches.append(branch)
                return branches
            case {"type": "array"}:
                return {**node, "items": self.type(node["items"])}
            case {"type": "map"}:
                return {**node, "values": self.type(node["values"])}
            case {"name": name}:
                if name in self.declared:
                    return name
                self.declared[name] = node
                if "." not in name:
                    node["namespace"] = ""
                if node["type"] == "record":
                    node = {**node, "fields": []}
                    for field in self.declared[name]["fields"]:
                        self._add_field(node["fields"], field)
                return node
            case _:
                return node

    def _add_field(self, fields: list[Json], field: Json) -> None:
        if field["name"] in [each["name"] for each in fields]:
            return
        field = {**field, "type": self.type(field["type"])}
        if "default" in field:
            del field["default"]
            _give_default(field)
        fields.append(field)


def rewritten(pick: Pick, original: Json) -> Json:
    """The same schema, said otherwise: docs, custom attributes, primitives as objects, namespaces apart, key order."""
    root = [copy.deepcopy(original)]
    for spot in list(_spots(root)):
        node = spot.value
        choice = pick(4)
        if isinstance(node, dict) and choice == 0:
            node["note"] = {"seen": [1, 2.5, None]}
        if isinstance(node, dict) and "name" in node:
            if choice == 1 and "." in node["name"]:
                node["namespace"], _, node["name"] = node["name"].rpartition(".")
            elif choice == 2:
                node["doc"] = "said otherwise"
            elif choice == 3:
                spot.put(dict(reversed(node.items())))
        elif isinstance(node, str) and node in _PRIMITIVES and choice == 1:
            spot.put({"type": node})
    return root[0]


def widened(pick: Pick, original: Json) -> Json:
    """A schema that reads everything the original writes: only changes that are safe wherever they stand."""
    root = [copy.deepcopy(original)]
    for spot in list(_spots(root)):
        choice = pick(5)
        match spot.value:
            case str() as name if name in _LOSSLESS and not spot.in_union and choice == 0:
                spot.put(_LOSSLESS[name][pick(len(_LOSSLESS[name]))])
            case str() as name if name in _PRIMITIVES and name != "null" and not spot.in_union and choice == 1:
                spot.put([name, "null"])
            case {"type": "enum"} as node if choice == 0 and "W" not in node["symbols"]:
                node["symbols"].append("W")
            case {"type": "record"} as node if choice == 0 and "w" not in [each["name"] for each in node["fields"]]:
                node["fields"].append({"name": "w", "type": "string", "default": ""})
            case {"type": "record"} as node if choice == 1:
                if not any(_declares(field["type"]) for field in node["fields"]):
                    node["fields"].reverse()
            case {"type": "record"} as node if choice == 2 and node["fields"]:
                if not _declares(node["fields"][-1]["type"]):
                    node["fields"].pop()
            case list() as branches if choice == 0 and "boolean" not in branches:
                branches.append("boolean")
    return _undefaulted(root[0])


def narrowed(pick: Pick, original: Json) -> Json | None:
    """A schema that cannot read something the original writes, wherever the change stands; None if none can be made."""
    root = [copy.deepcopy(original)]
    spots = [spot for spot in _spots(root) if _can_narrow(spot)]
    if not spots:
        return None
    spot = spots[pick(len(spots))]
    match spot.value:
        case {"type": "record"} as node:
            node["fields"].append({"name": "more", "type": "int"})
        case {"type": "enum"} as node:
            node["symbols"].pop()
        case {"type": "fixed"} as node:
            node["size"] += 1
        case list() as branches:
            branches.remove("null")
        case str() as name:
            spot.put({"long": "int", "double": "float", "string": "int", "int": "boolean"}[name])
    return _undefaulted(root[0])


def _can_narrow(spot: _Spot) -> bool:
    match spot.value:
        case {"type": "record" | "fixed"}:
            return True
        case {"type": "enum", "symbols": symbols} as node:
            return bool(symbols) and "default" not in node
        case list() as branches:
            return "null" in branches
        case str() as name:
            return name in ("long", "double", "string", "int") and not spot.in_union
    return False


def _declares(node: Json) -> bool:
    return any(isinstance(spot.value, dict) and "name" in spot.value for spot in _spots([node]))


def _undefaulted(node: Json) -> Json:
    """Defaults follow their types: a promoted or wrapped type may need another."""
    for spot in _spots([node]):
        if isinstance(spot.value, dict) and spot.value["type"] == "record":
            for field in spot.value["fields"]:
                if "default" in field:
                    del field["default"]
                    _give_default(field)
    return node
