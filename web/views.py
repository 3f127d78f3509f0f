"""What the templates show: frozen values, ready to print, built from the service layer by the modules beside this one.

Whatever a template prints is here in the words it is printed in; templates choose no words from data and ask nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from web.code import Line
from web.words import Tone


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a filter."""

    value: str
    words: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A subject in the list."""

    subject: str
    title: Markup
    """The name, with what was searched for marked."""
    url: str
    context: str
    format: str
    summary: Markup
    owner: str
    versions: int
    picture: Markup
    when: datetime | None
    fields: tuple[tuple[Markup, str], ...]
    """Fields that match the search: name and address."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The list of subjects, one page of it."""

    rows: tuple[Row, ...]
    total: int
    """Subjects that match."""
    asked: str
    contexts: tuple[Option, ...]
    formats: tuple[Option, ...]
    narrowed: bool
    newer: str
    """Address of the page before, else empty."""
    older: str
    position: str
    """``1 to 40 of 312``."""
    pending: str
    """While schemas are still being read into the index: how far it is."""
    here: str
    """Address of this page."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer of the palette."""

    title: Markup
    where: str
    url: str


@dataclass(frozen=True, slots=True)
class Stop:
    """One version on the strip."""

    version: int
    url: str
    current: bool
    deleted: bool
    when: datetime | None


@dataclass(frozen=True, slots=True)
class Step:
    """What lies between a version and the one after it."""

    tone: Tone
    words: str
    url: str
    label: str
    """The whole statement, for those who cannot see the picture."""


@dataclass(frozen=True, slots=True)
class Strip:
    """The versions of a subject in a row: stops, and one step fewer."""

    stops: tuple[Stop, ...]
    steps: tuple[Step, ...]
    hidden: int
    """Older versions that are not shown."""
    all_url: str


@dataclass(frozen=True, slots=True)
class Tab:
    """A part of a subject's pages."""

    words: str
    url: str
    current: bool
    count: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """What every page of a subject begins with."""

    subject: str
    name: str
    """Without its context."""
    context: str
    url: str
    format: str
    level: str
    level_words: str
    profile: str
    """Whose rules decide, in words; empty where they are lineal's own."""
    mode: str
    owner: str
    deprecated: str
    version: int
    """The version the page shows."""
    latest: int
    strip: Strip
    tabs: tuple[Tab, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and what stands beside it, perhaps with an address."""

    label: str
    value: str
    url: str = ""


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


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of the log."""

    tone: Tone
    sentence: str
    subject: str
    context: str
    """Empty for the default one."""
    subject_url: str
    url: str
    actor: str
    reason: str
    when: datetime
    position: int
    then: str
    """Address of the catalog as it was right after it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A candidate that was not let in."""

    when: datetime
    actor: str
    sentence: str
    reason: str
    """The author's own words."""
    level: str
    profile: str
    """Whose rules decided, in words; empty where they were lineal's own."""
    findings: tuple[Found, ...]
    affected: Affected | None = None
    """What it would do to the readers that are live now, where there are any."""


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


@dataclass(frozen=True, slots=True)
class Chain:
    """The upcasters of a subject and one event that travels along them."""

    edges: tuple[Edge, ...]
    frames: tuple[Frame, ...]
    steps: tuple[Step, ...]
    versions: tuple[int, ...]
    start: int
    end: int
    event: str
    """What stands in the text field."""
    own: bool
    """Whether the event came with the request."""
    seed: int
    error: str
    error_place: str
    another: str
    """Address of the same chain with another generated event."""


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
    reads: str
    writes: str
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
