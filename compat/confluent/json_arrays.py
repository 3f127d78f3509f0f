"""Rules of JSON Schema for arrays: one schema for all items, or a tuple and what else is allowed.

The schema of ``contains`` is never compared: a known weakness, kept. Paths name the keywords of older drafts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from compat.confluent.json_content import Content, content, covered, is_empty, is_false, openness
from compat.confluent.json_model import Model, Node
from compat.confluent.json_parts import Asking, Below, Part, limits, seen


@dataclass(frozen=True, slots=True)
class _Items:
    """How an array's keywords read in any draft."""

    every: Node | None
    """The schema of all items, where there is no tuple."""
    tuple: tuple[Node, ...]
    additional: Node | None
    unevaluated: Node | None

    @property
    def content(self) -> Content:
        """What stands at the places that the tuple does not name."""
        if self.every is not None:
            return Content(cover=self.every)
        return content(self.additional, self.unevaluated)


def arrays(asking: Asking, old: Node, new: Node) -> Iterator[Part]:
    """Limits, what else is allowed, one schema for all, tuples."""
    before, after = _items(asking.original, old), _items(asking.update, new)
    yield from limits(old, new, ("maxItems", "MAX_ITEMS"), ("minItems", "MIN_ITEMS"))
    if old.location.dialect.order >= 2019 and new.location.dialect.order >= 2019:
        yield from limits(old, new, ("maxContains", "MAX_CONTAINS"), ("minContains", "MIN_CONTAINS"))
    if bool(old.get("uniqueItems")) != bool(new.get("uniqueItems")):
        yield seen(f"UNIQUE_ITEMS_{'REMOVED' if old.get('uniqueItems') else 'ADDED'}", old, new, "uniqueItems")
    yield from openness(old, new, before.additional, after.additional, "additionalItems", "ADDITIONAL_ITEMS")
    yield from openness(old, new, before.unevaluated, after.unevaluated, "unevaluatedItems", "UNEVALUATED_ITEMS")
    yield from _every(asking, old, new, before, after)
    yield from _tuples(asking, old, new, before, after)


def _every(asking: Asking, old: Node, new: Node, before: _Items, after: _Items) -> Iterator[Part]:
    if before.every is not None and after.every is not None:
        yield Below(before.every, after.every, "/items")
    elif after.every is not None and not before.tuple and not is_empty(asking.update, after.every):
        yield seen("SCHEMA_ADDED", old, new, "items")
    elif before.every is not None and not after.tuple and not is_empty(asking.original, before.every):
        yield seen("SCHEMA_REMOVED", old, new, "items")


def _tuples(asking: Asking, old: Node, new: Node, before: _Items, after: _Items) -> Iterator[Part]:
    common = min(len(before.tuple), len(after.tuple))
    for index in range(common):
        yield Below(before.tuple[index], after.tuple[index], f"/items/{index}")
    for index, item in enumerate(before.tuple[common:], common):
        yield seen(_removed(asking, item, after.content), old, new, "items", index)
    for index, item in enumerate(after.tuple[common:], common):
        yield seen(_added(asking, before.content, item), old, new, "items", index)


def _removed(asking: Asking, was: Node, model: Content) -> str:
    if model.is_open:
        return "ITEM_REMOVED_FROM_OPEN_CONTENT_MODEL"
    if model.cover is not None:
        return f"ITEM_REMOVED_{covered(asking, was, model.cover)}_BY_PARTIALLY_OPEN_CONTENT_MODEL"
    given = "_WITH_FALSE" if is_false(was) else ""
    return f"ITEM{given}_REMOVED_FROM_CLOSED_CONTENT_MODEL"


def _added(asking: Asking, model: Content, now: Node) -> str:
    if model.is_open:
        given = "_WITH_EMPTY_SCHEMA" if is_empty(asking.update, now) else ""
        return f"ITEM{given}_ADDED_TO_OPEN_CONTENT_MODEL"
    if model.cover is not None:
        return f"ITEM_ADDED_{covered(asking, model.cover, now)}_BY_PARTIALLY_OPEN_CONTENT_MODEL"
    return "ITEM_ADDED_TO_CLOSED_CONTENT_MODEL"


def _items(model: Model, node: Node) -> _Items:
    newest = node.location.dialect.order >= 2020
    listed = node.get("prefixItems") if newest else node.get("items")
    listed = listed if isinstance(listed, list) else []
    keyword = "prefixItems" if newest else "items"
    items = [item for index in range(len(listed)) if (item := model.child(node, keyword, index)) is not None]
    rest = model.child(node, "items") if newest else model.child(node, "additionalItems")
    unevaluated = model.child(node, "unevaluatedItems") if node.location.dialect.order >= 2019 else None
    if newest:
        return _Items(None if items else rest, tuple(items), rest if items else None, unevaluated)
    return _Items(None if items else model.child(node, "items"), tuple(items), rest, unevaluated)
