"""Questions about configurations, modes and aliases."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Row, and_, bindparam, or_, select

from registry.access.roles import View
from registry.model import Configuration, Mode, Subject
from registry.policy import Setting
from registry.storage.conditions import contains
from registry.storage.prepared import Prepared
from registry.storage.reading.base import Questions
from registry.storage.tables import head, setting, upcaster

_configuration = msgspec.json.Decoder(Configuration)

_UNSET: Final = Setting()


def _in(count: int) -> ColumnElement[bool]:
    """Some scopes; as disjunction, which both databases answer from the primary key."""
    scopes = (
        and_(setting.c.context == bindparam(f"context{place}"), setting.c.subject == bindparam(f"subject{place}"))
        for place in range(count)
    )
    return or_(*scopes)


@cache
def _settings_of(count: int) -> Prepared:
    return Prepared(select(setting).where(_in(count)))


@cache
def _standing_of(count: int) -> Prepared:
    first = upcaster.c.context == bindparam("context0"), upcaster.c.subject == bindparam("subject0")
    upcast = select(upcaster.c.source).where(*first).exists().label("upcast")
    return Prepared(select(head.c.position, upcast, setting).select_from(head.outerjoin(setting, _in(count))))


class SettingQuestions(Questions):
    """What is set for contexts and subjects."""

    def settings(self, scopes: Sequence[Subject]) -> list[Setting]:
        """What is set for each scope itself, in the order asked: a subject first, then what it inherits from.

        A subject in view shows all that it inherits; of one out of view only what may be seen for itself.
        """
        rows = _settings_of(len(scopes)).rows(self.connection, **_keys(scopes))
        return _shown(self.view, scopes, rows)

    def standing(self, scopes: Sequence[Subject]) -> tuple[int, bool, list[Setting]]:
        """What a registration asks besides the versions: the log's position, whether the first scope, a subject, has
        upcasters, and the settings of all scopes.
        """
        rows = _standing_of(len(scopes)).rows(self.connection, **_keys(scopes))
        return rows[0].position, bool(rows[0].upcast), _shown(self.view, scopes, rows)

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


def _keys(scopes: Sequence[Subject]) -> dict[str, str]:
    keys = {f"context{place}": scope.context for place, scope in enumerate(scopes)}
    return keys | {f"subject{place}": scope.name for place, scope in enumerate(scopes)}


def _shown(view: View, scopes: Sequence[Subject], rows: Sequence[Any]) -> list[Setting]:
    """By scope, as far as the first of them is in view, or each for itself."""
    found = {(row.context, row.subject): _setting(row) for row in rows if row.context is not None}
    shown = scopes if view.shows(scopes[0]) else [scope for scope in scopes if view.shows(scope)]
    return [found.get((scope.context, scope.name), _UNSET) if scope in shown else _UNSET for scope in scopes]


def _setting(row: Row[Any]) -> Setting:
    return Setting(
        configuration=None if row.configuration is None else _configuration.decode(row.configuration),
        mode=None if row.mode is None else Mode(row.mode),
    )
