"""Why a payload is no event of a schema, in words a person can act on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from jsonschema.exceptions import ValidationError

from compat.engine import Violation
from compat.json_schema import text
from compat.json_schema.execute import executors
from compat.json_schema.schema import ParsedSchema
from compat.positions import escape

_WORDS: Final[dict[str, Callable[[ValidationError], str]]] = {
    "required": lambda e: f"the member {_missing(e)} is missing",
    "type": lambda e: f"{_short(e.instance)} is not of type {_types(e.validator_value)}",
    "enum": lambda e: f"{_short(e.instance)} is none of the allowed values {_short(e.validator_value)}",
    "const": lambda e: f"{_short(e.instance)} is not {_short(e.validator_value)}",
    "minimum": lambda e: f"{_short(e.instance)} is below the minimum {e.validator_value}",
    "maximum": lambda e: f"{_short(e.instance)} is above the maximum {e.validator_value}",
    "minLength": lambda e: f"{_short(e.instance)} is shorter than {e.validator_value} characters",
    "maxLength": lambda e: f"{_short(e.instance)} is longer than {e.validator_value} characters",
    "minItems": lambda e: f"{_size(e.instance)} items are fewer than {e.validator_value}",
    "maxItems": lambda e: f"{_size(e.instance)} items are more than {e.validator_value}",
    "uniqueItems": lambda _: "two of its items are equal",
    "pattern": lambda e: f"{_short(e.instance)} does not match the pattern {e.validator_value}",
    "format": lambda e: f"{_short(e.instance)} is not a valid {e.validator_value}",
    "multipleOf": lambda e: f"{_short(e.instance)} is not a multiple of {e.validator_value}",
    "anyOf": lambda e: f"{_short(e.instance)} fits none of the {_size(e.validator_value)} alternatives of anyOf",
    "oneOf": lambda e: f"{_short(e.instance)} does not fit exactly one of the {_size(e.validator_value)} "
    "alternatives of oneOf",
    "not": lambda e: f"{_short(e.instance)} is what 'not' excludes",
}


def violations(schema: ParsedSchema, payload: object, *, formats: bool = False) -> Iterator[Violation]:
    """Why the payload is no event of the schema, in the order of the payload; formats are annotations by default."""
    judges = executors(schema, formats=formats)
    try:
        if judges.rust.is_valid(payload):
            return
    except ValueError:
        pass
    try:
        yield from map(describe, sorted(judges.python.iter_errors(payload), key=lambda e: [*map(str, e.absolute_path)]))
    except RecursionError:
        yield Violation("", "it is nested too deeply, or the schema refers to itself without end")
    except re.error as error:
        yield Violation("", f"a pattern of the schema cannot be executed: {error}")


def describe(error: ValidationError) -> Violation:
    """One error of ``jsonschema`` in plain words."""
    pointer = "".join(f"/{escape(str(step))}" for step in error.absolute_path)
    words = _WORDS.get(str(error.validator))
    return Violation(pointer, words(error) if words else str(error.message))


def _missing(error: ValidationError) -> str:
    return str(error.message).removesuffix(" is a required property")


def _size(value: Any) -> int:
    return len(value)


def _types(value: Any) -> str:
    return " or ".join(map(str, value)) if isinstance(value, list) else str(value)


def _short(value: object) -> str:
    written = text.write(value)
    return written if len(written) <= 120 else written[:117] + "..."
