"""Conditions and bounds that several questions share."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, false, true

from registry.model import Page

_ESCAPE: Final = "\\"


def begins(column: ColumnElement[Any], prefix: str) -> ColumnElement[bool]:
    """A prefix match that an index on the column can serve, and that knows upper from lower case."""
    if not prefix:
        return true()
    following = _after(prefix)
    return column >= prefix if following is None else and_(column >= prefix, column < following)


def contains(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Rows whose text has this one in it, letter for letter."""
    if "\0" in text:
        return false()
    for special in (_ESCAPE, "%", "_"):
        text = text.replace(special, _ESCAPE + special)
    return column.like(f"%{text}%", escape=_ESCAPE)


def paged(query: Select[Any], page: Page) -> Select[Any]:
    """That page of the rows of a query."""
    query = query.offset(page.offset) if page.offset else query
    return query if page.limit is None else query.limit(page.limit)


def _after(prefix: str) -> str | None:
    """The least text greater than everything that begins with ``prefix``."""
    stem = prefix.rstrip(chr(0x10FFFF))
    if not stem:
        return None
    successor = ord(stem[-1]) + 1
    return stem[:-1] + chr(0xE000 if 0xD800 <= successor <= 0xDFFF else successor)
