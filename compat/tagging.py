"""Tags inside the text of a schema, in each format: read, and written into a new text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final

from compat.avro import tags as avro
from compat.definition import Format
from compat.entity import Entity, EntityKind, Tags
from compat.errors import InvalidSchema
from compat.formats import ENGINES, Parsed
from compat.json_schema import tags as json_schema
from compat.protobuf import tags as protobuf

_ENGINE: Final = ENGINES[Format.PROTOBUF]
_TAGS: Final[Mapping[Format, Callable[[Any], Tags]]] = {
    Format.AVRO: avro.tags,
    Format.JSON: json_schema.tags,
    Format.PROTOBUF: partial(protobuf.tags, _ENGINE),  # type: ignore[arg-type]
}
_ENTITIES: Final[Mapping[Format, Callable[[Any], list[Entity]]]] = {
    Format.AVRO: avro.entities,
    Format.JSON: json_schema.entities,
    Format.PROTOBUF: protobuf.entities,
}
_TAGGED: Final[Mapping[Format, Callable[[Any, Tags], str]]] = {
    Format.AVRO: avro.tagged,
    Format.JSON: json_schema.tagged,
    Format.PROTOBUF: partial(protobuf.tagged, _ENGINE),  # type: ignore[arg-type]
}
_MOST_SHOWN: Final = 10


def tags(parsed: Parsed) -> Tags:
    """The tags that the text carries, by entity."""
    return _TAGS[parsed.definition.format](parsed.schema)


def tagged(parsed: Parsed, add: Tags, remove: Tags) -> str:
    """The text after some tags were added and then others removed; the same text if that changes nothing.

    Raises InvalidSchema for an entity that the schema does not have.
    """
    before = tags(parsed)
    after = dict(before)
    known = _ENTITIES[parsed.definition.format](parsed.schema)
    for wanted, names in add.items():
        entity = _named(wanted, known)
        after[entity] = after.get(entity, frozenset()) | names
    for wanted, names in remove.items():
        entity = _named(wanted, known)
        after[entity] = after.get(entity, frozenset()) - names
    changed = {entity: names for entity, names in after.items() if names != before.get(entity, frozenset())}
    return _TAGGED[parsed.definition.format](parsed.schema, changed) if changed else parsed.definition.text


def carried_over(earlier: Parsed, parsed: Parsed) -> Tags:
    """The tags of an earlier schema at the entities that this one still has."""
    known = frozenset(_ENTITIES[parsed.definition.format](parsed.schema))
    if earlier.definition.format is not parsed.definition.format:
        return {}
    return {entity: names for entity, names in tags(earlier).items() if entity in known}


def _named(wanted: Entity, known: Iterable[Entity]) -> Entity:
    """The entity that a request means: by its name, or by a longer or shorter one that fits one entity only."""
    candidates = [entity for entity in known if entity.kind is wanted.kind]
    spelt = {wanted.path, wanted.path.removeprefix("."), f"$.{wanted.path}", _rooted(wanted.path)}
    exact = [entity for entity in candidates if entity.path in spelt]
    fitting = exact or [
        entity
        for entity in candidates
        if entity.path.endswith(f".{wanted.path}") or wanted.path.endswith(f".{entity.path}")
    ]
    if len(fitting) == 1:
        return fitting[0]
    kind = "record" if wanted.kind is EntityKind.RECORD else "field"
    paths = [entity.path for entity in candidates]
    more = ", …" if len(paths) > _MOST_SHOWN else ""
    raise InvalidSchema(
        f"the schema has {'more than one' if fitting else 'no'} {kind} '{wanted.path}': "
        + (f"its {kind}s are {', '.join(paths[:_MOST_SHOWN])}{more}" if paths else "it has none")
    )


def _rooted(path: str) -> str:
    """A path of a JSON Schema that calls the root ``object``."""
    head, _, rest = path.partition(".")
    return path if head != "object" else f"$.{rest}" if rest else "$"
