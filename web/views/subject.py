"""What every page of a subject begins with, and its strip of versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from web.words import Tone


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
    deleted: str
    """That what the page is about has been deleted; empty where it has not."""
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
