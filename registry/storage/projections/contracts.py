"""What declarations of readers and writers, and deployments, do."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, and_, delete, insert, or_, update

from registry.events import (
    ApplicationDescribed,
    ContractWithdrawn,
    DeploymentEnded,
    DeploymentRecorded,
    Entry,
    ReaderDeclared,
    WriterDeclared,
    micros,
)
from registry.model import Subject
from registry.storage.projections.change import Changes, text
from registry.storage.tables import application, contract, deployment


def _application_described(connection: Connection, _entry: Entry, event: ApplicationDescribed) -> None:
    known = application.c.name == event.application
    if not connection.execute(update(application).where(known).values(owner=event.owner)).rowcount:
        connection.execute(insert(application), [{"name": event.application, "owner": event.owner}])


def _reader_declared(connection: Connection, entry: Entry, event: ReaderDeclared) -> None:
    _put_contract(connection, entry, "reader", event, text(event.need))


def _writer_declared(connection: Connection, entry: Entry, event: WriterDeclared) -> None:
    _put_contract(connection, entry, "writer", event, text(event.versions))


def _contract_withdrawn(connection: Connection, entry: Entry, event: ContractWithdrawn) -> None:
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


def _deployment_recorded(connection: Connection, entry: Entry, event: DeploymentRecorded) -> None:
    """A build that is deployed takes the place of the one deployed before; what is released stays."""
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


def _deployment_ended(connection: Connection, _entry: Entry, event: DeploymentEnded) -> None:
    connection.execute(
        delete(deployment).where(
            deployment.c.environment == event.environment,
            deployment.c.application == event.application,
            deployment.c.build == event.build,
        )
    )


CHANGES: Final[Changes] = {
    ApplicationDescribed: _application_described,
    ReaderDeclared: _reader_declared,
    WriterDeclared: _writer_declared,
    ContractWithdrawn: _contract_withdrawn,
    DeploymentRecorded: _deployment_recorded,
    DeploymentEnded: _deployment_ended,
}
