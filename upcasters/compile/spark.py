"""A plan as one Spark SQL expression over a VARIANT, and as a view whose columns are computed one by one.

VARIANT is Spark's own parsed JSON: unknown members survive, whole numbers keep 38 digits, null is not absence. The
expression calls nothing but Spark's functions, so there is nothing to install. Spark 4.0 or later, with
``spark.sql.ansi.enabled`` and ``spark.sql.parser.escapedStringLiterals`` as they are by default.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any, ClassVar, Final, Literal

from upcasters.compile import sql_places as places
from upcasters.compile.json_events import text_of
from upcasters.compile.spark_codecs import CODECS
from upcasters.compile.spark_functions import DIGITS, FUNCTIONS, arm, error, rounded
from upcasters.compile.sql import Dialect
from upcasters.compile.sql_native import Native
from upcasters.compile.sql_places import JSON, Many, Place, Scalar, Struct, Type, Value, nameable
from upcasters.compile.sql_text import Kind, Sql
from upcasters.errors import NotPortable
from upcasters.expression import Constant
from upcasters.operations import Entries, Scale
from upcasters.pattern_text import JAVA, goes_through_groups, write
from upcasters.plan import Piece, Plan, maybe_absent
from upcasters.shape import Record, Shape

_COLUMNS: Final[Mapping[str, str]] = MappingProxyType({
    "string": "STRING", "boolean": "BOOLEAN", "double": "DOUBLE", "int": "BIGINT",
})  # fmt: skip
_READER: Final = places.Reader(tells_null=True, strict=frozenset({"int", "boolean"}))
_UNIT: Final = 10**18
"""Exact numbers are counted in units of this fineness."""
_LARGEST: Final = 10**36
"""DECIMAL has 38 digits."""
_LONGEST_OF_GROUPS: Final = 500
"""Java takes its stack for every turn of a repeated group; at about 600 it can be used up."""
_LONG: Final = "Java before 19 does not always write a double with the fewest digits that tell it from others"
_ITEMS: Final = "ARRAY<VARIANT>"
_MEMBERS: Final = "MAP<STRING, VARIANT>"


def expression(plan: Plan, event: str = "event") -> Sql:
    """The plan over a VARIANT column: ``SELECT`` it, or hand it to ``DataFrame.selectExpr``. Raises NotPortable."""
    spark = Spark()
    return Spark(spark.name(event)).expression(plan)


def function(plan: Plan, name: str) -> Sql:
    """``CREATE TEMPORARY FUNCTION name(e VARIANT) RETURNS VARIANT``. Raises NotPortable."""
    body = Spark("e").expression(plan)
    return f"CREATE OR REPLACE TEMPORARY FUNCTION {Spark().name(name)}(e VARIANT) RETURNS VARIANT RETURN {body}"


def view(plan: Plan, shape: Shape, name: str, table: str, event: str, keep: tuple[str, ...] = ()) -> Sql:
    """A view of a table's events, one column per member: a query that reads one computes one.

    ``shape`` is that of the result, for the types of the columns; ``keep`` are columns of the table shown as they are.
    Members that are absent or null are NULL. Members that no schema declares are not shown. Raises NotPortable.
    """
    spark = Spark()
    return Spark(f"t.{spark.name(event)}").view(plan, shape, name, table, keep)


READ: Final = "lineal"
"""The column into which a text is taken apart, before the expression over it."""


def texts(plan: Plan, shape: Shape, event: str = "event") -> tuple[Sql, Sql]:
    """How a column of JSON texts is taken apart, once, and the plan over what came of it, as JSON text.

    Two expressions for two ``SELECT``, one inside the other: the first gives the column ``READ`` that the second
    takes. ``shape`` is that of the events, whose schema must be closed: members that it does not know would be lost.
    Raises NotPortable.
    """
    typed = TypedSpark(READ)
    return typed.parts(shape, event), typed.text_of(plan)


def columns(plan: Plan, before: Shape, after: Shape, table: str, keep: tuple[str, ...] = ()) -> Sql:
    """A query of a table whose columns are the members of events, with the new version's members as columns.

    ``before`` and ``after`` are the shapes that the plan leads from and to. Records are structs, lists are arrays, what
    has no type of its own is VARIANT. NULL stands for absence and null. Raises NotPortable.
    """
    typed = TypedSpark("t")
    return typed.rows(plan, before, after, typed.name(table), keep)


def unsupported(plan: Plan) -> tuple[str, ...]:
    """Why Spark cannot run the plan; nothing if it can."""
    try:
        Spark().expression(plan)
    except NotPortable as refusal:
        return (refusal.reason,)
    return ()


class Spark(Dialect):
    """Expressions over VARIANT."""

    target: ClassVar[str] = "Spark"
    text_type: ClassVar[str] = "STRING"
    whole_type: ClassVar[str] = "DECIMAL(38, 0)"
    view_kind: ClassVar[str] = "TEMPORARY VIEW"
    inexact: ClassVar[Mapping[str, str]] = MappingProxyType(dict.fromkeys(("number->string", "double->decimal"), _LONG))

    def literal(self, value: Any) -> Sql:
        try:
            text = json.dumps(value, ensure_ascii=False, allow_nan=False, default=text_of)
            text.encode()
        except (TypeError, ValueError) as refusal:
            raise NotPortable(self.target, f"a constant: {refusal}") from refusal
        return f"parse_json({self.text(text)})"

    def text(self, text: str) -> Sql:
        escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\0", "\\u0000")
        return f"'{escaped}'"

    def name(self, name: str) -> Sql:
        if not name:
            self.refuse("a column needs a name")
        return "`" + name.replace("`", "``") + "`"

    def fail(self, reason: str) -> Sql:
        return f"CAST({error(reason)} AS VARIANT)"  # without a type, the optimiser takes it for NULL

    def call(self, function: str, *arguments: Sql) -> Sql:
        written = CODECS[function] if function in CODECS else FUNCTIONS[function]
        if all(written.count(f"{{{place}}}") <= 1 for place in range(len(arguments))):
            return written.format(*arguments)
        return self.applied(arguments, lambda given: written.format(*given))

    def member(self, record: Sql, name: str) -> Sql:
        if "'" in name and '"' in name:
            self.refuse(f"the name {name} holds both kinds of quotes")
        quote = '"' if "'" in name else "'"
        return f"variant_get({record}, {self.text(f'$[{quote}{name}{quote}]')}, 'variant')"

    def inner(self, value: Sql, name: str) -> Sql:
        return self.named(
            value,
            lambda own: (
                f"CASE {arm(own)} WHEN 'object' THEN {self.member(own, name)} WHEN 'null' THEN NULL "
                f"ELSE CASE WHEN {own} IS NOT NULL THEN {error('a record is expected')} END END"
            ),
        )

    def sort(self, value: Sql) -> Sql:
        return arm(value)

    def guarded(self, record: Sql, body: Sql) -> Sql:
        return (
            f"CASE WHEN startswith(schema_of_variant({record}), 'OBJECT') THEN {body} "
            f"ELSE {self.fail('a record is expected')} END"
        )

    def let(self, name: Sql, value: Sql, body: Sql) -> Sql:
        # A list of one and a lambda: SQL has no other way to name a value inside an expression
        return f"transform(array({value}), {name} -> {body})[0]"

    def record(self, certain: list[tuple[str, Sql]], optional: list[tuple[str, Sql]], rest: Sql | None) -> Sql:
        parts = [rest] if rest is not None else []
        if certain:
            parts.append(self._map(certain))
        if some := [member for member in optional if member[1] != "NULL"]:
            key, value = self.fresh("k"), self.fresh("x")
            parts.append(f"map_filter({self._map(some)}, ({key}, {value}) -> {value} IS NOT NULL)")
        if not parts:
            return self.literal({})
        members = parts[0] if len(parts) == 1 else f"map_concat({', '.join(parts)})"
        return f"to_variant_object({members})"

    def _map(self, members: list[tuple[str, Sql]]) -> Sql:
        return f"map({', '.join(f'{self.text(name)}, {value}' for name, value in members)})"

    def _some(self, record: Sql, names: Iterable[str], *, named: bool) -> Sql:
        listed = ", ".join(map(self.text, names))
        if not listed:
            return f"CAST({record} AS {_MEMBERS})" if not named else f"CAST(map() AS {_MEMBERS})"
        key, value = self.fresh("k"), self.fresh("x")
        condition = f"{key} {'IN' if named else 'NOT IN'} ({listed})"
        return f"map_filter(CAST({record} AS {_MEMBERS}), ({key}, {value}) -> {condition})"

    def without(self, record: Sql, names: Iterable[str]) -> Sql:
        return self._some(record, names, named=False)

    def only(self, record: Sql, names: tuple[str, ...]) -> Sql:
        return f"to_variant_object({self._some(record, names, named=True)})"

    def entries(self, function: Entries, value: Sql) -> Sql:
        return self.named(
            value, lambda own: self._listed(function, own) if function.to == "list" else self._mapped(function, own)
        )

    def _listed(self, function: Entries, value: Sql) -> Sql:
        key = self.fresh("k")
        pair = self._map(
            [(function.key, f"CAST({key} AS VARIANT)"), (function.value, f"CAST({value} AS {_MEMBERS})[{key}]")]
        )
        pairs = f"transform(array_sort(map_keys(CAST({value} AS {_MEMBERS}))), {key} -> to_variant_object({pair}))"
        return self.guarded(value, f"to_variant_object({pairs})")

    def _mapped(self, function: Entries, value: Sql) -> Sql:
        """Repeated keys are refused by Spark itself."""
        item, items = self.fresh("i"), f"CAST({value} AS {_ITEMS})"
        key, kept = self.member(item, function.key), self.member(item, function.value)
        whole = f"schema_of_variant({key}) = 'STRING' AND {kept} IS NOT NULL"
        text = f"CASE WHEN {whole} THEN CAST({key} AS STRING) ELSE {error('an item is no record of key and value')} END"
        made = f"map_from_arrays(transform({items}, {item} -> {text}), transform({items}, {item} -> {kept}))"
        listed = f"startswith(schema_of_variant({value}), 'ARRAY')"
        return f"CASE WHEN {listed} THEN to_variant_object({made}) ELSE {self.fail('a list is expected')} END"

    def items(self, value: Sql, name: Sql, body: Sql) -> Sql:
        return f"to_variant_object(transform(CAST({value} AS {_ITEMS}), {name} -> {body}))"

    def values(self, value: Sql, name: Sql, body: Sql) -> Sql:
        key = self.fresh("k")
        return f"to_variant_object(transform_values(CAST({value} AS {_MEMBERS}), ({key}, {name}) -> {body}))"

    def loop(self, kind: Literal["filter", "exists", "all"], over: Sql, name: Sql, condition: Sql) -> Sql:
        found = f"CAST({over} AS {_ITEMS}), {name} -> {condition}"
        match kind:
            case "filter":
                return f"to_variant_object(filter({found}))"
            case "exists":
                return f"exists({found})"
            case "all":
                return f"forall({found})"

    def json(self, value: Sql, kind: Kind) -> Sql:
        return value if kind == "json" else f"CAST({value} AS VARIANT)"

    def is_null(self, value: Sql) -> Sql:
        return f"is_variant_null({value})"

    def unless_null(self, value: Sql) -> Sql:
        return self.named(value, lambda own: f"CASE WHEN is_variant_null({own}) THEN NULL ELSE {own} END")

    def is_empty(self, value: Sql) -> Sql:
        return f"coalesce(to_json({value}) = '{{}}', FALSE)"

    def equal(self, left: Sql, right: Sql, constant: Constant | None) -> Sql:  # noqa: ARG002, RET503 - VARIANT has no =
        found = f"schema_of_variant({left})"
        match constant.value if constant is not None else self:
            case None:
                return f"coalesce(is_variant_null({left}), FALSE)"
            case bool() as truth:
                wanted = "" if truth else "NOT "
                return f"CASE WHEN {found} = 'BOOLEAN' THEN {wanted}CAST({left} AS BOOLEAN) ELSE FALSE END"
            case str() as text:
                return f"CASE WHEN {found} = 'STRING' THEN CAST({left} AS STRING) = {self.text(text)} ELSE FALSE END"
            case int() | float() as number if math.fabs(number) < 2**53:
                wanted = f"CAST({left} AS DOUBLE) = CAST('{number!r}' AS DOUBLE)"
                return f"CASE WHEN {arm(left)} = 'number' THEN {wanted} ELSE FALSE END"
            case _:
                self.refuse("two values are compared whose types are not known")

    def matches(self, text: Sql, pattern: str) -> Sql:
        written = self.text(write(pattern, JAVA))
        if not goes_through_groups(pattern):
            return f"({text} RLIKE {written})"
        long = error(f"a text of more than {_LONGEST_OF_GROUPS} characters is matched with repeated groups")
        return self.named(
            text,
            lambda own: f"CASE WHEN length({own}) > {_LONGEST_OF_GROUPS} THEN {long} ELSE {own} RLIKE {written} END",
        )

    def computed(self, checks: list[Sql]) -> Sql:
        return f"length(concat_ws('', {', '.join(f'to_json({check})' for check in checks)})) >= 0"

    def piece(self, value: Sql, function: Piece) -> Sql:
        pattern = re.sub(r"[^A-Za-z0-9 ]", lambda found: "\\" + found[0], function.separator)
        text = self.cast(value, "json", "string")
        pieces = self.fresh("p")
        short = error("too few separators")
        found = f"CASE WHEN size({pieces}) < {function.count} THEN {short} ELSE {pieces}[{function.index}] END"
        split = f"split({text}, {self.text(pattern)}, {function.count})"
        return f"CAST({self.let(pieces, split, found)} AS VARIANT)"

    def scaled(self, function: Scale, by: Fraction, value: Sql) -> Sql:
        share = by * 10**function.places / _UNIT
        if max(abs(share.numerator), share.denominator) >= _LARGEST:
            self.refuse("the factor has more digits than exact arithmetic there")
        units = f"{self.call('units', value)} * {DIGITS.format(share.numerator)}"
        name, whole = self.fresh("n"), self.fresh("n")
        counted = self.let(name, units, rounded(name, share.denominator, function.rounding))
        return self.let(whole, counted, self._result(function, whole))

    def _result(self, function: Scale, units: Sql) -> Sql:
        match function.result:
            case "int32":
                small = f"{units} BETWEEN -2147483648 AND 2147483647"
                return (
                    f"CASE WHEN {small} THEN CAST({units} AS VARIANT) ELSE {error('the number does not fit int32')} END"
                )
            case "int64":
                return f"CAST({FUNCTIONS['fits'].format(units)} AS VARIANT)"
            case "string":
                return f"CAST({self._fixed(units, function.places)} AS VARIANT)"
            case "double":
                return self.call("finite", f"CAST({self._fixed(units, function.places)} AS DOUBLE)")
            case _:
                return f"CAST({units} AS VARIANT)"

    def _fixed(self, units: Sql, places: int) -> Sql:
        if not places:
            return f"CAST({units} AS STRING)"
        digits = self.fresh("d")
        long = f"CASE WHEN length({digits}) <= {places} THEN lpad({digits}, {places + 1}, '0') ELSE {digits} END"
        padded = self.fresh("d")
        shown = f"concat(left({padded}, length({padded}) - {places}), '.', right({padded}, {places}))"
        made = self.let(digits, f"CAST(abs({units}) AS STRING)", self.let(padded, long, shown))
        return f"concat(CASE WHEN {units} < 0 THEN '-' ELSE '' END, {made})"

    def column(self, value: Sql, sort: str) -> Sql:
        kind = _COLUMNS.get(sort)
        return f"CAST({value} AS {kind})" if kind else self.unless_null(value)

    def listed(self, values: list[Sql]) -> Sql:
        return f"to_variant_object(CAST(array({', '.join(values)}) AS {_ITEMS}))"


class TypedSpark(Native, Spark):
    """Expressions over columns, and over texts that were taken apart into structs of VARIANT."""

    def parts(self, shape: Shape, event: str) -> Sql:
        """A text as a struct, which is what the plan works on from here on."""
        del self._variables[0]
        if not isinstance(shape, Record) or shape.open or not nameable(shape.members):
            self.refuse("a text is taken apart where all members are known and differ in more than capitals")
        struct = Struct(tuple((name, _READER.part(member)) for name, member in shape.members.items()))
        self._places[0] = Value(READ, Place(struct))
        members = ", ".join(f"{self.name(name)} {self.sql_type(place.type)}" for name, place in struct.members)
        return f"from_json({self.name(event)}, {self.text(members)}, map('mode', 'FAILFAST'))"

    def text_of(self, plan: Plan) -> Sql:
        """The plan over the struct, as JSON text: NULL is absence there."""
        value = self.native(plan.root)
        text = f"to_json({value.sql})"
        if maybe_absent(plan.root):
            text = f"coalesce({text}, {error('a value is absent that an operation cannot do without')})"
        return f"CASE WHEN {READ} IS NULL THEN CAST({error('a record is expected')} AS STRING) ELSE {text} END"

    def multiplied(self, number: Sql, by: int) -> Sql:
        return f"({number} * {by}L)"

    def failing(self, reason: str, of: Type) -> Sql:
        return f"CAST({error(reason)} AS {self.sql_type(of)})"

    def struct(self, members: list[tuple[str, Sql]]) -> Sql:
        return f"named_struct({', '.join(f'{self.text(name)}, {value}' for name, value in members)})"

    def array(self, values: list[Sql]) -> Sql:
        return f"array({', '.join(values)})"

    def transformed(self, values: Sql, name: Sql, body: Sql) -> Sql:
        return f"transform({values}, {name} -> {body})"

    def json_list(self, values: Sql, name: Sql, body: Sql) -> Sql:
        return f"to_variant_object({self.transformed(values, name, body)})"

    def sql_type(self, of: Type) -> Sql:  # noqa: RET503 - refuse() never returns
        match of:
            case Scalar(of=kind) if kind in _COLUMNS:
                return _COLUMNS[kind]
            case Struct(members=members):
                return f"STRUCT<{', '.join(f'{self.name(name)}: {self.sql_type(at.type)}' for name, at in members)}>"
            case Many(items=items):
                return f"ARRAY<{self.sql_type(items.type)}>"
            case _ if of == JSON:
                return "VARIANT"
        self.refuse("a value that JSON does not have is made")

    def unpacked(self, value: Sql, of: Type) -> Sql:
        return f"CAST({value} AS {self.sql_type(of)})"
