"""Where schemas and upcasters meet: the proof refuses what is wrong and shows it; drafts, rules and travels hold."""

# ruff: noqa: E501 - tables read best with one case per line
from __future__ import annotations

import json
import time
from collections.abc import Callable
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import jsonata
import pytest

from compat.definition import Definition, Format
from compat.formats import Parsed, parse
from registry.upcasting import Check, Limits, draft, migration_rules, shape_of, travel, verify
from upcasters import Chain, Document, read
from upcasters.functions import equal
from upcasters.operations import Add, In, Rename, Scale
from upcasters.shape import Array, Choice, Integer, Member, Plain, Record, Table, union

SUBJECT = "orders.OrderPlaced"


def avro(*fields: dict[str, Any]) -> Parsed:
    schema = {"type": "record", "name": "Order", "fields": list(fields)}
    return parse(Definition(Format.AVRO, json.dumps(schema)))


def json_schema(properties: dict[str, Any], required: list[str], *, closed: bool = True) -> Parsed:
    schema = {"type": "object", "properties": properties, "required": required}
    return parse(Definition(Format.JSON, json.dumps(schema | ({"additionalProperties": False} if closed else {}))))


def protobuf(*lines: str) -> Parsed:
    text = 'syntax = "proto3";\nmessage Order {\n' + "\n".join(lines) + "\n}\n"
    return parse(Definition(Format.PROTOBUF, text))


def document(*ops: dict[str, Any], **more: Any) -> Document:
    return read({"upcast": 1, "subject": SUBJECT, "from": 1, "to": 2, "ops": list(ops)} | more)


TEXT, WHOLE = {"type": "string"}, {"type": "integer"}


def field(name: str, kind: Any = "string", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind} | more


def test_shapes_of_the_three_formats() -> None:
    decimal = {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}
    shape = shape_of(
        avro(
            field("a", "long"),
            field("b", ["null", decimal], default=None),
            field("c", {"type": "map", "values": "int"}),
        )
    )
    assert shape == Record(
        {
            "a": Member(Integer(64)),
            "b": Member(union(Plain("null"), Plain("decimal"))),
            "c": Member(Table(Integer(32))),
        },
        name="Order",
    )
    shape = shape_of(json_schema({"a": {"enum": ["x", 1]}, "b": {"type": "array", "items": TEXT}}, ["a"], closed=False))
    assert shape == Record(
        {"a": Member(Choice(("x", 1))), "b": Member(Array(Plain("string")), required=False)}, open=True
    )
    shape = shape_of(protobuf("int64 a = 1;", "optional string b = 2;", "repeated int32 c = 3;", "Order d = 4;"))
    assert isinstance(shape, Record)
    assert {name: member.required for name, member in shape.members.items()} == {
        "a": True,
        "b": False,
        "c": True,
        "d": False,
        "[?]": False,
    }


@pytest.mark.parametrize(
    ("old", "new", "ops"),
    [
        (
            avro(field("a"), field("n", "int")),
            avro(field("b"), field("n", "int")),
            [{"rename": {"at": "/a", "to": "b"}}],
        ),
        (
            json_schema({"a": WHOLE, "s": {"enum": ["N", "P"]}}, ["a", "s"]),
            json_schema({"a": TEXT, "s": {"enum": ["NEW", "PAID"]}}, ["a", "s"]),
            [
                {"convert": {"at": "/a", "using": "int->string"}},
                {"map": {"at": "/s", "table": {"N": "NEW", "P": "PAID"}}},
            ],
        ),
        (
            protobuf("string first = 1;", "string last = 2;", "repeated int64 n = 3;"),
            protobuf("string name = 4;", "repeated int64 n = 3;"),
            [
                {"set": {"at": "/name", "expr": "first + ' ' + last"}},
                {"remove": {"at": "/first"}},
                {"remove": {"at": "/last"}},
            ],
        ),
    ],
)
def test_what_is_right_is_accepted(old: Parsed, new: Parsed, ops: list[dict[str, Any]]) -> None:
    report = verify(document(*ops, down="none"), old, new)
    assert report.findings == ()
    assert report.accepted
    assert report.events >= 5


OLD = json_schema({"a": WHOLE, "s": {"enum": ["N", "P"]}, "o": TEXT}, ["a", "s"])

WRONG: dict[str, tuple[Parsed, list[dict[str, Any]], dict[str, Any], Check, str, str]] = {
    "a pointer that leads nowhere": (
        OLD, [{"rename": {"at": "/b", "to": "c"}}], {}, Check.OPERATIONS, "/ops/0/rename", "/b"),
    "a write onto what is there": (
        OLD, [{"rename": {"at": "/a", "to": "s"}}], {}, Check.OPERATIONS, "/ops/0/rename", "/s"),
    "a write beneath a scalar": (
        OLD, [{"add": {"at": "/a/b", "value": 1}}], {}, Check.OPERATIONS, "/ops/0/add", "/a"),
    "a hole in a table": (
        OLD, [{"map": {"at": "/s", "table": {"N": "NEW"}}}], {}, Check.OPERATIONS, "/ops/0/map", "/s"),
    "an optional member taken for certain": (
        OLD, [{"set": {"at": "/x", "expr": "o + '!'"}}], {}, Check.OPERATIONS, "/ops/0/set", "/x"),
    "a required member that nothing gives": (
        json_schema({"a": WHOLE, "s": TEXT, "o": TEXT, "n": TEXT}, ["a", "s", "n"]), [], {}, Check.SHAPE, "/ops", "/n"),
    "a member the new version does not have": (
        json_schema({"a": WHOLE, "s": TEXT}, ["a", "s"]), [], {}, Check.SHAPE, "/ops", "/o"),
    "a type that changed": (
        json_schema({"a": TEXT, "s": TEXT, "o": TEXT}, ["a", "s"]), [], {}, Check.SHAPE, "/ops", "/a"),
    "a silent loss": (
        json_schema({"a": WHOLE, "s": TEXT}, ["a", "s"]), [{"remove": {"at": "/o"}}], {}, Check.LOSS, "/loses", "/o"),
    "a constraint that only events show": (
        json_schema({"a": WHOLE, "s": TEXT, "o": {"type": "string", "maxLength": 2}}, ["a", "s"]), [], {},
        Check.EVENTS, "/ops", "/o"),
    "a constant that breaks a constraint": (
        json_schema({"a": WHOLE, "s": TEXT, "o": TEXT, "n": {"type": "string", "minLength": 3}}, ["a", "s", "n"]),
        [{"add": {"at": "/n", "value": "x"}}], {}, Check.EVENTS, "/ops/0/add", "/n"),
    "an example that does not hold": (
        OLD, [], {"examples": [{"in": {"a": 1, "s": "N"}, "out": {"a": 2, "s": "N"}}]}, Check.EXAMPLES, "/examples/0", "/a"),
    "an example that is no event": (
        OLD, [], {"examples": [{"in": {"a": "x", "s": "N"}, "out": {}}]}, Check.EXAMPLES, "/examples/0", "/a"),
    "a way back that gives no valid event": (
        json_schema({"a": WHOLE, "s": TEXT, "o": TEXT, "n": WHOLE}, ["a", "s", "n"]), [{"add": {"at": "/n", "value": 1}}],
        {"down": []}, Check.DOWN, "/down", "/n"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_refused_with_its_place(name: str) -> None:
    new, ops, more, check, place, pointer = WRONG[name]
    report = verify(document(*ops, **more), OLD, new)
    assert not report.accepted
    first = report.findings[0]
    assert (first.check, first.place) == (check, place)
    assert first.pointer == pointer or (not first.pointer and pointer)
    if check in (Check.EVENTS, Check.DOWN):
        assert first.event is not None
        assert first.result is not None


def test_a_proof_is_bounded() -> None:
    report = verify(document(), OLD, OLD, limits=Limits(events=7))
    assert report.accepted
    assert report.events == 7


def test_rules_for_stock_clients_do_what_the_plan_does() -> None:
    item = {"type": "object", "properties": {"p": WHOLE, "q": WHOLE}, "required": ["p"], "additionalProperties": False}
    old = json_schema(
        {
            "id": TEXT, "first": TEXT, "last": TEXT, "status": {"enum": ["N", "P"]}, "seconds": WHOLE, "note": TEXT,
            "maybe": {"type": ["string", "null"]}, "items": {"type": "array", "items": item}, "flag": {"type": "boolean"},
        },
        ["id", "first", "last", "status", "seconds", "maybe", "flag"],
    )  # fmt: skip
    ops = [
        {"set": {"at": "/customer/name", "expr": "first + ' ' + last"}},
        {"remove": {"at": "/first"}},
        {"remove": {"at": "/last"}},
        {"map": {"at": "/status", "table": {"N": "NEW", "P": "PAID"}}},
        {"scale": {"at": "/seconds", "to": "ms", "by": 1000, "rounding": "exact", "result": "integer"}},
        {"rename": {"at": "/note", "to": "remark"}},
        {"each": {"at": "/items", "ops": [{"rename": {"at": "/p", "to": "price"}}]}},
        {"convert": {"at": "/flag", "using": "bool->string"}},
        {"default": {"at": "/maybe", "value": "nothing", "when": "null"}},
        {"when": {"if": "status == 'NEW'", "ops": [{"add": {"at": "/fresh", "value": True}}]}},
        {"wrap": {"at": "/id"}},
    ]
    step = document(*ops, down="none")
    found = migration_rules(step, old, old)
    assert [rule.mode for rule in found.rules] == ["UPGRADE"]
    assert [direction for direction, _ in found.reasons] == ["down"]
    expression = jsonata.Jsonata(found.rules[0].expr)
    chain = Chain.up([step], shape_of(old))
    tried = 0
    for event in islice(old.engine.samples(old.schema, 3), 150):
        plain = old.engine.to_json(old.schema, event)
        wanted = chain(plain)
        if abs(plain["seconds"]) * 1000 > 2**53:
            continue
        assert equal(expression.evaluate(plain), wanted), plain
        tried += 1
    assert tried > 50


def test_identity_steps_carry_a_rule_too() -> None:
    found = migration_rules(document(), OLD, OLD)
    assert [(rule.mode, rule.expr) for rule in found.rules] == [("UPGRADE", "$"), ("DOWNGRADE", "$")]


def test_a_travel_shows_every_stop() -> None:
    new = json_schema({"b": WHOLE, "s": TEXT, "o": TEXT}, ["b", "s"])
    step = document({"rename": {"at": "/a", "to": "b"}})
    stops = travel(Chain.up([step], shape_of(OLD)), [OLD, new], {"a": 1, "s": "N"})
    assert [(stop.version, stop.payload, stop.violations) for stop in stops] == [
        (1, {"a": 1, "s": "N"}, ()),
        (2, {"b": 1, "s": "N"}, ()),
    ]
    assert stops[1].step is not None
    assert [change.pointer for change in stops[1].step.operations[0].changes] == ["/a", "/b"]


def test_a_draft_is_certain_where_the_schemas_are() -> None:
    old = avro(field("a"), field("n", "int"))
    new = avro(
        field("b", aliases=["a"]),
        field("n", "long"),
        field("c", default="web"),
        field("d", ["null", "int"], default=None),
    )
    found = draft(SUBJECT, 1, 2, old, new)
    assert found.complete
    assert found.document == document(
        {"rename": {"at": "/a", "to": "b"}}, {"add": {"at": "/c", "value": "web"}}, {"add": {"at": "/d", "value": None}}
    )
    assert verify(found.document, old, new).accepted


def test_a_draft_asks_where_they_are_not() -> None:
    new = json_schema({"amount": WHOLE, "s": {"enum": ["N", "PAID"]}, "O": TEXT, "new": TEXT}, ["amount", "s", "new"])
    found = draft(SUBJECT, 1, 2, OLD, new)
    assert not found.complete
    assert {question.pointer for question in found.questions} >= {"/s", "/new"}
    assert "/o" not in {question.pointer for question in found.questions}, "only the case of the name changed"


def test_protobuf_numbers_make_a_rename_certain() -> None:
    old, new = protobuf("string a = 1;", "int32 n = 2;"), protobuf("string name = 1;", "int32 n = 2;")
    found = draft(SUBJECT, 1, 2, old, new)
    assert found.complete
    assert found.document.ops == document({"rename": {"at": "/a", "to": "name"}}).ops


def wide(count: int, name: Callable[[int], str], *, more: int = 0) -> Parsed:
    """A record that may be null, with many members, in a packet."""
    fields = [field(name(index), ["null", "float"]) for index in range(count)]
    fields += [field(f"new{index}", ["null", "float"]) for index in range(more)]
    return avro(field("source", ["null", {"type": "record", "name": "Source", "fields": fields}]))


def test_a_draft_groups_what_happens_in_a_record_that_may_be_null() -> None:
    old, new = wide(3, lambda index: f"uFlux{index}"), wide(3, lambda index: f"u_flux{index}", more=2)
    found = draft(SUBJECT, 1, 2, old, new)
    (operation,) = found.document.ops
    assert isinstance(operation, In)
    assert str(operation.at) == "/source"
    assert [type(each) for each in operation.ops] == [Rename] * 3 + [Add] * 2
    assert [question.place for question in found.questions] == ["/ops/0/in/ops/3", "/ops/0/in/ops/4"]
    assert [question.pointer for question in found.questions] == ["/source/new0", "/source/new1"]
    assert verify(found.document, old, new).accepted


def test_a_draft_converts_where_the_name_tells_another_unit() -> None:
    old = avro(field("weight_kg", "int"), field("tookMillis", "long"), field("cost_percent", "double"))
    new = avro(field("weight_grams", "long"), field("tookSeconds", "double"), field("cost_ratio", "double"))
    found = draft(SUBJECT, 1, 2, old, new)
    assert [
        (each.to, each.by, each.rounding, each.result) for each in found.document.ops if isinstance(each, Scale)
    ] == [
        ("weight_grams", "1000", "exact", "int64"),
        ("tookSeconds", "1/1000", "half_even", "double"),
        ("cost_ratio", "1/100", "half_even", "double"),
    ]
    assert [question.confidence for question in found.questions] == [0.8] * 3
    assert "was kg and is grams: times 1000" in found.questions[0].reason
    plain = draft(SUBJECT, 1, 2, avro(field("weight_kg", "int")), avro(field("weight_kilos", "int")))
    assert [type(each) for each in plain.document.ops] == [Rename]


def test_a_draft_moves_into_a_record_whose_name_was_part_of_the_name() -> None:
    customer = {"type": "record", "name": "Customer", "fields": [field("name")]}
    found = draft(SUBJECT, 1, 2, avro(field("customer_name")), avro(field("customer", customer)))
    assert found.document.ops == document({"move": {"from": "/customer_name", "to": "/customer/name"}}).ops
    assert [question.confidence for question in found.questions] == [0.7]


def test_drafts_of_records_with_hundreds_of_members_are_quick_and_light() -> None:
    old = wide(400, lambda index: f"uPSFluxMean{index:03}")
    new = wide(400, lambda index: f"u_psfFluxMean{index:03}", more=200)
    begun = time.process_time()
    found = draft(SUBJECT, 1, 2, old, new)
    assert time.process_time() - begun < 3
    (operation,) = found.document.ops
    assert isinstance(operation, In)
    renames = {each.at.name: each.to for each in operation.ops if isinstance(each, Rename)}
    assert renames == {f"uPSFluxMean{index:03}": f"u_psfFluxMean{index:03}" for index in range(400)}
    assert verify(found.document, old, new, limits=Limits(events=5)).accepted


def test_a_document_too_heavy_for_a_plan_is_a_finding() -> None:
    grow = [{"set": {"at": "/a", "expr": "a + a"}}] * 40
    report = verify(document(*grow), avro(field("a")), avro(field("a")))
    assert not report.accepted
    assert any("nodes" in finding.message for finding in report.findings)
    assert any("nodes" in each.reason for each in report.capabilities if not each.supported)


@pytest.mark.corpus
def test_drafts_of_real_histories(corpora: Path) -> None:
    """Every draft that asks nothing is proven; the figures are those of docs."""
    complete = accepted = steps = 0
    for name in sorted((corpora / "json-schema" / "iglu").glob("*/*")):
        versions = sorted(name.glob("*.json"), key=lambda file: tuple(map(int, file.stem.split("-"))))
        for number, (before, after) in enumerate(pairwise(versions), 1):
            old, new = (parse(Definition(Format.JSON, file.read_text())) for file in (before, after))
            steps += 1
            found = draft(name.name, number, number + 1, old, new)
            if not found.complete:
                continue
            complete += 1
            accepted += verify(found.document, old, new, limits=Limits(events=20, seconds=1)).accepted
    print(f"{steps} steps, {complete} drafts ask nothing, {accepted} of them are proven")
    assert steps == 141
    assert complete >= 80
    assert accepted >= 60


def test_unknown_fields_of_protobuf_survive_the_chain() -> None:
    """A newer producer wrote fields 7 and 8; the old schema does not know them, the operations do not name them."""
    nested = "message Part {\n  string sku = 1;%s\n}\n"
    written = definition("string id = 1;", "Part part = 2;", "string extra = 7;", more=nested % "\n  int64 weight = 8;")
    old = definition("string id = 1;", "Part part = 2;", more=nested % "")
    new = definition(
        "string order_id = 1;", "Holder holder = 3;", more=nested % "" + "message Holder {\n  Part part = 1;\n}\n"
    )
    full = {"id": "o", "part": {"sku": "s", "weight": 5}, "extra": "kept"}
    payload = old.engine.decode(old.schema, written.engine.encode(written.schema, full))
    assert payload == {"id": "o", "part": {"sku": "s", "[?]": b"@\x05"}, "[?]": b":\x04kept"}
    asked = document({"rename": {"at": "/id", "to": "order_id"}}, {"move": {"from": "/part", "to": "/holder/part"}})
    assert verify(asked, old, new).findings == ()
    for mechanism in ("source", "closures"):
        chain = Chain.up([asked], shape_of(old), mechanism=mechanism)
        result = chain(payload)
        assert result == chain.interpret(payload)
        data = new.engine.encode(new.schema, result)
        knows = definition(
            "string order_id = 1;", "Holder holder = 3;", "string extra = 7;",
            more=nested % "\n  int64 weight = 8;" + "message Holder {\n  Part part = 1;\n}\n",
        )  # fmt: skip
        seen = {"order_id": "o", "holder": {"part": {"sku": "s", "weight": 5}}, "extra": "kept"}
        assert knows.engine.decode(knows.schema, data) == seen
        assert old.engine.from_json(old.schema, old.engine.to_json(old.schema, payload)) == payload
    dropped = verify(document({"only": {"at": "/part", "members": ["sku"]}}, {"rename": {"at": "/id", "to": "order_id"}},
                              {"move": {"from": "/part", "to": "/holder/part"}}), old, new)  # fmt: skip
    assert [(one.check, one.pointer) for one in dropped.findings] == [(Check.LOSS, "/part/[?]")]


def definition(*lines: str, more: str) -> Parsed:
    text = 'syntax = "proto3";\nmessage Order {\n' + "\n".join(lines) + "\n}\n" + more
    return parse(Definition(Format.PROTOBUF, text))


STREAM_OLD = json_schema({"a": WHOLE, "k": TEXT}, ["a", "k"])
STREAM_NEW = json_schema({"b": WHOLE, "at": TEXT}, ["b", "at"])


def test_documents_about_whole_events_are_proven_too() -> None:
    stamp = {"copy": {"from": "/event/time", "to": "/payload/at"}}
    kept = {"move": {"from": "/payload/k", "to": "/headers/k"}}
    filled = {"default": {"at": "/at", "value": ""}}
    right = document(
        {"retype": {"from": "Made", "to": "Placed"}}, {"rename": {"at": "/a", "to": "b"}},
        {"envelope": {"ops": [stamp, kept]}}, filled,
        examples=[{"in": {"a": 1, "k": "x"}, "out": {"b": 1, "at": "2026-01-01T00:00:00Z"}}],
    )  # fmt: skip
    report = verify(right, STREAM_OLD, STREAM_NEW)
    assert report.findings == ()
    assert report.events > 5
    unfinished = verify(
        document({"rename": {"at": "/a", "to": "b"}}, {"envelope": {"ops": [kept]}}), STREAM_OLD, STREAM_NEW
    )
    assert {(one.check, one.pointer) for one in unfinished.findings} >= {(Check.SHAPE, "/at")}
    lost = verify(
        document({"rename": {"at": "/a", "to": "b"}}, {"retype": {"from": "A", "to": "B"}}, {"remove": {"at": "/k"}},
                 {"add": {"at": "/at", "value": ""}}), STREAM_OLD, STREAM_NEW)  # fmt: skip
    assert [(one.check, one.pointer) for one in lost.findings] == [(Check.LOSS, "/k")]
    split = document({"emit": {"events": [{"type": SUBJECT, "ops": [{"rename": {"at": "/a", "to": "c"}}]}]}})
    assert any(one.check is Check.EVENTS for one in verify(split, STREAM_OLD, STREAM_NEW).findings)


ORDERS = json_schema({"order": TEXT, "ns": {"type": "array", "items": WHOLE}}, ["order", "ns"])
GATHERED = [
    {"set": {"at": "/ns", "expr": "events.map(e, e.n)"}},
    {"remove": {"at": "/events"}},
    {"rename": {"at": "/key", "to": "order"}},
]


def gather(*ops: dict[str, Any], **more: Any) -> Document:
    return document({"collect": {"key": "order", "most": 3, "within": 9, "ops": list(ops)}}, down="none", **more)


def test_events_that_become_one_are_proven_in_groups() -> None:
    lines = json_schema({"order": TEXT, "n": WHOLE}, ["order", "n"])
    example = {"in": [{"order": "a", "n": 1}, {"order": "a", "n": 2}], "out": {"order": "a", "ns": [1, 2]}}
    report = verify(gather(*GATHERED, examples=[example]), lines, ORDERS)
    assert report.findings == ()
    assert (report.kind, report.down) == ("up-only", "none")
    assert report.events > 20
    assert [each.reason for each in report.capabilities if each.supported] == ["in replay jobs only, by replay()"]
    assert migration_rules(gather(*GATHERED), lines, ORDERS).rules == ()


@pytest.mark.parametrize(
    ("step", "check", "pointer"),
    [
        (gather(*GATHERED[:1], {"remove": {"at": "/events"}}), Check.SHAPE, "/order"),
        (
            gather(
                {"remove": {"at": "/events"}},
                {"add": {"at": "/ns", "value": []}},
                {"rename": {"at": "/key", "to": "order"}},
            ),
            Check.LOSS,
            "/n",
        ),
        (gather(*GATHERED, examples=[{"in": {"order": "a", "n": 1}, "out": {}}]), Check.EXAMPLES, ""),
        (gather(*GATHERED, examples=[{"in": [{"order": "a", "n": 1}], "out": {}}]), Check.EXAMPLES, "/ns"),
    ],
)
def test_what_gathers_is_refused_for_the_same_reasons(step: Document, check: Check, pointer: str) -> None:
    report = verify(step, json_schema({"order": TEXT, "n": WHOLE}, ["order", "n"]), ORDERS)
    assert (check, pointer) in {(finding.check, finding.pointer) for finding in report.findings}


def test_a_group_that_would_come_out_invalid_is_shown() -> None:
    few = json_schema({"order": TEXT, "ns": {"type": "array", "items": WHOLE, "maxItems": 2}}, ["order", "ns"])
    report = verify(gather(*GATHERED), json_schema({"order": TEXT, "n": WHOLE}, ["order", "n"]), few)
    assert report.findings[0].check is Check.EVENTS
    assert report.findings[0].place == "/ops/0/collect"
    assert len(report.findings[0].event) == 3
