"""Candidates that were not let in, as the log recorded them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from registry.events import Entry as Logged
from registry.events import RegistrationRefused
from web.views import Found, Refusal


def refusals(entries: Sequence[Logged]) -> tuple[Refusal, ...]:
    """Refused registrations with their findings."""
    return tuple(_refusal(entry, entry.event) for entry in entries if isinstance(entry.event, RegistrationRefused))


def _refusal(entry: Logged, event: RegistrationRefused) -> Refusal:
    found = tuple(_found(finding, f"{entry.position}-{index}") for index, finding in enumerate(event.findings))
    return Refusal(entry.time, entry.origin.actor, event.message, found)


def _found(finding: dict[str, Any], key: str) -> Found:
    raise NotImplementedError
