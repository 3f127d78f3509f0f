"""What the outline of a version says at a place of its events."""

from __future__ import annotations

from collections.abc import Iterator

from compat.outline import Field, Kind, Type
from upcasters.path import Pointer


def field_at(outline: Type, at: Pointer) -> Field | None:
    """The field of an outline at a place; variants of a union and what null aside are looked through."""
    found: Field | None = None
    for name in at.parts:
        found = next((each for each in _fields(outline) if each.name == name), None)
        if found is None:
            return None
        outline = found.type
    return found


def type_at(outline: Type, at: Pointer) -> Type:
    """What stands at a place."""
    declared = field_at(outline, at)
    if declared is not None:
        return declared.type
    return Type(Kind.ANY, "") if at.parts else outline


def items_at(outline: Type, at: Pointer) -> Type:
    """The items of what stands at a place."""
    held = type_at(outline, at)
    return next((each.items for each in (held, *held.variants) if each.items is not None), Type(Kind.ANY, ""))


def _fields(outline: Type) -> Iterator[Field]:
    yield from outline.fields
    for variant in outline.variants:
        yield from variant.fields
