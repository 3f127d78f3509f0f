"""What a view lets through, as conditions on rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, true

from registry.access.roles import EVERY_CONTEXT, View
from registry.model import ACCESS, DEFAULT_CONTEXT, GLOBAL_CONTEXT
from registry.storage.conditions import begins


def shows_subject(view: View, context: ColumnElement[Any], name: ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows of the subjects in a view."""
    if view.whole:
        return true()
    areas = [
        begins(name, prefix) if where == EVERY_CONTEXT else and_(context == where, begins(name, prefix))
        for where, prefix in sorted(view.areas)
    ]
    return or_(*areas) if areas else false()


def shows_entry(view: View, context: ColumnElement[Any], stream: ColumnElement[Any]) -> ColumnElement[bool]:
    """Entries of the log in a view: of its subjects, of the contexts it enters, and of the registry as a whole."""
    access = and_(context == ACCESS.context, stream == ACCESS.name)
    if view.whole:
        return true() if view.access else ~access
    contexts = sorted({DEFAULT_CONTEXT, GLOBAL_CONTEXT, *(where for where, _ in view.areas)})
    settings = and_(stream == "", context.in_(contexts))
    subjects = and_(stream != "", ~access, shows_subject(view, context, stream))
    return or_(settings, subjects)
