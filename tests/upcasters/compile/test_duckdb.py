"""Generated DuckDB macros and views do in DuckDB what the interpreter does."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from sql_cases import EDGES, REFUSED, Case, agrees, conformance, edge, generated
from test_postgresql import ROWS, SHAPE, chain

from upcasters.chain import Chain
from upcasters.compile.duckdb import function, runtime, unsupported, view
from upcasters.document import read
from upcasters.errors import NotPortable
from upcasters.shape import INT64, Shape
from upcasters.shape_change import change

duckdb = pytest.importorskip("duckdb", reason="needs DuckDB")

SAID = ("beyond 2^53", "too fine or too large", "too large", "Overflow", "out of range")
"""What DuckDB cannot compute exactly and says so."""


@pytest.fixture(scope="module")
def database() -> Iterator[Any]:
    """A database in memory with the runtime installed."""
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(runtime())
        yield connection


def prepare(connection: Any, plan: Any) -> None:
    connection.execute(function(plan, "upcast"))
    connection.execute("PREPARE upcast_one AS SELECT upcast($1::VARCHAR)::VARCHAR")


def run(connection: Any, event: Any) -> tuple[Any, str]:
    """What the macro makes of an event, or REFUSED and why."""
    try:
        row = connection.execute(f"EXECUTE upcast_one({_literal(json.dumps(event))})").fetchone()
    except duckdb.Error as error:
        return REFUSED, str(error)
    assert row is not None
    assert row[0] is not None
    return json.loads(row[0]), ""


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def compare(connection: Any, cases: Iterable[Case]) -> tuple[int, list[str]]:
    """How many events agreed, and which cases the target declined."""
    agreed, declined = 0, []
    for case in cases:
        if reasons := unsupported(case.chain.plan):
            declined.append(f"{case.name}: {reasons[0]}")
            with pytest.raises(NotPortable):
                function(case.chain.plan, "upcast")
            continue
        prepare(connection, case.chain.plan)
        for event, wanted in case.events:
            got, reason = run(connection, event)
            if got is REFUSED and any(words in reason for words in SAID):
                continue
            assert agrees(got, wanted), (case.name, event, got, wanted, reason, case.chain.steps)
            agreed += 1
    return agreed, declined


@pytest.mark.parametrize("shaped", [True, False])
def test_generated_chains(database: Any, shaped: bool) -> None:  # noqa: FBT001
    agreed, declined = compare(database, generated(range(15), shaped=shaped))
    assert agreed > 60
    assert len(declined) < 6


def test_conformance(database: Any) -> None:
    agreed, declined = compare(database, conformance())
    assert agreed > 2 * len(declined)


@pytest.mark.parametrize(("operation", "shape", "values"), EDGES.values(), ids=EDGES.keys())
def test_edges(database: Any, operation: dict[str, Any], shape: Shape, values: list[Any]) -> None:
    agreed, declined = compare(database, [edge(operation, shape, values)])
    assert not declined
    assert agreed >= len(values) - 2


def test_strangers_are_refused(database: Any) -> None:
    prepare(database, edge({"set": {"at": "/w", "expr": "v + 1"}}, INT64, []).chain.plan)
    for event in [{"v": "1"}, {"v": None}, {}, {"v": 1.5}, {"v": [1]}, [], "x", None]:
        assert run(database, event)[0] is REFUSED, event


def test_the_view_has_the_members_as_columns(database: Any) -> None:
    made = chain()
    after = change(made.steps[0].ops, SHAPE).shape
    database.execute("CREATE OR REPLACE TABLE old (position INT, body JSON)")
    for position, row in enumerate(ROWS):
        database.execute("INSERT INTO old VALUES (?, ?)", [position, json.dumps(row)])
    database.execute(view(made.plan, after, "new", "old", "body", ("position",)))
    result = database.execute("SELECT * FROM new ORDER BY position")
    names = [column[0] for column in result.description]
    assert set(names) == {"position", "the id", "n", "cents", "ok", "tags", "status", "twice"}
    for row, old in zip(result.fetchall(), ROWS, strict=True):
        wanted = made(old)
        shown = dict(zip(names, row, strict=True))
        assert json.loads(shown.pop("tags")) == wanted["tags"]
        shown.pop("position")
        assert shown == {name: wanted.get(name) for name in shown}


def test_names_and_constants_cannot_leave_their_quotes(database: Any) -> None:
    name = "a'; DROP TABLE old; --\"$$"
    ops = [{"add": {"at": f"/{name}", "value": name}}, {"rename": {"at": "/v", "to": f"{name}2"}}]
    made = Chain.up([read({"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": ops})])
    prepare(database, made.plan)
    assert run(database, {"v": name})[0] == {name: name, f"{name}2": name}
