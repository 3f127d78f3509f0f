"""Write a plan as the Python source of one function, and load it.

The source is made here, of a plan made here: names and constants only ever enter it as Python literals, so nothing
that was fetched is executed. Where ``exec`` is not wanted, ``closures`` runs the same plan without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from upcasters.compile.python_expression import Expressions, removed_members, style_of, written_members
from upcasters.compile.values import BINDINGS
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
    Plan,
    Present,
    Raise,
    Switch,
    Var,
    maybe_absent,
)

Function = Callable[[Any], Any]


def compile_plan(plan: Plan) -> Function:
    """The plan as a function. It raises whatever goes wrong, without diagnostics."""
    if plan.identity:
        return _same
    text, names = source(plan)
    namespace: dict[str, Any] = {**BINDINGS, **names}
    exec(compile(text, "<upcaster plan>", "exec"), namespace)  # noqa: S102 - written here, of values only
    function: Function = namespace["upcast"]
    return function


def _same(event: Any) -> Any:
    return event


def source(plan: Plan) -> tuple[str, Mapping[str, Any]]:
    """The source of ``upcast(e)``, and the values its free names stand for."""
    writer = _Writer(plan.root)
    return writer.text(), writer.names


class _Writer:
    """Writes statements; ``value`` gives an expression for a node, writing what must come before it."""

    def __init__(self, root: Node) -> None:
        self._root = root
        self._lines: list[str] = []
        self._depth = 1
        self._inline = Expressions(root)

    @property
    def names(self) -> Mapping[str, Any]:
        """What free names stand for."""
        return self._inline.names

    def text(self) -> str:
        result = self.value(self._root)
        if maybe_absent(self._root):
            result = f"present({result})"
        self._line(f"return {result}")
        return "def upcast(e):\n" + "\n".join(self._lines) + "\n"

    def _line(self, text: str) -> None:
        self._lines.append("    " * self._depth + text)

    @contextmanager
    def _block(self, opening: str) -> Iterator[None]:
        self._line(opening)
        self._depth += 1
        self._inline.kept.append({})
        before = len(self._lines)
        yield
        if len(self._lines) == before:
            self._line("pass")
        self._inline.kept.pop()
        self._depth -= 1

    def value(self, node: Node) -> str:
        """An expression for the node, M if it is absent; statements it needs are written first."""
        if (text := self._inline.part(node)) is not None:
            return text
        target = self._inline.fresh()
        self._assign(node, target)
        self._inline.kept[-1][id(node)] = target
        return target

    def _assign(self, node: Node, target: str) -> None:  # noqa: C901 - one case per sort of node
        match node:
            case Build():
                self._build(node, target)
            case Get(of=of, name=name, optional=optional):
                record = self.value(of)
                self._line(f"{target} = {record}.get({name!r}, M)" if optional else f"{target} = {record}[{name!r}]")
            case Apply(to=to):
                self._line(f"{target} = {self._inline.applied(node, self.value(to))}")
            case Joined(texts=texts):
                values = ", ".join(self.value(text) for text in texts)
                self._line(f"{target} = joined({node.separator!r}, {values})")
            case Fallback():
                self._fallback(node, target)
            case Formula(inputs=inputs):
                for _, given in inputs:
                    self._keep(given)
                self._line(f"{target} = {self._inline.formula(node)}")
            case Present(nodes=nodes):
                tests = [f"{self.value(part)} is not M" for part in nodes if maybe_absent(part)]
                self._line(f"{target} = {' and '.join(tests) or 'True'}")
            case If(condition=condition, then=then, otherwise=otherwise):
                with self._block(f"if {self.value(condition)}:"):
                    self._line(f"{target} = {self.value(then)}")
                with self._block("else:"):
                    self._line(f"{target} = {self.value(otherwise)}")
            case Enter():
                self._assign_enter(node, target)
            case Each():
                self._assign_each(node, target)
            case Switch():
                self._switch(node, target)
            case Checked(checks=checks, then=then):
                for check in checks:
                    self._line(f"_ = {self.value(check)}")
                self._line(f"{target} = {self.value(then)}")
            case Raise(reason=reason):
                self._line(f"raise Refused({reason!r})")
            case _:
                self._line(f"{target} = {self._inline.expression(node)}")

    def _keep(self, node: Node) -> None:
        """Have the node in a variable, unless it is as quickly read again."""
        text = self.value(node)
        if not text.isidentifier():
            if isinstance(node, Get | Var | Const) and self._inline.expression(node) is not None:
                return
            name = self._inline.fresh()
            self._line(f"{name} = {text}")
            text = name
        self._inline.kept[-1][id(node)] = text

    def _build(self, node: Build, target: str) -> None:
        style = style_of(node)
        written = written_members(node, style)
        certain = [(name, self.value(member)) for name, member in written if not maybe_absent(member)]
        members = ", ".join(f"{name!r}: {text}" for name, text in certain)
        removed = removed_members(node)
        if style == "copy" and node.source is not None:
            record = self.value(node.source)
            if there := self._inline.all_there(node, record):
                self._line(there)
            self._line(f"{target} = {{**{record}, {members}}}" if members else f"{target} = {{**{record}}}")
            for name in sorted(removed):
                self._line(f"{target}.pop({name!r}, None)")
        else:
            self._line(f"{target} = {{{members}}}")
        for name, member in written:
            if maybe_absent(member):
                self._optional(name, member, target, stays=style == "copy" and name in node.known)
        if style == "rest" and node.source is not None:
            self._rest(node, self.value(node.source), target)

    def _optional(self, name: str, member: Node, target: str, *, stays: bool) -> None:
        text = self.value(member)
        if not text.isidentifier():
            bound = self._inline.fresh("w")
            test = f"({bound} := {text})"
        else:
            bound = test = text
        self._line(f"if {test} is not M:")
        self._line(f"    {target}[{name!r}] = {bound}")
        if stays:
            self._line("else:")
            self._line(f"    {target}.pop({name!r}, None)")

    def _rest(self, node: Build, record: str, target: str) -> None:
        """Members that no schema declares are carried over."""
        known = self._inline.name(node.known | {name for name, _ in node.members}, "K")
        test = f"len({record}) != {node.count}" if node.count is not None else f"not ({record}.keys() <= {known})"
        self._line(f"if {test}:")
        self._line(f"    for k in {record}:")
        self._line(f"        if k not in {known}:")
        self._line(f"            {target}[k] = {record}[k]")

    def _fallback(self, node: Fallback, target: str) -> None:
        self._line(f"{target} = {self.value(node.value)}")
        tests = {"absent": f"{target} is M", "null": f"{target} is None"}
        test = tests.get(node.when, f"{target} is M or {target} is None")
        self._line(f"if {test}:")
        self._line(f"    {target} = {self._inline.expression(node.constant)}")

    def _assign_enter(self, node: Enter, target: str) -> None:
        name = self._inline.variable(node.var)
        self._line(f"{name} = {self.value(node.value)}")
        if node.absent == "empty":
            self._line(f"if {name} is M:")
            self._line(f"    {name} = {{}}")
        if node.null == "error":
            self._line(f"if {name} is None:")
            self._line("    raise TypeError('null where a record is expected')")
        absent = node.absent == "keep" and maybe_absent(node.value)
        null = node.nullable and node.null in ("keep", "absent")
        tests = [f"{name} is M"] * absent + [f"{name} is None"] * null
        if not tests:
            self._line(f"{target} = {self.value(node.body)}")
            return
        with self._block(f"if {' or '.join(tests)}:"):
            self._line(f"{target} = {'M' if node.null == 'absent' or not null else name}")
        with self._block("else:"):
            self._line(f"{target} = {self.value(node.body)}")

    def _assign_each(self, node: Each, target: str) -> None:
        given = self.value(node.value)
        item = self._inline.variable(node.var)
        each = self._inline.fresh("each")
        with self._block(f"def {each}({item}):"):
            body = self.value(node.body)
            self._line(f"return present({body})" if maybe_absent(node.body) else f"return {body}")
        function = {"list": "each_item", "map": "each_value", "either": "each_of"}[node.container]
        self._line(f"{target} = {function}({each}, {given})")

    def _switch(self, node: Switch, target: str) -> None:
        name = self._inline.variable(node.var)
        self._line(f"{name} = {self.value(node.value)}")
        arm = self._inline.fresh("arm")
        self._line(f"{arm} = arm_of({name})" if node.by is None else f"{arm} = arm_by({name}, {node.by!r})")
        with self._block(f"if {name} is M:"):
            self._line(f"{target} = M")
        for key, body in node.arms:
            with self._block(f"elif {arm} == {key!r}:"):
                self._line(f"{target} = {self.value(body)}")
        with self._block("else:"):
            self._line(f"{target} = {name}" if node.otherwise == "keep" else f"raise ValueError({'no arm'!r})")

    # Expressions of the language
