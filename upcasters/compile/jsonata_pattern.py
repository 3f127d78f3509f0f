"""Patterns of ``matches`` in JSONata, whose implementations have the matchers of five languages.

Three of those take ``$`` for the place before a last line feed too. So a text that must end in a pattern has a letter
put after it, and the pattern a letter before its ``$``: what ends in a letter ends in one way.
Those of JavaScript see two characters in one beyond U+FFFF: where a single one is meant, nothing is written.
"""

from __future__ import annotations

from typing import Final

from upcasters.charset import LAST, CharSet, meet, merged
from upcasters.errors import NotPortable
from upcasters.pattern import Alternative, Chars, Choice, Repeat, Sequence, Tree, parse
from upcasters.pattern_text import Flavour, characters, count

_AFTER: Final = "x"
_BEYOND: Final[CharSet] = ((0xD800, 0xDFFF), (0x10000, LAST))
"""The characters that are two in JavaScript, and the halves they are seen as."""


def matches(value: str, pattern: str) -> str:
    """Whether a pattern stands in a value. Raises NotPortable."""
    return "(" + " or ".join(_found(value, each) for each in parse(pattern).alternatives) + ")"


def _found(value: str, each: Alternative) -> str:
    start, body = "^" * each.at_start, _tree(each.body)
    if each.at_end:
        return f'$contains({value} & "{_AFTER}", /{start}{body}{_AFTER}$/)'
    return f"$contains({value}, /{start}{body}/)"


def _code(point: int) -> str:
    return f"\\x{point:02x}" if point <= 0xFF else chr(point)


_FLAVOUR: Final = Flavour("^", "$", _code)


def _tree(body: Tree) -> str:
    match body:
        case Chars(charset=charset):
            if meet(charset, _BEYOND):
                raise NotPortable("JSONata", "a pattern counts characters beyond U+FFFF, which are two in JavaScript")
            return characters(charset, _FLAVOUR)
        case Sequence(parts=parts):
            return "".join(map(_tree, parts))
        case Choice(parts=parts):
            return f"(?:{'|'.join(map(_tree, parts))})"
        case Repeat(body=Chars(charset=charset), least=0, most=None) if _whole_beyond(charset):
            return f"{characters(charset, _FLAVOUR)}*"
        case Repeat(body=inner):
            text = _tree(inner)
            return f"{text if isinstance(inner, Chars | Choice) else f'(?:{text})'}{count(body)}"


def _whole_beyond(charset: CharSet) -> bool:
    """Whether a set has all of them, so that any number of them is any number of their halves."""
    return charset == merged((*charset, *_BEYOND))
