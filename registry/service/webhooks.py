"""Register webhooks, see how far they are, and have what was given up tried again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import uuid4

from registry.addresses import require
from registry.errors import InvalidRequest, NotFound
from registry.events import TYPES, WebhookRegistered, WebhookRemoved
from registry.model import ACCESS, ANONYMOUS, Origin, context_name
from registry.sealing import Seal
from registry.settings import Settings
from registry.storage import webhooks as kept
from registry.storage.reading import Reading
from registry.storage.store import Store
from registry.storage.webhooks import DeadLetter, Progress, Webhook
from registry.webhooks.message import new_secret

SCOPE: Final = ACCESS
"""The stream of the events about webhooks: their addresses are for admins only."""
_MOST_LETTERS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Standing:
    """A webhook and how far it is."""

    webhook: Webhook
    progress: Progress
    last: int
    """Position of the last entry of the log."""
    dead: int
    """Dead letters, at most a thousand are counted."""


class Webhooks:
    """Manages webhooks; ``registry.delivering`` serves them."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._reach = settings.webhook_reach
        self._seal = Seal(settings.secret_key)

    def register(
        self,
        url: str,
        *,
        context: str | None = None,
        prefix: str = "",
        types: Sequence[str] = (),
        origin: Origin = ANONYMOUS,
    ) -> tuple[Standing, str]:
        """A new webhook, and its secret, which is never given again. Raises InvalidRequest."""
        require(url, self._reach)
        if unknown := sorted(set(types) - set(TYPES)):
            raise InvalidRequest(f"types names {', '.join(unknown)}; there are {', '.join(sorted(TYPES))}")
        secret = new_secret()
        event = WebhookRegistered(
            id=str(uuid4()),
            url=url,
            sealed=self._seal.close(secret),
            context=None if context is None else context_name(context),
            prefix=prefix,
            types=sorted(set(types)),
        )
        with self._store.write(origin) as writing:
            writing.append((SCOPE, event))
        return self.one(event.id), secret

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
            return kept.letters(reading.connection, name, limit=_MOST_LETTERS)

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

    def secret(self, hook: Webhook) -> str:
        """Raises InvalidRequest where the key in the settings is missing or another one."""
        return self._seal.open(hook.sealed)

    def wanted(self, hook: Webhook) -> list[DeadLetter]:
        """Dead letters that are to be tried again, oldest first."""
        with self._store.read() as reading:
            return kept.letters(reading.connection, hook.id, wanted_only=True, limit=_MOST_LETTERS)

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

    def _standing(self, reading: Reading, hook: Webhook) -> Standing:
        dead = len(kept.letters(reading.connection, hook.id, limit=_MOST_LETTERS))
        return Standing(hook, kept.progress(reading.connection, hook), reading.position(), dead)


def _required(found: Webhook | None, name: str) -> Webhook:
    if found is None:
        raise NotFound(f"No webhook has the id {name}")
    return found
