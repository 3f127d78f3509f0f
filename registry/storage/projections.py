"""What each event does to the projections: one function per event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, and_, bindparam, delete, exists, func, insert, not_, or_, select, update

from registry.events import (
    ApplicationDescribed,
    AssociationRemoved,
    AssociationSet,
    ConfigurationChanged,
    ConfigurationRemoved,
    ContextRemoved,
    ContractWithdrawn,
    DeploymentEnded,
    DeploymentRecorded,
    Entry,
    ExporterDefined,
    ExporterPaused,
    ExporterRemoved,
    ExporterReset,
    ExporterResumed,
    KeyCreated,
    KeyRevoked,
    ModeChanged,
    ModeRemoved,
    ReaderDeclared,
    RoleGranted,
    RoleWithdrawn,
    SchemaRegistered,
    UpcasterPublished,
    UpcasterWithdrawn,
    VersionsDeleted,
    VersionsPurged,
    WebhookRegistered,
    WebhookRemoved,
    WriterDeclared,
    micros,
)
from registry.model import Subject
from registry.storage import tables
from registry.storage.prepared import Prepared
from registry.storage.tables import (
    access_grant,
    api_key,
    application,
    association,
    context,
    contract,
    deployment,
    exporter,
    reference,
    schema,
    setting,
    subject,
    upcaster,
    version,
    webhook,
)

json = msgspec.json.Encoder()

# Statements that are run for every registration are built once.

_TEXT: Final = Prepared(
    select(schema.c.text).where(schema.c.context == bindparam("context"), schema.c.id == bindparam("id"))
)
_ADD_SCHEMA: Final = Prepared(insert(schema))
_ADD_VERSION: Final = Prepared(insert(version))
_RAISE_LAST_ID: Final = Prepared(
    update(context)
    .where(context.c.name == bindparam("of_name"), context.c.last_id < bindparam("number"))
    .values(last_id=bindparam("number"))
)
_RAISE_SUBJECT: Final = Prepared(
    update(subject)
    .where(
        subject.c.context == bindparam("of_context"),
        subject.c.name == bindparam("of_name"),
        subject.c.highest < bindparam("number"),
    )
    .values(
        format=bindparam("of_format"),
        live=subject.c.live + 1,
        latest=bindparam("number"),
        highest=bindparam("number"),
        properties=bindparam("new_properties"),
        changed=bindparam("time"),
        position=bindparam("at"),
    )
)


def apply(connection: Connection, entry: Entry) -> None:
    """Bring the projections up to date with one entry."""
    if change := _CHANGES.get(type(entry.event)):
        change(connection, entry)


def clear(connection: Connection) -> None:
    """Forget everything that the log can give again."""
    for table in tables.PROJECTIONS:
        connection.execute(delete(table))


def _schema_registered(connection: Connection, entry: Entry) -> None:
    event: SchemaRegistered = entry.event  # type: ignore[assignment]
    at = entry.subject
    _raise_last_id(connection, at.context, event.schema_id)
    kept = _TEXT.scalar(connection, context=at.context, id=event.schema_id)
    if kept is None:
        _ADD_SCHEMA.change(connection, **_schema_row(entry, event))
    _ADD_VERSION.change(
        connection,
        context=at.context,
        subject=at.name,
        number=event.version,
        schema_id=event.schema_id,
        text=None if kept is None or kept == event.text else event.text,
        time=micros(entry.time),
        actor=entry.origin.actor,
        position=entry.position,
        deleted=False,
    )
    if event.references:
        connection.execute(insert(reference), list(_reference_rows(at, event)))
    if event.superseded:
        _drop_versions(connection, at, event.superseded)
    if event.superseded or not _raise_subject(connection, entry, event):
        _refresh_subject(connection, entry)


def _raise_subject(connection: Connection, entry: Entry, event: SchemaRegistered) -> bool:
    """The usual case without counting anew: one more version, the highest so far, of a subject that is known."""
    raised = _RAISE_SUBJECT.change(
        connection,
        of_context=entry.subject.context,
        of_name=entry.subject.name,
        number=event.version,
        of_format=event.format,
        new_properties=_text((event.metadata and event.metadata.properties) or {}),
        time=micros(entry.time),
        at=entry.position,
    )
    return raised > 0


def _schema_row(entry: Entry, event: SchemaRegistered) -> dict[str, Any]:
    return {
        "context": entry.subject.context,
        "id": event.schema_id,
        "guid": event.guid,
        "format": event.format,
        "text": event.text,
        "canonical_digest": event.canonical_digest,
        "normalized_digest": event.normalized_digest,
        "references": _text(event.references),
        "metadata": None if event.metadata is None else _text(event.metadata),
        "rule_set": None if event.rule_set is None else _text(event.rule_set),
        "position": entry.position,
    }


def _reference_rows(referrer: Subject, event: SchemaRegistered) -> list[dict[str, Any]]:
    rows = []
    for ordinal, item in enumerate(event.references):
        target = Subject.parse(item.subject, referrer.context)
        rows.append(
            {
                "context": referrer.context,
                "subject": referrer.name,
                "number": event.version,
                "ordinal": ordinal,
                "to_context": target.context,
                "to_subject": target.name,
                "to_number": item.version,
            }
        )
    return rows


def _raise_last_id(connection: Connection, name: str, schema_id: int) -> None:
    if _RAISE_LAST_ID.change(connection, of_name=name, number=schema_id):
        return
    if connection.execute(select(context.c.name).where(context.c.name == name)).scalar() is None:
        connection.execute(insert(context), [{"name": name, "last_id": schema_id}])


def _refresh_subject(connection: Connection, entry: Entry) -> None:
    """Make the summary row anew from the version rows; none left: no row, settings, readers or writers left."""
    at = entry.subject
    own = and_(version.c.context == at.context, version.c.subject == at.name)
    highest, live, latest_live = connection.execute(
        select(
            func.max(version.c.number),
            func.count().filter(not_(version.c.deleted)),
            func.max(version.c.number).filter(not_(version.c.deleted)),
        ).where(own)
    ).one()
    row = and_(subject.c.context == at.context, subject.c.name == at.name)
    if highest is None:
        connection.execute(delete(subject).where(row))
        connection.execute(delete(setting).where(setting.c.context == at.context, setting.c.subject == at.name))
        connection.execute(delete(upcaster).where(upcaster.c.context == at.context, upcaster.c.subject == at.name))
        connection.execute(delete(contract).where(contract.c.context == at.context, contract.c.subject == at.name))
        used = and_(association.c.context == at.context, association.c.subject == at.name)
        connection.execute(delete(association).where(used))
        return
    latest = latest_live or highest
    found = connection.execute(
        select(schema.c.format, schema.c.metadata)
        .join(version, and_(version.c.context == schema.c.context, version.c.schema_id == schema.c.id))
        .where(own, version.c.number == latest)
    ).one()
    properties = (msgspec.json.decode(found.metadata).get("properties") or {}) if found.metadata else {}
    values = {
        "format": found.format,
        "live": live,
        "latest": latest,
        "highest": highest,
        "properties": _text(properties),
        "changed": micros(entry.time),
        "position": entry.position,
    }
    if not connection.execute(update(subject).where(row).values(**values)).rowcount:
        connection.execute(
            insert(subject), [{"context": at.context, "name": at.name, "folded": at.name.casefold(), **values}]
        )


def _versions_deleted(connection: Connection, entry: Entry) -> None:
    event: VersionsDeleted = entry.event  # type: ignore[assignment]
    connection.execute(
        update(version)
        .where(
            version.c.context == entry.subject.context,
            version.c.subject == entry.subject.name,
            version.c.number.in_(event.versions),
        )
        .values(deleted=True)
    )
    _refresh_subject(connection, entry)


def _versions_purged(connection: Connection, entry: Entry) -> None:
    event: VersionsPurged = entry.event  # type: ignore[assignment]
    _drop_versions(connection, entry.subject, event.versions)
    _refresh_subject(connection, entry)


def _drop_versions(connection: Connection, at: Subject, numbers: list[int]) -> None:
    """Remove version rows, and those of their schemas that no version holds any more."""
    doomed = and_(version.c.context == at.context, version.c.subject == at.name, version.c.number.in_(numbers))
    ids = list(connection.execute(select(version.c.schema_id).where(doomed).distinct()).scalars())
    connection.execute(delete(version).where(doomed))
    connection.execute(
        delete(reference).where(
            reference.c.context == at.context, reference.c.subject == at.name, reference.c.number.in_(numbers)
        )
    )
    held = exists().where(version.c.context == schema.c.context, version.c.schema_id == schema.c.id)
    connection.execute(delete(schema).where(schema.c.context == at.context, schema.c.id.in_(ids), not_(held)))


def _configuration_changed(connection: Connection, entry: Entry) -> None:
    event: ConfigurationChanged = entry.event  # type: ignore[assignment]
    _set(connection, entry.subject, configuration=_text(event.configuration))


def _configuration_removed(connection: Connection, entry: Entry) -> None:
    _set(connection, entry.subject, configuration=None)


def _mode_changed(connection: Connection, entry: Entry) -> None:
    event: ModeChanged = entry.event  # type: ignore[assignment]
    _set(connection, entry.subject, mode=event.mode)


def _mode_removed(connection: Connection, entry: Entry) -> None:
    _set(connection, entry.subject, mode=None)


def _set(connection: Connection, scope: Subject, **values: str | None) -> None:
    row = and_(setting.c.context == scope.context, setting.c.subject == scope.name)
    if not connection.execute(update(setting).where(row).values(**values)).rowcount:
        connection.execute(insert(setting), [{"context": scope.context, "subject": scope.name, **values}])
    connection.execute(delete(setting).where(row, setting.c.configuration.is_(None), setting.c.mode.is_(None)))


def _context_removed(connection: Connection, entry: Entry) -> None:
    name = entry.subject.context
    connection.execute(delete(context).where(context.c.name == name))
    connection.execute(delete(setting).where(setting.c.context == name))


def _upcaster_published(connection: Connection, entry: Entry) -> None:
    event: UpcasterPublished = entry.event  # type: ignore[assignment]
    _drop_upcaster(connection, entry.subject, event.source, event.target)
    connection.execute(
        insert(upcaster),
        [
            {
                "context": entry.subject.context,
                "subject": entry.subject.name,
                "source": event.source,
                "target": event.target,
                "revision": event.revision,
                "hash": event.hash,
                "document": _text(event.document),
                "migration_rules": _text(event.migration_rules),
                "details": _text(event.details),
                "time": micros(entry.time),
                "actor": entry.origin.actor,
                "position": entry.position,
            }
        ],
    )


def _upcaster_withdrawn(connection: Connection, entry: Entry) -> None:
    event: UpcasterWithdrawn = entry.event  # type: ignore[assignment]
    _drop_upcaster(connection, entry.subject, event.source, event.target)


def _drop_upcaster(connection: Connection, at: Subject, source: int, target: int) -> None:
    connection.execute(
        delete(upcaster).where(
            upcaster.c.context == at.context,
            upcaster.c.subject == at.name,
            upcaster.c.source == source,
            upcaster.c.target == target,
        )
    )


def _application_described(connection: Connection, entry: Entry) -> None:
    event: ApplicationDescribed = entry.event  # type: ignore[assignment]
    known = application.c.name == event.application
    if not connection.execute(update(application).where(known).values(owner=event.owner)).rowcount:
        connection.execute(insert(application), [{"name": event.application, "owner": event.owner}])


def _reader_declared(connection: Connection, entry: Entry) -> None:
    event: ReaderDeclared = entry.event  # type: ignore[assignment]
    _put_contract(connection, entry, "reader", event, _text(event.need))


def _writer_declared(connection: Connection, entry: Entry) -> None:
    event: WriterDeclared = entry.event  # type: ignore[assignment]
    _put_contract(connection, entry, "writer", event, _text(event.versions))


def _contract_withdrawn(connection: Connection, entry: Entry) -> None:
    event: ContractWithdrawn = entry.event  # type: ignore[assignment]
    _drop_contract(connection, entry.subject, event.role, event)


def _put_contract(
    connection: Connection, entry: Entry, role: str, event: ReaderDeclared | WriterDeclared, document: str
) -> None:
    _drop_contract(connection, entry.subject, role, event)
    connection.execute(
        insert(contract),
        [
            {
                "context": entry.subject.context,
                "subject": entry.subject.name,
                "role": role,
                "application": event.application,
                "build": event.build,
                "document": document,
                "time": micros(entry.time),
                "actor": entry.origin.actor,
                "position": entry.position,
            }
        ],
    )


def _drop_contract(
    connection: Connection, at: Subject, role: str, event: ReaderDeclared | WriterDeclared | ContractWithdrawn
) -> None:
    connection.execute(
        delete(contract).where(
            contract.c.context == at.context,
            contract.c.subject == at.name,
            contract.c.role == role,
            contract.c.application == event.application,
            contract.c.build == event.build,
        )
    )


def _deployment_recorded(connection: Connection, entry: Entry) -> None:
    """A build that is deployed takes the place of the one deployed before; what is released stays."""
    event: DeploymentRecorded = entry.event  # type: ignore[assignment]
    same = deployment.c.build == event.build
    replaced = or_(same, deployment.c.mode == "deployed") if event.mode == "deployed" else same
    here = and_(deployment.c.environment == event.environment, deployment.c.application == event.application)
    connection.execute(delete(deployment).where(here, replaced))
    connection.execute(
        insert(deployment),
        [
            {
                "environment": event.environment,
                "application": event.application,
                "build": event.build,
                "mode": event.mode,
                "time": micros(entry.time),
                "actor": entry.origin.actor,
                "position": entry.position,
            }
        ],
    )


def _deployment_ended(connection: Connection, entry: Entry) -> None:
    event: DeploymentEnded = entry.event  # type: ignore[assignment]
    connection.execute(
        delete(deployment).where(
            deployment.c.environment == event.environment,
            deployment.c.application == event.application,
            deployment.c.build == event.build,
        )
    )


def _association_set(connection: Connection, entry: Entry) -> None:
    event: AssociationSet = entry.event  # type: ignore[assignment]
    connection.execute(delete(association).where(association.c.guid == event.guid))
    values = msgspec.structs.asdict(event)
    at = {"context": entry.subject.context, "subject": entry.subject.name, "position": entry.position}
    connection.execute(insert(association), [{**values, **at}])


def _association_removed(connection: Connection, entry: Entry) -> None:
    event: AssociationRemoved = entry.event  # type: ignore[assignment]
    connection.execute(delete(association).where(association.c.guid == event.guid))


def _webhook_registered(connection: Connection, entry: Entry) -> None:
    event: WebhookRegistered = entry.event  # type: ignore[assignment]
    row = {
        "id": event.id,
        "url": event.url,
        "sealed": event.sealed,
        "context": event.context,
        "prefix": event.prefix,
        "types": _text(event.types),
        "time": micros(entry.time),
        "actor": entry.origin.actor,
        "position": entry.position,
    }
    connection.execute(insert(webhook), [row])


def _webhook_removed(connection: Connection, entry: Entry) -> None:
    event: WebhookRemoved = entry.event  # type: ignore[assignment]
    connection.execute(delete(webhook).where(webhook.c.id == event.id))


def _key_created(connection: Connection, entry: Entry) -> None:
    event: KeyCreated = entry.event  # type: ignore[assignment]
    row = {
        "id": event.id,
        "principal": event.principal,
        "digest": event.digest,
        "label": event.label,
        "created": micros(entry.time),
        "expires": None if event.expires is None else micros(event.expires),
    }
    connection.execute(insert(api_key), [row])


def _key_revoked(connection: Connection, entry: Entry) -> None:
    event: KeyRevoked = entry.event  # type: ignore[assignment]
    connection.execute(update(api_key).where(api_key.c.id == event.id).values(revoked=micros(entry.time)))


def _role_granted(connection: Connection, entry: Entry) -> None:
    event: RoleGranted = entry.event  # type: ignore[assignment]
    row = {
        "principal": event.principal,
        "role": event.role,
        "context": event.context,
        "prefix": event.prefix,
    }
    connection.execute(insert(access_grant), [row])


def _role_withdrawn(connection: Connection, entry: Entry) -> None:
    event: RoleWithdrawn = entry.event  # type: ignore[assignment]
    connection.execute(
        delete(access_grant).where(
            access_grant.c.principal == event.principal,
            access_grant.c.role == event.role,
            access_grant.c.context == event.context,
            access_grant.c.prefix == event.prefix,
        )
    )


def _exporter_defined(connection: Connection, entry: Entry) -> None:
    event: ExporterDefined = entry.event  # type: ignore[assignment]
    name = event.definition.name
    defined = {"definition": _text(event.definition)}
    if not connection.execute(update(exporter).where(exporter.c.name == name).values(**defined)).rowcount:
        connection.execute(insert(exporter), [{"name": name, "paused": False, "epoch": entry.position, **defined}])


def _exporter_paused(connection: Connection, entry: Entry) -> None:
    event: ExporterPaused = entry.event  # type: ignore[assignment]
    connection.execute(update(exporter).where(exporter.c.name == event.name).values(paused=True))


def _exporter_resumed(connection: Connection, entry: Entry) -> None:
    event: ExporterResumed = entry.event  # type: ignore[assignment]
    connection.execute(update(exporter).where(exporter.c.name == event.name).values(paused=False))


def _exporter_reset(connection: Connection, entry: Entry) -> None:
    event: ExporterReset = entry.event  # type: ignore[assignment]
    connection.execute(update(exporter).where(exporter.c.name == event.name).values(epoch=entry.position))


def _exporter_removed(connection: Connection, entry: Entry) -> None:
    event: ExporterRemoved = entry.event  # type: ignore[assignment]
    connection.execute(delete(exporter).where(exporter.c.name == event.name))


def _text(value: object) -> str:
    return json.encode(value).decode()


_CHANGES: Final[Mapping[type, Callable[[Connection, Entry], None]]] = MappingProxyType(
    {
        SchemaRegistered: _schema_registered,
        VersionsDeleted: _versions_deleted,
        VersionsPurged: _versions_purged,
        ConfigurationChanged: _configuration_changed,
        ConfigurationRemoved: _configuration_removed,
        ModeChanged: _mode_changed,
        ModeRemoved: _mode_removed,
        ContextRemoved: _context_removed,
        UpcasterPublished: _upcaster_published,
        UpcasterWithdrawn: _upcaster_withdrawn,
        WebhookRegistered: _webhook_registered,
        WebhookRemoved: _webhook_removed,
        ApplicationDescribed: _application_described,
        ReaderDeclared: _reader_declared,
        WriterDeclared: _writer_declared,
        ContractWithdrawn: _contract_withdrawn,
        DeploymentRecorded: _deployment_recorded,
        DeploymentEnded: _deployment_ended,
        AssociationSet: _association_set,
        AssociationRemoved: _association_removed,
        KeyCreated: _key_created,
        KeyRevoked: _key_revoked,
        RoleGranted: _role_granted,
        RoleWithdrawn: _role_withdrawn,
        ExporterDefined: _exporter_defined,
        ExporterPaused: _exporter_paused,
        ExporterResumed: _exporter_resumed,
        ExporterReset: _exporter_reset,
        ExporterRemoved: _exporter_removed,
    }
)
