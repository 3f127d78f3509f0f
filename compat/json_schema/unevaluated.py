"""``unevaluatedProperties`` and ``unevaluatedItems``: what the keywords beside them look at, case by case."""

from __future__ import annotations

from itertools import product
from typing import Any, Final

from compat.json_schema import nodes as n
from compat.json_schema.forms import Forms
from compat.json_schema.nodes import TRUE, Node, Op
from compat.json_schema.schema import Location
from compat.verdict import Reason

MAX_ALTERNATIVES: Final = 64
"""Ways in which what is evaluated may depend on the value before it is given up."""


def unevaluated(forms: Forms, location: Location, keyword: str) -> Node:
    """What an ``unevaluated…`` says; OPAQUE where that depends on too much."""
    properties = keyword == "unevaluatedProperties"
    inner = forms.part(location, location.raw[keyword], keyword)
    if inner is TRUE:
        return TRUE
    try:
        cases = _cases(forms, location, properties, ())
    except _TooMany:
        return n.opaque(
            (id(location.document), location.pointer, keyword), Reason.UNEVALUATED,
            f"what {keyword} at {location.pointer or 'the root'} applies to depends on too many other keywords",
        )  # fmt: skip
    said: list[Node] = []
    for case in cases:
        if case.everything:
            rest = TRUE
        elif properties:
            rest = n.atom(Op.OTHERS, case.names, case.patterns, inner)
        else:
            rest = n.atom(Op.REST, case.prefix, n.either((*case.contained, inner)))
        said.append(n.both((*case.when, rest)))
    return n.either(said)


class _Seen:
    """What the keywords beside an ``unevaluated…`` have looked at, in one of the cases that are told apart."""

    __slots__ = ("contained", "everything", "names", "patterns", "prefix", "when")

    def __init__(
        self,
        when: tuple[Node, ...] = (),
        names: frozenset[str] = frozenset(),
        patterns: frozenset[str] = frozenset(),
        prefix: int = 0,
        everything: bool = False,  # noqa: FBT001
        contained: tuple[Node, ...] = (),
    ) -> None:
        self.when, self.names, self.patterns, self.prefix = when, names, patterns, prefix
        self.everything, self.contained = everything, contained

    def __add__(self, other: _Seen) -> _Seen:
        return _Seen(
            self.when + other.when, self.names | other.names, self.patterns | other.patterns,
            max(self.prefix, other.prefix), self.everything or other.everything, self.contained + other.contained,
        )  # fmt: skip

    @property
    def silent(self) -> bool:
        return not (self.names or self.patterns or self.prefix or self.everything or self.contained)


class _TooMany(Exception):
    """What is evaluated depends on too much."""


def _cases(forms: Forms, location: Location, properties: bool, above: tuple[int, ...]) -> list[_Seen]:  # noqa: FBT001
    """The cases of what a schema evaluates, its own ``unevaluated…`` left out: they cover every value."""
    raw = location.raw
    if id(raw) in above or len(above) > 20:
        raise _TooMany
    above = (*above, id(raw))
    factors: list[list[_Seen]] = [[_own(forms, location, properties)]]

    def inside(child: Any, *steps: str | int) -> list[_Seen]:
        below = forms.below(location, child, *steps)
        return _nested(forms, below, properties, above) if isinstance(below.raw, dict) else [_Seen()]

    for index, each in enumerate(raw.get("allOf", ())):
        factors.append(inside(each, "allOf", index))
    for keyword in ("$ref", "$dynamicRef", "$recursiveRef"):
        if isinstance(raw.get(keyword), str):
            if keyword != "$ref":
                raise _TooMany
            target = forms.follow(location, raw[keyword])
            factors.append(_nested(forms, target, properties, above) if isinstance(target.raw, dict) else [_Seen()])
    for keyword in ("anyOf", "oneOf"):
        for index, each in enumerate(raw.get(keyword, ())):
            node = forms.child(location, each, keyword, index)
            factors.append(_optional(node, inside(each, keyword, index)))
    if "if" in raw:
        condition = forms.child(location, raw["if"], "if")
        held = _combine([inside(raw["if"], "if"), inside(raw["then"], "then") if "then" in raw else [_Seen()]])
        failed = inside(raw["else"], "else") if "else" in raw else [_Seen()]
        factors.append(
            [_Seen((condition,)) + each for each in held] + [_Seen((n.negate(condition),)) + each for each in failed]
        )
    for name, each in raw.get("dependentSchemas", {}).items():
        has = n.both((n.kinds(n.OBJECT), n.atom(Op.REQUIRED, name)))
        factors.append(
            [_Seen((has,)) + case for case in inside(each, "dependentSchemas", name)] + [_Seen((n.negate(has),))]
        )
    return _combine(factors)


def _nested(forms: Forms, location: Location, properties: bool, above: tuple[int, ...]) -> list[_Seen]:  # noqa: FBT001
    keyword = "unevaluatedProperties" if properties else "unevaluatedItems"
    if keyword in location.raw:
        return [_Seen(everything=True)]
    return _cases(forms, location, properties, above)


def _optional(node: Node, cases: list[_Seen]) -> list[_Seen]:
    """A branch that may hold or not; where it evaluates nothing, it makes no difference."""
    if all(case.silent for case in cases):
        return [_Seen()]
    return [_Seen((node,)) + case for case in cases] + [_Seen((n.negate(node),))]


def _combine(factors: list[list[_Seen]]) -> list[_Seen]:
    size = 1
    for factor in factors:
        size *= len(factor)
        if size > MAX_ALTERNATIVES:
            raise _TooMany
    out: list[_Seen] = []
    for choice in product(*factors):
        total = _Seen()
        for each in choice:
            total = total + each
        out.append(total)
    return out


def _own(forms: Forms, location: Location, properties: bool) -> _Seen:  # noqa: FBT001
    raw = location.raw
    if properties:
        return _Seen(
            names=frozenset(raw.get("properties", ())), patterns=frozenset(raw.get("patternProperties", ())),
            everything="additionalProperties" in raw,
        )  # fmt: skip
    items = raw.get("items")
    if location.dialect.order >= 2020:
        contained = (forms.part(location, raw["contains"], "contains"),) if "contains" in raw else ()
        return _Seen(prefix=len(raw.get("prefixItems", ())), everything="items" in raw, contained=contained)
    if isinstance(items, list):
        return _Seen(prefix=len(items), everything="additionalItems" in raw)
    return _Seen(everything="items" in raw)
