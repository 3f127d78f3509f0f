"""Run payloads: two independent validators judge whether a payload is an event of a schema."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import urljoin

import jsonschema_rs
from jsonschema_specifications import REGISTRY as SPECIFICATIONS  # type: ignore[import-untyped]

from compat.budget import Budget, BudgetSpent
from compat.json_schema.corrections import PYTHON
from compat.json_schema.dialect import dialect_of
from compat.json_schema.evaluate import Evaluator
from compat.json_schema.excerpt import Subject, excerpt, subject_of
from compat.json_schema.formats import CHECKER, RUST_FORMATS
from compat.json_schema.normal import normal
from compat.json_schema.schema import ParsedSchema
from compat.json_schema.strings import Strings
from compat.recent import Recent

EXECUTOR: Final = f"jsonschema {version('jsonschema')} and jsonschema-rs {version('jsonschema-rs')}"

OWN_EXECUTOR: Final = f"jsonschema {version('jsonschema')} and lineal's own evaluator"

_KEPT: Final = 4
"""Excerpts of one schema whose validators are kept: the next check often asks about the same members."""
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
    """The validators of a schema, for any number of payloads; compiled once."""
    name = f"executors {formats}"
    known: Executors | None = schema.cache.get(name)
    if known is None:
        rust = _rust(schema, schema.root.raw, _others(schema), formats=formats)
        known = schema.cache[name] = Executors(_python(schema, formats=formats), rust)
    return known


def executors_of(schema: ParsedSchema, payload: Any, *, formats: bool) -> Executors:
    """The validators of a schema for one payload: jsonschema-rs, which compiles what it is given, has the excerpt."""
    subject = subject_of(payload)
    name = f"excerpts {formats}"
    kept: Recent[Subject, Executors] | None = schema.cache.get(name)
    if kept is None:
        kept = schema.cache[name] = Recent(_KEPT)

    def make() -> Executors:
        raw = excerpt(schema, subject)
        if raw is schema.root.raw:
            return executors(schema, formats=formats)
        return Executors(_python(schema, formats=formats), _rust(schema, raw, [], formats=formats))

    return kept.of(subject, make)


def _python(schema: ParsedSchema, *, formats: bool) -> Any:
    return PYTHON[schema.dialect.name](
        schema.root.raw, registry=schema.registry, _resolver=schema.root.resolver,
        format_checker=CHECKER if formats else None,
    )  # fmt: skip


def _rust(schema: ParsedSchema, raw: Any, others: list[tuple[str, Any]], *, formats: bool) -> Any:
    """jsonschema-rs for the schema or its excerpt, with the others that it refers to, or who stands in for it."""
    dialect = schema.dialect
    if isinstance(raw, dict) and isinstance(raw.get("$schema"), str):
        raw = {**raw, "$schema": dialect.uri + ("#" if dialect.order < 2019 else "")}
    try:
        registry = jsonschema_rs.Registry(others, draft=dialect.rust_draft) if others else None
        return dialect.rust(
            raw, validate_formats=formats, formats=RUST_FORMATS if formats else None, registry=registry,
            retriever=_retrieve_nothing,
        )  # fmt: skip
    except (ValueError, jsonschema_rs.ReferencingError):
        return OwnJudge(schema, formats=formats)


def _others(schema: ParsedSchema) -> list[tuple[str, Any]]:
    """What a schema can refer to by a name, besides itself and the published metaschemas."""
    return [
        (urljoin(_ROOT, uri), _plain(resource.contents))
        for uri, resource in schema.registry.items()
        if uri and uri not in SPECIFICATIONS and resource.contents is not schema.root.raw
    ]


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
