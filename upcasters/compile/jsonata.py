"""Write one step as a JSONata expression that the implementations of Python, JavaScript, Go, Java and .NET agree on.

Only what behaves alike everywhere is emitted: object constructors from the known shape, names in backticks, ``[...]``
around mapped arrays, guards for null and missing arrays, ``$lookup``, ``&``, arithmetic on small whole numbers and
doubles. Never ``??``, ``?:``, ``~>``, ``$merge`` or ``$sift``. A step that needs more raises NotPortable and says why.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final, NoReturn, TypeAlias

from upcasters.compile.jsonata_pattern import matches
from upcasters.errors import NotPortable
from upcasters.expression import Binary, Call, Constant, Expression, Has, Items, Loop, Name, Ternary, Unary
from upcasters.fuse import SOME_RECORD, PlanTooHeavy, fuse
from upcasters.operations import Convert, Entries, Map, Only, Operation, Otherwise, Scale, Unwrap, Wrap
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
from upcasters.shape import Anything, Array, Integer, Member, OneOf, Record, Shape, Table, native_kind

_Call: TypeAlias = Callable[[str], str]

ABSENT: Final = "`__lineal_absent__`"
"""A name that no event has: what a choice gives where there is nothing."""

SAFE_BITS: Final = 32
"""Whole numbers up to this width are exact in every JSONata; wider ones lose digits in arithmetic."""


def compile_step(ops: tuple[Operation, ...], shape: Shape, *, wide_integers: bool = True) -> str:
    """The step as one JSONata expression. Raises NotPortable.

    ``wide_integers``: whole numbers without a declared width may be beyond 2^53 (they may not in plain JSON data).
    """
    try:
        if fuse([ops], shape).identity:
            return "$"
        if isinstance(shape, Anything) or shape == SOME_RECORD:
            _refuse("the shape of the old version is not known")
        plan = fuse([ops], _closed(shape))
    except PlanTooHeavy as error:
        _refuse(str(error))
    return _Writer(wide_integers=wide_integers).write(plan)


def _closed(shape: Shape) -> Shape:
    """The shape without room for undeclared members: constructors name every member, so those are dropped."""
    match shape:
        case Record(members=members, name=name):
            closed = {key: Member(_closed(member.shape), member.required) for key, member in members.items()}
            return Record(closed, open=False, name=name)
        case Array(items=items):
            return Array(_closed(items))
        case Table(values=values):
            return Table(_closed(values))
        case OneOf(arms=arms):
            return OneOf(tuple(map(_closed, arms)))
        case _:
            return shape


def _refuse(reason: str) -> NoReturn:
    raise NotPortable("JSONata", reason)


class _Writer:
    """Writes nodes; a variable is a path from the context its expression is evaluated in."""

    def __init__(self, *, wide_integers: bool) -> None:
        self._wide = wide_integers
        self._paths: dict[int, str] = {0: "$"}

    def write(self, plan: Plan) -> str:
        if maybe_absent(plan.root):
            _refuse("the event may vanish")
        return self._node(plan.root)

    def _node(self, node: Node) -> str:  # noqa: C901 - one case per sort of node
        match node:
            case Var(number=number):
                return self._path(number)
            case Get(of=of, name=name):
                return _member(self._place(of), name)
            case Const(value=value):
                return constant(value)
            case Nothing():
                return ABSENT
            case Build(open=True, source=source) if source is not None:
                _refuse("a member of a map, or of a value that no schema describes, is written")
            case Build(members=members):
                return "{" + ", ".join(f"{_text(name)}: {self._node(member)}" for name, member in members) + "}"
            case Apply(to=to):
                return self._guarded(self._node(to), to, node.nullable, lambda value: self._applied(node, value))
            case Joined(texts=texts, separator=separator, nullable=nullable):
                if nullable or any(map(maybe_absent, texts)):
                    _refuse("texts that may be absent or null are joined")
                return "(" + f" & {_text(separator)} & ".join(map(self._node, texts)) + ")"
            case Fallback():
                return self._fallback(node)
            case Formula():
                return self._formula(node)
            case Present(nodes=nodes):
                return "(" + " and ".join(f"$exists({self._node(part)})" for part in nodes) + ")"
            case If(condition=condition, then=then, otherwise=otherwise):
                return f"({self._node(condition)} ? {self._node(then)} : {self._node(otherwise)})"
            case Enter():
                return self._enter(node)
            case Each():
                return self._each(node)
            case Switch():
                _refuse("arms of a union are told apart")
            case Checked(checks=checks, then=then):
                return self._checked(checks, then)
            case Raise(reason=reason):
                return f"$error({_text(reason)})"

    def _path(self, number: int) -> str:
        if number not in self._paths:
            _refuse("a value of an outer record is used inside a list")
        return self._paths[number]

    def _place(self, node: Node) -> str:
        if not isinstance(node, Var | Get):
            _refuse("members of a computed record are read")
        return self._node(node)

    def _guarded(self, value: str, node: Node, nullable: bool, call: _Call) -> str:  # noqa: FBT001
        text = call(value)
        if nullable:
            text = f"({value} = null ? null : {text})"
        if maybe_absent(node):
            text = f"($exists({value}) ? {text} : {ABSENT})"
        return text

    def _applied(self, node: Apply, value: str) -> str:
        match node.function:
            case Map():
                return _looked_up(node.function, value)
            case Convert(using=using):
                return self._converted(using, value)
            case Scale():
                return self._scaled(node.function, value, node.sort)
            case Wrap():
                if node.sort in ("list", "any"):
                    _refuse("a list is wrapped in a list")
                return f"[{value}]"
            case Unwrap(take=take):
                item = f"{value}[{-1 if take == 'last' else 0}]"
                if take == "one":
                    return f'($count({value}) = 1 ? {item} : $error("not exactly one item"))'
                return item
            case Piece(separator=separator, count=2, index=index):
                cut = "$substringAfter" if index else "$substringBefore"
                sep = _text(separator)
                return f'($contains({value}, {sep}) ? {cut}({value}, {sep}) : $error("no separator"))'
            case Piece():
                _refuse("a text is split into more than two")
            case Entries():
                _refuse("a map is turned into a list, or back")
            case Only() | Prune():
                _refuse("members are chosen by what an event has")

    def _converted(self, using: str, value: str) -> str:
        if using == "bool->string":
            return f'({value} ? "true" : "false")'
        factors = {"epoch_s->epoch_ms": 1_000, "epoch_s->epoch_us": 1_000_000, "epoch_ms->epoch_us": 1_000}
        if using in factors and not self._wide:
            return f"({value} * {factors[using]})"
        _refuse(f"{using} has no JSONata that is exact everywhere")

    def _scaled(self, function: Scale, value: str, sort: str) -> str:
        if self._wide:
            _refuse("whole numbers of 64 bits are computed with")
        if sort != "int" or function.result not in ("int32", "int64", "integer") or function.places:
            _refuse("a number that is not whole is scaled, which must be exact")
        over, _, under = str(function.by).partition("/")
        if not over.isdigit() or not (under or "1").isdigit():
            _refuse(f"a whole number is multiplied by {function.by}")
        product = f"{value} * {over}" if over != "1" or not under else value
        if not under:
            return f"({product})"
        rounding = {"half_even": "$round", "floor": "$floor", "ceiling": "$ceil"}.get(function.rounding)
        if rounding is None:
            _refuse(f"rounding {function.rounding} differs between implementations")
        return f"{rounding}({product} / {under})"

    def _fallback(self, node: Fallback) -> str:
        value, other = self._node(node.value), self._node(node.constant)
        null = f"({value} = null ? {other} : {value})" if node.when != "absent" else value
        if not maybe_absent(node.value):
            return null
        return f"($exists({value}) ? {null} : {ABSENT if node.when == 'null' else other})"

    def _enter(self, node: Enter) -> str:
        if node.absent == "empty" or node.null == "error":
            _refuse("a record is made where there may be one already")
        if not isinstance(node.value, Var | Get):
            _refuse("members of a computed record are read")
        value = self._node(node.value)
        self._paths[node.var] = value
        body = self._node(node.body)
        if node.nullable and node.null in ("keep", "absent"):
            body = f"({value} = null ? {'null' if node.null == 'keep' else ABSENT} : {body})"
        return f"($exists({value}) ? {body} : {ABSENT})" if maybe_absent(node.value) else body

    def _each(self, node: Each) -> str:
        if node.container != "list":
            _refuse("values of a map are changed")
        if node.nullable_items:
            _refuse("items of a list may be null")
        value = self._node(node.value)
        outer, self._paths = self._paths, {node.var: "$"}
        body = self._node(node.body)
        self._paths = outer
        if not isinstance(node.body, Build) and not _scalar(node.body):
            _refuse("items of a list become lists")
        mapped = f"[{value}.{body if isinstance(node.body, Build) else f'({body})'}]"
        return self._guarded(value, node.value, node.nullable, lambda _: mapped)

    def _checked(self, checks: tuple[Node, ...], then: Node) -> str:
        text = self._node(then)
        for check in reversed(checks):
            if not isinstance(check, If) or not isinstance(check.then, Raise):
                _refuse("a value is checked and thrown away")
            text = f"({self._node(check.condition)} ? {self._node(check.then)} : {text})"
        return text

    # Expressions of the language

    def _formula(self, node: Formula) -> str:
        inputs: dict[tuple[str, ...], str] = {}
        for path, given in node.inputs:
            if path in node.required and maybe_absent(given):
                _refuse(f"{'.'.join(path)} may be absent where it is needed")
            inputs[path] = self._node(given)
        return self._expression(node.expression, inputs)

    def _expression(self, tree: Expression, inputs: dict[tuple[str, ...], str]) -> str:
        match tree:
            case Constant(value=value):
                return constant(value)
            case Name(parts=parts):
                return inputs[parts]
            case Has(name=Name(parts=parts)):
                return f"$exists({inputs[parts]})"
            case Unary(operator="!", operand=operand):
                return f"$not({self._expression(operand, inputs)})"
            case Unary(operand=operand):
                self._arithmetic(tree.sort)
                return f"(-{self._expression(operand, inputs)})"
            case Binary():
                return self._binary(tree, inputs)
            case Ternary(condition=condition, then=then, otherwise=otherwise):
                texts = [self._expression(part, inputs) for part in (condition, then, otherwise)]
                return f"({texts[0]} ? {texts[1]} : {texts[2]})"
            case Items(items=items):
                return f"[{', '.join(self._expression(item, inputs) for item in items)}]"
            case Call():
                return self._call(tree, inputs)
            case Loop():
                _refuse("an expression goes through a list")

    def _arithmetic(self, sort: str) -> None:
        if sort == "decimal" or sort == "any":
            _refuse(f"an expression computes with {sort} values")
        if sort == "int" and self._wide:
            _refuse("whole numbers of 64 bits are computed with")

    def _binary(self, tree: Binary, inputs: dict[tuple[str, ...], str]) -> str:
        left, right = self._expression(tree.left, inputs), self._expression(tree.right, inputs)
        operator, sort = tree.operator, tree.sort
        if operator in ("&&", "||"):
            return f"({left} {'and' if operator == '&&' else 'or'} {right})"
        if operator in ("==", "!="):
            if sort in ("list", "record", "map", "decimal", "timestamp"):
                _refuse(f"{sort} values are compared")
            return f"({left} {'=' if operator == '==' else '!='} {right})"
        if operator == "in" and isinstance(tree.right, Items):
            return f"({left} in {right})"
        if operator in ("<", "<=", ">", ">="):
            if sort not in ("int", "double"):
                _refuse(f"the order of {sort} values differs between implementations")
            return f"({left} {operator} {right})"
        if operator == "+" and sort == "string":
            return f"({left} & {right})"
        self._arithmetic(sort)
        if operator not in ("+", "-", "*"):
            _refuse(f"{operator!r} on zero differs between implementations")
        return f"({left} {operator} {right})"

    def _call(self, tree: Call, inputs: dict[tuple[str, ...], str]) -> str:
        if tree.function == "matches":
            value, pattern = tree.arguments
            assert isinstance(pattern, Constant)  # noqa: S101 - the parser has seen to it
            return matches(self._expression(value, inputs), str(pattern.value))
        arguments = [self._expression(argument, inputs) for argument in tree.arguments]
        match tree.function, tree.sort:
            case "coalesce", _:
                text = "null"
                for argument in reversed(arguments):
                    text = f"(($exists({argument}) and {argument} != null) ? {argument} : {text})"
                return text
            case "size", "string":
                return f"$length({arguments[0]})"
            case "size", "list":
                return f"$count({arguments[0]})"
            case "contains", _:
                return f"$contains({arguments[0]}, {arguments[1]})"
            case "before", _:
                return f"$substringBefore({arguments[0]}, {arguments[1]})"
            case "after", _:
                text, separator = arguments
                return f'($contains({text}, {separator}) ? $substringAfter({text}, {separator}) : "")'
            case "string", "string":
                return arguments[0]
            case "string", "boolean":
                return f'({arguments[0]} ? "true" : "false")'
            case function, _:
                _refuse(f"{function}() differs between implementations")


def _scalar(node: Node) -> bool:
    """Whether a node gives no list, which JSONata would flatten."""
    match node:
        case Apply(function=Map() | Convert() | Scale() | Piece()):
            return True
        case Formula(expression=Binary() | Unary() | Constant() | Call()):
            return True
        case Const(value=list()):
            return False
        case Const():
            return True
        case _:
            return False


_PLAIN: Final = re.compile(r"[^`]+")


def _member(place: str, name: str) -> str:
    if not _PLAIN.fullmatch(name):
        _refuse(f"the name {name!r} cannot be written")
    return f"`{name}`" if place == "$" else f"{place}.`{name}`"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=True)


def constant(value: Any) -> str:
    """A constant as JSONata. Raises NotPortable for what JSON has no literal for."""
    match value:
        case None | bool() | str():
            return json.dumps(value)
        case int():
            if abs(value) > 2**53:
                _refuse(f"the constant {value} is beyond 2^53")
            return str(value)
        case float():
            return json.dumps(value)
        case list():
            if any(isinstance(item, list) for item in value):
                _refuse("a constant is a list of lists")
            return f"[{', '.join(map(constant, value))}]"
        case dict():
            return "{" + ", ".join(f"{_text(name)}: {constant(item)}" for name, item in value.items()) + "}"
        case _:
            _refuse(f"a constant is no JSON value ({type(value).__name__})")


def _looked_up(function: Map, value: str) -> str:
    error = '$error("not in the table")'
    if all(isinstance(old, str) for old, _ in function.pairs):
        table = "{" + ", ".join(f"{_text(str(old))}: {constant(new)}" for old, new in function.pairs) + "}"
        if any(new is None for _, new in function.pairs):
            _refuse("a table gives null")
        found = f"$lookup({table}, {value})"
        other = _otherwise(function, value, error)
        return f"($exists({found}) ? {found} : {other})"
    text = _otherwise(function, value, error)
    for old, new in reversed(function.pairs):
        text = f"({value} = {constant(old)} ? {constant(new)} : {text})"
    return text


def _otherwise(function: Map, value: str, error: str) -> str:
    match function.otherwise:
        case "keep":
            return value
        case Otherwise(value=other):
            return constant(other)
        case _:
            return error


def blocked_in_python(shape: Shape) -> str:
    """Why stock Python clients cannot run any rule on Avro events of a shape; empty if they can.

    Their JSONata refuses an event with any value that is no JSON value, whatever the rule does.
    """
    kind = native_kind(shape)
    return f"the event holds a {kind} value, which JSONata in Python refuses" if kind else ""


def holds_wide_integers(shape: Shape) -> bool:
    """Whether whole numbers of more than 32 declared bits occur."""
    match shape:
        case Integer(bits=bits):
            return bits is not None and abs(bits) > SAFE_BITS
        case Record(members=members):
            return any(holds_wide_integers(member.shape) for member in members.values())
        case Array(items=inner) | Table(values=inner):
            return holds_wide_integers(inner)
        case OneOf(arms=arms):
            return any(map(holds_wide_integers, arms))
        case _:
            return False
