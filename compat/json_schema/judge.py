"""Why a payload is no event of a schema, in words a person can act on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from compat.engine import Violation
from compat.json_schema import text
from compat.json_schema.execute import Executors, OwnJudge, executors
from compat.json_schema.schema import ParsedSchema
from compat.positions import escape


@dataclass(frozen=True, slots=True)
class _Error:
    """What a validator says, whichever it is."""

    keyword: str
    demanded: Any
    instance: Any
    path: tuple[str | int, ...]
    message: str


_WORDS: Final[dict[str, Callable[[_Error], str]]] = {
    "required": lambda e: f"the member {_missing(e)} is missing",
    "type": lambda e: f"{_short(e.instance)} is not of type {_types(e.demanded)}",
    "enum": lambda e: f"{_short(e.instance)} is none of the allowed values {_short(e.demanded)}",
    "const": lambda e: f"{_short(e.instance)} is not {_short(e.demanded)}",
    "minimum": lambda e: f"{_short(e.instance)} is below the minimum {e.demanded}",
    "maximum": lambda e: f"{_short(e.instance)} is above the maximum {e.demanded}",
    "exclusiveMinimum": lambda e: f"{_short(e.instance)} is not above {e.demanded}",
    "exclusiveMaximum": lambda e: f"{_short(e.instance)} is not below {e.demanded}",
    "minLength": lambda e: f"{_short(e.instance)} is shorter than {e.demanded} characters",
    "maxLength": lambda e: f"{_short(e.instance)} is longer than {e.demanded} characters",
    "minItems": lambda e: f"{len(e.instance)} items are fewer than {e.demanded}",
    "maxItems": lambda e: f"{len(e.instance)} items are more than {e.demanded}",
    "minProperties": lambda e: f"{len(e.instance)} members are fewer than {e.demanded}",
    "maxProperties": lambda e: f"{len(e.instance)} members are more than {e.demanded}",
    "uniqueItems": lambda _: "two of its items are equal",
    "pattern": lambda e: f"{_short(e.instance)} does not match the pattern {e.demanded}",
    "format": lambda e: f"{_short(e.instance)} is not a valid {e.demanded}",
    "multipleOf": lambda e: f"{_short(e.instance)} is not a multiple of {e.demanded}",
    "anyOf": lambda e: f"{_short(e.instance)} fits none of the alternatives of anyOf",
    "oneOf": lambda e: f"{_short(e.instance)} does not fit exactly one of the alternatives of oneOf",
    "not": lambda e: f"{_short(e.instance)} is what 'not' excludes",
}
_REFUSED: Final = "refused by the schema"


def violations(schema: ParsedSchema, payload: object, *, formats: bool = False) -> Iterator[Violation]:
    """Why the payload is no event of the schema; formats are annotations unless asked for."""
    yield from explain(executors(schema, formats=formats), payload)


def explain(judges: Executors, payload: object) -> Iterator[Violation]:
    """What the validators say against a payload, in the order of its members."""
    try:
        if judges.rust.is_valid(payload):
            return
        found = _python_errors(judges, payload) if isinstance(judges.rust, OwnJudge) else _rust_errors(judges, payload)
    except (ValueError, RecursionError, OverflowError) as error:
        yield Violation("", f"it cannot be judged: {error}")
        return
    for said in sorted(found, key=lambda each: [*map(str, each.path)]):
        words = _WORDS.get(said.keyword)
        pointer = "".join(f"/{escape(str(step))}" for step in said.path)
        yield Violation(pointer, words(said) if words else said.message)
    if not found:
        yield Violation("", _REFUSED)


def _rust_errors(judges: Executors, payload: object) -> list[_Error]:
    return [
        _Error(error.kind.name, getattr(error.kind, "value", None), error.instance, tuple(error.instance_path),
               error.message)
        for error in judges.rust.iter_errors(payload)
    ]  # fmt: skip


def _python_errors(judges: Executors, payload: object) -> list[_Error]:
    return [
        _Error(str(error.validator), error.validator_value, error.instance, tuple(error.absolute_path), error.message)
        for error in judges.python.iter_errors(payload)
    ]


def _missing(error: _Error) -> str:
    return repr(error.demanded) if isinstance(error.demanded, str) else error.message.partition(" is a required")[0]


def _types(value: Any) -> str:
    return " or ".join(map(str, value)) if isinstance(value, list) else str(value)


def _short(value: object) -> str:
    return text.shortened(value, 120, "...")
