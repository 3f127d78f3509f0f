"""Run payloads: two independent validators judge whether a payload is an event of a schema.

``jsonschema`` is corrected where it is known to differ from the specification: ``multipleOf`` is exact, ``integer``
takes integral decimals (from draft 6 on), patterns are ECMA-262 (``$`` is the very end, ``\\d`` and ``\\w`` are ASCII).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import urljoin

import jsonschema_rs
from jsonschema import validators
from jsonschema.exceptions import ValidationError
from jsonschema_specifications import REGISTRY as SPECIFICATIONS  # type: ignore[import-untyped]

from compat.json_schema.dialect import DIALECTS, Dialect, dialect_of
from compat.json_schema.formats import CHECKER, RUST_FORMATS
from compat.json_schema.schema import ParsedSchema
from compat.json_schema.values import is_number

EXECUTOR: Final = f"jsonschema {version('jsonschema')} and jsonschema-rs {version('jsonschema-rs')}"

_ROOT: Final = "json-schema:///"


@dataclass(frozen=True, slots=True)
class Executors:
    """Both validators of one schema, formats asserted or not."""

    python: Any
    rust: Any

    def accepts(self, payload: object) -> bool | None:
        """Whether both say the payload is valid; None if they disagree or one of them cannot say."""
        try:
            first = self.rust.is_valid(payload)
            second = self.python.is_valid(payload)
        except (re.error, RecursionError, ValueError, OverflowError, ArithmeticError):
            return None
        except Exception:  # noqa: BLE001 - a validator that breaks down has no opinion
            return None
        return bool(first) if first == second else None

    def errors(self, payload: object) -> Iterator[ValidationError]:
        """What ``jsonschema`` says against the payload."""
        yield from self.python.iter_errors(payload)


def executors(schema: ParsedSchema, *, formats: bool) -> Executors:
    """The validators of a schema; compiled once. Raises ValueError if one of them cannot read the schema."""
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
    registry = jsonschema_rs.Registry(resources, draft=dialect.rust_draft) if resources else None
    rust = dialect.rust(
        raw, validate_formats=formats, formats=RUST_FORMATS if formats else None, registry=registry,
        retriever=_retrieve_nothing,
    )  # fmt: skip
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
    if validator.is_type(instance, "string") and not python_pattern(pattern).search(instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def python_pattern(pattern: str) -> re.Pattern[str]:
    """A pattern of ECMA-262 for Python's engine. Raises re.error where there is no such pattern."""
    out: list[str] = []
    index, in_class = 0, False
    while index < len(pattern):
        character = pattern[index]
        pair = pattern[index : index + 2]
        if character == "\\":
            out.append("/" if pair == "\\/" else pair)
            index += 2
            continue
        if in_class:
            in_class = character != "]"
            out.append("\\[" if character == "[" else character)
        elif character == "[":
            in_class = True
            out.append("[")
        elif character == "$":
            out.append("\\Z")
        elif pair == "(?" and pattern[index : index + 3] == "(?<" and pattern[index + 3 : index + 4] not in "=!":
            out.append("(?P<")
            index += 3
            continue
        else:
            out.append("[^\\n\\r\\u2028\\u2029]" if character == "." else character)
        index += 1
    return re.compile("".join(out), re.ASCII)


def _is_integer(_checker: Any, instance: Any) -> bool:
    return is_number(instance) and Fraction(instance).denominator == 1


def _corrected(dialect: Dialect) -> Any:
    original = dialect.python
    checker = original.TYPE_CHECKER
    if not dialect.integer_is_spelt:
        checker = checker.redefine("integer", _is_integer)
    extend: Any = validators.extend
    return extend(original, {"multipleOf": _multiple_of, "pattern": _pattern}, type_checker=checker)


_PYTHON: Final = {dialect.name: _corrected(dialect) for dialect in DIALECTS}
