"""Generated DuckDB macros and views do in DuckDB what the interpreter does."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from sql_cases import EDGES, REFUSED, Case, agrees, codecs, columned, conformance, edge, generated, without_nulls
from test_postgresql import ROWS, SHAPE, chain

from upcasters.chain import Chain
from upcasters.compile import postgresql
from upcasters.compile.duckdb import column_types, columns_of, function, runtime, unsupported, view
from upcasters.compile.targets import result_shape
from upcasters.document import read
from upcasters.errors import NotPortable
from upcasters.shape import ANYTHING, INT64, STRING, Member, Record, Shape, Table
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


def prepare(connection: Any, plan: Any, shape: Shape = ANYTHING) -> None:
    connection.execute(function(plan, "upcast", shape))
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
    """How many events agreed, and which cases the target declined; the shape of a chain is handed to the compiler."""
    agreed, declined = 0, []
    for case in cases:
        if reasons := unsupported(case.chain.plan):
            declined.append(f"{case.name}: {reasons[0]}")
            with pytest.raises(NotPortable):
                function(case.chain.plan, "upcast", case.chain.shape)
            continue
        prepare(connection, case.chain.plan, case.chain.shape)
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


def test_codecs(database: Any) -> None:
    """Every codec: what it makes of values in one query, and what it refuses one by one."""
    query = "SELECT upcast(event)::VARCHAR FROM (SELECT unnest($1::VARCHAR[]) AS event)"
    for case in codecs():
        prepare(database, case.chain.plan, case.chain.shape)
        fit = [(event, wanted) for event, wanted in case.events if wanted is not REFUSED and fits(event, wanted)]
        rows = database.execute(query, [[json.dumps(event) for event, _ in fit]]).fetchall()
        for (event, wanted), (got,) in zip(fit, rows, strict=True):
            assert agrees(json.loads(got), wanted), (case.name, event, got, wanted)
        for event, wanted in case.events:
            if wanted is REFUSED:
                assert run(database, event)[0] is REFUSED, (case.name, event)


def fits(event: Any, wanted: Any) -> bool:
    """Whether DuckDB computes it: what is a double beyond 2^53 by chance, or beyond HUGEINT, is refused."""
    became = event["a"], wanted["a"]
    wide = isinstance(became[0], int) and abs(became[0]) > 2**53 and isinstance(became[1], float)
    return not wide and not (isinstance(became[1], int) and isinstance(became[0], float) and became[1] >= 2**127)


@pytest.mark.parametrize(("operation", "shape", "values"), EDGES.values(), ids=EDGES.keys())
def test_edges(database: Any, operation: dict[str, Any], shape: Shape, values: list[Any]) -> None:
    agreed, declined = compare(database, [edge(operation, shape, values)])
    assert not declined
    assert agreed >= len(values) - 2


def test_a_text_is_taken_apart_once_where_the_shape_is_known() -> None:
    made = chain()
    assert function(made.plan, "upcast", SHAPE).count("from_json") == 1
    assert "from_json" not in function(made.plan, "upcast")


def from_columns(connection: Any, chain: Chain, events: list[Any]) -> Any:
    """What the query makes of rows whose columns are the members of events, or REFUSED and why."""
    types = ", ".join(f'"{name}" {kind}' for name, kind in column_types(chain.shape).items())
    texts = _literal(json.dumps({"events": events}))
    structure = _literal(json.dumps({"events": f"STRUCT({types})[]"}))
    selected = columns_of(chain.plan, chain.shape, result_shape(chain), "stored")
    stored = f"SELECT unnest((from_json({texts}, {structure})).events, recursive := false) AS event"
    query = f"WITH stored AS (SELECT unnest(event) FROM ({stored})) SELECT to_json(row_of) FROM ({selected}) AS row_of"  # noqa: S608
    try:
        return [without_nulls(json.loads(row)) for (row,) in connection.execute(query).fetchall()], ""
    except duckdb.Error as error:
        return REFUSED, str(error)


def test_generated_chains_from_columns_to_columns(database: Any) -> None:
    agreed, declined = 0, 0
    for case in columned(range(30)):
        try:
            columns_of(case.chain.plan, case.chain.shape, result_shape(case.chain), "stored")
        except NotPortable:
            declined += 1
            continue
        fit = [(event, without_nulls(wanted)) for event, wanted in case.events if wanted is not REFUSED]
        together = [[event for event, _ in fit]] if fit else []
        alone = [[event] for event, wanted in case.events if wanted is REFUSED][:1]
        for events in (*together, *alone):
            got, reason = from_columns(database, case.chain, events)
            if got is REFUSED and any(words in reason for words in SAID):
                continue
            wanted = REFUSED if events in alone else [one for _, one in fit]
            assert agrees(got, wanted), (case.name, events, got, wanted, reason)
            agreed += len(events)
    assert agreed > 100
    assert declined < 6


@pytest.mark.parametrize("shape", [ANYTHING, Record({"v": Member(INT64)})], ids=["searched", "taken apart"])
def test_strangers_are_refused(database: Any, shape: Shape) -> None:
    prepare(database, edge({"set": {"at": "/w", "expr": "v + 1"}}, INT64, []).chain.plan, shape)
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


def test_a_map_in_a_list_is_no_text(database: Any) -> None:
    """Where it may be absent, it was."""
    shape = Record({"a": Member(INT64), "d": Member(Table(STRING), required=False)})
    made = Chain.up([read({"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": [{"wrap": {"at": "/d"}}]})], shape)
    got, reason = from_columns(database, made, [{"a": 1, "d": {"N": "P"}}, {"a": 2}])
    assert got == [{"a": 1, "d": [{"N": "P"}]}, {"a": 2}], reason


def test_a_view_does_not_call_a_member_otherwise() -> None:
    """DuckDB would: of ``a`` and ``A`` it makes ``a`` and ``A_1``."""
    shape = Record({"a": Member(INT64), "A": Member(INT64), "b": Member(INT64)})
    ops = [{"rename": {"at": "/b", "to": "c"}}]
    made = Chain.up([read({"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": ops})], shape)
    with pytest.raises(NotPortable, match="differ in more than capitals"):
        view(made.plan, result_shape(made), "new", "old", "body")
    assert '"A"' in postgresql.view(made.plan, result_shape(made), "new", "old", "body")


def test_names_and_constants_cannot_leave_their_quotes(database: Any) -> None:
    name = "a'; DROP TABLE old; --\"$$"
    ops = [{"add": {"at": f"/{name}", "value": name}}, {"rename": {"at": "/v", "to": f"{name}2"}}]
    made = Chain.up([read({"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": ops})])
    prepare(database, made.plan)
    assert run(database, {"v": name})[0] == {name: name, f"{name}2": name}
