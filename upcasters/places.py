"""The places of an event that an operation changes."""

from __future__ import annotations

from collections.abc import Iterator

from upcasters.operations import (
    Collect,
    Copy,
    DropEvent,
    Emit,
    Envelope,
    Fail,
    Join,
    Move,
    Operation,
    Rename,
    Retype,
    Scale,
    Split,
    When,
)
from upcasters.path import Pointer
from upcasters.shape import PAYLOAD


def touches(operation: Operation) -> Iterator[Pointer]:  # noqa: C901 - one case per operation
    """The places of the scope that an operation changes."""
    match operation:
        case Rename(at=at, to=to):
            yield from (at, at.parent / to)
        case Move(source=source, to=to):
            yield from (source, to)
        case Copy(to=to):
            yield to
        case Join(source=sources, to=to):
            yield from (*sources, to)
        case Split(source=source, to=targets):
            yield from (source, *targets)
        case Scale(at=at, to=to):
            yield at
            if to is not None:
                yield at.parent / to
        case When(then=then, otherwise=otherwise):
            for inner in (*then, *otherwise):
                yield from touches(inner)
        case Envelope(ops=ops):
            for inner in ops:
                yield from (Pointer(at.parts[1:]) for at in touches(inner) if at.parts[:1] == (PAYLOAD,))
        case Fail() | DropEvent() | Retype() | Emit() | Collect():
            return
        case _:
            yield operation.at
