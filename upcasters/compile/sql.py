"""Write a plan as one SQL expression over a JSON value: what the SQL targets share.

The value domain is that of the engine's JSON: SQL's NULL stands for absence, JSON's null for null. Everything that
depends on the engine is one of its ``Words``. A plan that an engine cannot compute exactly is refused with NotPortable
before any event is touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from msgspec.structs import replace

from upcasters.compile.json_events import require_json
from upcasters.compile.sql_formula import Formulas
from upcasters.compile.sql_text import Kind, Sql
from upcasters.compile.sql_words import CODECS, Words
from upcasters.exact import factor
from upcasters.expression import Constant
from upcasters.expression_check import sort
from upcasters.operations import Convert, Entries, Map, Only, Otherwise, Scalar, Scale, Unwrap, Wrap
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
    Piece,
    Plan,
    Present,
    Prune,
    Raise,
    Switch,
    Var,
    maybe_absent,
)
from upcasters.shape import ANYTHING, Record, Shape

_READERS: Final[Mapping[Kind, str]] = {"int": "whole", "string": "string", "boolean": "truth"}


class Dialect(Words):
    """Writes nodes as expressions; one object per plan."""

    # Whole plans

    def view(self, plan: Plan, shape: Shape, name: str, table: str, keep: tuple[str, ...]) -> Sql:
        """The plan as a view, one column per member; checks of the plan are a condition on its rows."""
        require_json(plan, self.target)
        root = plan.root.then if isinstance(plan.root, Checked) else plan.root
        if not isinstance(root, Build):
            self.refuse("a view needs an event whose members are known: use the function")
        names = [*keep, *(member for member, _ in root.members)]
        if not self.tells_capitals and len({name.lower() for name in names}) < len(names):
            self.refuse("a view needs columns that differ in more than capitals: use the function")
        shapes = shape.members if isinstance(shape, Record) else {}
        columns = [f"t.{self.name(kept)}" for kept in keep]
        for member, node in root.members:
            own = shapes[member].shape if member in shapes else ANYTHING
            columns.append(f"{self.column(self.value(node), sort(own))} AS {self.name(member)}")
        where = ""
        if isinstance(plan.root, Checked):
            where = f"\nWHERE {self.computed([self.value(check) for check in plan.root.checks])}"
        shown = ",\n  ".join(columns)
        head = f"CREATE OR REPLACE {self.view_kind} {self.name(name)} AS SELECT"
        return f"{head}\n  {shown}\nFROM {self.name(table)} AS t{where};\n"

    def expression(self, plan: Plan) -> Sql:
        """The whole plan. Raises NotPortable."""
        event = self._variables[0]
        if plan.identity:
            return event
        require_json(plan, self.target)
        with self._known_record(event):
            body = self.value(plan.root)
        if maybe_absent(plan.root):
            body = f"coalesce({body}, {self.fail('a value is absent that an operation cannot do without')})"
        return self.guarded(event, body)

    @contextmanager
    def _known_record(self, text: Sql) -> Iterator[None]:
        new = text not in self._records
        self._records.add(text)
        yield
        if new:
            self._records.discard(text)

    @contextmanager
    def _bound(self, number: int, text: Sql) -> Iterator[None]:
        before = self._variables.get(number)
        self._variables[number] = text
        yield
        if before is None:
            del self._variables[number]
        else:
            self._variables[number] = before

    # Nodes

    def value(self, node: Node) -> Sql:  # noqa: C901 - one case per sort of node
        """A node as JSON, NULL where it is absent."""
        match node:
            case Var(number=number):
                return self._variables[number]
            case Get():
                return self._get(node)
            case Const(value=value):
                return self.literal(value)
            case Nothing():
                return "NULL"
            case Build():
                return self._build(node)
            case Apply():
                return self._apply(node)
            case Joined():
                return self._joined(node)
            case Fallback():
                return self._fallback(node)
            case Formula():
                text, kind = self._formula(node)
                return self.json(text, kind)
            case Present():
                return self.json(self.condition(node), "boolean")
            case If(condition=condition, then=then, otherwise=otherwise):
                return f"CASE WHEN {self.condition(condition)} THEN {self.value(then)} ELSE {self.value(otherwise)} END"
            case Enter():
                return self._enter(node)
            case Each():
                return self._each(node)
            case Switch():
                return self._switch(node)
            case Checked(checks=checks, then=then):
                done = self.computed([self.value(check) for check in checks])
                return f"CASE WHEN {done} THEN {self.value(then)} END"
            case Raise(reason=reason):
                return self.fail(reason)

    def condition(self, node: Node) -> Sql:
        """A node as a truth value."""
        match node:
            case Formula():
                return self.cast(*self._formula(node), "boolean")
            case Present(nodes=nodes):
                return " AND ".join(f"({self.value(part)}) IS NOT NULL" for part in nodes) or "TRUE"
            case _:
                return self.cast(self.value(node), "json", "boolean")

    def _get(self, node: Get) -> Sql:
        record = self._plain(node.of)
        text = self.member(record, node.name)
        if not node.optional:
            text = f"coalesce({text}, {self.fail(f'{node.name} is absent')})"
        elif record not in self._records:
            text = self.named(record, lambda own: self.guarded(own, self.member(own, node.name)))
        if record in self._cheap:
            self._cheap.add(text)
        return text

    def _build(self, node: Build) -> Sql:
        if node.source is None:
            return self._members(node, None)
        source = self._plain(node.source)
        if source in self._records:
            return self._members(node, source)

        def body(own: Sql) -> Sql:
            with self._known_record(own):
                return self.guarded(own, self._members(node, own))

        return self.named(source, body)

    def _plain(self, node: Node) -> Sql:
        """A place without the check that it is there: what is read from it is checked itself."""
        if isinstance(node, Get):
            text = self.member(self._plain(node.of), node.name)
            self._cheap.add(text)
            return text
        return self.value(node)

    def _members(self, node: Build, source: Sql | None) -> Sql:
        certain = [(name, self.value(member)) for name, member in node.members if not maybe_absent(member)]
        optional = [(name, self.value(member)) for name, member in node.members if maybe_absent(member)]
        rest = None
        if node.open and source is not None:
            rest = self.without(source, sorted(node.known | {name for name, _ in node.members}))
        return self.record(certain, optional, rest)

    def _apply(self, node: Apply) -> Sql:
        argument = self.value(node.to)
        absent = maybe_absent(node.to)
        if not (absent or node.nullable) and isinstance(
            node.function, Convert | Scale | Wrap | Unwrap | Entries | Piece
        ):
            return self._call(node, argument)

        def body(own: Sql) -> Sql:
            kept = [f"{own} IS NULL"] * absent + [self.is_null(own)] * node.nullable
            called = self._call(node, own)
            return f"CASE WHEN {' OR '.join(kept)} THEN {own} ELSE {called} END" if kept else called

        return self.named(argument, body)

    def _call(self, node: Apply, value: Sql) -> Sql:
        match node.function:
            case Map():
                return self._looked_up(node.function, value)
            case Convert(using=using):
                if using in self.inexact:
                    self.refuse(f"{using}: {self.inexact[using]}")
                return self.call(CODECS[using], value)
            case Scale():
                return self._scale(node.function, value, node.sort)
            case Wrap():
                return self.alone(value)
            case Unwrap(take=take):
                return self.call("unwrap", value, self.text(take))
            case Entries() as function:
                return self.entries(function, value)
            case Only(members=members):
                return self.guarded(value, self.only(value, members))
            case Piece() as function:
                if not function.separator:
                    self.refuse("a text is split at an empty separator")
                return self.piece(value, function)
            case Prune():
                return f"CASE WHEN {self.is_empty(value)} THEN NULL ELSE {value} END"

    def entries(self, function: Entries, value: Sql) -> Sql:
        """A map as a list of records, or back."""
        called = "entries_to_list" if function.to == "list" else "entries_to_map"
        return self.call(called, value, self.text(function.key), self.text(function.value))

    def _scale(self, function: Scale, value: Sql, sort: str) -> Sql:
        if function.result == "decimal":
            function = replace(function, result="string")  # its digits, as JSON has it
        by = factor(function.by)
        if sort == "int" and by.denominator == 1 and function.result == "int64" and not function.places:
            product = f"{self.call('whole', value)} * CAST({by.numerator} AS {self.whole_type})"
            return self.json(self.call("fits", product), "int")
        return self.scaled(function, by, value)

    def _looked_up(self, function: Map, value: Sql) -> Sql:
        cases = "".join(
            f" WHEN {self.equal(value, self.literal(old), Constant(old))} THEN {self.literal(new)}"
            for old, new in table_rows(function)
            if old is not None
        )
        match function.otherwise:
            case "keep":
                otherwise = value
            case Otherwise(value=other):
                otherwise = self.literal(other)
            case _:
                otherwise = self.fail("the table does not list a value")
        return f"CASE{cases} ELSE {otherwise} END" if cases else otherwise

    def _joined(self, node: Joined) -> Sql:
        texts = [self.value(text) for text in node.texts]
        missing = [
            self._missing(text, node.nullable)
            for text, part in zip(texts, node.texts, strict=True)
            if node.nullable or maybe_absent(part)
        ]
        together = f" || {self.text(node.separator)} || ".join(self.cast(text, "json", "string") for text in texts)
        result = self.json(f"({together})", "string")
        return f"CASE WHEN {' OR '.join(missing)} THEN NULL ELSE {result} END" if missing else result

    def _missing(self, text: Sql, nullable: bool) -> Sql:  # noqa: FBT001
        return self.is_null(f"coalesce({text}, {self.literal(None)})") if nullable else f"({text}) IS NULL"

    def _fallback(self, node: Fallback) -> Sql:
        value, constant = self.value(node.value), self.literal(node.constant.value)
        if node.when == "absent":
            return f"coalesce({value}, {constant})"
        if node.when == "either":
            return f"coalesce({self.unless_null(value)}, {constant})"
        return self.named(value, lambda own: f"CASE WHEN {self.is_null(own)} THEN {constant} ELSE {own} END")

    def _enter(self, node: Enter) -> Sql:
        value = self.value(node.value)
        if node.absent == "empty" and maybe_absent(node.value):
            value = f"coalesce({value}, {self.literal({})})"

        def body(own: Sql) -> Sql:
            with self._bound(node.var, own):
                inner = self.value(node.body)
            cases = f" WHEN {own} IS NULL THEN NULL" if node.absent == "keep" and maybe_absent(node.value) else ""
            if node.null == "error":
                cases += f" WHEN {self.is_null(own)} THEN {self.fail('null where a record is expected')}"
            elif node.nullable and node.null in ("keep", "absent"):
                cases += f" WHEN {self.is_null(own)} THEN {own if node.null == 'keep' else 'NULL'}"
            return f"CASE{cases} ELSE {inner} END" if cases else inner

        return self.named(value, body)

    def _each(self, node: Each) -> Sql:
        item = self.fresh("i")
        with self._bound(node.var, item):
            inner = self.value(node.body)
        if maybe_absent(node.body):
            inner = f"coalesce({inner}, {self.fail('an item vanished')})"
        if node.nullable_items:
            inner = f"CASE WHEN {self.is_null(item)} THEN {item} ELSE {inner} END"

        def body(own: Sql) -> Sql:
            cases = f" WHEN {own} IS NULL THEN NULL" if maybe_absent(node.value) else ""
            if node.nullable:
                cases += f" WHEN {self.is_null(own)} THEN {own}"
            if node.container in ("list", "either"):
                cases += f" WHEN {self.sort(own)} = 'array' THEN {self.items(own, item, inner)}"
            if node.container in ("map", "either"):
                cases += f" WHEN {self.sort(own)} = 'object' THEN {self.values(own, item, inner)}"
            return f"CASE{cases} ELSE {self.fail('a list or a map is expected')} END"

        return self.named(self.value(node.value), body)

    def _switch(self, node: Switch) -> Sql:
        def body(own: Sql) -> Sql:
            arms = ""
            with self._bound(node.var, own):
                for arm, part in node.arms:
                    arms += f" WHEN {self.text(arm)} THEN {self.value(part)}"
            otherwise = own if node.otherwise == "keep" else self.fail("no arm for the value")
            if not arms:
                return otherwise
            chosen = self.sort(own)
            if node.by is not None:
                tag = self.member(own, node.by)
                chosen = f"CASE WHEN {self.sort(tag)} = 'string' THEN {self.cast(tag, 'json', 'string')} END"
            switched = f"CASE {chosen}{arms} ELSE {otherwise} END"
            if node.by is not None:
                switched = self.guarded(own, switched)
            return f"CASE WHEN {own} IS NULL THEN NULL ELSE {switched} END" if maybe_absent(node.value) else switched

        return self.named(self.value(node.value), body)

    # Expressions of the language

    def _formula(self, node: Formula) -> tuple[Sql, Kind]:
        inputs: dict[tuple[str, ...], tuple[Sql, Kind]] = {}
        for path, given in node.inputs:
            text, kind = self.operand(given)
            if path in node.required and maybe_absent(given):
                text = f"coalesce({text}, {self.fail('.'.join(path) + ' is absent')})"
            inputs[path] = text, kind
        text, kind = Formulas(self, inputs).write(node.expression, {})
        return (self.cast(text, kind, "boolean"), "boolean") if node.boolean else (text, kind)

    def operand(self, node: Node) -> tuple[Sql, Kind]:
        """What an expression computes with: NULL where it is absent."""
        return self.value(node), "json"

    def cast(self, text: Sql, kind: Kind, wanted: Kind) -> Sql:
        """A value as another kind; an error where it is none."""
        if kind == wanted:
            return text
        if wanted == "json":
            return self.json(text, kind)
        if kind != "json":
            self.refuse(f"{kind} is used as {wanted}")
        return self.call(_READERS[wanted], text)


def table_rows(function: Map) -> tuple[tuple[Scalar, Scalar], ...]:
    """What a table says of each value, once: true is not 1."""
    rows = {(isinstance(old, bool), old): (old, new) for old, new in function.pairs}
    return tuple(rows.values())
