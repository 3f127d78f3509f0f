"""Tags in schemas that are written as JSON: the member ``confluent:tags``, changed without touching the rest."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from compat.entity import Entity, Tags
from compat.positions import scan

TAGS: Final = "confluent:tags"

_NAME: Final = f'"{TAGS}"'
_COMMA: Final = re.compile(r"\s*,")

Holders = Iterable[tuple[Entity, str, Any]]
"""Each entity with the JSON pointer of the object that carries its tags, and that object."""


def read(holders: Holders) -> Tags:
    """The tags of every entity that has some."""
    found: dict[Entity, frozenset[str]] = {}
    for entity, _, holder in holders:
        if tags := frozenset(tag for tag in _listed(holder) if isinstance(tag, str)):
            found[entity] = found.get(entity, frozenset()) | tags
    return found


def write(text: str, holders: Holders, wanted: Tags) -> str:
    """The text with exactly these tags at these entities; those of others stay."""
    offsets = scan(text).offsets
    tags = {pointer: sorted(wanted[entity]) for entity, pointer, _ in holders if entity in wanted}
    edits = [_edit(text, offsets[pointer], offsets.get(f"{pointer}/{TAGS}"), tags[pointer]) for pointer in tags]
    for start, end, written in sorted(edits, reverse=True):
        text = text[:start] + written + text[end:]
    return text


def _listed(holder: Mapping[str, Any]) -> list[Any]:
    tags = holder.get(TAGS)
    return tags if isinstance(tags, list) else []


def _edit(text: str, holder: int, value: int | None, tags: list[str]) -> tuple[int, int, str]:
    """(start, end, replacement) that sets, adds or takes out the member of the object that begins at ``holder``."""
    written = json.dumps(tags, ensure_ascii=False)
    if value is not None:
        end = _end(text, value)
        return (value, end, written) if tags else _removal(text, value, end)
    last = len(text[: _end(text, holder) - 1].rstrip())
    comma = "" if text[last - 1] == "{" else ", "
    return last, last, f'{comma}"{TAGS}": {written}' if tags else ""


def _removal(text: str, value: int, end: int) -> tuple[int, int, str]:
    """A member with the one comma that would be left over."""
    name = text.rfind(_NAME, 0, value)
    if text[name + len(_NAME) : value].strip() != ":":  # its name is spelt with escapes
        return value, end, "[]"
    before = text[:name].rstrip()
    if before.endswith(","):
        return len(before) - 1, end, ""
    comma = _COMMA.match(text, end)
    return name, end if comma is None else comma.end(), ""


def _end(text: str, start: int) -> int:
    """Where the value ends that begins here."""
    _, end = json.JSONDecoder(strict=False).raw_decode(text, start)
    return end
