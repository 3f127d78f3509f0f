"""One text for all spellings of a schema that differ in comments and white space: printed from the source's tokens.

Every word stays as it was written; elements of a file and of a message come in one order (options, reservations,
fields, messages, enums, extensions, services), messages before enums, and keep their order among themselves. Only
text that protoc has accepted comes here, so its structure is known to be sound.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = re.compile(
    r"""
      (?P<space>\s+|//[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<string>"(?:\\.|[^"\\])*+(?:"|\\?\Z)|'(?:\\.|[^'\\])*+(?:'|\\?\Z))
    | (?P<number>\.?[0-9](?:[eE][+-]|[A-Za-z0-9_.])*)
    | (?P<name>\.?[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
    | (?P<symbol>.)
    """,
    re.VERBOSE | re.DOTALL,
)

_FILE_ORDER: Final = ("syntax", "edition", "package", "import", "option", "message", "enum", "extend", "service")
_BODY_ORDER: Final = ("option", "reserved", "field", "extensions", "message", "enum", "extend")
_MODIFIERS: Final = frozenset({"export", "local"})
_LABELS: Final = frozenset({"optional", "required", "repeated"})
_NO_SPACE_BEFORE: Final = frozenset(",;)]>:.")
_NO_SPACE_AFTER: Final = frozenset("([<.-+")


@dataclass(frozen=True, slots=True)
class _Element:
    """A statement, or a block with what stands in it."""

    head: tuple[str, ...]
    body: tuple[_Element, ...] | None = None

    @property
    def keyword(self) -> str:
        """What the element is: its first word, with fields under one name."""
        first = self.head[0]
        if first in _MODIFIERS and len(self.head) > 1 and self.head[1] in {"message", "enum"}:
            return self.head[1]
        if self.body is None:
            return first
        return "field" if first in _LABELS or first == "group" else first

    @property
    def makes_type(self) -> bool:
        """Whether a message type comes into being where this field stands: a map's entry, a group."""
        if self.body is not None and "group" in self.head[:2]:
            return True
        if self.head[0] == "map" and len(self.head) > 1 and self.head[1] == "<":
            return True
        return self.keyword in {"oneof", "extend"} and any(element.makes_type for element in self.body or ())


def canonical(text: str) -> str:
    """The canonical text of a schema that protoc has accepted; canonical text stays as it is."""
    lines: list[str] = []
    previous = ""
    for element in _file_order(list(_elements(tokens(text)))):
        keyword = element.keyword
        if lines and (element.body is not None or keyword != previous) and keyword != "package":
            lines.append("")
        lines += _lines(element, 0)
        previous = keyword
    return "\n".join(lines) + "\n"


def tokens(text: str) -> Iterator[str]:
    """The tokens without comments; a name that comments or white space cut at its dots is joined again."""
    held = ""
    for found in _TOKEN.finditer(text.removeprefix("\ufeff")):
        if found.lastgroup == "space":
            continue
        word = found.group()
        dotted = held.endswith(".") or (held and word.startswith("."))
        if dotted and (word == "." or found.lastgroup == "name"):
            held += word
            continue
        if held:
            yield held
            held = ""
        if found.lastgroup == "name" or word == ".":
            held = word
        else:
            yield word
    if held:
        yield held


def _elements(source: Iterator[str]) -> Iterator[_Element]:
    """The elements up to the end of the block; nesting is bounded by what protoc accepts."""
    head: list[str] = []
    depth = 0
    for word in source:
        if depth == 0 and word == "}":
            return
        if depth == 0 and word == ";":
            if head:
                yield _Element(tuple(head))
            head = []
        elif depth == 0 and word == "{" and head[:1] != ["option"]:
            yield _Element(tuple(head), tuple(_elements(source)))
            head = []
        else:
            depth += (word in {"[", "{"}) - (word in {"]", "}"})
            head.append(word)
    if head:
        yield _Element(tuple(head))


def _file_order(elements: Sequence[_Element]) -> list[_Element]:
    ranks = {keyword: rank for rank, keyword in enumerate(_FILE_ORDER)}
    if any(element.keyword == "extend" and element.makes_type for element in elements):
        ranks["extend"] = ranks["message"]
    return sorted(elements, key=lambda element: ranks.get(element.keyword, len(ranks)))


def _body_order(elements: Sequence[_Element]) -> list[_Element]:
    """Message indexes count map entries and groups too, so messages move behind fields only where there are none."""
    ranks = {keyword: rank for rank, keyword in enumerate(_BODY_ORDER)}
    if any(element.makes_type for element in elements):
        ranks["message"] = ranks["extend"] = ranks["field"]
    return sorted(elements, key=lambda element: ranks.get(_body_keyword(element), ranks["field"]))


def _body_keyword(element: _Element) -> str:
    keyword = element.keyword
    if element.body is None and keyword in {"message", "enum", "extend"}:
        return "field"
    return keyword


def _lines(element: _Element, indent: int) -> Iterator[str]:
    pad = "  " * indent
    if element.body is None:
        yield f"{pad}{_spelt(element.head)};"
        return
    inner = element.body
    if element.keyword in {"message", "field"}:
        inner = tuple(_body_order(inner))
    if not inner:
        yield f"{pad}{_spelt(element.head)} {{}}"
        return
    yield f"{pad}{_spelt(element.head)} {{"
    for part in inner:
        yield from _lines(part, indent + 1)
    yield f"{pad}}}"


def _spelt(words: Sequence[str]) -> str:
    text = ""
    for position, word in enumerate(words):
        if position and _spaced(words[position - 1], word, words[0]):
            text += " "
        text += word
    return text


def _spaced(before: str, word: str, first: str) -> bool:
    if word in _NO_SPACE_BEFORE or before in _NO_SPACE_AFTER:
        return False
    if word.startswith(".") and before == ")":
        return False
    if word == "<":
        return before != "map"
    return not (word == "(" and first == "rpc" and before != "returns")
