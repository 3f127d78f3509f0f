"""How versions stand to each other: verdicts in both directions, remembered, within a time that a page may take."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from threading import Lock
from typing import Final

from compat.level import Direction, Level
from compat.profile import Criteria
from compat.recent import Recent
from compat.verdict import Outcome, outcome
from registry.model import Subject, SubjectSummary, Version
from registry.service import Registry
from registry.service.answers import Comparison
from web.views.subject import Step
from web.words import BAD, DOUBT, GOOD, LIFT, PLAIN, Tone, counted

REMEMBERED: Final = 20_000
"""Pairs of schemas whose verdict a process keeps: some seven megabytes."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Whether each of two versions reads the other; ``old`` is the lower one."""

    backward: Outcome
    """New reads old."""
    forward: Outcome
    """Old reads new."""
    findings: int
    """That block, in both directions."""


class Deadline:
    """A moment after which a page stops asking for more verdicts."""

    __slots__ = ("_end",)

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def passed(self) -> bool:
        return time.monotonic() > self._end

    @property
    def left(self) -> float:
        """Seconds; not less than none."""
        return max(0.0, self._end - time.monotonic())


class Readings:
    """Verdicts over pairs of versions, computed once: a pair, judged by the same, never changes its verdict."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._kept: Recent[tuple[str, str, Criteria], Reading] = Recent(REMEMBERED)

    def over(self, registry: Registry) -> Readings:
        """The same memory over the registry as it was."""
        other = Readings(registry)
        other._kept = self._kept
        return other

    def of(
        self, subject: Subject, old: Version, new: Version, criteria: Criteria, deadline: Deadline | None = None
    ) -> Reading | None:
        """The verdict over a pair, judged by what the subject is; None if it is not known and the time has passed."""
        key = (old.guid, new.guid, criteria.applied_to(new.content.format))
        if (known := self._kept.get(key)) is not None:
            return known
        if deadline is not None and deadline.passed:
            return None
        compared = self._registry.catalog.compare(subject, old.number, new.number)
        return self.keep(compared)

    def keep(self, compared: Comparison) -> Reading:
        """Remember a verdict that was computed elsewhere."""
        blocking = sum(finding.blocks for finding in (*compared.backward, *compared.forward))
        reading = Reading(outcome(compared.backward), outcome(compared.forward), blocking)
        self._kept.put((compared.old.guid, compared.new.guid, compared.criteria), reading)
        return reading


class Unjudged:
    """Subjects whose last steps a list would have shown, had they been judged: the last ones that were asked for."""

    def __init__(self, most: int = 200) -> None:
        self._most = most
        self._lock = Lock()
        self._subjects: dict[Subject, SubjectSummary] = {}

    def add(self, summary: SubjectSummary) -> None:
        """Judge them when there is time; the one that waits longest is given up where there are too many."""
        with self._lock:
            self._subjects.pop(summary.subject, None)
            self._subjects[summary.subject] = summary
            if len(self._subjects) > self._most:
                del self._subjects[next(iter(self._subjects))]

    def take(self) -> SubjectSummary | None:
        """The one that was asked for last: its reader may still be there."""
        with self._lock:
            return self._subjects.popitem()[1] if self._subjects else None


def tone(reading: Reading | None, level: Level, *, lifted: bool) -> tuple[Tone, str]:
    """How a step looks under a subject's level, and the word for it."""
    if reading is None:
        return PLAIN, "not checked"
    needed = level.directions or (Direction.BACKWARD,)
    asked = [reading.backward if direction is Direction.BACKWARD else reading.forward for direction in needed]
    if all(answer is Outcome.COMPATIBLE for answer in asked):
        both = reading.backward is reading.forward is Outcome.COMPATIBLE
        one = "backward" if reading.backward is Outcome.COMPATIBLE else "forward"
        return GOOD, "both ways" if both else one
    if lifted:
        return LIFT, "via upcaster"
    if Outcome.INCOMPATIBLE in asked:
        return BAD, "breaks"
    return DOUBT, "unknown"


def step(
    older: int, newer: int, reading: Reading | None, level: Level, url: str, lifts: Collection[tuple[int, int]]
) -> Step:
    """What lies between two neighbouring versions; ``lifts`` are the edges that have an upcaster."""
    look, words = tone(reading, level, lifted=(older, newer) in lifts)
    label = f"From version {older} to {newer}: {words}."
    if reading is not None:
        yes = {Outcome.COMPATIBLE: "yes", Outcome.INCOMPATIBLE: "no", Outcome.UNKNOWN: "unknown"}
        label += f" {newer} reads {older}: {yes[reading.backward]}. {older} reads {newer}: {yes[reading.forward]}."
        if reading.findings:
            label += f" {counted(reading.findings, 'finding')}."
    return Step(look, words, url, label)
