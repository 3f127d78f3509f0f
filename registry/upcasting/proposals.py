"""What a draft is made of: operations proposed, each with how sure it is and why, and what is left to a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from upcasters.document import Document, write_operation
from upcasters.operations import NAMES, Operation
from upcasters.path import ROOT, Pointer

LIKELY: Final = 0.9
"""From here on a proposal counts as done."""
POSSIBLE: Final = 0.6
"""From here on a proposal is to be confirmed; below, it is to be corrected."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a person has to decide: the operation proposed, how sure it is, and why it is asked."""

    place: str
    """Pointer into the draft: ``/ops/2``, or ``/ops/2/in/ops/0`` within an operation; ``/ops`` where one is missing."""
    pointer: str
    """Pointer into the event."""
    confidence: float
    reason: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposed document. Complete if nothing is left to decide."""

    document: Document
    questions: tuple[Question, ...]
    notes: tuple[str, ...]
    """What was decided without asking, and why."""

    @property
    def complete(self) -> bool:
        """Whether the draft may be published as it is."""
        return not self.questions


@dataclass(frozen=True, slots=True)
class Proposal:
    """One operation, and what speaks for it."""

    operation: Operation
    pointer: Pointer
    confidence: float
    reason: str
    inner: tuple[Proposal, ...] = ()
    """What is proposed within a record or a list; the operation holds them."""


@dataclass(slots=True)
class Found:
    """What has been found so far, in one scope of the event."""

    proposals: list[Proposal] = field(default_factory=list)
    losses: list[Pointer] = field(default_factory=list)
    open: list[tuple[Pointer, str]] = field(default_factory=list)
    """Places for which nothing can be proposed, and why something has to be."""

    def draft(self, subject: str, source: int, target: int) -> Draft:
        """All of it as a document, with questions and notes."""
        ops = tuple(proposal.operation for proposal in self.proposals)
        document = Document(subject, source, target, ops, loses=tuple(self.losses))
        placed = list(_placed(self.proposals, "/ops", ROOT))
        asked = [
            Question(place, str(pointer), round(proposal.confidence, 2), proposal.reason)
            for place, pointer, proposal in placed
            if proposal.confidence < LIKELY
        ]
        asked += [Question("/ops", str(pointer), 0.0, reason) for pointer, reason in self.open]
        notes = tuple(
            f"{write_operation(proposal.operation)}: {proposal.reason}"
            for _, _, proposal in placed
            if proposal.confidence >= LIKELY
        )
        return Draft(document, tuple(asked), notes)


def _placed(proposals: Sequence[Proposal], place: str, at: Pointer) -> Iterator[tuple[str, Pointer, Proposal]]:
    """The proposals that hold no others, each with its place in the draft and in the event."""
    for index, proposal in enumerate(proposals):
        if proposal.inner:
            inside = f"{place}/{index}/{NAMES[type(proposal.operation)]}/ops"
            yield from _placed(proposal.inner, inside, at / proposal.pointer)
        else:
            yield f"{place}/{index}", at / proposal.pointer, proposal
