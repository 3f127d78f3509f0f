"""Where the values of a JSON text stand: line and column per JSON pointer.

The decoders of the standard library keep no positions. The scanner reads a text that a decoder has already taken,
so it judges nothing: at the first character that is not JSON it stops and keeps what it has found. It holds its own
stack, hence no nesting exhausts Python's; below ``DEEPEST`` it keeps no positions, since pointers grow with the depth.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final

DEEPEST: Final = 1_000
"""How many levels deep positions are kept: no decoder that recurses gets there."""

FEW: Final = 50
"""Values of one text that are looked up one by one."""

_DECODER: Final = json.JSONDecoder(strict=False)
_WHITE: Final = re.compile(r"[ \t\n\r\ufeff]*")
_COMMA: Final = re.compile(r"[ \t\n\r\ufeff]*,?")
_NAME: Final = re.compile(r"""[ \t\n\r\ufeff]*("(?:[^"\\]|\\.)*")[ \t\n\r\ufeff]*:[ \t\n\r\ufeff]*""", re.DOTALL)
_TOKEN: Final = re.compile(
    r"""[ \t\n\r\ufeff]*(?:
        (?P<mark>[{}\[\],:])
      | (?P<string>"(?:[^"\\]|\\.)*")
      | (?P<scalar>[^\s{}\[\],:"]+)
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Positions:
    """The positions of one text, lines and columns counted from 1, columns in characters."""

    lines: tuple[int, ...]
    offsets: dict[str, int]
    duplicates: tuple[str, ...]
    """Pointers of members whose name stands more than once in its object, each once."""

    def find(self, pointer: str) -> tuple[int, int] | None:
        """Line and column of the value a pointer names; None for a place that is not in the text."""
        offset = self.offsets.get(pointer)
        if offset is None:
            return None
        line = bisect_right(self.lines, offset)
        return line, offset - self.lines[line - 1] + 1


@dataclass(slots=True)
class _Open:
    """An object or array that is being read: where it is, and which member comes next."""

    pointer: str
    is_object: bool
    index: int = 0
    key: str | None = None
    seen: set[str] = field(default_factory=set)

    def next_pointer(self) -> str:
        return f"{self.pointer}/{escape(self.key or '') if self.is_object else self.index}"


def escape(name: str) -> str:
    """A member name as one step of a JSON pointer (RFC 6901, section 3)."""
    return name.replace("~", "~0").replace("/", "~1") if "~" in name or "/" in name else name


def scan(text: str) -> Positions:
    """Read the positions of every value in a JSON text. Linear; never raises."""
    offsets: dict[str, int] = {}
    duplicates: dict[str, None] = {}
    stack: list[_Open] = []
    end, size = 0, len(text)
    while end < size and (token := _TOKEN.match(text, end)) is not None:
        end = token.end()
        start = token.start(token.lastgroup or 0)
        if not _take(token, start, stack, offsets, duplicates):
            break
    return Positions(_lines(text), offsets, tuple(duplicates))


def _lines(text: str) -> tuple[int, ...]:
    """Where the lines begin."""
    return (0, *(newline.end() for newline in re.finditer(r"\r\n|\n|\r", text)))


class Finder:
    """The positions of single values of a text that a decoder has taken, looked up when they are asked for.

    A value is reached by decoding what stands around it, in a tenth of the time that it takes to scan the text; which
    is done once many were asked for.
    """

    __slots__ = ("_all", "_asked", "_members", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._asked = 0
        self._members: dict[int, dict[str, int]] = {}
        """Where the values of the members of an object begin, by where the object begins."""
        self._all: Positions | None = None

    def find(self, pointer: str) -> tuple[int, int] | None:
        """Line and column of the value a pointer names; None for a place that is not in the text."""
        self._asked += 1
        if self._all is None and self._asked <= FEW:
            try:
                offset = self._offset(pointer)
            except (ValueError, IndexError, RecursionError):
                pass  # not what this decoder takes
            else:
                return None if offset is None else _line_and_column(self._text, offset)
        if self._all is None:
            self._all = scan(self._text)
        return self._all.find(pointer)

    def _offset(self, pointer: str) -> int | None:
        """Where the value of a pointer begins; None if there is none."""
        text = self._text
        at: int | None = _past(_WHITE, text, 0)
        for step in pointer.split("/")[1:]:
            if at is None or text[at] not in "{[":
                return None
            if text[at] == "{":
                if at not in self._members:
                    self._members[at] = _members(text, at)
                at = self._members[at].get(step.replace("~1", "/").replace("~0", "~"))
            else:
                at = _item(text, at, int(step)) if step.isdecimal() else None
        return at


def _line_and_column(text: str, offset: int) -> tuple[int, int]:
    if "\r" in text:
        return Positions(_lines(text), {"": offset}, ()).find("") or (1, 1)
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _members(text: str, at: int) -> dict[str, int]:
    """Where the values of the members of the object at ``at`` begin; of members of one name, of the last one."""
    found: dict[str, int] = {}
    at += 1
    while name := _NAME.match(text, at):
        at = name.end()
        found[_name(name[1])] = at
        at = _following(text, at)
    return found


def _item(text: str, at: int, index: int) -> int | None:
    """Where an item of the array at ``at`` begins."""
    at = _past(_WHITE, text, at + 1)
    while text[at] != "]" and index > 0:
        at, index = _past(_WHITE, text, _following(text, at)), index - 1
    return None if text[at] == "]" else at


def _following(text: str, at: int) -> int:
    """Past the value at ``at`` and the comma behind it, if there is one."""
    _, at = _DECODER.raw_decode(text, at)
    return _past(_COMMA, text, at)


def _past(what: re.Pattern[str], text: str, at: int) -> int:
    found = what.match(text, at)
    return at if found is None else found.end()


def _name(string: str) -> str:
    """The name that a string of the text, with its quotes, spells. Raises ValueError."""
    return str(json.loads(string, strict=False)) if "\\" in string else string[1:-1]


def _take(
    token: re.Match[str], start: int, stack: list[_Open], offsets: dict[str, int], duplicates: dict[str, None]
) -> bool:
    """Take one token in; False once the text is over or is not JSON."""
    mark = token["mark"]
    inner = stack[-1] if stack else None
    if mark in ("}", "]"):
        if inner is None:
            return False
        stack.pop()
        return bool(stack)
    if mark == ",":
        if inner is None:
            return False
        inner.index, inner.key = inner.index + 1, None
        return True
    if mark == ":":
        return inner is not None
    if inner is not None and inner.is_object and inner.key is None:
        return _take_name(token["string"], inner, duplicates)
    pointer = ""
    if len(stack) <= DEEPEST:
        pointer = inner.next_pointer() if inner is not None else ""
        offsets[pointer] = start
    if mark is None:
        return inner is not None
    stack.append(_Open(pointer, is_object=mark == "{"))
    return True


def _take_name(string: str | None, inner: _Open, duplicates: dict[str, None]) -> bool:
    if string is None:
        return False
    try:
        name = _name(string)
    except ValueError:
        return False
    inner.key = name
    if name in inner.seen:
        duplicates[inner.next_pointer()] = None
    inner.seen.add(name)
    return True
