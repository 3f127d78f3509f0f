"""Field numbers of Protobuf: what a field is, whatever it is called.

A pointer of a document may name a field by its number, ``/#3/#1``: it is resolved against the descriptor of the version
that the operations start from, and the document is kept with the names. A field that the operations leave alone must
have the number it had: under the same name with another number stands another field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from msgspec import structs

from compat.definition import Format
from compat.formats import Parsed
from compat.outline import Field, Type
from registry.upcasting.shapes import shape_of
from upcasters.document import Document
from upcasters.errors import InvalidDocument
from upcasters.known import items_at, value_at
from upcasters.losses import carried
from upcasters.operations import NAMES, Branch, Collect, Each, Emit, Envelope, In, Operation, When
from upcasters.path import ROOT, Pointer
from upcasters.shape import Record, Shape, around
from upcasters.shape_change import after

_NUMBER: Final = re.compile(r"#([1-9][0-9]*)", re.ASCII)


def by_names(document: Document, old: Parsed, new: Parsed) -> Document:
    """The document with every number in its pointers resolved to a name. Raises InvalidDocument, at its place."""
    if old.definition.format is not Format.PROTOBUF:
        return document
    ops = _Resolver(old).run(document.ops, shape_of(old), "/ops")
    down = document.down
    if isinstance(down, tuple) and new.definition.format is Format.PROTOBUF:
        down = _Resolver(new).run(down, shape_of(new), "/down")
    loses = tuple(_Resolver(old).pointer(at, shape_of(old), f"/loses/{n}") for n, at in enumerate(document.loses))
    return structs.replace(document, ops=ops, down=down, loses=loses)


class _Resolver:
    """Resolves numbers against the descriptors of one version, operation after operation."""

    def __init__(self, schema: Parsed) -> None:
        self._schema: Any = schema.schema

    def run(self, ops: tuple[Operation, ...], shape: Shape, place: str) -> tuple[Operation, ...]:
        resolved: list[Operation] = []
        for index, operation in enumerate(ops):
            one = self._operation(operation, shape, f"{place}/{index}/{NAMES[type(operation)]}")
            resolved.append(one)
            shape = after(one, shape)
        return tuple(resolved)

    def _operation(self, operation: Operation, shape: Shape, place: str) -> Operation:
        changed: dict[str, Any] = {}
        for field in structs.fields(type(operation)):
            value = getattr(operation, field.name)
            where = f"{place}/{field.encode_name}"
            if isinstance(value, Pointer):
                changed[field.name] = self.pointer(value, shape, where)
            elif isinstance(value, tuple) and value and all(isinstance(each, Pointer) for each in value):
                changed[field.name] = tuple(self.pointer(each, shape, f"{where}/{n}") for n, each in enumerate(value))
        one: Operation = structs.replace(operation, **changed)
        return self._within(one, shape, place)

    def _within(self, operation: Operation, shape: Shape, place: str) -> Operation:
        match operation:
            case In(at=at, ops=ops):
                return In(at, self.run(ops, value_at(shape, at), f"{place}/ops"))
            case Each(at=at, ops=ops):
                return Each(at, self.run(ops, items_at(shape, at), f"{place}/ops"))
            case Envelope(ops=ops):
                return Envelope(self.run(ops, around(shape), f"{place}/ops"))
            case When(then=then, otherwise=otherwise):
                branches = self.run(then, shape, f"{place}/ops"), self.run(otherwise, shape, f"{place}/else")
                return When(operation.condition, *branches)
            case Branch(at=at, arms=arms):
                inner = value_at(shape, at)
                resolved = {name: self.run(ops, inner, f"{place}/arms/{name}") for name, ops in arms.items()}
                return structs.replace(operation, arms=resolved)
            case Collect(ops=ops):
                gathered = after(structs.replace(operation, ops=()), shape)
                return structs.replace(operation, ops=self.run(ops, gathered, f"{place}/ops"))
            case Emit(events=events):
                return Emit(
                    tuple(
                        structs.replace(part, ops=self.run(part.ops, shape, f"{place}/events/{index}/ops"))
                        for index, part in enumerate(events)
                    )
                )
            case _:
                return operation

    def pointer(self, at: Pointer, shape: Shape, place: str) -> Pointer:
        """A pointer with its numbers as names."""
        resolved = ROOT
        for part in at.parts:
            if (number := _NUMBER.fullmatch(part)) is not None:
                part = self._name(int(number[1]), value_at(shape, resolved), place)
            resolved = resolved / part
        return resolved

    def _name(self, number: int, holder: Shape, place: str) -> str:
        if not isinstance(holder, Record) or not holder.name:
            raise InvalidDocument(f"#{number} is no field of a message here", place, "write the name of the member")
        declared = self._schema.message(holder.name).fields.get(number)
        if declared is None:
            raise InvalidDocument(f"{holder.name} has no field {number}", place, "write a number of this version")
        if declared.name not in holder.members:
            raise InvalidDocument(
                f"field {number} of {holder.name}, {declared.name}, is not here any more", place,
                "write the name that an operation before gave it",
            )  # fmt: skip
        return str(declared.name)


def renumbered(ops: tuple[Operation, ...], old: Parsed, new: Parsed) -> Iterator[tuple[Pointer, int, int]]:
    """Fields that arrive untouched under their name, which is that of another field now: place, old and new number."""
    if old.definition.format is not Format.PROTOBUF or new.definition.format is not Format.PROTOBUF:
        return
    untouched = set(carried(ops, shape_of(old)))
    for found in other_fields(old.engine.outline(old.schema), new.engine.outline(new.schema)):
        if any(found[0].within(known) for known in untouched):
            yield found


def other_fields(one: Type, other: Type, at: Pointer = ROOT) -> Iterator[tuple[Pointer, int, int]]:
    """Names that stand for another field in the other version: place and both numbers."""
    now: dict[str, Field] = {field.name: field for field in other.fields}
    for field in one.fields:
        if (wanted := now.get(field.name)) is None:
            continue
        if field.number != wanted.number:
            yield at / field.name, field.number or 0, wanted.number or 0
        yield from other_fields(field.type.items or field.type, wanted.type.items or wanted.type, at / field.name)
