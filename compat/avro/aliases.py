"""The writer's names as the reader's aliases rewrite them in the Java implementation (Apache Avro 1.12.2).

It rewrites the writer's schema as a whole before it compares anything. It does so twice, so a name may be rewritten
twice; and not, or not again, once the two schemas are the same but for documentation and aliases.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from compat.avro.schema import Array, Enum, Field, Fixed, Map, Named, Node, Primitive, Record, Schema, Union
from compat.outline import ABSENT

_TIMES: Final = 2


@dataclass(frozen=True, slots=True)
class Clash:
    """Two fields of a record or branches of a union with one name, once they are rewritten: no event is read then."""

    place: Record | Union
    name: str


class Names:
    """The names of one writer's types and fields as one reader's aliases rewrite them."""

    def __init__(self, writer: Schema, reader: Schema) -> None:
        self._writer = writer
        self._types: dict[str, str] = {}
        self._fields: dict[str, dict[str, str]] = {}
        self._times = 0
        self.aliased = any(map(_has_aliases, reader.nodes))
        """Whether the reader has any alias."""
        if not self.aliased:
            return
        self._collect(reader.root)
        goal = _Compared().text(reader)
        while self._times < _TIMES and _Compared(self).text(writer) != goal:
            self._times += 1

    def of(self, writer: Named) -> str:
        """The full name of a writer's type."""
        name = writer.name
        for _ in range(self._times):
            name = self._types.get(name, name)
        return name

    def of_field(self, record: Record, field: Field) -> str:
        """The name of a field of a writer's record."""
        within, name = record.name, field.name
        for _ in range(self._times):
            within = self._types.get(within, within)
            name = self._fields.get(within, {}).get(name, name)
        return name

    @cached_property
    def clash(self) -> Clash | None:
        """The first place where two names become one."""
        if not self._times:
            return None
        for node in self._writer.nodes:
            names: set[str] = set()
            for name in self._names_in(node):
                if name in names and isinstance(node, Record | Union):
                    return Clash(node, name)
                names.add(name)
        return None

    def _names_in(self, node: Node) -> Iterator[str]:
        match node:
            case Record(fields=fields):
                yield from (self.of_field(node, each) for each in fields)
            case Union(branches=branches):
                yield from (self.of(each) for each in branches if isinstance(each, Named))

    def _collect(self, root: Node) -> None:
        """Of several claims to a name the last one holds; a type claims anew wherever it is used."""
        seen: set[Record] = set()
        stack: list[Node | tuple[Record, Field | None]] = [root]
        while stack:
            match stack.pop():
                case (record, Field() as field):
                    for alias in field.aliases:
                        self._fields.setdefault(record.name, {})[alias] = field.name
                    stack.append(field.type)
                case (record, None):
                    if record.name in self._fields:
                        self._fields |= dict.fromkeys(record.aliases, self._fields[record.name])
                case Record() | Enum() | Fixed() as node:
                    self._types |= dict.fromkeys(node.aliases, node.name)
                    if isinstance(node, Record) and node not in seen:
                        seen.add(node)
                        stack.append((node, None))
                        stack += ((node, each) for each in reversed(node.fields))
                case Array(items=inner) | Map(values=inner):
                    stack.append(inner)
                case Union(branches=branches):
                    stack += reversed(branches)


def _has_aliases(node: Node) -> bool:
    if isinstance(node, Record) and any(each.aliases for each in node.fields):
        return True
    return isinstance(node, Named) and bool(node.aliases)


class _Compared:
    """Writes what makes two schemas the same: not doc, aliases, and the defaults of enums."""

    def __init__(self, names: Names | None = None) -> None:
        self._names = names
        self._declared: set[Named] = set()

    def text(self, schema: Schema) -> str:
        return json.dumps(self.node(schema.root), sort_keys=True)

    def node(self, node: Node) -> object:
        match node:
            case Union(branches=branches):
                return [self.node(each) for each in branches]
            case Array(items=inner) | Map(values=inner):
                return {**node.properties, "type": node.kind, "of": self.node(inner)}
            case Primitive(kind=kind, properties=properties):
                return {**properties, "type": kind}
            case _:
                return self.named(node)

    def named(self, node: Named) -> object:
        name = node.name if self._names is None else self._names.of(node)
        if node in self._declared:
            return name
        self._declared.add(node)
        match node:
            case Record():
                parts: object = [self.field(node, each) for each in node.fields]
            case Enum(symbols=symbols):
                parts = symbols
            case Fixed(size=size):
                parts = size
        return {**node.properties, "type": node.kind, "name": name, "of": parts}

    def field(self, record: Record, field: Field) -> object:
        name = field.name if self._names is None else self._names.of_field(record, field)
        default = [] if field.written_default is ABSENT else [field.written_default]
        return {**field.properties, "name": name, "of": self.node(field.type), "default": default, "order": field.order}
