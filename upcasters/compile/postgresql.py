# ruff: noqa: S608 - names and constants only ever enter the text quoted
"""A plan as a PostgreSQL function of jsonb, and as a view whose columns are computed one by one.

jsonb keeps numbers exactly but not how they were written: what differs between 1e18 and 1000000000000000000 is
refused. It has no lone surrogates and no NUL. Install ``runtime()`` once per database, PostgreSQL 14 or later.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, ClassVar, Final, Literal

from upcasters.compile.json_events import text_of
from upcasters.compile.sql import Dialect
from upcasters.compile.sql_text import Kind, Sql, identifier, quoted
from upcasters.compile.sql_words import SCHEMA
from upcasters.errors import NotPortable
from upcasters.expression import Constant
from upcasters.operations import Scale
from upcasters.pattern_text import POSTGRESQL, write
from upcasters.plan import Plan
from upcasters.shape import Shape

_MOST_ARGUMENTS: Final = 48
"""Members of one jsonb_build_object; PostgreSQL's functions take 100 arguments."""

_COLUMNS: Final[Mapping[str, str]] = MappingProxyType({
    "string": "text", "boolean": "boolean", "double": "double precision", "int": "bigint",
})  # fmt: skip


@lru_cache(maxsize=2)
def runtime(schema: str = SCHEMA) -> Sql:
    """The functions that generated ones call, in a schema of their own; ``pg_temp`` has them for one session."""
    text = (files("upcasters.compile") / "postgresql.sql").read_text(encoding="utf-8")
    if schema == SCHEMA:
        return text
    return text.replace(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA};", "").replace("lineal.", f"{schema}.")


def function(plan: Plan, name: str, schema: str = SCHEMA) -> Sql:
    """``CREATE FUNCTION name(e jsonb) RETURNS jsonb``. Raises NotPortable.

    ``schema`` is where ``runtime`` was installed.
    """
    body = PostgreSQL("e", schema).expression(plan)
    return (
        f"CREATE OR REPLACE FUNCTION {identifier(name)}(e jsonb) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE\n"
        f"RETURN {body};\n"
    )


def view(
    plan: Plan,
    shape: Shape,
    name: str,
    table: str,
    event: str,
    keep: tuple[str, ...] = (),
    schema: str = SCHEMA,
) -> Sql:
    """A view of a table's events, one column per member: a query that reads one computes one.

    ``shape`` is that of the result, for the types of the columns; ``keep`` are columns of the table shown as they are.
    Members that are absent or null are NULL. Members that no schema declares are not shown. ``schema`` is where
    ``runtime`` was installed. Raises NotPortable.
    """
    return PostgreSQL(f"t.{identifier(event)}", schema).view(plan, shape, name, table, keep)


def unsupported(plan: Plan) -> tuple[str, ...]:
    """Why PostgreSQL cannot run the plan; nothing if it can."""
    try:
        PostgreSQL().expression(plan)
    except NotPortable as error:
        return (error.reason,)
    return ()


class PostgreSQL(Dialect):
    """Expressions over jsonb."""

    target: ClassVar[str] = "PostgreSQL"
    text_type: ClassVar[str] = "text"
    whole_type: ClassVar[str] = "numeric"
    tells_capitals: ClassVar[bool] = True
    inexact: ClassVar[Mapping[str, str]] = MappingProxyType({
        "double->decimal": "jsonb makes 1500 and 1.5e3 one number, and their decimals are two",
    })  # fmt: skip

    def __init__(self, event: Sql = "e", schema: str = SCHEMA) -> None:
        super().__init__(event)
        self.schema = schema

    def literal(self, value: Any) -> Sql:
        try:
            text = json.dumps(value, ensure_ascii=False, allow_nan=False, default=text_of)
            text.encode()
        except (TypeError, ValueError) as error:
            raise NotPortable(self.target, f"a constant: {error}") from error
        if "\\u0000" in text:
            self.refuse("a text holds the character NUL")
        return f"{quoted(text)}::jsonb"

    def member(self, record: Sql, name: str) -> Sql:
        return f"({record} -> {quoted(name)}::text)"

    def sort(self, value: Sql) -> Sql:
        return f"jsonb_typeof({value})"

    def let(self, name: Sql, value: Sql, body: Sql) -> Sql:
        # OFFSET keeps the planner from writing the value in again wherever it is named
        return f"(SELECT {body} FROM (SELECT {value} AS {name} OFFSET 0) AS t_{name})"

    def record(self, certain: list[tuple[str, Sql]], optional: list[tuple[str, Sql]], rest: Sql | None) -> Sql:
        parts = [rest] if rest is not None else []
        for start in range(0, len(certain), _MOST_ARGUMENTS):
            members = certain[start : start + _MOST_ARGUMENTS]
            parts.append(f"jsonb_build_object({', '.join(f'{quoted(name)}, {text}' for name, text in members)})")
        costly: list[str] = []
        for name, text in optional:
            if text in self._cheap:
                made = f"jsonb_build_object({quoted(name)}, {text})"
                parts.append(f"CASE WHEN {text} IS NULL THEN '{{}}'::jsonb ELSE {made} END")
            elif text != "NULL":
                costly.append(f"({quoted(name)}, {text})")
        if costly:
            name = self.fresh("o")
            rows = f"(VALUES {', '.join(costly)}) AS {name}(k, v)"
            made = f"SELECT jsonb_object_agg({name}.k, {name}.v) FROM {rows} WHERE {name}.v IS NOT NULL"
            parts.append(f"coalesce(({made}), '{{}}'::jsonb)")
        return f"({' || '.join(parts)})" if parts else "'{}'::jsonb"

    def without(self, record: Sql, names: Iterable[str]) -> Sql:
        return f"({record} - ARRAY[{', '.join(map(quoted, names))}]::text[])"

    def only(self, record: Sql, names: tuple[str, ...]) -> Sql:
        name = self.fresh("o")
        listed = f"ARRAY[{', '.join(map(quoted, names))}]::text[]"
        pairs = f"jsonb_each({record}) AS {name}(k, v) WHERE {name}.k = ANY({listed})"
        return f"coalesce((SELECT jsonb_object_agg({name}.k, {name}.v) FROM {pairs}), '{{}}'::jsonb)"

    def items(self, value: Sql, name: Sql, body: Sql) -> Sql:
        rows = f"jsonb_array_elements({value}) WITH ORDINALITY AS t_{name}({name}, n_{name})"
        return f"(SELECT coalesce(jsonb_agg({body} ORDER BY n_{name}), '[]'::jsonb) FROM {rows})"

    def values(self, value: Sql, name: Sql, body: Sql) -> Sql:
        made = f"jsonb_object_agg(k_{name}, {body})"
        return f"(SELECT coalesce({made}, '{{}}'::jsonb) FROM jsonb_each({value}) AS t_{name}(k_{name}, {name}))"

    def loop(self, kind: Literal["filter", "exists", "all"], over: Sql, name: Sql, condition: Sql) -> Sql:
        rows = f"jsonb_array_elements({over}) WITH ORDINALITY AS t_{name}({name}, n_{name})"
        match kind:
            case "filter":
                return (
                    f"(SELECT coalesce(jsonb_agg({name} ORDER BY n_{name}), '[]'::jsonb) FROM {rows} WHERE {condition})"
                )
            case "exists":
                return f"EXISTS (SELECT FROM {rows} WHERE {condition})"
            case "all":
                return f"(NOT EXISTS (SELECT FROM {rows} WHERE NOT {condition}))"

    def json(self, value: Sql, kind: Kind) -> Sql:
        return value if kind == "json" else f"to_jsonb({value if kind != 'string' else f'({value})::text'})"

    def equal(self, left: Sql, right: Sql, constant: Constant | None) -> Sql:  # noqa: ARG002 - jsonb compares itself
        return f"{left} = {right}"

    def matches(self, text: Sql, pattern: str) -> Sql:
        return f"({self.by_code_point(text)} ~ {quoted('***:' + write(pattern, POSTGRESQL))})"

    def by_code_point(self, text: Sql) -> Sql:
        return f'{text} COLLATE "C"'

    def computed(self, checks: list[Sql]) -> Sql:
        return f"{self.schema}.computed({', '.join(f'({check})::jsonb' for check in checks)})"

    def scaled(self, function: Scale, by: Fraction, value: Sql) -> Sql:
        how = f"{quoted(function.rounding)}, {quoted(function.result)}, {function.places}"
        return f"{self.schema}.scale({value}, {by.numerator}, {by.denominator}, {how})"

    def column(self, value: Sql, sort: str) -> Sql:
        kind = _COLUMNS.get(sort)
        if kind is None:
            return f"nullif({value}, 'null'::jsonb)"
        return f"(({value}) #>> '{{}}')" + ("" if kind == "text" else f"::{kind}")

    def listed(self, values: list[Sql]) -> Sql:
        return f"jsonb_build_array({', '.join(values)})"
