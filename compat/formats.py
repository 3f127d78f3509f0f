"""The table of engines, and the cache of what they have parsed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from compat.definition import Definition, Format
from compat.engine import Engine, Form
from compat.recent import Recent


class _Engines(Mapping[Format, Engine[Any]]):
    """Each engine is loaded when it is asked for: a gate runs on every commit, mostly on one format."""

    def __init__(self) -> None:
        self._loaded: dict[Format, Engine[Any]] = {}

    def __getitem__(self, format_: Format) -> Engine[Any]:
        if (engine := self._loaded.get(format_)) is None:
            engine = self._loaded.setdefault(format_, _load(format_))
        return engine

    def __iter__(self) -> Iterator[Format]:
        return iter(Format)

    def __len__(self) -> int:
        return len(Format)


def _load(format_: Format) -> Engine[Any]:
    match format_:
        case Format.AVRO:
            from compat.avro.engine import AvroEngine

            return AvroEngine()
        case Format.JSON:
            from compat.json_schema.engine import JsonSchemaEngine

            return JsonSchemaEngine()
        case Format.PROTOBUF:
            from compat.protobuf.engine import ProtobufEngine

            return ProtobufEngine()


ENGINES: Final[Mapping[Format, Engine[Any]]] = _Engines()

PARSED_SCHEMAS: Final = 2_000
"""How many parsed schemas a process keeps, counted by ``weight``; the least recently used goes first."""
_USUAL: Final = 10_000
"""Characters of a definition beyond which it counts as more than one."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A definition that has been parsed, with the engine that knows what to do with it."""

    definition: Definition
    engine: Engine[Any]
    schema: Any
    _texts: dict[Form, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def source(self) -> str:
        """The definition as source text: a serialized descriptor of Protobuf is printed."""
        text: str = self.schema.text if self.definition.format is Format.PROTOBUF else self.definition.text
        return text

    def text(self, form: Form) -> str:
        """The schema in one form, written once. Raises what the engine's ``text`` raises."""
        if (kept := self._texts.get(form)) is None:
            kept = self._texts[form] = self.engine.text(self.schema, form)
        return kept


def weight(definition: Definition) -> int:
    """As how many definitions one counts in a cache, so that a few huge ones do not fill the memory."""
    return 1 + len(definition.text) // _USUAL


_parsed: Final[Recent[bytes, Parsed]] = Recent(PARSED_SCHEMAS, weigh=lambda parsed: weight(parsed.definition))


def parse(definition: Definition) -> Parsed:
    """Parse a definition, or give what was parsed before. Raises InvalidSchema, UnresolvedReference, LimitExceeded."""

    def make() -> Parsed:
        engine = ENGINES[definition.format]
        return Parsed(definition, engine, engine.parse(definition))

    def serves(parsed: Parsed) -> bool:
        """What was parsed leniently is not taken for valid."""
        return definition.lenient or not parsed.definition.lenient

    return _parsed.of(definition.digest(), make, serves=serves)
