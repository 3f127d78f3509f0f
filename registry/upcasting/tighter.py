"""Limits of JSON Schema that became tighter: what old events may hold and the new version does not take.

Shapes know nothing of lengths, ranges and patterns. A draft that is silent about them does not hold, and cutting or
rounding would be a loss nobody asked for; so it proposes to refuse such events aloud, which a person confirms or
replaces.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from compat.check import compare
from compat.formats import Parsed
from compat.outline import Kind, Type
from compat.verdict import Undecided
from upcasters.errors import InvalidDocument
from upcasters.expression import parse
from upcasters.path import ROOT, Pointer

_LIMITS: Final = (
    ("minLength", 1, "size({0}) < {1}", "''"),
    ("maxLength", -1, "size({0}) > {1}", "''"),
    ("minItems", 1, "size({0}) < {1}", "[]"),
    ("maxItems", -1, "size({0}) > {1}", "[]"),
    ("minimum", 1, "{0} < {1}", "{1}"),
    ("maximum", -1, "{0} > {1}", "{1}"),
)
"""Keyword, the direction in which it is tighter, when a value is beyond it, and a value that stands for null."""


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


def tighter(old: Type, new: Type, at: Pointer) -> Iterator[tuple[str, str]]:
    """The conditions under which a value at a place is beyond the limits of its new type, each with the limit."""
    one, other = _bare(old), _bare(new)
    if one.kind is not other.kind:
        return
    before, now = dict(one.constraints), dict(other.constraints)
    name = expression_name(at)
    for keyword, sign, condition, instead in _LIMITS:
        limit, known = now.get(keyword), before.get(keyword)
        if not isinstance(limit, int | float) or (isinstance(known, int | float) and known * sign >= limit * sign):
            continue
        if limit or keyword not in ("minLength", "minItems"):
            value = name if other is new else f"coalesce({name}, {instead.format(name, limit)})"
            yield condition.format(value, limit), f"{keyword} {limit}"
    pattern = now.get("pattern")
    if isinstance(pattern, str) and pattern != before.get("pattern") and _is_portable(pattern):
        value = name if other is new else f"coalesce({name}, '')"
        yield f"!matches({value}, {_quoted(pattern)})", f"pattern {pattern}"


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
