"""Upcasters in a row. A chain is called with a payload; the plan it runs is made once, on first use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from upcasters.canonical import digest
from upcasters.document import Document
from upcasters.errors import NoChain
from upcasters.shape import ANYTHING, Shape, to_json
from upcasters.step import Step


@dataclass(frozen=True, slots=True)
class Upcaster:
    """A document with the shape of the version it starts from; what a registry keeps for one edge."""

    document: Document
    shape: Shape = field(default=ANYTHING, repr=False)


class Chain:
    """Steps in a row, each starting where the one before ended.

    ``shape`` is the shape of the first version's payloads; without one every member counts as optional.
    """

    def __init__(self, subject: str, version: int, steps: Sequence[Step] = (), shape: Shape = ANYTHING) -> None:
        """Raises NoChain where a step does not start at the version the one before led to."""
        self.subject = subject
        self.source = version
        self.steps = tuple(steps)
        self.shape = shape
        for step in self.steps:
            if step.source != version:
                raise NoChain(f"{subject}: a step starts at version {step.source}, the one before ended at {version}")
            version = step.target
        self.target = version
        self.hash = digest([subject, self.source, self.target, [step.digest for step in self.steps], to_json(shape)])

    @classmethod
    def up(cls, documents: Iterable[Document], shape: Shape = ANYTHING) -> Chain:
        """The chain of one or more documents, oldest first. Raises NoChain."""
        steps = [Step.up(document) for document in documents]
        if not steps:
            raise NoChain("no documents: an empty chain needs its subject and version")
        return cls(steps[0].subject, steps[0].source, steps, shape)

    def __call__(self, payload: Any) -> Any:
        """The payload in the shape of the target version; the argument is left as it was. Raises UpcastFailed."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"<Chain {self.subject} v{self.source}->v{self.target} {self.hash[:12]}>"
