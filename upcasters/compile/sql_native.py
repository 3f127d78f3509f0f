"""The nodes of a plan as values in types of the engine's own, and a plan from columns to columns."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from upcasters.compile.sql import table_rows
from upcasters.compile.sql_places import (
    ABSENT,
    JSON,
    Many,
    Null,
    Place,
    Scalar,
    Struct,
    Type,
    Value,
    columns,
    nameable,
)
from upcasters.compile.sql_text import Kind, Sql
from upcasters.compile.sql_typed import Typed
from upcasters.exact import factor
from upcasters.expression_check import sort
from upcasters.operations import Convert, Map, Otherwise, Scale, Wrap
from upcasters.plan import (
    Apply,
    Build,
    Checked,
    Const,
    Each,
    Enter,
    Fallback,
    Formula,
    Get,
    If,
    Joined,
    Node,
    Nothing,
    Plan,
    Present,
    Raise,
    Var,
    maybe_absent,
)
from upcasters.shape import ANYTHING, Member, Record, Shape

_MULTIPLES: Final[Mapping[str, int]] = MappingProxyType({
    "epoch_s->epoch_ms": 1_000, "epoch_ms->epoch_us": 1_000, "epoch_s->epoch_us": 1_000_000,
})  # fmt: skip
_KINDS: Final[Mapping[str, Kind]] = MappingProxyType({"int": "int", "string": "string", "boolean": "boolean"})
"""By the sort of a value, what an engine's own type of it is."""
_WIDEST: Final = 2**63
_NO_COLUMNS: Final = "columns need an event whose members are known and differ in more than capitals"


class Native(Typed):
    """Expressions that keep to the engine's types as far as they go."""

    # Whole plans

    def rows(self, plan: Plan, before: Shape, after: Shape, table: str, keep: tuple[str, ...]) -> Sql:
        """A query of a table whose columns are the members of ``before``, with the members of ``after`` as columns."""
        del self._variables[0]
        source = columns(before)
        if not isinstance(source, Struct):
            self.refuse(_NO_COLUMNS)
        self._places[0] = Value("t", Place(source))
        root = plan.root.then if isinstance(plan.root, Checked) else plan.root
        declared = after.members if isinstance(after, Record) else {}
        match root:
            case Build(members=members) if nameable({name: Member(ANYTHING) for name, _ in members}):
                shown = [(name, self._shown(name, node, declared)) for name, node in members]
            case Var(number=0):
                shown = [(name, self.field("t", name)) for name, _ in source.members]
            case _:
                self.refuse(_NO_COLUMNS)
        kept = [f"t.{self.name(name)}" for name in keep]
        listed = ",\n  ".join((*kept, *(f"{text} AS {self.name(name)}" for name, text in shown)))
        where = ""
        if isinstance(plan.root, Checked):
            where = f"\nWHERE {self.computed([self.value(check) for check in plan.root.checks])}"
        return f"SELECT\n  {listed}\nFROM {table} AS t{where}"

    def _shown(self, name: str, node: Node, declared: Mapping[str, Member]) -> Sql:
        shape = declared[name].shape if name in declared else ANYTHING
        return self.stored(self.native(node), columns(shape), sort(shape))

    # Types

    def native(self, node: Node) -> Value:  # noqa: C901 - one case per sort of node
        """A node in a type of the engine's own, or as JSON."""
        match node:
            case Var(number=number) if number in self._places and number not in self._variables:
                return self._places[number]
            case Get() if (found := self.place(node)) is not None:
                return self.got(node, found)
            case Const(value=value):
                return self._constant(value)
            case Nothing():
                return ABSENT
            case Build(source=source) if source is None or self.inside_struct(source):
                return self._record(node)
            case Apply():
                return self._applied(node)
            case Joined():
                return self._joined_texts(node)
            case Fallback():
                return self._with_fallback(node)
            case Formula():
                text, kind = self._formula(node)
                return Value(text, Place(Scalar(kind)))
            case Present():
                return Value(self.condition(node), _BOOLEAN)
            case If():
                return self._chosen(node)
            case Enter(absent="keep") if node.null != "pass":
                return self._entered(node)
            case Each():
                return self._each_of(node)
            case Checked(checks=checks, then=then):
                value = self.native(then)
                done = self.computed([self.value(check) for check in checks])
                return Value(f"CASE WHEN {done} THEN {value.sql} END", value.place)
            case _:
                return self.as_json(node)

    def stored(self, value: Value, wanted: Type, sort: str = "any") -> Sql:  # noqa: RET503 - as above
        """A value as a column of a type holds it: NULL for absence and null."""
        match value.place.type, wanted:
            case _ if value is ABSENT:
                return "NULL" if wanted == Scalar("native") else f"CAST(NULL AS {self.sql_type(wanted)})"
            case _, Scalar(of="json"):
                return self.column(self.rendered(value), "any")
            case found, _ if found == wanted:
                return self.kept(value)
            case Scalar(of="json"), Scalar():
                return self.column(value.sql, sort)
            case Scalar(of="json"), _:
                return self.unpacked(self.unless_null(value.sql), wanted)
            case Scalar(of="int"), Scalar(of="double"):
                return f"CAST({value.sql} AS {self.sql_type(wanted)})"
            case Many(items=items), Many(items=wanted_items):
                item = self.fresh("i")
                return self.transformed(value.sql, item, self.stored(Value(item, items), wanted_items.type))
            case Struct() as struct, Struct(members=members):

                def rebuilt(own: Sql) -> Sql:
                    record = Value(own, value.place)
                    fields = [(name, self.stored(self._field(record, struct, name), at.type)) for name, at in members]
                    declared = {name for name, _ in members}
                    more = [(name, Value(self.field(own, name), at)) for name, at in struct.members]
                    fields += [(name, self.kept(value)) for name, value in more if name not in declared]
                    return self.unless_absent(record, self.struct(fields))

                return self.named(value.sql, rebuilt)
            case found, _:
                self.refuse(f"{self.sql_type(found)} becomes {self.sql_type(wanted)}")

    def _field(self, record: Value, struct: Struct, name: str) -> Value:
        place = struct.get(name)
        return ABSENT if place is None else Value(self.member_of(record, name, place), place)

    def operand(self, node: Node) -> tuple[Sql, Kind]:
        value = self.native(node)
        match value.place.type:
            case Scalar(of="string" | "boolean" as kind) if value.certain:
                return value.sql, kind
            case Scalar(of="int") if value.certain:
                return self._wide(value.sql), "int"
            case _:
                return self.rendered(value), "json"

    def _wide(self, number: Sql) -> Sql:
        return f"CAST({number} AS {self.whole_type})"

    def _constant(self, value: Any) -> Value:
        match value:
            case bool():
                return Value("TRUE" if value else "FALSE", _BOOLEAN)
            case str():
                return Value(self.text(value), _STRING)
            case int() if -_WIDEST <= value < _WIDEST:
                return Value(self._wide(str(value)), _INT)
            case _:
                return Value(self.literal(value), Place(JSON))

    def _scalar(self, node: Node, kind: Kind, *, nullable: bool) -> Value | None:
        """A node as a text, number or truth value, if null and absence can be told from what NULL stands for."""
        value = self.native(node)
        if value.place.type == Scalar(kind):
            return value
        if not value.json or nullable or value is ABSENT:
            return None
        place = Place(Scalar(kind), value.place.null)
        return self._through(value, place, lambda own: self.cast(own, "json", kind))

    def _through(self, value: Value, place: Place, write: Any) -> Value:
        """What is written over a value; NULL stays NULL."""
        if value.certain:
            return Value(write(value.sql), place)
        text = self.named(value.sql, lambda own: f"CASE WHEN {own} IS NOT NULL THEN {write(own)} END")
        return Value(text, place)

    def _record(self, node: Build) -> Value:
        found = [(name, self.native(member)) for name, member in node.members]
        there = [(name, value) for name, value in found if value is not ABSENT]
        if not nameable({name: Member(ANYTHING) for name, _ in there}):
            return self.as_json(node)
        text = self.struct([(name, self.kept(value)) for name, value in there])
        return Value(text, Place(Struct(tuple((name, value.place) for name, value in there))))

    def _applied(self, node: Apply) -> Value:
        match node.function:
            case Map() as table:
                made = self._translated(node, table)
            case Scale() as scale if _whole_scale(scale, node.sort):
                by = factor(scale.by).numerator
                made = self._multiplied(self._scalar(node.to, "int", nullable=node.nullable), by)
            case Convert(using=using) if using in _MULTIPLES and self._is(node.to, _INT.type):
                made = self._multiplied(self.native(node.to), _MULTIPLES[using])
            case Convert(using="int->string") if self._is(node.to, _INT.type):
                value = self.native(node.to)
                made = Value(f"CAST({value.sql} AS {self.text_type})", Place(_STRING.type, value.place.null))
            case Wrap():
                made = self._wrapped(node)
            case _:
                made = None
        return made or self.as_json(node)

    def _is(self, node: Node, of: Type) -> bool:
        return self.native(node).place.type == of

    def _multiplied(self, value: Value | None, by: int) -> Value | None:
        if value is None:
            return None
        if value.sql in self._cheap and abs(by) < _WIDEST:  # as it was stored, in 64 bits
            return Value(self.multiplied(value.sql, by), value.place)
        return self._through(
            value, value.place, lambda own: self.call("fits", f"{self._wide(own)} * {self._wide(str(by))}")
        )

    def _wrapped(self, node: Apply) -> Value | None:
        value = self.native(node.to)
        if value is ABSENT or (value.json and node.nullable):
            return None
        kept = self.kept(value)
        item = Place(value.place.type)
        if value.certain:
            return Value(self.array([kept]), Place(Many(item)))
        inside = Value(kept, value.place)
        return self._through(inside, Place(Many(item), value.place.null), lambda own: self.array([own]))

    def _translated(self, node: Apply, table: Map) -> Value | None:
        """A table between values of one type and values of one type."""
        kind = _KINDS.get(node.sort)
        if kind is None:
            return None
        rows = [(old, new) for old, new in table_rows(table) if _kind(old) == kind]
        otherwise = [table.otherwise.value] if isinstance(table.otherwise, Otherwise) else []
        kinds = {_kind(new) for _, new in rows} | set(map(_kind, otherwise))
        kinds |= {kind} if table.otherwise == "keep" else set()
        value = self._scalar(node.to, kind, nullable=node.nullable)
        if value is None or len(kinds) != 1 or not rows or None in kinds:
            return None
        place = Place(self._constant(rows[0][1]).place.type, value.place.null)
        if table.otherwise == "keep":
            other = None
        elif otherwise:
            other = self._constant(otherwise[0]).sql
        else:
            other = self.failing("the table does not list a value", place.type)
        cases = "".join(f" WHEN {self._constant(old).sql} THEN {self._constant(new).sql}" for old, new in rows)
        if value.certain and other is not None:
            return Value(f"CASE {value.sql}{cases} ELSE {other} END", place)

        def chosen(own: Sql) -> Sql:
            return self.unless_absent(Value(own, value.place), f"CASE {own}{cases} ELSE {other or own} END")

        return Value(self.named(value.sql, chosen), place)

    def _joined_texts(self, node: Joined) -> Value:
        texts = [self._scalar(text, "string", nullable=node.nullable) for text in node.texts]
        if any(text is None for text in texts):
            return self.as_json(node)
        found = [text for text in texts if text is not None]
        together = f" || {self.text(node.separator)} || ".join(text.sql for text in found)
        null: Null = "never" if all(text.certain for text in found) else "absent"
        return Value(f"({together})", Place(_STRING.type, null))

    def _with_fallback(self, node: Fallback) -> Value:
        value, constant = self.native(node.value), self._constant(node.constant.value)
        if value.json or constant.place.type != value.place.type:
            return self.as_json(node)
        if value.certain or (node.when != "either" and node.when != value.place.null):
            return value
        return Value(f"coalesce({value.sql}, {constant.sql})", constant.place)

    def _chosen(self, node: If) -> Value:
        then, otherwise = self._branch(node.then, node.otherwise), self._branch(node.otherwise, node.then)
        condition = self.condition(node.condition)
        null = _either(then.place.null, otherwise.place.null)
        one, other = then.place.type, otherwise.place.type
        if then is ABSENT or otherwise is ABSENT:
            one = other = other if then is ABSENT else one
        if one != other or null is None:
            absent: Null = "absent" if maybe_absent(node) else "never"
            chosen = self.rendered(then), self.rendered(otherwise)
            place = Place(JSON, absent)
        else:
            chosen, place = (self.kept(then), self.kept(otherwise)), Place(one, null)
        return Value(f"CASE WHEN {condition} THEN {chosen[0]} ELSE {chosen[1]} END", place)

    def _branch(self, node: Node, beside: Node) -> Value:
        if isinstance(node, Raise):
            of = JSON if isinstance(beside, Raise) else self.native(beside).place.type
            return Value(self.failing(node.reason, of), Place(of))
        return self.native(node)

    def _entered(self, node: Enter) -> Value:
        value = self.native(node.value)
        if value.json:
            return self.as_json(node)
        given = self.kept(value)
        name = given if given in self._cheap else self.fresh()
        with self.standing(node.var, Value(name, Place(value.place.type))):
            body = self.native(node.body)
        outside: Null = "absent" if node.null == "absent" and value.place.null == "null" else value.place.null
        fails = value.place.null == "null" and node.null == "error"
        null = body.place.null if fails else _either(outside, body.place.null)
        if null is None:
            text, missing, place = self.rendered(body), "NULL", Place(JSON, "absent")
            missing = self.literal(None) if outside == "null" else "NULL"
        else:
            text, missing, place = body.sql, "NULL", Place(body.place.type, null)
        if fails:
            missing = self.failing("null where a record is expected", place.type)
        if not value.certain:
            text = f"CASE WHEN {name} IS NULL THEN {missing} ELSE {text} END"
        return Value(text if name == given else self.let(name, given, text), place)

    def _each_of(self, node: Each) -> Value:
        value = self.native(node.value)
        if not isinstance(value.place.type, Many):
            return self.as_json(node)
        told = not (node.nullable_items and value.place.type.items.type == JSON)
        item, inner, of = self.items_of(node, value.place.type.items, native=told)
        items = Place(of, value.place.type.items.null if told else "never")
        return Value(self.transformed(value.sql, item, inner), Place(Many(items), value.place.null))


_BOOLEAN: Final = Place(Scalar("boolean"))
_STRING: Final = Place(Scalar("string"))
_INT: Final = Place(Scalar("int"))


def _kind(value: Any) -> Kind | None:
    match value:
        case bool():
            return "boolean"
        case str():
            return "string"
        case int() if -_WIDEST <= value < _WIDEST:
            return "int"
        case _:
            return None


def _whole_scale(scale: Scale, sort: str) -> bool:
    whole = scale.result == "int64" and not scale.places
    return sort == "int" and whole and factor(scale.by).denominator == 1


def _either(one: Null, other: Null) -> Null | None:
    """What NULL stands for where it may come of two places; None if that cannot be told."""
    if "never" in (one, other):
        return other if one == "never" else one
    return one if one == other else None
