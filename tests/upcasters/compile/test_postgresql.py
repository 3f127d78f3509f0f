"""Generated PostgreSQL functions and views do in a server what the interpreter does."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import psycopg
import pytest
from sql_cases import EDGES, REFUSED, Case, agrees, codecs, conformance, edge, generated

from upcasters.chain import Chain
from upcasters.compile.postgresql import function, unsupported, view
from upcasters.document import read
from upcasters.errors import NotPortable
from upcasters.shape import BOOLEAN, INT64, NUMBER, STRING, Array, Member, Record, Shape
from upcasters.shape_change import change


def run(connection: psycopg.Connection, event: Any) -> tuple[Any, str]:
    """What the function makes of an event, or REFUSED and why."""
    try:
        row = connection.execute("SELECT upcast(%s::jsonb)::text", [json.dumps(event)]).fetchone()
    except psycopg.DataError as error:
        return REFUSED, str(error)
    assert row is not None
    assert row[0] is not None
    return json.loads(row[0]), ""


def compare(connection: psycopg.Connection, cases: Iterable[Case]) -> tuple[int, list[str]]:
    """How many events agreed, and which cases the target declined."""
    agreed, declined = 0, []
    for case in cases:
        if reasons := unsupported(case.chain.plan):
            declined.append(f"{case.name}: {reasons[0]}")
            with pytest.raises(NotPortable):
                function(case.chain.plan, "upcast")
            continue
        connection.execute(function(case.chain.plan, "upcast"))
        for event, wanted in case.events:
            got, reason = run(connection, event)
            if got is REFUSED and "beyond 2^53" in reason:
                continue  # jsonb does not know whether a double or a whole number was written: said, not guessed
            assert agrees(got, wanted), (case.name, event, got, wanted, reason, case.chain.steps)
            agreed += 1
    return agreed, declined


@pytest.mark.parametrize("shaped", [True, False])
def test_generated_chains(postgresql: psycopg.Connection, shaped: bool) -> None:  # noqa: FBT001
    agreed, declined = compare(postgresql, generated(range(50), shaped=shaped))
    assert agreed > 200
    assert len(declined) < 15


def test_conformance(postgresql: psycopg.Connection) -> None:
    agreed, declined = compare(postgresql, conformance())
    assert agreed > 2 * len(declined)


def test_codecs(postgresql: psycopg.Connection) -> None:
    agreed, declined = compare(postgresql, codecs())
    assert agreed > 1000
    assert [name.partition(":")[0] for name in declined] == ["double->decimal"]


@pytest.mark.parametrize(("operation", "shape", "values"), EDGES.values(), ids=EDGES.keys())
def test_edges(postgresql: psycopg.Connection, operation: dict[str, Any], shape: Shape, values: list[Any]) -> None:
    agreed, declined = compare(postgresql, [edge(operation, shape, values)])
    assert not declined
    assert agreed >= len(values) - 1


def test_strangers_are_refused(postgresql: psycopg.Connection) -> None:
    case = edge({"set": {"at": "/w", "expr": "v + 1"}}, INT64, [])
    postgresql.execute(function(case.chain.plan, "upcast"))
    for event in [{"v": "1"}, {"v": None}, {}, {"v": 1.5}, {"v": [1]}, [], "x", None]:
        assert run(postgresql, event)[0] is REFUSED, event


SHAPE = Record(
    {"id": Member(STRING), "n": Member(INT64), "price": Member(NUMBER, required=False), "ok": Member(BOOLEAN),
     "tags": Member(Array(STRING)), "status": Member(STRING)}, open=True,
)  # fmt: skip
OPS = [
    {"rename": {"at": "/id", "to": "the id"}},
    {"scale": {"at": "/price", "to": "cents", "by": 100, "rounding": "half_even", "result": "int64"}},
    {"map": {"at": "/status", "table": {"N": "new"}, "else": "error"}},
    {"set": {"at": "/twice", "expr": "n * 2"}},
]
ROWS = [
    {"id": "it's", "n": 2**53 + 1, "price": 0.125, "ok": True, "tags": ["a"], "status": "N", "extra": 1},
    {"id": "b", "n": -1, "ok": False, "tags": [], "status": "N"},
]


def chain() -> Chain:
    return Chain.up([read({"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": OPS})], SHAPE)


def test_the_view_has_the_members_as_columns(postgresql: psycopg.Connection) -> None:
    made = chain()
    after = change(made.steps[0].ops, SHAPE).shape
    postgresql.execute("DROP TABLE IF EXISTS old CASCADE; CREATE TABLE old (position int, body jsonb)")
    for position, row in enumerate(ROWS):
        postgresql.execute("INSERT INTO old VALUES (%s, %s::jsonb)", [position, json.dumps(row)])
    postgresql.execute(view(made.plan, after, "new", "old", "body", ("position",)))
    cursor = postgresql.execute("SELECT * FROM new ORDER BY position")
    assert cursor.description is not None
    names = [column.name for column in cursor.description]
    for row, old in zip(cursor.fetchall(), ROWS, strict=True):
        wanted = made(old)
        assert {name: value for name, value in zip(names, row, strict=True) if name != "position"} == {
            name: wanted.get(name) for name in names if name != "position"
        }
    assert set(names) == {"position", "the id", "n", "cents", "ok", "tags", "status", "twice"}


def test_a_view_reads_one_column_without_the_others(postgresql: psycopg.Connection) -> None:
    made = chain()
    after = change(made.steps[0].ops, SHAPE).shape
    bad = {**ROWS[0], "status": "unlisted"}
    postgresql.execute("DROP TABLE IF EXISTS old CASCADE; CREATE TABLE old (body jsonb)")
    postgresql.execute("INSERT INTO old VALUES (%s::jsonb)", [json.dumps(bad)])
    postgresql.execute(view(made.plan, after, "new", "old", "body"))
    assert postgresql.execute("SELECT twice FROM new").fetchall() == [(2**54 + 2,)]
    with pytest.raises(psycopg.DataError, match="the table does not list"):
        postgresql.execute("SELECT status FROM new")


def test_names_and_constants_cannot_leave_their_quotes(postgresql: psycopg.Connection) -> None:
    name = "a'; DROP TABLE old; --\"$$"
    ops = [{"add": {"at": f"/{name}", "value": name}}, {"rename": {"at": "/v", "to": f"{name}2"}}]
    made = Chain.up([read({"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": ops})])
    postgresql.execute(function(made.plan, "upcast"))
    assert run(postgresql, {"v": name})[0] == {name: name, f"{name}2": name}
