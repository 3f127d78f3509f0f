"""Whether the default of a field fits its type, by the table of the specification ('Complex Types', 'Records').

A default of a union may fit any branch, as the current text of the specification says; older text and software expect
the first, which only matters to them when the default is used.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from compat.avro.schema import Array, Enum, Field, Fixed, Map, Node, Primitive, Record, Union, label
from compat.positions import escape


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why a default does not fit: where inside it, and in words."""

    pointer: str
    message: str


def fit(node: Node, value: object) -> Misfit | None:
    """The first thing about a JSON default that does not fit its type, None if it fits."""
    return _fit(node, value, "", {})


def endless(fields: Iterable[Field]) -> list[Field]:
    """Those of some fields whose default has no end: what it leaves out is filled by defaults that come to itself."""
    needs = {each: set(_borrowed(each.type, each.default)) for each in fields}
    users: dict[Field, list[Field]] = {}
    for each, borrowed in needs.items():
        for other in borrowed:
            users.setdefault(other, []).append(each)
    ended = [each for each, borrowed in needs.items() if not borrowed]
    for each in ended:
        for user in users.get(each, ()):
            needs[user].discard(each)
            if not needs[user]:
                ended.append(user)
    return [each for each, left in needs.items() if left]


def _borrowed(node: Node, value: object) -> Iterator[Field]:
    """The fields that a default leaves to their own defaults."""
    match node, value:
        case Union() as union, _:
            taken = next((each for each in union.branches if fit(each, value) is None), None)
            if taken is not None:
                yield from _borrowed(taken, value)
        case Array() as array, list():
            for each in value:
                yield from _borrowed(array.items, each)
        case Map() as map_, dict():
            for each in value.values():
                yield from _borrowed(map_.values, each)
        case Record() as record, dict():
            for field in record.fields:
                if field.name in value:
                    yield from _borrowed(field.type, value[field.name])
                else:
                    yield field


_Memo: TypeAlias = dict[tuple[Node, int], bool]
"""Whether a part of the default (by identity) fits a branch: without it, unions in unions are tried exponentially."""


def _fit(node: Node, value: object, pointer: str, memo: _Memo) -> Misfit | None:
    match node:
        case Primitive():
            return _fit_primitive(node, value, pointer)
        case Union(branches=branches):
            return None if any(_fits(each, value, memo) for each in branches) else _misfit(node, value, pointer)
        case Enum(symbols=symbols):
            return None if isinstance(value, str) and value in symbols else _misfit(node, value, pointer)
        case Fixed(size=size):
            fits = isinstance(value, str) and len(value) == size and _is_bytes(value)
            return None if fits else _misfit(node, value, pointer)
        case Array(items=items):
            if not isinstance(value, list):
                return _misfit(node, value, pointer)
            problems = (_fit(items, each, f"{pointer}/{index}", memo) for index, each in enumerate(value))
            return next((problem for problem in problems if problem), None)
        case Map(values=values):
            if not isinstance(value, dict):
                return _misfit(node, value, pointer)
            problems = (_fit(values, each, f"{pointer}/{escape(key)}", memo) for key, each in value.items())
            return next((problem for problem in problems if problem), None)
        case Record():
            return _fit_record(node, value, pointer, memo)


def _fits(node: Node, value: object, memo: _Memo) -> bool:
    key = (node, id(value))
    if key not in memo:
        memo[key] = _fit(node, value, "", memo) is None
    return memo[key]


def _fit_record(node: Record, value: object, pointer: str, memo: _Memo) -> Misfit | None:
    if not isinstance(value, dict):
        return _misfit(node, value, pointer)
    for field in node.fields:
        if field.name not in value:
            if field.has_default:
                continue
            return Misfit(pointer, f"it lacks {field.name!r}, which has no default of its own")
        if (problem := _fit(field.type, value[field.name], f"{pointer}/{escape(field.name)}", memo)) is not None:
            return problem
    return None


def _fit_primitive(node: Primitive, value: object, pointer: str) -> Misfit | None:
    match node.kind:
        case "null":
            fits = value is None
        case "boolean":
            fits = isinstance(value, bool)
        case "int":
            fits = type(value) is int and -(2**31) <= value < 2**31
        case "long":
            fits = type(value) is int and -(2**63) <= value < 2**63
        case "float" | "double":
            fits = type(value) is int or (isinstance(value, float) and math.isfinite(value))
        case "bytes":
            fits = isinstance(value, str) and _is_bytes(value)
        case _:
            fits = isinstance(value, str)
    return None if fits else _misfit(node, value, pointer)


def _is_bytes(value: str) -> bool:
    """Bytes and fixed are written as characters 0 to 255, one per byte."""
    return not value or max(value) <= "\u00ff"


def _misfit(node: Node, value: object, pointer: str) -> Misfit:
    text = repr(value) if not isinstance(value, str) else f'"{value}"'
    shown = {"True": "true", "False": "false", "None": "null"}.get(text, text)
    return Misfit(pointer, f"{shown[:80]} is no {label(node)}")


def raw(node: Node, value: object) -> object:
    """The value a fitting default stands for, what it leaves out filled; logical types ignored."""
    match node, value:
        case Union() as union, _:
            return raw(next(each for each in union.branches if fit(each, value) is None), value)
        case (Primitive(kind="bytes") | Fixed(), str()):
            return value.encode("latin-1")
        case (Primitive(kind="double"), int() | float()):
            return float(value)
        case (Primitive(kind="float"), int() | float()):
            return ctypes.c_float(value).value  # infinite beyond what 32 bits hold
        case Array() as array, list():
            return [raw(array.items, each) for each in value]
        case Map() as map_, dict():
            return {key: raw(map_.values, each) for key, each in value.items()}
        case Record() as record, dict():
            return {each.name: raw(each.type, value.get(each.name, each.default)) for each in record.fields}
        case _:
            return value
