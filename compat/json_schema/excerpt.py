"""The part of a schema that speaks about one event.

It lacks the ``properties`` of names that the event has nowhere, and the schemas of items if all its arrays are empty.

What ``properties`` says about a name concerns objects that have such a member, and whether ``additionalProperties`` or
``unevaluatedProperties`` concern a member depends on its own name only. So the excerpt says about the event what the
schema says, and a validator that must compile what it is given has a few properties to compile and not thousands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from compat.json_schema.schema import LISTED, NAMED, SINGLE, ParsedSchema

_DEFINITIONS: Final = ("definitions", "$defs")
_ITEMS: Final = frozenset({"additionalItems", "items", "prefixItems", "unevaluatedItems"})
_TYING: Final = frozenset({
    "$anchor", "$dynamicAnchor", "$dynamicRef", "$id", "$recursiveAnchor", "$recursiveRef", "id",
})  # fmt: skip
"""Keywords by which something may be referred to from anywhere."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What of a payload decides which part of a schema speaks about it."""

    names: frozenset[str]
    """Of all members, at every depth."""
    has_items: bool
    """Whether any array has items."""


def excerpt(schema: ParsedSchema, subject: Subject) -> Any:
    """A schema as it speaks about a payload; the whole one where references lead elsewhere than to definitions."""
    whole = schema.root.raw
    if len(schema.documents) > 1 or not isinstance(whole, dict):
        return whole
    try:
        return _Excerpt(whole, subject).root()
    except (_Tied, RecursionError):
        return whole


def subject_of(payload: Any) -> Subject:
    """Of a payload."""
    names: set[str] = set()
    has_items = False
    pending = [payload]
    while pending:
        here = pending.pop()
        if isinstance(here, dict):
            names.update(here)
            pending += here.values()
        elif isinstance(here, list):
            has_items = has_items or bool(here)
            pending += here
    return Subject(frozenset(names), has_items)


class _Tied(Exception):
    """The schema cannot be taken apart."""


class _Excerpt:
    def __init__(self, whole: dict[str, Any], subject: Subject) -> None:
        self._whole = whole
        self._names = subject.names
        self._has_items = subject.has_items
        self._wanted: dict[tuple[str, str], Any] = {}
        """The definitions that are referred to, by keyword and name."""

    def root(self) -> dict[str, Any]:
        made = self._schema(self._whole, is_root=True)
        done: dict[tuple[str, str], Any] = {}
        while len(done) < len(self._wanted):
            for way in [way for way in self._wanted if way not in done]:
                done[way] = self._any(self._wanted[way])
        for (keyword, name), raw in done.items():
            made.setdefault(keyword, {})[name] = raw
        return made

    def _any(self, raw: Any) -> Any:
        return self._schema(raw) if isinstance(raw, dict) else raw

    def _schema(self, raw: dict[str, Any], *, is_root: bool = False) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for keyword, value in raw.items():
            if keyword in _TYING and not (is_root and keyword in ("$id", "id")):
                raise _Tied
            if keyword in _ITEMS and not self._has_items:
                continue
            if keyword == "$ref":
                self._follow(value)
                made[keyword] = value
            elif keyword in _DEFINITIONS:
                if not is_root:
                    raise _Tied
            elif keyword == "properties" and isinstance(value, dict):
                made[keyword] = {name: self._any(value[name]) for name in self._met(value)}
            elif keyword in NAMED and isinstance(value, dict):
                made[keyword] = {name: self._any(each) for name, each in value.items()}
            elif keyword in LISTED and isinstance(value, list):
                made[keyword] = [self._any(each) for each in value]
            elif keyword in SINGLE:
                made[keyword] = self._any(value)
            else:
                made[keyword] = value
        return made

    def _met(self, properties: dict[str, Any]) -> list[str]:
        if len(self._names) < len(properties):
            return sorted(name for name in self._names if name in properties)
        return [name for name in properties if name in self._names]

    def _follow(self, reference: Any) -> None:
        """Note the definition that is referred to. Raises _Tied for a reference to anything else but the root."""
        if reference == "#":
            return
        start, _, rest = str(reference).partition("/")
        keyword, _, name = rest.partition("/")
        name = name.replace("~1", "/").replace("~0", "~") if "/" not in name and "%" not in name else ""
        if start != "#" or keyword not in _DEFINITIONS or name not in self._whole.get(keyword, ()):
            raise _Tied
        self._wanted[keyword, name] = self._whole[keyword][name]
