"""Text of schemas and events as marked lines of HTML. Everything is escaped before it is marked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup, escape

LONGEST: Final = 400_000
"""Characters beyond which a text is shown without colours."""
MOST_LINES: Final = 4_000
"""Lines of one event beyond which the rest is left out, with a note."""

_JSON = re.compile(
    r'(?P<key>"(?:[^"\\\n]|\\.)*"(?=\s*:))|(?P<str>"(?:[^"\\\n]|\\.)*")'
    r"|(?P<num>-?\b\d+(?:\.\d+)?(?:[eE][-+]?\d+)?\b)|(?P<lit>\b(?:true|false|null)\b)"
)
_PROTO = re.compile(
    r"(?P<com>//[^\n]*|/\*.*?\*/)|(?P<str>\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')|(?P<num>\b\d+(?:\.\d+)?\b)"
    r"|(?P<lit>\b(?:syntax|edition|package|import|public|option|message|enum|oneof|map|repeated|optional|required"
    r"|reserved|extensions|extend|service|rpc|returns|stream|to|max|true|false)\b)"
    r"|(?P<key>\b(?:double|float|u?int(?:32|64)|s(?:int|fixed)(?:32|64)|fixed(?:32|64)|bool|string|bytes)\b)",
    re.DOTALL,
)


def highlight(text: str, format_: str) -> list[Markup]:
    """The lines of a definition, tokens marked with classes (``t-key``, ``t-str`` …)."""
    if len(text) > LONGEST:
        return [escape(line) for line in text.split("\n")]
    pattern = _PROTO if format_ == "PROTOBUF" else _JSON
    pieces: list[Markup] = []
    at = 0
    for found in pattern.finditer(text):
        pieces.append(escape(text[at : found.start()]))
        # a token over several lines is closed and opened again at each, so that every line stands alone
        pieces.append(_NEWLINE.join(_span(str(found.lastgroup), part) for part in found.group().split("\n")))
        at = found.end()
    pieces.append(escape(text[at:]))
    return Markup("").join(pieces).split("\n")


_NEWLINE = Markup("\n")


def _span(group: str, text: str) -> Markup:
    return Markup('<span class="t-{}">{}</span>').format(group, text)


def pretty(text: str, format_: str) -> str:
    """A JSON definition written on one line, indented; any other text as it is."""
    if format_ == "PROTOBUF" or "\n" in text.strip():
        return text
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def json_text(value: object) -> str:
    """A JSON-ready value as indented text."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def compact(value: object, longest: int = 120) -> str:
    """A JSON-ready value on one line, cut where it is too long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= longest else text[: longest - 1] + "…"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an event beside another: how it differs (``added``, ``removed``, ``changed`` or empty)."""

    mark: str
    html: Markup


_MARKS: Final = {"added": "+", "removed": "-", "changed": "~", "gap": "@", "": " "}


def beside(before: object, after: object) -> list[Line]:
    """The later of two events as lines: what it has anew, what changed, and what is gone, each in its place."""
    lines: list[tuple[str, str]] = []
    _compare(lines, "", before, after, "", 0, "")
    if len(lines) > MOST_LINES:
        lines = [*lines[:MOST_LINES], ("", f"… {len(lines) - MOST_LINES} more lines")]
    return [Line(mark, highlight(text, "JSON")[0]) for mark, text in lines]


def _compare(
    lines: list[tuple[str, str]], head: str, before: object, after: object, tail: str, depth: int, pad: str
) -> None:
    if len(lines) > 4 * MOST_LINES:
        return
    if depth < 60 and isinstance(before, dict) and isinstance(after, dict) and (before or after):
        keys = _merged(list(before), list(after))
        lines.append(("", f"{pad}{head}{{"))
        last = next((key for key in reversed(keys) if key in after), None)
        for key in keys:
            name, comma = f"{json.dumps(key, ensure_ascii=False)}: ", "" if key == last else ","
            _member(lines, name, before, after, key, comma, depth, pad)
        lines.append(("", f"{pad}}}{tail}"))
    elif depth < 60 and isinstance(before, list) and isinstance(after, list) and (before or after):
        lines.append(("", f"{pad}{head}["))
        was, now = dict(enumerate(before)), dict(enumerate(after))
        for index in range(max(len(before), len(after))):
            _member(lines, "", was, now, index, "" if index == len(after) - 1 else ",", depth, pad)
        lines.append(("", f"{pad}]{tail}"))
    elif type(before) is type(after) and before == after:
        _whole(lines, "", head, after, tail, pad)
    else:
        _whole(lines, "changed", head, after, tail, pad)


def _member(
    lines: list[tuple[str, str]],
    name: str,
    before: Mapping[Any, object],
    after: Mapping[Any, object],
    key: object,
    comma: str,
    depth: int,
    pad: str,
) -> None:
    if key not in after:
        _whole(lines, "removed", name, before[key], "", pad + "  ")
    elif key not in before:
        _whole(lines, "added", name, after[key], comma, pad + "  ")
    else:
        _compare(lines, name, before[key], after[key], comma, depth + 1, pad + "  ")


def _whole(lines: list[tuple[str, str]], mark: str, head: str, value: object, tail: str, pad: str) -> None:
    text = head + json_text(value) + tail
    lines.extend((mark, pad + line) for line in text.split("\n"))


def _merged(before: list[str], after: list[str]) -> list[str]:
    """Keys of both, in the order of the later; one that is gone stands behind its former neighbour."""
    merged = list(after)
    present = set(after)
    place = 0
    for key in before:
        if key in present:
            place = merged.index(key) + 1
        else:
            merged.insert(place, key)
            place += 1
    return merged


def mark_sign(line: Line) -> str:
    """The sign that stands before a line, so that its colour is not alone."""
    return _MARKS[line.mark]
