"""Rules of JSON Schema for combinations: ``allOf`` (a product), ``anyOf`` and ``oneOf`` (sums).

Branches are matched one to one, as many as can be; that branches of a oneOf may come to overlap is not looked at.
A criterion is relaxed if it becomes anyOf: which relaxations Confluent knows is not described.
"""

from __future__ import annotations

from collections.abc import Iterator

from compat.confluent.json_model import Node, Shape
from compat.confluent.json_parts import Asking, Below, Part, seen
from compat.confluent.matching import maximum_matching


def combinations(asking: Asking, old: Node, new: Node) -> Iterator[Part]:
    """Two schemas of which at least one combines others."""
    if old.shape is not Shape.COMBINED:
        fits = new.criterion != "allOf" and any(asking.accepted(old, each) for each in asking.update.branches(new))
        yield seen("SUM_TYPE_EXTENDED" if fits else "TYPE_CHANGED", old, new, new.criterion)
    elif new.shape is not Shape.COMBINED:
        fits = old.criterion == "allOf" and any(asking.accepted(each, new) for each in asking.original.branches(old))
        yield seen("PRODUCT_TYPE_NARROWED" if fits else "TYPE_CHANGED", old, new, old.criterion)
    elif old.criterion == new.criterion:
        yield from _sizes(asking, old, new)
        yield from _matched(asking, old, new)
    elif new.criterion == "anyOf":
        yield seen("COMBINED_TYPE_EXTENDED", old, new, new.criterion)
        if old.criterion == "oneOf":
            yield from _sizes(asking, old, new)
        yield from _matched(asking, old, new)
    else:
        yield seen("COMBINED_TYPE_CHANGED", old, new, new.criterion)


def _sizes(asking: Asking, old: Node, new: Node) -> Iterator[Part]:
    before, after = len(asking.original.branches(old)), len(asking.update.branches(new))
    if before != after:
        name = "PRODUCT" if old.criterion == "allOf" else "SUM"
        yield seen(f"{name}_TYPE_{'EXTENDED' if after > before else 'NARROWED'}", old, new, new.criterion)


def _matched(asking: Asking, old: Node, new: Node) -> Iterator[Part]:
    """As many branches as the smaller side has must find one each that they follow."""
    before, after = asking.original.branches(old), asking.update.branches(new)
    found = maximum_matching(len(before), len(after), lambda i, j: asking.accepted(before[i], after[j]))
    if len(found) < min(len(before), len(after)):
        yield seen("COMBINED_TYPE_SUBSCHEMAS_CHANGED", old, new, new.criterion)
        return
    for i, j in sorted(found.items()):
        yield Below(before[i], after[j], f"/{new.criterion}/{j}")
