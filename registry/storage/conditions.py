"""Conditions and bounds that several questions share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, false, not_, true

from registry.model import Page, Span
from registry.storage.tables import version

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


def spanned(span: Span) -> Iterator[ColumnElement[bool]]:
    """What a part of a history asks of a version, whatever its size."""
    if span.below is not None:
        yield version.c.number < span.below
    if span.above is not None:
        yield version.c.number > span.above
    if not span.deleted:
        yield not_(version.c.deleted)


def in_span(connection: Connection, query: Select[Any], span: Span) -> list[Row[Any]]:
    """The rows of a query over versions that are in a part of the history, oldest first."""
    query = query.where(*spanned(span))
    backward = span.most is not None and span.above is None
    query = query.order_by(version.c.number.desc() if backward else version.c.number)
    rows = list(connection.execute(query if span.most is None else query.limit(span.most)))
    return rows[::-1] if backward else rows


def _after(prefix: str) -> str | None:
    """The least text greater than everything that begins with ``prefix``."""
    stem = prefix.rstrip(chr(0x10FFFF))
    if not stem:
        return None
    successor = ord(stem[-1]) + 1
    return stem[:-1] + chr(0xE000 if 0xD800 <= successor <= 0xDFFF else successor)
