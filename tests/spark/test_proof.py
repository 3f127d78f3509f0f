"""A proof that names Spark really asks it, in each of its forms, and waits for it no longer than it may."""

from __future__ import annotations

from typing import Any

import pytest

from compat.definition import Definition, Format
from compat.formats import parse
from registry.upcasting import Check, Limits, Report, verify
from registry.upcasting.engines import engines
from upcasters import read
from upcasters.compile.spark import Spark, TypedSpark

CLOSED = (
    '{"type": "object", "properties": {"a": {"type": "string"}, "n": {"type": "integer"}},'
    ' "required": ["a", "n"], "additionalProperties": false}'
)
FORMS = ["Spark", "Spark view", "Spark texts", "Spark columns"]


@pytest.fixture(autouse=True)
def started(spark: Any) -> None:
    """The session of these tests."""


def proof(seconds: float = 3600.0) -> Report:  # a busy machine is no finding
    ops = [{"map": {"at": "/a", "table": {"x": "y"}, "else": "keep"}}, {"rename": {"at": "/n", "to": "m"}}]
    document = read({"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": ops, "down": "auto"})
    old, new = (parse(Definition(Format.JSON, text)) for text in (CLOSED, CLOSED.replace('"n"', '"m"')))
    limits = Limits(events=12, findings=200, engines=engines(["Spark"]), seconds=60.0, engine_seconds=seconds)
    return verify(document, old, new, limits=limits)


def test_every_form_is_compared_up_and_down() -> None:
    report = proof()
    assert report.accepted, report.findings
    assert [(each.engine, each.direction) for each in report.compared] == [
        (name, direction) for direction in ("up", "down") for name in FORMS
    ]
    for each in report.compared:
        assert each.reason == ""
        assert each.events > 5


@pytest.mark.parametrize(
    ("name", "compiler", "method", "wrong"),
    [
        ("Spark", Spark, "record", "to_variant_object(map('z', {0}))"),
        ("Spark view", Spark, "column", "nullif({0}, {0})"),
        ("Spark texts", TypedSpark, "text_of", "replace({0}, '\"m\":', '\"z\":')"),
        ("Spark columns", TypedSpark, "stored", "nullif({0}, {0})"),
    ],
)
def test_a_form_that_is_wrong_refuses_the_upcaster(
    name: str, compiler: type, method: str, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = getattr(compiler, method)
    monkeypatch.setattr(compiler, method, lambda self, *given: wrong.format(right(self, *given)))
    report = proof()
    assert {finding.check for finding in report.findings} == {Check.AGREEMENT}
    assert name in {finding.message.partition(" and ")[0] for finding in report.findings}
    assert all(finding.event is not None for finding in report.findings)


def test_nobody_waits_for_spark_longer_than_the_limit() -> None:
    report = proof(seconds=0.4)
    assert report.accepted
    for each in report.compared:
        assert each.reason == "Spark is busy with another proof" or each.reason.endswith(
            (" seconds for all engines", " seconds for all engines were used up before it was asked")
        )


def test_sql_that_spark_does_not_take_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TypedSpark, "text_of", lambda *_: "no such thing")
    reasons = {each.engine: each.reason for each in proof().compared}
    assert reasons["Spark texts"].startswith("it does not take what is compiled for it: ")
