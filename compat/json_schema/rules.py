"""Every rule of JSON Schema that a finding or a difference can name, in plain words.

A keyword that is new on the reader's side has the ``…_ADDED`` rule, one that became stricter the other. The section
numbers in the comments are those of JSON Schema Validation 2020-12.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from compat.definition import Format
from compat.verdict import Rule, Severity

_OLD_EVENTS: Final = "Events that were valid when they were written are refused by the reader."


def _rule(
    name: str, summary: str, remedy: str, confluent: tuple[str, ...] = (), why: str = _OLD_EVENTS,
    severity: Severity = Severity.ERROR,
) -> Rule:  # fmt: skip
    return Rule(name, Format.JSON, severity, summary, why, remedy, confluent)


_KEEP: Final = "Keep what the reader accepts at least as wide as what the writer may write."

_RULES: Final = (
    # any kind (6.1)
    _rule("NOTHING_ALLOWED", "The reader's schema is false: it accepts no value at all.",
          "Remove the property from 'required' and from producers first, then forbid it.",
          ("SCHEMA_ADDED",)),
    _rule("TYPE_NARROWED", "The reader accepts fewer types than the writer writes.",
          "Keep the old type beside the new one, as in \"type\": [\"string\", \"integer\"], or use a new property.",
          ("TYPE_NARROWED", "TYPE_CHANGED")),
    _rule("ENUM_ADDED", "The reader allows listed values only; the writer was not bound to them.",
          "List every value that was ever written, or drop the enum and check it in the application.",
          ("ENUM_ARRAY_NARROWED", "ENUM_ARRAY_CHANGED")),
    _rule("ENUM_VALUE_REMOVED", "The reader's enum lacks a value that the writer may write.",
          "Keep the value in the enum and mark it deprecated in the description.",
          ("ENUM_ARRAY_NARROWED", "ENUM_ARRAY_CHANGED")),
    _rule("CONST_CHANGED", "The reader demands one fixed value; the writer may write another.",
          "Use an enum with both values.", ("ENUM_ARRAY_CHANGED",)),
    # of numbers, 6.2
    _rule("MINIMUM_ADDED", "The reader sets a lower limit; the writer had none.",
          "Leave the limit out, or set it below every number ever written.",
          ("MINIMUM_ADDED", "EXCLUSIVE_MINIMUM_ADDED")),
    _rule("MINIMUM_RAISED", "The reader's lower limit is above the writer's.", "Keep the old limit.",
          ("MINIMUM_INCREASED", "EXCLUSIVE_MINIMUM_INCREASED")),
    _rule("MAXIMUM_ADDED", "The reader sets an upper limit; the writer had none.",
          "Leave the limit out, or set it above every number ever written.",
          ("MAXIMUM_ADDED", "EXCLUSIVE_MAXIMUM_ADDED")),
    _rule("MAXIMUM_LOWERED", "The reader's upper limit is below the writer's.", "Keep the old limit.",
          ("MAXIMUM_DECREASED", "EXCLUSIVE_MAXIMUM_DECREASED")),
    _rule("MULTIPLE_OF_ADDED", "The reader takes multiples of a number only; the writer was free.",
          "Leave multipleOf out.", ("MULTIPLE_OF_ADDED",)),
    _rule("MULTIPLE_OF_CHANGED", "The writer may write numbers that are no multiple of the reader's multipleOf.",
          "Use a divisor of the old multipleOf.", ("MULTIPLE_OF_EXPANDED", "MULTIPLE_OF_CHANGED")),
    # of strings, 6.3
    _rule("MIN_LENGTH_ADDED", "The reader demands a minimum length; the writer had none.",
          "Leave minLength out.", ("MIN_LENGTH_ADDED",)),
    _rule("MIN_LENGTH_RAISED", "The reader demands longer strings than the writer.", "Keep the old minLength.",
          ("MIN_LENGTH_INCREASED",)),
    _rule("MAX_LENGTH_ADDED", "The reader limits the length; the writer did not.",
          "Leave maxLength out, or set it above every string ever written.", ("MAX_LENGTH_ADDED",)),
    _rule("MAX_LENGTH_LOWERED", "The reader takes shorter strings only.", "Keep the old maxLength.",
          ("MAX_LENGTH_DECREASED",)),
    _rule("PATTERN_ADDED", "The reader demands a pattern; the writer was free.",
          "Leave the pattern out, or check it where events are produced first.", ("PATTERN_ADDED",)),
    _rule("PATTERN_CHANGED", "Some strings match the writer's pattern and not the reader's.",
          "Widen the reader's pattern, for example by adding the old one as an alternative.", ("PATTERN_CHANGED",)),
    _rule("FORMAT_ADDED", "The reader demands a format; the writer was free.",
          "Leave the format out, or use a new property.", (),
          "Validators that assert formats refuse events that were valid when they were written."),
    _rule("FORMAT_CHANGED_TO_ANOTHER", "The reader demands another format than the writer.",
          "Keep the old format, or use a new property.", (),
          "Validators that assert formats refuse events that were valid when they were written."),
    # arrays (6.4, core 10.3.1)
    _rule("MIN_ITEMS_ADDED", "The reader demands a number of items; the writer did not.", "Leave minItems out.",
          ("MIN_ITEMS_ADDED",)),
    _rule("MIN_ITEMS_RAISED", "The reader demands more items than the writer.", "Keep the old minItems.",
          ("MIN_ITEMS_INCREASED",)),
    _rule("MAX_ITEMS_ADDED", "The reader limits the number of items; the writer did not.", "Leave maxItems out.",
          ("MAX_ITEMS_ADDED",)),
    _rule("MAX_ITEMS_LOWERED", "The reader takes fewer items than the writer may write.", "Keep the old maxItems.",
          ("MAX_ITEMS_DECREASED",)),
    _rule("UNIQUE_ITEMS_ADDED", "The reader demands different items; the writer may repeat them.",
          "Leave uniqueItems out and drop duplicates in the application.", ("UNIQUE_ITEMS_ADDED",)),
    _rule("ITEMS_NARROWED", "The reader asks more of the items than the writer, who left them open.",
          _KEEP, ("ITEM_ADDED_TO_OPEN_CONTENT_MODEL", "ADDITIONAL_ITEMS_NARROWED")),
    _rule("ITEMS_CLOSED", "The reader allows no further items; the writer may write some.",
          "Leave further items allowed.",
          ("ADDITIONAL_ITEMS_REMOVED", "ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL")),
    _rule("CONTAINS_NARROWED", "The reader demands certain items; arrays of the writer may lack them or have too many.",
          "Leave contains out, or keep it as it was.", ("MIN_CONTAINS_INCREASED", "MAX_CONTAINS_DECREASED")),
    _rule("UNEVALUATED_ITEMS_NARROWED", "The reader restricts items that no other keyword looks at.", _KEEP,
          ("UNEVALUATED_ITEMS_NARROWED", "UNEVALUATED_ITEMS_REMOVED")),
    # objects (6.5, core 10.3.2)
    _rule("REQUIRED_ADDED", "The reader requires a property that the writer may leave out.",
          "Make it optional; a reader can fill in a default itself.",
          ("REQUIRED_ATTRIBUTE_ADDED", "REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL")),
    _rule("PROPERTY_ADDED_TO_OPEN_MODEL",
          "The reader describes a property that the writer left open: there it may already hold anything.",
          "Close the writer's model (additionalProperties: false) before adding properties, or waive this rule if no "
          "producer ever wrote the name.",
          ("OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL", "REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL",
           "REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL")),
    _rule("PROPERTY_FORBIDDEN", "The reader forbids a property that the writer may write.",
          "Allow the property and ignore it.", ("OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL",)),
    _rule("PROPERTY_REMOVED_FROM_CLOSED_MODEL",
          "The writer declares a property that the reader, which allows no others, has lost.",
          "Keep the property, marked as deprecated, or let the reader allow further properties.",
          ("PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL",
           "PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL")),
    _rule("ADDITIONAL_PROPERTIES_CLOSED", "The reader allows no further properties; the writer does.",
          "Keep additionalProperties open.", ("ADDITIONAL_PROPERTIES_REMOVED",)),
    _rule("ADDITIONAL_PROPERTIES_NARROWED", "The reader asks more of further properties than the writer.",
          _KEEP, ("ADDITIONAL_PROPERTIES_NARROWED",)),
    _rule("PATTERN_PROPERTIES_NARROWED", "The reader asks more of properties whose names match a pattern.",
          _KEEP, ("PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",)),
    _rule("PROPERTY_NAMES_NARROWED", "The reader restricts the names of properties more than the writer.",
          "Leave propertyNames as it was."),
    _rule("MIN_PROPERTIES_ADDED", "The reader demands a number of properties; the writer did not.",
          "Leave minProperties out.", ("MIN_PROPERTIES_ADDED",)),
    _rule("MIN_PROPERTIES_RAISED", "The reader demands more properties than the writer.",
          "Keep the old minProperties.", ("MIN_PROPERTIES_INCREASED",)),
    _rule("MAX_PROPERTIES_ADDED", "The reader limits the number of properties; the writer did not.",
          "Leave maxProperties out.", ("MAX_PROPERTIES_ADDED",)),
    _rule("MAX_PROPERTIES_LOWERED", "The reader takes fewer properties than the writer may write.",
          "Keep the old maxProperties.", ("MAX_PROPERTIES_DECREASED",)),
    _rule("DEPENDENCY_ADDED", "The reader demands something more where a property is present.",
          "Leave the dependency out, or state it where events are produced first.",
          ("DEPENDENCY_ARRAY_ADDED", "DEPENDENCY_ARRAY_EXTENDED", "DEPENDENCY_ARRAY_CHANGED",
           "DEPENDENCY_SCHEMA_ADDED")),
    _rule("UNEVALUATED_PROPERTIES_NARROWED", "The reader restricts properties that no other keyword looks at.", _KEEP,
          ("UNEVALUATED_PROPERTIES_NARROWED", "UNEVALUATED_PROPERTIES_REMOVED")),
    # combinations (core 10.2)
    _rule("ANY_OF_NARROWED", "The writer may write values that fit none of the reader's alternatives.",
          "Keep the old alternatives and add new ones beside them.",
          ("SUM_TYPE_NARROWED", "COMBINED_TYPE_SUBSCHEMAS_CHANGED", "COMBINED_TYPE_CHANGED")),
    _rule("ONE_OF_NARROWED", "The writer may write values that fit none of the reader's oneOf alternatives.",
          "Keep the old alternatives and add new ones beside them.",
          ("SUM_TYPE_NARROWED", "COMBINED_TYPE_SUBSCHEMAS_CHANGED", "COMBINED_TYPE_CHANGED")),
    _rule("ONE_OF_OVERLAP", "The writer may write values that fit several of the reader's oneOf alternatives at once.",
          "Use anyOf, or tell the alternatives apart by a property with a const.", (),
          "oneOf refuses a value that fits two alternatives, so such events are refused by the reader."),
    _rule("NOT_WIDENED", "The reader's 'not' excludes values that the writer may write.",
          "Exclude no more than before.", ("NOT_TYPE_EXTENDED",)),
    _rule("CONDITION_CHANGED", "The reader's if/then/else refuses values that the writer may write.",
          "Leave the condition as it was, or make the new demand part of a new property.", ()),
    _rule("SCHEMA_NARROWED", "The reader's schema refuses values that the writer may write.", _KEEP,
          ("PRODUCT_TYPE_EXTENDED",)),
    # differences that harm nobody by themselves
    _rule("KEYWORD_ADDED", "A keyword was added.", "Nothing to do.", why="Said for people; it is judged apart.",
          severity=Severity.INFO),
    _rule("KEYWORD_REMOVED", "A keyword was removed.", "Nothing to do.", why="Said for people; it is judged apart.",
          severity=Severity.INFO),
    _rule("KEYWORD_CHANGED", "The value of a keyword changed.", "Nothing to do.",
          why="Said for people; it is judged apart.", severity=Severity.INFO),
    _rule("PROPERTY_ADDED", "A property was added.", "Nothing to do.",
          ("OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL", "PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL"),
          "Said for people; it is judged apart.", Severity.INFO),
    _rule("PROPERTY_REMOVED", "A property was removed.", "Nothing to do.",
          ("PROPERTY_REMOVED_FROM_OPEN_CONTENT_MODEL",), "Said for people; it is judged apart.", Severity.INFO),
    _rule("SCHEMA_REPLACED", "A schema was replaced by true or false, or the other way round.", "Nothing to do.",
          ("SCHEMA_ADDED", "SCHEMA_REMOVED"), "Said for people; it is judged apart.", Severity.INFO),
    _rule("DIALECT_CHANGED", "The draft of JSON Schema changed.", "Nothing to do.", (),
          "The same keywords may mean something else in another draft.", Severity.INFO),
    _rule("ANNOTATION_CHANGED", "A title, description, default or other annotation changed.", "Nothing to do.",
          ("ID_CHANGED", "TITLE_CHANGED", "DESCRIPTION_CHANGED", "DEFAULT_CHANGED"),
          "Annotations accept and refuse nothing.", Severity.INFO),
)  # fmt: skip

RULES: Final[Mapping[str, Rule]] = MappingProxyType({rule.name: rule for rule in _RULES})

ADDED_OR_STRICTER: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "type": ("TYPE_NARROWED", "TYPE_NARROWED"),
        "enum": ("ENUM_ADDED", "ENUM_VALUE_REMOVED"),
        "const": ("CONST_CHANGED", "CONST_CHANGED"),
        "minimum": ("MINIMUM_ADDED", "MINIMUM_RAISED"),
        "exclusiveMinimum": ("MINIMUM_ADDED", "MINIMUM_RAISED"),
        "maximum": ("MAXIMUM_ADDED", "MAXIMUM_LOWERED"),
        "exclusiveMaximum": ("MAXIMUM_ADDED", "MAXIMUM_LOWERED"),
        "multipleOf": ("MULTIPLE_OF_ADDED", "MULTIPLE_OF_CHANGED"),
        "minLength": ("MIN_LENGTH_ADDED", "MIN_LENGTH_RAISED"),
        "maxLength": ("MAX_LENGTH_ADDED", "MAX_LENGTH_LOWERED"),
        "pattern": ("PATTERN_ADDED", "PATTERN_CHANGED"),
        "format": ("FORMAT_ADDED", "FORMAT_CHANGED_TO_ANOTHER"),
        "minItems": ("MIN_ITEMS_ADDED", "MIN_ITEMS_RAISED"),
        "maxItems": ("MAX_ITEMS_ADDED", "MAX_ITEMS_LOWERED"),
        "uniqueItems": ("UNIQUE_ITEMS_ADDED", "UNIQUE_ITEMS_ADDED"),
        "items": ("ITEMS_NARROWED", "ITEMS_NARROWED"),
        "prefixItems": ("ITEMS_NARROWED", "ITEMS_NARROWED"),
        "additionalItems": ("ITEMS_NARROWED", "ITEMS_NARROWED"),
        "unevaluatedItems": ("UNEVALUATED_ITEMS_NARROWED", "UNEVALUATED_ITEMS_NARROWED"),
        "contains": ("CONTAINS_NARROWED", "CONTAINS_NARROWED"),
        "required": ("REQUIRED_ADDED", "REQUIRED_ADDED"),
        "properties": ("PROPERTY_ADDED_TO_OPEN_MODEL", "PROPERTY_ADDED_TO_OPEN_MODEL"),
        "additionalProperties": ("ADDITIONAL_PROPERTIES_NARROWED", "ADDITIONAL_PROPERTIES_NARROWED"),
        "patternProperties": ("PATTERN_PROPERTIES_NARROWED", "PATTERN_PROPERTIES_NARROWED"),
        "unevaluatedProperties": ("UNEVALUATED_PROPERTIES_NARROWED", "UNEVALUATED_PROPERTIES_NARROWED"),
        "propertyNames": ("PROPERTY_NAMES_NARROWED", "PROPERTY_NAMES_NARROWED"),
        "minProperties": ("MIN_PROPERTIES_ADDED", "MIN_PROPERTIES_RAISED"),
        "maxProperties": ("MAX_PROPERTIES_ADDED", "MAX_PROPERTIES_LOWERED"),
        "dependencies": ("DEPENDENCY_ADDED", "DEPENDENCY_ADDED"),
        "dependentRequired": ("DEPENDENCY_ADDED", "DEPENDENCY_ADDED"),
        "dependentSchemas": ("DEPENDENCY_ADDED", "DEPENDENCY_ADDED"),
        "anyOf": ("ANY_OF_NARROWED", "ANY_OF_NARROWED"),
        "oneOf": ("ONE_OF_NARROWED", "ONE_OF_NARROWED"),
        "not": ("NOT_WIDENED", "NOT_WIDENED"),
        "if": ("CONDITION_CHANGED", "CONDITION_CHANGED"),
    }
)
"""Per keyword of the reader: the rule where the writer has no such keyword, and the rule where it has another value."""
