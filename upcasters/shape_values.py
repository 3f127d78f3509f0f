"""What an operation makes of the shape of one value, wherever it stands; neither null nor absence comes here."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from upcasters.codecs import CODECS, constant
from upcasters.exact import factor
from upcasters.expression_check import sort
from upcasters.fit import join, label, shape_of
from upcasters.operations import Convert, Entries, Map, Otherwise, Scale
from upcasters.path import Pointer
from upcasters.shape import (
    ANYTHING,
    DECIMAL,
    INTEGER,
    NUMBER,
    STRING,
    Anything,
    Array,
    Choice,
    Integer,
    Member,
    Never,
    OneOf,
    Record,
    Shape,
    Table,
    one_of,
    union,
)
from upcasters.shape_scope import Scope, suggestion


def constant_shape(scope: Scope, value: Any, literal: Any, at: Pointer) -> Shape:
    """The shape of a constant."""
    try:
        return shape_of(constant(value, literal))
    except (ValueError, TypeError) as error:
        scope.refuse(at, f"the constant: {error}", "correct the constant")
        return ANYTHING


def only(scope: Scope, found: Shape, members: tuple[str, ...], at: Pointer) -> Shape:
    """The record with the named members alone."""
    match found:
        case Record():
            for name in members:
                if name not in found.members:
                    scope.refuse(at / name, "the old version has no such member", suggestion(found, Pointer((name,))))
            unknown = {name: Member(ANYTHING, required=False) for name in members if found.open}
            kept = unknown | {name: member for name, member in found.members.items() if name in members}
            return Record(kept, open=False, name=found.name)
        case OneOf(arms=arms):
            return union(*(only(scope, arm, members, at) for arm in arms))
        case Anything():
            return Record({name: Member(ANYTHING, required=False) for name in members})
        case _:
            scope.refuse(at, f"{label(found)} stands where a record is needed", "name a record")
            return found


def mapped(scope: Scope, operation: Map, found: Shape) -> Shape:
    """What a table makes of a value."""
    pairs = operation.pairs
    given = [symbol for symbol, _ in pairs]
    if isinstance(found, Choice):
        missing = [symbol for symbol in found.symbols if symbol is not None and not _listed(symbol, given)]
        results = [new for old, new in pairs if _listed(old, found.symbols)]
        for old in given:
            if not _listed(old, found.symbols):
                scope.refuse(operation.at, f"{old!r} is no value of the old version", "take it out of the table")
    else:
        missing, results = [""], [new for _, new in pairs]
    shape: Shape = one_of(results) if results else Never()
    if not missing:
        return shape
    match operation.otherwise:
        case "keep":
            return join(shape, Choice(tuple(missing)) if isinstance(found, Choice) else found)
        case Otherwise(value=value):
            return join(shape, Choice((value,)))
        case _:
            if isinstance(found, Choice):
                shown = ", ".join(map(repr, missing))
                scope.refuse(operation.at, f"the table does not list {shown}", "add them, or write else: keep")
            elif not isinstance(found, Anything) and sort(found) != "boolean":
                scope.refuse(
                    operation.at, f"the table cannot list every value of {label(found)}",
                    "write else: keep, or else: {value: ...}",
                )  # fmt: skip
            return shape


def converted(scope: Scope, operation: Convert, found: Shape) -> Shape:
    """What a codec gives for a value."""
    codec = CODECS.get(operation.using)
    if codec is None:
        close = get_close_matches(operation.using, CODECS, 1)
        scope.refuse(
            operation.at,
            f"there is no codec {operation.using!r}",
            f"use {close[0] if close else 'one of ' + ', '.join(CODECS)}",
        )
        return ANYTHING
    if not isinstance(found, Anything) and sort(found) not in _accepted(sort(codec.takes)):
        scope.refuse(
            operation.at,
            f"{operation.using} takes {label(codec.takes)}, here is {label(found)}",
            "choose another codec",
        )
    return codec.gives


def scaled(scope: Scope, operation: Scale, found: Shape) -> Shape:
    """The number that comes of a number."""
    try:
        factor(operation.by)
    except ValueError as error:
        scope.refuse(operation.at, str(error), "write by: 100, by: '0.01' or by: '1/60'")
    if sort(found) not in ("int", "double", "decimal", "string", "any"):
        scope.refuse(operation.at, f"{label(found)} is no number", "convert it first")
    match operation.result:
        case "int32" | "int64":
            return Integer(32 if operation.result == "int32" else 64)
        case "integer":
            return INTEGER
        case "decimal":
            return DECIMAL
        case "double":
            return NUMBER
        case "string":
            return STRING


def items_of(scope: Scope, found: Shape, at: Pointer) -> Shape:
    """What stands in a list."""
    match found:
        case Array(items=items):
            return items
        case Anything():
            return ANYTHING
        case _:
            scope.refuse(at, f"{label(found)} is no list", "name a list")
            return ANYTHING


def entries(scope: Scope, operation: Entries, found: Shape) -> Shape:
    """The list of records of a map, or the map of a list."""
    match operation.to, found:
        case "list", Table(values=values):
            return Array(Record({operation.key: Member(STRING), operation.value: Member(values)}))
        case "map", Array(items=Record(members=members)) if {operation.key, operation.value} <= members.keys():
            return Table(members[operation.value].shape)
        case "list", Anything():
            return Array(Record({operation.key: Member(STRING), operation.value: Member(ANYTHING)}))
        case "map", Anything():
            return Table(ANYTHING)
        case _:
            wanted = (
                "a map" if operation.to == "list" else f"a list of records of {operation.key} and {operation.value}"
            )
            scope.refuse(operation.at, f"{label(found)} where {wanted} is needed", "name another place")
            return ANYTHING


def _listed(symbol: Any, symbols: Iterable[Any]) -> bool:
    return any(isinstance(symbol, bool) is isinstance(other, bool) and symbol == other for other in symbols)


def _accepted(wanted: str) -> set[str]:
    return {"double", "int", "any"} if wanted == "double" else {wanted, "any"}
