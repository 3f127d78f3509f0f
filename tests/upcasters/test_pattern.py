"""Patterns mean the same everywhere, and no matcher takes longer over one than a text is long."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import jsonata
import pytest

from upcasters import read
from upcasters.charset import complement
from upcasters.compile.jsonata_pattern import matches
from upcasters.compile.spark import Spark
from upcasters.errors import InvalidExpression, NotPortable
from upcasters.expression import Constant
from upcasters.expression import parse as expression
from upcasters.fuse import fuse
from upcasters.pattern import Alternative, Chars, Choice, InvalidPattern, Pattern, Repeat, Sequence, Tree, parse
from upcasters.pattern_text import compiled, goes_through_groups
from upcasters.plan import weight

TEXTS = [
    "",
    "a",
    "b",
    "ab",
    "ba",
    "aab",
    "abab",
    "aaaa",
    "a\n",
    "\na",
    "-",
    "a-b",
    "😀",
    "a😀",
    "1",
    "a1",
    "é",
    "x",
    "\u2028",
]

REFUSED = {
    "": "empty", "^": "empty", "a|": "empty", "(a|)": "empty", "()": "empty", "a*": "every text", "^a?": "every text",
    "a)": "not opened", "(a": "not closed", "[a": "ends", "[]a]": "empty", "[b-a]": "range", "[a-\\d]": "range",
    "[[:alpha:]]": "[ stands", "[a-b-c]": "- stands", "x^": "^ stands", "$a": "empty", "(a$)b": "$ stands",
    "a**": "repeated", "a{2}{3}": "repeated", "a++": "repeated", "(a?)*": "may be empty", "(a|b*)+": "may be empty",
    "a{300}": "count", "a{2,1}": "counts down", "a{x}": "count", "a{": "count", "}": "stands alone", "]": "alone",
    "*a": "nothing to repeat", "a{0}": "none", "(?=a)": "looks around", "(?<!a)b": "looks around",
    "(?P<n>a)": "has a name", "(?i)a": "sets flags", "(a)\\1": "no escape", "\\bfoo": "differs", "\\p{L}": "differs",
    "\\A": "differs", "\\Z": "differs", "\\u0041": "differs", "\\x4": "no character", "\\x{110000}": "no character",
    "\\x{d800}": "no character", "\\": "ends", "a" * 501: "longer", "[ab]{201}": "more than 200",
    "^(a+)+$": "two ways", "^(a|a)b": "two ways", "^(a|ab|b)*$": "two ways", "^a*a*$": "two ways",
    "^.*x.*$": "two ways", "^(.{1,9}){1,9}$": "two ways", "^(a|aa){1,30}$": "two ways", "^(a*)?$": "may be empty",
    "a+b": "every character", "[0-9]+$": "every character", "(?:ab|cd)+x": "every character", "[^\\D\\d]": "without",
}  # fmt: skip


@pytest.mark.parametrize(("pattern", "reason"), REFUSED.items(), ids=map(repr, REFUSED))
def test_what_is_refused(pattern: str, reason: str) -> None:
    with pytest.raises(
        InvalidPattern, match=reason.replace("[", "\\[").replace("$", "\\$").replace("^", "\\^")
    ) as caught:
        parse(pattern)
    assert caught.value.remedy
    with pytest.raises(InvalidExpression, match="pattern"):
        expression(f"a.matches(r'{pattern}')")


def test_a_pattern_is_written_out() -> None:
    with pytest.raises(InvalidExpression, match="computed"):
        expression("a.matches(b)")
    assert expression(r"r'\d' + '\\d'").left == Constant("\\d")  # type: ignore[union-attr]


def test_python_reads_a_pattern_as_it_is_meant() -> None:
    accepted = 0
    for pattern in generated(range(300)):
        accepted += 1
        for text in texts(pattern):
            assert (compiled(pattern).search(text) is not None) is Ways(parse(pattern), text).found, (pattern, text)
    assert accepted > 80


def test_no_accepted_pattern_takes_longer_than_its_bound() -> None:
    """What a matcher tries that goes back at every failure: once per place of the pattern and character of the text."""
    for pattern in generated(range(300)):
        tree = parse(pattern)
        for text in (*texts(pattern), "a" * 60, "ab" * 30, "a" * 30 + "b" * 30, "aab" * 20):
            tried = Ways(tree, text).tried
            assert tried <= (tree.positions + 1) * (len(text) + 1), (pattern, text, tried)


def test_jsonata_means_the_same_where_it_is_written() -> None:
    written = 0
    for pattern in generated(range(150)):
        try:
            found = jsonata.Jsonata(matches("t", pattern))
        except NotPortable:
            continue
        written += 1
        for text in texts(pattern)[:10]:
            assert found.evaluate({"t": text}) is Ways(parse(pattern), text).found, (pattern, text)
    assert written > 15


def test_jsonata_counts_no_characters_that_are_two_in_javascript() -> None:
    for pattern in ("^.$", "^[^a]+$", "😀", "^[^a]{2}$"):
        with pytest.raises(NotPortable):
            matches("t", pattern)
    assert matches("t", "^[a-z][^a]*$") == '($contains(t & "x", /^[a-z][^a]*x$/))'


# An independent reading: trees as sets of ends, and every way that is tried


class Ways:
    """Goes through a pattern as a matcher without memory does, and counts the characters it tries.

    It stops at the first match, as matchers do; what it tries after that is not counted.
    """

    def __init__(self, pattern: Pattern, text: str) -> None:
        self._text = text
        self.tried = 0
        self.found = any(self._from(start, pattern) for start in range(len(text) + 1))

    def _from(self, start: int, pattern: Pattern) -> bool:
        return any(self._alternative(each, start) for each in pattern.alternatives)

    def _alternative(self, each: Alternative, start: int) -> bool:
        if each.at_start and start:
            return False
        return any(not each.at_end or end == len(self._text) for end in self._ends(each.body, start))

    def _ends(self, tree: Tree, start: int) -> Iterator[int]:  # noqa: C901 - one case per sort of tree
        match tree:
            case Chars(charset=charset):
                if start < len(self._text):
                    point = ord(self._text[start])
                    if any(low <= point <= high for low, high in charset):
                        self.tried += 1
                        yield start + 1
            case Sequence(parts=()):
                yield start
            case Sequence(parts=(first, *rest)):
                for middle in self._ends(first, start):
                    yield from self._ends(Sequence(tuple(rest)), middle)
            case Choice(parts=parts):
                for part in parts:
                    yield from self._ends(part, start)
            case Repeat(body=body, least=least, most=most):
                if most is None or most > 0:
                    fewer = Repeat(body, max(0, least - 1), None if most is None else most - 1)
                    for middle in self._ends(body, start):
                        yield from self._ends(fewer, middle)
                if least == 0:
                    yield start


def generated(seeds: range) -> Iterator[str]:
    """Those of some patterns that are accepted."""
    for seed in seeds:
        random = Random(seed)
        pattern = "|".join(
            random.choice(["", "^"]) + _piece(random, 0) + random.choice(["", "$"])
            for _ in range(random.choice([1, 1, 2]))
        )
        try:
            parse(pattern)
        except InvalidPattern:
            continue
        yield pattern


def _piece(random: Random, depth: int) -> str:
    parts = []
    for _ in range(random.randint(1, 3)):
        roll = random.random()
        if depth < 3 and roll < 0.3:
            inner = "|".join(_piece(random, depth + 1) for _ in range(random.choice([1, 2])))
            part = f"({random.choice(['', '?:'])}{inner})"
        else:
            part = random.choice(["a", "b", "ab", "[ab]", "[^a]", ".", "\\d", "\\W", "é", "-", "[a-c😀]", "x"])
        parts.append(part + random.choice(["", "", "", "?", "*", "+", "{2}", "{1,2}", "{2,}", "*?"]))
    return "".join(parts)


def texts(pattern: str) -> list[str]:
    """Texts to try a pattern with: some of few characters, some that follow it part of the way."""
    random = Random(pattern)
    return [*TEXTS, *("".join(random.choices("ab-x1é😀\n", k=random.randint(1, 8))) for _ in range(12))]


def test_sets_of_characters() -> None:
    assert complement(((0, 0x10FFFF),)) == ()
    assert complement(complement(((3, 5), (9, 9)))) == ((3, 5), (9, 9))


def test_a_pattern_weighs_what_it_stands_for() -> None:
    def weighed(expression_text: str) -> int:
        operation = {"set": {"at": "/ok", "expr": expression_text}}
        return weight(fuse([read({"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": [operation]}).ops]).root)

    assert weighed("a.matches('^[a-z]{150}$')") - weighed("a.matches('^[a-z]{50}$')") == 100


def test_a_repeated_group_is_bounded_where_the_stack_is() -> None:
    assert [goes_through_groups(text) for text in ("^(ab)+$", "^[ab]+$", "^(a|bc){3}$", "x(?:a(?:bc)*)?")] == [
        True, False, False, True,
    ]  # fmt: skip
    assert "> 500" in Spark().matches("v", "^(ab)+$")
    assert "500" not in Spark().matches("v", "^[ab]+$")
