"""Questions about API keys and grants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, select

from registry.access.keys import StoredKey
from registry.access.roles import Grant, Role
from registry.events import moment
from registry.storage.reading.base import Questions
from registry.storage.tables import access_grant, api_key

_BY_PRINCIPAL: Final = (api_key.c.principal, api_key.c.created, api_key.c.id)


class AccessQuestions(Questions):
    """Keys and grants."""

    def key(self, key_id: str) -> StoredKey | None:
        """One API key, revoked or not."""
        row = self.connection.execute(select(api_key).where(api_key.c.id == key_id)).one_or_none()
        return None if row is None else _key(row)

    def keys(self) -> list[StoredKey]:
        """Every API key ever made, by principal."""
        return [_key(row) for row in self.connection.execute(select(api_key).order_by(*_BY_PRINCIPAL))]

    def grants(self, principals: Sequence[str] | None = None) -> list[Grant]:
        """The grants of some principals, or all."""
        query = select(access_grant)
        if principals is not None:
            query = query.where(access_grant.c.principal.in_(principals))
        rows = self.connection.execute(query.order_by(*access_grant.primary_key.columns))
        return [Grant(row.principal, Role(row.role), row.context, row.prefix) for row in rows]


def _key(row: Row[Any]) -> StoredKey:
    return StoredKey(
        id=row.id,
        principal=row.principal,
        digest=row.digest,
        label=row.label,
        created=moment(row.created),
        expires=None if row.expires is None else moment(row.expires),
        revoked=None if row.revoked is None else moment(row.revoked),
    )
