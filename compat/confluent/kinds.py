"""The kinds of differences that Confluent's checkers name, and the policies that accept them.

The names are its published ones; the sentences are lineal's. Of the 132 kinds of JSON Schema 131 stand here: one more
is deprecated and never reported. The two about reserved properties concern the metadata of a version, so no comparison
of two schemas yields them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from compat.definition import Format
from compat.verdict import Fragment

PREFIX: Final = "confluent:"
"""Before the name of a kind, wherever it stands among rules: some of lineal's own have the same name."""


class Policy(Enum):
    """Confluent's compatibility policies; LENIENT accepts more in JSON Schema, nothing else in the other formats."""

    STRICT = "STRICT"
    LENIENT = "LENIENT"


class Accepted(Enum):
    """Which policies accept a kind."""

    ALWAYS = frozenset(Policy)
    LENIENTLY = frozenset({Policy.LENIENT})
    NEVER = frozenset[Policy]()


@dataclass(frozen=True, slots=True)
class Kind:
    """A name for a difference, what it means, and who accepts it."""

    name: str
    summary: str
    accepted: Accepted

    def accepted_by(self, policy: Policy) -> bool:
        return policy in self.accepted.value


@dataclass(frozen=True, slots=True)
class Seen:
    """A difference where it was found: kind, path as Confluent spells it, and how both sides read there."""

    kind: str
    path: str
    before: Fragment | None = None
    after: Fragment | None = None
    detail: str = ""


_AVRO: Final = {
    "NAME_MISMATCH": "the reader's named type has another name and no alias for the writer's",
    "FIXED_SIZE_MISMATCH": "the fixed types have different sizes",
    "MISSING_ENUM_SYMBOLS": "the reader's enum lacks symbols of the writer's and has no default",
    "READER_FIELD_MISSING_DEFAULT_VALUE": "the reader's field has no default, and the writer does not have it",
    "TYPE_MISMATCH": "the reader's type is not one that the writer's can be promoted to",
    "MISSING_UNION_BRANCH": "no branch of the reader's union takes the writer's type",
}

_PROTOBUF_ACCEPTED: Final = {
    "MESSAGE_ADDED": "a message was added",
    "MESSAGE_MOVED": "a message stands at another position",
    "ENUM_ADDED": "an enum was added",
    "ENUM_REMOVED": "an enum is gone",
    "ENUM_CONST_ADDED": "an enum value was added",
    "ENUM_CONST_CHANGED": "a number of an enum has another name",
    "ENUM_CONST_REMOVED": "an enum value is gone",
    "FIELD_ADDED": "a field was added",
    "FIELD_REMOVED": "a field is gone",
    "FIELD_NAME_CHANGED": "a field has another name",
    "FIELD_STRING_OR_BYTES_LABEL_CHANGED": "the label of a string or bytes field changed",
    "ONEOF_ADDED": "a oneof was added",
    "ONEOF_REMOVED": "a oneof is gone",
    "ONEOF_FIELD_ADDED": "a field was added to a oneof",
    "ONEOF_FIELD_MOVED_TO_TOP_LEVEL": "a field left its oneof and stands in the message itself",
}
_PROTOBUF_REFUSED: Final = {
    "PACKAGE_CHANGED": "the package is another one",
    "MESSAGE_REMOVED": "a message is gone",
    "FIELD_KIND_CHANGED": "a field changed between scalar, message and map",
    "FIELD_SCALAR_KIND_CHANGED": "a field has a scalar type that does not stand in for the old one",
    "FIELD_NAMED_TYPE_CHANGED": "a field has a message of another name",
    "FIELD_NUMERIC_LABEL_CHANGED": "the label of a numeric field changed",
    "REQUIRED_FIELD_ADDED": "a required field was added",
    "REQUIRED_FIELD_REMOVED": "a required field is gone",
    "ONEOF_FIELD_REMOVED": "a field of a oneof is gone",
    "MULTIPLE_FIELDS_MOVED_TO_ONEOF": "several fields of the message moved into one oneof",
    "FIELD_MOVED_TO_EXISTING_ONEOF": "a field of the message moved into a oneof that was there before",
}

_BOUNDS: Final = {
    "MAX_LENGTH": "maxLength",
    "MIN_LENGTH": "minLength",
    "MAXIMUM": "maximum",
    "MINIMUM": "minimum",
    "EXCLUSIVE_MAXIMUM": "exclusiveMaximum",
    "EXCLUSIVE_MINIMUM": "exclusiveMinimum",
    "MAX_PROPERTIES": "maxProperties",
    "MIN_PROPERTIES": "minProperties",
    "MAX_ITEMS": "maxItems",
    "MIN_ITEMS": "minItems",
    "MAX_CONTAINS": "maxContains",
    "MIN_CONTAINS": "minContains",
}
"""Limits, each with four kinds: added, removed, increased and decreased."""

_OPENNESS: Final = {
    "ADDITIONAL_PROPERTIES": "additionalProperties",
    "UNEVALUATED_PROPERTIES": "unevaluatedProperties",
    "ADDITIONAL_ITEMS": "additionalItems",
    "UNEVALUATED_ITEMS": "unevaluatedItems",
}
"""Keywords that say what else is allowed, each with four kinds: added, removed, extended and narrowed."""

_JSON_ACCEPTED: Final = {
    "ID_CHANGED": "the identifier is another one",
    "DESCRIPTION_CHANGED": "the description is another one",
    "TITLE_CHANGED": "the title is another one",
    "DEFAULT_CHANGED": "the default is another one",
    "SCHEMA_REMOVED": "there is no schema any more, so anything is allowed",
    "TYPE_EXTENDED": "the type takes more values",
    "MULTIPLE_OF_REDUCED": "the old multipleOf is a multiple of the new one",
    "MULTIPLE_OF_REMOVED": "multipleOf was removed",
    "UNIQUE_ITEMS_REMOVED": "uniqueItems was removed",
    "PATTERN_REMOVED": "pattern was removed",
    "REQUIRED_ATTRIBUTE_REMOVED": "a property is not required any more",
    "REQUIRED_ATTRIBUTE_WITH_DEFAULT_ADDED": "a property that has a default is required now",
    "DEPENDENCY_ARRAY_NARROWED": "a property depends on fewer others",
    "DEPENDENCY_ARRAY_REMOVED": "a property depends on no others any more",
    "DEPENDENCY_SCHEMA_REMOVED": "a schema no longer depends on a property",
    "PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL": "a property that may be anything was added to an open "
    "model",
    "REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_UNOPEN_CONTENT_MODEL": "a required property with a default was added to "
    "a model that is not open",
    "OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL": "an optional property was added to a model that is not open",
    "PROPERTY_REMOVED_FROM_OPEN_CONTENT_MODEL": "a property was removed from an open model",
    "PROPERTY_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL": "a forbidden property was removed from a closed model",
    "PROPERTY_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL": "a property was removed, and what else is allowed "
    "takes its values",
    "PROPERTY_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL": "a property was added that takes what else was "
    "allowed",
    "ITEM_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL": "an item that may be anything was added to an open tuple",
    "ITEM_REMOVED_FROM_OPEN_CONTENT_MODEL": "an item was removed from an open tuple",
    "ITEM_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL": "a forbidden item was removed from a closed tuple",
    "ITEM_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL": "an item was removed, and what else is allowed takes "
    "its values",
    "ITEM_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL": "an item was added that takes what else was allowed",
    "ITEM_ADDED_TO_CLOSED_CONTENT_MODEL": "an item was added to a closed tuple",
    "ENUM_ARRAY_EXTENDED": "the enum has more values",
    "COMBINED_TYPE_EXTENDED": "the combination asks less: anyOf instead of allOf or oneOf",
    "PRODUCT_TYPE_NARROWED": "fewer schemas have to hold together",
    "SUM_TYPE_EXTENDED": "there are more alternatives",
    "NOT_TYPE_NARROWED": "what is forbidden became less",
}
_JSON_LENIENTLY: Final = {
    "REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL": "a required property with a default was added to an "
    "open model",
    "OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL": "an optional property was added to an open model",
    "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL": "a property was removed from a closed model",
    "PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL": "a property was added that does not take all that "
    "was allowed",
    "PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL": "a property was removed, and what else is allowed "
    "does not take all its values",
}
_JSON_REFUSED: Final = {
    "SCHEMA_ADDED": "there is a schema where anything was allowed",
    "TYPE_CHANGED": "the type is another one",
    "TYPE_NARROWED": "the type takes fewer values",
    "MULTIPLE_OF_ADDED": "multipleOf was added",
    "MULTIPLE_OF_EXPANDED": "the new multipleOf is a multiple of the old one",
    "MULTIPLE_OF_CHANGED": "multipleOf is another one",
    "UNIQUE_ITEMS_ADDED": "uniqueItems was added",
    "PATTERN_ADDED": "pattern was added",
    "PATTERN_CHANGED": "pattern is another one",
    "REQUIRED_ATTRIBUTE_ADDED": "a property is required now",
    "DEPENDENCY_ARRAY_ADDED": "a property depends on others now",
    "DEPENDENCY_ARRAY_EXTENDED": "a property depends on more others",
    "DEPENDENCY_ARRAY_CHANGED": "a property depends on different others",
    "DEPENDENCY_SCHEMA_ADDED": "a schema depends on a property now",
    "REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL": "a required property was added to an open model",
    "REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL": "a required property was added to a model that is not open",
    "ITEM_ADDED_TO_OPEN_CONTENT_MODEL": "an item was added to an open tuple",
    "ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL": "an item was removed from a closed tuple",
    "ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL": "an item was added that does not take all that was "
    "allowed",
    "ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL": "an item was removed, and what else is allowed does "
    "not take all its values",
    "ENUM_ARRAY_NARROWED": "the enum has fewer values",
    "ENUM_ARRAY_CHANGED": "the enum has other values",
    "COMBINED_TYPE_CHANGED": "the combination is another one",
    "COMBINED_TYPE_SUBSCHEMAS_CHANGED": "the combined schemas cannot be matched one to one",
    "PRODUCT_TYPE_EXTENDED": "more schemas have to hold together",
    "SUM_TYPE_NARROWED": "there are fewer alternatives",
    "NOT_TYPE_EXTENDED": "what is forbidden became more",
    "RESERVED_PROPERTY_REMOVED": "a reserved property is not reserved any more",
    "RESERVED_PROPERTY_CONFLICTS_WITH_PROPERTY": "a property has a reserved name",
}


def _bounds() -> Iterator[Kind]:
    for name, keyword in _BOUNDS.items():
        upper = "MAX" in name
        looser, tighter = ("INCREASED", "DECREASED") if upper else ("DECREASED", "INCREASED")
        yield Kind(f"{name}_ADDED", f"{keyword} was added", Accepted.NEVER)
        yield Kind(f"{name}_REMOVED", f"{keyword} was removed", Accepted.ALWAYS)
        yield Kind(f"{name}_{looser}", f"{keyword} is {'higher' if upper else 'lower'}", Accepted.ALWAYS)
        yield Kind(f"{name}_{tighter}", f"{keyword} is {'lower' if upper else 'higher'}", Accepted.NEVER)


def _openness() -> Iterator[Kind]:
    for name, keyword in _OPENNESS.items():
        less = Accepted.LENIENTLY if name.endswith("PROPERTIES") else Accepted.NEVER
        yield Kind(f"{name}_ADDED", f"{keyword} allows something, where it allowed nothing", Accepted.ALWAYS)
        yield Kind(f"{name}_EXTENDED", f"{keyword} allows anything, where it had a schema", Accepted.ALWAYS)
        yield Kind(f"{name}_NARROWED", f"{keyword} has a schema, where it allowed anything", less)
        yield Kind(f"{name}_REMOVED", f"{keyword} allows nothing, where it allowed something", less)


def _all(kinds: Mapping[str, str], accepted: Accepted) -> Iterator[Kind]:
    return (Kind(name, summary, accepted) for name, summary in kinds.items())


def _by_name(*groups: Iterator[Kind]) -> Mapping[str, Kind]:
    return MappingProxyType({kind.name: kind for group in groups for kind in group})


KINDS: Final[Mapping[Format, Mapping[str, Kind]]] = MappingProxyType(
    {
        Format.AVRO: _by_name(_all(_AVRO, Accepted.NEVER)),
        Format.JSON: _by_name(
            _all(_JSON_ACCEPTED, Accepted.ALWAYS),
            _all(_JSON_LENIENTLY, Accepted.LENIENTLY),
            _all(_JSON_REFUSED, Accepted.NEVER),
            _bounds(),
            _openness(),
        ),
        Format.PROTOBUF: _by_name(_all(_PROTOBUF_ACCEPTED, Accepted.ALWAYS), _all(_PROTOBUF_REFUSED, Accepted.NEVER)),
    }
)
"""Every kind by format and name."""
