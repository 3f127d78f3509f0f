"""Patterns of ECMA-262 (with the leniencies of its Annex B) as trees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from compat.json_schema.regex import characters
from compat.json_schema.regex.characters import CharSet

MAX_PATTERN: Final = 5_000
"""Characters of a pattern that is looked into."""
MAX_NESTING: Final = 60


class NotRegular(Exception):
    """The pattern is no regular expression in the strict sense, or one that is not looked into: says why."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One character of a set."""

    charset: CharSet


@dataclass(frozen=True, slots=True)
class Cat:
    """One after the other; empty for the empty string."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Alt:
    """Any of several."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Rep:
    """Between ``low`` and ``high`` times (None: without bound)."""

    body: Tree
    low: int
    high: int | None


@dataclass(frozen=True, slots=True)
class Edge:
    """The start or the end of the string."""

    start: bool


@dataclass(frozen=True, slots=True)
class Look:
    """What follows must (or must not) match; nothing is consumed."""

    body: Tree
    negative: bool


Tree: TypeAlias = Chars | Cat | Alt | Rep | Edge | Look

_CONTROL: Final = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13, "0": 0}
_CLASSES: Final = {
    "d": characters.DIGIT, "D": characters.complement(characters.DIGIT),
    "w": characters.WORD, "W": characters.complement(characters.WORD),
    "s": characters.SPACE, "S": characters.complement(characters.SPACE),
}  # fmt: skip


def parse(pattern: str) -> Tree:
    """The tree of a pattern. Raises NotRegular for what cannot be looked into, broken patterns included."""
    if len(pattern) > MAX_PATTERN:
        raise NotRegular(f"the pattern is longer than {MAX_PATTERN} characters")
    reader = _Reader(pattern)
    tree = reader.alternatives(0)
    if reader.position < len(pattern):
        raise NotRegular(f"unbalanced ')' at character {reader.position}")
    return tree


class _Reader:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.position = 0

    def peek(self, size: int = 1) -> str:
        return self.pattern[self.position : self.position + size]

    def take(self) -> str:
        if self.position >= len(self.pattern):
            raise NotRegular("the pattern ends too early")
        self.position += 1
        return self.pattern[self.position - 1]

    def skip(self, expected: str) -> bool:
        if self.pattern.startswith(expected, self.position):
            self.position += len(expected)
            return True
        return False

    def alternatives(self, depth: int) -> Tree:
        if depth > MAX_NESTING:
            raise NotRegular(f"groups are nested more than {MAX_NESTING} deep")
        parts = [self.sequence(depth)]
        while self.skip("|"):
            parts.append(self.sequence(depth))
        return parts[0] if len(parts) == 1 else Alt(tuple(parts))

    def sequence(self, depth: int) -> Tree:
        parts: list[Tree] = []
        while self.peek() not in ("", "|", ")"):
            parts.append(self.quantified(self.atom(depth)))
        return parts[0] if len(parts) == 1 else Cat(tuple(parts))

    def quantified(self, body: Tree) -> Tree:
        low, high = 1, 1
        unbounded = False
        if self.skip("*"):
            low, unbounded = 0, True
        elif self.skip("+"):
            unbounded = True
        elif self.skip("?"):
            low = 0
        elif self.peek() == "{" and (bounds := self.braces()) is not None:
            low, upper = bounds
            unbounded, high = upper is None, upper or 0
        else:
            return body
        self.skip("?")  # lazy: the same language
        if self.peek() in ("*", "+", "?"):
            raise NotRegular("nothing to repeat")
        if isinstance(body, (Edge, Look)):
            raise NotRegular("an assertion is repeated")
        return Rep(body, low, None if unbounded else high)

    def braces(self) -> tuple[int, int | None] | None:
        end = self.pattern.find("}", self.position)
        inner = self.pattern[self.position + 1 : end] if end > 0 else ""
        low, comma, high = inner.partition(",")
        if not (low.isdecimal() and low.isascii() and (high == "" or (high.isdecimal() and high.isascii()))):
            return None
        if len(low) > 6 or len(high) > 6:
            raise NotRegular("a repetition is counted beyond 999999")
        self.position = end + 1
        upper = int(low) if not comma else (int(high) if high else None)
        if upper is not None and upper < int(low):
            raise NotRegular("a repetition has its bounds the wrong way round")
        return int(low), upper

    def atom(self, depth: int) -> Tree:
        character = self.take()
        if character == "(":
            return self.group(depth)
        if character == "[":
            return Chars(self.char_class())
        if character == ".":
            return Chars(characters.DOT)
        if character == "^":
            return Edge(start=True)
        if character == "$":
            return Edge(start=False)
        if character == "\\":
            return Chars(self.escape(in_class=False))
        if character in "*+?":
            raise NotRegular("nothing to repeat")
        return Chars(characters.single(character))

    def group(self, depth: int) -> Tree:
        if self.skip("?:"):
            return self.closed(self.alternatives(depth + 1))
        if self.skip("?="):
            return Look(self.closed(self.alternatives(depth + 1)), negative=False)
        if self.skip("?!"):
            return Look(self.closed(self.alternatives(depth + 1)), negative=True)
        if self.peek(3) in ("?<=", "?<!"):
            raise NotRegular("it looks behind")
        if self.skip("?<"):
            end = self.pattern.find(">", self.position)
            if end < 0:
                raise NotRegular("the name of a group is not closed")
            self.position = end + 1
        elif self.peek() == "?":
            raise NotRegular("a kind of group that ECMA-262 does not have")
        return self.closed(self.alternatives(depth + 1))

    def closed(self, tree: Tree) -> Tree:
        if not self.skip(")"):
            raise NotRegular("a group is not closed")
        return tree

    def char_class(self) -> CharSet:
        negated = self.skip("^")
        sets: list[CharSet] = []
        while not self.skip("]"):
            low = self.class_atom()
            if self.peek() == "-" and self.peek(2) != "-]":
                if _point(low) is None:
                    sets.append(low)
                    continue
                self.take()
                high = self.class_atom()
                first, last = _point(low), _point(high)
                if first is None or last is None:
                    sets += [low, high, characters.single("-")]
                elif first > last:
                    raise NotRegular("a range of characters has its ends the wrong way round")
                else:
                    sets.append(((first, last),))
            else:
                sets.append(low)
        charset = characters.union(sets)
        return characters.complement(charset) if negated else charset

    def class_atom(self) -> CharSet:
        character = self.take()
        return self.escape(in_class=True) if character == "\\" else characters.single(character)

    def escape(self, *, in_class: bool) -> CharSet:
        character = self.take()
        if character in _CLASSES:
            return _CLASSES[character]
        if character == "b" and in_class:
            return ((8, 8),)
        if character in "bB":
            raise NotRegular("it looks at the borders of words")
        if character in "pP":
            return self.property(negative=character == "P")
        if character == "k" or (character.isdecimal() and character != "0"):
            raise NotRegular("it refers back to a group")
        if character in _CONTROL and not (character == "0" and self.peek().isdecimal()):
            return ((_CONTROL[character], _CONTROL[character]),)
        if character == "c" and self.peek().isascii() and self.peek().isalpha():
            point = ord(self.take()) % 32
            return ((point, point),)
        if character == "x":
            return self.code(2)
        if character == "u":
            return self.braced_code() if self.skip("{") else self.unit()
        if character.isalnum():
            raise NotRegular(f"an escape that ECMA-262 does not have: \\{character}")
        return characters.single(character)

    def property(self, *, negative: bool) -> CharSet:
        """A Unicode property: general categories by their short or long names, ``Any`` and ``ASCII``."""
        end = self.pattern.find("}", self.position)
        if not self.skip("{") or end < 0:
            raise NotRegular("a Unicode property without a name")
        name = self.pattern[self.position : end]
        charset = characters.category(name.removeprefix("gc=").removeprefix("General_Category="))
        if charset is None:
            raise NotRegular(f"the Unicode property {name}")
        self.position = end + 1
        return characters.complement(charset) if negative else charset

    def code(self, digits: int) -> CharSet:
        written = self.peek(digits)
        if len(written) < digits or not all(c in "0123456789abcdefABCDEF" for c in written):
            raise NotRegular("a character code is cut short")
        self.position += digits
        return ((int(written, 16), int(written, 16)),)

    def unit(self) -> CharSet:
        ((high, _),) = self.code(4)
        if 0xD800 <= high <= 0xDBFF and self.skip("\\u"):
            ((low, _),) = self.code(4)
            if not 0xDC00 <= low <= 0xDFFF:
                raise NotRegular("half of a surrogate pair")
            point = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)
            return ((point, point),)
        if 0xD800 <= high <= 0xDFFF:
            raise NotRegular("half of a surrogate pair")
        return ((high, high),)

    def braced_code(self) -> CharSet:
        end = self.pattern.find("}", self.position)
        written = self.pattern[self.position : end] if end > 0 else ""
        if not written or len(written) > 6 or not all(c in "0123456789abcdefABCDEF" for c in written):
            raise NotRegular("a character code is cut short")
        point = int(written, 16)
        if point > characters.LAST or 0xD800 <= point <= 0xDFFF:
            raise NotRegular("a character code that is no character")
        self.position = end + 1
        return ((point, point),)


def _point(charset: CharSet) -> int | None:
    """The only character of a set, if it has one only."""
    if len(charset) == 1 and charset[0][0] == charset[0][1]:
        return charset[0][0]
    return None
