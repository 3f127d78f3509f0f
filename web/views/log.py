"""Events of the log, and candidates that were refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from web.views.contracts import Affected
from web.views.findings import Found
from web.words import Tone


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
    """Address of the subject, or of the catalog, as it was right after it."""
    then_words: str


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
