"""What becomes of an event that cannot be brought over: four policies, and an account of what happened."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

from upcasters.errors import UpcastFailed

DeadLetter: TypeAlias = Callable[[Any, UpcastFailed], None]
"""Takes the event as it was stored, and why it failed."""

Policy: TypeAlias = Literal["raise", "skip", "pass_raw"] | DeadLetter
"""``raise`` the error, ``skip`` the event, ``pass_raw``: hand it on as it was stored; or hand it to a dead letter."""

FIRST_FAILURES: Final = 10
"""How many failures are kept with their place."""
REASONS: Final = 100
"""How many reasons are counted apart; further ones are counted together."""
OTHER_REASONS: Final = "other reasons"


class Skipped(Enum):
    """Stands for an event that is not handed on. Counts as false; None would be a tombstone."""

    SKIPPED = "skipped"

    def __bool__(self) -> bool:
        return False


SKIPPED: Final = Skipped.SKIPPED


@dataclass(frozen=True, slots=True)
class Failure:
    """One event that failed: its number, from 1, and the error with step, operation and pointer."""

    number: int
    error: UpcastFailed


@dataclass(frozen=True, slots=True)
class Report:
    """What became of events so far."""

    events: int
    changed: int
    """Events that came out other than they went in."""
    failed: Mapping[str, int]
    """How many events failed, by reason: step, operation and message; most frequent first."""
    skipped: int
    dead_lettered: int
    passed_raw: int
    first: tuple[Failure, ...]
    """The first failures, FIRST_FAILURES at most."""
    seconds: float
    """Since the account was opened."""

    @property
    def failures(self) -> int:
        """How many events failed, whatever became of them."""
        return sum(self.failed.values())

    @property
    def rate(self) -> float:
        """Events per second."""
        return self.events / self.seconds if self.seconds else 0.0


def count(failed: dict[str, int], error: UpcastFailed) -> None:
    """Count an error by its reason: step, operation and message; beyond REASONS of them, together with others."""
    reason = f"v{error.source}->v{error.target}{f', {error.place}' if error.place else ''}: {error.reason}"
    counted = reason if reason in failed or len(failed) < REASONS else OTHER_REASONS
    failed[counted] = failed.get(counted, 0) + 1


class Account:
    """Brings events over under a policy, and counts. It belongs to one thread; its memory is bounded."""

    def __init__(self, policy: Policy = "raise") -> None:
        """Raises ValueError for a policy that is none."""
        if not callable(policy) and policy not in ("raise", "skip", "pass_raw"):
            raise ValueError(f"{policy!r} is no policy: raise, skip, pass_raw, or a function of event and error")
        self.policy = policy
        self._opened = time.perf_counter()
        self._events = self._changed = self._skipped = self._dead_lettered = self._passed_raw = 0
        self._failed: Counter[str] = Counter()
        self._first: list[Failure] = []

    def bring(self, stored: Any, upcast: Callable[[Any], Any], read: Callable[[Any], Any] | None = None) -> Any:
        """What ``upcast`` makes of a stored event (``read`` first, where given); SKIPPED if it is not handed on.

        Only UpcastFailed is subject to the policy, and is raised under ``raise``; any other error is no matter of
        one event and goes through.
        """
        self._events += 1
        try:
            event = stored if read is None else read(stored)
            result = upcast(event)
        except UpcastFailed as error:
            self._count(error)
            if self.policy == "raise":
                raise
            return self._settled(stored, error)
        if result is not event and result != event:
            self._changed += 1
        return result

    def report(self) -> Report:
        """The account as it stands."""
        return Report(
            self._events,
            self._changed,
            MappingProxyType(dict(self._failed.most_common())),
            self._skipped,
            self._dead_lettered,
            self._passed_raw,
            tuple(self._first),
            time.perf_counter() - self._opened,
        )

    def _count(self, error: UpcastFailed) -> None:
        count(self._failed, error)
        if len(self._first) < FIRST_FAILURES:
            self._first.append(Failure(self._events, error))

    def _settled(self, stored: Any, error: UpcastFailed) -> Any:
        if callable(self.policy):
            self.policy(stored, error)
            self._dead_lettered += 1
            return SKIPPED
        if self.policy == "pass_raw":
            self._passed_raw += 1
            return stored
        self._skipped += 1
        return SKIPPED
