"""What changed between two schemas, for people: keyword by keyword along both texts, judged by nobody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from compat.json_schema.schema import LISTED, NAMED, SINGLE, Location, ParsedSchema
from compat.json_schema.text import shortened
from compat.json_schema.values import equal
from compat.json_schema.views import MAX_TEXT
from compat.verdict import Difference, Fragment

ANNOTATIONS: Final = frozenset({
    "$comment", "$id", "$schema", "contentEncoding", "contentMediaType", "contentSchema", "default", "deprecated",
    "description", "examples", "id", "readOnly", "self", "title", "writeOnly",
})  # fmt: skip
"""Keywords that accept and refuse nothing."""

Steps = tuple[str | int, ...]


def differences(old: ParsedSchema, new: ParsedSchema) -> Iterator[Difference]:
    """Everything that changed, in the order of the old definition, then what the new one adds."""
    if old.dialect is not new.dialect:
        message = f"the dialect changed from {old.dialect.name} to {new.dialect.name}"
        yield Difference("DIALECT_CHANGED", message, _at(old.root, ()), _at(new.root, ()))
    yield from _schemas(old.root, new.root, (), ())


def _schemas(old: Location, new: Location, here: Steps, there: Steps) -> Iterator[Difference]:
    """The differences of two schemas that stand for the same place; the steps lead to them in their documents."""
    before, after = _value(old, here), _value(new, there)
    if equal(before, after):
        return
    if not isinstance(before, dict) or not isinstance(after, dict):
        message = f"{_name(here)}: the schema {_short(before)} became {_short(after)}"
        yield Difference("SCHEMA_REPLACED", message, _at(old, here), _at(new, there))
        return
    for keyword in [*before, *(name for name in after if name not in before)]:
        if keyword not in after:
            yield from _gone(old, (*here, keyword))
        elif keyword not in before:
            yield from _come(new, (*there, keyword))
        elif not equal(before[keyword], after[keyword]):
            yield from _changed(old, new, (*here, keyword), (*there, keyword))


def _changed(old: Location, new: Location, here: Steps, there: Steps) -> Iterator[Difference]:
    keyword = str(here[-1])
    before, after = _value(old, here), _value(new, there)
    if keyword in SINGLE and _is_schema(before) and _is_schema(after):
        yield from _schemas(old, new, here, there)
    elif keyword in LISTED and isinstance(before, list) and isinstance(after, list):
        for index in range(min(len(before), len(after))):
            yield from _schemas(old, new, (*here, index), (*there, index))
        for index in range(len(after), len(before)):
            yield from _gone(old, (*here, index))
        for index in range(len(before), len(after)):
            yield from _come(new, (*there, index))
    elif keyword in NAMED and isinstance(before, dict) and isinstance(after, dict):
        yield from _named(old, new, here, there)
    else:
        rule = "ANNOTATION_CHANGED" if keyword in ANNOTATIONS else "KEYWORD_CHANGED"
        message = f"{_name(here)} changed from {_short(before)} to {_short(after)}"
        yield Difference(rule, message, _at(old, here), _at(new, there))


def _named(old: Location, new: Location, here: Steps, there: Steps) -> Iterator[Difference]:
    before, after = _value(old, here), _value(new, there)
    for name in [*before, *(name for name in after if name not in before)]:
        if name not in after:
            yield from _gone(old, (*here, name))
        elif name not in before:
            yield from _come(new, (*there, name))
        elif _is_schema(before[name]) and _is_schema(after[name]):
            yield from _schemas(old, new, (*here, name), (*there, name))
        elif not equal(before[name], after[name]):
            message = f"{_name((*here, name))} changed from {_short(before[name])} to {_short(after[name])}"
            yield Difference("KEYWORD_CHANGED", message, _at(old, (*here, name)), _at(new, (*there, name)))


def _gone(old: Location, here: Steps) -> Iterator[Difference]:
    rule = _rule(here, "REMOVED")
    yield Difference(rule, f"{_name(here)} was removed", _at(old, here), None)


def _come(new: Location, there: Steps) -> Iterator[Difference]:
    rule = _rule(there, "ADDED")
    yield Difference(rule, f"{_name(there)} was added: {_short(_value(new, there))}", None, _at(new, there))


def _rule(steps: Steps, change: str) -> str:
    if len(steps) > 1 and steps[-2] == "properties":
        return f"PROPERTY_{change}"
    return "ANNOTATION_CHANGED" if steps[-1] in ANNOTATIONS else f"KEYWORD_{change}"


def _is_schema(value: Any) -> bool:
    return isinstance(value, (dict, bool))


def _value(location: Location, steps: Steps) -> Any:
    value = location.raw
    for step in steps:
        value = value[step]
    return value


def _at(location: Location, steps: Steps) -> Fragment:
    return Fragment(location.document.place(location.step(*steps)), _short(_value(location, steps)))


def _short(value: Any) -> str:
    return shortened(value, MAX_TEXT)


def _name(steps: Steps) -> str:
    """The place in words: ``items of properties tags``."""
    return "/".join(map(str, steps)) or "the schema"
