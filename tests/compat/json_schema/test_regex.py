"""Patterns: ECMA-262 search semantics, inclusion with the shortest proof, and what is not looked into."""

from __future__ import annotations

import random
import re

import pytest

from compat.json_schema.corrections import is_found
from compat.json_schema.regex.language import Builder
from compat.json_schema.regex.search import TooLong, shortest
from compat.json_schema.regex.syntax import NotRegular, parse


def difference(
    inner: str, outer: str, low: int = 0, high: int | None = None, excluded: tuple[str, ...] = ()
) -> str | None:
    """The shortest string that matches one pattern and not the other."""
    builder = Builder()
    wanted = [builder.language(inner), builder.negate(builder.language(outer))]
    return shortest(builder, wanted, low, high, excluded, lambda _: None)


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        ("xay", "a"), ("^a+$", "a"), ("^(0|[1-9][0-9]*)$", "^[0-9]+$"), ("^\\d{2,4}$", "^[0-9]{1,5}$"),
        ("^(a+)+$", "^a*$"), ("^(?:ab)+$", "^a.*b$"), ("^(?=.*\\d).{4}$", "^.{4}$"), ("^(?!a)[ab]$", "^b$"),
        ("a|b", "[ab]"), ("^[^a]$", "^[^a]$"), ("^\\w$", "^[A-Za-z0-9_]$"), ("^$", "^a*$"), ("^a$|^b$", "^(a|b)$"),
        ("^(^a)$", "^a"), ("(a$)", "a$"), ("^\\u0061$", "^a$"), ("^\\x61\\u{62}$", "^ab$"),
        ("^[\\s\\S]$", "^(.|\\s)$"),
        ("^[\\b]$", "^\\x08$"), ("^\\x08$", "^[\\b]$"),
        ("^a{0}b$", "^b$"), ("^[a-]$", "^[\\-a]$"), ("^(x?){3}$", "^x{0,3}$"),
        ("^[\\d-z]$", "^(\\d|-|z)$"), ("^[a-\\d]$", "^(a|-|\\d)$"), ("^(\\d|-|z)$", "^[\\d-z]$"),
        ("^😀$", "^.$"),
    ],
)  # fmt: skip
def test_inclusion(inner: str, outer: str) -> None:
    assert difference(inner, outer) is None


@pytest.mark.parametrize(
    ("inner", "outer", "proof"),
    [
        ("a", "^a", "aa"), ("^[0-9]+$", "^(0|[1-9][0-9]*)$", "00"), ("^a*$", "^a{0,3}$", "aaaa"), ("", "a", ""),
        ("^.{3}$", "^[^x]{3}$", "xaa"), ("a$", "^a$", "aa"), ("^a", "^a$", "aa"), ("^[ab]{2}$", "^(aa|ab|ba)$", "bb"),
    ],
)  # fmt: skip
def test_the_shortest_proof(inner: str, outer: str, proof: str) -> None:
    found = difference(inner, outer)
    assert found is not None
    assert len(found) == len(proof)
    assert is_found(inner, found)
    assert not is_found(outer, found)


def test_lengths_and_excluded_strings_take_part() -> None:
    assert difference("^[ab]*$", "^$", excluded=("a", "b")) in ("aa", "ab", "ba", "bb")
    assert difference("^[ab]$", "^$", excluded=("a", "b")) is None
    assert difference("^a*$", "b", low=5) == "aaaaa"
    assert difference("^a{6}$", "b", high=5) is None


@pytest.mark.parametrize(
    "pattern",
    [
        "(a)\\1",
        "(?<=a)b",
        "\\bword",
        "\\p{Script=Greek}",
        "(?<!a)b",
        "(",
        "[a",
        "a**",
        "x{2,1}",
        "\\k<n>",
        "[b-a]",
        "a)b",
    ],
)
def test_what_is_not_looked_into(pattern: str) -> None:
    with pytest.raises(NotRegular):
        parse(pattern)


def test_the_language_agrees_with_an_engine() -> None:
    chance = random.Random(5)
    pieces = ["a", "b", ".", "^", "$", "[ab]", "[^a]", "(a|b)", "(?:ab)", "a?", "b*", "(ab)+", "a{1,2}", "(a|^b)"]
    pieces += ["\\d", "(?=a)", "(?!b)"]
    for _ in range(400):
        pattern = "".join(chance.choice(pieces) for _ in range(chance.randint(1, 5)))
        builder = Builder()
        try:
            language = builder.language(pattern)
        except NotRegular:
            continue
        engine = re.compile(pattern.replace("$", "\\Z"))
        for _ in range(40):
            text = "".join(chance.choice("ab0\n") for _ in range(chance.randint(0, 5)))
            assert builder.contains(language, text) == bool(engine.search(text)), (pattern, text)


def test_patterns_are_executed_in_bounded_time() -> None:
    assert not is_found("^(a+)+$", "a" * 60 + "!")
    assert not is_found("^a$", "a\n")
    assert not is_found("^\\d$", "٣")
    assert is_found("(?<year>a)", "a")
    assert is_found("[[a]", "[")
    assert is_found("(a)\\1", "aa")
    assert not is_found("^(a+)+\\1b$", "a" * 60)


def test_strings_that_would_be_too_long_are_given_up() -> None:
    builder = Builder()
    with pytest.raises(TooLong):
        shortest(builder, [builder.language("^a{9000}$")], 0, None, (), lambda _: None)
