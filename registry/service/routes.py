"""Ways from one version to another: by upcasters that people wrote, and by steps that follow from the schemas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from compat.formats import Parsed
from compat.recent import Recent
from registry.errors import NoUpcasters
from registry.model import Subject, Version
from registry.storage.reading import StoredUpcaster
from registry.upcasting import Report, agreed, implied, shape_of
from registry.upcasting.engines import Engine
from upcasters.chain import Chain, downward
from upcasters.document import Document
from upcasters.errors import NoChain
from upcasters.step import Step

_DRAFTS_KEPT: Final = 1_000

Proven: TypeAlias = tuple[Document, Report]
"""A step with its proof."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One step of a route: from a version to the next, by a published upcaster or one that follows from the schemas."""

    source: int
    target: int
    document: Document
    published: StoredUpcaster | None
    """None where the step follows from the two schemas without a question to a person."""


@dataclass(frozen=True, slots=True)
class Route:
    """How events of one version reach another. ``source`` is above ``target`` on the way down."""

    subject: Subject
    source: int
    target: int
    legs: tuple[Leg, ...]
    """In the order of travel."""
    schemas: tuple[Parsed, ...]
    """Of every version on the way, the first and the last included."""

    def chain(self) -> Chain:
        """The route ready to run. Raises NoUpcasters where a step has no way back."""
        if self.source <= self.target:
            steps = [Step.up(leg.document) for leg in self.legs]
        else:
            try:
                older = zip(self.legs, self.schemas[1:], strict=True)
                steps = [downward(leg.document, shape_of(schema)) for leg, schema in older]
            except NoChain as error:
                raise NoUpcasters(f"Subject '{self.subject}' has no way back: {error}") from error
        return Chain(str(self.subject), self.source, steps, shape_of(self.schemas[0]))


class Drafts:
    """The steps that follow from two schemas without a question; registered versions never change, nor do they."""

    def __init__(self, engines: tuple[Engine, ...]) -> None:
        self._engines = engines
        self._kept: Recent[tuple[int, int], Proven | None] = Recent(_DRAFTS_KEPT)  # by positions of the registrations
        self._agreed: Recent[tuple[int, int], Proven | None] = Recent(_DRAFTS_KEPT)

    def forget(self) -> None:
        """The positions may stand for other registrations now."""
        self._kept.clear()
        self._agreed.clear()

    def get(self, subject: Subject, old: tuple[Version, Parsed], new: tuple[Version, Parsed]) -> Proven | None:
        """The document with its proof, or None where a person has to decide something."""
        (before, one), (after, other) = old, new
        return self._kept.of(
            (before.position, after.position),
            lambda: implied(str(subject), before.number, after.number, one, other),
        )

    def agreed(self, subject: Subject, old: tuple[Version, Parsed], new: tuple[Version, Parsed]) -> Proven | None:
        """The same for what leaves the registry, as a chain or with rules: None also where an engine disagrees.

        That costs more than whoever only asks whether there is a step should wait for.
        """
        return self._agreed.of(
            (old[0].position, new[0].position), lambda: self._held(self.get(subject, old, new), old[1], new[1])
        )

    def following(self, subject: Subject, old: tuple[Version, Parsed], candidate: Parsed, number: int) -> Proven | None:
        """The step to a version that is about to be registered."""
        before, one = old
        return self._held(implied(str(subject), before.number, number, one, candidate), one, candidate)

    def _held(self, found: Proven | None, old: Parsed, new: Parsed) -> Proven | None:
        if found is None:
            return None
        report = agreed(found, old, new, self._engines)
        return None if report is None else (found[0], report)
