"""Rows of Parquet as events one after another, and events as rows: for jobs that see every event in Python.

A row is an event whose members are the columns, or holds one as JSON in a column. The order is that of the files as
they are given (of a glob: by name), and of the rows in each.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

from upcasters.compile import duckdb as compiler
from upcasters.compile.sql_text import identifier, quoted
from upcasters.errors import UpcastersError
from upcasters.integrations.event_files import ENCODER, LONGEST_LINE, FileTarget
from upcasters.shape import ANYTHING, Record, Shape, nullable

PLACE: Final = "lineal place"
"""Name of the column with the number of an event."""
LINE: Final = "lineal line"
"""Name of the column with the number of a row, where not every row is an event."""
_AT_ONCE: Final = 1_000
"""Rows that are fetched together."""


@contextmanager
def connected() -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB of its own, whose complaints about files are raised as UpcastersError."""
    try:
        with duckdb.connect() as connection:
            yield connection
    except (duckdb.IOException, duckdb.InvalidInputException, duckdb.BinderException) as error:
        raise UpcastersError(str(error)) from error


@dataclass(frozen=True, slots=True)
class Documents:
    """Where rows hold events: a table of events, exported, may have those of many types and versions."""

    column: str
    """Holds an event as JSON."""
    only: Mapping[str, str]
    """Columns and the texts that they have in the rows of these events; all other rows stay as they are."""
    version: str
    """The column with the version, or nothing: rows of another stay as they are, and it says the new one afterwards."""


class ParquetRows:
    """The rows of Parquet files as events of a version: their columns, or JSON in one; ``keep`` are no members."""

    def __init__(
        self,
        paths: Sequence[str | Path],
        shape: Shape = ANYTHING,
        documents: Documents | None = None,
        keep: Sequence[str] = (),
        version: int = 0,
    ) -> None:
        self.rows = f"read_parquet([{', '.join(quoted(str(path)) for path in paths)}], union_by_name = true)"
        self.shape = shape
        self.documents = documents
        self.keep = tuple(keep)
        self._paths = paths
        self._done = 0.0
        chosen = dict(documents.only) if documents else {}
        chosen |= {documents.version: str(version)} if documents and documents.version else {}
        tests = (f"{identifier(name)}::VARCHAR = {quoted(text)}" for name, text in chosen.items())
        self._chosen = " AND ".join(tests)

    @property
    def size(self) -> int:
        """Bytes of all files. Raises UpcastersError."""
        with connected() as connection:
            found = [
                row[0] for path in self._paths for row in connection.execute("FROM glob(?)", [str(path)]).fetchall()
            ]
        return sum(Path(name).stat().st_size for name in found)

    @property
    def mixed(self) -> bool:
        """Whether there may be rows that are none of these events."""
        return bool(self._chosen)

    @property
    def numbered(self) -> str:
        """The rows, each event with its number, from 1, as what stands behind FROM; all in order of the line."""
        if not self._chosen:
            return f"(SELECT row_number() OVER () AS {identifier(PLACE)}, * FROM {self.rows})"  # noqa: S608 - names are quoted
        lines = f"SELECT row_number() OVER () AS {identifier(LINE)}, * FROM {self.rows}"  # noqa: S608 - as above
        counted = f"count_if({self._chosen}) OVER (ORDER BY {identifier(LINE)})"
        return f"(SELECT CASE WHEN {self._chosen} THEN {counted} END AS {identifier(PLACE)}, * FROM ({lines}))"  # noqa: S608

    def events(self, after: int = 0) -> Iterator[bytes]:
        size = self.size
        with connected() as connection:
            place = identifier(PLACE)
            chosen = f" WHERE {self._chosen}" if self._chosen else ""
            counted = connection.execute(f"SELECT count(*) FROM {self.rows}{chosen}").fetchone()  # noqa: S608
            total = int(counted[0]) if counted else 0
            ordered = f" ORDER BY {place}" if self.mixed else ""
            query = f"SELECT {self._event(connection)} FROM {self.numbered} AS r WHERE {place} > ?{ordered}"  # noqa: S608
            connection.execute(query, [after])
            done = after
            while rows := connection.fetchmany(_AT_ONCE):
                for (text,) in rows:
                    yield b"null" if text is None else text.encode()
                done += len(rows)
                self._done = size * done / total

    def _event(self, connection: duckdb.DuckDBPyConnection) -> str:
        if self.documents:
            return f"r.{identifier(self.documents.column)}::VARCHAR"
        described = connection.execute(f"DESCRIBE SELECT * FROM {self.rows}").fetchall()  # noqa: S608
        return record(self.shape, [name for name, *_ in described if name not in self.keep])

    def done(self) -> int:
        return int(self._done)


class ParquetTarget(FileTarget):
    """Events on their way into a Parquet file: as lines until all are there, for no one can go on with a Parquet file.

    ``rows`` are those that the events come of: what is kept of them is theirs with the same number. ``shape`` and
    ``version`` are those of the events, for the types of columns and the column that says the version.
    """

    def __init__(
        self, partial: Path, rows: ParquetRows | None, shape: Shape, written: int = 0, version: int = 0
    ) -> None:
        self._rows = rows
        self._columns = () if rows is not None and rows.documents else compiler.read(shape, "m.event")
        self._version = version
        super().__init__(partial, written)

    def write(self, event: Any, place: int, /) -> None:
        text = event if isinstance(event, bytes) else ENCODER.encode(event)
        self._file.write(b"%d\t%b\n" % (place, text))

    def _settle(self, path: Path) -> None:
        whole = self._partial.with_name(f"{self._partial.name}.parquet")
        try:
            with connected() as connection:
                connection.execute(f"COPY ({self._select()}) TO {quoted(str(whole))} (FORMAT parquet)")
            whole.replace(path)
        finally:
            whole.unlink(missing_ok=True)
        self._partial.unlink()

    def _select(self) -> str:
        columns = f"{{{quoted(PLACE)}: 'BIGINT', 'event': 'VARCHAR'}}"
        lines = (
            f"read_csv({quoted(str(self._partial))}, delim = '\t', quote = '', escape = '', header = false, "
            f"auto_detect = false, max_line_size = {LONGEST_LINE + 100}, columns = {columns})"
        )
        made = f"(SELECT row_number() OVER () AS line, * FROM {lines}) AS m"  # noqa: S608 - names are quoted
        place, rows = identifier(PLACE), self._rows
        if rows is None:
            return f"SELECT {', '.join(self._columns)} FROM {made} ORDER BY m.line"  # noqa: S608
        if rows.documents and rows.mixed:
            joined = f"{rows.numbered} AS r LEFT JOIN {made} USING ({place})"
            there = f"{place} IS NULL OR m.event IS NOT NULL"
            line = identifier(LINE)
            return f"SELECT {self._mixed(rows.documents)} FROM {joined} WHERE {there} ORDER BY r.{line}"  # noqa: S608
        if rows.documents:
            shown = f"r.* EXCLUDE ({place}) REPLACE (m.event::JSON AS {identifier(rows.documents.column)})"
        else:
            kept = (f"r.{identifier(name)}" for name in rows.keep)
            shown = ", ".join((*kept, *self._columns))
        return f"SELECT {shown} FROM {made} JOIN {rows.numbered} AS r USING ({place}) ORDER BY m.line"  # noqa: S608

    def _mixed(self, documents: Documents) -> str:
        """The columns of all rows; those that are events have what was made of them."""
        place, line = identifier(PLACE), identifier(LINE)
        new = {documents.column: "m.event"} | ({documents.version: str(self._version)} if documents.version else {})
        replaced = ", ".join(
            f"CASE WHEN {place} IS NULL THEN r.{identifier(name)} ELSE {value} END AS {identifier(name)}"
            for name, value in new.items()
        )
        return f"r.* EXCLUDE ({place}, {line}) REPLACE ({replaced})"


def record(shape: Shape, members: Sequence[str]) -> str:
    """A row ``r`` as one JSON text. NULL is null where the member may be null, and absence everywhere else."""
    declared = shape.members if isinstance(shape, Record) else {}
    parts = []
    for name in members:
        value = f"to_json(r.{identifier(name)})::VARCHAR"
        if name in declared and declared[name].required and nullable(declared[name].shape):
            value = f"coalesce({value}, 'null')"
        parts.append(f"{quoted(json.dumps(name, ensure_ascii=False) + ':')} || {value}")
    return f"'{{' || concat_ws(',', {', '.join(parts)}) || '}}'"
