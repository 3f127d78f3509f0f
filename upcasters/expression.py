"""The expressions of ``set``, ``when``, ``fail`` and ``drop_event``: a small subset of CEL, as a tree.

Total by construction: no recursion, no I/O, no clock, patterns in linear time only, loops over the items of one array
only and at most two of them nested. Integers are 64 bits wide and never overflow silently; ``&&`` and ``||``
go from left to right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, NoReturn, TypeAlias, Union

from upcasters import pattern
from upcasters.errors import InvalidExpression

LONGEST: Final = 2_000
"""Characters of one expression."""

DEEPEST: Final = 40
"""Nesting of one expression."""

LOOPS: Final = 2
"""Loops within loops."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, text, ``true``, ``false`` or ``null``."""

    value: str | int | float | bool | None
    position: int = 0


@dataclass(frozen=True, slots=True)
class Name:
    """A member of the scope by its path; ``this`` is the empty path. ``local`` is the variable of a loop, if of one."""

    parts: tuple[str, ...]
    local: str = ""
    position: int = 0


@dataclass(frozen=True, slots=True)
class Has:
    """Whether the named member is there."""

    name: Name
    position: int = 0


@dataclass(frozen=True, slots=True)
class Unary:
    """``!`` and ``-``."""

    operator: Literal["!", "-"]
    operand: Expression
    sort: str = ""
    """What is computed with: ``int double decimal string boolean any``; set once the types are known."""
    position: int = 0


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands and what stands between them."""

    operator: str
    left: Expression
    right: Expression
    sort: str = ""
    position: int = 0


@dataclass(frozen=True, slots=True)
class Ternary:
    """``condition ? then : otherwise``."""

    condition: Expression
    then: Expression
    otherwise: Expression
    position: int = 0


@dataclass(frozen=True, slots=True)
class Items:
    """A list written out."""

    items: tuple[Expression, ...]
    position: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the closed list below."""

    function: str
    arguments: tuple[Expression, ...]
    sort: str = ""
    position: int = 0


@dataclass(frozen=True, slots=True)
class Loop:
    """``list.map(x, ...)``, ``filter``, ``exists`` or ``all``."""

    kind: Literal["map", "filter", "exists", "all"]
    over: Expression
    variable: str
    body: Expression
    position: int = 0


Expression: TypeAlias = Union[Constant, Name, Has, Unary, Binary, Ternary, Items, Call, Loop]  # noqa: UP007

FUNCTIONS: Final[dict[str, tuple[int, int]]] = {
    "size": (1, 1), "lower": (1, 1), "upper": (1, 1), "trim": (1, 1), "substring": (2, 3), "before": (2, 2),
    "after": (2, 2), "contains": (2, 2), "startsWith": (2, 2), "endsWith": (2, 2), "matches": (2, 2),
    "coalesce": (2, 8),
    "int": (1, 1), "double": (1, 1), "decimal": (1, 1), "string": (1, 1),
}  # fmt: skip
"""The functions, each with the least and the most arguments; ``x.f(y)`` is ``f(x, y)``."""

LOOP_KINDS: Final = ("map", "filter", "exists", "all")

_TOKEN: Final = re.compile(
    r"""[ \t\r\n]*(?:
      (?P<number>[0-9]+\.[0-9]+(?:[eE][-+]?[0-9]{1,3})?|[0-9]+[eE][-+]?[0-9]{1,3}|[0-9]+)
    | (?P<raw>r"[^"\n]*"|r'[^'\n]*')
    | (?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    | (?P<quoted>`[^`\n]+`)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:(),.\[\]])
    | (?P<end>\Z)
    )""",
    re.VERBOSE | re.ASCII,
)

_PRECEDENCE: Final = {
    "||": 1, "&&": 2, "==": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3, "in": 3,
    "+": 4, "-": 4, "*": 5, "/": 5, "%": 5,
}  # fmt: skip

_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"'}
_WORDS: Final = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


def parse(text: str) -> Expression:
    """The tree of an expression. Raises InvalidExpression."""
    if len(text) > LONGEST:
        raise InvalidExpression(f"longer than {LONGEST} characters", remedy="compute it in steps")
    parser = _Parser(_tokens(text))
    tree = parser.ternary(0)
    if parser.next.kind != "end":
        parser.refuse("an operator or the end is expected")
    return tree


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while not tokens or tokens[-1].kind != "end":
        match = _TOKEN.match(text, position)
        if match is None:
            start = len(text) - len(text[position:].lstrip())
            number = "write the field's name: numbers stand in pointers only" if text[start] == "#" else ""
            raise InvalidExpression(f"{text[start]!r} means nothing here", start, remedy=number)
        kind = str(match.lastgroup)
        tokens.append(_Token(kind, match[kind], match.start(kind)))
        position = match.end()
    return tokens


class _Parser:
    """Precedence climbing over tokens; the nesting is bounded."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._locals: tuple[str, ...] = ()

    @property
    def next(self) -> _Token:
        return self._tokens[self._at]

    def refuse(self, message: str, remedy: str = "") -> NoReturn:
        found = f", found {self.next.text!r}" if self.next.text else ", found the end"
        raise InvalidExpression(message + found, self.next.position, remedy=remedy)

    def _take(self) -> _Token:
        token = self.next
        self._at += 1
        return token

    def _accept(self, sign: str) -> bool:
        if self.next.kind == "sign" and self.next.text == sign:
            self._at += 1
            return True
        return False

    def _require(self, sign: str) -> None:
        if not self._accept(sign):
            self.refuse(f"{sign!r} is expected")

    def ternary(self, depth: int) -> Expression:
        if depth > DEEPEST:
            raise InvalidExpression(f"nested deeper than {DEEPEST}", self.next.position, remedy="compute it in steps")
        position = self.next.position
        condition = self._binary(1, depth + 1)
        if not self._accept("?"):
            return condition
        then = self.ternary(depth + 1)
        self._require(":")
        return Ternary(condition, then, self.ternary(depth + 1), position)

    def _binary(self, least: int, depth: int) -> Expression:
        left = self._unary(depth)
        count = 0
        while (precedence := _PRECEDENCE.get(self.next.text, 0)) >= least and self.next.kind in ("sign", "name"):
            operator = self._take()
            count += 1
            if depth + count > 2 * DEEPEST:
                raise InvalidExpression(f"more than {DEEPEST} operators in a row", operator.position)
            left = Binary(operator.text, left, self._binary(precedence + 1, depth + 1), "", operator.position)
        return left

    def _unary(self, depth: int) -> Expression:
        if depth > 2 * DEEPEST:
            raise InvalidExpression(f"nested deeper than {DEEPEST}", self.next.position, remedy="compute it in steps")
        token = self.next
        if self._accept("!"):
            return Unary("!", self._unary(depth + 1), "", token.position)
        if self._accept("-"):
            operand = self._unary(depth + 1)
            if isinstance(operand, Constant) and type(operand.value) in (int, float):
                return Constant(-operand.value, token.position)  # type: ignore[operator]
            return Unary("-", operand, "", token.position)
        return self._postfix(self._primary(depth), depth)

    def _primary(self, depth: int) -> Expression:
        token = self._take()
        match token.kind:
            case "number":
                return Constant(_number(token), token.position)
            case "text":
                return Constant(_text(token), token.position)
            case "raw":
                return Constant(token.text[2:-1], token.position)
            case "quoted":
                return self._path((token.text[1:-1],), token)
            case "name":
                return self._named(token, depth)
            case "sign" if token.text == "(":
                inner = self.ternary(depth + 1)
                self._require(")")
                return inner
            case "sign" if token.text == "[":
                return Items(self._arguments("]", depth), token.position)
            case _:
                self._at -= 1
                return self.refuse("a value is expected")

    def _named(self, token: _Token, depth: int) -> Expression:
        if token.text in _WORDS:
            return Constant(_WORDS[token.text], token.position)
        if self.next.kind == "sign" and self.next.text == "(":
            self._take()
            if token.text == "has":
                return self._has(token)
            return self._call(token, self._arguments(")", depth))
        if token.text == "this":
            return self._path((), token)
        return self._path((token.text,), token)

    def _has(self, token: _Token) -> Expression:
        start = self._take()
        if start.kind not in ("name", "quoted") or start.text in _WORDS:
            self._at -= 1
            self.refuse("has() asks for a member by name")
        name = self._path(() if start.text == "this" else (start.text.strip("`"),), start)
        self._require(")")
        if not isinstance(name, Name) or not name.parts:
            raise InvalidExpression("has() asks for a member by name", start.position)
        return Has(name, token.position)

    def _path(self, parts: tuple[str, ...], token: _Token) -> Expression:
        local = parts[0] if token.kind == "name" and parts and parts[0] in self._locals else ""
        parts = parts[1:] if local else parts
        while self.next.text == "." and self.next.kind == "sign":
            member, after = self._tokens[self._at + 1], self._tokens[self._at + 2 : self._at + 3]
            called = bool(after) and after[0].kind == "sign" and after[0].text == "("
            if member.kind not in ("name", "quoted") or (called and member.kind == "name"):
                break
            self._at += 2
            parts += (member.text.strip("`"),)
        return Name(parts, local, token.position)

    def _postfix(self, value: Expression, depth: int) -> Expression:
        count = 0
        while self._accept("."):
            method = self._take()
            count += 1
            if method.kind != "name" or count > DEEPEST:
                self._at -= 1
                self.refuse("the name of a function is expected", "only members of the event have members")
            self._require("(")
            if method.text in LOOP_KINDS:
                value = self._loop(method, value, depth)
            else:
                value = self._call(method, (value, *self._arguments(")", depth)))
        return value

    def _loop(self, method: _Token, over: Expression, depth: int) -> Expression:
        variable = self._take()
        if variable.kind != "name" or variable.text in (*_WORDS, "this", *self._locals):
            self._at -= 1
            self.refuse("a new name for the items is expected")
        if len(self._locals) >= LOOPS:
            raise InvalidExpression(f"more than {LOOPS} loops within each other", method.position)
        self._require(",")
        outer, self._locals = self._locals, (*self._locals, variable.text)
        body = self.ternary(depth + 1)
        self._locals = outer
        self._require(")")
        return Loop(method.text, over, variable.text, body, method.position)  # type: ignore[arg-type]

    def _arguments(self, closing: str, depth: int) -> tuple[Expression, ...]:
        if self._accept(closing):
            return ()
        arguments = [self.ternary(depth + 1)]
        while self._accept(","):
            arguments.append(self.ternary(depth + 1))
        self._require(closing)
        return tuple(arguments)

    def _call(self, token: _Token, arguments: tuple[Expression, ...]) -> Expression:
        if token.text not in FUNCTIONS:
            raise InvalidExpression(
                f"there is no function {token.text!r}", token.position, remedy=f"use one of {', '.join(FUNCTIONS)}"
            )
        least, most = FUNCTIONS[token.text]
        if not least <= len(arguments) <= most:
            wanted = str(least) if least == most else f"{least} to {most}"
            raise InvalidExpression(f"{token.text} takes {wanted} arguments, not {len(arguments)}", token.position)
        if token.text == "matches":
            _require_pattern(arguments[1])
        return Call(token.text, arguments, "", token.position)


def _require_pattern(argument: Expression) -> None:
    """A pattern is written out, so that it is checked once and for all. Raises InvalidExpression."""
    if not isinstance(argument, Constant) or not isinstance(argument.value, str):
        raise InvalidExpression(
            "a pattern is computed", argument.position, remedy="write it out: x.matches(r'^[0-9]+$')"
        )
    try:
        pattern.parse(argument.value)
    except pattern.InvalidPattern as error:
        where = f", character {error.position + 1} of the pattern" if error.position else ""
        raise InvalidExpression(
            f"the pattern {argument.value!r}: {error.reason}{where}", argument.position, remedy=error.remedy
        ) from error


def _number(token: _Token) -> int | float:
    if token.text.isdigit():
        value = int(token.text)
        if value >= 2**63:
            raise InvalidExpression(f"{token.text} does not fit 64 bits", token.position)
        return value
    return float(token.text)


def _text(token: _Token) -> str:
    def escape(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] == "u":
            return chr(int(code[1:], 16))
        if code not in _ESCAPES:
            raise InvalidExpression(f"'\\{code}' is no escape", token.position, remedy=r"use \n \t \r \\ \' \" \uXXXX")
        return _ESCAPES[code]

    return re.sub(r"\\(u(?!d[89a-f])[0-9a-fA-F]{4}|.)", escape, token.text[1:-1], flags=re.IGNORECASE)


def parts(tree: Expression) -> tuple[Expression, ...]:
    """The expressions directly inside one."""
    match tree:
        case Constant() | Name():
            return ()
        case Has(name=name):
            return (name,)
        case Unary(operand=operand):
            return (operand,)
        case Binary(left=left, right=right):
            return (left, right)
        case Ternary(condition=condition, then=then, otherwise=otherwise):
            return (condition, then, otherwise)
        case Items(items=items):
            return items
        case Call(arguments=arguments):
            return arguments
        case Loop(over=over, body=body):
            return (over, body)


def walk(tree: Expression) -> Iterator[Expression]:
    """Every expression inside one, itself included."""
    yield tree
    for part in parts(tree):
        yield from walk(part)


@dataclass(frozen=True, slots=True)
class Needs:
    """The members of the scope an expression names: those that must be there, and those it guards itself."""

    required: tuple[tuple[str, ...], ...]
    guarded: tuple[tuple[str, ...], ...]


def needs(tree: Expression) -> Needs:
    """What must be present before the expression is evaluated.

    A name is guarded where ``has(name)`` holds: right of ``&&``, in the first branch of ``? :``, or as an argument of
    ``coalesce``.
    """
    required: dict[tuple[str, ...], None] = {}
    guarded: dict[tuple[str, ...], None] = {}
    _collect(tree, frozenset(), required, guarded)
    return Needs(tuple(required), tuple(name for name in guarded if name not in required))


_Names: TypeAlias = dict[tuple[str, ...], None]


def _collect(tree: Expression, known: frozenset[tuple[str, ...]], required: _Names, guarded: _Names) -> None:
    match tree:
        case Name(local=""):
            (guarded if tree.parts in known else required)[tree.parts] = None
        case Has(name=Name(local="") as name):
            guarded[name.parts] = None
        case Binary(operator="&&", left=left, right=right):
            _collect(left, known, required, guarded)
            _collect(right, known | _proven(left), required, guarded)
        case Ternary(condition=condition, then=then, otherwise=otherwise):
            _collect(condition, known, required, guarded)
            _collect(then, known | _proven(condition), required, guarded)
            _collect(otherwise, known, required, guarded)
        case Call(function="coalesce", arguments=arguments):
            for argument in arguments:
                more = {argument.parts} if isinstance(argument, Name) and not argument.local else set()
                _collect(argument, known | more, required, guarded)
        case _:
            for part in parts(tree):
                _collect(part, known, required, guarded)


def _proven(condition: Expression) -> frozenset[tuple[str, ...]]:
    match condition:
        case Has(name=Name(local="") as name):
            return frozenset({name.parts})
        case Binary(operator="&&", left=left, right=right):
            return _proven(left) | _proven(right)
        case _:
            return frozenset()


def proven(condition: Expression) -> frozenset[tuple[str, ...]]:
    """The members that are there wherever the condition holds."""
    return _proven(condition)
