"""Parquet files of events, as columns and as documents, brought over by DuckDB."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from upcasters import Chain, UpcastersError, UpcastFailed, read
from upcasters.integrations.parquet import upcast_parquet
from upcasters.shape import INT64, STRING, Array, Member, Record, union
from upcasters.shape import NULL as NULL_SHAPE

STEPS = [
    read({"upcast": 1, "subject": "Placed", "from": 1, "to": 2, "ops": [{"rename": {"at": "/who", "to": "customer"}}]}),
    read({"upcast": 1, "subject": "Placed", "from": 2, "to": 3, "ops": [
        {"map": {"at": "/status", "table": {"N": "NEW"}}}, {"add": {"at": "/currency", "value": "EUR"}}]}),
]  # fmt: skip
SHAPE = Record(
    {
        "who": Member(STRING),
        "status": Member(STRING),
        "cents": Member(INT64),
        "note": Member(union(NULL_SHAPE, STRING)),
        "channel": Member(STRING, required=False),
    }
)
CHAIN = Chain.up(STEPS, SHAPE)
OLD: list[dict[str, Any]] = [
    {"who": "Ann", "status": "N", "cents": 2**60 + 1, "note": None},
    {"who": "Bob", "status": "N", "cents": 5, "note": 'say "hi"', "channel": "web"},
]


def write(path: Path, query: str) -> Path:
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return path


def rows(path: Path) -> list[dict[str, Any]]:
    with duckdb.connect() as connection:
        result = connection.execute("SELECT * FROM read_parquet(?)", [str(path)])
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


@pytest.fixture
def columns(tmp_path: Path) -> Path:
    values = "(7, 'Ann', 'N', 1152921504606846977, NULL, NULL), (8, 'Bob', 'N', 5, 'say \"hi\"', 'web')"
    names = "n, who, status, cents, note, channel"
    return write(tmp_path / "old.parquet", f"FROM (VALUES {values}) AS t({names})")


def test_columns_become_the_members_of_the_new_version(columns: Path, tmp_path: Path) -> None:
    assert upcast_parquet(columns, CHAIN, tmp_path / "new.parquet", keep=["n"]) == 2
    expected = [{"n": n, "channel": None, **CHAIN(event)} for n, event in zip((7, 8), OLD, strict=True)]
    assert [dict(sorted(row.items())) for row in rows(tmp_path / "new.parquet")] == [
        dict(sorted(row.items())) for row in expected
    ]


LINES = Record({"id": Member(STRING), "lines": Member(Array(Record({"sku": Member(STRING), "cents": Member(INT64)})))})
BY_LINE = Chain.up(
    [read({"upcast": 1, "subject": "Placed", "from": 1, "to": 2, "ops": [
        {"each": {"at": "/lines", "ops": [{"rename": {"at": "/sku", "to": "article"}}]}},
        {"set": {"at": "/customer/name", "expr": "id + '!'"}}]})], LINES,
)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "result"), [("BIGINT", "STRUCT(cents BIGINT, article VARCHAR)[]"), ("DOUBLE", "JSON")]
)
def test_records_and_lists_stay_what_they_are_where_their_types_are_the_version_s(
    tmp_path: Path, kind: str, result: str
) -> None:
    old = write(tmp_path / "old.parquet", f"SELECT 'o-1' AS id, [{{'sku': 'a', 'cents': 5::{kind}}}] AS lines")
    upcast_parquet(old, BY_LINE, tmp_path / "new.parquet")
    with duckdb.connect() as connection:
        described = connection.execute("DESCRIBE FROM read_parquet(?)", [str(tmp_path / "new.parquet")]).fetchall()
    assert {name: kind for name, kind, *_ in described}["lines"] == result
    [row] = rows(tmp_path / "new.parquet")
    lines, customer = (
        (json.loads(value) if isinstance(value, str) else value) for value in (row["lines"], row["customer"])
    )
    assert (lines, customer) == ([{"article": "a", "cents": 5}], {"name": "o-1!"})


def test_documents_in_a_column_keep_the_others(tmp_path: Path) -> None:
    for number, event in enumerate(OLD):
        text = json.dumps(event).replace("'", "''")
        write(tmp_path / f"part-{number}.parquet", f"SELECT {number} AS position, '{text}' AS payload")
    assert upcast_parquet(tmp_path / "part-*.parquet", CHAIN, tmp_path / "new.parquet", document="payload") == 2
    found = {row["position"]: json.loads(row["payload"]) for row in rows(tmp_path / "new.parquet")}
    assert found == dict(enumerate(map(CHAIN, OLD)))


def test_an_event_that_fails_leaves_no_file(tmp_path: Path) -> None:
    old = write(tmp_path / "old.parquet", """SELECT '{"who": "Ann", "status": "Z"}' AS payload""")
    with pytest.raises(UpcastFailed):
        upcast_parquet(old, CHAIN, tmp_path / "new.parquet", document="payload")
    assert [path.name for path in tmp_path.iterdir()] == ["old.parquet"]


def test_a_number_that_becomes_too_large_is_an_event_that_fails(tmp_path: Path) -> None:
    scale = {"at": "/n", "by": 100, "rounding": "exact", "result": "int64"}
    step = read({"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": [{"scale": scale}]})
    old = write(tmp_path / "old.parquet", f"SELECT {2**62} AS n")
    with pytest.raises(UpcastFailed, match="s v1->v2"):
        upcast_parquet(old, Chain.up([step], Record({"n": Member(INT64)})), tmp_path / "new.parquet")


def test_what_is_no_parquet_is_said(tmp_path: Path) -> None:
    (tmp_path / "old.parquet").write_text("who")
    for source in (tmp_path / "old.parquet", tmp_path / "none.parquet"):
        with pytest.raises(UpcastersError, match=r"old\.parquet|none\.parquet"):
            upcast_parquet(source, CHAIN, tmp_path / "new.parquet")
