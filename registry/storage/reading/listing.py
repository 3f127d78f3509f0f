"""Questions for all versions that fit a filter."""

from __future__ import annotations

from itertools import islice
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, and_, exists, false, not_, or_, tuple_

from registry.data_contract import rule_types
from registry.model import Page, RuleSet, SchemaFilter, Version
from registry.storage.conditions import begins, contains, paged
from registry.storage.reading.associations import associated
from registry.storage.reading.base import Questions
from registry.storage.reading.versions import VERSIONS, to_version
from registry.storage.tables import association, schema, subject, upcaster, version
from registry.storage.visibility import shows_subject

_ROWS_AT_ONCE: Final = 500


class ListingQuestions(Questions):
    """Versions of any subject, by what they and their subjects have."""

    def listed(self, wanted: SchemaFilter, page: Page) -> list[Version]:
        """Versions in order of subject and number."""
        query = VERSIONS.join(
            subject, and_(subject.c.context == version.c.context, subject.c.name == version.c.subject)
        ).where(_listed(wanted), shows_subject(self.view, subject.c.context, subject.c.name))
        # of the same pairs those by which each database finds the rows in this order
        by_subject = wanted.latest_only and wanted.context is not None
        key = (subject.c.context, subject.c.name) if by_subject else (version.c.context, version.c.subject)
        query = query.order_by(*key, version.c.number)
        if not wanted.rule_type:
            return [to_version(row) for row in self.connection.execute(paged(query, page))]
        # the database only narrows down whose rules name the executor, so the page is counted here
        with self.connection.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE}) as rows:
            found = (each for each in map(to_version, rows) if wanted.rule_type in _rule_types(each))
            return list(islice(found, page.offset, None if page.limit is None else page.offset + page.limit))


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
        conditions.append(or_(contains(schema.c.rule_set, named), contains(upcaster.c.migration_rules, named)))
    if wanted.associations is not None or wanted.unassociated:
        own = and_(association.c.context == subject.c.context, association.c.subject == subject.c.name)
        used = exists().where(own, *associated(wanted.associations)) if wanted.associations is not None else false()
        conditions.append(or_(used, not_(exists().where(own))) if wanted.unassociated else used)
    return and_(*conditions)


def _rule_types(found: Version) -> set[str]:
    return rule_types(found.content.rule_set, RuleSet(migration_rules=list(found.migration_rules)))
