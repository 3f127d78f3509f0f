"""Limits of JSON Schema that became tighter: what old events may hold and the new version does not take.

Shapes know nothing of lengths, ranges and patterns. A draft that is silent about them does not hold, and cutting or
rounding would be a loss nobody asked for; so it proposes to refuse such events aloud, which a person confirms or
replaces.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeGuard

from compat.check import compare
from compat.formats import Parsed
from compat.outline import Kind, Type
from compat.verdict import Undecided
from upcasters.errors import InvalidDocument
from upcasters.expression import parse
from upcasters.path import ROOT, Pointer

_SIZES: Final = (
    ("minLength", 1, "size({0}) < {1}", "''"),
    ("maxLength", -1, "size({0}) > {1}", "''"),
    ("minItems", 1, "size({0}) < {1}", "[]"),
    ("maxItems", -1, "size({0}) > {1}", "[]"),
)
"""Keyword, the direction in which it is tighter, when a value is beyond it, and a value that stands for null."""
_BOUNDS: Final = (("minimum", "exclusiveMinimum", 1, "<"), ("maximum", "exclusiveMaximum", -1, ">"))
"""Keyword, the one that excludes the bound itself, the direction in which they are tighter, and what is beyond."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit that old events need not keep."""

    keyword: str
    """With its value, as schemas write them."""
    condition: str
    """When a value is beyond it."""
    null_is_beyond: bool = False
    """Whether the condition has to be kept from null: what stands for it there is beyond the limit."""


def reads(reader: Parsed, writer: Parsed) -> bool:
    """Whether everything written with one schema is proven to be readable with another."""
    return not any(isinstance(cause, Undecided) or cause.severity.blocks for cause in compare(reader, writer))


def is_tighter(old: Type, new: Type) -> bool:
    """Whether a value or one of its parts has a limit now that it did not have."""
    if any(True for _ in tighter(old, new, ROOT)):
        return True
    one, other = _bare(old), _bare(new)
    if one.items is not None and other.items is not None and is_tighter(one.items, other.items):
        return True
    now = {field.name: field.type for field in other.fields}
    return any(field.name in now and is_tighter(field.type, now[field.name]) for field in one.fields)


def tighter(old: Type, new: Type, at: Pointer) -> Iterator[Limit]:
    """The limits that a value at a place has now and had not, or had wider."""
    one, other = _bare(old), _bare(new)
    if one.kind is not other.kind:
        return
    before, now = dict(one.constraints), dict(other.constraints)
    name, null = expression_name(at), other is not new
    for keyword, sign, condition, instead in _SIZES:
        limit, known = now.get(keyword), before.get(keyword)
        if not _is_number(limit) or (_is_number(known) and known * sign >= limit * sign):
            continue
        if limit or sign < 0:
            value = f"coalesce({name}, {instead})" if null else name
            yield Limit(f"{keyword} {limit}", condition.format(value, limit), null and sign > 0)
    yield from _bounds(before, now, name, null=null)
    factor, known = now.get("multipleOf"), before.get("multipleOf")
    if (
        other.kind is Kind.INTEGER
        and isinstance(factor, int)
        and factor > 1
        and not (isinstance(known, int) and known % factor == 0)
    ):
        yield Limit(f"multipleOf {factor}", f"{f'coalesce({name}, 0)' if null else name} % {factor} != 0")
    pattern = now.get("pattern")
    if isinstance(pattern, str) and pattern != before.get("pattern") and _is_portable(pattern):
        value = f"coalesce({name}, '')" if null else name
        yield Limit(f"pattern {pattern}", f"!matches({value}, {_quoted(pattern)})", null)


def _bounds(before: Mapping[str, Any], now: Mapping[str, Any], name: str, *, null: bool) -> Iterator[Limit]:
    for keyword, excluding, sign, sign_of_beyond in _BOUNDS:
        known, bound = (_bound(limits, keyword, excluding, sign) for limits in (before, now))
        if bound is None or (known is not None and known >= bound):
            continue
        limit, excluded = bound[0] * sign, bound[1]
        value = f"coalesce({name}, {limit})" if null else name
        condition = f"{value} {sign_of_beyond}{'=' if excluded else ''} {limit}"
        yield Limit(f"{excluding if excluded else keyword} {limit}", condition, null and excluded)


def _bound(limits: Mapping[str, Any], keyword: str, excluding: str, sign: int) -> tuple[float, bool] | None:
    """The bound that holds and whether it is excluded itself; of two, the greater one is tighter."""
    bound, excluded = limits.get(keyword), limits.get(excluding)
    found = []
    if _is_number(bound):
        found.append((bound * sign, excluded is True))  # as draft 4 writes it
    if _is_number(excluded):
        found.append((excluded * sign, True))
    return max(found, default=None)


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _bare(kind: Type) -> Type:
    """A type without null, where one other is left."""
    rest = [each for each in kind.variants if each.kind is not Kind.NULL]
    return rest[0] if kind.kind is Kind.UNION and len(rest) == 1 else kind


def _is_portable(pattern: str) -> bool:
    """Whether the language of upcasters has the pattern."""
    try:
        parse(f"matches(this, {_quoted(pattern)})")
    except InvalidDocument:
        return False
    return True


def _quoted(text: str) -> str:
    return f"r'{text}'" if "'" not in text else f'r"{text}"'


def expression_name(at: Pointer) -> str:
    """A place as expressions name it."""
    return ".".join(part if part.isidentifier() else f"`{part}`" for part in at.parts) or "this"
