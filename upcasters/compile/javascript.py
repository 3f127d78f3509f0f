"""Write a plan as an ES module: one function ``upcast(event)``, no dependency, nothing evaluated at run time.

Events are what ``JSON.parse`` gives. Absent is ``undefined``. Whole numbers beyond 2^53 lose digits in ``JSON.parse``
already; what is computed with them here is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, NoReturn

from upcasters import pattern_text
from upcasters.compile.json_events import require_json, text_of
from upcasters.errors import NotPortable
from upcasters.exact import factor
from upcasters.expression import Binary, Call, Constant, Expression, Has, Items, Loop, Name, Ternary, Unary
from upcasters.operations import Convert, Entries, Map, Only, Otherwise, Scale, Unwrap, Wrap
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

_INHERITED: Final = frozenset({
    "constructor", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString", "toString", "valueOf",
    "__proto__", "__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__",
})  # fmt: skip
"""Names that every JavaScript object seems to have: these are asked for with care."""

_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z", re.ASCII)


@lru_cache(maxsize=1)
def runtime() -> str:
    """The functions that generated modules call."""
    return (files("upcasters.compile") / "runtime.js").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def codecs() -> frozenset[str]:
    """The codecs that the runtime has."""
    table = runtime().split("const codecs = {", 1)[1]
    return frozenset(re.findall(r'"([a-z0-9_]+->[a-z0-9_]+)":', table))


def source(plan: Plan) -> str:
    """The module. Raises NotPortable where it would compute with values that JSON does not have."""
    require_json(plan, "JavaScript")
    writer = _Writer()
    body = writer.write(plan.root)
    tables = "".join(f"{line}\n" for line in writer.constants)
    return f"{runtime()}\n{tables}export function upcast(e) {{\n{body}}}\n"


def _refuse(reason: str) -> NoReturn:
    raise NotPortable("JavaScript", reason)


class _Writer:
    """Writes statements; ``value`` gives an expression for a node, ``undefined`` standing for absence."""

    def __init__(self) -> None:
        self.constants: list[str] = []
        self._lines: list[str] = []
        self._depth = 1
        self._count = 0
        self._kept: list[dict[int, str]] = [{}]

    def write(self, root: Node) -> str:
        result = self.value(root)
        self._line(f"return {f'present({result})' if maybe_absent(root) else result};")
        return "\n".join(self._lines) + "\n"

    def _line(self, text: str) -> None:
        self._lines.append("  " * self._depth + text)

    def _fresh(self) -> str:
        self._count += 1
        return f"t{self._count}"

    def _constant(self, text: str) -> str:
        for line in self.constants:
            if line.endswith(f" = {text};"):
                return line.split()[1]
        name = f"K{len(self.constants)}"
        self.constants.append(f"const {name} = {text};")
        return name

    @contextmanager
    def _block(self, opening: str, closing: str = "}") -> Iterator[None]:
        self._line(opening)
        self._depth += 1
        self._kept.append({})
        yield
        self._kept.pop()
        self._depth -= 1
        self._line(closing)

    def _let(self, text: str) -> str:
        name = self._fresh()
        self._line(f"const {name} = {text};")
        return name

    def _bound(self, node: Node) -> str:
        """A name for the node's value."""
        text = self.value(node)
        return (
            text if _IDENTIFIER.match(text) and text not in ("undefined", "null", "true", "false") else self._let(text)
        )

    def value(self, node: Node) -> str:
        """An expression for the node; statements it needs are written first."""
        for known in self._kept:
            if id(node) in known:
                return known[id(node)]
        text = self._write(node)
        if not isinstance(node, Var | Get | Const | Nothing | Raise):
            if not _IDENTIFIER.match(text):
                simple = isinstance(node, Apply | Formula | Joined | Each | Present)
                text = text if simple and not self._shared(node) else self._let(text)
            self._kept[-1][id(node)] = text
        return text

    def _shared(self, node: Node) -> bool:
        """Large expressions get a name, so that using them again costs nothing."""
        return not isinstance(node, Apply | Each)

    def _var(self, number: int) -> str:
        return "e" if number == 0 else f"v{number}"

    def _write(self, node: Node) -> str:  # noqa: C901 - one case per sort of node
        match node:
            case Var(number=number):
                return self._var(number)
            case Get(optional=optional):
                return self._place(node) if optional else f"present({self._place(node)})"
            case Const(value=value):
                return literal(value)
            case Nothing():
                return "undefined"
            case Build():
                return self._build(node)
            case Apply(to=to):
                return self._applied(node, to)
            case Joined(texts=texts, separator=separator):
                return f"joined({_text(separator)}, {', '.join(map(self.value, texts))})"
            case Fallback():
                return self._fallback(node)
            case Formula():
                return self._formula(node)
            case Present(nodes=nodes):
                return " && ".join(f"{self.value(part)} !== undefined" for part in nodes) or "true"
            case If():
                return self._if(node)
            case Enter():
                return self._enter(node)
            case Each():
                return self._each(node)
            case Switch():
                return self._switch(node)
            case Checked(checks=checks, then=then):
                for check in checks:
                    self._line(f"void {self.value(check)};")
                return self.value(then)
            case Raise(reason=reason):
                self._line(f"fail({_text(reason)});")
                return "undefined"

    def _place(self, node: Node) -> str:
        """What is read where absence shows by itself: a member of it is asked for, or whether it is a record."""
        return self._get(self._place(node.of), node.name) if isinstance(node, Get) else self.value(node)

    def _get(self, of: str, name: str) -> str:
        if name in _INHERITED:
            return f"own({of}, {_text(name)})"
        return f"{of}.{name}" if _IDENTIFIER.match(name) else f"{of}[{_text(name)}]"

    def _build(self, node: Build) -> str:
        certain = [(name, self.value(member)) for name, member in node.members if not maybe_absent(member)]
        optional = [(name, self.value(member)) for name, member in node.members if maybe_absent(member)]
        members = ", ".join(f"{_key(name)}: {text}" for name, text in certain)
        carried = node.open and node.source is not None
        display = f"{{ {members} }}" if members else "{}"
        if not optional and not carried:
            return display
        target = self._let(display)
        for name, text in optional:
            bound = text if _IDENTIFIER.match(text) else self._let(text)
            assigned = (
                f"put({target}, {_text(name)}, {bound})"
                if name in _INHERITED
                else f"{self._get(target, name)} = {bound}"
            )
            self._line(f"if ({bound} !== undefined) {assigned};")
        if carried and node.source is not None:
            known = sorted(node.known | {name for name, _ in node.members})
            names = self._constant(f"new Set({json.dumps(known)})")
            self._line(f"rest({target}, record({self._place(node.source)}), {names});")
        return target

    def _applied(self, node: Apply, to: Node) -> str:
        absent = maybe_absent(to)
        if not absent and not node.nullable:
            return self._call(node, self.value(to))
        argument = self._bound(to)
        tests = [f"{argument} === undefined"] * absent + [f"{argument} === null"] * node.nullable
        return f"({' || '.join(tests)} ? {argument} : {self._call(node, argument)})"

    def _call(self, node: Apply, argument: str) -> str:
        function = node.function
        match function:
            case Map():
                return self._looked_up(function, argument)
            case Convert(using=using):
                if using not in codecs():
                    _refuse("double->decimal: JSON.parse makes 7 and 7.0 one number, and their decimals are two")
                return f"codecs[{_text(using)}]({argument})"
            case Scale():
                return self._scaled(function, argument, node.sort)
            case Wrap():
                return f"[{argument}]"
            case Unwrap(take=take):
                return f"unwrap({argument}, {_text(take)})"
            case Entries(to=to, key=key, value=value):
                called = "entriesToList" if to == "list" else "entriesToMap"
                return f"{called}({argument}, {_text(key)}, {_text(value)})"
            case Only(members=members):
                names = ", ".join(map(_text, members))
                return f"Object.fromEntries(Object.entries(record({argument})).filter(([k]) => [{names}].includes(k)))"
            case Piece(separator=separator, count=count, index=index):
                return f"piece({argument}, {_text(separator)}, {count}, {index})"
            case Prune():
                return f"prune({argument})"

    def _looked_up(self, function: Map, argument: str) -> str:
        pairs = ", ".join(f"[{literal(old)}, {literal(new)}]" for old, new in function.pairs)
        table = self._constant(f"new Map([{pairs}])")
        match function.otherwise:
            case "keep":
                otherwise = "(v) => v"
            case Otherwise(value=value):
                otherwise = f"() => {literal(value)}"
            case _:
                otherwise = "unlisted"
        return f"lookup({table}, {argument}, {otherwise})"

    def _scaled(self, function: Scale, argument: str, sort: str) -> str:
        result = "string" if function.result == "decimal" else function.result
        by = factor(function.by)
        if sort == "int" and by.denominator == 1 and function.result in ("int64", "integer") and not function.places:
            return f"int({argument} * {by.numerator})"
        return (
            f"scale({argument}, {by.numerator}n, {by.denominator}n, {_text(function.rounding)}, "
            f"{_text(result)}, {function.places})"
        )

    def _fallback(self, node: Fallback) -> str:
        value = self._bound(node.value)
        tests = {"absent": [f"{value} === undefined"], "null": [f"{value} === null"]}
        test = " || ".join(tests.get(node.when, [*tests["absent"], *tests["null"]]))
        return f"({test} ? {self.value(node.constant)} : {value})"

    def _if(self, node: If) -> str:
        target = self._fresh()
        condition = self.value(node.condition)
        self._line(f"let {target};")
        with self._block(f"if ({condition}) {{"):
            self._line(f"{target} = {self.value(node.then)};")
        with self._block("else {"):
            self._line(f"{target} = {self.value(node.otherwise)};")
        return target

    def _enter(self, node: Enter) -> str:
        name, given = self._var(node.var), self.value(node.value)
        target = self._fresh()
        self._line(f"let {target};")
        with self._block("{"):
            self._line(f"let {name} = {given};")
            if node.absent == "empty":
                self._line(f"if ({name} === undefined) {name} = {{}};")
            if node.null == "error":
                self._line(f'if ({name} === null) fail("null where a record is expected");')
            absent = node.absent == "keep" and maybe_absent(node.value)
            null = node.nullable and node.null in ("keep", "absent")
            tests = [f"{name} === undefined"] * absent + [f"{name} === null"] * null
            if tests:
                left = "undefined" if node.null == "absent" or not null else name
                with self._block(f"if ({' || '.join(tests)}) {target} = {left}; else {{"):
                    self._line(f"{target} = {self._entered(node, name)};")
            else:
                self._line(f"{target} = {self._entered(node, name)};")
        return target

    def _entered(self, node: Enter, name: str) -> str:
        if _reads(node.body, Var(node.var)):
            self._line(f"record({name});")
        return self.value(node.body)

    def _each(self, node: Each) -> str:
        given = self.value(node.value)
        function = self._fresh()
        with self._block(f"const {function} = ({self._var(node.var)}) => {{", "};"):
            if isinstance(node.body, Build):
                self._line(f"record({self._var(node.var)});")
            self._line(f"return {self.value(node.body)};")
        certain = not (maybe_absent(node.value) or node.nullable or node.nullable_items or maybe_absent(node.body))
        if node.container == "list" and certain:
            return f"list({given}).map({function})"
        called = {"list": "eachItem", "map": "eachValue", "either": "each"}[node.container]
        return f"{called}({function}, {given})"

    def _switch(self, node: Switch) -> str:
        name, target, arm = self._var(node.var), self._fresh(), self._fresh()
        given = self.value(node.value)
        self._line(f"let {target};")
        with self._block("{"):
            self._line(f"const {name} = {given};")
            tested = f"arm({name})" if node.by is None else f"own(record({name}), {_text(node.by)})"
            self._line(f"const {arm} = {name} === undefined ? undefined : {tested};")
            self._line(f"if ({name} === undefined) {target} = undefined;")
            for key, body in node.arms:
                with self._block(f"else if ({arm} === {_text(key)}) {{"):
                    self._line(f"{target} = {self.value(body)};")
            self._line(f"else {target} = {name};" if node.otherwise == "keep" else 'else fail("no arm for the value");')
        return target

    # Expressions of the language

    def _formula(self, node: Formula) -> str:
        inputs: dict[tuple[str, ...], str] = {}
        for path, given in node.inputs:
            text = self.value(given)
            inputs[path] = f"present({text})" if path in node.required and maybe_absent(given) else text
        text = _expression(node.expression, inputs)
        return f"truth({text})" if node.boolean else text


def _expression(tree: Expression, inputs: dict[tuple[str, ...], str]) -> str:  # noqa: C901 - one case per sort
    def write(part: Expression) -> str:
        return _expression(part, inputs)

    match tree:
        case Constant(value=value):
            return literal(value)
        case Name(parts=parts, local=""):
            return inputs[parts]
        case Name(parts=parts, local=local):
            return f"present(member(x_{local}, {json.dumps(parts)}))" if parts else f"x_{local}"
        case Has(name=Name(parts=parts, local="")):
            return f"({inputs[parts]} !== undefined)"
        case Has(name=Name(parts=parts, local=local)):
            return f"(member(x_{local}, {json.dumps(parts)}) !== undefined)"
        case Unary(operator="!", operand=operand):
            return f"(!truth({write(operand)}))"
        case Unary(operand=operand):
            return f"minus(0, {write(operand)})"
        case Binary():
            return _binary(tree, write(tree.left), write(tree.right))
        case Ternary(condition=condition, then=then, otherwise=otherwise):
            return f"(truth({write(condition)}) ? {write(then)} : {write(otherwise)})"
        case Items(items=items):
            return f"[{', '.join(map(write, items))}]"
        case Call(function="coalesce", arguments=arguments):
            given = [
                f"member(x_{part.local}, {json.dumps(part.parts)})"
                if isinstance(part, Name) and part.local
                else write(part)
                for part in arguments
            ]
            return f"({' ?? '.join(given)} ?? null)"
        case Call(function="decimal"):
            _refuse("decimals are computed with, which JavaScript does not have")
        case Call(function="matches", arguments=(value, Constant(value=pattern))):
            return f"/{pattern_text.write(str(pattern), pattern_text.JAVASCRIPT)}/u.test(text({write(value)}))"
        case Call(function=function, arguments=arguments):
            return f"call.{function}({', '.join(map(write, arguments))})"
        case Loop(kind=kind, over=over, variable=variable, body=body):
            method = {"map": "map", "filter": "filter", "exists": "some", "all": "every"}[kind]
            inner = write(body) if kind == "map" else f"truth({write(body)})"
            return f"list({write(over)}).{method}((x_{variable}) => {inner})"


def _reads(node: Node, record: Var) -> bool:
    """Whether a node begins with a member of a record: then it must be one."""
    match node:
        case Build(source=source):
            return source == record
        case Get(of=of):
            return of == record or _reads(of, record)
        case Enter(value=value):
            return _reads(value, record)
        case _:
            return False


_FUNCTIONS: Final = {"+": "plus", "-": "minus", "*": "times", "/": "divide", "%": "remainder", "in": "contained"}


def _binary(tree: Binary, left: str, right: str) -> str:
    operator, sort = tree.operator, tree.sort
    if sort == "decimal":
        _refuse("decimals are computed with, which JavaScript does not have")
    if operator in ("&&", "||"):
        return f"(truth({left}) {operator} truth({right}))"
    if sort == "int" and operator in ("+", "-", "*"):
        return f"int({left} {operator} {right})"
    if sort == "string" and operator == "+":
        return f"({left} + {right})"
    if operator in ("==", "!="):
        if sort in ("int", "double", "string", "boolean"):
            return f"({left} {operator}= {right})"
        return f"{'!' if operator == '!=' else ''}equal({left}, {right})"
    if operator in ("<", "<=", ">", ">="):
        if sort in ("int", "double"):
            return f"({left} {operator} {right})"
        return f"(compare({left}, {right}) {operator} 0)"
    return f"{_FUNCTIONS[operator]}({left}, {right})"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=True)


def _key(name: str) -> str:
    """A key of an object display: in brackets where it would set the prototype."""
    return f"[{_text(name)}]" if name == "__proto__" else _text(name)


def literal(value: Any) -> str:
    """A JSON constant as JavaScript that makes it anew. Raises NotPortable."""
    match value:
        case None | bool() | str() | float():
            return json.dumps(value)
        case int():
            if abs(value) > 2**53:
                _refuse(f"the constant {value} is beyond 2^53")
            return str(value)
        case list():
            return f"[{', '.join(map(literal, value))}]"
        case dict():
            return "{" + ", ".join(f"{_key(name)}: {literal(item)}" for name, item in value.items()) + "}"
        case _:
            return json.dumps(text_of(value))
