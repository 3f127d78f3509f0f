"""What API keys and grants do."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, delete, insert, update

from registry.events import Entry, KeyCreated, KeyRevoked, RoleGranted, RoleWithdrawn, micros
from registry.storage.projections.change import Changes
from registry.storage.tables import access_grant, api_key


def _key_created(connection: Connection, entry: Entry, event: KeyCreated) -> None:
    row = {
        "id": event.id,
        "principal": event.principal,
        "digest": event.digest,
        "label": event.label,
        "created": micros(entry.time),
        "expires": None if event.expires is None else micros(event.expires),
    }
    connection.execute(insert(api_key), [row])


def _key_revoked(connection: Connection, entry: Entry, event: KeyRevoked) -> None:
    connection.execute(update(api_key).where(api_key.c.id == event.id).values(revoked=micros(entry.time)))


def _role_granted(connection: Connection, _entry: Entry, event: RoleGranted) -> None:
    row = {
        "principal": event.principal,
        "role": event.role,
        "context": event.context,
        "prefix": event.prefix,
    }
    connection.execute(insert(access_grant), [row])


def _role_withdrawn(connection: Connection, _entry: Entry, event: RoleWithdrawn) -> None:
    connection.execute(
        delete(access_grant).where(
            access_grant.c.principal == event.principal,
            access_grant.c.role == event.role,
            access_grant.c.context == event.context,
            access_grant.c.prefix == event.prefix,
        )
    )


CHANGES: Final[Changes] = {
    KeyCreated: _key_created,
    KeyRevoked: _key_revoked,
    RoleGranted: _role_granted,
    RoleWithdrawn: _role_withdrawn,
}
