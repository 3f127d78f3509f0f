"""Schemas of every draft into the normal form: one function per keyword, one table per draft."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from hashlib import blake2b
from itertools import product
from threading import RLock
from typing import Any, Final

from compat.json_schema import nodes as n
from compat.json_schema.formats import KNOWN_FORMATS
from compat.json_schema.nodes import FALSE, TRUE, Node, Op
from compat.json_schema.schema import Location, ParsedSchema
from compat.recent import Recent
from compat.verdict import Reason

MAX_REFERENCES: Final = 12
"""References followed one inside the other before the next one is left for later."""
MAX_OPEN: Final = 40
"""Schemas inside each other before the next one is left for later."""
MAX_SHARED: Final = 20_000
"""Normal forms of subschemas that a process keeps for other schemas; the least recently used goes first."""
MAX_SHARED_DEPTH: Final = 8
"""Subschemas further down are shared only as parts of those above them: looking one up costs as much as it is long."""
MAX_ALTERNATIVES: Final = 64
"""Ways in which what is evaluated may depend on the value before it is given up."""


def normal(schema: ParsedSchema, *, formats: bool = True) -> Normal:
    """The normal form of a schema, made once; without ``formats`` they are annotations that say nothing."""
    name = f"normal {formats}"
    known: Normal | None = schema.cache.get(name)
    if known is None:
        known = schema.cache[name] = Normal(schema, formats=formats)
    return known


_BOUND: Final = ("$ref", "$dynamicRef", "$recursiveRef", "$schema", "unevaluated")
"""What ties the meaning of a schema to the document that it stands in, or to what stands beside it."""


_shared: Final[Recent[bytes, Node]] = Recent(MAX_SHARED)
"""Normal forms of equal subschemas of different schemas: versions of a schema differ in few places."""


class Normal:
    """The normal form of one schema, made piece by piece."""

    def __init__(self, schema: ParsedSchema, *, formats: bool = True) -> None:
        self.schema = schema
        self.formats = formats
        self._nodes: dict[int, Node] = {}
        self._lock = RLock()
        self._open: set[int] = set()
        self._references: dict[int, Node] = {}
        self._depth = 0
        self._deferred = 0

    @property
    def root(self) -> Node:
        return self.node(self.schema.root)

    def node(self, location: Location) -> Node:
        """The node of a schema at a location."""
        raw = location.raw
        if not isinstance(raw, dict):
            return TRUE if raw else FALSE
        found = self._nodes.get(id(raw))
        if found is not None:
            return found
        with self._lock:  # what another thread is making must not be taken for recursion
            return self._made(location, raw)

    def _made(self, location: Location, raw: Any) -> Node:
        found = self._nodes.get(id(raw))
        if found is not None:
            return found
        if id(raw) in self._open or len(self._open) > MAX_OPEN:
            return self.later(location)
        shared = self._shared_name(location) if len(self._open) < MAX_SHARED_DEPTH else None
        if shared is not None and (found := _shared.get(shared)) is not None:
            self._nodes[id(raw)] = found
            return found
        deferred = self._deferred
        self._open.add(id(raw))
        try:
            found = n.both(self.parts(location))
        finally:
            self._open.discard(id(raw))
        self._nodes[id(raw)] = found
        if shared is not None and deferred == self._deferred:
            _shared.put(shared, found)
        return found

    def _shared_name(self, location: Location) -> bytes | None:
        """What names the normal form of a schema that means the same wherever it stands; None for other schemas."""
        text = repr(location.raw)
        if any(keyword in text for keyword in _BOUND):
            return None
        name = f"{location.dialect.name} {self.formats} {text}"
        return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=20).digest()

    def later(self, location: Location) -> Node:
        """A reference to a location: looked into when it is needed."""
        self._deferred += 1
        found = self._references.get(id(location.raw))
        if found is None:
            found = self._references[id(location.raw)] = n.reference(lambda: self.node(location))
        return found

    def parts(self, location: Location) -> Iterator[Node]:
        """What each keyword of a schema says."""
        for _, node in self.keywords(location):
            yield node

    def keywords(self, location: Location) -> Iterator[tuple[str, Node]]:
        """Each keyword of a schema that asserts something, with what it says."""
        raw, dialect = location.raw, location.dialect
        if "$ref" in raw and dialect.reference_hides_siblings and isinstance(raw["$ref"], str):
            yield "$ref", self.target(location, raw["$ref"])
            return
        for keyword in raw:
            entry = _KEYWORDS.get(keyword)
            if entry is not None and entry[0] <= dialect.order <= entry[1]:
                yield keyword, entry[2](self, location, raw[keyword])

    def target(self, location: Location, reference: str) -> Node:
        """What a reference leads to."""
        return self.resolved(self.schema.follow(location, reference))

    def resolved(self, found: Location) -> Node:
        """The node of the schema that a reference has been found to mean."""
        if not isinstance(found.raw, dict):
            return TRUE if found.raw else FALSE
        known = self._nodes.get(id(found.raw))
        if known is not None:
            return known
        if id(found.raw) in self._open or self._depth >= MAX_REFERENCES:
            return self.later(found)
        self._depth += 1
        try:
            return self.node(found)
        finally:
            self._depth -= 1

    def child(self, location: Location, raw: Any, *steps: str | int) -> Node:
        """The node of a schema below a location."""
        return self.node(self.below(location, raw, *steps))

    def below(self, location: Location, raw: Any, *steps: str | int) -> Location:
        """The location of a schema below another."""
        if isinstance(raw, dict):
            return self.schema.locate(raw, location)
        return Location(raw, location.document, location.step(*steps), location.dialect, location.resolver)


_Keyword = Callable[[Normal, Location, Any], Node]


def type_mask(value: Any, *, spelt: bool) -> int:
    """The kinds that a ``type`` names; ``spelt``: 1.0 is no integer (draft 4)."""
    names = value if isinstance(value, list) else [value]
    mask = 0
    for name in names:
        mask |= {
            "null": n.NULL, "boolean": n.BOOLEAN, "number": n.NUMBER, "string": n.STRING, "array": n.ARRAY,
            "object": n.OBJECT, "integer": n.INTEGER if spelt else n.INTEGER | n.FLOAT_INTEGER,
        }.get(name, 0)  # fmt: skip
    return mask


def _type(_: Normal, location: Location, value: Any) -> Node:
    return n.kinds(type_mask(value, spelt=location.dialect.integer_is_spelt))


def _enum(_: Normal, __: Location, value: Any) -> Node:
    return n.values(value)


def _const(_: Normal, __: Location, value: Any) -> Node:
    return n.values([value])


def _minimum(_: Normal, location: Location, value: Any) -> Node:
    exclusive = location.dialect.order == 4 and location.raw.get("exclusiveMinimum") is True
    return n.atom(Op.MINIMUM, Fraction(value), exclusive)


def _maximum(_: Normal, location: Location, value: Any) -> Node:
    exclusive = location.dialect.order == 4 and location.raw.get("exclusiveMaximum") is True
    return n.atom(Op.MAXIMUM, Fraction(value), exclusive)


def _exclusive_minimum(_: Normal, __: Location, value: Any) -> Node:
    return n.atom(Op.MINIMUM, Fraction(value), True)


def _exclusive_maximum(_: Normal, __: Location, value: Any) -> Node:
    return n.atom(Op.MAXIMUM, Fraction(value), True)


def _multiple_of(_: Normal, __: Location, value: Any) -> Node:
    return n.atom(Op.MULTIPLE, Fraction(value))


def _counted(op: Op) -> _Keyword:
    return lambda _, __, value: n.atom(op, int(value))


def _pattern(_: Normal, __: Location, value: Any) -> Node:
    return n.atom(Op.PATTERN, value)


def _format(normal: Normal, _: Location, value: Any) -> Node:
    if value not in KNOWN_FORMATS or not normal.formats:
        return TRUE
    return n.atom(Op.FORMAT, value)


def _properties(normal: Normal, location: Location, value: Any) -> Node:
    return n.both(
        n.atom(Op.MEMBER, name, normal.child(location, raw, "properties", name)) for name, raw in value.items()
    )


def _pattern_properties(normal: Normal, location: Location, value: Any) -> Node:
    return n.both(
        n.atom(Op.MATCHING, pattern, normal.child(location, raw, "patternProperties", pattern))
        for pattern, raw in value.items()
    )


def _additional_properties(normal: Normal, location: Location, value: Any) -> Node:
    names = frozenset(location.raw.get("properties", ()))
    patterns = frozenset(location.raw.get("patternProperties", ()))
    return n.atom(Op.OTHERS, names, patterns, normal.child(location, value, "additionalProperties"))


def _required(_: Normal, __: Location, value: Any) -> Node:
    return n.both(n.atom(Op.REQUIRED, name) for name in value) if isinstance(value, list) else TRUE


def _property_names(normal: Normal, location: Location, value: Any) -> Node:
    return n.atom(Op.NAMES, normal.child(location, value, "propertyNames"))


def absent(name: str) -> Node:
    """If it is an object, it has no such member."""
    return n.atom(Op.MEMBER, name, FALSE)


def _not_an_object() -> Node:
    return n.kinds(n.EVERY & ~n.OBJECT)


def _dependencies(normal: Normal, location: Location, value: Any) -> Node:
    return n.both(_dependency(normal, location, "dependencies", name, needed) for name, needed in value.items())


def _dependency(normal: Normal, location: Location, keyword: str, name: str, needed: Any) -> Node:
    if isinstance(needed, list):
        return n.both(n.either((absent(name), n.atom(Op.REQUIRED, other))) for other in needed)
    if isinstance(needed, str):
        return n.either((absent(name), n.atom(Op.REQUIRED, needed)))
    return _implied_by(name, normal.child(location, needed, keyword, name))


def _implied_by(name: str, node: Node) -> Node:
    return n.either((_not_an_object(), absent(name), node))


def _dependent_required(normal: Normal, location: Location, value: Any) -> Node:
    return n.both(_dependency(normal, location, "dependentRequired", name, needed) for name, needed in value.items())


def _dependent_schemas(normal: Normal, location: Location, value: Any) -> Node:
    return n.both(_dependency(normal, location, "dependentSchemas", name, needed) for name, needed in value.items())


def _items(normal: Normal, location: Location, value: Any) -> Node:
    if isinstance(value, list):
        return n.both(
            n.atom(Op.ITEM, index, normal.child(location, raw, "items", index)) for index, raw in enumerate(value)
        )
    prefix = location.raw.get("prefixItems", ()) if location.dialect.order >= 2020 else ()
    return n.atom(Op.REST, len(prefix), normal.child(location, value, "items"))


def _prefix_items(normal: Normal, location: Location, value: Any) -> Node:
    return n.both(
        n.atom(Op.ITEM, index, normal.child(location, raw, "prefixItems", index)) for index, raw in enumerate(value)
    )


def _additional_items(normal: Normal, location: Location, value: Any) -> Node:
    items = location.raw.get("items")
    if not isinstance(items, list):
        return TRUE
    return n.atom(Op.REST, len(items), normal.child(location, value, "additionalItems"))


def _contains(normal: Normal, location: Location, value: Any) -> Node:
    low, high = 1, None
    if location.dialect.order >= 2019:
        low = int(location.raw.get("minContains", 1))
        high = location.raw.get("maxContains")
    return n.atom(Op.CONTAINS, normal.child(location, value, "contains"), low, None if high is None else int(high))


def _unique_items(_: Normal, __: Location, value: Any) -> Node:
    return n.atom(Op.UNIQUE) if value is True else TRUE


def branches(normal: Normal, location: Location, keyword: str) -> list[Node]:
    """The nodes of the schemas in a list keyword."""
    return [normal.child(location, raw, keyword, index) for index, raw in enumerate(location.raw[keyword])]


def _all_of(normal: Normal, location: Location, _: Any) -> Node:
    return n.both(branches(normal, location, "allOf"))


def _any_of(normal: Normal, location: Location, _: Any) -> Node:
    return n.either(branches(normal, location, "anyOf"))


def _one_of(normal: Normal, location: Location, _: Any) -> Node:
    return n.exactly_one(branches(normal, location, "oneOf"))


def _not(normal: Normal, location: Location, value: Any) -> Node:
    return n.negate(normal.child(location, value, "not"))


def _if(normal: Normal, location: Location, value: Any) -> Node:
    condition = normal.child(location, value, "if")
    raw = location.raw
    then = normal.child(location, raw["then"], "then") if "then" in raw else TRUE
    otherwise = normal.child(location, raw["else"], "else") if "else" in raw else TRUE
    return n.both((n.either((n.negate(condition), then)), n.either((condition, otherwise))))


def _ref(normal: Normal, location: Location, value: Any) -> Node:
    return normal.target(location, value)


def _recursive_ref(normal: Normal, location: Location, value: Any) -> Node:
    first = normal.schema.follow(location, value).raw
    if not isinstance(first, dict) or first.get("$recursiveAnchor") is not True:
        return normal.target(location, value)
    root = normal.schema.root
    if root.raw.get("$recursiveAnchor") is True:  # the outermost schema of every evaluation is the root
        return normal.resolved(root)
    anchors = sum(
        isinstance(each.raw, dict) and each.raw.get("$recursiveAnchor") is True
        for each in normal.schema.locations.values()
    )
    if anchors <= 1:
        return normal.target(location, value)
    return _dynamic(location, f"$recursiveRef {value}")


def _dynamic_ref(normal: Normal, location: Location, value: Any) -> Node:
    name = value.rpartition("#")[2]
    first = normal.schema.follow(location, value).raw
    if not isinstance(first, dict) or first.get("$dynamicAnchor") != name:
        return normal.target(location, value)
    outermost = _outermost(normal.schema, name)
    if outermost is not None:
        return normal.resolved(outermost)
    anchors = sum(
        isinstance(each.raw, dict) and name in (each.raw.get("$dynamicAnchor"), each.raw.get("$anchor"))
        for each in normal.schema.locations.values()
    )
    if anchors <= 1:
        return normal.target(location, value)
    return _dynamic(location, f"$dynamicRef {value}")


def _outermost(schema: ParsedSchema, name: str) -> Location | None:
    """The schema with a dynamic anchor in the resource of the root, where every evaluation starts."""
    base = schema.root.resolver._base_uri  # noqa: SLF001 - the library has no public name for it
    for each in schema.locations.values():
        is_named = each.raw.get("$dynamicAnchor") == name and each.document is schema.root.document
        if is_named and each.resolver._base_uri == base:  # noqa: SLF001 - as above
            return each
    return None


def _dynamic(location: Location, what: str) -> Node:
    return n.opaque(
        (id(location.document), location.pointer, what), Reason.DYNAMIC_REFERENCE,
        f"{what} at {location.pointer or 'the root'} means another schema depending on where it is reached from",
    )  # fmt: skip


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


def _unevaluated(normal: Normal, location: Location, keyword: str) -> Node:
    properties = keyword == "unevaluatedProperties"
    inner = normal.child(location, location.raw[keyword], keyword)
    if inner is TRUE:
        return TRUE
    try:
        cases = _cases(normal, location, properties, ())
    except _TooMany:
        return n.opaque(
            (id(normal), location.pointer, keyword), Reason.UNEVALUATED,
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


def _unevaluated_properties(normal: Normal, location: Location, _: Any) -> Node:
    return _unevaluated(normal, location, "unevaluatedProperties")


def _unevaluated_items(normal: Normal, location: Location, _: Any) -> Node:
    return _unevaluated(normal, location, "unevaluatedItems")


def _cases(normal: Normal, location: Location, properties: bool, above: tuple[int, ...]) -> list[_Seen]:  # noqa: FBT001
    """The cases of what a schema evaluates, its own ``unevaluated…`` left out: they cover every value."""
    raw = location.raw
    if id(raw) in above or len(above) > 20:
        raise _TooMany
    above = (*above, id(raw))
    factors: list[list[_Seen]] = [[_own(normal, location, properties)]]

    def inside(child: Any, *steps: str | int) -> list[_Seen]:
        below = normal.below(location, child, *steps)
        return _nested(normal, below, properties, above) if isinstance(below.raw, dict) else [_Seen()]

    for index, each in enumerate(raw.get("allOf", ())):
        factors.append(inside(each, "allOf", index))
    for keyword in ("$ref", "$dynamicRef", "$recursiveRef"):
        if isinstance(raw.get(keyword), str):
            if keyword != "$ref":
                raise _TooMany
            target = normal.schema.follow(location, raw[keyword])
            factors.append(_nested(normal, target, properties, above) if isinstance(target.raw, dict) else [_Seen()])
    for keyword in ("anyOf", "oneOf"):
        for index, each in enumerate(raw.get(keyword, ())):
            node = normal.child(location, each, keyword, index)
            factors.append(_optional(node, inside(each, keyword, index)))
    if "if" in raw:
        condition = normal.child(location, raw["if"], "if")
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


def _nested(normal: Normal, location: Location, properties: bool, above: tuple[int, ...]) -> list[_Seen]:  # noqa: FBT001
    keyword = "unevaluatedProperties" if properties else "unevaluatedItems"
    if keyword in location.raw:
        return [_Seen(everything=True)]
    return _cases(normal, location, properties, above)


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


def _own(normal: Normal, location: Location, properties: bool) -> _Seen:  # noqa: FBT001
    raw = location.raw
    if properties:
        return _Seen(
            names=frozenset(raw.get("properties", ())), patterns=frozenset(raw.get("patternProperties", ())),
            everything="additionalProperties" in raw,
        )  # fmt: skip
    items = raw.get("items")
    if location.dialect.order >= 2020:
        contained = (normal.child(location, raw["contains"], "contains"),) if "contains" in raw else ()
        return _Seen(prefix=len(raw.get("prefixItems", ())), everything="items" in raw, contained=contained)
    if isinstance(items, list):
        return _Seen(prefix=len(items), everything="additionalItems" in raw)
    return _Seen(everything="items" in raw)


_ALL: Final = 9999
_KEYWORDS: Final[dict[str, tuple[int, int, _Keyword]]] = {
    "$ref": (4, _ALL, _ref),
    "$recursiveRef": (2019, 2019, _recursive_ref),
    "$dynamicRef": (2020, _ALL, _dynamic_ref),
    "type": (4, _ALL, _type),
    "enum": (4, _ALL, _enum),
    "const": (6, _ALL, _const),
    "minimum": (4, _ALL, _minimum),
    "maximum": (4, _ALL, _maximum),
    "exclusiveMinimum": (6, _ALL, _exclusive_minimum),
    "exclusiveMaximum": (6, _ALL, _exclusive_maximum),
    "multipleOf": (4, _ALL, _multiple_of),
    "minLength": (4, _ALL, _counted(Op.MIN_LENGTH)),
    "maxLength": (4, _ALL, _counted(Op.MAX_LENGTH)),
    "pattern": (4, _ALL, _pattern),
    "format": (4, _ALL, _format),
    "properties": (4, _ALL, _properties),
    "patternProperties": (4, _ALL, _pattern_properties),
    "additionalProperties": (4, _ALL, _additional_properties),
    "required": (4, _ALL, _required),
    "propertyNames": (6, _ALL, _property_names),
    "minProperties": (4, _ALL, _counted(Op.MIN_MEMBERS)),
    "maxProperties": (4, _ALL, _counted(Op.MAX_MEMBERS)),
    "dependencies": (4, 7, _dependencies),
    "dependentRequired": (2019, _ALL, _dependent_required),
    "dependentSchemas": (2019, _ALL, _dependent_schemas),
    "items": (4, _ALL, _items),
    "prefixItems": (2020, _ALL, _prefix_items),
    "additionalItems": (4, 2019, _additional_items),
    "contains": (6, _ALL, _contains),
    "minItems": (4, _ALL, _counted(Op.MIN_ITEMS)),
    "maxItems": (4, _ALL, _counted(Op.MAX_ITEMS)),
    "uniqueItems": (4, _ALL, _unique_items),
    "allOf": (4, _ALL, _all_of),
    "anyOf": (4, _ALL, _any_of),
    "oneOf": (4, _ALL, _one_of),
    "not": (4, _ALL, _not),
    "if": (7, _ALL, _if),
    "unevaluatedProperties": (2019, _ALL, _unevaluated_properties),
    "unevaluatedItems": (2019, _ALL, _unevaluated_items),
}
