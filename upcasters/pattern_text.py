"""A pattern written for the matchers of other languages: nothing in it depends on flags, modes or locales.

Every set of characters is written out by code points, so no language's idea of ``.`` or ``\\d`` matters.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from upcasters.charset import ANY, LAST, CharSet, complement
from upcasters.pattern import Alternative, Chars, Choice, Repeat, Sequence, Tree, parse


@dataclass(frozen=True, slots=True)
class Flavour:
    """How one kind of matcher writes the ends of a text, and a character that is no letter or digit."""

    start: str
    end: str
    code: Callable[[int], str]
    least: int = 0
    """The first character of its texts."""


def _python(point: int) -> str:
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"


def _braced(point: int) -> str:
    return f"\\x{{{point:x}}}"


PYTHON: Final = Flavour("\\A", "\\Z", _python)
POSTGRESQL: Final = Flavour("\\A", "\\Z", _python, least=1)
RE2: Final = Flavour("\\A", "\\z", _braced)
JAVA: Final = Flavour("\\A", "\\z", _braced)
JAVASCRIPT: Final = Flavour("^", "$", lambda point: f"\\u{{{point:x}}}")


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern for Python. Raises InvalidPattern."""
    return re.compile(write(pattern, PYTHON))


def write(pattern: str, flavour: Flavour) -> str:
    """The pattern in a flavour. Raises InvalidPattern."""
    return "|".join(_alternative(each, flavour) for each in parse(pattern).alternatives)


def _alternative(each: Alternative, flavour: Flavour) -> str:
    start, end = flavour.start * each.at_start, flavour.end * each.at_end
    return f"{start}{tree(each.body, flavour)}{end}"


def goes_through_groups(pattern: str) -> bool:
    """Whether a group is repeated without bound. Raises InvalidPattern."""
    return any(_repeats_group(each.body) for each in parse(pattern).alternatives)


def _repeats_group(body: Tree) -> bool:
    match body:
        case Chars():
            return False
        case Repeat(body=inner, most=most):
            return (most is None and not isinstance(inner, Chars)) or _repeats_group(inner)
        case Sequence(parts=parts) | Choice(parts=parts):
            return any(map(_repeats_group, parts))


def tree(body: Tree, flavour: Flavour) -> str:
    """A tree in a flavour, without ends."""
    match body:
        case Chars(charset=charset):
            return characters(charset, flavour)
        case Sequence(parts=parts):
            return "".join(tree(part, flavour) for part in parts)
        case Choice(parts=parts):
            return f"(?:{'|'.join(tree(part, flavour) for part in parts)})"
        case Repeat(body=inner):
            text = tree(inner, flavour)
            return f"{text if isinstance(inner, Chars | Choice) else f'(?:{text})'}{count(body)}"


def count(repeat: Repeat) -> str:
    """How often something is repeated: the same in every language."""
    match repeat.least, repeat.most:
        case 0, 1:
            return "?"
        case 0, None:
            return "*"
        case 1, None:
            return "+"
        case least, None:
            return f"{{{least},}}"
        case least, most:
            return f"{{{least}}}" if least == most else f"{{{least},{most}}}"


def characters(charset: CharSet, flavour: Flavour) -> str:
    """A set of characters: itself, or as what it is not where it goes on to the last one."""

    def one(point: int) -> str:
        return chr(point) if point < 0x80 and chr(point).isalnum() else flavour.code(point)

    if len(charset) == 1 and charset[0][0] == charset[0][1]:
        return one(charset[0][0])
    negated = charset[-1][1] == LAST and charset != ANY
    ranges = [(max(low, flavour.least), high) for low, high in (complement(charset) if negated else charset)]
    inner = "".join(one(low) if low == high else f"{one(low)}-{one(high)}" for low, high in ranges if low <= high)
    return f"[{'^' * negated}{inner}]"
