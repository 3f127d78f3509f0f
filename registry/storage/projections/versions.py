"""What the registration and the removal of versions do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    Table,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    not_,
    null,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import Insert as Upsert  # SQLite spells it alike
from sqlalchemy.dialects.postgresql import insert as upsert

from registry.events import Entry, SchemaRegistered, VersionsDeleted, VersionsPurged, micros
from registry.model import Subject
from registry.storage.prepared import Prepared, Values, given
from registry.storage.projections.change import Changes, text
from registry.storage.tables import (
    association,
    context,
    contract,
    reference,
    schema,
    setting,
    subject,
    upcaster,
    version,
)

# Statements that are run for every registration are built once: for one row, and for all that are given.


def _add_version(values: Mapping[str, ColumnElement[Any]]) -> Insert:
    """Its text is kept only where the schema is spelt differently."""
    holds = and_(schema.c.context == values["context"], schema.c.id == values["schema_id"])
    spelt = select(schema.c.text).where(holds).scalar_subquery()
    kept = case((spelt == values["text"], null()), else_=values["text"])
    return insert(version).from_select(list(values), select(*{**values, "text": kept}.values()))


def _raise_last_id(added: Upsert) -> Upsert:
    return added.on_conflict_do_update(
        index_elements=["name"],
        set_={"last_id": added.excluded.last_id},
        where=context.c.last_id < added.excluded.last_id,
    )


def _raise_subject(added: Upsert) -> Upsert:
    """One more version, the highest so far."""
    told = ("format", "latest", "highest", "properties", "changed", "position")
    return added.on_conflict_do_update(
        index_elements=["context", "name"],
        set_={"live": subject.c.live + 1, **{name: added.excluded[name] for name in told}},
        where=subject.c.highest < added.excluded.highest,
    )


def _all(table: Table) -> Upsert:
    return upsert(table).from_select(table.columns.keys(), select(given(table.columns)))


_ADD_SCHEMA: Final = Prepared(upsert(schema).on_conflict_do_nothing(), many=_all(schema).on_conflict_do_nothing())
_ADD_VERSION: Final = Prepared(
    _add_version({column.name: bindparam(column.name, type_=column.type) for column in version.columns}),
    many=_add_version(dict(given(version.columns).columns)),
)
_ADD_REFERENCE: Final = Prepared(insert(reference), many=_all(reference))
_RAISE_LAST_ID: Final = Prepared(_raise_last_id(upsert(context)), many=_raise_last_id(_all(context)))
_RAISE_SUBJECT: Final = Prepared(_raise_subject(upsert(subject)), many=_raise_subject(_all(subject)))


def registered(connection: Connection, entries: Sequence[Entry]) -> None:
    """What registrations do that came one after another: as many statements for many as for one."""
    for supersede, run in groupby(entries, key=lambda entry: bool(_registration(entry).superseded)):
        if supersede:
            for entry in run:
                _add(connection, [entry])
                _drop_versions(connection, entry.subject, _registration(entry).superseded)
                _refresh_subject(connection, entry)
        else:
            _add_newest(connection, list(run))


def _add_newest(connection: Connection, entries: Sequence[Entry]) -> None:
    """The usual case without counting anew: the first version of a subject, or one more and the highest so far."""
    _add(connection, entries)
    raised = (_RAISE_SUBJECT.change_many(connection, list(map(_subject_row, run))) for run in _of_different(entries))
    if sum(raised) < len(entries):
        for entry in {entry.subject: entry for entry in entries}.values():
            _refresh_subject(connection, entry)


def _of_different(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """Runs of entries of which no two are about one subject."""
    run: dict[Subject, Entry] = {}
    for entry in entries:
        if entry.subject in run:
            yield list(run.values())
            run = {}
        run[entry.subject] = entry
    yield list(run.values())


def _add(connection: Connection, entries: Sequence[Entry]) -> None:
    """The rows of versions, and of what they bring with them."""
    last_ids: dict[str, int] = {}
    for entry in entries:
        name = entry.subject.context
        last_ids[name] = max(last_ids.get(name, 0), _registration(entry).schema_id)
    _RAISE_LAST_ID.change_many(connection, [{"name": name, "last_id": last} for name, last in last_ids.items()])
    _ADD_SCHEMA.change_many(connection, list(map(_schema_row, entries)))
    _ADD_VERSION.change_many(connection, list(map(_version_row, entries)))
    if references := [row for entry in entries for row in _reference_rows(entry)]:
        _ADD_REFERENCE.change_many(connection, references)


def _versions_deleted(connection: Connection, entry: Entry, event: VersionsDeleted) -> None:
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


def _versions_purged(connection: Connection, entry: Entry, event: VersionsPurged) -> None:
    _drop_versions(connection, entry.subject, event.versions)
    _refresh_subject(connection, entry)


def _registration(entry: Entry) -> SchemaRegistered:
    assert isinstance(entry.event, SchemaRegistered)  # noqa: S101 - what it is called for
    return entry.event


def _schema_row(entry: Entry) -> Values:
    event = _registration(entry)
    return {
        "context": entry.subject.context,
        "id": event.schema_id,
        "guid": event.guid,
        "format": event.format,
        "text": event.text,
        "canonical_digest": event.canonical_digest,
        "normalized_digest": event.normalized_digest,
        "references": text(event.references),
        "metadata": None if event.metadata is None else text(event.metadata),
        "rule_set": None if event.rule_set is None else text(event.rule_set),
        "position": entry.position,
    }


def _version_row(entry: Entry) -> Values:
    event = _registration(entry)
    return {
        "context": entry.subject.context,
        "subject": entry.subject.name,
        "number": event.version,
        "schema_id": event.schema_id,
        "text": event.text,
        "time": micros(entry.time),
        "actor": entry.origin.actor,
        "position": entry.position,
        "deleted": False,
    }


def _subject_row(entry: Entry) -> Values:
    """The summary of a subject of which this is the only version."""
    event = _registration(entry)
    return {
        "context": entry.subject.context,
        "name": entry.subject.name,
        "folded": entry.subject.name.casefold(),
        "format": event.format,
        "live": 1,
        "latest": event.version,
        "highest": event.version,
        "properties": text((event.metadata and event.metadata.properties) or {}),
        "changed": micros(entry.time),
        "position": entry.position,
    }


def _reference_rows(entry: Entry) -> Iterator[Values]:
    referrer, event = entry.subject, _registration(entry)
    for ordinal, item in enumerate(event.references):
        target = Subject.parse(item.subject, referrer.context)
        yield {
            "context": referrer.context,
            "subject": referrer.name,
            "number": event.version,
            "ordinal": ordinal,
            "to_context": target.context,
            "to_subject": target.name,
            "to_number": item.version,
        }


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


def _refresh_subject(connection: Connection, entry: Entry) -> None:
    """Make the summary row anew from the version rows; where none is left, forget the subject."""
    at = entry.subject
    own = and_(version.c.context == at.context, version.c.subject == at.name)
    highest, live, latest_live = connection.execute(
        select(
            func.max(version.c.number),
            func.count().filter(not_(version.c.deleted)),
            func.max(version.c.number).filter(not_(version.c.deleted)),
        ).where(own)
    ).one()
    if highest is None:
        _forget_subject(connection, at)
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
        "properties": text(properties),
        "changed": micros(entry.time),
        "position": entry.position,
    }
    row = and_(subject.c.context == at.context, subject.c.name == at.name)
    if not connection.execute(update(subject).where(row).values(**values)).rowcount:
        connection.execute(
            insert(subject), [{"context": at.context, "name": at.name, "folded": at.name.casefold(), **values}]
        )


def _forget_subject(connection: Connection, at: Subject) -> None:
    """The summary row, and what is kept only for as long as there are versions."""
    connection.execute(delete(subject).where(subject.c.context == at.context, subject.c.name == at.name))
    for table in (setting, upcaster, contract, association):
        connection.execute(delete(table).where(table.c.context == at.context, table.c.subject == at.name))


CHANGES: Final[Changes] = {
    VersionsDeleted: _versions_deleted,
    VersionsPurged: _versions_purged,
}
