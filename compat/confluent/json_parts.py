"""What the rules of JSON Schema are made of: differences at a place, pairs below it, and what a rule may ask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from compat.confluent.json_model import Model, Node
from compat.confluent.kinds import Seen
from compat.json_schema.values import is_number
from compat.json_schema.views import fragment
from compat.verdict import Fragment


@dataclass(frozen=True, slots=True, eq=False)
class Below:
    """A pair of schemas that has to be accepted, too, and whose differences count among those of the pair above."""

    original: Node
    update: Node
    path: str


Part: TypeAlias = Seen | Below


class Asking(Protocol):
    """What a rule may ask: both schemas, and whether another pair is accepted."""

    original: Model
    update: Model

    def matches(self, pattern: str, name: str) -> bool: ...

    def accepted(self, original: Node, update: Node) -> bool: ...

    def accepted_turned_round(self, original: Node, update: Node) -> bool: ...


def seen(kind: str, old: Node, new: Node, keyword: str = "", *steps: str | int, detail: str = "") -> Seen:
    """A difference at a keyword of two schemas, or of the schemas themselves."""
    path = "".join(f"/{step}" for step in (keyword, *steps)) if keyword else ""
    return Seen(kind, path, _fragment(old, keyword, *steps), _fragment(new, keyword, *steps), detail)


def limits(old: Node, new: Node, *keywords: tuple[str, str]) -> Iterator[Part]:
    """Limits by keyword and the beginning of their kinds' names."""
    for keyword, name in keywords:
        before, after = number(old, keyword), number(new, keyword)
        if before is None and after is None:
            continue
        if before is None or after is None:
            yield seen(f"{name}_{'ADDED' if before is None else 'REMOVED'}", old, new, keyword)
        elif before != after:
            yield seen(f"{name}_{'INCREASED' if before < after else 'DECREASED'}", old, new, keyword)


def _fragment(node: Node, keyword: str, *steps: str | int) -> Fragment | None:
    try:
        return fragment(node.location, keyword, *steps)
    except (LookupError, TypeError):
        return None


def number(node: Node, keyword: str) -> float | None:
    """A limit as a double; a boolean one is none."""
    value = node.get(keyword)
    if not is_number(value):
        return None
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
