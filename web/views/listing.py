"""The list of subjects and its search."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup


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
    first: str
    """Address of the first page, from all others."""
    newer: str
    """Address of the page before, else empty."""
    older: str
    position: str
    """``1 to 40 of 312``; where it is not known how many come before, ``40 of 312``."""
    pending: str
    """While schemas are still being read into the index: how far it is."""
    here: str
    """Address of this page."""
    similar: tuple[tuple[str, str], ...] = ()
    """Address and name of subjects that may have been meant, where nothing matches."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer of the palette."""

    title: Markup
    where: str
    url: str
