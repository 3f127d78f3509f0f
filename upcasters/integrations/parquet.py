"""For Parquet: files of events, by DuckDB, one row an event.

    upcast_parquet("orders/*.parquet", chain, Path("orders-v5.parquet"))              columns are the event's members
    upcast_parquet("log.parquet", chain, Path("log-v5.parquet"), document="payload")  a column holds events as JSON

With columns, those of the result have the types of the target version's members: records are structs, lists are lists.
Where a file has other types than its version says, rows go through JSON, and records and lists are JSON then. DuckDB
streams: a file may be larger than memory. Needs duckdb 1.3 or later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import duckdb

from upcasters.chain import Chain
from upcasters.compile import duckdb as target
from upcasters.compile.sql_text import identifier, quoted
from upcasters.compile.targets import result_shape
from upcasters.errors import NotPortable, UpcastersError, UpcastFailed
from upcasters.integrations.parquet_rows import record
from upcasters.shape import Record, Shape

_EVENT: Final = "lineal event"
"""Name of the column that holds a row as JSON, while it is read."""
_MACRO: Final = "lineal_upcast"
_NARROWER: Final = {"BIGINT": ("BIGINT", "INTEGER", "SMALLINT", "TINYINT"), "DOUBLE": ("DOUBLE", "FLOAT")}
"""Types in a file that hold nothing that the wider one does not."""


def upcast_parquet(
    source: str | Path | Sequence[str | Path],
    chain: Chain,
    out: Path,
    *,
    document: str = "",
    keep: Sequence[str] = (),
) -> int:
    """Bring every event of Parquet files (or a glob of them) over into one new file; how many.

    ``document`` names the column with events as JSON; all other columns stay. Without it each row is an event, and
    ``keep`` names columns that are none of its members. The file appears under its name when it is whole.

    Raises UpcastFailed where an event cannot be brought over (``files.upcast_file`` puts such events aside and names
    them; it is slower), NotPortable, NotAPayload, and UpcastersError for a file
    that is no Parquet.
    """
    partial = out.with_name(f"{out.name}.partial")
    try:
        with duckdb.connect() as connection:
            connection.execute(target.runtime())
            rows = f"read_parquet([{', '.join(quoted(str(path)) for path in _listed(source))}], union_by_name = true)"
            if document:
                select = _documents(connection, chain, rows, document)
            else:
                select = _columns(connection, chain, rows, tuple(keep))
            connection.execute(f"COPY ({select}) TO {quoted(str(partial))} (FORMAT parquet)")
            counted = connection.execute("SELECT count(*) FROM read_parquet(?)", [str(partial)]).fetchone()
        partial.replace(out)
        return int(counted[0]) if counted else 0
    except (duckdb.IOException, duckdb.InvalidInputException, duckdb.BinderException, duckdb.DataError) as error:
        raise _meant(chain, error) from error
    finally:
        partial.unlink(missing_ok=True)


def _documents(connection: duckdb.DuckDBPyConnection, chain: Chain, rows: str, document: str) -> str:
    connection.execute(target.function(chain.plan, _MACRO, chain.shape))
    column = identifier(document)
    return f"SELECT * REPLACE ({_MACRO}({column}::VARCHAR) AS {column}) FROM {rows}"  # noqa: S608 - names are quoted


def _columns(connection: duckdb.DuckDBPyConnection, chain: Chain, rows: str, keep: tuple[str, ...]) -> str:
    """The rows in the new shape: from column to column, or by way of JSON where their types are not the version's."""
    described = connection.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()  # noqa: S608 - names are quoted
    if _typed(connection, chain.shape, {name: kind for name, kind, *_ in described}):
        try:
            return target.columns_of(chain.plan, chain.shape, result_shape(chain), rows, keep)
        except NotPortable:
            pass  # what has no columns has JSON
    members = [name for name, *_ in described if name not in keep]
    kept = "".join(f"r.{identifier(name)}, " for name in keep)
    event = f"{record(chain.shape, members)} AS {identifier(_EVENT)}"
    connection.execute(f"CREATE TEMP VIEW stored AS SELECT {kept}{event} FROM {rows} AS r")  # noqa: S608
    connection.execute(target.view(chain.plan, result_shape(chain), "brought", "stored", _EVENT, keep))
    return "SELECT * FROM brought"


def _typed(connection: duckdb.DuckDBPyConnection, shape: Shape, found: Mapping[str, str]) -> bool:
    """Whether every member of a version is a column, of the type that the version says."""
    if not isinstance(shape, Record) or not shape.members.keys() <= found.keys():
        return False
    for name, kind in target.column_types(shape).items():
        wanted = connection.execute(f"SELECT typeof(CAST(NULL AS {kind}))").fetchone()
        if wanted is None or found[name] not in _NARROWER.get(kind, wanted):
            return False
    return True


def _listed(source: str | Path | Sequence[str | Path]) -> list[str | Path]:
    return [source] if isinstance(source, str | Path) else list(source)


def _meant(chain: Chain, error: duckdb.Error) -> UpcastersError:
    text = str(error)
    if isinstance(error, duckdb.DataError) or (isinstance(error, duckdb.InvalidInputException) and "upcast: " in text):
        return UpcastFailed(chain.subject, (chain.source, chain.target), "", "", text.partition("upcast: ")[2] or text)
    return UpcastersError(text)
