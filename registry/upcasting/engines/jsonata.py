"""JSONata, as stock Python clients run it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from compat.definition import Format
from registry.upcasting.engines.clock import Clock, NotCompared
from registry.upcasting.engines.engine import REFUSED, Asked, Engine
from registry.upcasting.engines.forms import AS_DATA, LeftOut
from upcasters.compile.capabilities import PROTOBUF_FORM
from upcasters.compile.jsonata import blocked_in_python, compile_step
from upcasters.shape import Array, OneOf, Record, Shape, Table


def _given(asked: Asked, payload: Any) -> Any:
    if not _is_declared(payload, asked.shape):
        raise LeftOut("a member that no schema declares, which rules for stock clients drop")
    return AS_DATA.of(payload)


def _is_declared(value: Any, shape: Shape) -> bool:
    """Whether a value has no member that its shape does not declare: rules for stock clients drop those."""
    match shape, value:
        case Record(members=members), dict():
            return all(name in members and _is_declared(item, members[name].shape) for name, item in value.items())
        case Array(items=items), list():
            return all(_is_declared(item, items) for item in value)
        case Table(values=values), dict():
            return all(_is_declared(item, values) for item in value.values())
        case OneOf(arms=arms), dict() | list():
            return any(_is_declared(value, arm) for arm in arms if isinstance(arm, Record | Array | Table | OneOf))
        case _:
            return True


def _obstacle(asked: Asked) -> str:
    if asked.format is Format.PROTOBUF:
        return PROTOBUF_FORM
    return blocked_in_python(asked.shape) if asked.format is Format.AVRO else ""


def _run(asked: Asked, events: Sequence[Any], clock: Clock) -> list[Any]:
    try:
        import jsonata
    except ImportError as error:
        raise NotCompared("jsonata-python is not installed here") from error
    rule = jsonata.Jsonata(compile_step(asked.ops, asked.shape, wide_integers=asked.wide_integers))
    results: list[Any] = []
    for event in events:
        _ = clock.left
        try:
            results.append(rule.evaluate(event))
        except Exception:  # noqa: BLE001 - whatever it is, the event is refused there
            results.append(REFUSED)
    return results


ENGINES: Final = (Engine("JSONata", _run, _given, lambda _asked, result: AS_DATA.of(result), _obstacle),)
