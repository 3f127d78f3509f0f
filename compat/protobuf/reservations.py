"""Reserved numbers and names, and the ranges left to extensions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from compat.protobuf.records import Message
from compat.protobuf.words import info, message_fragment, spelt_range
from compat.verdict import Incompatibility


def reservations(writer: Message, reader: Message) -> Iterator[Incompatibility]:
    """What the writer keeps from being used and the reader does not, and the other way round."""
    if not (writer.restricted or reader.restricted):
        return
    before, after = message_fragment(writer), message_fragment(reader)
    for first, last in writer.reserved:
        if not _covered(first, last, [*reader.reserved, *((number, number) for number in reader.fields)]):
            message = f"{reader.name} does not reserve {spelt_range(first, last)}"
            yield info("RESERVED_REMOVED", message, before, after)
    names = {field.name for field in reader.fields.values()}
    for name in sorted(writer.reserved_names - reader.reserved_names - names):
        yield info("RESERVED_REMOVED", f"{reader.name} does not reserve the name {name}", before, after)
    for first, last in reader.reserved:
        if not _covered(first, last, writer.reserved):
            message = f"{reader.name} reserves {spelt_range(first, last)}"
            yield info("RESERVED_ADDED", message, before, after)
    for name in sorted(reader.reserved_names - writer.reserved_names):
        yield info("RESERVED_ADDED", f"{reader.name} reserves the name {name}", before, after)
    for first, last in writer.extension_ranges:
        if not _covered(first, last, reader.extension_ranges):
            message = f"{reader.name} has no extension range {spelt_range(first, last)}"
            yield info("EXTENSION_RANGE_REMOVED", message, before, after)


def _covered(first: int, last: int, ranges: Iterable[tuple[int, int]]) -> bool:
    """Whether ranges (both ends included) together hold every number from first to last."""
    at = first
    for start, end in sorted(ranges):
        if start > at:
            break
        at = max(at, end + 1)
    return at > last
