"""A plan as a DuckDB macro of JSON, and as a view whose columns are computed one by one.

Values are JSON as text, so that unknown members and the difference of absent and null survive, and whole numbers keep
all their digits. What DuckDB cannot compute exactly is refused: when compiled if possible, otherwise at the event.
Install ``runtime()`` once per database, DuckDB 1.3 or later.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, ClassVar, Final, Literal

from upcasters.compile import sql_places as places
from upcasters.compile.json_events import text_of
from upcasters.compile.sql import Dialect
from upcasters.compile.sql_native import Native
from upcasters.compile.sql_places import JSON, Many, Place, Scalar, Struct, Type, Value, nameable
from upcasters.compile.sql_text import Kind, Sql, identifier, quoted
from upcasters.errors import NotPortable
from upcasters.expression import Constant
from upcasters.operations import Scale
from upcasters.pattern_text import RE2, write
from upcasters.plan import Plan
from upcasters.shape import ANYTHING, Record, Shape, nullable

_COLUMNS: Final[Mapping[str, str]] = MappingProxyType({
    "string": "VARCHAR", "boolean": "BOOLEAN", "double": "DOUBLE", "int": "BIGINT",
})  # fmt: skip
_ONCE: Final = frozenset({"fits", "lower", "upper", "trim", "contains", "startswith", "endswith"})
"""Macros of the runtime that use every argument once."""
_READER: Final = places.Reader(tells_null=False, strict=frozenset())
_UNIT: Final = 10**18
"""The runtime counts exact numbers in units of this fineness."""
_LARGEST: Final = 10**36
"""HUGEINT has 38 digits."""


@lru_cache(maxsize=1)
def runtime() -> Sql:
    """The macros that generated ones call, in a schema of their own named ``lineal``."""
    return (files("upcasters.compile") / "duckdb.sql").read_text(encoding="utf-8")


def function(plan: Plan, name: str, shape: Shape = ANYTHING) -> Sql:
    """``CREATE MACRO name(e)`` from JSON or text to JSON. Raises NotPortable.

    ``shape`` is that of the events: where it is known, a text is taken apart once and not searched for every member.
    """
    return f"CREATE OR REPLACE MACRO {identifier(name)}(e) AS ({expression(plan, 'e', shape)})::JSON;\n"


def expression(plan: Plan, event: Sql, shape: Shape = ANYTHING) -> Sql:
    """The plan over an event that is a text, as JSON text: what ``function`` makes a macro of. Raises NotPortable."""
    typed = isinstance(shape, Record) and nameable(shape.members)
    return (TypedDuckDB(event, shape) if typed else DuckDB(event)).expression(plan)


def columns_of(plan: Plan, before: Shape, after: Shape, source: Sql, keep: tuple[str, ...] = ()) -> Sql:
    """A query of rows whose columns are the members of events: the new version's members as columns, with types.

    ``before`` and ``after`` are the shapes that the plan leads from and to; ``source`` is what stands behind FROM, and
    ``keep`` are columns of it shown as they are. Records are structs, lists are lists, what has no type of its own is
    JSON. NULL stands for absence and null. Raises NotPortable.
    """
    return TypedDuckDB("t", before).rows(plan, before, after, source, keep)


def column_types(shape: Shape) -> dict[str, Sql]:
    """The types that ``columns`` takes the members of a shape to have; nothing for those that only pass through."""
    made = places.columns(shape)
    members = made.members if isinstance(made, places.Struct) else ()
    typed = TypedDuckDB("t", shape)
    return {name: typed.sql_type(place.type) for name, place in members if place.type != places.Scalar("native")}


def read(shape: Shape, text: Sql) -> tuple[Sql, ...]:
    """Events that are JSON texts as columns: for each member of their shape what stands behind SELECT.

    Columns have the types that ``columns_of`` gives them. Raises NotPortable where a shape has no columns.
    """
    kinds = places.columns(shape)
    if not isinstance(kinds, Struct):
        raise NotPortable(DuckDB.target, "an event needs members that are known to have columns")
    whole = f"from_json({text}, {quoted(_structure(kinds))})"
    return tuple(f"{whole}.{identifier(name)} AS {identifier(name)}" for name, _ in kinds.members)


def view(plan: Plan, shape: Shape, name: str, table: str, event: str, keep: tuple[str, ...] = ()) -> Sql:
    """A view of a table's events, one column per member: a query that reads one computes one.

    ``shape`` is that of the result, for the types of the columns; ``keep`` are columns of the table shown as they are.
    Members that are absent or null are NULL. Members that no schema declares are not shown. Raises NotPortable.
    """
    return DuckDB(f"t.{identifier(event)}").view(plan, shape, name, table, keep)


def unsupported(plan: Plan) -> tuple[str, ...]:
    """Why DuckDB cannot run the plan; nothing if it can."""
    try:
        DuckDB().expression(plan)
    except NotPortable as error:
        return (error.reason,)
    return ()


class DuckDB(Dialect):
    """Expressions over JSON as text."""

    target: ClassVar[str] = "DuckDB"
    text_type: ClassVar[str] = "VARCHAR"
    whole_type: ClassVar[str] = "HUGEINT"

    def literal(self, value: Any) -> Sql:
        try:
            text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=text_of)
            text.encode()
        except (TypeError, ValueError) as error:
            raise NotPortable(self.target, f"a constant: {error}") from error
        return quoted(text)

    def member(self, record: Sql, name: str) -> Sql:
        return f"json_extract({record}, {quoted(_pointer(name))})::VARCHAR"

    def sort(self, value: Sql) -> Sql:
        return f"lineal.arm({value})"

    def guarded(self, record: Sql, body: Sql) -> Sql:
        return f"CASE WHEN json_type({record}) = 'OBJECT' THEN {body} ELSE {self.fail('a record is expected')} END"

    def let(self, name: Sql, value: Sql, body: Sql) -> Sql:
        # A list of one and a lambda: DuckDB has no other way to name a value inside an expression
        return f"list_transform([{value}], lambda {name}: {body})[1]"

    def call(self, function: str, *arguments: Sql) -> Sql:
        """Macros write their arguments in again wherever they are used, and most use them more than once."""
        if function in _ONCE:
            return f"lineal.{function}({', '.join(arguments)})"
        return self.applied(arguments, lambda given: f"lineal.{function}({', '.join(given)})")

    def record(self, certain: list[tuple[str, Sql]], optional: list[tuple[str, Sql]], rest: Sql | None) -> Sql:
        members = [f"{self._label(name)} || {text}" for name, text in (*certain, *optional) if text != "NULL"]
        members += [rest] if rest is not None else []
        if not members:
            return "'{}'"
        if optional or rest is not None:
            return f"('{{' || concat_ws(',', {', '.join(members)}) || '}}')"
        return "('{' || " + " || ',' || ".join(members) + " || '}')"

    def _label(self, name: str) -> Sql:
        return quoted(json.dumps(name, ensure_ascii=False) + ":")

    def without(self, record: Sql, names: Iterable[str]) -> Sql:
        return f"lineal.without({record}, {_list(names)})"

    def only(self, record: Sql, names: tuple[str, ...]) -> Sql:
        return f"lineal.only({record}, {_list(names)})"

    def items(self, value: Sql, name: Sql, body: Sql) -> Sql:
        listed = f"list_transform(lineal.items({value}), lambda {name}: {body})"
        return f"('[' || array_to_string({listed}, ',') || ']')"

    def values(self, value: Sql, name: Sql, body: Sql) -> Sql:
        key = self.fresh("k")
        changed = self.let(name, f"lineal.at({value}, {key})", body)
        listed = f"list_transform(json_keys({value}), lambda {key}: lineal.pair({key}, {changed}))"
        return f"lineal.braced(array_to_string({listed}, ','))"

    def loop(self, kind: Literal["filter", "exists", "all"], over: Sql, name: Sql, condition: Sql) -> Sql:
        wanted = f"NOT ({condition})" if kind == "all" else condition
        found = self.named(over, lambda own: f"list_filter(lineal.items({own}), lambda {name}: {wanted})")
        match kind:
            case "filter":
                return f"('[' || array_to_string({found}, ',') || ']')"
            case "exists":
                return f"(len({found}) > 0)"
            case _:
                return f"(len({found}) = 0)"

    def json(self, value: Sql, kind: Kind) -> Sql:
        match kind:
            case "json":
                return value
            case "string":
                return f"to_json({value})::VARCHAR"
            case _:
                return f"({value})::VARCHAR"

    def equal(self, left: Sql, right: Sql, constant: Constant | None) -> Sql:  # noqa: RET503 - refuse() never returns
        match constant.value if constant is not None else self:
            case None | bool():
                return f"{left} = {right}"
            case str() as text if text.isprintable():
                return f"{left} = {self.literal(text)}"  # DuckDB writes every text that it has read in one way
            case str() as text:
                return f"(json_type({left}) = 'VARCHAR' AND json_extract_string({left}, '$') = {quoted(text)})"
            case int() | float() as number if math.fabs(number) < 2**53:
                return (
                    f"(CASE WHEN lineal.arm({left}) = 'number' THEN {left}::DOUBLE = {number!r}::DOUBLE ELSE FALSE END)"
                )
            case _:
                self.refuse("two values are compared whose types are not known")

    def matches(self, text: Sql, pattern: str) -> Sql:
        return f"regexp_matches({text}, {quoted(write(pattern, RE2))})"

    def computed(self, checks: list[Sql]) -> Sql:
        return f"(len([{', '.join(f'({check})::VARCHAR' for check in checks)}]) = {len(checks)})"

    def scaled(self, function: Scale, by: Fraction, value: Sql) -> Sql:
        share = by * 10**function.places / _UNIT
        if max(abs(share.numerator), share.denominator) >= _LARGEST:
            self.refuse("the factor has more digits than exact arithmetic there")
        way, result = quoted(function.rounding), quoted(function.result)
        units = f"{self.call('units', value)} * {share.numerator}::HUGEINT"
        rounded = self.call("rounded", units, f"{share.denominator}::HUGEINT", way)
        return self.call("scaled", rounded, result, str(function.places), f"{10**function.places}::HUGEINT")

    def column(self, value: Sql, sort: str) -> Sql:
        kind = _COLUMNS.get(sort)
        if kind is None:
            return f"nullif({value}, 'null')::JSON"
        text = f"json_extract_string({value}, '$')"
        return text if kind == "VARCHAR" else f"{text}::{kind}"

    def listed(self, values: list[Sql]) -> Sql:
        return f"('[' || {' || '.join(_separated(values))} || ']')"


class TypedDuckDB(Native, DuckDB):
    """Expressions over places with types; a text is taken apart once, into structs of JSON."""

    def __init__(self, event: Sql, shape: Shape) -> None:
        super().__init__(event)
        members = shape.members if isinstance(shape, Record) else {}
        self._parts = Struct(tuple((name, _READER.part(member)) for name, member in members.items()))
        self._nullable = {name for name, member in members.items() if nullable(member.shape)}
        self._event = event
        self._text = ""

    def expression(self, plan: Plan) -> Sql:
        if plan.identity:
            return self._event
        self._text = self.fresh("s")
        self._places[0] = Value(self._text, Place(self._parts))
        return super().expression(plan)

    def guarded(self, record: Sql, body: Sql) -> Sql:
        if record != self._event:
            return super().guarded(record, body)
        parts = f"from_json({record}, {quoted(_structure(self._parts))})"
        fail = self.fail("a record is expected")
        return f"CASE WHEN lineal.arm({record}) = 'object' THEN {self.let(self._text, parts, body)} ELSE {fail} END"

    def fail(self, reason: str) -> Sql:
        return f"lineal.fail({self.text(reason)}, NULL)"

    def member_of(self, record: Value, name: str, place: Place) -> Sql:
        text = self.field(record.sql, name)
        if place.type != JSON:
            return text
        if not self._text:
            return f"to_json({text})::VARCHAR"
        text = f"{text}::VARCHAR"
        if record.sql != self._text or name not in self._nullable:
            return text
        there = f"json_exists({self._event}, {quoted(_pointer(name))})"
        return f"CASE WHEN {text} IS NOT NULL THEN {text} WHEN {there} THEN 'null' END"

    def struct(self, members: list[tuple[str, Sql]]) -> Sql:
        return f"struct_pack({', '.join(f'{self.name(name)} := {value}' for name, value in members)})"

    def json_kept(self, value: Sql) -> Sql:
        return f"({value})::JSON"

    def array(self, values: list[Sql]) -> Sql:
        return f"[{', '.join(values)}]"

    def transformed(self, values: Sql, name: Sql, body: Sql) -> Sql:
        return f"list_transform({values}, lambda {name}: {body})"

    def json_list(self, values: Sql, name: Sql, body: Sql) -> Sql:
        return f"('[' || array_to_string({self.transformed(values, name, body)}, ',') || ']')"

    def sql_type(self, of: Type) -> Sql:  # noqa: RET503 - refuse() never returns
        match of:
            case Scalar(of=kind) if kind in _COLUMNS:
                return _COLUMNS[kind]
            case Scalar(of="json"):
                return "JSON"
            case Struct(members=members):
                return f"STRUCT({', '.join(f'{self.name(name)} {self.sql_type(at.type)}' for name, at in members)})"
            case Many(items=items):
                return f"{self.sql_type(items.type)}[]"
        self.refuse("a value that JSON does not have is made")

    def unpacked(self, value: Sql, of: Type) -> Sql:
        return f"from_json({value}, {quoted(_structure(of))})"


def _pointer(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _structure(of: Type) -> str:
    """A type as ``from_json`` is told it."""

    def tree(part: Type) -> Any:
        match part:
            case Struct(members=members):
                return {name: tree(place.type) for name, place in members}
            case Many(items=items):
                return [tree(items.type)]
            case Scalar(of=kind):
                return _COLUMNS.get(kind, "JSON")

    return json.dumps(tree(of), ensure_ascii=False)


def _separated(values: list[Sql]) -> Iterable[Sql]:
    for index, value in enumerate(values):
        yield f"',' || {value}" if index else value
    if not values:
        yield "''"


def _list(names: Iterable[str]) -> Sql:
    return f"[{', '.join(map(quoted, names))}]::VARCHAR[]"
