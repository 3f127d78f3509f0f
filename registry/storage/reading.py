"""Questions to the projections. Rows become the values of the model here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    tuple_,
)

from compat.definition import Format
from registry.access.keys import StoredKey
from registry.access.roles import WHOLE, Grant, Role, View
from registry.data_contract import rule_types
from registry.events import Entry, Event, Line, RegistrationRefused, moment
from registry.history import Known
from registry.model import (
    ANY_ASSOCIATION,
    EVERYTHING,
    Application,
    Association,
    AssociationFilter,
    Build,
    Configuration,
    Content,
    Deployment,
    Lifecycle,
    Metadata,
    Mode,
    Page,
    Reader,
    ReaderNeed,
    Resource,
    Rule,
    RuleSet,
    SchemaFilter,
    SchemaReference,
    Subject,
    SubjectSummary,
    Version,
    Writer,
)
from registry.policy import Setting
from registry.storage import log
from registry.storage.prepared import Prepared
from registry.storage.tables import (
    access_grant,
    api_key,
    application,
    association,
    context,
    contract,
    deployment,
    reference,
    schema,
    setting,
    subject,
    upcaster,
    version,
)
from registry.storage.visibility import begins, shows_subject

_references = msgspec.json.Decoder(list[SchemaReference])
_metadata = msgspec.json.Decoder(Metadata)
_rule_set = msgspec.json.Decoder(RuleSet)
_rules = msgspec.json.Decoder(list[Rule])
_configuration = msgspec.json.Decoder(Configuration)
_properties = msgspec.json.Decoder(dict[str, str])
_need = msgspec.json.Decoder(ReaderNeed)
_numbers = msgspec.json.Decoder(tuple[int, ...])

_ESCAPE: Final = "\\"
_ROWS_AT_ONCE: Final = 500

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
).join(schema, _HELD)

_VERSIONS: Final[Select[Any]] = (
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
_VERSION: Final = Prepared(_VERSIONS.where(_OF_SUBJECT, version.c.number == bindparam("number")))
_NEWEST: Final = _VERSIONS.where(_OF_SUBJECT).order_by(version.c.number.desc()).limit(1)
_HIGHEST: Final = Prepared(_NEWEST)
_LATEST: Final = Prepared(_NEWEST.where(not_(version.c.deleted)))
_IN_CONTEXT: Final = _KNOWN.where(schema.c.context == bindparam("context")).order_by(version.c.position)
_WITH_CANONICAL: Final = Prepared(_IN_CONTEXT.where(schema.c.canonical_digest == bindparam("digest")))
_WITH_NORMALIZED: Final = Prepared(_IN_CONTEXT.where(schema.c.normalized_digest == bindparam("digest")))
_LAST_ID: Final = Prepared(select(context.c.last_id).where(context.c.name == bindparam("name")))
_APPLICATIONS: Final = select(application).order_by(application.c.name)
_UNSET: Final = Setting()


@cache
def _settings_of(count: int) -> Prepared:
    """The settings of some scopes; as disjunction, which both databases answer from the primary key."""
    scopes = (
        and_(setting.c.context == bindparam(f"context{place}"), setting.c.subject == bindparam(f"subject{place}"))
        for place in range(count)
    )
    return Prepared(select(setting).where(or_(*scopes)))


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


class Reading:
    """One consistent state of the projections, as far as a view shows it: lives as long as its transaction.

    What the view does not show is absent: no row, no entry, no count.
    """

    def __init__(self, connection: Connection, view: View = WHOLE) -> None:
        self.connection = connection
        self.view = view

    @property
    def whole(self) -> Reading:
        """The same state without the bounds of a view, for decisions that must not depend on who asks."""
        return Reading(self.connection)

    # -- versions ------------------------------------------------------------------------------------------------

    def token(self, at: Subject) -> int:
        """Position of what last changed the versions of a subject; 0 when it has none."""
        if not self.view.shows(at):
            return 0
        return _TOKEN.scalar(self.connection, context=at.context, name=at.name) or 0

    def history(self, at: Subject) -> list[Known]:
        """Every version of a subject, deleted ones too, oldest first."""
        if not self.view.shows(at):
            return []
        return [_known(row) for row in _HISTORY.rows(self.connection, context=at.context, name=at.name)]

    def versions(self, at: Subject) -> list[Version]:
        """Every version of a subject with its text, deleted ones too, oldest first."""
        if not self.view.shows(at):
            return []
        query = _VERSIONS.where(version.c.context == at.context, version.c.subject == at.name)
        return [_version(row) for row in self.connection.execute(query.order_by(version.c.number))]

    def version(self, at: Subject, number: int) -> Version | None:
        """One version, deleted or not."""
        if not self.view.shows(at):
            return None
        row = _VERSION.one(self.connection, context=at.context, name=at.name, number=number)
        return None if row is None else _version(row)

    def latest(self, at: Subject, *, deleted: bool = False) -> Version | None:
        """The highest version that is live (or any, with ``deleted``)."""
        if not self.view.shows(at):
            return None
        row = (_HIGHEST if deleted else _LATEST).one(self.connection, context=at.context, name=at.name)
        return None if row is None else _version(row)

    def numbers(self, at: Subject) -> list[tuple[int, bool]]:
        """(number, deleted) of every version, ascending."""
        if not self.view.shows(at):
            return []
        query = select(version.c.number, version.c.deleted).where(
            version.c.context == at.context, version.c.subject == at.name
        )
        return [(row.number, row.deleted) for row in self.connection.execute(query.order_by(version.c.number))]

    def with_digest(self, name: str, digest: str, *, normalized: bool) -> list[Known]:
        """Versions of any subject of a context whose schema has this digest, in the order of registration."""
        query = _WITH_NORMALIZED if normalized else _WITH_CANONICAL
        return [_known(row) for row in query.rows(self.connection, context=name, digest=digest)]

    def with_id(self, name: str, schema_id: int) -> list[Version]:
        """Versions that hold a schema id of a context, in the order of registration."""
        query = _VERSIONS.where(
            version.c.context == name,
            version.c.schema_id == schema_id,
            shows_subject(self.view, version.c.context, version.c.subject),
        )
        return [_version(row) for row in self.connection.execute(query.order_by(version.c.position))]

    def holds(self, name: str, schema_id: int, canonical_digest: str) -> bool:
        """Whether a schema id stands for this very schema."""
        query = select(schema.c.canonical_digest).where(schema.c.context == name, schema.c.id == schema_id)
        return self.connection.execute(query).scalar() == canonical_digest

    def with_guid(self, guid: str) -> list[Version]:
        """Versions of any context whose schema has this GUID, in the order of registration."""
        shown = shows_subject(self.view, version.c.context, version.c.subject)
        query = _VERSIONS.where(schema.c.guid == guid, shown).order_by(version.c.position)
        return [_version(row) for row in self.connection.execute(query)]

    def referrers(self, at: Subject, numbers: Iterable[int], *, deleted: bool) -> list[tuple[Subject, int, int]]:
        """(subject, version, schema id) of the versions that refer to some of these."""
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
                reference.c.to_number.in_(list(numbers)),
                shows_subject(self.view, version.c.context, version.c.subject),
            )
            .order_by(version.c.schema_id, version.c.context, version.c.subject, version.c.number)
            .distinct()
        )
        if not deleted:
            query = query.where(not_(version.c.deleted))
        return [
            (Subject(row.context, row.subject), row.number, row.schema_id) for row in self.connection.execute(query)
        ]

    # -- the log -------------------------------------------------------------------------------------------------

    def position(self) -> int:
        """Of the last entry; 0 when the log is empty."""
        return log.position(self.connection)

    def position_at(self, time: datetime) -> int:
        """Of the last entry that was written at a time or before; 0 for none."""
        return log.position_at(self.connection, time)

    def entries(
        self,
        *,
        after: int = 0,
        before: int | None = None,
        subject: Subject | None = None,
        kind: type[Event] | None = None,
        limit: int,
        newest_first: bool = False,
    ) -> list[Entry]:
        """Entries between two positions, optionally of one stream or type only."""
        return log.read(
            self.connection,
            after=after,
            before=before,
            subject=subject,
            kind=kind,
            limit=limit,
            newest_first=newest_first,
            view=self.view,
        )

    def lines(self, *, after: int, last: int, limit: int) -> list[Line]:
        """Entries as they are kept, after one position up to another."""
        return log.lines(self.connection, after=after, last=last, limit=limit)

    def is_last_refusal(self, at: Subject, text: str) -> bool:
        """Whether the last thing that happened to a subject is that this text was refused."""
        newest = self.entries(subject=at, limit=1, newest_first=True)
        return any(isinstance(entry.event, RegistrationRefused) and entry.event.text == text for entry in newest)

    # -- contexts and subjects -----------------------------------------------------------------------------------

    def last_id(self, name: str) -> int:
        """The highest schema id ever given in a context; 0 for none."""
        if not self.view.enters(name) and name not in self.contexts():
            return 0
        return _LAST_ID.scalar(self.connection, name=name) or 0

    def contexts(self) -> list[str]:
        """Names, sorted: those a view names, and those of the subjects in it."""
        found = list(self.connection.execute(select(context.c.name).order_by(context.c.name)).scalars())
        if self.view.whole:
            return found
        shown = shows_subject(self.view, subject.c.context, subject.c.name)
        held = set(self.connection.execute(select(subject.c.context).where(shown).distinct()).scalars())
        return [name for name in found if name in held or self.view.enters(name)]

    def has_context(self, name: str) -> bool:
        """Whether the context is known."""
        return self.connection.execute(select(context.c.name).where(context.c.name == name)).scalar() is not None

    def subjects(self, name: str | None, prefix: str, *, live: bool, deleted: bool, page: Page) -> list[Subject]:
        """Names that begin with ``prefix``, in one context or all; with live versions, with only deleted ones."""
        conditions = [begins(subject.c.name, prefix), shows_subject(self.view, subject.c.context, subject.c.name)]
        if name is not None:
            conditions.append(subject.c.context == name)
        if not live:
            conditions.append(subject.c.live == 0)
        elif not deleted:
            conditions.append(subject.c.live > 0)
        query = select(subject.c.context, subject.c.name).where(*conditions)
        rows = self.connection.execute(_paged(query.order_by(subject.c.context, subject.c.name), page))
        return [Subject(row.context, row.name) for row in rows]

    def contexts_of(self, name: str) -> list[str]:
        """The contexts that have a subject of this name, sorted."""
        shown = shows_subject(self.view, subject.c.context, subject.c.name)
        query = select(subject.c.context).where(subject.c.name == name, shown).order_by(subject.c.context)
        return list(self.connection.execute(query).scalars())

    def is_empty(self, name: str) -> bool:
        """Whether no subject, live or soft-deleted, is in the context."""
        return (
            self.connection.execute(select(subject.c.name).where(subject.c.context == name).limit(1)).scalar() is None
        )

    def summaries(
        self,
        search: str,
        *,
        context: str | None,
        format: str | None,  # noqa: A002
        deleted: bool,
        page: Page,
    ) -> tuple[list[SubjectSummary], int]:
        """A page of the subjects whose name contains ``search``, and how many there are in all."""
        conditions = [shows_subject(self.view, subject.c.context, subject.c.name)]
        if not deleted:
            conditions.append(subject.c.live > 0)
        if search:
            conditions.append(_contains(subject.c.folded, search.casefold()))
        if context is not None:
            conditions.append(subject.c.context == context)
        if format is not None:
            conditions.append(subject.c.format == format)
        total = self.connection.execute(select(func.count()).select_from(subject).where(*conditions)).scalar_one()
        query = select(subject).where(*conditions).order_by(subject.c.context, subject.c.name)
        return [_summary(row) for row in self.connection.execute(_paged(query, page))], total

    def summary(self, at: Subject) -> SubjectSummary | None:
        """The summary of one subject."""
        if not self.view.shows(at):
            return None
        query = select(subject).where(subject.c.context == at.context, subject.c.name == at.name)
        row = self.connection.execute(query).one_or_none()
        return None if row is None else _summary(row)

    def summaries_after(self, position: int, limit: int) -> list[tuple[int, SubjectSummary]]:
        """Subjects whose versions changed after a position, in that order, with the position of the change."""
        shown = shows_subject(self.view, subject.c.context, subject.c.name)
        query = select(subject).where(subject.c.position > position, shown).order_by(subject.c.position).limit(limit)
        return [(row.position, _summary(row)) for row in self.connection.execute(query)]

    def count_after(self, position: int) -> int:
        """How many subjects have changed after a position."""
        shown = shows_subject(self.view, subject.c.context, subject.c.name)
        query = select(func.count()).select_from(subject).where(subject.c.position > position, shown)
        return self.connection.execute(query).scalar_one()

    def listed(self, wanted: SchemaFilter, page: Page) -> list[Version]:
        """Versions in order of subject and number."""
        query = _VERSIONS.join(
            subject, and_(subject.c.context == version.c.context, subject.c.name == version.c.subject)
        ).where(_listed(wanted), shows_subject(self.view, subject.c.context, subject.c.name))
        query = query.order_by(version.c.context, version.c.subject, version.c.number)
        if not wanted.rule_type:
            return [_version(row) for row in self.connection.execute(_paged(query, page))]
        # the database only narrows down whose rules name the executor, so the page is counted here
        rows = self.connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(query)
        found = (each for each in map(_version, rows) if wanted.rule_type in _rule_types(each))
        return list(islice(found, page.offset, None if page.limit is None else page.offset + page.limit))

    def aliases(self) -> list[tuple[Subject, Subject]]:
        """(alias, target) of every alias, in order of the alias."""
        query = select(setting).where(setting.c.subject != "", _contains(setting.c.configuration, '"alias":'))
        rows = self.connection.execute(query.order_by(setting.c.context, setting.c.subject))
        found = ((Subject(row.context, row.subject), _setting(row).configuration) for row in rows)
        return [
            (alias, Subject.parse(own.alias, alias.context))
            for alias, own in found
            if own and own.alias and self.view.shows(alias)
        ]

    # -- associations --------------------------------------------------------------------------------------------

    def associations(
        self,
        wanted: AssociationFilter = ANY_ASSOCIATION,
        *,
        subject: Subject | None = None,
        resource_id: str | None = None,
        resource_name: str | None = None,
        resource_namespace: str | None = None,
        page: Page = EVERYTHING,
    ) -> list[Association]:
        """In the order in which they were last set."""
        conditions = [*_associated(wanted), shows_subject(self.view, association.c.context, association.c.subject)]
        if subject is not None:
            conditions += [association.c.context == subject.context, association.c.subject == subject.name]
        for column, value in (
            (association.c.resource_id, resource_id),
            (association.c.resource_name, resource_name),
            (association.c.resource_namespace, resource_namespace),
        ):
            if value is not None:
                conditions.append(column == value)
        query = select(association).where(*conditions).order_by(association.c.position, association.c.guid)
        return [_association(row) for row in self.connection.execute(_paged(query, page))]

    # -- settings and upcasters ----------------------------------------------------------------------------------

    def settings(self, scopes: Sequence[Subject]) -> list[Setting]:
        """What is set for each scope itself, in the order asked: a subject first, then what it inherits from.

        A subject in view shows all that it inherits; of one out of view only what may be seen for itself.
        """
        keys = {f"context{place}": scope.context for place, scope in enumerate(scopes)}
        keys |= {f"subject{place}": scope.name for place, scope in enumerate(scopes)}
        rows = _settings_of(len(scopes)).rows(self.connection, **keys)
        found = {(row.context, row.subject): _setting(row) for row in rows}
        shown = scopes if self.view.shows(scopes[0]) else [scope for scope in scopes if self.view.shows(scope)]
        return [found.get((scope.context, scope.name), _UNSET) if scope in shown else _UNSET for scope in scopes]

    def scopes_with_mode(self, name: str) -> list[Subject]:
        """The subjects of a context with a mode of their own."""
        query = select(setting.c.subject).where(
            setting.c.context == name, setting.c.mode.is_not(None), setting.c.subject != ""
        )
        return [Subject(name, found) for found in self.connection.execute(query.order_by(setting.c.subject)).scalars()]

    def upcasters(self, at: Subject) -> list[StoredUpcaster]:
        """The upcasters in force for a subject, by source and target."""
        if not self.view.shows(at):
            return []
        query = select(upcaster).where(upcaster.c.context == at.context, upcaster.c.subject == at.name)
        rows = self.connection.execute(query.order_by(upcaster.c.source, upcaster.c.target))
        return [_upcaster(row) for row in rows]

    def retyping(self, context: str) -> list[StoredUpcaster]:
        """The upcasters in force in a context that give events other types."""
        mentions = or_(*(upcaster.c.document.contains(f'"{name}"') for name in ("retype", "emit")))
        query = select(upcaster).where(upcaster.c.context == context, mentions)
        rows = self.connection.execute(query.order_by(upcaster.c.subject, upcaster.c.source, upcaster.c.target))
        return [edge for edge in map(_upcaster, rows) if self.view.shows(edge.subject)]

    # -- readers and writers -------------------------------------------------------------------------------------

    def applications(self) -> list[Application]:
        """Every application that is known, by name."""
        return [Application(row.name, row.owner) for row in self.connection.execute(_APPLICATIONS)]

    def application(self, name: str) -> Application | None:
        """One application."""
        row = self.connection.execute(select(application).where(application.c.name == name)).one_or_none()
        return None if row is None else Application(row.name, row.owner)

    def readers(self, at: Subject | None = None, *, application: str | None = None) -> list[Reader]:
        """Readers of a subject or of an application, or all; by subject, application and build."""
        return [
            Reader(*_contract(row), need=_need.decode(row.document), **_declared(row))
            for row in self._contracts("reader", at, application)
        ]

    def writers(self, at: Subject | None = None, *, application: str | None = None) -> list[Writer]:
        """Writers of a subject or of an application, or all; by subject, application and build."""
        return [
            Writer(*_contract(row), versions=_numbers.decode(row.document), **_declared(row))
            for row in self._contracts("writer", at, application)
        ]

    def _contracts(self, role: str, at: Subject | None, application: str | None) -> Iterable[Row[Any]]:
        shown = shows_subject(self.view, contract.c.context, contract.c.subject)
        query = select(contract).where(contract.c.role == role, shown)
        if at is not None:
            query = query.where(contract.c.context == at.context, contract.c.subject == at.name)
        if application is not None:
            query = query.where(contract.c.application == application)
        order = (contract.c.context, contract.c.subject, contract.c.application, contract.c.build)
        return self.connection.execute(query.order_by(*order))

    def deployments(self, *, environment: str | None = None, application: str | None = None) -> list[Deployment]:
        """What is live, by environment, application and build."""
        query = select(deployment)
        if environment is not None:
            query = query.where(deployment.c.environment == environment)
        if application is not None:
            query = query.where(deployment.c.application == application)
        order = (deployment.c.environment, deployment.c.application, deployment.c.build)
        return [
            Deployment(Build(row.application, row.build), row.environment, row.mode, moment(row.time), row.actor)
            for row in self.connection.execute(query.order_by(*order))
        ]

    # -- keys and grants -----------------------------------------------------------------------------------------

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


def _contract(row: Row[Any]) -> tuple[Build, Subject]:
    return Build(row.application, row.build), Subject(row.context, row.subject)


def _declared(row: Row[Any]) -> dict[str, Any]:
    return {"declared": moment(row.time), "actor": row.actor, "position": row.position}


def _listed(wanted: SchemaFilter) -> ColumnElement[bool]:
    conditions = [begins(subject.c.name, wanted.prefix)]
    if wanted.context is not None:
        conditions.append(subject.c.context == wanted.context)
    if wanted.aliased:
        targets = [(each.context, each.name) for each in wanted.aliased]
        conditions = [or_(and_(*conditions), tuple_(subject.c.context, subject.c.name).in_(targets))]
    if not wanted.deleted:
        conditions.append(not_(version.c.deleted))
    if wanted.latest_only:
        conditions.append(version.c.number == subject.c.latest)
    if wanted.rule_type:
        named = msgspec.json.encode(wanted.rule_type).decode()
        conditions.append(or_(_contains(schema.c.rule_set, named), _contains(upcaster.c.migration_rules, named)))
    if wanted.associations is not None or wanted.unassociated:
        own = and_(association.c.context == subject.c.context, association.c.subject == subject.c.name)
        used = exists().where(own, *_associated(wanted.associations)) if wanted.associations is not None else false()
        conditions.append(or_(used, not_(exists().where(own))) if wanted.unassociated else used)
    return and_(*conditions)


def _associated(wanted: AssociationFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.resource_type is not None:
        yield association.c.resource_type == wanted.resource_type
    if wanted.types:
        yield association.c.association_type.in_(wanted.types)
    if wanted.lifecycles:
        yield association.c.lifecycle.in_(wanted.lifecycles)


def _rule_types(found: Version) -> set[str]:
    return rule_types(found.content.rule_set, RuleSet(migration_rules=list(found.migration_rules)))


_BY_PRINCIPAL: Final = (api_key.c.principal, api_key.c.created, api_key.c.id)


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


def _contains(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    if "\0" in text:
        return false()
    for special in (_ESCAPE, "%", "_"):
        text = text.replace(special, _ESCAPE + special)
    return column.like(f"%{text}%", escape=_ESCAPE)


def _paged(query: Select[Any], page: Page) -> Select[Any]:
    query = query.offset(page.offset) if page.offset else query
    return query if page.limit is None else query.limit(page.limit)


def _known(row: Row[Any]) -> Known:
    return Known(
        number=row.number,
        schema_id=row.schema_id,
        canonical_digest=row.canonical_digest,
        normalized_digest=row.normalized_digest,
        metadata=None if row.metadata is None else _metadata.decode(row.metadata),
        rule_set=None if row.rule_set is None else _rule_set.decode(row.rule_set),
        position=row.position,
        deleted=bool(row.deleted),
    )


def _version(row: Row[Any]) -> Version:
    return Version(
        subject=Subject(row.context, row.subject),
        number=row.number,
        schema_id=row.schema_id,
        guid=row.guid,
        content=Content(
            format=Format(row.format),
            text=row.text,
            references=tuple(_references.decode(row.references)),
            metadata=None if row.metadata is None else _metadata.decode(row.metadata),
            rule_set=None if row.rule_set is None else _rule_set.decode(row.rule_set),
        ),
        registered=moment(row.time),
        position=row.position,
        actor=row.actor,
        deleted=bool(row.deleted),
        migration_rules=() if row.migration_rules is None else tuple(_rules.decode(row.migration_rules)),
    )


def _summary(row: Row[Any]) -> SubjectSummary:
    return SubjectSummary(
        subject=Subject(row.context, row.name),
        format=Format(row.format),
        latest=row.latest,
        versions=row.live,
        changed=moment(row.changed),
        deleted=row.live == 0,
        properties=_properties.decode(row.properties),
    )


def _setting(row: Row[Any]) -> Setting:
    return Setting(
        configuration=None if row.configuration is None else _configuration.decode(row.configuration),
        mode=None if row.mode is None else Mode(row.mode),
    )


def _association(row: Row[Any]) -> Association:
    return Association(
        guid=row.guid,
        subject=Subject(row.context, row.subject),
        resource=Resource(row.resource_id, row.resource_name, row.resource_namespace, row.resource_type),
        type=row.association_type,
        lifecycle=Lifecycle(row.lifecycle),
        frozen=row.frozen,
    )


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
