"""An upcaster with the two versions it joins: what is asked of them again and again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from compat.formats import Parsed
from registry.upcasting.shapes import shape_of
from upcasters.chain import Chain, downward
from upcasters.collecting import collects, gather
from upcasters.document import Document
from upcasters.errors import NoChain
from upcasters.interpret import interpret
from upcasters.operations import Emit, Retype, is_stream_level
from upcasters.shape import Shape
from upcasters.step import Step
from upcasters.stream import Event

_ATTRIBUTES: Final = {"time": "2026-01-01T00:00:00Z", "source": "/", "subject": "s", "stream": "s"}
"""What the events of a proof know of themselves."""


@dataclass(frozen=True)
class Edge:
    """A document, and the parsed schemas of the versions it leads from and to."""

    document: Document
    old: Parsed
    new: Parsed

    @cached_property
    def shape(self) -> Shape:
        """The shape of the old version's events."""
        return shape_of(self.old)

    @cached_property
    def target(self) -> Shape:
        """The shape of the new version's events."""
        return shape_of(self.new)

    @property
    def stream_level(self) -> bool:
        """Whether the step renames, splits, gathers or drops events."""
        return is_stream_level(self.document.ops)

    @property
    def emits(self) -> bool:
        """Whether several events come of one."""
        return any(isinstance(operation, Emit) for operation in self.document.ops)

    @property
    def gathers(self) -> bool:
        """Whether one event comes of several."""
        return collects(self.document.ops) is not None

    @property
    def type(self) -> str:
        """The type of the old events: the one that is changed, or else the subject."""
        renamed = (operation.source for operation in self.document.ops if isinstance(operation, Retype))
        return next(renamed, self.document.subject)

    @cached_property
    def chain(self) -> Chain:
        """The way up."""
        return Chain(self.document.subject, self.document.source, (Step.up(self.document),), self.shape)

    @cached_property
    def back(self) -> Chain | None:
        """The way down, if there is one."""
        if self.document.down == "none" or self.stream_level:
            return None
        try:
            step = downward(self.document, self.shape)
        except NoChain:
            return None
        return Chain(step.subject, step.source, (step,), self.target)

    def results(self, payload: object) -> list[Event]:
        """What comes of a whole event. Raises UpcastFailed, EventRefused."""
        return list(self.chain.stream([Event(self.type, payload, "an event", attributes=_ATTRIBUTES)]))

    def gathered(self, payloads: Iterable[object]) -> Event | None:
        """What comes of several events that are one group. Raises UpcastFailed, EventRefused."""
        events = (Event(self.type, payload, str(n), attributes=_ATTRIBUTES) for n, payload in enumerate(payloads))
        return gather(Step.up(self.document), interpret, events)
