"""Statements that stand on the path of every registration: written in Core, run on the driver's own cursor.

Core spends ten times as long on such a statement as SQLite takes to answer it. Here it is compiled once for each
database. Values pass as they are: what the driver gives and takes must be what the caller means (a Boolean column
comes back from SQLite as 0 or 1).

Many rows are one statement for PostgreSQL, which takes as long to begin a statement as to add ten rows; SQLite, which
is in the same process, is given them one by one.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

import msgspec
import psycopg
from sqlalchemy import JSON, ColumnElement, Connection, FromClause, Select, bindparam, column, func
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.sql.dml import UpdateBase

Values = Mapping[str, Any]

_SPELT: Final = {"postgresql": PGDialect_psycopg(paramstyle="numeric_dollar")}  # type: ignore[no-untyped-call]
"""As the server itself has it (``$1``): psycopg's own placeholders would be rewritten at every execution."""
_CURSOR: Final = "lineal_cursor"
"""Where the cursor of a connection to PostgreSQL is kept: making one costs as much as a statement."""
_AT_ONCE: Final = 100
"""Rows of one statement: many enough, and few enough for texts of a megabyte."""

_json: Final = msgspec.json.Encoder()


def given(columns: Iterable[ColumnElement[Any]]) -> FromClause:
    """Rows with these columns, all in one parameter: what a statement about many selects from, in PostgreSQL."""
    rows = func.json_to_recordset(bindparam("rows", type_=JSON()))
    named = (column(str(each.key), each.type) for each in columns)
    return rows.table_valued(*named).render_derived(name="given", with_types=True)


def as_given(rows: Sequence[Values]) -> str:
    """Rows as the parameter ``rows`` of such a statement."""
    return _json.encode(rows).decode()


class Prepared:
    """One statement. Errors are the driver's; ``Store`` translates them like those of Core."""

    def __init__(self, statement: Select[Any] | UpdateBase, many: UpdateBase | None = None) -> None:
        """``many`` does for all rows that are ``given`` what the statement does for one."""
        self._statement = statement
        self._many = None if many is None else Prepared(many)
        self._compiled: dict[str, tuple[str, Callable[[Values], Any]]] = {}
        self._row: Callable[[Iterable[Any]], Any] = tuple
        if isinstance(statement, Select):
            names = [str(name) for name in statement.selected_columns.keys()]  # noqa: SIM118 - not a mapping
            row: Any = namedtuple("row", names)  # type: ignore[misc]  # noqa: PYI024 - the statement knows its columns
            self._row = row._make

    def rows(self, connection: Connection, **values: Any) -> list[Any]:
        """All rows, with the names of the columns."""
        return list(map(self._row, self._run(connection, values).fetchall()))

    def one(self, connection: Connection, **values: Any) -> Any:
        """The first row, or None."""
        row = self._run(connection, values).fetchone()
        return None if row is None else self._row(row)

    def scalar(self, connection: Connection, **values: Any) -> Any:
        """The first column of the first row, or None."""
        row = self._run(connection, values).fetchone()
        return None if row is None else row[0]

    def change(self, connection: Connection, **values: Any) -> int:
        """Run it; the number of rows that it changed."""
        count: int = self._run(connection, values).rowcount
        return count

    def change_many(self, connection: Connection, rows: Sequence[Values]) -> int:
        """Run it for each of these rows; the number of rows that it changed.

        No two of them may be in conflict with the same row that is to be updated.
        """
        if len(rows) == 1:
            return self.change(connection, **rows[0])
        if self._many is not None and connection.dialect.name in _SPELT:
            parts = (rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE))
            return sum(self._many.change(connection, rows=as_given(part)) for part in parts)
        sql, bound = self._for(connection)
        cursor = cursor_of(connection)
        cursor.executemany(sql, list(map(bound, rows)))
        count: int = cursor.rowcount
        return count

    def _run(self, connection: Connection, values: Values) -> Any:
        sql, bound = self._for(connection)
        cursor = cursor_of(connection)
        cursor.execute(sql, bound(values))
        return cursor

    def _for(self, connection: Connection) -> tuple[str, Callable[[Values], Any]]:
        name = connection.dialect.name
        if (found := self._compiled.get(name)) is None:
            compiled: Any = self._statement.compile(dialect=_SPELT.get(name, connection.dialect))
            places: Sequence[str] = compiled.positiontup
            # what the statement itself fixes (`limit(1)`) is bound too
            fixed = {name: value for name, value in compiled.params.items() if value is not None}
            found = self._compiled[name] = str(compiled), _binding(places, fixed)
        return found


def _binding(places: Sequence[str], fixed: Values) -> Callable[[Values], Any]:
    """How values reach the driver: by place."""
    if not fixed:
        return itemgetter(*places) if len(places) > 1 else lambda values: tuple(values[name] for name in places)
    return lambda values: tuple(values[name] if name in values else fixed[name] for name in places)


def cursor_of(connection: Connection) -> Any:
    """A cursor of the driver, on the same connection and transaction; its last result is gone when it is asked for."""
    driver = connection.connection
    if connection.dialect.name not in _SPELT:
        return driver.cursor()
    if (kept := driver.info.get(_CURSOR)) is None:
        kept = driver.info[_CURSOR] = psycopg.RawCursor(driver.driver_connection)  # type: ignore[arg-type]
    return kept
