"""The schemas that a schema text declares for one place of an event: for showing what stood there before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from compat.json_schema import text
from compat.json_schema.schema import Location, ParsedSchema
from compat.verdict import Fragment

MAX_TEXT: Final = 200
_MAX_LOCATIONS: Final = 200
_BRANCHES: Final = ("allOf", "anyOf", "oneOf")


def fragment(location: Location, keyword: str, *steps: str | int) -> Fragment:
    """A keyword of a schema, or something in it, as it reads there; the schema itself if the keyword is empty."""
    value = location.raw
    names: tuple[str | int, ...] = (keyword, *steps) if keyword else ()
    for name in names:
        value = value[name]
    return Fragment(location.document.place(location.step(*names)), text.shortened(value, MAX_TEXT))


class Views:
    """The schemas of one place, those reached through references and combinations included."""

    def __init__(self, schema: ParsedSchema, locations: list[Location]) -> None:
        self.schema = schema
        self.locations = list(_spread(schema, locations))

    def keyword(self, keyword: str) -> Location | None:
        """The first schema that has a keyword."""
        return next((each for each in self.locations if isinstance(each.raw, dict) and keyword in each.raw), None)

    def fragment(self, keyword: str, *steps: str | int) -> Fragment | None:
        """How a keyword, or something in it, reads; None where it is absent."""
        if not keyword:
            return fragment(self.locations[0], "") if self.locations else None
        for each in self.locations:
            if isinstance(each.raw, dict) and keyword in each.raw:
                try:
                    return fragment(each, keyword, *steps)
                except (LookupError, TypeError):
                    continue
        return None

    def names(self) -> list[str]:
        """The names of all declared properties."""
        found: dict[str, None] = {}
        for each in self._objects():
            found.update(dict.fromkeys(_named(each.raw.get("properties"))))
        return list(found)

    def member(self, name: str, matches: Callable[[str, str], bool | None]) -> Views:
        """The schemas of a member."""
        return Views(self.schema, [below for each in self._objects() for below in _member(each, self, name, matches)])

    def item(self, index: int) -> Views:
        """The schemas of an item."""
        return Views(self.schema, [below for each in self._objects() for below in _item(each, self, index)])

    def below(self, location: Location, raw: Any, *steps: str | int) -> Location:
        if isinstance(raw, dict):
            return self.schema.locate(raw, location)
        return Location(raw, location.document, location.step(*steps), location.dialect, location.resolver)

    def _objects(self) -> Iterator[Location]:
        return (each for each in self.locations if isinstance(each.raw, dict))


def _member(
    location: Location, views: Views, name: str, matches: Callable[[str, str], bool | None]
) -> Iterator[Location]:
    raw = location.raw
    named, patterned = raw.get("properties"), raw.get("patternProperties")
    found = False
    if isinstance(named, dict) and name in named:
        found = True
        yield views.below(location, named[name], "properties", name)
    for pattern in patterned if isinstance(patterned, dict) else ():
        if matches(pattern, name):
            found = True
            yield views.below(location, patterned[pattern], "patternProperties", pattern)
    other = raw.get("additionalProperties")
    if not found and isinstance(other, dict):
        yield views.below(location, other, "additionalProperties")


def _item(location: Location, views: Views, index: int) -> Iterator[Location]:
    raw = location.raw
    items, prefix = raw.get("items"), raw.get("prefixItems")
    listed, keyword = (items, "items") if isinstance(items, list) else (prefix, "prefixItems")
    if isinstance(listed, list) and index < len(listed):
        yield views.below(location, listed[index], keyword, index)
    elif isinstance(items, dict):
        yield views.below(location, items, "items")
    elif isinstance(items, list) and isinstance(raw.get("additionalItems"), dict):
        yield views.below(location, raw["additionalItems"], "additionalItems")


def _named(value: Any) -> list[str]:
    return list(value) if isinstance(value, dict) else []


def _spread(schema: ParsedSchema, locations: list[Location]) -> Iterator[Location]:
    pending = list(reversed(locations))
    seen: set[int] = set()
    while pending and len(seen) < _MAX_LOCATIONS:
        here = pending.pop()
        if id(here.raw) in seen and isinstance(here.raw, dict):
            continue
        seen.add(id(here.raw))
        yield here
        if not isinstance(here.raw, dict):
            continue
        if isinstance(here.raw.get("$ref"), str):
            pending.append(schema.follow(here, here.raw["$ref"]))
        for keyword in _BRANCHES:
            branches = here.raw.get(keyword)
            for index, raw in enumerate(branches if isinstance(branches, list) else ()):
                if isinstance(raw, dict):
                    pending.append(schema.locate(raw, here))
                else:
                    pending.append(Location(raw, here.document, here.step(keyword, index), here.dialect, here.resolver))
