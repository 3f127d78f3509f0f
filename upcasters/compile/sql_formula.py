"""Write an expression of the language as SQL, for whichever engine the dialect is of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from upcasters.compile.sql_text import Kind, Sql
from upcasters.expression import Binary, Call, Constant, Expression, Has, Items, Loop, Name, Ternary, Unary
from upcasters.operations import Scalar

if TYPE_CHECKING:
    from upcasters.compile.sql import Dialect


class Formulas:
    """Writes one expression; ``local`` are the names of loop variables."""

    def __init__(self, dialect: Dialect, inputs: Mapping[tuple[str, ...], tuple[Sql, Kind]]) -> None:
        self._dialect = dialect
        self._inputs = inputs

    def _to(self, tree: Expression, local: Mapping[str, Sql], wanted: Kind) -> Sql:
        if wanted == "int" and isinstance(tree, Constant) and type(tree.value) is int:
            return f"CAST({tree.value} AS {self._dialect.whole_type})"
        return self._dialect.cast(*self.write(tree, local), wanted)

    def write(self, tree: Expression, local: Mapping[str, Sql]) -> tuple[Sql, Kind]:  # noqa: C901
        """The expression and what it is of."""
        match tree:
            case Constant(value=value):
                return self._constant(value)
            case Name(parts=parts, local=""):
                return self._inputs[parts]
            case Name():
                path = self._path(tree, local)
                return (f"coalesce({path}, {self._dialect.fail('a member is absent')})" if tree.parts else path), "json"
            case Has(name=name):
                found = self._path(name, local) if name.local else self._inputs[name.parts][0]
                return f"(({found}) IS NOT NULL)", "boolean"
            case Unary(operator="!", operand=operand):
                return f"(NOT {self._to(operand, local, 'boolean')})", "boolean"
            case Unary(operand=operand, sort="int"):
                return self._dialect.call("fits", f"-{self._to(operand, local, 'int')}"), "int"
            case Unary(operand=operand):
                self._known(tree.sort, "the sign")
                return self._dialect.call("minus", self._dialect.literal(0), self._to(operand, local, "json")), "json"
            case Binary():
                return self._binary(tree, local)
            case Ternary():
                return self._ternary(tree, local)
            case Items(items=items):
                return self._dialect.listed([self._to(item, local, "json") for item in items]), "json"
            case Call():
                return self._call(tree, local)
            case Loop():
                return self._loop(tree, local)

    def _constant(self, value: Scalar) -> tuple[Sql, Kind]:
        match value:
            case bool():
                return ("TRUE" if value else "FALSE"), "boolean"
            case str():
                return self._dialect.text(value), "string"
            case _:
                return self._dialect.literal(value), "json"

    def _path(self, name: Name, local: Mapping[str, Sql]) -> Sql:
        text = local[name.local]
        for part in name.parts:
            text = self._dialect.inner(text, part)
        return text

    def _known(self, sort: str, what: str) -> None:
        if sort != "double":
            self._dialect.refuse(f"{what} of values whose type is {'not known' if sort == 'any' else sort}")

    def _binary(self, tree: Binary, local: Mapping[str, Sql]) -> tuple[Sql, Kind]:
        match tree.operator:
            case "&&" | "||":
                first, second = (self._to(side, local, "boolean") for side in (tree.left, tree.right))
                outcome = f"THEN {second} ELSE FALSE" if tree.operator == "&&" else f"THEN TRUE ELSE {second}"
                return f"(CASE WHEN {first} {outcome} END)", "boolean"
            case "in":
                return self._contained(tree, local), "boolean"
            case "==" | "!=" | "<" | "<=" | ">" | ">=":
                return self._compared(tree, local), "boolean"
            case _:
                return self._arithmetic(tree, local)

    def _arithmetic(self, tree: Binary, local: Mapping[str, Sql]) -> tuple[Sql, Kind]:
        operator, sort = tree.operator, tree.sort
        if sort == "string":
            return f"({self._to(tree.left, local, 'string')} || {self._to(tree.right, local, 'string')})", "string"
        if operator == "/" and sort in ("int", "double"):
            return self._dialect.call(
                "divide", self._to(tree.left, local, "json"), self._to(tree.right, local, "json")
            ), "json"
        if sort == "int":
            left, right = self._to(tree.left, local, "int"), self._to(tree.right, local, "int")
            if operator == "%":
                return self._dialect.call("remainder", left, right), "int"
            return self._dialect.call("fits", f"{left} {operator} {right}"), "int"
        self._known(sort, f"'{operator}'")
        if operator == "%":
            self._dialect.refuse("the remainder of doubles")
        function = {"+": "plus", "-": "minus", "*": "times"}[operator]
        return self._dialect.call(
            function, self._to(tree.left, local, "json"), self._to(tree.right, local, "json")
        ), "json"

    def _compared(self, tree: Binary, local: Mapping[str, Sql]) -> Sql:
        operator = {"==": "=", "!=": "<>"}.get(tree.operator, tree.operator)
        match tree.sort:
            case "int" | "string" | "boolean" as kind if kind != "boolean" or operator in ("=", "<>"):
                sides = [self.ordered(self._to(side, local, kind), kind) for side in (tree.left, tree.right)]
                return f"({f' {operator} '.join(sides)})"
            case "double":
                numbers = [
                    self._dialect.call("numeral", self._to(side, local, "json")) for side in (tree.left, tree.right)
                ]
                return f"({f' {operator} '.join(numbers)})"
        if operator not in ("=", "<>"):
            self._dialect.refuse(
                f"the order of values whose type is {'not known' if tree.sort == 'any' else tree.sort}"
            )
        left, right = (tree.right, tree.left) if isinstance(tree.left, Constant) else (tree.left, tree.right)
        constant = right if isinstance(right, Constant) else None
        wrapped = self._dialect.named(
            self._to(left, local, "json"),
            lambda own: self._dialect.equal(own, self._to(right, local, "json"), constant),
        )
        return f"({wrapped})" if operator == "=" else f"(NOT ({wrapped}))"

    def ordered(self, text: Sql, kind: str) -> Sql:
        """Text in the order of code points."""
        return self._dialect.by_code_point(text) if kind == "string" else text

    def _contained(self, tree: Binary, local: Mapping[str, Sql]) -> Sql:
        if not isinstance(tree.right, Items) or not all(isinstance(item, Constant) for item in tree.right.items):
            self._dialect.refuse("'in' a list that is not written out")
        constants = [item for item in tree.right.items if isinstance(item, Constant)]

        def body(own: Sql) -> Sql:
            return (
                " OR ".join(self._dialect.equal(own, self._dialect.literal(item.value), item) for item in constants)
                or "FALSE"
            )

        return f"({self._dialect.named(self._to(tree.left, local, 'json'), body)})"

    def _ternary(self, tree: Ternary, local: Mapping[str, Sql]) -> tuple[Sql, Kind]:
        condition = self._to(tree.condition, local, "boolean")
        (then, one), (otherwise, other) = self.write(tree.then, local), self.write(tree.otherwise, local)
        kind: Kind = one if one == other else "json"
        chosen = self._dialect.cast(then, one, kind), self._dialect.cast(otherwise, other, kind)
        return f"(CASE WHEN {condition} THEN {chosen[0]} ELSE {chosen[1]} END)", kind

    def _call(self, tree: Call, local: Mapping[str, Sql]) -> tuple[Sql, Kind]:  # noqa: RET503 - refuse() never returns
        arguments = tree.arguments
        match tree.function:
            case "coalesce":
                null = self._dialect.literal(None)
                given = [self._dialect.unless_null(self._guarded(argument, local)) for argument in arguments]
                return f"coalesce({', '.join(given)}, {null})", "json"
            case "size":
                return self._dialect.call("size", self._to(arguments[0], local, "json")), "int"
            case "lower" | "upper" | "trim" | "before" | "after" as function:
                texts = [self._to(argument, local, "string") for argument in arguments]
                return self._dialect.call(function, *texts), "string"
            case "contains" | "startsWith" | "endsWith" as function:
                texts = [self._to(argument, local, "string") for argument in arguments]
                return self._dialect.call(function.lower(), *texts), "boolean"
            case "matches":
                return self._matches(arguments[0], arguments[1], local), "boolean"
            case "substring":
                first = self._to(arguments[0], local, "string")
                bounds = [self._to(argument, local, "int") for argument in arguments[1:]]
                end = bounds[1] if len(bounds) > 1 else "NULL"
                return self._dialect.call("part", first, bounds[0], end), "string"
            case "int" if tree.sort in ("int", "double", "string"):
                return self._dialect.call("to_whole", self._to(arguments[0], local, "json")), "int"
            case "double" if tree.sort in ("int", "double"):
                return self._dialect.call("to_double", self._to(arguments[0], local, "json")), "json"
            case "string":
                return self._text_of(arguments[0], tree.sort, local), "string"
            case _:
                self._dialect.refuse(f"{tree.function}() of {tree.sort or 'this'}")

    def _text_of(self, value: Expression, sort: str, local: Mapping[str, Sql]) -> Sql:  # noqa: RET503 - as above
        """``string()``: a value as JSON writes it."""
        match sort:
            case "string":
                return self._to(value, local, "string")
            case "int":
                return f"CAST({self._to(value, local, 'int')} AS {self._dialect.text_type})"
            case "boolean":
                return f"(CASE WHEN {self._to(value, local, 'boolean')} THEN 'true' ELSE 'false' END)"
            case "double" if "number->string" not in self._dialect.inexact:
                shown = self._dialect.call("number_string", self._to(value, local, "json"))
                return self._dialect.cast(shown, "json", "string")
            case _:
                self._dialect.refuse(f"string() of {sort or 'this'}")

    def _matches(self, value: Expression, pattern: Expression, local: Mapping[str, Sql]) -> Sql:
        assert isinstance(pattern, Constant)  # noqa: S101 - the parser has seen to it
        return self._dialect.matches(self._to(value, local, "string"), str(pattern.value))

    def _guarded(self, argument: Expression, local: Mapping[str, Sql]) -> Sql:
        if isinstance(argument, Name) and argument.local:
            return self._path(argument, local)
        return self._to(argument, local, "json")

    def _loop(self, tree: Loop, local: Mapping[str, Sql]) -> tuple[Sql, Kind]:
        item = self._dialect.fresh("x")
        inner = {**local, tree.variable: item}
        over = self._dialect.call("list", self._to(tree.over, local, "json"))
        if tree.kind == "map":
            return self._dialect.items(over, item, self._to(tree.body, inner, "json")), "json"
        condition = self._to(tree.body, inner, "boolean")
        return self._dialect.loop(tree.kind, over, item, condition), "json" if tree.kind == "filter" else "boolean"
