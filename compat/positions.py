"""Where the values of a JSON text stand: line and column per JSON pointer.

The decoders of the standard library keep no positions. This scanner reads a text that a decoder has already taken,
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
    starts = [0, *(newline.end() for newline in re.finditer(r"\r\n|\n|\r", text))]
    return Positions(tuple(starts), offsets, tuple(duplicates))


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
    name = string[1:-1]
    if "\\" in name:
        try:
            name = json.loads(string, strict=False)
        except ValueError:
            return False
    inner.key = name
    if name in inner.seen:
        duplicates[inner.next_pointer()] = None
    inner.seen.add(name)
    return True
