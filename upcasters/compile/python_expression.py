"""Write nodes of a plan as Python expressions, where they can be: without a statement before them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import itemgetter
from typing import Any, Final

from upcasters.compile.python_formula import FormulaWriter
from upcasters.compile.values import constant_literal, function_of, table_of
from upcasters.operations import Convert, Map, Otherwise, Scale, Wrap
from upcasters.plan import (
    Apply,
    Build,
    Const,
    Each,
    Enter,
    Formula,
    Get,
    If,
    Joined,
    Node,
    Nothing,
    Present,
    Var,
    maybe_absent,
    parts,
    unique,
)

_MILLION_FACTORS: Final = {
    "epoch_s->epoch_ms": 1_000, "epoch_s->epoch_us": 1_000_000, "epoch_ms->epoch_us": 1_000,
}  # fmt: skip


class Expressions:
    """Writes the expressions of one function; None where statements are needed."""

    def __init__(self, root: Node) -> None:
        self._count = 0
        self.names: dict[str, Any] = {}
        """What free names stand for."""
        self._uses = Counter(id(part) for node in unique(root) for part in parts(node))
        self.kept: list[dict[int, str]] = [{}]
        """The names of nodes that were computed, innermost block last."""
        self._bindings: list[str] | None = None
        """What a comprehension binds for each item: a walrus there would make a slow cell variable."""

    def fresh(self, prefix: str = "t") -> str:
        """A name not used yet."""
        self._count += 1
        return f"{prefix}{self._count}"

    def name(self, value: Any, prefix: str) -> str:
        """A free name that stands for the value."""
        for name, known in self.names.items():
            if known is value:
                return name
        name = f"{prefix}{len(self.names)}"
        self.names[name] = value
        return name

    def variable(self, number: int) -> str:
        """The name of a variable of the plan."""
        return "e" if number == 0 else f"v{number}"

    def _shared(self, node: Node) -> bool:
        """Whether the node is used more than once and costs something."""
        return self._uses[id(node)] > 1 and isinstance(node, Apply | Formula | Each | Enter | Joined | Build)

    def part(self, node: Node) -> str | None:
        """An expression for a node inside one, or None where statements are needed."""
        for known in self.kept:
            if id(node) in known:
                return known[id(node)]
        return None if self._shared(node) else self.expression(node)

    def expression(self, node: Node) -> str | None:  # noqa: C901 - one case per sort of node
        """The expression of a node; None where statements are needed."""
        match node:
            case Var(number=number):
                return self.variable(number)
            case Get(of=of, name=name, optional=optional):
                record = self.part(of)
                if record is None:
                    return None
                return f"{record}.get({name!r}, M)" if optional else f"{record}[{name!r}]"
            case Const(value=value):
                return constant_literal(value, self.name)
            case Nothing():
                return "M"
            case Build():
                return self._display(node)
            case Apply(to=to):
                argument = self.part(to)
                return None if argument is None else self.applied(node, argument)
            case Joined():
                return self._joined(node)
            case Formula():
                return self.formula(node)
            case Present(nodes=nodes):
                tests = [self._is_present(part) for part in nodes]
                return None if None in tests else f"({' and '.join(map(str, tests))})"
            case If(condition=condition, then=then, otherwise=otherwise):
                with self._conditionally():
                    texts = [self.part(part) for part in (condition, then, otherwise)]
                return None if None in texts else f"({texts[1]} if {texts[0]} else {texts[2]})"
            case Enter():
                return self._enter(node)
            case Each():
                return self._each(node)
            case _:
                return None

    def _is_present(self, node: Node) -> str | None:
        if not maybe_absent(node):
            return "True"
        if isinstance(node, Get) and (record := self.part(node.of)) is not None:
            return f"({node.name!r} in {record})"
        text = self.part(node)
        return None if text is None else f"({text} is not M)"

    def _display(self, node: Build) -> str | None:
        style = style_of(node)
        if any(maybe_absent(member) for _, member in written_members(node, style)) or style == "rest":
            return None
        if style == "copy" and removed_members(node):
            return None
        texts = [(name, self.part(member)) for name, member in written_members(node, style)]
        if any(text is None for _, text in texts):
            return None
        members = ", ".join(f"{name!r}: {text}" for name, text in texts)
        if style == "literal":
            return f"{{{members}}}"
        record = self.part(node.source) if node.source is not None else None
        if record is None:
            return None
        there = self.all_there(node, record)
        return f"({there} and {{**{record}, {members}}})" if there else f"{{**{record}, {members}}}"

    def all_there(self, node: Build, record: str) -> str:
        """A call that fails unless a copied record has the members that go with it unseen; empty if there are none."""
        names = [name for name, member in node.members if _unchanged(name, member, node) and not maybe_absent(member)]
        return f"{self.name(itemgetter(*names, names[0]), 'G')}({record})" if names else ""

    def _guarded(self, argument: str, call: Callable[[str], str], *, absent: bool, null: bool) -> str:
        """The call, past absence and null where they may come."""
        if not (absent or null):
            return call(argument)
        with self._conditionally():
            return self._past(argument, call, absent=absent, null=null)

    @contextmanager
    def _conditionally(self) -> Iterator[None]:
        """Nothing may be computed beforehand that is computed only if a condition holds."""
        outer, self._bindings = self._bindings, None
        yield
        self._bindings = outer

    def _past(self, argument: str, call: Callable[[str], str], *, absent: bool, null: bool) -> str:
        name, first = argument, argument
        if not argument.isidentifier():
            name = self.fresh("w")
            first = f"({name} := {argument})"
        tests = [f"{first} is M"] if absent else []
        if null:
            tests.append(f"{name if tests else first} is None")
        return f"({name} if {' or '.join(tests)} else {call(name)})"

    def applied(self, node: Apply, argument: str) -> str:
        """The function called with what is in ``argument``."""
        absent = maybe_absent(node.to)
        if isinstance(node.function, Map) and (text := self._looked_up(node.function, argument)) is not None:
            return text
        return self._guarded(argument, lambda name: self._call(node, name), absent=absent, null=node.nullable)

    def _looked_up(self, function: Map, argument: str) -> str | None:
        """A table of texts is a dict that knows absence and null too."""
        table = table_of(function)
        if table is None:
            return None
        name = self.name(table, "T")
        match function.otherwise:
            case "error":
                return f"{name}[{argument}]"
            case "keep":
                if argument.isidentifier():
                    return f"{name}.get({argument}, {argument})"
                bound = self.fresh("w")
                return f"{name}.get({bound} := {argument}, {bound})"
            case Otherwise(value=value):
                return f"{name}.get({argument}, {constant_literal(value, self.name)})"

    def _call(self, node: Apply, argument: str) -> str:
        function = node.function
        match function:
            case Wrap():
                return f"[{argument}]"
            case Convert(using=using) if node.sort == "int" and using in _MILLION_FACTORS:
                return self._in_range(f"{argument} * {_MILLION_FACTORS[using]}")
            case Convert(using="int->string") if node.sort == "int":
                return f"str({argument})"
            case Scale(result="int64", places=0) if node.sort == "int" and str(function.by).isdigit():
                return self._in_range(f"{argument} * {int(function.by)}")
            case _:
                return f"{self.name(function_of(function), 'f')}({argument})"

    def _in_range(self, product: str) -> str:
        name = self.fresh("w")
        first = name
        if self._bindings is None:
            first = f"({name} := {product})"
        else:
            self._bindings.append(f" for {name} in [{product}]")
        return f"({name} if -9223372036854775808 <= {first} < 9223372036854775808 else int64({name}))"

    def _joined(self, node: Joined) -> str | None:
        texts = [self.part(text) for text in node.texts]
        if None in texts:
            return None
        if node.nullable or any(map(maybe_absent, node.texts)):
            return f"joined({node.separator!r}, {', '.join(map(str, texts))})"
        return f"({f' + {node.separator!r} + '.join(map(str, texts))})"

    def _enter(self, node: Enter) -> str | None:
        if node.absent == "empty" or node.null == "error":
            return None
        given = self.part(node.value)
        if given is None:
            return None
        name = self.variable(node.var)
        with self._conditionally():
            body = self.part(node.body)
        if body is None:
            return None
        absent = maybe_absent(node.value)
        null = node.nullable and node.null in ("keep", "absent")
        tests = [f"({name} := {given}) is M"] if absent else []
        if null:
            tests.append(f"{name if tests else f'({name} := {given})'} is None")
        if not tests:
            tests = [f"({name} := {given}) is M"]
        left = "M" if node.null == "absent" or not null else name
        return f"({left} if {' or '.join(tests)} else {body})"

    def _each(self, node: Each) -> str | None:
        given = self.part(node.value)
        if given is None or node.container == "either" or maybe_absent(node.body):
            return None
        body, bound = self._inner(node)
        if body is None:
            return None
        item = self.variable(node.var)
        if node.nullable_items:
            body = f"None if {item} is None else {body}"

        def gone_through(items: str) -> str:
            if node.container == "map":
                return f"{{k: {body} for k, {item} in {items}.items(){bound}}}"
            return f"[{body} for {item} in {items}{bound}]"

        absent = maybe_absent(node.value)
        if ":=" in given and not (absent or node.nullable):
            return None
        return self._guarded(given, gone_through, absent=absent, null=node.nullable)

    def _inner(self, node: Each) -> tuple[str | None, str]:
        """The body of a comprehension and what it binds; nothing kept inside may be used outside."""
        outer, self._bindings = self._bindings, None if node.nullable_items else []
        self.kept.append({})
        body = self.part(node.body)
        self.kept.pop()
        bound = "".join(self._bindings or ())
        self._bindings = outer
        return body, bound

    def formula(self, node: Formula) -> str | None:
        """An expression of the language, with its inputs written in."""
        texts: dict[tuple[str, ...], tuple[str, Node]] = {}
        for path, given in node.inputs:
            text = self.part(given)
            if text is None:
                return None
            texts[path] = (text, given)
        for path in sorted(node.required):
            text, given = texts[path]
            if maybe_absent(given):
                texts[path] = (f"present({text})", given)
        result = FormulaWriter(texts, self.fresh, self.name).write(node.expression)
        return f"truth({result})" if node.boolean else result


def style_of(node: Build) -> str:
    """How a record is written: ``literal`` members, a ``copy`` of the source changed, or literal and the ``rest``."""
    if node.source is None:
        return "literal"
    own = sum(_unchanged(name, member, node) for name, member in node.members)
    changed, removed = len(node.members) - own, len(removed_members(node))
    optional = sum(maybe_absent(member) for name, member in node.members if _unchanged(name, member, node))
    literal = 22 * len(node.members) + 20 * optional
    if node.open:
        literal += 60 if node.count is not None else 150 + 10 * len(node.known)
    copied = 70 + 6 * len(node.known) + 45 * removed + 25 * changed + 12 * (own - optional)
    if literal <= copied:
        return "rest" if node.open else "literal"
    return "copy"


def _unchanged(name: str, member: Node, node: Build) -> bool:
    return isinstance(member, Get) and member.name == name and member.of == node.source


def written_members(node: Build, style: str) -> list[tuple[str, Node]]:
    """The members that must be written out: in a copy, those that are not as they were."""
    if style != "copy":
        return list(node.members)
    return [(name, member) for name, member in node.members if not _unchanged(name, member, node)]


def removed_members(node: Build) -> set[str]:
    """The members of the source that the record does not have."""
    return set(node.known) - {name for name, _ in node.members}
