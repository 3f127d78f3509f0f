"""The table of engines, and the cache of what they have parsed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from types import MappingProxyType
from typing import Any, Final

from compat.avro.engine import AvroEngine
from compat.definition import Definition, Format
from compat.engine import Engine
from compat.json_schema.engine import JsonSchemaEngine
from compat.protobuf.engine import ProtobufEngine

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


class _ParsedCache:
    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = Lock()
        self._kept: OrderedDict[bytes, Parsed] = OrderedDict()

    def get(self, definition: Definition) -> Parsed:
        key = definition.digest()
        with self._lock:
            found = self._kept.get(key)
            if found is not None and (definition.lenient or not found.definition.lenient):
                self._kept.move_to_end(key)
                return found
        engine = ENGINES[definition.format]
        parsed = Parsed(definition, engine, engine.parse(definition))
        with self._lock:
            self._kept[key] = parsed
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return parsed


_cache = _ParsedCache(PARSED_SCHEMAS)


def parse(definition: Definition) -> Parsed:
    """Parse a definition, or give what was parsed before. Raises InvalidSchema, UnresolvedReference, LimitExceeded."""
    return _cache.get(definition)
