"""What ``$recursiveRef`` and ``$dynamicRef`` mean, where that does not depend on where they are reached from."""

from __future__ import annotations

from compat.json_schema.schema import Location, ParsedSchema


def meant(schema: ParsedSchema, location: Location, keyword: str, reference: str) -> Location | None:
    """The schema that a dynamic reference leads to, whoever asks; None if that depends."""
    if keyword == "$recursiveRef":
        return _recursive(schema, location, reference)
    return _dynamic(schema, location, reference)


def _recursive(schema: ParsedSchema, location: Location, reference: str) -> Location | None:
    first = schema.follow(location, reference)
    if not isinstance(first.raw, dict) or first.raw.get("$recursiveAnchor") is not True:
        return first
    if schema.root.raw.get("$recursiveAnchor") is True:  # the outermost schema of every evaluation is the root
        return schema.root
    anchors = sum(
        isinstance(each.raw, dict) and each.raw.get("$recursiveAnchor") is True for each in schema.locations.values()
    )
    return first if anchors <= 1 else None


def _dynamic(schema: ParsedSchema, location: Location, reference: str) -> Location | None:
    name = reference.rpartition("#")[2]
    first = schema.follow(location, reference)
    if not isinstance(first.raw, dict) or first.raw.get("$dynamicAnchor") != name:
        return first
    outermost = _outermost(schema, name)
    if outermost is not None:
        return outermost
    anchors = sum(
        isinstance(each.raw, dict) and name in (each.raw.get("$dynamicAnchor"), each.raw.get("$anchor"))
        for each in schema.locations.values()
    )
    return first if anchors <= 1 else None


def _outermost(schema: ParsedSchema, name: str) -> Location | None:
    """The schema with a dynamic anchor in the resource of the root, where every evaluation starts."""
    base = schema.root.resolver._base_uri  # noqa: SLF001 - the library has no public name for it
    for each in schema.locations.values():
        is_named = each.raw.get("$dynamicAnchor") == name and each.document is schema.root.document
        if is_named and each.resolver._base_uri == base:  # noqa: SLF001 - as above
            return each
    return None
