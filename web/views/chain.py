"""Upcasters, and an event that travels along them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from web.code import Line
from web.views.subject import Step
from web.words import Tone


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of an upcaster, in words and as written."""

    sentence: str
    text: str
    place: str


@dataclass(frozen=True, slots=True)
class Frame:
    """One state of the player: the event as of one version."""

    index: int
    version: int
    title: str
    url: str
    lines: tuple[Line, ...]
    event: str
    operations: tuple[Operation, ...]
    summary: tuple[str, ...]
    """``2 fields added`` and so on."""
    valid: Tone
    valid_words: str
    violations: tuple[str, ...]
    current: bool
    implied: bool
    """The step was not written by a person: it follows from the two schemas."""
    module: str = ""
    """Address of the JavaScript module of the step that leads here."""
    module_refused: str = ""
    """Why there is none."""


@dataclass(frozen=True, slots=True)
class Held:
    """What an engine made of the events of a proof in one direction: the same, or why it was not compared."""

    tone: Tone
    words: str


@dataclass(frozen=True, slots=True)
class HeldRow:
    """One engine that a proof held to its events."""

    engine: str
    up: Held
    down: Held


@dataclass(frozen=True, slots=True)
class Edge:
    """An upcaster between two versions, as published."""

    older: int
    newer: int
    tone: Tone
    sentence: str
    doc: str
    operations: tuple[Operation, ...]
    loses: tuple[str, ...]
    invented: tuple[str, ...]
    """Required fields that are filled with a constant, which the old event does not know."""
    text: str
    url: str
    author: str
    when: datetime | None
    hash: str
    events: int
    """That the proof has tried in every way that Python runs the upcaster."""
    held: tuple[HeldRow, ...]


@dataclass(frozen=True, slots=True)
class Ability:
    """Whether a step runs at one place; ``note`` is the number of the reason, 0 for none."""

    tone: Tone
    note: int


@dataclass(frozen=True, slots=True)
class WhereRow:
    """One step in one direction."""

    words: str
    abilities: tuple[Ability, ...]


@dataclass(frozen=True, slots=True)
class Where:
    """Where steps can run: places of our own making, Confluent's clients, a row per step and direction, and reasons."""

    own: tuple[str, ...]
    clients: tuple[str, ...]
    rows: tuple[WhereRow, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """The upcasters of a subject and one event that travels along them."""

    edges: tuple[Edge, ...]
    """From ``start`` to ``end``."""
    hidden: int
    """Upcasters in force that lie elsewhere."""
    frames: tuple[Frame, ...]
    steps: tuple[Step, ...]
    versions: tuple[int, ...]
    """To choose from; none where they are too many for a list."""
    undrafted: tuple[int, ...]
    """The two versions whose step is the first to write; none where there is an upcaster, or one version."""
    highest: int
    start: int
    end: int
    event: str
    """What stands in the text field."""
    own: bool
    """Whether the event came with the request."""
    seed: int
    error: str
    error_place: str
    where: Where
    another: str
    """Address of the same chain with another generated event."""
