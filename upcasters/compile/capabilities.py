"""Where a step can run, and why not: the honest list beside every upcaster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from upcasters.chain import downward
from upcasters.compile import duckdb, javascript, postgresql, spark
from upcasters.compile.jsonata import blocked_in_python, compile_step
from upcasters.document import Document
from upcasters.errors import NoChain, NotPortable, UpcastersError
from upcasters.fuse import fuse
from upcasters.operations import Collect, Operation, is_stream_level
from upcasters.plan import Plan
from upcasters.shape import Anything, OneOf, Plain, Record, Shape, native_kind, nullable
from upcasters.shape_change import change

STOCK_CLIENTS: Final = ("stock Python", "stock JavaScript", "stock Go", "stock Java", "stock .NET")
"""Confluent's own clients, which run migration rules in JSONata."""

PROTOBUF_FORM: Final = (
    "the clients hand rules Protobuf data in another form: names in lowerCamelCase, int64 as text, no unknown fields"
)


WHOLE_EVENTS: Final = "the step concerns events as a whole: only stream() can"


@dataclass(frozen=True, slots=True)
class Capability:
    """Whether one target runs a step in one direction, and why not or what to know."""

    target: str
    direction: str
    """``up`` or ``down``."""
    supported: bool
    reason: str = ""


def capabilities(document: Document, shape: Shape, format_name: str) -> tuple[Capability, ...]:
    """Every target in both directions; ``format_name`` is ``AVRO``, ``JSON`` or ``PROTOBUF``."""
    found = list(_direction("up", document.ops, shape, format_name))
    try:
        back = downward(document, shape)
    except NoChain as error:
        return (*found, *(Capability(target, "down", supported=False, reason=str(error)) for target in _TARGETS))
    return (*found, *_direction("down", back.ops, change(document.ops, shape).shape, format_name))


_ENGINES: Final[Mapping[str, Callable[[Plan], object]]] = MappingProxyType({
    "JavaScript": javascript.source,
    "PostgreSQL": lambda plan: postgresql.PostgreSQL().expression(plan),
    "DuckDB": lambda plan: duckdb.DuckDB().expression(plan),
    "Spark": lambda plan: spark.Spark().expression(plan),
})  # fmt: skip
"""What runs a whole plan, each with the compiler that says so."""

_TARGETS: Final = ("Python", *_ENGINES, *STOCK_CLIENTS)


def _direction(direction: str, ops: tuple[Operation, ...], shape: Shape, format_name: str) -> tuple[Capability, ...]:
    if is_stream_level(ops):
        gathers = any(isinstance(operation, Collect) for operation in ops)
        how = "in replay jobs only, by replay()" if gathers else "by stream()"
        what = "several events become one: only replay jobs can" if gathers else WHOLE_EVENTS
        others = (Capability(target, direction, supported=False, reason=what) for target in _TARGETS[1:])
        return (Capability("Python", direction, supported=True, reason=how), *others)
    engines = (_engine(name, direction, ops, shape) for name in _ENGINES)
    return (Capability("Python", direction, supported=True), *engines, *_stock(direction, ops, shape, format_name))


def _engine(name: str, direction: str, ops: tuple[Operation, ...], shape: Shape) -> Capability:
    try:
        _ENGINES[name](fuse([ops], shape))
    except NotPortable as error:
        return Capability(name, direction, supported=False, reason=error.reason)
    except UpcastersError as error:
        return Capability(name, direction, supported=False, reason=str(error))
    if native := native_kind(shape):
        return Capability(name, direction, supported=True, reason=f"on events as JSON, where {native} values are texts")
    return Capability(name, direction, supported=True)


def _stock(direction: str, ops: tuple[Operation, ...], shape: Shape, format_name: str) -> list[Capability]:
    if ops and format_name == "PROTOBUF":
        return [Capability(target, direction, supported=False, reason=PROTOBUF_FORM) for target in STOCK_CLIENTS]
    try:
        rule = compile_step(ops, shape, wide_integers=format_name != "JSON")
    except NotPortable as error:
        return [Capability(target, direction, supported=False, reason=error.reason) for target in STOCK_CLIENTS]
    reasons = {target: _obstacle(target, rule, shape, format_name) for target in STOCK_CLIENTS}
    note = "members that no schema declares are dropped" if rule != "$" and _open(shape) else ""
    return [
        Capability(target, direction, supported=not reason, reason=reason or note) for target, reason in reasons.items()
    ]


def _obstacle(target: str, rule: str, shape: Shape, format_name: str) -> str:
    """Why one stock client cannot run a portable rule."""
    if format_name == "PROTOBUF" and target in ("stock JavaScript", "stock .NET"):
        return "the client does not run migration rules on Protobuf"
    if format_name == "PROTOBUF" and target == "stock Python":
        return "the client loses unknown fields and gives a dynamic class"
    if format_name == "AVRO" and target == "stock Python":
        return blocked_in_python(shape)
    if rule != "$" and format_name == "AVRO" and target in ("stock Java", "stock .NET") and _unions(shape):
        return "union values are wrapped there, and the rule writes them plain"
    if rule != "$" and target == "stock Go" and _has_null(shape):
        return "null counts as missing there: fields that may be null vanish"
    return ""


def _open(shape: Shape) -> bool:
    return isinstance(shape, Record) and (shape.open or any(_open(member.shape) for member in shape.members.values()))


def _unions(shape: Shape) -> bool:
    match shape:
        case OneOf():
            return True
        case Record(members=members):
            return any(_unions(member.shape) for member in members.values())
        case _:
            return False


def _has_null(shape: Shape) -> bool:
    match shape:
        case Record(members=members):
            return any(_has_null(member.shape) for member in members.values())
        case Anything() | Plain(kind="null"):
            return True
        case _:
            return nullable(shape)
