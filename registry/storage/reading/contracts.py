"""Questions about readers, writers and where they are live."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from sqlalchemy import Row, and_, exists, select

from registry.events import moment
from registry.model import Application, Build, Deployment, Reader, ReaderNeed, Subject, Writer
from registry.storage.reading.base import Questions
from registry.storage.tables import application, contract, deployment
from registry.storage.visibility import shows_subject

_need = msgspec.json.Decoder(ReaderNeed)
_numbers = msgspec.json.Decoder(tuple[int, ...])

_APPLICATIONS: Final = select(application).order_by(application.c.name)


class ContractQuestions(Questions):
    """Applications, their readers and writers, and their deployments."""

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

    def declared(self, environment: str) -> set[Build]:
        """The builds that are live in an environment and have declared something."""
        same = and_(contract.c.application == deployment.c.application, contract.c.build == deployment.c.build)
        shown = shows_subject(self.view, contract.c.context, contract.c.subject)
        query = select(deployment.c.application, deployment.c.build).where(
            deployment.c.environment == environment, exists().where(same, shown)
        )
        return {Build(row.application, row.build) for row in self.connection.execute(query)}

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


def _contract(row: Row[Any]) -> tuple[Build, Subject]:
    return Build(row.application, row.build), Subject(row.context, row.subject)


def _declared(row: Row[Any]) -> dict[str, Any]:
    return {"declared": moment(row.time), "actor": row.actor, "position": row.position}
