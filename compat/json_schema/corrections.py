"""``jsonschema``, corrected where it is known to differ from the specification.

``multipleOf`` is exact, ``integer`` takes integral decimals (from draft 6 on), patterns are ECMA-262 and looked for by
the engine's automata (Python's own engine reads some of them otherwise, and can take for ever). ``properties`` means
the same as in the library, in time that depends on the smaller of event and schema.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

import jsonschema_rs
from jsonschema import validators
from jsonschema.exceptions import ValidationError

from compat.json_schema.dialect import DIALECTS, Dialect
from compat.json_schema.regex.language import Builder
from compat.json_schema.regex.syntax import NotRegular
from compat.json_schema.regex.syntax import parse as parse_pattern
from compat.json_schema.values import is_number

_STEPS: Final = 200_000
"""Steps of looking for one pattern in one text."""
_EXPRESSIONS: Final = 10_000


def _multiple_of(validator: Any, divisor: Any, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if validator.is_type(instance, "number") and Fraction(instance) % Fraction(divisor):
        yield ValidationError(f"{instance} is not a multiple of {divisor}")


def _pattern(validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if validator.is_type(instance, "string") and not is_found(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _properties(validator: Any, properties: Any, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if validator.is_type(instance, "object"):
        names, others = (instance, properties) if len(instance) < len(properties) else (properties, instance)
        for name in names:
            if name in others:
                below = properties[name]
                # What has no identifier refers to what the schema above does: the library finds that out for each.
                is_named = isinstance(below, dict) and ("$id" in below or "id" in below)
                resolver = None if is_named else validator._resolver  # noqa: SLF001
                yield from validator.descend(instance[name], below, path=name, schema_path=name, resolver=resolver)


def _pattern_properties(validator: Any, patterns: Any, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if validator.is_type(instance, "object"):
        for pattern, subschema in patterns.items():
            for name, value in instance.items():
                if is_found(pattern, name):
                    yield from validator.descend(value, subschema, path=name, schema_path=pattern)


def _additional_properties(validator: Any, other: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not validator.is_type(instance, "object"):
        return
    for name, value in instance.items():
        if name in schema.get("properties", {}):
            continue
        if any(is_found(pattern, name) for pattern in schema.get("patternProperties", {})):
            continue
        if other is False:
            yield ValidationError(f"the member {name!r} is not allowed")
        else:
            yield from validator.descend(value, other, path=name)


@lru_cache(maxsize=512)
def _finder(pattern: str) -> Callable[[str], bool]:
    try:
        parse_pattern(pattern)
    except NotRegular:
        rust = jsonschema_rs.Draft202012Validator({"pattern": pattern})
        return lambda text: bool(rust.is_valid(text))

    return _Automaton(pattern).find


class _Automaton:
    """The automaton of one pattern, kept between calls until it has grown large."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._left = _STEPS
        self._builder = Builder(self._spend)

    def _spend(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise ValueError(f"the pattern {self._pattern!r} takes too much work")

    def find(self, text: str) -> bool:
        self._left = _STEPS
        if self._builder.size > _EXPRESSIONS:
            self._builder = Builder(self._spend)
        builder = self._builder
        return builder.contains(builder.language(self._pattern), text)


def is_found(pattern: str, text: str) -> bool:
    """Whether a pattern of ECMA-262 is found in a text, in time that no pattern can blow up.

    By the engine's automata, or by jsonschema-rs with its limit on backtracking where the pattern is not regular;
    never by Python's engine. Raises LimitExceeded or ValueError where it takes too much.
    """
    return _finder(pattern)(text)


def _is_integer(_checker: Any, instance: Any) -> bool:
    return is_number(instance) and Fraction(instance).denominator == 1


_CORRECTED: Final = {
    "multipleOf": _multiple_of,
    "pattern": _pattern,
    "properties": _properties,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
}


def _corrected(dialect: Dialect) -> Any:
    original = dialect.python
    checker = original.TYPE_CHECKER
    if not dialect.integer_is_spelt:
        checker = checker.redefine("integer", _is_integer)
    extend: Any = validators.extend
    return extend(original, _CORRECTED, type_checker=checker)


PYTHON: Final = {dialect.name: _corrected(dialect) for dialect in DIALECTS}
"""The validator of each dialect, by its name."""
