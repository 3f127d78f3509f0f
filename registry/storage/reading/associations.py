"""Questions about the resources that use a subject."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Row, select

from registry.model import (
    ANY_ASSOCIATION,
    EVERYTHING,
    Association,
    AssociationFilter,
    Lifecycle,
    Page,
    Resource,
    Subject,
)
from registry.storage.conditions import paged
from registry.storage.reading.base import Questions
from registry.storage.tables import association
from registry.storage.visibility import shows_subject


class AssociationQuestions(Questions):
    """Associations, and the filter that other questions share."""

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
        conditions = [*associated(wanted), shows_subject(self.view, association.c.context, association.c.subject)]
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
        return [_association(row) for row in self.connection.execute(paged(query, page))]


def associated(wanted: AssociationFilter) -> Iterator[ColumnElement[bool]]:
    """What a filter asks of an association."""
    if wanted.resource_type is not None:
        yield association.c.resource_type == wanted.resource_type
    if wanted.types:
        yield association.c.association_type.in_(wanted.types)
    if wanted.lifecycles:
        yield association.c.lifecycle.in_(wanted.lifecycles)


def _association(row: Row[Any]) -> Association:
    return Association(
        guid=row.guid,
        subject=Subject(row.context, row.subject),
        resource=Resource(row.resource_id, row.resource_name, row.resource_namespace, row.resource_type),
        type=row.association_type,
        lifecycle=Lifecycle(row.lifecycle),
        frozen=row.frozen,
    )
