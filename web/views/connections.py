"""What the pages show of webhooks and exporters: whom this registry tells, and where it copies to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from web.views.log import Entry
from web.words import Tone


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of event, in the form of a webhook."""

    name: str
    words: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """The form of a webhook, as it is or as it was sent."""

    url: str
    context: str
    prefix: str
    handshake: bool
    kinds: tuple[Kind, ...]
    contexts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook and how it gets on."""

    id: str
    url: str
    page: str
    told: str
    """Of what, in words."""
    tone: Tone
    state: str
    error: str
    """Of the last attempt; empty while it takes what it is told."""
    since: datetime
    actor: str
    progress: str
    both_until: str
    """Until when two secrets sign; empty where one does."""
    handshake: str
    dead: int


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter."""

    position: int
    sentence: str
    attempts: str
    error: str
    when: datetime
    waiting: bool


@dataclass(frozen=True, slots=True)
class Correspondence:
    """One webhook with what it was told and what it was not."""

    webhook: Webhook
    delivered: tuple[Entry, ...]
    letters: tuple[Letter, ...]
    wish: Wish
    secret: str = ""
    """A new one, shown this once."""
    done: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Copying:
    """The form of an exporter, as it is or as it was sent; secrets are never sent back."""

    name: str = ""
    url: str = ""
    subjects: str = ""
    into: str = ""
    context: str = ""
    user: str = ""
    kept: str = ""
    """What it signs in with, in words; empty for nothing."""


@dataclass(frozen=True, slots=True)
class Exporter:
    """An exporter and how far it is."""

    name: str
    url: str
    what: str
    where: str
    tone: Tone
    state: str
    trace: str
    progress: str
    position: int
    """Of the log, up to which it has copied."""
    last: int
    when: datetime | None
    paused: bool
    wish: Copying
    """The form to change it."""
    wrong: bool = False
    """Whether that form was sent and could not be served."""
