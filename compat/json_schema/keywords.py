"""What each keyword says: one function per keyword, one table for all drafts."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

from compat.json_schema import nodes as n
from compat.json_schema.formats import KNOWN_FORMATS
from compat.json_schema.forms import Forms, Keyword
from compat.json_schema.nodes import FALSE, TRUE, Node, Op
from compat.json_schema.schema import Location
from compat.json_schema.unevaluated import unevaluated


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


def _type(_: Forms, location: Location, value: Any) -> Node:
    return n.kinds(type_mask(value, spelt=location.dialect.integer_is_spelt))


def _enum(_: Forms, __: Location, value: Any) -> Node:
    return n.values(value)


def _const(_: Forms, __: Location, value: Any) -> Node:
    return n.values([value])


def _minimum(_: Forms, location: Location, value: Any) -> Node:
    exclusive = location.dialect.order == 4 and location.raw.get("exclusiveMinimum") is True
    return n.atom(Op.MINIMUM, Fraction(value), exclusive)


def _maximum(_: Forms, location: Location, value: Any) -> Node:
    exclusive = location.dialect.order == 4 and location.raw.get("exclusiveMaximum") is True
    return n.atom(Op.MAXIMUM, Fraction(value), exclusive)


def _exclusive_minimum(_: Forms, __: Location, value: Any) -> Node:
    return n.atom(Op.MINIMUM, Fraction(value), True)


def _exclusive_maximum(_: Forms, __: Location, value: Any) -> Node:
    return n.atom(Op.MAXIMUM, Fraction(value), True)


def _multiple_of(_: Forms, __: Location, value: Any) -> Node:
    return n.atom(Op.MULTIPLE, Fraction(value))


def _counted(op: Op) -> Keyword:
    return lambda _, __, value: n.atom(op, int(value))


def _pattern(_: Forms, __: Location, value: Any) -> Node:
    return n.atom(Op.PATTERN, value)


def _format(forms: Forms, _: Location, value: Any) -> Node:
    if value not in KNOWN_FORMATS or not forms.formats:
        return TRUE
    return n.atom(Op.FORMAT, value)


def _properties(forms: Forms, location: Location, value: Any) -> Node:
    return n.both(n.atom(Op.MEMBER, name, forms.part(location, raw, "properties", name)) for name, raw in value.items())


def _pattern_properties(forms: Forms, location: Location, value: Any) -> Node:
    return n.both(
        n.atom(Op.MATCHING, pattern, forms.part(location, raw, "patternProperties", pattern))
        for pattern, raw in value.items()
    )


def _additional_properties(forms: Forms, location: Location, value: Any) -> Node:
    names = frozenset(location.raw.get("properties", ()))
    patterns = frozenset(location.raw.get("patternProperties", ()))
    return n.atom(Op.OTHERS, names, patterns, forms.part(location, value, "additionalProperties"))


def _required(_: Forms, __: Location, value: Any) -> Node:
    return n.both(n.atom(Op.REQUIRED, name) for name in value) if isinstance(value, list) else TRUE


def _property_names(forms: Forms, location: Location, value: Any) -> Node:
    return n.atom(Op.NAMES, forms.part(location, value, "propertyNames"))


def absent(name: str) -> Node:
    """If it is an object, it has no such member."""
    return n.atom(Op.MEMBER, name, FALSE)


def _not_an_object() -> Node:
    return n.kinds(n.EVERY & ~n.OBJECT)


def _dependencies(forms: Forms, location: Location, value: Any) -> Node:
    return n.both(_dependency(forms, location, "dependencies", name, needed) for name, needed in value.items())


def _dependency(forms: Forms, location: Location, keyword: str, name: str, needed: Any) -> Node:
    if isinstance(needed, list):
        return n.both(n.either((absent(name), n.atom(Op.REQUIRED, other))) for other in needed)
    if isinstance(needed, str):
        return n.either((absent(name), n.atom(Op.REQUIRED, needed)))
    return _implied_by(name, forms.child(location, needed, keyword, name))


def _implied_by(name: str, node: Node) -> Node:
    return n.either((_not_an_object(), absent(name), node))


def _dependent_required(forms: Forms, location: Location, value: Any) -> Node:
    return n.both(_dependency(forms, location, "dependentRequired", name, needed) for name, needed in value.items())


def _dependent_schemas(forms: Forms, location: Location, value: Any) -> Node:
    return n.both(_dependency(forms, location, "dependentSchemas", name, needed) for name, needed in value.items())


def _items(forms: Forms, location: Location, value: Any) -> Node:
    if isinstance(value, list):
        return n.both(
            n.atom(Op.ITEM, index, forms.part(location, raw, "items", index)) for index, raw in enumerate(value)
        )
    prefix = location.raw.get("prefixItems", ()) if location.dialect.order >= 2020 else ()
    return n.atom(Op.REST, len(prefix), forms.part(location, value, "items"))


def _prefix_items(forms: Forms, location: Location, value: Any) -> Node:
    return n.both(
        n.atom(Op.ITEM, index, forms.part(location, raw, "prefixItems", index)) for index, raw in enumerate(value)
    )


def _additional_items(forms: Forms, location: Location, value: Any) -> Node:
    items = location.raw.get("items")
    if not isinstance(items, list):
        return TRUE
    return n.atom(Op.REST, len(items), forms.part(location, value, "additionalItems"))


def _contains(forms: Forms, location: Location, value: Any) -> Node:
    low, high = 1, None
    if location.dialect.order >= 2019:
        low = int(location.raw.get("minContains", 1))
        high = location.raw.get("maxContains")
    return n.atom(Op.CONTAINS, forms.part(location, value, "contains"), low, None if high is None else int(high))


def _unique_items(_: Forms, __: Location, value: Any) -> Node:
    return n.atom(Op.UNIQUE) if value is True else TRUE


def branches(forms: Forms, location: Location, keyword: str) -> list[Node]:
    """The nodes of the schemas in a list keyword."""
    return [forms.child(location, raw, keyword, index) for index, raw in enumerate(location.raw[keyword])]


def _all_of(forms: Forms, location: Location, _: Any) -> Node:
    return n.both(branches(forms, location, "allOf"))


def _any_of(forms: Forms, location: Location, _: Any) -> Node:
    return n.either(branches(forms, location, "anyOf"))


def _one_of(forms: Forms, location: Location, _: Any) -> Node:
    return n.exactly_one(branches(forms, location, "oneOf"))


def _not(forms: Forms, location: Location, value: Any) -> Node:
    return n.negate(forms.child(location, value, "not"))


def _if(forms: Forms, location: Location, value: Any) -> Node:
    condition = forms.child(location, value, "if")
    raw = location.raw
    then = forms.child(location, raw["then"], "then") if "then" in raw else TRUE
    otherwise = forms.child(location, raw["else"], "else") if "else" in raw else TRUE
    return n.both((n.either((n.negate(condition), then)), n.either((condition, otherwise))))


def _ref(forms: Forms, location: Location, value: Any) -> Node:
    return forms.target(location, value)


def _recursive_ref(forms: Forms, location: Location, value: Any) -> Node:
    return forms.dynamic(location, "$recursiveRef", value)


def _dynamic_ref(forms: Forms, location: Location, value: Any) -> Node:
    return forms.dynamic(location, "$dynamicRef", value)


def _unevaluated_properties(forms: Forms, location: Location, _: Any) -> Node:
    return unevaluated(forms, location, "unevaluatedProperties")


def _unevaluated_items(forms: Forms, location: Location, _: Any) -> Node:
    return unevaluated(forms, location, "unevaluatedItems")


_ALL: Final = 9999
KEYWORDS: Final[dict[str, tuple[int, int, Keyword]]] = {
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
"""(first draft, last draft, what it says) by keyword."""
