"""What the references of a schema stand for: versions, and the definitions behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from compat.definition import Definition, Reference
from registry.errors import InvalidSchemaText
from registry.model import Content, SchemaReference, Subject, Version

Find = Callable[[Subject, int], Version | None]
"""A version by subject and number (LATEST for the latest live one), deleted or not."""

_PREFIX = "Either the input schema or one its references is invalid. Details:"


def resolve(content: Content, context: str, find: Find) -> list[tuple[SchemaReference, Version]]:
    """Each reference of a new schema, with its version number settled, and the version it stands for.

    Raises InvalidSchemaText for one that is missing, soft-deleted or of another format.
    """
    resolved = []
    for item in content.references:
        if not item.name:
            raise InvalidSchemaText(
                f"{_PREFIX} a reference to subject '{item.subject}' has no name: name what it defines"
            )
        target = find(Subject.parse(item.subject, context), item.version)
        if target is None or target.deleted:
            raise InvalidSchemaText(
                f"{_PREFIX} No schema reference found for subject '{item.subject}' and version {item.version}: "
                f"register it first, then refer to it as '{item.name}'"
            )
        if target.content.format is not content.format:
            raise InvalidSchemaText(
                f"{_PREFIX} reference '{item.name}' is a {target.content.format} schema, "
                f"and {content.format} schemas refer to {content.format} only"
            )
        resolved.append((SchemaReference(item.name, item.subject, target.number), target))
    return resolved


def define(
    content: Content, targets: Sequence[tuple[SchemaReference, Definition]], *, depth: int, lenient: bool
) -> Definition:
    """The definition of a schema from those of its references. Raises InvalidSchemaText past ``depth``."""
    references = tuple(Reference(item.name, target) for item, target in targets)
    definition = Definition(content.format, content.text, references, lenient=lenient)
    if _depth(definition, depth) > depth:
        raise InvalidSchemaText(f"{_PREFIX} references refer to references more than {depth} deep: flatten them")
    return definition


def _depth(definition: Definition, bound: int) -> int:
    """How many references follow one another, counted to just past ``bound``."""
    level, found = [definition], 0
    while found <= bound and (level := [item.definition for each in level for item in each.references]):
        level = list({id(each): each for each in level}.values())
        found += 1
    return found
