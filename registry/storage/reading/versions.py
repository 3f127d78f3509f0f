"""Questions about versions: their history, texts, ids and referrers."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    func,
    not_,
    or_,
    select,
    true,
)

from compat.definition import Format
from registry.events import moment
from registry.history import History, Known
from registry.model import (
    WHOLE_HISTORY,
    Content,
    Metadata,
    Rule,
    RuleSet,
    SchemaReference,
    Span,
    Subject,
    Version,
)
from registry.storage.conditions import in_span, spanned
from registry.storage.ids import Ids, SchemaKey
from registry.storage.prepared import Prepared, as_given, given
from registry.storage.reading.base import Questions
from registry.storage.tables import context, reference, schema, subject, upcaster, version
from registry.storage.visibility import shows_subject

_references = msgspec.json.Decoder(list[SchemaReference])
_metadata = msgspec.json.Decoder(Metadata)
_rule_set = msgspec.json.Decoder(RuleSet)
_rules = msgspec.json.Decoder(list[Rule])

_HELD: Final = and_(schema.c.context == version.c.context, schema.c.id == version.c.schema_id)

_KNOWN: Final[Select[Any]] = select(
    version.c.number,
    version.c.schema_id,
    version.c.position,
    version.c.deleted,
    schema.c.metadata,
    schema.c.rule_set,
    schema.c.canonical_digest,
    schema.c.normalized_digest,
    (schema.c.references != "[]").label("refers"),
).join(schema, _HELD)

VERSIONS: Final[Select[Any]] = (
    select(
        version.c.context,
        version.c.subject,
        version.c.number,
        version.c.schema_id,
        func.coalesce(version.c.text, schema.c.text).label("text"),
        version.c.time,
        version.c.actor,
        version.c.position,
        version.c.deleted,
        schema.c.guid,
        schema.c.format,
        schema.c.references,
        schema.c.metadata,
        schema.c.rule_set,
        upcaster.c.migration_rules,
    )
    .join(schema, _HELD)
    .outerjoin(
        upcaster,
        and_(
            upcaster.c.context == version.c.context,
            upcaster.c.subject == version.c.subject,
            upcaster.c.target == version.c.number,
            upcaster.c.source == version.c.number - 1,
        ),
    )
)

# Statements that are run for every request are built once.

_OF_SUBJECT: Final = and_(version.c.context == bindparam("context"), version.c.subject == bindparam("name"))
_TOKEN: Final = Prepared(
    select(subject.c.position).where(subject.c.context == bindparam("context"), subject.c.name == bindparam("name"))
)
_HISTORY: Final = Prepared(_KNOWN.where(_OF_SUBJECT).order_by(version.c.number))
_VERSION: Final = Prepared(VERSIONS.where(_OF_SUBJECT, version.c.number == bindparam("number")))
_PLACE: Final = select(version.c.number, version.c.position, version.c.deleted)
_PLACES: Final = Prepared(_PLACE.where(_OF_SUBJECT).order_by(version.c.number))
_NEWEST: Final = VERSIONS.where(_OF_SUBJECT).order_by(version.c.number.desc()).limit(1)
_HIGHEST: Final = Prepared(_NEWEST)
_LATEST: Final = Prepared(_NEWEST.where(not_(version.c.deleted)))
_NEWEST_LIVE: Final = Prepared(_NEWEST.where(not_(version.c.deleted)).limit(bindparam("most", type_=Integer)))


def _ids(holders: FromClause, held: Any) -> Select[Any]:
    """Contexts with the highest id of each, and the schemas that are held against what was asked for."""
    told = (held.c.canonical_digest, held.c.id, held.c.metadata, held.c.rule_set)
    return select(context.c.name, context.c.last_id, *told).select_from(holders).order_by(held.c.position)


@cache
def _ids_of(contexts: int, digests: int) -> Prepared:
    digest = schema.c.canonical_digest.in_([bindparam(f"digest{place}") for place in range(digests)])
    holders = context.outerjoin(schema, and_(schema.c.context == context.c.name, digest))
    return Prepared(
        _ids(holders, schema).where(context.c.name.in_([bindparam(f"name{place}") for place in range(contexts)]))
    )


_KEYS: Final = given([schema.c.context, schema.c.canonical_digest])
_HELD_BY_KEY: Final = (
    select(schema.c.canonical_digest, schema.c.id, schema.c.metadata, schema.c.rule_set, schema.c.position)
    .where(schema.c.context == _KEYS.c.context, schema.c.canonical_digest == _KEYS.c.canonical_digest)
    .order_by(schema.c.position)
    .lateral("held")
)
_IDS_OF_GIVEN: Final = Prepared(
    _ids(
        _KEYS.join(context, context.c.name == _KEYS.c.context).outerjoin(_HELD_BY_KEY, true()),
        _HELD_BY_KEY,
    )
)
"""For PostgreSQL, which reads a whole context for a list of digests as long as it has no statistics, as in a new
registry; what is lateral and ordered is looked up for each of them."""


class VersionQuestions(Questions):
    """Versions, one by one and by what they hold."""

    def token(self, at: Subject) -> int:
        """Position of what last changed the versions of a subject; 0 when it has none."""
        if not self.view.shows(at):
            return 0
        return _TOKEN.scalar(self.connection, context=at.context, name=at.name) or 0

    def history(self, at: Subject) -> History:
        """Every version of a subject, deleted ones too."""
        if not self.view.shows(at):
            return History()
        return History(map(_known, _HISTORY.rows(self.connection, context=at.context, name=at.name)))

    def versions(self, at: Subject, span: Span = WHOLE_HISTORY) -> list[Version]:
        """The versions of a subject with their texts, oldest first."""
        if not self.view.shows(at):
            return []
        query = VERSIONS.where(version.c.context == at.context, version.c.subject == at.name)
        return [to_version(row) for row in in_span(self.connection, query, span)]

    def newest(self, at: Subject, most: int) -> list[Version]:
        """The last live versions of a subject with their texts, oldest first: a list asks it of every line."""
        if not self.view.shows(at):
            return []
        rows = _NEWEST_LIVE.rows(self.connection, context=at.context, name=at.name, most=most)
        return [to_version(row) for row in reversed(rows)]

    def count_versions(self, at: Subject, span: Span = WHOLE_HISTORY) -> int:
        """How many versions a subject has in a part of its history, all of that part."""
        if not self.view.shows(at):
            return 0
        of_subject = version.c.context == at.context, version.c.subject == at.name
        query = select(func.count()).where(*of_subject, *spanned(span))
        return self.connection.execute(query).scalar_one()

    def version(self, at: Subject, number: int) -> Version | None:
        """One version, deleted or not."""
        if not self.view.shows(at):
            return None
        row = _VERSION.one(self.connection, context=at.context, name=at.name, number=number)
        return None if row is None else to_version(row)

    def latest(self, at: Subject, *, deleted: bool = False) -> Version | None:
        """The highest version that is live (or any, with ``deleted``)."""
        if not self.view.shows(at):
            return None
        row = (_HIGHEST if deleted else _LATEST).one(self.connection, context=at.context, name=at.name)
        return None if row is None else to_version(row)

    def numbers(self, at: Subject, span: Span = WHOLE_HISTORY) -> list[tuple[int, bool]]:
        """(number, deleted) of the versions, ascending."""
        return [(row.number, bool(row.deleted)) for row in self._standing_at(at, span)]

    def positions(self, at: Subject, span: Span) -> list[tuple[int, int]]:
        """(number, position of the registration) of the versions, ascending."""
        return [(row.number, row.position) for row in self._standing_at(at, span)]

    def _standing_at(self, at: Subject, span: Span) -> list[Any]:
        if not self.view.shows(at):
            return []
        if span == WHOLE_HISTORY:
            return _PLACES.rows(self.connection, context=at.context, name=at.name)
        of_subject = version.c.context == at.context, version.c.subject == at.name
        return in_span(self.connection, _PLACE.where(*of_subject), span)

    def ids(self, keys: AbstractSet[SchemaKey], ids: Ids) -> None:
        """What ids some schemas have, asked at once."""
        if self.connection.dialect.name == "postgresql":
            wanted = [{"context": name, "canonical_digest": digest} for name, digest in keys]
            rows = _IDS_OF_GIVEN.rows(self.connection, rows=as_given(wanted))
        else:
            names = _places("name", (name for name, _ in keys))
            digests = _places("digest", (digest for _, digest in keys))
            rows = _ids_of(len(names), len(digests)).rows(self.connection, **names, **digests)
        ids.learn(
            keys,
            ((row.name, row.last_id) for row in rows),
            (
                ((row.name, row.canonical_digest), (_metadata_of(row), _rule_set_of(row), row.id))
                for row in rows
                if row.id is not None
            ),
        )

    def holders(self, name: str, schema_id: int) -> list[tuple[Subject, int, bool]]:
        """(subject, number, deleted) of the versions that hold a schema id of a context, by subject and number."""
        query = select(version.c.subject, version.c.number, version.c.deleted).where(
            version.c.context == name,
            version.c.schema_id == schema_id,
            shows_subject(self.view, version.c.context, version.c.subject),
        )
        rows = self.connection.execute(query.order_by(version.c.subject, version.c.number))
        return [(Subject(name, row.subject), row.number, row.deleted) for row in rows]

    def first_with_id(self, name: str, schema_id: int, subject: str | None = None) -> Version | None:
        """The first registration that holds a schema id of a context, or of one subject there: many may hold it."""
        shown = shows_subject(self.view, version.c.context, version.c.subject)
        conditions = [version.c.context == name, version.c.schema_id == schema_id, shown]
        if subject is not None:
            conditions.append(version.c.subject == subject)
        first = select(func.min(version.c.position)).where(*conditions).correlate(None).scalar_subquery()
        row = self.connection.execute(VERSIONS.where(*conditions, version.c.position == first)).first()
        return None if row is None else to_version(row)

    def holds(self, name: str, schema_id: int, canonical_digest: str) -> bool:
        """Whether a schema id stands for this very schema."""
        query = select(schema.c.canonical_digest).where(schema.c.context == name, schema.c.id == schema_id)
        return self.connection.execute(query).scalar() == canonical_digest

    def with_guid(self, guid: str) -> list[Version]:
        """Versions of any context whose schema has this GUID, in the order of registration."""
        shown = shows_subject(self.view, version.c.context, version.c.subject)
        query = VERSIONS.where(schema.c.guid == guid, shown).order_by(version.c.position)
        return [to_version(row) for row in self.connection.execute(query)]

    def referrers(self, at: Subject, numbers: Iterable[int], *, deleted: bool) -> list[tuple[Subject, int, int]]:
        """(subject, version, schema id) of the versions that refer to some of these."""
        return self._referrers(at, reference.c.to_number.in_(list(numbers)), deleted=deleted)

    def foreign_referrers(self, at: Subject, most: int | None = None) -> list[tuple[Subject, int, int]]:
        """(subject, version, schema id) of the live versions of other subjects that refer to any of this one's."""
        foreign = or_(version.c.context != at.context, version.c.subject != at.name)
        return self._referrers(at, foreign, deleted=False, most=most)

    def _referrers(
        self, at: Subject, which: ColumnElement[bool], *, deleted: bool, most: int | None = None
    ) -> list[tuple[Subject, int, int]]:
        query = (
            select(version.c.context, version.c.subject, version.c.number, version.c.schema_id)
            .join(
                reference,
                and_(
                    reference.c.context == version.c.context,
                    reference.c.subject == version.c.subject,
                    reference.c.number == version.c.number,
                ),
            )
            .where(
                reference.c.to_context == at.context,
                reference.c.to_subject == at.name,
                which,
                shows_subject(self.view, version.c.context, version.c.subject),
            )
            .order_by(version.c.schema_id, version.c.context, version.c.subject, version.c.number)
            .distinct()
        )
        if not deleted:
            query = query.where(not_(version.c.deleted))
        if most is not None:
            query = query.limit(most)
        return [
            (Subject(row.context, row.subject), row.number, row.schema_id) for row in self.connection.execute(query)
        ]


def _places(name: str, values: Iterable[str]) -> dict[str, str]:
    """Values for the places of a statement: some twice, so that there are few statements for all numbers of values."""
    found = list(dict.fromkeys(values))
    padded = found + found[:1] * ((1 << (len(found) - 1).bit_length()) - len(found))
    return {f"{name}{place}": value for place, value in enumerate(padded)}


def _metadata_of(row: Row[Any]) -> Metadata | None:
    return None if row.metadata is None else _metadata.decode(row.metadata)


def _rule_set_of(row: Row[Any]) -> RuleSet | None:
    return None if row.rule_set is None else _rule_set.decode(row.rule_set)


def _known(row: Row[Any]) -> Known:
    return Known(
        number=row.number,
        schema_id=row.schema_id,
        canonical_digest=row.canonical_digest,
        normalized_digest=row.normalized_digest,
        metadata=_metadata_of(row),
        rule_set=_rule_set_of(row),
        position=row.position,
        deleted=bool(row.deleted),
        refers=bool(row.refers),
    )


def to_version(row: Row[Any]) -> Version:
    """A row of ``VERSIONS``."""
    return Version(
        subject=Subject(row.context, row.subject),
        number=row.number,
        schema_id=row.schema_id,
        guid=row.guid,
        content=Content(
            format=Format(row.format),
            text=row.text,
            references=tuple(_references.decode(row.references)),
            metadata=_metadata_of(row),
            rule_set=_rule_set_of(row),
        ),
        registered=moment(row.time),
        position=row.position,
        actor=row.actor,
        deleted=bool(row.deleted),
        migration_rules=() if row.migration_rules is None else tuple(_rules.decode(row.migration_rules)),
    )
