"""One step of a chain: operations that lead from one version to another, up or down."""

from __future__ import annotations

from dataclasses import dataclass, field

from upcasters.document import Document
from upcasters.operations import Operation, is_stream_level


@dataclass(frozen=True, slots=True)
class Step:
    """The operations of a document in one direction. ``target`` is below ``source`` on the way down."""

    subject: str
    source: int
    target: int
    ops: tuple[Operation, ...] = field(repr=False)
    digest: str
    """Hash of the document the step is of."""

    @classmethod
    def up(cls, document: Document) -> Step:
        """The step a document describes."""
        return cls(document.subject, document.source, document.target, document.ops, document.digest())

    @property
    def stream_level(self) -> bool:
        """Whether the step renames, splits or drops events."""
        return is_stream_level(self.ops)
