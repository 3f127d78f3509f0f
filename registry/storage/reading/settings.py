"""Questions about configurations, modes and aliases."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import msgspec
from sqlalchemy import Row, and_, bindparam, or_, select

from registry.model import Configuration, Mode, Subject
from registry.policy import Setting
from registry.storage.conditions import contains
from registry.storage.prepared import Prepared
from registry.storage.reading.base import Questions
from registry.storage.tables import setting

_configuration = msgspec.json.Decoder(Configuration)

_UNSET: Final = Setting()


@cache
def _settings_of(count: int) -> Prepared:
    """The settings of some scopes; as disjunction, which both databases answer from the primary key."""
    scopes = (
        and_(setting.c.context == bindparam(f"context{place}"), setting.c.subject == bindparam(f"subject{place}"))
        for place in range(count)
    )
    return Prepared(select(setting).where(or_(*scopes)))


class SettingQuestions(Questions):
    """What is set for contexts and subjects."""

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

    def aliases(self) -> list[tuple[Subject, Subject]]:
        """(alias, target) of every alias, in order of the alias."""
        query = select(setting).where(setting.c.subject != "", contains(setting.c.configuration, '"alias":'))
        rows = self.connection.execute(query.order_by(setting.c.context, setting.c.subject))
        found = ((Subject(row.context, row.subject), _setting(row).configuration) for row in rows)
        return [
            (alias, Subject.parse(own.alias, alias.context))
            for alias, own in found
            if own and own.alias and self.view.shows(alias)
        ]


def _setting(row: Row[Any]) -> Setting:
    return Setting(
        configuration=None if row.configuration is None else _configuration.decode(row.configuration),
        mode=None if row.mode is None else Mode(row.mode),
    )
