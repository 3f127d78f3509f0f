"""Write a plan as the Python source of one function, and load it.

The source is made here, of a plan made here: names and constants only ever enter it as Python literals, so nothing
that was fetched is executed. Where ``exec`` is not wanted, ``closures`` runs the same plan without it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from upcasters.compile.python_formula import FormulaWriter
from upcasters.compile.values import BINDINGS, constant_literal, function_of, table_of
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
    Switch,
    Var,
    maybe_absent,
    parts,
    unique,
)

Function = Callable[[Any], Any]

_MILLION_FACTORS: Final = {
    "epoch_s->epoch_ms": 1_000, "epoch_s->epoch_us": 1_000_000, "epoch_ms->epoch_us": 1_000,
}  # fmt: skip


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
    writer = _Writer(plan)
    return writer.text(), writer.names


class _Writer:
    """Writes statements; ``value`` gives an expression for a node, writing what must come before it."""

    def __init__(self, plan: Plan) -> None:
        self._root = plan.root
        self._lines: list[str] = []
        self._depth = 1
        self._count = 0
        self.names: dict[str, Any] = {}
        self._uses = Counter(id(part) for node in unique(plan.root) for part in parts(node))
        self._kept: list[dict[int, str]] = [{}]
        self._bindings: list[str] | None = None
        """What a comprehension binds for each item: a walrus there would make a slow cell variable."""

    def text(self) -> str:
        result = self.value(self._root)
        if maybe_absent(self._root):
            result = f"present({result})"
        self._line(f"return {result}")
        return "def upcast(e):\n" + "\n".join(self._lines) + "\n"

    def _line(self, text: str) -> None:
        self._lines.append("    " * self._depth + text)

    def _fresh(self, prefix: str = "t") -> str:
        self._count += 1
        return f"{prefix}{self._count}"

    def _name(self, value: Any, prefix: str) -> str:
        for name, known in self.names.items():
            if known is value:
                return name
        name = f"{prefix}{len(self.names)}"
        self.names[name] = value
        return name

    @contextmanager
    def _block(self, opening: str) -> Iterator[None]:
        self._line(opening)
        self._depth += 1
        self._kept.append({})
        before = len(self._lines)
        yield
        if len(self._lines) == before:
            self._line("pass")
        self._kept.pop()
        self._depth -= 1

    def _var(self, number: int) -> str:
        return "e" if number == 0 else f"v{number}"

    def value(self, node: Node) -> str:
        """An expression for the node, M if it is absent; statements it needs are written first."""
        for known in self._kept:
            if id(node) in known:
                return known[id(node)]
        if not self._shared(node) and (text := self._expression(node)) is not None:
            return text
        target = self._fresh()
        self._assign(node, target)
        self._kept[-1][id(node)] = target
        return target

    def _shared(self, node: Node) -> bool:
        return self._uses[id(node)] > 1 and isinstance(node, Apply | Formula | Each | Enter | Joined | Build)

    def _part(self, node: Node) -> str | None:
        """An expression for a node inside one, or None where statements are needed."""
        for known in self._kept:
            if id(node) in known:
                return known[id(node)]
        return None if self._shared(node) else self._expression(node)

    # Expressions: None where statements are needed

    def _expression(self, node: Node) -> str | None:  # noqa: C901 - one case per sort of node
        match node:
            case Var(number=number):
                return self._var(number)
            case Get(of=of, name=name, optional=optional):
                record = self._part(of)
                if record is None:
                    return None
                return f"{record}.get({name!r}, M)" if optional else f"{record}[{name!r}]"
            case Const(value=value):
                return constant_literal(value, self._name)
            case Nothing():
                return "M"
            case Build():
                return self._display(node)
            case Apply(to=to):
                argument = self._part(to)
                return None if argument is None else self._applied(node, argument)
            case Joined():
                return self._joined(node)
            case Formula():
                return self._formula(node)
            case Present(nodes=nodes):
                tests = [self._is_present(part) for part in nodes]
                return None if None in tests else f"({' and '.join(map(str, tests))})"
            case If(condition=condition, then=then, otherwise=otherwise):
                with self._conditionally():
                    texts = [self._part(part) for part in (condition, then, otherwise)]
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
        if isinstance(node, Get) and (record := self._part(node.of)) is not None:
            return f"({node.name!r} in {record})"
        text = self._part(node)
        return None if text is None else f"({text} is not M)"

    def _display(self, node: Build) -> str | None:
        style = _style(node)
        if any(maybe_absent(member) for _, member in _written(node, style)) or style == "rest":
            return None
        if style == "copy" and _removed(node):
            return None
        texts = [(name, self._part(member)) for name, member in _written(node, style)]
        if any(text is None for _, text in texts):
            return None
        members = ", ".join(f"{name!r}: {text}" for name, text in texts)
        if style == "literal":
            return f"{{{members}}}"
        record = self._part(node.source) if node.source is not None else None
        return None if record is None else f"{{**{record}, {members}}}"

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
            name = self._fresh("w")
            first = f"({name} := {argument})"
        tests = [f"{first} is M"] if absent else []
        if null:
            tests.append(f"{name if tests else first} is None")
        return f"({name} if {' or '.join(tests)} else {call(name)})"

    def _applied(self, node: Apply, argument: str) -> str:
        absent = maybe_absent(node.to)
        if isinstance(node.function, Map) and (text := self._looked_up(node.function, argument)) is not None:
            return text
        return self._guarded(argument, lambda name: self._call(node, name), absent=absent, null=node.nullable)

    def _looked_up(self, function: Map, argument: str) -> str | None:
        """A table of texts is a dict that knows absence and null too."""
        table = table_of(function)
        if table is None:
            return None
        name = self._name(table, "T")
        match function.otherwise:
            case "error":
                return f"{name}[{argument}]"
            case "keep":
                if argument.isidentifier():
                    return f"{name}.get({argument}, {argument})"
                bound = self._fresh("w")
                return f"{name}.get({bound} := {argument}, {bound})"
            case Otherwise(value=value):
                return f"{name}.get({argument}, {constant_literal(value, self._name)})"

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
                return f"{self._name(function_of(function), 'f')}({argument})"

    def _in_range(self, product: str) -> str:
        name = self._fresh("w")
        first = name
        if self._bindings is None:
            first = f"({name} := {product})"
        else:
            self._bindings.append(f" for {name} in [{product}]")
        return f"({name} if -9223372036854775808 <= {first} < 9223372036854775808 else int64({name}))"

    def _joined(self, node: Joined) -> str | None:
        texts = [self._part(text) for text in node.texts]
        if None in texts:
            return None
        if node.nullable or any(map(maybe_absent, node.texts)):
            return f"joined({node.separator!r}, {', '.join(map(str, texts))})"
        return f"({f' + {node.separator!r} + '.join(map(str, texts))})"

    def _enter(self, node: Enter) -> str | None:
        if node.absent == "empty" or node.null == "error":
            return None
        given = self._part(node.value)
        if given is None:
            return None
        name = self._var(node.var)
        with self._conditionally():
            body = self._part(node.body)
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
        given = self._part(node.value)
        if given is None or node.container == "either" or maybe_absent(node.body):
            return None
        body, bound = self._inner(node)
        if body is None:
            return None
        item = self._var(node.var)
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
        self._kept.append({})
        body = self._part(node.body)
        self._kept.pop()
        bound = "".join(self._bindings or ())
        self._bindings = outer
        return body, bound

    # Statements

    def _assign(self, node: Node, target: str) -> None:  # noqa: C901 - one case per sort of node
        match node:
            case Build():
                self._build(node, target)
            case Get(of=of, name=name, optional=optional):
                record = self.value(of)
                self._line(f"{target} = {record}.get({name!r}, M)" if optional else f"{target} = {record}[{name!r}]")
            case Apply(to=to):
                self._line(f"{target} = {self._applied(node, self.value(to))}")
            case Joined(texts=texts):
                values = ", ".join(self.value(text) for text in texts)
                self._line(f"{target} = joined({node.separator!r}, {values})")
            case Fallback():
                self._fallback(node, target)
            case Formula(inputs=inputs):
                for _, given in inputs:
                    self._keep(given)
                self._line(f"{target} = {self._formula(node)}")
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
                self._line(f"{target} = {self._expression(node)}")

    def _keep(self, node: Node) -> None:
        """Have the node in a variable, unless it is as quickly read again."""
        text = self.value(node)
        if not text.isidentifier():
            if isinstance(node, Get | Var | Const) and self._expression(node) is not None:
                return
            name = self._fresh()
            self._line(f"{name} = {text}")
            text = name
        self._kept[-1][id(node)] = text

    def _build(self, node: Build, target: str) -> None:
        style = _style(node)
        written = _written(node, style)
        certain = [(name, self.value(member)) for name, member in written if not maybe_absent(member)]
        members = ", ".join(f"{name!r}: {text}" for name, text in certain)
        removed = _removed(node)
        if style == "copy" and node.source is not None:
            record = self.value(node.source)
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
            bound = self._fresh("w")
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
        known = self._name(node.known | {name for name, _ in node.members}, "K")
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
        self._line(f"    {target} = {self._expression(node.constant)}")

    def _assign_enter(self, node: Enter, target: str) -> None:
        name = self._var(node.var)
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
        item = self._var(node.var)
        each = self._fresh("each")
        with self._block(f"def {each}({item}):"):
            body = self.value(node.body)
            self._line(f"return present({body})" if maybe_absent(node.body) else f"return {body}")
        function = {"list": "each_item", "map": "each_value", "either": "each_of"}[node.container]
        self._line(f"{target} = {function}({each}, {given})")

    def _switch(self, node: Switch, target: str) -> None:
        name = self._var(node.var)
        self._line(f"{name} = {self.value(node.value)}")
        arm = self._fresh("arm")
        self._line(f"{arm} = arm_of({name})" if node.by is None else f"{arm} = arm_by({name}, {node.by!r})")
        with self._block(f"if {name} is M:"):
            self._line(f"{target} = M")
        for key, body in node.arms:
            with self._block(f"elif {arm} == {key!r}:"):
                self._line(f"{target} = {self.value(body)}")
        with self._block("else:"):
            self._line(f"{target} = {name}" if node.otherwise == "keep" else f"raise ValueError({'no arm'!r})")

    # Expressions of the language

    def _formula(self, node: Formula) -> str | None:
        texts: dict[tuple[str, ...], tuple[str, Node]] = {}
        for path, given in node.inputs:
            text = self._part(given)
            if text is None:
                return None
            texts[path] = (text, given)
        for path in sorted(node.required):
            text, given = texts[path]
            if maybe_absent(given):
                texts[path] = (f"present({text})", given)
        result = FormulaWriter(texts, self._fresh, self._name).write(node.expression)
        return f"truth({result})" if node.boolean else result


def _style(node: Build) -> str:
    """How a record is written: ``literal`` members, a ``copy`` of the source changed, or literal and the ``rest``."""
    if node.source is None:
        return "literal"
    own = sum(_unchanged(name, member, node) for name, member in node.members)
    changed, removed = len(node.members) - own, len(_removed(node))
    optional = sum(maybe_absent(member) for name, member in node.members if _unchanged(name, member, node))
    literal = 22 * len(node.members) + 20 * optional
    if node.open:
        literal += 60 if node.count is not None else 150 + 10 * len(node.known)
    copied = 70 + 6 * len(node.known) + 45 * removed + 25 * changed
    if literal <= copied:
        return "rest" if node.open else "literal"
    return "copy"


def _unchanged(name: str, member: Node, node: Build) -> bool:
    return isinstance(member, Get) and member.name == name and member.of == node.source


def _written(node: Build, style: str) -> list[tuple[str, Node]]:
    """The members that must be written out: in a copy, those that are not as they were."""
    if style != "copy":
        return list(node.members)
    return [(name, member) for name, member in node.members if not _unchanged(name, member, node)]


def _removed(node: Build) -> set[str]:
    """The members of the source that the record does not have."""
    return set(node.known) - {name for name, _ in node.members}
