"""Pairs of schemas made to be expensive, as data: what a check of them answers, and the steps that it may take.

Each is (writer, reader, answer, steps). A text instead of a schema is written as it stands. ``refused`` means that the
definition is not even read; ``any`` that a better answer than today's would be welcome. SPENT: the budget is used up.
"""

from __future__ import annotations

from typing import Any, Final

SPENT: Final = 210_000
"""The default limit, and what the last piece of work may add to it."""

_2020: Final = {"$schema": "https://json-schema.org/draft/2020-12/schema"}

Pair = tuple[Any, Any, str, int]


def nested(depth: int, inner: Any, keyword: str) -> Any:
    """A schema inside itself along one keyword."""
    for _ in range(depth):
        inner = {keyword: {"not": inner, "allOf": [inner]}.get(keyword, {"a": inner})}
    return inner


def mixed(depth: int, leaf: Any) -> Any:
    """anyOf, oneOf and allOf in turn, two branches each, one of them negated."""
    if depth == 0:
        return leaf
    keyword = ("anyOf", "oneOf", "allOf")[depth % 3]
    return {keyword: [mixed(depth - 1, leaf), {"not": mixed(depth - 1, {"type": "string", "minLength": depth})}]}


def chain(last: Any, length: int = 400) -> Any:
    """References that lead to references, one member deeper each."""
    definitions: Any = {f"d{i}": {"properties": {"n": {"$ref": f"#/definitions/d{i + 1}"}}} for i in range(length)}
    definitions[f"d{length}"] = last
    return {"definitions": definitions, "$ref": "#/definitions/d0"}


def doubled(last: Any) -> Any:
    """The smallest value doubles with every definition."""
    definitions: Any = {
        f"d{i}": {
            "type": "object", "required": ["l", "r"],
            "properties": {side: {"$ref": f"#/definitions/d{i + 1}"} for side in "lr"},
        }
        for i in range(40)
    }  # fmt: skip
    return {"definitions": {**definitions, "d40": last}, "$ref": "#/definitions/d0"}


def bomb(levels: int) -> Any:
    """Every definition applies the next one twice to the same value."""
    definitions: Any = {f"d{i}": {"allOf": [{"$ref": f"#/definitions/d{i + 1}"}] * 2} for i in range(levels)}
    return {"definitions": {**definitions, f"d{levels}": {"type": "string"}}, "$ref": "#/definitions/d0"}


def web(size: int, edges: int, leaf: Any) -> Any:
    """Definitions that all lead to each other: two webs of different sizes are laid over one another node by node."""
    definitions = {
        f"n{i}": {
            "type": "object",
            "properties": {
                "v": leaf, **{f"e{j}": {"$ref": f"#/definitions/n{(i * 7 + j * 3 + 1) % size}"} for j in range(edges)},
            },
        }
        for i in range(size)
    }  # fmt: skip
    return {"definitions": definitions, "$ref": "#/definitions/n0"}


def wide(kind: str, size: int = 600) -> Any:
    """An object of many properties."""
    return {"type": "object", "properties": {f"p{i}": {"type": kind} for i in range(size)}}


def closed(size: int) -> Any:
    """A closed object of many properties."""
    return {**wide("string", size), "additionalProperties": False}


def choices(size: int, extra: Any) -> Any:
    """Alternatives that a constant tells apart."""
    return [
        {"type": "object", "properties": {"k": {"const": i}, f"x{i}": extra}, "required": ["k"]} for i in range(size)
    ]


def puzzle(size: int, values: int) -> Any:
    """As many ways as ``values`` to the power of ``size``."""
    return {
        "type": "object",
        "allOf": [
            {"anyOf": [{"properties": {f"a{i}": {"const": j}}, "required": [f"a{i}"]} for j in range(values)]}
            for i in range(size)
        ],
    }


def pigeons(size: int) -> Any:
    """One hole less than pigeons: what resolution needs exponentially many steps to refute."""
    every = [{"anyOf": [{"required": [f"p{i}h{j}"]} for j in range(size - 1)]} for i in range(size)]
    none = [
        {"not": {"required": [f"p{i}h{j}", f"p{k}h{j}"]}}
        for j in range(size - 1) for i in range(size) for k in range(i)
    ]  # fmt: skip
    return {"type": "object", "allOf": every + none}


def conditions(size: int) -> Any:
    """A condition for each value of a constant."""
    return {"type": "object", "allOf": [
        {"if": {"properties": {"k": {"const": i}}, "required": ["k"]}, "then": {"required": [f"r{i}"]}}
        for i in range(size)]}  # fmt: skip


def needs(step: int, size: int = 40) -> Any:
    """Properties that ask for each other."""
    return {
        "type": "object",
        "dependencies": {f"a{i}": [f"a{(i * 3 + 1) % size}", f"a{(i * 7 + step) % size}"] for i in range(size)},
    }


def ranges(size: int) -> Any:
    """Alternatives that overlap at their ends."""
    return {"oneOf": [{"minimum": i, "maximum": i + 1} for i in range(size)]}


def pattern(text: str, **more: Any) -> Any:
    """A string of a pattern."""
    return {"type": "string", "pattern": text, **more}


def repeated(inner: str, times: int, last: int) -> str:
    """Repetitions inside repetitions."""
    for _ in range(times):
        inner = f"({inner}){{1,9}}"
    return f"^({inner}){{1,{last}}}$"


_LETTERS: Final = "abcdefghijkl"
_SEEN: Final = "^" + "".join(f"(?=.*{letter})" for letter in _LETTERS)

PAIRS: Final[dict[str, Pair]] = {
    # depth
    "deep properties": (
        nested(60, {"type": "string"}, "properties"), nested(60, {"type": "integer"}, "properties"),
        "incompatible", 3_000),
    "deep not": (
        nested(190, {"type": "string"}, "not"), nested(190, {"type": ["string", "null"]}, "not"), "compatible", 100),
    "deep allOf": (
        nested(90, {"type": "string"}, "allOf"), nested(90, {"type": "integer"}, "allOf"), "incompatible", 1_000),
    "deeper than a definition may be": ({"a": nested(300, {}, "properties")}, {}, "refused", 0),
    # width
    "wide, all changed": (wide("string"), wide("integer"), "incompatible", 10_000),
    "wide, all widened": (wide("integer"), wide("number"), "compatible", 1_000),
    "closed, half removed": (closed(1000), closed(500), "incompatible", 12_000),
    "as many items as properties": (
        {**_2020, "type": "array", "prefixItems": [{"const": i} for i in range(800)]},
        {**_2020, "type": "array", "prefixItems": [{"enum": [i, i + 1]} for i in range(800)]}, "compatible", 5_000),
    "3,000 required": (
        {"type": "object", "required": [f"p{i}" for i in range(2900)]},
        {"type": "object", "required": [f"p{i}" for i in range(2901)]}, "incompatible", 40_000),
    "20,000 values": (
        {"enum": [f"v{i}" for i in range(20_000)]}, {"enum": [f"v{i}" for i in range(1, 20_000)]}, "incompatible", 100),
    "5,000 values against a pattern": (
        {"enum": [f"v{i}" for i in range(5_000)]}, {"pattern": "^v[0-9]*$"}, "compatible", 50_000),
    "a value of 5,000 members": (
        {"const": {f"k{i}": i for i in range(5_000)}}, {"not": {"const": {f"k{i}": i for i in range(5_000)}}},
        "incompatible", 100),
    # references
    "long chain of references": (chain({"type": "string"}), chain({"type": "integer"}), "any", 10_000),
    "value that doubles 40 times": (doubled({"type": "string"}), doubled({"type": "integer"}), "unknown", 10_000),
    "references that double 10 times": (bomb(10), {"type": "integer"}, "incompatible", 100),
    "references that double 40 times": (bomb(40), {"type": "integer"}, "refused", 0),
    "circle of references": (
        {"$ref": "#/definitions/a", "definitions": {
            "a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}}},
        {"type": "string"}, "unknown", 100),
    "a schema that is what it is not": ({"not": {"$ref": "#"}}, {"type": "string"}, "any", 100),
    "webs of different sizes": (web(30, 5, {"type": "integer"}), web(29, 5, {"type": "number"}), "compatible", 40_000),
    "webs of different sizes, all nodes wrong": (
        web(30, 5, {"type": "number"}), web(29, 5, {"type": "integer"}), "incompatible", SPENT),
    # combinations
    "alternatives told apart by a constant": (
        {"anyOf": choices(80, {"type": "string"})}, {"anyOf": choices(80, {"type": ["string", "null"]})},
        "compatible", 5_000),
    "oneOf told apart by a constant": (
        {"oneOf": choices(80, {"type": "string"})}, {"oneOf": choices(81, {"type": ["string", "null"]})},
        "compatible", 5_000),
    "oneOf told apart by a constant, the last one gone": (
        {"oneOf": choices(200, {"type": "string"})}, {"oneOf": choices(199, {"type": "string"})},
        "incompatible", SPENT),
    "oneOf of a thousand that nothing tells apart": (
        {"oneOf": [{"required": [f"a{i}"]} for i in range(1000)]},
        {"oneOf": [{"required": [f"a{i}"]} for i in range(1001)]}, "any", SPENT),
    "oneOf of overlapping ranges": (ranges(200), ranges(201), "any", SPENT),
    "exponential choices": (puzzle(24, 2), {**puzzle(24, 3), "minProperties": 24}, "any", SPENT),
    "pigeons": (pigeons(6), {"type": "string"}, "compatible", 60_000),
    "nine levels of anyOf, oneOf, allOf and not": (
        mixed(9, {"type": "integer"}), mixed(9, {"type": "number"}), "compatible", 2_000),
    "forty conditions": (conditions(40), conditions(41), "incompatible", 2_000),
    "properties that need each other": (needs(2), needs(3), "any", SPENT),
    "what is evaluated depends on 2^10 choices": (
        {**_2020, "type": "object", "unevaluatedProperties": False, "allOf": [
            {"anyOf": [{"properties": {f"a{i}": True}}, {"properties": {f"b{i}": True}}]} for i in range(10)]},
        {"type": "string"}, "incompatible", 1_000),
    # patterns
    "pattern that backtracks": (pattern("^(a+)+$"), pattern("^(a|aa)+$"), "compatible", 1_000),
    "pattern with 2^18 states": (pattern("(a|b)*a(a|b){18}$"), pattern("(a|b)*a(a|b){17}$"), "any", SPENT),
    "pattern that counts to a million": (pattern("^(a{1,1000}){1,1000}$"), pattern("^a{1,999999}$"), "any", SPENT),
    "repetitions in repetitions": (pattern(repeated("a", 5, 9)), pattern(repeated("a", 5, 8)), "any", SPENT),
    "pattern of 1500 options": (pattern("^" + "a?" * 1500 + "$"), {"maxLength": 1500}, "any", SPENT),
    "pattern of 10,000 characters": (
        pattern("^" + "ab" * 5000 + "$"), pattern("^" + "ab" * 4999 + "ac$"), "any", SPENT),
    "pattern of 5,000 words": (
        pattern("^(" + "|".join(f"w{i}" for i in range(5000)) + ")$"), pattern("^w[0-9]+$"), "any", SPENT),
    "looking ahead for twelve letters": (pattern(_SEEN + ".*$"), {"minLength": 13}, "any", SPENT),
    "twelve overlapping patterns": (
        {"type": "object", "patternProperties": {f"a{{{i}}}": {"minimum": i} for i in range(12)}},
        {"type": "object", "patternProperties": {f"a{{{i}}}": {"minimum": i + 1} for i in range(12)}},
        "incompatible", SPENT),
    "names of a pattern with 2^16 states": (
        {"type": "object", "propertyNames": {"pattern": "^(a|b)*a(a|b){16}$"}, "minProperties": 3},
        {"propertyNames": {"pattern": "(a|b)*b(a|b){16}$"}}, "any", SPENT),
    # numbers and sizes
    "an exponent of a million": ('{"minimum": 1e999999}', '{"maximum": 1e9999999}', "refused", 0),
    "a number of 100,000 digits": (f'{{"minimum": {"9" * 100_000}}}', {}, "refused", 0),
    "numbers up to 10^300": (
        {"type": "integer", "minimum": 0, "maximum": 10**300}, {"multipleOf": 7}, "incompatible", 100),
    "tiny steps": ('{"multipleOf": 1e-900}', '{"multipleOf": 1e-899}', "incompatible", 100),
    "multiples of ten primes": (
        {"allOf": [{"multipleOf": p} for p in (10007, 10009, 10037, 10039, 10061, 10067, 10069, 10079, 10091, 10093)]},
        {"multipleOf": 3}, "incompatible", 100),
    "multiples of none of twelve primes": (
        {"type": "integer", "minimum": 2, "maximum": 36,
         "allOf": [{"not": {"multipleOf": p}} for p in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)]},
        {"type": "string"}, "compatible", 500),
    "a billion items": ({"type": "array", "minItems": 10**9}, {"maxItems": 5}, "unknown", 100),
    "2,500 different items": (
        {"type": "array", "minItems": 2500, "uniqueItems": True, "items": {"type": "integer"}}, {"minItems": 2501},
        "incompatible", 5_000),
    "twelve things that an array contains": (
        {"type": "array", "allOf": [{"contains": {"const": i}} for i in range(12)]}, {"minItems": 13},
        "incompatible", 5_000),
    "a billion characters": ({"type": "string", "minLength": 10**9}, {"maxLength": 5}, "unknown", 100),
    "2,900 members of any name": (
        {"type": "object", "minProperties": 2900}, {"type": "object", "minProperties": 2901}, "incompatible", 5_000),
}  # fmt: skip
