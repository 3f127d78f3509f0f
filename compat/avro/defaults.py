"""Whether the default of a field fits its type, by the table of the specification ('Complex Types', 'Records').

A default of a union may fit any branch, as the current text of the specification says; older text and software expect
the first, which only matters to them when the default is used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

from compat.avro.schema import Array, Enum, Fixed, Map, Node, Primitive, Record, Union, label
from compat.positions import escape


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why a default does not fit: where inside it, and in words."""

    pointer: str
    message: str


def fit(node: Node, value: object) -> Misfit | None:
    """The first thing about a JSON default that does not fit its type, None if it fits."""
    return _fit(node, value, "", {})


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
