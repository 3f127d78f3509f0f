"""Events as rows whose columns are their members: what such rows can hold, and how results come out of them."""

from __future__ import annotations

from typing import Any

from registry.upcasting.engines.engine import Asked
from registry.upcasting.engines.forms import AS_JSON, LeftOut
from upcasters.compile.sql_places import Many, Scalar, Struct, Type, columns
from upcasters.expression_check import sort
from upcasters.plan import Build, Checked
from upcasters.shape import Array, Record, Shape, without_null


def given(asked: Asked, payload: Any) -> Any:
    """An event as a row. Raises LeftOut."""
    _require_held(payload, columns(asked.shape), asked.shape)
    return AS_JSON.of(payload)


def shown(asked: Asked, result: Any) -> Any:
    """A result as the row that it would be: without what is null. Raises LeftOut."""
    _require_held(result, columns(asked.result), asked.result)
    return without_nulls(AS_JSON.of(result))


def seen(asked: Asked, result: Any) -> Any:
    """A result as the row of a view over whole events, whose columns are the members that the plan writes.

    Raises LeftOut.
    """
    root = asked.plan.root
    root = root.then if isinstance(root, Checked) else root
    members = asked.result.members if isinstance(asked.result, Record) else {}
    if isinstance(root, Build) and isinstance(result, dict):
        result = {name: result[name] for name, _ in root.members if name in result}
        for name, value in result.items():
            if name in members and sort(members[name].shape) in ("int", "double"):
                _require_number(value, columns(members[name].shape))
    return without_nulls(AS_JSON.of(result))


def without_nulls(value: Any) -> Any:
    """A value as columns show it, where absence and null are one."""
    match value:
        case dict():
            return {name: without_nulls(item) for name, item in value.items() if item is not None}
        case list():
            return [without_nulls(item) for item in value]
        case _:
            return value


def unused(*shapes: Shape) -> str:
    """The name for a column that no shape has, whatever the size of letters."""
    taken = {name.lower() for shape in shapes if isinstance(shape, Record) for name in shape.members}
    name = "place"
    while name in taken:
        name += "_"
    return name


def _require_held(value: Any, column: Type, shape: Shape) -> None:
    """Raises LeftOut for what a column would lose that holds values of a shape."""
    if value is None:
        return
    match column, without_null(shape):
        case Struct(members=places), Record(members=members):
            within = dict(places)
            for name, item in value.items():
                if name not in members:
                    raise LeftOut("a member that no schema declares, for which there is no column")
                if item is None and not members[name].required:
                    raise LeftOut("null in a member that may be absent too, which are one in a column")
                _require_held(item, within[name].type, members[name].shape)
        case Many(items=place), Array(items=items):
            for item in value:
                _require_held(item, place.type, items)
        case _:
            _require_number(value, column)


def _require_number(value: Any, column: Type) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        return
    match column:
        case Scalar(of="double") if abs(value) > 2**1023 or float(value) != value:
            raise LeftOut("a whole number that no double is")
        case Scalar(of="int") if not -(2**63) <= value < 2**63:
            raise LeftOut("whole numbers beyond 2^63")


def member_types(shape: Shape) -> tuple[tuple[str, Any], ...]:
    """The columns of a shape."""
    found = columns(shape)
    return tuple((name, place.type) for name, place in found.members) if isinstance(found, Struct) else ()
