"""Write an expression of the language as one of Python, over the names of the function it stands in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from upcasters.compile.values import constant_literal
from upcasters.expression import Binary, Call, Constant, Expression, Has, Items, Loop, Name, Ternary, Unary
from upcasters.pattern_text import compiled
from upcasters.plan import Node, maybe_absent

_BOOLEAN: Final = ("==", "!=", "<", "<=", ">", ">=", "in", "&&", "||")
_OPERATORS: Final = {
    "+": "plus",
    "-": "minus",
    "*": "times",
    "/": "divide",
    "%": "remainder",
    "<": "less",
    "<=": "less_equal",
}


class FormulaWriter:
    """Writes expressions; ``inputs`` are the names that an expression may use, as Python text and node of the plan."""

    def __init__(
        self,
        inputs: Mapping[tuple[str, ...], tuple[str, Node]],
        fresh: Callable[[str], str],
        name: Callable[[Any, str], str],
    ) -> None:
        self._inputs = inputs
        self._fresh = fresh
        self._name = name

    def write(self, tree: Expression) -> str:  # noqa: C901 - one case per sort of expression
        match tree:
            case Constant(value=value):
                return constant_literal(value, self._name)
            case Name(parts=path, local=""):
                return self._inputs[path][0]
            case Name(parts=path, local=local):
                return f"x_{local}" + "".join(f"[{part!r}]" for part in path)
            case Has(name=Name(parts=path, local="")):
                text, given = self._inputs[path]
                return f"({text} is not M)" if maybe_absent(given) else "True"
            case Has(name=Name(parts=path, local=local)):
                return f"has(x_{local}, {path!r})"
            case Unary(operator="!", operand=operand):
                return f"(not {self._truth(operand)})"
            case Unary(operand=operand):
                return f"negate({self.write(operand)})"
            case Binary(operator="&&" | "||" as operator, left=left, right=right):
                word = "and" if operator == "&&" else "or"
                return f"({self._truth(left)} {word} {self._truth(right)})"
            case Binary():
                return self._binary(tree, self.write(tree.left), self.write(tree.right))
            case Ternary(condition=condition, then=then, otherwise=otherwise):
                return f"({self.write(then)} if {self._truth(condition)} else {self.write(otherwise)})"
            case Items(items=items):
                return f"[{', '.join(map(self.write, items))}]"
            case Call(function="coalesce", arguments=arguments):
                return self._coalesce(arguments)
            case Call(function="matches", arguments=(text, Constant(value=pattern))):
                return f"({self._name(compiled(str(pattern)), 'p')}.search({self.write(text)}) is not None)"
            case Call(function=function, arguments=arguments):
                return f"call_{function}({', '.join(map(self.write, arguments))})"
            case Loop():
                return self._loop(tree)

    def _truth(self, tree: Expression) -> str:
        text = self.write(tree)
        boolean = isinstance(tree, Has | Binary) and (not isinstance(tree, Binary) or tree.operator in _BOOLEAN)
        return text if boolean else f"truth({text})"

    def _binary(self, tree: Binary, left: str, right: str) -> str:
        operator, sort = tree.operator, tree.sort
        if operator == "in":
            return f"contained({left}, {right})"
        if sort == "string" or (sort == "int" and operator in ("==", "!=", "<", "<=", ">", ">=")):
            return f"({left} {operator} {right})"
        if sort == "int" and operator in ("+", "-", "*"):
            return f"int64({left} {operator} {right})"
        match operator:
            case "==":
                return f"equal({left}, {right})"
            case "!=":
                return f"(not equal({left}, {right}))"
            case ">":
                return f"less({right}, {left})"
            case ">=":
                return f"less_equal({right}, {left})"
            case _:
                return f"{_OPERATORS[operator]}({left}, {right})"

    def _coalesce(self, arguments: tuple[Expression, ...]) -> str:
        text = "None"
        for argument in reversed(arguments):
            name = self._fresh("w")
            given = self._argument(argument)
            text = f"({name} if ({name} := {given}) is not M and {name} is not None else {text})"
        return text

    def _argument(self, tree: Expression) -> str:
        if isinstance(tree, Name) and tree.local:
            return f"member(x_{tree.local}, {tree.parts!r})"
        return self.write(tree)

    def _loop(self, tree: Loop) -> str:
        item = f"x_{tree.variable}"
        over = f"items({self.write(tree.over)})"
        body = self.write(tree.body) if tree.kind == "map" else self._truth(tree.body)
        match tree.kind:
            case "map":
                return f"list(map(lambda {item}: {body}, {over}))"
            case "filter":
                return f"list(filter(lambda {item}: {body}, {over}))"
            case "exists":
                return f"any(map(lambda {item}: {body}, {over}))"
            case "all":
                return f"all(map(lambda {item}: {body}, {over}))"
