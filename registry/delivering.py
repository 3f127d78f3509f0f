"""Deliver what happens to the webhooks: in order for each, at least once, whatever this process survives.

How far a webhook is stands in the database and moves on only after it has answered; what is killed in between is sent
again, with the same id. A webhook that does not answer holds up nobody but itself, and itself only until the event is
given up into its dead letters.
"""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Final

from registry.events import Entry
from registry.service import Registry
from registry.service.webhooks import is_told
from registry.storage.webhooks import DeadLetter, Progress, Webhook
from registry.webhooks.message import message

_AT_ONCE: Final = 8
"""Webhooks that are served side by side."""
_ENTRIES: Final = 200
_ROUND_SECONDS: Final = 2.0
"""How long one webhook is served in a round; a lease lasts longer than that and one answer."""
_LOOK_EVERY: Final = 0.5
_LONGEST_BACKOFF: Final = 3_600.0


class Deliverer:
    """The task."""

    name = "webhooks"

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._webhooks = registry.webhooks
        self._settings = registry.settings

    def wanted(self) -> bool:
        """Whether there is a webhook at all."""
        return self._webhooks.present()

    def round(self, stop: Event) -> float:
        """Serve every webhook for a moment."""
        hooks = [(each.webhook, each.progress) for each in self._webhooks.every()]
        with ThreadPoolExecutor(_AT_ONCE, "lineal-webhook") as threads:
            served = [threads.submit(self._serve, hook, progress, stop) for hook, progress in hooks]
        more = [each.result() for each in served]
        return 0.0 if any(more) else _LOOK_EVERY

    def _serve(self, hook: Webhook, progress: Progress, stop: Event) -> bool:
        """Whether there is more to do for it right now."""
        end = time.monotonic() + _ROUND_SECONDS
        self._serve_letters(hook, end, stop)
        if progress.next_attempt is not None and progress.next_attempt > datetime.now(UTC):
            return False
        while time.monotonic() < end and not stop.is_set():
            entries = self._registry.catalog.changes(progress.position, limit=_ENTRIES)
            if not entries:
                return False
            for entry in entries:
                if not is_told(hook, entry):
                    progress = replace(progress, position=entry.position)
                    continue
                if not self._registry.leases.hold(self.name):
                    return False  # this process was away for so long that another one has taken over
                progress, dead = self._tried(hook, entry, progress)
                self._webhooks.remember(hook, progress, dead)
                if progress.next_attempt is not None:
                    return False
                if time.monotonic() >= end or stop.is_set():
                    return True
            self._webhooks.remember(hook, progress)
        return True

    def _serve_letters(self, hook: Webhook, end: float, stop: Event) -> None:
        for letter in self._webhooks.wanted(hook):
            if time.monotonic() >= end or stop.is_set():
                return
            entries = self._registry.catalog.changes(letter.position - 1, limit=1)
            self._webhooks.settle(letter, self._send(hook, entries[0]))

    def _tried(self, hook: Webhook, entry: Entry, before: Progress) -> tuple[Progress, DeadLetter | None]:
        """How far it is after one attempt, and the entry if it is given up."""
        error = self._send(hook, entry)
        if not error:
            at = datetime.now(UTC) + timedelta(minutes=1) / hook.rate if hook.rate else None
            return Progress(entry.position, next_attempt=at), None
        attempts, now = before.attempts + 1, datetime.now(UTC)
        if attempts >= self._settings.webhook_attempts:
            letter = DeadLetter(hook.id, entry.position, attempts, error, now, wanted=False)
            return Progress(entry.position, error=error), letter
        wait = min(self._settings.webhook_backoff_seconds * 2 ** (attempts - 1), _LONGEST_BACKOFF)
        # by chance, so that many that failed together are not tried together
        wait *= random.uniform(0.5, 1.0)  # noqa: S311 - no secret
        return Progress(before.position, attempts, now + timedelta(seconds=wait), error), None

    def _send(self, hook: Webhook, entry: Entry) -> str:
        """What went wrong; empty where the webhook has taken it."""
        return self._webhooks.send(hook, message(entry, self._settings.cluster_id))
