"""Give an expression its types over the shape of a scope, and say where they do not go together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from upcasters.expression import Binary, Call, Constant, Expression, Has, Items, Loop, Name, Ternary, Unary, proven
from upcasters.fit import join, label, shape_of
from upcasters.shape import (
    ANYTHING,
    BOOLEAN,
    DECIMAL,
    INT64,
    NUMBER,
    STRING,
    Anything,
    Array,
    Choice,
    Integer,
    Member,
    Never,
    OneOf,
    Plain,
    Record,
    Shape,
    Table,
    nullable,
    without_null,
)

Sort = str
"""``int double decimal string boolean list record map any``, or the name of another plain kind."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why an expression does not go with the shape of its scope."""

    message: str
    position: int
    remedy: str = ""


@dataclass(slots=True)
class Typed:
    """An expression whose operators know what they compute with, and the shape of its value."""

    tree: Expression
    shape: Shape
    complaints: list[Complaint] = field(default_factory=list)


def member_at(shape: Shape, parts: tuple[str, ...]) -> Member | None:
    """The member at a path with its presence (a null on the way makes it absent); None where none is declared."""
    if not parts:
        return Member(shape)
    match shape:
        case Anything():
            return Member(ANYTHING, required=False)
        case Record(members=members):
            member = members.get(parts[0])
            if member is None:
                return None
            below = member_at(member.shape, parts[1:])
            return below and Member(below.shape, below.required and member.required)
        case Table(values=values):
            below = member_at(values, parts[1:])
            return below and Member(below.shape, required=False)
        case OneOf(arms=arms):
            found = [member_at(arm, parts) for arm in arms if arm != Plain("null")]
            present = [member for member in found if member is not None]
            if not present:
                return None
            joined = present[0].shape
            for member in present[1:]:
                joined = join(joined, member.shape)
            always = len(present) == len(arms) and all(member.required for member in present)
            return Member(joined, always)
        case _:
            return None


def sort(shape: Shape) -> Sort:
    """What an operator computes with when it meets a value of the shape, null aside."""
    match without_null(shape):
        case Integer():
            return "int"
        case Plain(kind="number"):
            return "double"
        case Plain(kind=kind):
            return kind
        case Array():
            return "list"
        case Table():
            return "map"
        case Record():
            return "record"
        case Choice(symbols=symbols):
            sorts = {_constant_sort(symbol) for symbol in symbols}
        case OneOf(arms=arms):
            sorts = {sort(arm) for arm in arms}
        case _:
            return "any"
    if sorts and sorts <= {"int", "double"}:
        return "int" if sorts == {"int"} else "double"
    return sorts.pop() if len(sorts) == 1 else "any"


def _constant_sort(value: object) -> Sort:
    names = {str: "string", bool: "boolean", int: "int", float: "double"}
    return names.get(type(value), "any")


def typed(tree: Expression, scope: Shape) -> Typed:
    """The expression with its types, and everything that speaks against it."""
    checker = _Checker(scope)
    checked, shape = checker.check(tree, {}, frozenset())
    return Typed(checked, shape, checker.complaints)


_Present = frozenset[tuple[str, tuple[str, ...]]]
_ORDERED: Final = {"int", "double", "decimal", "string", "timestamp", "date", "any"}
_NUMERIC: Final = {"int", "double", "decimal", "any"}
_RESULTS: Final[Mapping[str, Shape]] = {
    "size": INT64, "lower": STRING, "upper": STRING, "trim": STRING, "substring": STRING, "before": STRING,
    "after": STRING, "contains": BOOLEAN, "startsWith": BOOLEAN, "endsWith": BOOLEAN, "matches": BOOLEAN,
    "int": INT64, "double": NUMBER, "decimal": DECIMAL, "string": STRING,
}  # fmt: skip
_ACCEPTED: Final[Mapping[str, set[Sort]]] = {
    "size": {"string", "bytes", "list", "map", "record", "any"},
    "int": {"int", "double", "decimal", "string", "any"}, "double": {"int", "double", "decimal", "string", "any"},
    "decimal": {"int", "double", "decimal", "string", "any"},
    "string": {"int", "double", "decimal", "string", "boolean", "any"},
}  # fmt: skip


class _Checker:
    """Walks an expression once; ``locals`` are the variables of loops, ``present`` what has() has proven."""

    def __init__(self, scope: Shape) -> None:
        self._scope = scope
        self.complaints: list[Complaint] = []

    def _complain(self, message: str, position: int, remedy: str = "") -> None:
        self.complaints.append(Complaint(message, position, remedy))

    def check(self, tree: Expression, local: Mapping[str, Shape], present: _Present) -> tuple[Expression, Shape]:  # noqa: C901
        match tree:
            case Constant(value=value):
                return tree, shape_of(value)
            case Name():
                return tree, self._name(tree, local, present)
            case Has(name=name):
                self._member(name, local)
                return tree, BOOLEAN
            case Unary():
                return self._unary(tree, local, present)
            case Binary(operator="&&" | "||"):
                return self._logic(tree, local, present)
            case Binary():
                return self._binary(tree, local, present)
            case Ternary():
                return self._ternary(tree, local, present)
            case Items(items=items):
                checked = [self.check(item, local, present) for item in items]
                shape: Shape = Never()
                for _, item_shape in checked:
                    shape = join(shape, item_shape)
                return replace(tree, items=tuple(item for item, _ in checked)), Array(shape)
            case Call(function="coalesce"):
                return self._coalesce(tree, local, present)
            case Call():
                return self._call(tree, local, present)
            case Loop():
                return self._loop(tree, local, present)

    def _member(self, name: Name, local: Mapping[str, Shape]) -> Member:
        member = member_at(local[name.local] if name.local else self._scope, name.parts)
        if member is None:
            path = ".".join((name.local, *name.parts) if name.local else name.parts)
            self._complain(f"there is no {path}", name.position, "name a member of this version")
            return Member(ANYTHING)
        return member

    def _name(self, name: Name, local: Mapping[str, Shape], present: _Present) -> Shape:
        member = self._member(name, local)
        if not member.required and (name.local, name.parts) not in present and not self._unknown(name, local):
            path = ".".join(name.parts)
            self._complain(f"{path} may be absent", name.position, f"write has({path}) ? ... : ..., or coalesce")
        return member.shape

    def _unknown(self, name: Name, local: Mapping[str, Shape]) -> bool:
        """Whether nothing is known of the scope, so that presence cannot be asked for."""
        return isinstance(local[name.local] if name.local else self._scope, Anything)

    def _operand(self, tree: Expression, local: Mapping[str, Shape], present: _Present) -> tuple[Expression, Sort]:
        checked, shape = self.check(tree, local, present)
        if nullable(shape) and not isinstance(shape, Anything):
            self._complain("the value may be null", tree.position, "write coalesce(..., a value for null)")
        return checked, sort(shape)

    def _condition(self, tree: Expression, local: Mapping[str, Shape], present: _Present) -> Expression:
        checked, found = self._operand(tree, local, present)
        if found not in ("boolean", "any"):
            self._complain(f"a condition is expected, not {found}", tree.position, "compare it with something")
        return checked

    def _unary(self, tree: Unary, local: Mapping[str, Shape], present: _Present) -> tuple[Expression, Shape]:
        if tree.operator == "!":
            return replace(tree, operand=self._condition(tree.operand, local, present), sort="boolean"), BOOLEAN
        operand, found = self._operand(tree.operand, local, present)
        if found not in _NUMERIC:
            self._complain(f"'-' of {found}", tree.position, "only numbers have a sign")
        return replace(tree, operand=operand, sort=found), _number(found)

    def _logic(self, tree: Binary, local: Mapping[str, Shape], present: _Present) -> tuple[Expression, Shape]:
        left = self._condition(tree.left, local, present)
        more = _proven(tree.left) if tree.operator == "&&" else frozenset()
        right = self._condition(tree.right, local, present | more)
        return replace(tree, left=left, right=right, sort="boolean"), BOOLEAN

    def _binary(self, tree: Binary, local: Mapping[str, Shape], present: _Present) -> tuple[Expression, Shape]:
        if tree.operator in ("==", "!=", "in"):
            return self._comparison(tree, local, present)
        left, one = self._operand(tree.left, local, present)
        right, other = self._operand(tree.right, local, present)
        common = _common(one, other, tree)
        allowed = _ORDERED if tree.operator in ("<", "<=", ">", ">=") else _NUMERIC
        if tree.operator == "+":
            allowed = allowed | {"string", "list"}
        if common is None or common not in allowed:
            self._complain(
                f"{one} {tree.operator} {other}",
                tree.position,
                "convert one side: int(x), double(x), decimal(x), string(x)",
            )
            common = "any"
        checked = replace(tree, left=left, right=right, sort=common)
        if tree.operator in ("<", "<=", ">", ">="):
            return checked, BOOLEAN
        if common == "list":
            return checked, join(self._shape(left, local, present), self._shape(right, local, present))
        if tree.operator == "/":
            return checked, DECIMAL if common == "decimal" else NUMBER
        return checked, STRING if common == "string" else _number(common)

    def _shape(self, tree: Expression, local: Mapping[str, Shape], present: _Present) -> Shape:
        return _Checker(self._scope).check(tree, local, present)[1]

    def _comparison(self, tree: Binary, local: Mapping[str, Shape], present: _Present) -> tuple[Expression, Shape]:
        left, one = self.check(tree.left, local, present)
        right, other = self.check(tree.right, local, present)
        found, against = sort(one), sort(other)
        if tree.operator == "in":
            bare = without_null(other)
            against = (
                sort(bare.items) if isinstance(bare, Array) else "string" if against in ("map", "record") else "any"
            )
            if not isinstance(bare, Array | Table | Record | Anything):
                self._complain(f"'in' asks a list or a map, not {label(other)}", tree.position)
        elif isinstance(tree.left, Constant) and tree.left.value is None:
            found = "any"
        common = _common(found, against, tree)
        if common is None:
            self._complain(f"{found} is never equal to {against}", tree.position, "compare values of one type")
        null = nullable(one) or nullable(other)
        return replace(tree, left=left, right=right, sort="any" if common is None or null else common), BOOLEAN

    def _ternary(self, tree: Ternary, local: Mapping[str, Shape], present: _Present) -> tuple[Expression, Shape]:
        condition = self._condition(tree.condition, local, present)
        then, one = self.check(tree.then, local, present | _proven(tree.condition))
        otherwise, other = self.check(tree.otherwise, local, present)
        return replace(tree, condition=condition, then=then, otherwise=otherwise), join(one, other)

    def _coalesce(self, tree: Call, local: Mapping[str, Shape], present: _Present) -> tuple[Expression, Shape]:
        checked: list[Expression] = []
        shape: Shape = Never()
        certain = False
        for argument in tree.arguments:
            more = frozenset({(argument.local, argument.parts)}) if isinstance(argument, Name) else frozenset()
            part, found = self.check(argument, local, present | more)
            checked.append(part)
            shape = join(shape, without_null(found))
            always = not isinstance(argument, Name) or self._always(argument, local)
            certain = certain or (always and not nullable(found))
        return replace(tree, arguments=tuple(checked)), shape if certain else join(shape, Plain("null"))

    def _always(self, name: Name, local: Mapping[str, Shape]) -> bool:
        member = member_at(local[name.local] if name.local else self._scope, name.parts)
        return member is not None and member.required

    def _call(self, tree: Call, local: Mapping[str, Shape], present: _Present) -> tuple[Expression, Shape]:
        checked = [self._operand(argument, local, present) for argument in tree.arguments]
        accepted = _ACCEPTED.get(tree.function, {"string", "any"})
        for index, (argument, found) in enumerate(checked):
            wanted = {"int", "any"} if tree.function == "substring" and index else accepted
            if found not in wanted:
                self._complain(
                    f"{tree.function} of {found}",
                    argument.position,
                    f"it takes {' or '.join(sorted(wanted - {'any'}))}",
                )
        first = checked[0][1] if checked else "any"
        return replace(tree, arguments=tuple(part for part, _ in checked), sort=first), _RESULTS[tree.function]

    def _loop(self, tree: Loop, local: Mapping[str, Shape], present: _Present) -> tuple[Expression, Shape]:
        over, shape = self.check(tree.over, local, present)
        bare = without_null(shape)
        if nullable(shape) and not isinstance(shape, Anything):
            self._complain("the list may be null", tree.position, "write coalesce(..., [])")
        if not isinstance(bare, Array | Anything):
            self._complain(f"{tree.kind} over {label(shape)}", tree.position, "only lists are gone through")
        items = bare.items if isinstance(bare, Array) else ANYTHING
        inner = {**local, tree.variable: items}
        if tree.kind == "map":
            body, result = self.check(tree.body, inner, present)
            return replace(tree, over=over, body=body), Array(result)
        body = self._condition(tree.body, inner, present)
        if tree.kind == "filter":
            return replace(tree, over=over, body=body), Array(items)
        return replace(tree, over=over, body=body), BOOLEAN


def _proven(condition: Expression) -> _Present:
    return frozenset(("", parts) for parts in proven(condition))


def _number(found: Sort) -> Shape:
    shapes: Mapping[Sort, Shape] = {"int": INT64, "double": NUMBER, "decimal": DECIMAL}
    return shapes.get(found, ANYTHING)


def _common(one: Sort, other: Sort, tree: Binary) -> Sort | None:
    """What both sides are, a constant's whole number counting as any number; None where they do not go together."""
    if one == other:
        return one
    if "any" in (one, other):
        return "any"
    pair = {one, other}
    if pair == {"int", "double"}:
        literal = tree.left if one == "int" else tree.right
        return (
            "double"
            if isinstance(literal, Constant) or tree.operator in ("==", "!=", "<", "<=", ">", ">=", "in")
            else None
        )
    if pair == {"int", "decimal"}:
        return "decimal"
    return None
