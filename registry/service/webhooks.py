"""Register and change webhooks, see how far they are, and have what was given up tried again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from registry.addresses import require
from registry.errors import InvalidRequest, NotFound
from registry.events import (
    TYPES,
    Entry,
    WebhookChanged,
    WebhookRegistered,
    WebhookRemoved,
    WebhookSecretRotated,
)
from registry.model import ACCESS, ANONYMOUS, Origin, context_name
from registry.sealing import Seal
from registry.settings import Settings
from registry.storage import webhooks as kept
from registry.storage.reading import Reading
from registry.storage.store import Store
from registry.storage.webhooks import DeadLetter, Progress, Webhook
from registry.webhooks.message import Message, new_secret, trial
from registry.webhooks.sending import Sender

SCOPE: Final = ACCESS
"""The stream of the events about webhooks: their addresses are for admins only."""
_MOST_LETTERS: Final = 1_000
_LOOKED_THROUGH: Final = 1_000
"""Entries of the log that are looked through for what a webhook was told last."""
_ABOUT_THEMSELVES: Final = (WebhookRegistered, WebhookChanged, WebhookSecretRotated, WebhookRemoved)
"""Not told to webhooks: they hold where the others are."""
_LONGEST_OVERLAP: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Standing:
    """A webhook and how far it is."""

    webhook: Webhook
    progress: Progress
    last: int
    """Position of the last entry of the log."""
    dead: int
    """Dead letters, at most a thousand are counted."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants to be told of what."""

    url: str
    context: str | None = None
    """Only of what happens in this context."""
    prefix: str = ""
    """Only of subjects whose names begin so."""
    types: Sequence[str] = ()
    """Only of these events; none is any."""
    handshake: bool = False
    """Whether the receiver is asked for its consent first, as CloudEvents has it."""


def is_told(hook: Webhook, entry: Entry) -> bool:
    """Whether a webhook is told of an entry."""
    return hook.wants(entry) and not isinstance(entry.event, _ABOUT_THEMSELVES)


def is_offered(kind: str) -> bool:
    """Whether webhooks can be told of a kind of event."""
    return not issubclass(TYPES[kind], _ABOUT_THEMSELVES)


class Webhooks:
    """Manages webhooks; ``registry.delivering`` serves them."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._seal = Seal(settings.secret_key)
        self._sender = Sender(settings.webhook_reach, settings.webhook_timeout_seconds, settings.webhook_origin)

    def register(self, wish: Wish, origin: Origin = ANONYMOUS) -> tuple[Standing, str]:
        """A new webhook, and its secret, which is never given again. Raises InvalidRequest."""
        secret = new_secret()
        sealed = self._seal.close(secret)
        event = WebhookRegistered(id=str(uuid4()), sealed=sealed, **self._granted(wish))
        with self._store.write(origin) as writing:
            writing.append((SCOPE, event))
        return self.one(event.id), secret

    def change(self, name: str, changes: Mapping[str, Any], origin: Origin = ANONYMOUS) -> Standing:
        """Tell it elsewhere or of something else from now on: members of its wish.

        What was waiting for another attempt is tried at once. Raises NotFound, InvalidRequest.
        """
        before = self.one(name).webhook
        wish = Wish(before.url, before.context, before.prefix, before.types, before.handshake)
        event = WebhookChanged(id=name, **self._granted(replace(wish, **changes), before))
        with self._store.write(origin) as writing:
            _required(kept.find(writing.connection, name), name)
            writing.append((SCOPE, event))
            kept.hurry(writing.connection, name)
        return self.one(name)

    def rotate(self, name: str, overlap: timedelta, origin: Origin = ANONYMOUS) -> tuple[Standing, str]:
        """A new secret; until the overlap is over, what is sent is signed with the one before as well.

        Raises NotFound, InvalidRequest.
        """
        if not timedelta() <= overlap <= _LONGEST_OVERLAP:
            raise InvalidRequest(f"overlapSeconds is not between 0 and {_LONGEST_OVERLAP.total_seconds():.0f}")
        secret = new_secret()
        event = WebhookSecretRotated(id=name, sealed=self._seal.close(secret), before_until=datetime.now(UTC) + overlap)
        with self._store.write(origin) as writing:
            _required(kept.find(writing.connection, name), name)
            writing.append((SCOPE, event))
        return self.one(name), secret

    def test(self, name: str, origin: Origin = ANONYMOUS) -> str:
        """Send an event that stands in no log, now; what went wrong, or empty. Raises NotFound."""
        hook = self.one(name).webhook
        return self.send(hook, trial(hook.id, self._settings.cluster_id, origin.actor))

    def remove(self, name: str, origin: Origin = ANONYMOUS) -> Webhook:
        """Deliver nothing more to it. Raises NotFound."""
        with self._store.write(origin) as writing:
            found = _required(kept.find(writing.connection, name), name)
            writing.append((SCOPE, WebhookRemoved(id=name)))
            kept.forget_all(writing.connection, name)
        return found

    def every(self) -> list[Standing]:
        """All webhooks, oldest first."""
        with self._store.read() as reading:
            return [self._standing(reading, hook) for hook in kept.every(reading.connection)]

    def one(self, name: str) -> Standing:
        """Raises NotFound."""
        with self._store.read() as reading:
            hook = _required(kept.find(reading.connection, name), name)
            return self._standing(reading, hook)

    def letters(self, name: str) -> list[DeadLetter]:
        """What could not be delivered, oldest first, at most a thousand. Raises NotFound."""
        with self._store.read() as reading:
            _required(kept.find(reading.connection, name), name)
            return kept.letters(reading.unlogged, name, limit=_MOST_LETTERS)

    def delivered(self, name: str, limit: int = 10) -> list[Entry]:
        """What it was told last since it is told this, newest first, as far back as is looked. Raises NotFound."""
        with self._store.read() as reading:
            hook = _required(kept.find(reading.connection, name), name)
            changes = reading.entries(subject=SCOPE, kind=WebhookChanged, limit=_LOOKED_THROUGH, newest_first=True)
            asked = (one.position for one in changes if isinstance(one.event, WebhookChanged) and one.event.id == name)
            entries = reading.entries(
                after=next(asked, hook.position),
                before=kept.progress(reading.unlogged, hook).position + 1,
                limit=_LOOKED_THROUGH,
                newest_first=True,
            )
            letters = kept.letters(reading.unlogged, name, limit=_MOST_LETTERS)
        undelivered = {letter.position for letter in letters}
        told = [entry for entry in entries if is_told(hook, entry) and entry.position not in undelivered]
        return told[:limit]

    def redeliver(self, name: str, positions: Sequence[int] = ()) -> int:
        """Have dead letters tried again, all or some; how many. Raises NotFound."""
        with self._store.operate() as connection:
            _required(kept.find(connection, name), name)
            count = kept.want(connection, name, positions)
        if not count:
            raise NotFound(f"Webhook {name} has no such dead letter")
        return count

    # -- for the task that delivers ----------------------------------------------------------------------------------

    def present(self) -> bool:
        """Whether there is a webhook at all."""
        with self._store.read() as reading:
            return kept.present(reading.connection)

    def send(self, hook: Webhook, sent: Message) -> str:
        """Send it once; what went wrong, or empty where the webhook has taken it."""
        try:
            secrets = [self._seal.open(hook.sealed)]
            if hook.before_until > datetime.now(UTC):
                secrets.append(self._seal.open(hook.sealed_before))
        except InvalidRequest as error:
            return error.message
        return self._sender.send(hook.url, sent, secrets, handshake=hook.handshake)

    def wanted(self, hook: Webhook) -> list[DeadLetter]:
        """Dead letters that are to be tried again, oldest first."""
        with self._store.read() as reading:
            return kept.letters(reading.unlogged, hook.id, wanted_only=True, limit=_MOST_LETTERS)

    def remember(self, hook: Webhook, progress: Progress, dead: DeadLetter | None = None) -> None:
        """Keep how far it is, and what was given up on the way."""
        with self._store.operate() as connection:
            if kept.find(connection, hook.id) is None:
                return  # removed while something was sent to it
            kept.remember(connection, hook, progress)
            if dead is not None:
                kept.bury(connection, dead)

    def settle(self, letter: DeadLetter, error: str = "") -> None:
        """A dead letter was tried again: it is delivered, or dead as before with another error."""
        with self._store.operate() as connection:
            if error:
                kept.bury(connection, replace(letter, attempts=letter.attempts + 1, error=error, wanted=False))
            else:
                kept.forget(connection, letter.webhook, letter.position)

    def _granted(self, wish: Wish, before: Webhook | None = None) -> dict[str, Any]:
        """A wish as the log tells of it, once the receiver has agreed to it if it is asked.

        Who has agreed before is not asked again at the same address. Raises InvalidRequest.
        """
        require(wish.url, self._settings.webhook_reach)
        if unknown := sorted(set(wish.types) - set(TYPES)):
            raise InvalidRequest(f"types names {', '.join(unknown)}; there are {', '.join(sorted(TYPES))}")
        context = None if wish.context is None else context_name(wish.context)
        if before is not None and (wish.handshake, wish.url) == (before.handshake, before.url):
            rate = before.rate
        else:
            rate = self._sender.handshake(wish.url) if wish.handshake else 0
        return {
            "url": wish.url,
            "context": context,
            "prefix": wish.prefix,
            "types": sorted(set(wish.types)),
            "handshake": wish.handshake,
            "rate": rate,
        }

    def _standing(self, reading: Reading, hook: Webhook) -> Standing:
        dead = len(kept.letters(reading.unlogged, hook.id, limit=_MOST_LETTERS))
        return Standing(hook, kept.progress(reading.unlogged, hook), reading.position(), dead)


def _required(found: Webhook | None, name: str) -> Webhook:
    if found is None:
        raise NotFound(f"No webhook has the id {name}")
    return found
