"""Questions about the upcasters in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Row, and_, bindparam, or_, select

from registry.events import moment
from registry.model import Rule, Subject
from registry.storage.prepared import Prepared
from registry.storage.reading.base import Questions
from registry.storage.tables import upcaster

_rules = msgspec.json.Decoder(list[Rule])

_OF_SUBJECT: Final = and_(upcaster.c.context == bindparam("context"), upcaster.c.subject == bindparam("name"))
_UPCASTERS: Final = Prepared(select(upcaster).where(_OF_SUBJECT).order_by(upcaster.c.source, upcaster.c.target))

_EDGES: Final = Prepared(
    select(upcaster.c.source, upcaster.c.target, upcaster.c.details)
    .where(_OF_SUBJECT)
    .order_by(upcaster.c.source, upcaster.c.target)
)


class _Kind(msgspec.Struct):
    """Of the details of an upcaster, whether nobody wrote it."""

    implied: bool = False


_kind = msgspec.json.Decoder(_Kind)


@dataclass(frozen=True, slots=True)
class StoredUpcaster:
    """The upcaster in force for one edge."""

    subject: Subject
    source: int
    target: int
    revision: int
    hash: str
    document: dict[str, Any]
    migration_rules: tuple[Rule, ...]
    details: dict[str, Any]
    published: datetime
    actor: str
    position: int

    @property
    def implied(self) -> bool:
        """Whether nobody wrote it: the step follows from the two schemas."""
        return bool(self.details.get("implied"))


class UpcasterQuestions(Questions):
    """Upcasters of a subject or a context."""

    def upcasters(self, at: Subject) -> list[StoredUpcaster]:
        """The upcasters in force for a subject, by source and target."""
        if not self.view.shows(at):
            return []
        return [_upcaster(row) for row in _UPCASTERS.rows(self.connection, context=at.context, name=at.name)]

    def edges(self, at: Subject) -> list[tuple[int, int, bool]]:
        """(source, target, whether nobody wrote it) of the upcasters in force for a subject."""
        if not self.view.shows(at):
            return []
        rows = _EDGES.rows(self.connection, context=at.context, name=at.name)
        return [(row.source, row.target, _kind.decode(row.details).implied) for row in rows]

    def retyping(self, context: str) -> list[StoredUpcaster]:
        """The upcasters in force in a context that give events other types."""
        mentions = or_(*(upcaster.c.document.contains(f'"{name}"') for name in ("retype", "emit")))
        query = select(upcaster).where(upcaster.c.context == context, mentions)
        rows = self.connection.execute(query.order_by(upcaster.c.subject, upcaster.c.source, upcaster.c.target))
        return [edge for edge in map(_upcaster, rows) if self.view.shows(edge.subject)]


def _upcaster(row: Row[Any]) -> StoredUpcaster:
    return StoredUpcaster(
        subject=Subject(row.context, row.subject),
        source=row.source,
        target=row.target,
        revision=row.revision,
        hash=row.hash,
        document=msgspec.json.decode(row.document),
        migration_rules=tuple(_rules.decode(row.migration_rules)),
        details=msgspec.json.decode(row.details),
        published=moment(row.time),
        actor=row.actor,
        position=row.position,
    )
