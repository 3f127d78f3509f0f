"""What a plan may do on events as JSON, where bytes, decimals, moments and UUIDs are texts: pass them on, not compute.

A text of them is longer than they are, has another order, and 1.20 is not 1.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from upcasters.errors import NotPortable
from upcasters.expression import Binary, Call, Constant, Expression, Has, Loop, Name, Unary, parts
from upcasters.operations import Map
from upcasters.plan import Apply, Formula, Plan, Switch, unique
from upcasters.shape import ITEMS, NATIVE

_Path: TypeAlias = tuple[str, ...]


def require_json(plan: Plan, target: str) -> None:
    """Raises NotPortable where a plan looks into values that JSON does not have."""
    for node in unique(plan.root):
        match node:
            case Switch(native=kind) if kind:
                raise NotPortable(target, f"arms are told apart, and {kind} values are texts like others there")
            case Apply(function=Map(), sort=sort) if sort in NATIVE:
                raise NotPortable(target, f"{sort} values are looked up, which are texts in JSON")
            case Formula(expression=expression, native=native) if native and _computes(expression, native, {}):
                raise NotPortable(target, "an expression computes with values that are texts in JSON")


def _computes(tree: Expression, native: frozenset[_Path], local: Mapping[str, _Path]) -> bool:
    """Whether operators or functions meet native values, beyond asking whether they are there or null."""
    match tree:
        case Has() | Name() | Constant():
            return False
        case Binary(operator="==" | "!=", left=Name(), right=Constant(value=None)):
            return False
        case Loop(over=Name() as over, variable=variable, body=body):
            return _computes(body, native, {**local, variable: (*_path(over, local), ITEMS)})
        case Call(function="size", sort="list" | "map" | "record"):
            return False
        case (
            Unary(operator="-")
            | Binary(operator="==" | "!=" | "<" | "<=" | ">" | ">=" | "+" | "-" | "*" | "/" | "%" | "in")
            | Loop()
        ):
            meets = any(_meets(part, native, local) for part in parts(tree))
        case Call(function=function) if function != "coalesce":
            meets = any(_meets(part, native, local) for part in parts(tree))
        case _:
            meets = False
    return meets or any(_computes(part, native, local) for part in parts(tree))


def _meets(tree: Expression, native: frozenset[_Path], local: Mapping[str, _Path]) -> bool:
    """Whether the value of an expression may hold native ones."""
    match tree:
        case Has() | Constant():
            return False
        case Name():
            at = _path(tree, local)
            return any(leaf[: len(at)] == at for leaf in native)
        case _:
            return any(_meets(part, native, local) for part in parts(tree))


def _path(name: Name, local: Mapping[str, _Path]) -> _Path:
    return (*local.get(name.local, ()), *name.parts)
