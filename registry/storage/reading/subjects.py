"""Questions about contexts and the subjects in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Row, bindparam, func, select, tuple_

from compat.definition import Format
from registry.access.roles import View
from registry.events import moment
from registry.model import ANYWHERE_IN_ORDER, Beside, Page, Subject, SubjectSummary
from registry.storage.conditions import begins, contains, paged
from registry.storage.prepared import Prepared
from registry.storage.reading.base import Questions
from registry.storage.tables import context, subject
from registry.storage.visibility import shows_subject

_properties = msgspec.json.Decoder(dict[str, str])

_LAST_ID: Final = Prepared(select(context.c.last_id).where(context.c.name == bindparam("name")))


@dataclass(frozen=True, slots=True)
class SubjectFilter:
    """Subjects whose name contains something, in one context or all."""

    search: str = ""
    """Case folded."""
    context: str | None = None
    format: Format | None = None
    deleted: bool = False
    """Those with only deleted versions too."""


class SubjectQuestions(Questions):
    """Contexts, names of subjects, and their summaries."""

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
        rows = self.connection.execute(paged(query.order_by(subject.c.context, subject.c.name), page))
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

    def summaries(self, wanted: SubjectFilter, page: Page, beside: Beside = ANYWHERE_IN_ORDER) -> list[SubjectSummary]:
        """A page of some subjects, sorted."""
        order = subject.c.context, subject.c.name
        query = select(subject).where(*_fit(self.view, wanted))
        if beside.after is not None:
            query = query.where(tuple_(*order) > (beside.after.context, beside.after.name))
        if beside.before is None:
            return [_summary(row) for row in self.connection.execute(paged(query.order_by(*order), page))]
        query = query.where(tuple_(*order) < (beside.before.context, beside.before.name))
        query = query.order_by(*(column.desc() for column in order))
        return [_summary(row) for row in self.connection.execute(paged(query, page))][::-1]

    def count(self, wanted: SubjectFilter) -> int:
        """How many of them there are in all: each is looked at."""
        query = select(func.count()).select_from(subject).where(*_fit(self.view, wanted))
        return self.connection.execute(query).scalar_one()

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


def _fit(view: View, wanted: SubjectFilter) -> list[ColumnElement[bool]]:
    conditions = [shows_subject(view, subject.c.context, subject.c.name)]
    if not wanted.deleted:
        conditions.append(subject.c.live > 0)
    if wanted.search:
        conditions.append(contains(subject.c.folded, wanted.search.casefold()))
    if wanted.context is not None:
        conditions.append(subject.c.context == wanted.context)
    if wanted.format is not None:
        conditions.append(subject.c.format == wanted.format)
    return conditions


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
