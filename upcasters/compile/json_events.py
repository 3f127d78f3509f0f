"""What a plan may do on events as JSON, where bytes, decimals, moments and UUIDs are texts: pass on and convert them.

It may not compute with them: a text is longer than what it stands for, has another order, and 1.20 is not 1.2.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID

from upcasters.codecs import CODECS
from upcasters.errors import NotPortable
from upcasters.expression import Binary, Call, Constant, Expression, Has, Loop, Name, Unary, parts
from upcasters.operations import Convert, Map
from upcasters.plan import Apply, Formula, Plan, Switch, unique
from upcasters.shape import ITEMS, NATIVE, Plain

_Path: TypeAlias = tuple[str, ...]


def require_json(plan: Plan, target: str) -> None:
    """Raises NotPortable where a plan looks into values that JSON does not have."""
    for node in unique(plan.root):
        match node:
            case Switch(native=kind) if kind:
                raise NotPortable(target, f"arms are told apart, and {kind} values are texts like others there")
            case Apply(function=Map(), sort=sort) if sort in NATIVE:
                raise NotPortable(target, f"{sort} values are looked up, which are texts in JSON")
            case Apply(function=Convert(using=using), sort=sort) if (kind := _native(using)) not in ("", sort):
                raise NotPortable(
                    target, f"{using} is of texts there, and no schema says which texts are {kind} values"
                )
            case Formula(expression=expression, native=native) if native and _computes(expression, native, {}):
                raise NotPortable(target, "an expression computes with values that are texts in JSON")


def _native(using: str) -> str:
    """The kind of values that a codec takes, if JSON has texts for them."""
    takes = CODECS[using].takes
    return takes.kind if isinstance(takes, Plain) and takes.kind in NATIVE else ""


def text_of(value: Any) -> str:
    """The text that a value has in events as JSON: base64, digits, RFC 3339, a UUID. Raises TypeError."""
    match value:
        case bytes():
            return base64.b64encode(value).decode()
        case Decimal() if value.is_finite():
            return format(value, "f")
        case datetime():
            text = value.isoformat()
            return f"{text[:-6]}Z" if text.endswith("+00:00") else text
        case date() | time():
            return value.isoformat()
        case UUID():
            return str(value)
        case _:
            raise TypeError(f"a {type(value).__name__} value has no text that all engines agree on")


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
