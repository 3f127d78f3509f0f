"""The reader schema of some fields: the same named types with fewer fields, and no default that hides a missing one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from compat.avro.schema import Array, Field, Map, Node, Record, Schema, Union
from compat.avro.text import Canonical, Json, dump
from compat.definition import Definition, Format
from compat.errors import UnknownField
from compat.projection import WHOLE, Need, merged


def projection(schema: Schema, need: Need) -> Definition:
    """Raises UnknownField. References are written out; a named type has the fields that all its uses need together."""
    chosen = _Chosen()
    chosen.visit(schema.root, need, "")
    text = dump(_Projected(set(), chosen=chosen.needs).node(schema.root))
    return Definition(Format.AVRO, text, lenient=schema.definition.lenient)


@dataclass(slots=True)
class _Chosen:
    """What is needed of each record, over all places that use it."""

    needs: dict[Record, Need] = field(default_factory=dict)

    def visit(self, node: Node, need: Need, path: str) -> None:
        match node:
            case Array(items=inner) | Map(values=inner):
                self.visit(inner, need, path)
            case Union(branches=branches):
                self._branches(branches, need, path)
            case Record():
                self._record(node, need, path)
            case _ if need.fields:
                raise _unknown(path, next(iter(need.fields)), ())

    def _branches(self, branches: tuple[Node, ...], need: Need, path: str) -> None:
        """Each name must be a field of some branch; branches without it stay as they are, null among them."""
        found: set[str] = set()
        for branch in branches:
            has = _names(branch)
            inner = Need({name: each for name, each in need.fields.items() if name in has})
            if inner.fields or not need.fields:
                self.visit(branch, inner, path)
                found |= inner.fields.keys()
        for name in need.fields:
            if name not in found:
                raise _unknown(path, name, sorted(frozenset().union(*map(_names, branches))))

    def _record(self, record: Record, need: Need, path: str) -> None:
        before = self.needs.get(record)
        wanted = need if before is None else merged(before, need)
        if wanted == before:
            return
        self.needs[record] = wanted
        fields = {each.name: each for each in record.fields}
        for name in wanted.fields or fields:
            if name not in fields:
                raise _unknown(path, name, fields)
            self.visit(fields[name].type, wanted.of(name), f"{path}.{name}" if path else name)


def _names(node: Node) -> frozenset[str]:
    """The names that a step into a type may choose from."""
    match node:
        case Array(items=inner) | Map(values=inner):
            return _names(inner)
        case Union(branches=branches):
            return frozenset().union(*map(_names, branches))
        case Record(fields=fields):
            return frozenset(each.name for each in fields)
        case _:
            return frozenset()


def _unknown(path: str, name: str, known: object) -> UnknownField:
    full = f"{path}.{name}" if path else name
    listed = ", ".join(list(known)[:12]) if isinstance(known, list | dict) and known else "none"
    return UnknownField(full, f"there is no field {full}; the fields there: {listed}")


@dataclass(slots=True)
class _Projected(Canonical):
    """Writes nodes with the fields that are needed, without documentation."""

    chosen: Mapping[Record, Need] = field(default_factory=dict)
    need: Need = WHOLE
    """Of the record whose fields are being written."""

    def declaration(self, node: object) -> Json:
        outer = self.need
        if isinstance(node, Record):
            self.need = self.chosen[node]
        result = Canonical.declaration(self, node)  # type: ignore[arg-type]
        self.need = outer
        result.pop("doc", None)
        if isinstance(node, Record):
            result["fields"] = [each for each in result["fields"] if each]  # type: ignore[attr-defined]
        return result

    def field(self, field: Field) -> Json:
        if self.need.fields and field.name not in self.need.fields:
            return {}
        written: Json = {"name": field.name, "type": self.node(field.type)}
        if field.aliases:
            written["aliases"] = list(field.aliases)
        if self.need.of(field.name).optional:
            written |= {"type": _nullable(written["type"]), "default": None}
        return written


def _nullable(type_: object) -> object:
    branches = type_ if isinstance(type_, list) else [type_]
    rest = [branch for branch in branches if branch != "null"]
    return ["null", *rest] if rest else "null"
