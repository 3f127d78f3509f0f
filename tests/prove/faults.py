"""Small faults in source code: one comparison, operator, number, condition or statement changed at a time.

Left alone is what no behaviour depends on: docstrings, decorators (``slots=True``), ``strict=`` of zip, the numbers of
limits at the top of a module, of which one more or less is as good, and how many of many things a message names.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import cast

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult,
}  # fmt: skip
SMALL = 9
"""A number at the top of a module above this is a limit."""
FEW = 7
"""More than so many things are too many for one message."""


@dataclass(frozen=True)
class Fault:
    """One place of a source where a fault can be made."""

    number: int
    function: str
    """Qualified name of the outermost function around it; empty at the top of a module or a class."""
    line: int
    what: str


class _Faults(ast.NodeTransformer):
    """Makes the fault number ``target`` and lists all that can be made."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.found: list[Fault] = []
        self._scope: list[str] = []
        self._function = ""

    def _here(self, node: ast.AST, what: str) -> bool:
        number = len(self.found)
        self.found.append(Fault(number, self._function, getattr(node, "lineno", 0), what))
        return number == self.target

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        outer = self._function
        self._function = outer or ".".join([*self._scope, node.name])
        node.body = [cast("ast.stmt", self.visit(each)) for each in node.body]
        self._function = outer
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self._scope.append(node.name)
        node.body = [cast("ast.stmt", self.visit(each)) for each in node.body]
        self._scope.pop()
        return node

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        return node if node.arg == "strict" else self.generic_visit(node)

    def visit_Slice(self, node: ast.Slice) -> ast.AST:
        return node if isinstance(node.upper, ast.Constant) and _is_many(node.upper.value) else self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        return node if _is_limit(node, node.value) else self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        return node if _is_limit(node, node.value) else self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        if isinstance(node.value, ast.Constant):
            return node
        self.generic_visit(node)
        return ast.Pass() if self._here(node, f"{_short(node)}  ->  dropped") else node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        if isinstance(node.left, ast.Call) and ast.unparse(node.left.func) == "len":
            bound = node.comparators[0]
            if isinstance(bound, ast.Constant) and _is_many(bound.value):
                return node
        self.generic_visit(node)
        other = COMPARISONS[type(node.ops[0])]
        if self._here(node, f"{_short(node)}  ->  {other.__name__}"):
            node.ops[0] = other()
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        if self._here(node, f"{_short(node)}  ->  and/or exchanged"):
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.Not) and self._here(node, f"{_short(node)}  ->  not dropped"):
            return node.operand
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        other = ARITHMETIC.get(type(node.op))
        if other is not None and self._here(node, f"{_short(node)}  ->  {other.__name__}"):
            node.op = other()
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, bool):
            if self._here(node, f"{node.value}  ->  {not node.value}"):
                return ast.Constant(not node.value)
        elif isinstance(node.value, int) and self._here(node, f"{node.value}  ->  {node.value + 1}"):
            return ast.Constant(node.value + 1)
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        self.generic_visit(node)
        if self._here(node, f"if {_short(node.test)}  ->  never"):
            node.test = ast.Constant(value=False)
        elif self._here(node, f"if {_short(node.test)}  ->  always"):
            node.test = ast.Constant(value=True)
        return node

    def visit_Continue(self, node: ast.Continue) -> ast.AST:
        return ast.Break() if self._here(node, "continue  ->  break") else node


def every(source: str) -> list[Fault]:
    """All faults that can be made in a source."""
    faults = _Faults(-1)
    faults.visit(ast.parse(source))
    return faults.found


def with_fault(source: str, number: int) -> ast.Module:
    """The source with the fault of this number."""
    tree = ast.parse(source)
    _Faults(number).visit(tree)
    return ast.fix_missing_locations(tree)


def _is_limit(node: ast.stmt, value: ast.expr | None) -> bool:
    if node.col_offset or value is None:
        return False
    numbers = [each.value for each in ast.walk(value) if isinstance(each, ast.Constant)]
    return len(numbers) == 1 and type(numbers[0]) is int and numbers[0] > SMALL


def _is_many(value: object) -> bool:
    return isinstance(value, int) and value > FEW


def _short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 100 else f"{text[:97]}..."
