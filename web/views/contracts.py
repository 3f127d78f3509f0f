"""Readers, writers and where they are live."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from web.views.findings import Cell, Judgement
from web.views.listing import Option
from web.words import Tone


@dataclass(frozen=True, slots=True)
class ReaderLine:
    """A reader (or what one application reads) with its cells."""

    build: str
    url: str
    owner: str
    environments: tuple[str, ...]
    need: str
    cells: tuple[Cell, ...]
    judged: Judgement | None = None
    """Why, where no page of its own shows it."""


@dataclass(frozen=True, slots=True)
class Contract:
    """A writer in a table: who or what, of whom, live where, and which versions."""

    name: str
    url: str
    owner: str
    environments: tuple[str, ...]
    versions: str


@dataclass(frozen=True, slots=True)
class ReaderMatrix:
    """Readers down, versions across."""

    versions: tuple[int, ...]
    hidden: int
    environments: tuple[Option, ...]
    environment: str
    lines: tuple[ReaderLine, ...]
    writers: tuple[Contract, ...]


@dataclass(frozen=True, slots=True)
class CellPage:
    """One reader and one version: whether it reads it, how, and why not."""

    title: str
    tone: Tone
    sentence: str
    detail: str
    player: str
    """Address of the way through the upcasters, else empty."""
    judged: Judgement | None
    need: str
    based_on: int
    lines: tuple[Markup, ...]
    """The schema it decodes with, where that is no registered version."""
    back: str
    application: str


@dataclass(frozen=True, slots=True)
class Live:
    """Somebody who reads or writes the subject."""

    build: str
    url: str
    owner: str
    role: str
    words: str
    tone: Tone
    """How a reader reads the latest version."""


@dataclass(frozen=True, slots=True)
class Side:
    """An environment with those who are live there."""

    environment: str
    entries: tuple[Live, ...]


@dataclass(frozen=True, slots=True)
class Affected:
    """What a version or a candidate does to the live readers."""

    tone: Tone
    sentence: str
    lines: tuple[ReaderLine, ...]
    """Those that do not read it."""


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    """An application in the list."""

    name: str
    url: str
    owner: str
    does: str
    """How many subjects it reads and writes."""
    live: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LiveBuild:
    """A build of an application that is live."""

    environment: str
    build: str
    mode: str
    since: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class ApplicationPage:
    """One application."""

    name: str
    owner: str
    live: tuple[LiveBuild, ...]
    readers: tuple[ReaderLine, ...]
    """By subject; ``owner`` is the build."""
    writers: tuple[Contract, ...]
    undeclared: tuple[str, ...]
    """Live builds that have declared nothing."""
