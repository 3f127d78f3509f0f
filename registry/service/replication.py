"""What this node is to others: a registry of its own, or one that follows another, and how far behind it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from registry.settings import Settings
from registry.storage import followed
from registry.storage.followed import Followed
from registry.storage.store import Store


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a node stands."""

    primary: str
    """The registry that is followed; empty for one of its own."""
    position: int
    """Of the last entry here."""
    primary_position: int
    """Of the last entry there, as far as is known."""
    contact: datetime | None
    """When the primary last answered, UTC."""
    error: str
    """What keeps this node from following; empty while nothing does."""

    @property
    def lag(self) -> int:
        """Entries that are known to be there and are not yet here."""
        return max(0, self.primary_position - self.position)

    @property
    def silence(self) -> float | None:
        """Seconds since the primary last answered; None before the first time."""
        return None if self.contact is None else max(0.0, (datetime.now(UTC) - self.contact).total_seconds())


class Replication:
    """Tells where this node stands."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self.primary = settings.follow
        """The registry that is followed; empty for one of its own."""

    def standing(self) -> Standing:
        """As every process over the same database sees it."""
        with self._store.read() as reading:
            position = reading.position()
            if not self.primary:
                return Standing("", position, position, None, "")
            heard = followed.read(reading.unlogged)
        return Standing(self.primary, position, max(position, heard.position), heard.contact, heard.error)

    def lag(self) -> int:
        """Entries behind the primary; 0 for a registry of its own."""
        return self.standing().lag

    def heard(self, position: int) -> None:
        """The primary has answered that its log ends there."""
        self._remember(Followed(position, datetime.now(UTC), ""))

    def failed(self, error: str) -> None:
        """The primary has not answered, or not what can be copied."""
        with self._store.read() as reading:
            before = followed.read(reading.unlogged)
        if before.error != error:
            self._remember(Followed(before.position, before.contact, error))

    def _remember(self, heard: Followed) -> None:
        with self._store.operate() as connection:
            followed.write(connection, heard)
