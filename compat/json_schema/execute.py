"""Run payloads: two independent validators judge whether a payload is an event of a schema.

``jsonschema`` is corrected where it is known to differ from the specification: ``multipleOf`` is exact, ``integer``
takes integral decimals (from draft 6 on), patterns are ECMA-262 and looked for by the engine's automata (Python's own
engine reads some of them otherwise, and can take for ever).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import urljoin

import jsonschema_rs
from jsonschema import validators
from jsonschema.exceptions import ValidationError
from jsonschema_specifications import REGISTRY as SPECIFICATIONS  # type: ignore[import-untyped]

from compat.budget import Budget, BudgetSpent
from compat.json_schema.dialect import DIALECTS, Dialect, dialect_of
from compat.json_schema.evaluate import Evaluator
from compat.json_schema.formats import CHECKER, RUST_FORMATS
from compat.json_schema.normal import normal
from compat.json_schema.regex.language import Builder
from compat.json_schema.regex.syntax import NotRegular
from compat.json_schema.regex.syntax import parse as parse_pattern
from compat.json_schema.schema import ParsedSchema
from compat.json_schema.strings import Strings
from compat.json_schema.values import is_number

EXECUTOR: Final = f"jsonschema {version('jsonschema')} and jsonschema-rs {version('jsonschema-rs')}"

OWN_EXECUTOR: Final = f"jsonschema {version('jsonschema')} and lineal's own evaluator"

_STEPS: Final = 200_000
"""Steps of looking for one pattern in one text."""
_EXPRESSIONS: Final = 10_000

_ROOT: Final = "json-schema:///"


class OwnJudge:
    """The engine's own evaluator as the second judge, where jsonschema-rs cannot read a schema (drafts are mixed)."""

    def __init__(self, schema: ParsedSchema, *, formats: bool) -> None:
        self._node = normal(schema, formats=formats).root
        self._formats = formats

    def is_valid(self, payload: Any) -> bool:
        """Raises ValueError where it is not known."""
        budget = Budget()
        try:
            judge = Evaluator(Strings(budget.spend).matches, budget.spend, asserted=self._formats)
            held = judge.holds(self._node, payload)
        except BudgetSpent:
            held = None
        if held is None:
            raise ValueError("not known")
        return held


@dataclass(frozen=True, slots=True)
class Executors:
    """Both validators of one schema, formats asserted or not."""

    python: Any
    rust: Any
    """jsonschema-rs, or the engine's own evaluator where that cannot read the schema."""

    @property
    def name(self) -> str:
        return OWN_EXECUTOR if isinstance(self.rust, OwnJudge) else EXECUTOR

    def accepts(self, payload: object) -> bool | None:
        """Whether both say the payload is valid; None if they disagree or one of them cannot say."""
        try:
            first = self.rust.is_valid(payload)
            second = self.python.is_valid(payload)
        except Exception:  # noqa: BLE001 - a validator that breaks down has no opinion
            return None
        return bool(first) if first == second else None


def executors(schema: ParsedSchema, *, formats: bool) -> Executors:
    """The validators of a schema; compiled once."""
    name = f"executors {formats}"
    known: Executors | None = schema.cache.get(name)
    if known is None:
        known = schema.cache[name] = _compile(schema, formats=formats)
    return known


def _compile(schema: ParsedSchema, *, formats: bool) -> Executors:
    dialect = schema.dialect
    checker = CHECKER if formats else None
    python = _PYTHON[dialect.name](
        schema.root.raw, registry=schema.registry, _resolver=schema.root.resolver, format_checker=checker
    )
    raw = schema.root.raw
    if isinstance(raw, dict) and isinstance(raw.get("$schema"), str):
        raw = {**raw, "$schema": dialect.uri + ("#" if dialect.order < 2019 else "")}
    resources = [
        (urljoin(_ROOT, uri), _plain(resource.contents))
        for uri, resource in schema.registry.items()
        if uri and uri not in SPECIFICATIONS and resource.contents is not schema.root.raw
    ]
    rust: Any
    try:
        registry = jsonschema_rs.Registry(resources, draft=dialect.rust_draft) if resources else None
        rust = dialect.rust(
            raw, validate_formats=formats, formats=RUST_FORMATS if formats else None, registry=registry,
            retriever=_retrieve_nothing,
        )  # fmt: skip
    except (ValueError, jsonschema_rs.ReferencingError):
        rust = OwnJudge(schema, formats=formats)
    return Executors(python, rust)


def _plain(raw: Any) -> Any:
    """A referenced document as jsonschema-rs can take it: an unknown metaschema would make it look for one."""
    if isinstance(raw, dict) and isinstance(raw.get("$schema"), str):
        known = dialect_of(raw)
        if known is None:
            return {name: value for name, value in raw.items() if name != "$schema"}
        return {**raw, "$schema": known.uri + ("#" if known.order < 2019 else "")}
    return raw


def _retrieve_nothing(uri: str) -> Any:
    raise ValueError(f"{uri} is not registered")


def _multiple_of(validator: Any, divisor: Any, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if validator.is_type(instance, "number") and Fraction(instance) % Fraction(divisor):
        yield ValidationError(f"{instance} is not a multiple of {divisor}")


def _pattern(validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if validator.is_type(instance, "string") and not is_found(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


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


_PYTHON: Final = {dialect.name: _corrected(dialect) for dialect in DIALECTS}
