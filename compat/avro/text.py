"""A schema as JSON: canonical, normalized, with references written out, and as decoders take it.

*Canonical* is what the Java library's ``Schema.toString`` writes: attributes in its order, a name with its namespace
only where that changes, types that references declare left as names; doc, aliases, defaults and custom attributes stay.
*Normalized* is canonical with custom attributes and aliases sorted and without scales of 0. (Confluent's client first
writes full names and every ``order``, and has the Java library write what it reads of that.)
"""

from __future__ import annotations

import decimal
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from compat.avro.schema import (
    PRIMITIVES,
    Array,
    Decimal,
    Enum,
    Field,
    Fixed,
    Map,
    Named,
    Node,
    Primitive,
    Record,
    Schema,
    Union,
    namespace,
    short_name,
)
from compat.engine import Form
from compat.outline import ABSENT

Json: TypeAlias = dict[str, object]

_minified: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_LIKE_FLOAT: Final = re.compile(r"\d[.e]")
"""What every float has that Python writes, and not much else."""


def text(schema: Schema, form: Form) -> str:
    """The text of a schema in one form, written once; forms that Avro does not know are the canonical one."""
    form = _plainest(schema, form)
    if (kept := schema.texts.get(form)) is None:
        declared = set() if form is Form.RESOLVED else _left_as_names(schema)
        kept = schema.texts[form] = dump(Canonical(declared, ordered=form is Form.NORMALIZED).node(schema.root))
    return kept


def _plainest(schema: Schema, form: Form) -> Form:
    """The form in which this schema has the same text: canonical, wherever nothing has to be done for another."""
    match form:
        case Form.NORMALIZED if schema.adorned:
            return form
        case Form.RESOLVED if len(schema.own) < len(schema.named):
            return form
        case _:
            return Form.CANONICAL


def _left_as_names(schema: Schema) -> set[str]:
    return {name for name in schema.named if name not in schema.own}


def dump(value: object) -> str:
    """Minified JSON, with numbers as the Java library writes them."""
    text = _minified(value)
    if not _LIKE_FLOAT.search(text) or not _has_float(value):
        return text
    pieces: list[str] = []
    _write(value, pieces.append)
    return "".join(pieces)


def _has_float(value: object) -> bool:
    match value:
        case dict():
            return any(map(_has_float, value.values()))
        case list() | tuple():
            return any(map(_has_float, value))
        case _:
            return isinstance(value, float)


def _write(value: object, put: Callable[[str], None]) -> None:
    match value:
        case dict():
            put("{")
            for index, (key, each) in enumerate(value.items()):
                put(f"{',' if index else ''}{json.dumps(key, ensure_ascii=False)}:")
                _write(each, put)
            put("}")
        case list() | tuple():
            put("[")
            for index, each in enumerate(value):
                if index:
                    put(",")
                _write(each, put)
            put("]")
        case float():
            put(_java_double(value))
        case _:
            put(json.dumps(value, ensure_ascii=False))


def _java_double(value: float) -> str:
    """A double as ``Double.toString`` writes it: ``1.0E10`` where Python has ``10000000000.0``."""
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    shortest = decimal.Decimal(repr(abs(value)))
    digits = "".join(map(str, shortest.as_tuple().digits)).rstrip("0")
    exponent = shortest.adjusted()
    return f"{'-' if value < 0 else ''}{digits[0]}.{digits[1:] or '0'}E{exponent}"


@dataclass(slots=True)
class Canonical:
    """Writes nodes; ``declared`` holds the names that are written as names."""

    declared: set[str]
    ordered: bool = False
    """Custom attributes and aliases in one order: normalized."""
    space: str = ""

    def node(self, node: Node) -> object:
        match node:
            case Primitive(kind=kind):
                properties = self.custom(node)
                return {"type": kind, **properties} if properties else kind
            case Union(branches=branches):
                return [self.node(branch) for branch in branches]
            case Array(items=items):
                return {"type": "array", "items": self.node(items), **self.custom(node)}
            case Map(values=values):
                return {"type": "map", "values": self.node(values), **self.custom(node)}
            case _:
                if node.name in self.declared:
                    return self.reference(node.name)
                self.declared.add(node.name)
                return self.declaration(node)

    def reference(self, name: str) -> str:
        short = short_name(name)
        return short if namespace(name) in ("", self.space) and short not in PRIMITIVES else name

    def declaration(self, node: Named) -> Json:
        outer = self.space
        inner = namespace(node.name)
        kind = "error" if isinstance(node, Record) and node.is_error else node.kind
        result: Json = {"type": kind, "name": short_name(node.name)}
        if inner != outer:
            result["namespace"] = inner
        if node.doc is not None:
            result["doc"] = node.doc
        match node:
            case Enum():
                result["symbols"] = list(node.symbols)
                if node.default is not None:
                    result["default"] = node.default
            case Fixed():
                result["size"] = node.size
            case Record():
                self.space = inner
                result["fields"] = [self.field(each) for each in node.fields]
                self.space = outer
        result |= self.custom(node)
        if node.aliases:
            result["aliases"] = [self.alias(alias, inner) for alias in self.in_order(node.aliases)]
        return result

    @staticmethod
    def alias(alias: str, space: str) -> str:
        return short_name(alias) if namespace(alias) == space else alias

    def field(self, field: Field) -> Json:
        result: Json = {"name": field.name, "type": self.node(field.type)}
        if field.doc is not None:
            result["doc"] = field.doc
        if (default := field.written_default) is not ABSENT:
            result["default"] = default
        if field.order != "ascending":
            result["order"] = field.order
        if field.aliases:
            result["aliases"] = self.in_order(field.aliases)
        if field.properties:
            result |= _sorted(field.properties) if self.ordered else field.properties
        return result

    def in_order(self, aliases: Sequence[str]) -> list[str]:
        return sorted(aliases) if self.ordered else list(aliases)

    def custom(self, node: Primitive | Array | Map | Named) -> Mapping[str, object]:
        return _sorted_properties(node) if self.ordered and node.properties else node.properties


def _sorted_properties(node: Primitive | Array | Map | Named) -> Json:
    """Custom attributes in order; a decimal's scale of 0 says nothing and is left out."""
    result = _sorted(node.properties)
    if isinstance(node.logical, Decimal) and node.logical.scale == 0:
        result.pop("scale", None)
    return result


def _sorted(value: Mapping[str, object]) -> Json:
    return {key: _deep_sorted(value[key]) for key in sorted(value)}


def _deep_sorted(value: object) -> object:
    match value:
        case dict():
            return _sorted(value)
        case list():
            return [_deep_sorted(each) for each in value]
        case _:
            return value


@dataclass(slots=True)
class Bare:
    """Writes what decoding depends on and nothing else: no doc, no custom attributes, logical types if asked for.

    ``only`` names the fields a record keeps (a record that is not named keeps all): how one of several faults is
    looked at alone.
    """

    logical: bool = False
    defaults: bool = True
    only: Mapping[Record, Collection[Field]] = field(default_factory=dict)
    root_space: str = ""
    """The namespace given to names that have none: fastavro cannot use such a name inside a record that has one."""
    doc: str = ""
    """A doc for every named type: fastavro resolves nothing between two schemas that are equal to the letter."""
    declared: set[str] = field(default_factory=set)
    size: int = 0
    """How many types were written."""

    def node(self, node: Node) -> object:
        self.size += 1
        match node:
            case Primitive(kind=kind):
                return {"type": kind, **self.attributes(node)} if self.logical and node.logical else kind
            case Union(branches=branches):
                return [self.node(branch) for branch in branches]
            case Array(items=items):
                return {"type": "array", "items": self.node(items)}
            case Map(values=values):
                return {"type": "map", "values": self.node(values)}
            case _:
                if node.name in self.declared:
                    return self.full(node.name)
                self.declared.add(node.name)
                return self.declaration(node)

    def full(self, name: str) -> str:
        return f"{self.root_space}.{name}" if self.root_space and "." not in name else name

    def declaration(self, node: Named) -> Json:
        result: Json = {"type": node.kind, "name": self.full(node.name)}
        if self.doc:
            result["doc"] = self.doc
        if node.aliases:
            result["aliases"] = [self.full(alias) for alias in node.aliases]
        match node:
            case Enum():
                result["symbols"] = list(node.symbols)
                if node.default is not None:
                    result["default"] = node.default
            case Fixed():
                result["size"] = node.size
                result |= self.attributes(node)
            case Record():
                result["fields"] = [self.field(each) for each in self.only.get(node, node.fields)]
        return result

    def field(self, field: Field) -> Json:
        result: Json = {"name": field.name, "type": self.node(field.type)}
        if field.has_default and self.defaults:
            result["default"] = field.default
        if field.aliases:
            result["aliases"] = list(field.aliases)
        return result

    def attributes(self, node: Primitive | Fixed) -> Json:
        match node.logical if self.logical else None:
            case None:
                return {}
            case Decimal(precision=precision, scale=scale):
                return {"logicalType": "decimal", "precision": precision, "scale": scale}
            case other:
                return {"logicalType": other.name}


AROUND: Final = "_lineal."
"""The namespace of the record around a schema that fastavro is given, and of names in the schema without their own."""

EVENT: Final = "event"
"""The only field of the record around a schema that fastavro is given."""


def wrapped(bare: object) -> Json:
    """A bare schema as the only field of a record, which is written with the same bytes.

    fastavro parses a union again at every call, in quadratic time; a record it knows again. Names without a namespace
    come to lie in that of the record around them, so it is called as no schema calls a record.
    """
    return {"type": "record", "name": f"{AROUND}__lineal_event__", "fields": [{"name": EVENT, "type": bare}]}


def brief(node: Node | Field) -> str:
    """A type or field as it reads in its schema, inner declarations cut to their names; at most 300 characters."""
    result = dump(_brief_field(node) if isinstance(node, Field) else _brief(node, 3))
    return result if len(result) <= 300 else f"{result[:299]}…"


def _brief_field(field: Field) -> Json:
    result: Json = {"name": field.name, "type": _brief(field.type, 2)}
    if field.written_default is not ABSENT:
        result["default"] = field.written_default
    return result | ({"aliases": list(field.aliases)} if field.aliases else {})


def _brief(node: Node, depth: int) -> object:
    match node:
        case Primitive(kind=kind, properties=properties):
            return {"type": kind, **properties} if properties else kind
        case Union(branches=branches):
            return [_brief(branch, depth - 1) for branch in branches[:40]] if depth else "…"
        case Array(items=items):
            return {"type": "array", "items": _brief(items, depth - 1)} if depth else "…"
        case Map(values=values):
            return {"type": "map", "values": _brief(values, depth - 1)} if depth else "…"
        case Enum(symbols=symbols, default=default) if depth == 3:
            shown: Json = {"type": "enum", "name": node.name, "symbols": list(symbols[:60])}
            return shown if default is None else shown | {"default": default}
        case Fixed(size=size) if depth == 3:
            return {"type": "fixed", "name": node.name, "size": size, **node.properties}
        case Record() if depth == 3:
            return {"type": "record", "name": node.name}
        case _:
            return node.name
