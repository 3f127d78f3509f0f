"""Keys and grants, and the note of what was denied."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from registry.access import keys
from registry.access.authentication import Authentication
from registry.access.current import OPEN, acting
from registry.access.keys import NewKey, StoredKey
from registry.access.rate import Buckets
from registry.access.roles import Grant, principal_name
from registry.errors import InvalidRequest, NotFound, RegistryError
from registry.events import Entry, KeyCreated, KeyRevoked, RoleGranted, RoleWithdrawn, WriteDenied
from registry.model import ACCESS, ANONYMOUS, Origin, Subject
from registry.settings import Settings
from registry.storage.store import Store

_log = logging.getLogger(__name__)

_LAST_YEAR = 9999
"""In another time zone it may be a year that no clock knows."""
_LONGEST_LABEL = 200
_LONGEST_TARGET = 500
"""Characters of what was denied that are kept."""

_CHANGES_ACCESS = (KeyCreated, KeyRevoked, RoleGranted, RoleWithdrawn)


@dataclass(frozen=True, slots=True)
class CreatedKey:
    """A key in the one answer that shows it."""

    stored: StoredKey
    text: str


class Permissions:
    """Who may do what, as the log has it."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._authentication: Authentication | None = None
        self._lock = Lock()
        self._denials = Buckets(settings.denials_per_minute / 60, max(1.0, settings.denials_per_minute))
        self._unwritten: dict[str, int] = {}
        self.generation = 0
        """Goes up whenever keys, users or grants change, here, on another node or in the access file."""
        store.listen(self._heard)
        store.when_lost(self._changed)

    @property
    def authentication(self) -> Authentication:
        """Recognises callers. Made when it is first needed; raises InvalidRequest for settings that cannot be."""
        with self._lock:
            if self._authentication is None:
                self._authentication = Authentication(self._settings, self)
            return self._authentication

    def refresh(self) -> None:
        """Hear of what has changed in the access file; costs a look at its time."""
        if self._authentication is not None and self._authentication.refresh():
            _log.warning("the access file has changed: what it says now counts")
            self._changed()

    # -- keys ----------------------------------------------------------------------------------------------------

    def create_key(
        self, principal: str, label: str = "", expires: datetime | None = None, origin: Origin = ANONYMOUS
    ) -> CreatedKey:
        """A new key of a principal, which need not be known. Raises InvalidRequest, Forbidden."""
        if len(label) > _LONGEST_LABEL or not (label.isprintable() or not label):
            raise InvalidRequest(f"The label is one line of up to {_LONGEST_LABEL} characters")
        if expires is not None and expires.tzinfo is None:
            raise InvalidRequest("'expires' needs a time zone: write 2027-01-31T00:00:00Z")
        if expires is not None and expires.year == _LAST_YEAR:
            raise InvalidRequest(f"'expires' is in the year {_LAST_YEAR}: leave it out for a key that never expires")
        made: NewKey = keys.make()
        event = KeyCreated(
            id=made.id, principal=principal_name(principal), digest=made.digest, label=label, expires=expires
        )
        with self._store.write(origin) as writing:
            writing.append((ACCESS, event))
            stored = writing.key(made.id)
        assert stored is not None  # noqa: S101 - it has just been written
        return CreatedKey(stored, made.text)

    def every_key(self) -> list[StoredKey]:
        """Every key ever made, by principal."""
        with self._store.read() as reading:
            return reading.keys()

    def revoke_key(self, key_id: str, origin: Origin = ANONYMOUS) -> StoredKey:
        """Take a key out of use. Raises NotFound for one that is not in use, Forbidden."""
        with self._store.write(origin) as writing:
            found = writing.key(key_id)
            if found is None or found.revoked is not None:
                raise NotFound(f"No key in use has the id '{key_id}'")
            writing.append((ACCESS, KeyRevoked(id=key_id, principal=found.principal)))
            revoked = writing.key(key_id)
        assert revoked is not None  # noqa: S101 - keys are never forgotten
        return revoked

    def key(self, key_id: str) -> StoredKey | None:
        """One key, revoked or not."""
        with self._store.read() as reading:
            return reading.key(key_id)

    # -- grants --------------------------------------------------------------------------------------------------

    def every_grant(self) -> list[Grant]:
        """The grants in the log, by principal."""
        with self._store.read() as reading:
            return reading.grants()

    def grants_of(self, principals: Sequence[str]) -> list[Grant]:
        """The grants in the log of some principals and groups."""
        with self._store.read() as reading:
            return reading.grants(principals)

    def give(self, grant: Grant, origin: Origin = ANONYMOUS) -> None:
        """Give a role; one that is already given changes nothing. Raises Forbidden."""
        with self._store.write(origin) as writing:
            if grant not in writing.grants([grant.principal]):
                writing.append((ACCESS, RoleGranted(**_members(grant))))

    def withdraw(self, grant: Grant, origin: Origin = ANONYMOUS) -> None:
        """Take a role away. Raises NotFound where the log does not give it, Forbidden."""
        with self._store.write(origin) as writing:
            if grant not in writing.grants([grant.principal]):
                raise NotFound(f"Not granted here: {grant}; grants of the settings are taken away there")
            writing.append((ACCESS, RoleWithdrawn(**_members(grant))))

    # -- denials -------------------------------------------------------------------------------------------------

    def note_denied(self, action: str, code: int, subject: Subject, origin: Origin) -> None:
        """Write to the log that somebody was not let; what comes too often is counted and told with the next."""
        if self._denials.take(origin.actor):
            with self._lock:
                self._unwritten[origin.actor] = self._unwritten.get(origin.actor, 0) + 1
            return
        with self._lock:
            more = self._unwritten.pop(origin.actor, 0)
        target = Subject(subject.context[:_LONGEST_TARGET], subject.name[:_LONGEST_TARGET])
        event = WriteDenied(action=action[:_LONGEST_TARGET], code=code, more=more)
        try:
            with acting(OPEN), self._store.write(origin) as writing:
                writing.append((target, event))
        except RegistryError as error:
            _log.warning("a denied write of %s could not be noted: %s", origin.actor, error.message)

    def _heard(self, entries: Sequence[Entry]) -> None:
        if any(isinstance(entry.event, _CHANGES_ACCESS) for entry in entries):
            self._changed()

    def _changed(self) -> None:
        self.generation += 1
        if self._authentication is not None:
            self._authentication.forget()


def _members(grant: Grant) -> dict[str, str]:
    return {
        "principal": grant.principal,
        "role": grant.role.value,
        "context": grant.context,
        "prefix": grant.prefix,
    }
