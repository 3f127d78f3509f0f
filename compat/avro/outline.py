"""The outline of an Avro schema: the tree of names and types that all formats share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from compat.avro.schema import (
    Array,
    Decimal,
    Enum,
    Field,
    Fixed,
    Map,
    Node,
    Primitive,
    Record,
    Schema,
    Union,
    label,
)
from compat.outline import ABSENT, Kind, Type
from compat.outline import Field as OutlineField

LARGEST: Final = 20_000
"""How many types an outline shows; beyond, named types are cut like repeated ones."""

_KINDS: Final[Mapping[str, tuple[Kind, int | None]]] = {
    "null": (Kind.NULL, None),
    "boolean": (Kind.BOOLEAN, None),
    "int": (Kind.INTEGER, 32),
    "long": (Kind.INTEGER, 64),
    "float": (Kind.FLOAT, 32),
    "double": (Kind.FLOAT, 64),
    "bytes": (Kind.BYTES, None),
    "string": (Kind.STRING, None),
}


def outline(schema: Schema) -> Type:
    """The tree of a schema; a type inside itself is cut with ``Kind.REPEAT``."""
    return _Outliner().type(schema.root)


class _Outliner:
    def __init__(self) -> None:
        self._open: set[str] = set()
        self._left = LARGEST

    def type(self, node: Node) -> Type:
        self._left -= 1
        logical = node.logical.name if node.logical is not None else ""
        match node:
            case Primitive(kind=kind):
                outer, bits = _KINDS[kind]
                outer = Kind.DECIMAL if logical == "decimal" else outer
                return Type(outer, label(node), bits=bits, logical=logical, constraints=_constraints(node))
            case Array(items=items):
                return Type(Kind.ARRAY, label(node), items=self.type(items))
            case Map(values=values):
                return Type(Kind.MAP, label(node), items=self.type(values))
            case Union():
                return self._union(node)
            case Enum():
                default = (("default", node.default),) if node.default is not None else ()
                return Type(
                    Kind.ENUM, label(node), name=node.name, doc=node.doc or "", symbols=tuple(node.symbols),
                    constraints=default, aliases=node.aliases,
                )  # fmt: skip
            case Fixed():
                kind = Kind.DECIMAL if logical == "decimal" else Kind.BYTES
                return Type(
                    kind, label(node), name=node.name, doc=node.doc or "", logical=logical,
                    constraints=(("size", node.size), *_constraints(node)), aliases=node.aliases,
                )  # fmt: skip
            case Record():
                return self._record(node)

    def _union(self, node: Union) -> Type:
        variants = tuple(self.type(branch) for branch in node.branches)
        if not variants:
            return Type(Kind.NEVER, "no type at all")
        shown = " or ".join("nothing" if each.kind is Kind.NULL else each.label for each in _null_last(variants[:8]))
        return Type(Kind.UNION, shown if len(variants) <= 8 else f"{shown} or more", variants=variants)

    def _record(self, node: Record) -> Type:
        if node.name in self._open or self._left < 0:
            return Type(Kind.REPEAT, label(node), name=node.name)
        self._open.add(node.name)
        fields = tuple(self._field(each) for each in node.fields)
        self._open.discard(node.name)
        return Type(Kind.RECORD, label(node), name=node.name, doc=node.doc or "", fields=fields, aliases=node.aliases)

    def _field(self, field: Field) -> OutlineField:
        place = field.source.place(field.pointer)
        return OutlineField(
            name=field.name,
            type=self.type(field.type),
            required=not field.has_default,
            default=field.default if field.has_default else ABSENT,
            doc=field.doc or "",
            aliases=field.aliases,
            deprecated=field.properties.get("deprecated") is True,
            pointer=place.pointer,
            line=place.line,
        )


def _null_last(variants: tuple[Type, ...]) -> list[Type]:
    return sorted(variants, key=lambda each: each.kind is Kind.NULL)


def _constraints(node: Primitive | Fixed) -> tuple[tuple[str, object], ...]:
    match node.logical:
        case Decimal(precision=precision, scale=scale):
            return (("precision", precision), ("scale", scale))
        case _:
            return ()
