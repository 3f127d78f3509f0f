"""Verdicts: findings with their proofs, comparisons, grids."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from web.code import Line
from web.words import Tone


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of a definition."""

    label: str
    """Whose it is: ``before``, ``v3, which writes``."""
    where: str
    line: int | None
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Proof:
    """A witness, ready to be shown and copied."""

    key: str
    """Unique on the page: the id of its text."""
    claim: str
    """``This event, valid under v3, fails a reader with v4``."""
    event: str
    lines: tuple[Markup, ...]
    error: str
    executor: str
    written: str


@dataclass(frozen=True, slots=True)
class Found:
    """One finding of a verdict or one difference."""

    tone: Tone
    rule: str
    message: str
    why: str
    remedy: str
    before: Fragment | None
    after: Fragment | None
    proof: Proof | None
    fingerprint: str = ""
    note: str = ""
    """Where the profile and the truth about data part."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The answer in one direction."""

    tone: Tone
    sentence: str
    detail: str
    findings: tuple[Found, ...]
    heading: str = ""
    """Above the findings, where they stand apart from the sentence."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions side by side."""

    older: int
    newer: int
    differences: tuple[Found, ...]
    judgements: tuple[Judgement, ...]
    lifted: str
    """Address of the player where upcasters join the two versions, else empty."""
    raw: tuple[Line, ...]
    """The texts, as a line-by-line difference."""
    swap: str
    previous: str
    next: str
    versions: tuple[int, ...]
    """To choose from; none where they are too many for a list."""
    highest: int


@dataclass(frozen=True, slots=True)
class Cell:
    """Whether one version reads what another wrote."""

    tone: Tone
    words: str
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Grid:
    """Readers down, writers across."""

    versions: tuple[int, ...]
    rows: tuple[tuple[int, tuple[Cell, ...]], ...]
    hidden: int
    """Older versions left out."""
