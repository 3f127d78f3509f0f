"""The table of engines, and the cache of what they have parsed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from compat.avro.engine import AvroEngine
from compat.definition import Definition, Format
from compat.engine import Engine
from compat.json_schema.engine import JsonSchemaEngine
from compat.protobuf.engine import ProtobufEngine
from compat.recent import Recent

ENGINES: Final[Mapping[Format, Engine[Any]]] = MappingProxyType(
    {Format.AVRO: AvroEngine(), Format.JSON: JsonSchemaEngine(), Format.PROTOBUF: ProtobufEngine()}
)

PARSED_SCHEMAS: Final = 2_000
"""How many parsed schemas a process keeps; the least recently used goes first."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A definition that has been parsed, with the engine that knows what to do with it."""

    definition: Definition
    engine: Engine[Any]
    schema: Any


_parsed: Final[Recent[bytes, Parsed]] = Recent(PARSED_SCHEMAS)


def parse(definition: Definition) -> Parsed:
    """Parse a definition, or give what was parsed before. Raises InvalidSchema, UnresolvedReference, LimitExceeded."""

    def make() -> Parsed:
        engine = ENGINES[definition.format]
        return Parsed(definition, engine, engine.parse(definition))

    def serves(parsed: Parsed) -> bool:
        """What was parsed leniently is not taken for valid."""
        return definition.lenient or not parsed.definition.lenient

    return _parsed.of(definition.digest(), make, serves=serves)
