"""Which stored types can yield a type: what a subscription that filters by type has to fetch as well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from upcasters.document import Document
from upcasters.operations import Emit, Retype


@dataclass(frozen=True, slots=True)
class Source:
    """Events of a type that become, in part or as a whole, events of another."""

    type: str
    """As it is stored."""
    becomes: str
    subject: str
    version: int
    """Events of this version and of older ones do; newer ones are stored under the new type."""
    hash: str
    """Of the upcaster that does it."""


def sources(wanted: str, documents: Iterable[Document]) -> tuple[Source, ...]:
    """Every stored type that can yield the wanted one, over any number of steps, by the documents in force."""
    edges = [edge for document in documents for edge in _edges(document)]
    found: dict[Source, None] = {}
    types, waiting = {wanted}, [wanted]
    while waiting:
        current = waiting.pop()
        for edge in edges:
            if edge.becomes == current and edge.type != current:
                found[edge] = None
                if edge.type not in types:
                    types.add(edge.type)
                    waiting.append(edge.type)
    return tuple(found)


def _edges(document: Document) -> Iterator[Source]:
    """What a document turns into what, by ``retype`` and ``emit``."""
    current = next((op.source for op in document.ops if isinstance(op, Retype)), document.subject)
    for operation in document.ops:
        match operation:
            case Retype(source=source, to=to):
                yield Source(source, to, document.subject, document.source, document.digest())
                current = to
            case Emit(events=events):
                for part in events:
                    yield Source(current, part.type, document.subject, document.source, document.digest())
            case _:
                pass
