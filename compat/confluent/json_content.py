"""Content models: what a container allows beside what it names, and what that means for what is added or removed.

*Open* allows anything, *partially open* what a schema takes, *closed* nothing. Added things are judged by the
original's model, removed ones by the update's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from compat.confluent.json_model import Model, Node, Shape
from compat.confluent.json_parts import Asking, Below, Part, seen


@dataclass(frozen=True, slots=True)
class Content:
    """How one thing that is not named is treated: ``cover`` takes it, or it is open, or closed."""

    is_open: bool = False
    cover: Node | None = None


def allows_anything(node: Node | None) -> bool:
    """Whether a keyword about what else is allowed is absent or ``true``."""
    return node is None or node.location.raw is True


def allows_nothing(node: Node | None) -> bool:
    """Whether a keyword about what else is allowed is ``false``."""
    return node is not None and node.location.raw is False


def content(*others: Node | None, plain: bool = True) -> Content:
    """From the keywords about what else is allowed, the most telling first; ``plain``: nothing else closes it."""
    for other in others:
        if not allows_anything(other) and not allows_nothing(other):
            return Content(cover=other)
    return Content(is_open=plain and all(allows_anything(other) for other in others))


def openness(old: Node, new: Node, before: Node | None, after: Node | None, keyword: str, name: str) -> Iterator[Part]:
    """A keyword about what else is allowed: schemas are compared, a boolean has kinds of its own."""
    if allows_nothing(before) or allows_nothing(after):
        if not (allows_nothing(before) and allows_nothing(after)):
            yield seen(f"{name}_{'ADDED' if allows_nothing(before) else 'REMOVED'}", old, new, keyword)
    elif allows_anything(before) or allows_anything(after):
        if not (allows_anything(before) and allows_anything(after)):
            yield seen(f"{name}_{'NARROWED' if allows_anything(before) else 'EXTENDED'}", old, new, keyword)
    elif before is not None and after is not None:
        yield Below(before, after, f"/{keyword}")


def covered(asking: Asking, old: Node, new: Node) -> str:
    """How a kind says whether what else is allowed agrees with what was added or removed."""
    return "IS_COVERED" if asking.accepted(old, new) else "NOT_COVERED"


def is_empty(model: Model, node: Node) -> bool:
    """Whether a schema takes everything."""
    return model.resolved(node).shape is Shape.EMPTY


def is_false(node: Node) -> bool:
    """Whether a schema is the literal ``false``."""
    return node.location.raw is False
