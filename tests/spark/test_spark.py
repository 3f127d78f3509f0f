# ruff: noqa: S608 - the tests write the queries
"""Generated Spark SQL does in Spark what the interpreter does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from sql_cases import EDGES, REFUSED, Case, agrees, codecs, columned, conformance, edge, generated, without_nulls
from test_postgresql import ROWS, SHAPE, chain

from upcasters.chain import Chain
from upcasters.compile.spark import READ, Spark, TypedSpark, columns, expression, function, texts, view
from upcasters.compile.sql_places import columns as columns_type
from upcasters.compile.targets import result_shape
from upcasters.document import read
from upcasters.errors import NotPortable
from upcasters.shape import INT64, Shape
from upcasters.shape_change import change

SAID = ("beyond 2^53", "too fine or too large", "too large", "out of range", "OUT_OF_RANGE", "OVERFLOW")
"""What Spark cannot compute exactly and says so."""


def run(spark: Any, written: str | tuple[str, str], event: Any) -> tuple[Any, str]:
    """What the expression makes of an event, or REFUSED and why."""
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkException

    try:
        rows = batch(spark, written, [event])
    except PySparkException as error:
        return REFUSED, str(error)
    except Py4JJavaError as error:  # what PySpark has no class for
        if "org.apache.spark.SparkException" not in str(error):
            raise
        return REFUSED, str(error)
    return rows[0], ""


def batch(spark: Any, written: str | tuple[str, str], events: list[Any]) -> list[Any]:
    """What the expression makes of events, in one query: of VARIANT, or of texts that were taken apart before."""
    rows = ", ".join(f"({index}, {Spark().text(json.dumps(event))})" for index, event in enumerate(events))
    given = f"VALUES {rows} AS given(place, event)"
    if isinstance(written, tuple):
        reader, result = written
        query = f"SELECT place, {result} AS result FROM (SELECT place, {reader} AS {READ} FROM {given})"
    else:
        parsed = f"SELECT place, parse_json(event) AS event FROM {given}"
        query = f"SELECT place, to_json({written}) AS result FROM ({parsed})"
    return [json.loads(row.result) for row in sorted(spark.sql(query).collect(), key=lambda row: row.place)]


def compare(
    spark: Any, cases: Iterable[Case], written_of: Callable[[Chain], Any] = lambda chain: expression(chain.plan)
) -> tuple[int, list[str]]:
    """How many events agreed, and which cases the target declined."""
    from pyspark.errors import PySparkException

    agreed, declined = 0, []
    for case in cases:
        try:
            written = written_of(case.chain)
        except NotPortable as refusal:
            declined.append(f"{case.name}: {refusal.reason}")
            continue
        whole = [(event, wanted) for event, wanted in case.events if wanted is not REFUSED]
        alone = [(event, wanted) for event, wanted in case.events if wanted is REFUSED]
        results: list[tuple[Any, Any, Any, str]] = []
        if whole:
            try:
                got = batch(spark, written, [event for event, _ in whole])
                results += [(event, wanted, one, "") for (event, wanted), one in zip(whole, got, strict=True)]
            except PySparkException:
                alone = [*whole, *alone]
        results += [(event, wanted, *run(spark, written, event)) for event, wanted in alone]
        for event, wanted, one, reason in results:
            if one is REFUSED and any(words in reason for words in SAID):
                continue
            assert agrees(one, wanted), (case.name, event, one, wanted, reason, case.chain.steps, written)
            agreed += 1
    return agreed, declined


@pytest.mark.parametrize("shaped", [True, False])
def test_generated_chains(spark: Any, shaped: bool) -> None:  # noqa: FBT001
    agreed, declined = compare(spark, generated(range(15), shaped=shaped))
    assert agreed > 60
    assert len(declined) < 6


def test_codecs(spark: Any) -> None:
    agreed, declined = compare(spark, codecs())
    assert agreed > 1000
    assert [name.partition(":")[0] for name in declined] == ["number->string", "double->decimal"]


def taken_apart(chain: Chain) -> tuple[str, str]:
    return texts(chain.plan, chain.shape)


def test_generated_chains_on_texts_taken_apart(spark: Any) -> None:
    agreed, declined = compare(spark, generated(range(20), shaped=True), taken_apart)
    assert agreed > 40
    assert all("all members are known" in reason for reason in declined)


def test_generated_chains_from_columns_to_columns(spark: Any) -> None:
    agreed = 0
    for case in columned(range(15)):
        fit = [(event, wanted) for event, wanted in case.events if wanted is not REFUSED]
        made = TypedSpark("t")
        members = made.sql_type(columns_type(case.chain.shape))
        values = ", ".join(f"({made.text(json.dumps({'event': event}))})" for event, _ in fit)
        if not fit or members == "VARIANT":
            continue
        reading = f"from_json(text, {made.text(f'event {members}')}).event AS event"
        stored = f"SELECT event.* FROM (SELECT {reading} FROM VALUES {values} AS given(text))"
        spark.sql(stored).createOrReplaceTempView("stored")
        try:
            query = columns(case.chain.plan, case.chain.shape, result_shape(case.chain), "stored")
        except NotPortable:
            continue
        found = spark.sql(f"SELECT to_json(struct(*)) AS row FROM ({query})").collect()
        got = [without_nulls(json.loads(row.row)) for row in found]
        assert agrees(got, [without_nulls(wanted) for _, wanted in fit]), (case.name, got, fit, query)
        agreed += len(got)
    assert agreed > 40


def test_conformance(spark: Any) -> None:
    agreed, declined = compare(spark, conformance())
    assert agreed > 2 * len(declined)


@pytest.mark.parametrize(("operation", "shape", "values"), EDGES.values(), ids=EDGES.keys())
def test_edges(spark: Any, operation: dict[str, Any], shape: Shape, values: list[Any]) -> None:
    for written_of in (lambda chain: expression(chain.plan), taken_apart):
        agreed, declined = compare(spark, [edge(operation, shape, values)], written_of)
        assert all("string() of double" in reason for reason in declined)
        assert declined or agreed >= len(values) - 3


@pytest.mark.parametrize("written_of", [lambda chain: expression(chain.plan), taken_apart])
def test_strangers_are_refused(spark: Any, written_of: Callable[[Chain], Any]) -> None:
    written = written_of(edge({"set": {"at": "/w", "expr": "v + 1"}}, INT64, []).chain)
    for event in [{"v": "1"}, {"v": None}, {}, {"v": 1.5}, {"v": [1]}, [], "x", None]:
        assert run(spark, written, event)[0] is REFUSED, event


def test_the_view_has_the_members_as_columns(spark: Any) -> None:
    made = chain()
    after = change(made.steps[0].ops, SHAPE).shape
    rows = [(position, json.dumps(row)) for position, row in enumerate(ROWS)]
    frame = spark.createDataFrame(rows, "position INT, text STRING")
    frame.selectExpr("position", "parse_json(text) AS body").createOrReplaceTempView("old")
    spark.sql(view(made.plan, after, "new", "old", "body", ("position",)).rstrip().rstrip(";"))
    result = spark.sql("SELECT * EXCEPT (tags), to_json(tags) AS tags FROM new ORDER BY position").collect()
    for row, old in zip(result, ROWS, strict=True):
        wanted = made(old)
        shown = row.asDict()
        assert json.loads(shown.pop("tags")) == wanted["tags"]
        shown.pop("position")
        assert shown == {name: wanted.get(name) for name in shown}


def test_the_function_is_one_of_the_session(spark: Any) -> None:
    made = chain()
    spark.sql(function(made.plan, "up to date"))
    (row,) = spark.sql(
        "SELECT to_json(`up to date`(parse_json(:event)))", args={"event": json.dumps(ROWS[0])}
    ).collect()
    assert agrees(json.loads(row[0]), made(ROWS[0]))


def test_names_and_constants_cannot_leave_their_quotes(spark: Any) -> None:
    name = "a'; DROP TABLE old; --$$\\"
    ops = [{"add": {"at": f"/{name}", "value": name}}, {"rename": {"at": "/v", "to": f"{name}2"}}]
    made = Chain.up([read({"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": ops})])
    assert run(spark, expression(made.plan), {"v": name})[0] == {name: name, f"{name}2": name}
