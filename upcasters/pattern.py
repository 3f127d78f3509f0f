"""The patterns of ``matches``: a subset of RE2's syntax that means the same in every language events are read in.

A text matches where the pattern stands in it; ``^`` and ``$`` bind it to the ends, and stand at the ends of the
pattern or of its topmost alternatives. Characters are code points; ``.`` is all but the line feed; ``\\d``, ``\\w`` and
``\\s`` are ASCII. There is nothing to look around, to refer back or to capture, and no repetition that a backtracking
matcher could lose its way in (see ``ambiguity``): so matching takes time in proportion to the text everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NoReturn, TypeAlias, Union

from upcasters.ambiguity import Part, Positions, after, ambiguous, either
from upcasters.charset import DIGIT, DOT, LAST, SPACE, WORD, CharSet, complement, merged

LONGEST: Final = 500
"""Characters of a pattern."""
MOST_POSITIONS: Final = 200
"""Characters a pattern stands for, repetitions counted out: ``[a-z]{3}-`` has four."""
MOST_REPEATED: Final = 255
"""Largest count of a repetition: PostgreSQL has no larger one."""
DEEPEST: Final = 20
"""Groups within groups."""


class InvalidPattern(ValueError):
    """The pattern is none that means the same everywhere: where, why, and what to write instead."""

    def __init__(self, reason: str, position: int, remedy: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = position
        """Characters from the start of the pattern, from 0."""
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Chars:
    """One character of a set."""

    charset: CharSet


@dataclass(frozen=True, slots=True)
class Sequence:
    """One after the other."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Any of several."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """Between ``least`` and ``most`` times; None is without bound."""

    body: Tree
    least: int
    most: int | None


Tree: TypeAlias = Union[Chars, Sequence, Choice, Repeat]  # noqa: UP007 - the members refer to it


@dataclass(frozen=True, slots=True)
class Alternative:
    """A tree that stands anywhere in a text, or at its start, or at its end, or is the whole of it."""

    body: Tree
    at_start: bool
    at_end: bool


@dataclass(frozen=True, slots=True)
class Pattern:
    """Any of some alternatives. ``positions`` are the characters they stand for: the price of reading one."""

    alternatives: tuple[Alternative, ...]
    positions: int


_TOO_MANY: Final = f"it stands for more than {MOST_POSITIONS} characters"
_EMPTY: Final = Sequence(())


@lru_cache(maxsize=1024)
def parse(text: str) -> Pattern:
    """The pattern of a text. Raises InvalidPattern."""
    if len(text) > LONGEST:
        raise InvalidPattern(f"longer than {LONGEST} characters", LONGEST, "compare in steps")
    reader = _Reader(text)
    alternatives = [reader.alternative()]
    while reader.accept("|"):
        alternatives.append(reader.alternative())
    if reader.next:
        reader.refuse("a group is closed that was not opened", "write \\)")
    positions = Positions()
    for each in alternatives:
        _add(each, positions)
    if conflict := ambiguous(positions):
        raise InvalidPattern(conflict.reason, 0, conflict.remedy)
    return Pattern(tuple(alternatives), positions.count)


def _add(alternative: Alternative, positions: Positions) -> None:
    part = _positions(alternative.body, positions)
    if part.empty and not alternative.at_end:
        raise InvalidPattern("it stands in every text", 0, "write + for *, or $ at its end")
    positions.alternative(part, at_start=alternative.at_start, at_end=alternative.at_end)


class _Reader:
    """Reads a pattern from left to right; the nesting is bounded."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    @property
    def next(self) -> str:
        return self._text[self._at : self._at + 1]

    def refuse(self, reason: str, remedy: str) -> NoReturn:
        raise InvalidPattern(reason, self._at, remedy)

    def accept(self, text: str) -> bool:
        if self._text.startswith(text, self._at):
            self._at += len(text)
            return True
        return False

    def _take(self, what: str) -> str:
        if not self.next:
            self.refuse(f"it ends where {what} is expected", "complete it")
        self._at += 1
        return self._text[self._at - 1]

    def alternative(self) -> Alternative:
        at_start = self.accept("^")
        body = self._sequence(0)
        at_end = self.accept("$")
        if body == _EMPTY and not (at_start and at_end):
            self.refuse("an alternative is empty", "write what stands there, or ^$ for the empty text")
        if self.next not in ("", "|", ")"):
            self.refuse("$ stands before the end", "write it at the end of the pattern or of a topmost alternative")
        return Alternative(body, at_start, at_end)

    def _sequence(self, depth: int) -> Tree:
        parts: list[Tree] = []
        while self.next not in ("", "|", ")", "$"):
            parts.append(self._repeated(self._atom(depth)))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _atom(self, depth: int) -> Tree:  # noqa: RET503 - refuse() never returns
        match self.next:
            case "(":
                return self._group(depth + 1)
            case "[":
                self._at += 1
                return Chars(self._class())
            case "\\":
                return Chars(self._escape())
            case "^":
                self.refuse("^ stands after the start", "write it at the start, or \\^ for the character")
            case "*" | "+" | "?":
                self.refuse(f"{self.next} has nothing to repeat", f"write \\{self.next} for the character")
            case "{" | "}" | "]":
                self.refuse(f"{self.next} stands alone", f"write \\{self.next}")
            case ".":
                self._at += 1
                return Chars(DOT)
            case character:
                self._at += 1
                return Chars(_single(character))

    def _group(self, depth: int) -> Tree:
        if depth > DEEPEST:
            self.refuse(f"groups are nested deeper than {DEEPEST}", "flatten them")
        self._at += 1
        if self.next == "?" and not self.accept("?:"):
            self.refuse(
                "a group that looks around, has a name or sets flags", "write a plain group: ( ), and [Aa] for any case"
            )
        parts = [self._sequence(depth)]
        while self.accept("|"):
            parts.append(self._sequence(depth))
        if self.next == "$":
            self.refuse("$ stands inside a group", "write it at the end of the pattern or of a topmost alternative")
        if not self.accept(")"):
            self.refuse("a group is not closed", "write ), or \\( for the character")
        if _EMPTY in parts:
            self.refuse("a group or an alternative in it is empty", "write ? after the group")
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def _repeated(self, body: Tree) -> Tree:
        start = self._at
        match self.next:
            case "*" | "+" | "?" as sign:
                self._at += 1
                least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}[sign]
            case "{":
                least, most = self._bounds()
            case _:
                return body
        self.accept("?")  # lazy: whether it matches is the same
        if self.next in ("*", "+", "?", "{") and self.next:
            self.refuse("a repetition is repeated", "write a group, or one repetition")
        if _may_be_empty(body):
            raise InvalidPattern("what may be empty is repeated", start, "repeat what has a character at least")
        if (least, most) == (0, 0):
            raise InvalidPattern("a repetition of none", start, "take it out")
        return Repeat(body, least, most)

    def _bounds(self) -> tuple[int, int | None]:
        self._at += 1
        least = self._number()
        most: int | None = least
        if self.accept(","):
            most = None if self.next == "}" else self._number()
        if not self.accept("}"):
            self.refuse("a count is not closed", "write {3}, {3,} or {3,5}; \\{ for the character")
        if most is not None and most < least:
            self.refuse(f"{{{least},{most}}} counts down", "write the smaller number first")
        return least, most

    def _number(self) -> int:
        digits = ""
        while self.next in tuple("0123456789"):
            digits += self._take("a number")
        if not digits or len(digits) > 3 or int(digits) > MOST_REPEATED:
            self.refuse(
                f"a count is no number up to {MOST_REPEATED}", "write {3}, {3,} or {3,5}; \\{ for the character"
            )
        return int(digits)

    def _class(self) -> CharSet:
        negated = self.accept("^")
        if self.next == "]":
            self.refuse("a class is empty", "write \\] for the character")
        sets: list[CharSet] = []
        while not self.accept("]"):
            sets.append(self._range(first=not sets))
        charset = merged(part for each in sets for part in each)
        charset = complement(charset) if negated else charset
        if not charset:
            self.refuse("a class without a character", "take it out")
        return charset

    def _range(self, *, first: bool) -> CharSet:
        low = self._class_atom(first=first)
        if self.next != "-" or self._text.startswith("-]", self._at):
            return low
        self._at += 1
        high = self._class_atom(first=False)
        if not (_is_one(low) and _is_one(high)) or low[0][0] > high[0][0]:
            self.refuse("a range without two ends in order", "write [a-z]; \\- for the character")
        return ((low[0][0], high[0][0]),)

    def _class_atom(self, *, first: bool) -> CharSet:
        if self.next == "\\":
            return self._escape()
        if self.next == "[":
            self.refuse("[ stands in a class", "write \\[; classes by name have their characters written out")
        if self.next == "-" and not (first or self._text.startswith("-]", self._at)):
            self.refuse("- stands in a class", "write \\-")
        return _single(self._take("a character or ]"))

    def _escape(self) -> CharSet:  # noqa: RET503 - refuse() never returns
        self._at += 1
        character = self._take("the character after \\")
        if character in _CLASSES:
            return _CLASSES[character]
        if character in _CONTROLS:
            return _single(_CONTROLS[character])
        if character == "x":
            return self._code()
        if character.isascii() and not character.isalnum() and character.isprintable():
            return _single(character)
        self._at -= 1
        self.refuse(
            f"\\{character} differs between languages, or is no escape",
            "use \\d \\w \\s \\D \\W \\S \\n \\t \\r \\f \\v \\xHH \\x{H}, or a class",
        )

    def _code(self) -> CharSet:
        if self.accept("{"):
            digits = ""
            while self.next not in ("}", ""):
                digits += self._take("}")
            self._at += 1
        else:
            digits = self._text[self._at : self._at + 2]
            self._at += 2
            digits = digits if len(digits) == 2 else ""
        try:
            point = int(digits, 16) if digits.isalnum() and len(digits) <= 6 else LAST + 1
        except ValueError:
            point = LAST + 1
        if point > LAST or 0xD800 <= point <= 0xDFFF:
            self.refuse("a code that is no character", "write \\xHH or \\x{H}")
        return ((point, point),)


_CONTROLS: Final = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}
_CLASSES: Final = {
    "d": DIGIT, "D": complement(DIGIT), "w": WORD, "W": complement(WORD), "s": SPACE, "S": complement(SPACE),
}  # fmt: skip


def _single(character: str) -> CharSet:
    return ((ord(character), ord(character)),)


def _is_one(charset: CharSet) -> bool:
    return len(charset) == 1 and charset[0][0] == charset[0][1]


def _may_be_empty(tree: Tree) -> bool:
    match tree:
        case Chars():
            return False
        case Sequence(parts=parts):
            return all(map(_may_be_empty, parts))
        case Choice(parts=parts):
            return any(map(_may_be_empty, parts))
        case Repeat(least=least):
            return least == 0


def _positions(tree: Tree, positions: Positions) -> Part:
    """The positions of a tree, repetitions counted out. Raises InvalidPattern where they are too many."""
    match tree:
        case Chars(charset=charset):
            if positions.count == MOST_POSITIONS:
                raise InvalidPattern(_TOO_MANY, 0, "count less, or compare in steps")
            return positions.character(charset)
        case Sequence(parts=parts):
            whole = Part(empty=1)
            for part in parts:
                whole = _then(whole, _positions(part, positions), positions)
            return whole
        case Choice(parts=parts):
            return either([_positions(part, positions) for part in parts])
        case Repeat():
            return _repetition(tree, positions)


def _then(one: Part, other: Part, positions: Positions) -> Part:
    positions.link(one, other)
    return after(one, other)


def _repetition(tree: Repeat, positions: Positions) -> Part:
    """The body ``least`` times, then a loop, or the body optionally, each time after the one before."""
    whole = Part(empty=1)
    for _ in range(tree.least - (tree.most is None and tree.least > 0)):
        whole = _then(whole, _positions(tree.body, positions), positions)
    if tree.most is None:
        loop = _positions(tree.body, positions)
        positions.link(loop, loop)
        loop.empty = int(tree.least == 0)
        return _then(whole, loop, positions)
    tail = Part(empty=1)
    for _ in range(tree.most - tree.least):  # from the inside: (x(x(x)?)?)?
        tail = _then(_positions(tree.body, positions), tail, positions)
        tail.empty = 1
    return _then(whole, tail, positions)
