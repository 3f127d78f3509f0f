"""Protobuf: pointers name fields by number, and a field is what its number says."""

from __future__ import annotations

from typing import Any

import pytest

from compat.definition import Definition, Format
from compat.formats import Parsed, parse
from registry.upcasting import Check, by_names, draft, verify
from upcasters import Chain, Document, read
from upcasters.document import write_operation
from upcasters.errors import InvalidDocument


def protobuf(*lines: str) -> Parsed:
    fields = "\n".join(lines)
    text = f'syntax = "proto3";\nmessage Order {{\n{fields}\n}}\nmessage Part {{ optional string sku = 1; }}\n'
    return parse(Definition(Format.PROTOBUF, text))


def document(*ops: dict[str, Any], **more: Any) -> Document:
    return read({"upcast": 1, "subject": "s", "from": 1, "to": 2, "ops": list(ops)} | more)


def test_fields_of_protobuf_are_addressed_by_number() -> None:
    old = protobuf("string cust_first = 3;", "Part part = 4;", "repeated Part parts = 5;")
    new = protobuf("string first_name = 3;", "Part part = 4;", "repeated Part parts = 5;")
    asked = document(
        {"rename": {"at": "/#3", "to": "first_name"}},
        {"in": {"at": "/#4", "ops": [{"default": {"at": "/#1", "value": "x"}}]}},
        {"each": {"at": "/#5", "ops": [{"set": {"at": "/#1", "expr": "sku + '!'"}}]}},
        {"copy": {"from": "/#4/#1", "to": "/#4/note"}},
        {"remove": {"at": "/part/note"}},
        down="none",
    )
    found = by_names(asked, old, new)
    assert [write_operation(operation) for operation in found.ops] == [
        {"rename": {"at": "/cust_first", "to": "first_name"}},
        {"in": {"at": "/part", "ops": [{"default": {"at": "/sku", "value": "x"}}]}},
        {"each": {"at": "/parts", "ops": [{"set": {"at": "/sku", "expr": "sku + '!'"}}]}},
        {"copy": {"from": "/part/sku", "to": "/part/note"}},
        {"remove": {"at": "/part/note"}},
    ]
    assert by_names(found, old, new) == found


@pytest.mark.parametrize(
    ("ops", "place", "message"),
    [
        ([{"remove": {"at": "/#9"}}], "/ops/0/remove/at", "has no field 9"),
        ([{"rename": {"at": "/#3", "to": "x"}}, {"remove": {"at": "/#3"}}], "/ops/1/remove/at", "is not here any more"),
        ([{"remove": {"at": "/cust_first/#1"}}], "/ops/0/remove/at", "no field of a message"),
        ([{"join": {"from": ["/#3", "/#8"], "to": "/a", "separator": "-"}}], "/ops/0/join/from/1", "has no field 8"),
    ],
)
def test_a_number_that_leads_nowhere_is_refused_at_its_place(ops: list[Any], place: str, message: str) -> None:
    old = protobuf("string cust_first = 3;")
    with pytest.raises(InvalidDocument, match=message) as caught:
        by_names(document(*ops), old, old)
    assert caught.value.pointer == place


def test_an_expression_names_fields_by_name() -> None:
    with pytest.raises(InvalidDocument, match="numbers stand in pointers only") as caught:
        document({"set": {"at": "/b", "expr": "#3 + '!'"}})
    assert caught.value.pointer == "/ops/0/set/expr"


def test_a_sign_of_number_is_a_name_elsewhere() -> None:
    asked = document({"remove": {"at": "/#3"}})
    schema = parse(Definition(Format.JSON, '{"type": "object", "properties": {"#3": {"type": "string"}}}'))
    assert by_names(asked, schema, schema) is asked


def test_a_name_that_another_field_has_now_is_no_identity() -> None:
    old, new = protobuf("string a = 1;", "string b = 2;"), protobuf("string b = 1;", "string a = 2;")
    report = verify(document(down="none"), old, new)
    assert [(finding.check, finding.pointer) for finding in report.findings] == [
        (Check.SHAPE, "/a"),
        (Check.SHAPE, "/b"),
    ]
    assert "field 1 in the old version and field 2" in report.findings[0].message
    meant = [{"set": {"at": "/a", "expr": "a"}}, {"set": {"at": "/b", "expr": "b"}}]
    assert verify(document(*meant, down="none"), old, new).accepted


def test_a_draft_follows_the_numbers_where_names_are_exchanged() -> None:
    old, new = protobuf("string a = 1;", "string b = 2;"), protobuf("string b = 1;", "string a = 2;")
    found = draft("s", 1, 2, old, new)
    assert found.complete
    assert verify(found.document, old, new).accepted
    assert Chain.up([found.document])({"a": "x", "b": "y"}) == {"b": "x", "a": "y"}


def test_a_draft_follows_the_numbers_of_enum_values() -> None:
    old, new = (protobuf(f"enum S {{ S_NONE = 0; {name} = 1; }}", "S s = 1;") for name in ("S_NEW", "S_STARTED"))
    found = draft("s", 1, 2, old, new)
    assert found.complete
    assert Chain.up([found.document])({"s": "S_NEW"}) == {"s": "S_STARTED"}


STATES = "enum S { S_NONE = 0; S_NEW = 1; S_DONE = 2; }"
EXCHANGED = "enum S { S_NONE = 0; S_DONE = 1; S_NEW = 2; }"


@pytest.mark.parametrize(
    ("field", "now", "ops", "place"),
    [
        ("S s = 1;", "S s = 1;", [], "/s"),
        ("S s = 1;", "S state = 1;", [{"rename": {"at": "/s", "to": "state"}}], "/s"),
        ("repeated S s = 1;", "repeated S s = 1;", [], "/s"),
        ("map<string, S> s = 1;", "map<string, S> s = 1;", [], "/s"),
        ("In in = 1; message In { S s = 1; }", "In in = 1; message In { S s = 1; }", [], "/in/s"),
    ],
)
def test_a_value_of_an_enum_is_its_number_whatever_it_is_called(
    field: str, now: str, ops: list[dict[str, Any]], place: str
) -> None:
    old, new = protobuf(STATES, field), protobuf(EXCHANGED, now)
    report = verify(document(*ops, down="none"), old, new)
    assert {(finding.check, finding.pointer) for finding in report.findings} == {(Check.SHAPE, place)}
    assert "S_NEW is number 1 in the old version and 2 in the new" in report.findings[0].message
    assert "number 1 is called S_DONE in the new version" in report.findings[0].remedy
    drafted = draft("s", 1, 2, old, new)
    assert drafted.complete
    assert verify(drafted.document, old, new).accepted


def test_a_way_down_of_its_own_is_held_to_the_numbers_too() -> None:
    """Up, a map follows the numbers; down, nothing is written, so names would change their meaning."""
    old, new = protobuf(STATES, "S s = 1;", "string a = 2;"), protobuf(EXCHANGED, "S s = 1;", "string a = 3;")
    names = {"S_NONE": "S_NONE", "S_NEW": "S_DONE", "S_DONE": "S_NEW"}
    up = [{"map": {"at": "/s", "table": names, "else": "keep"}}, {"set": {"at": "/a", "expr": "a + ''"}}]
    report = verify(document(*up, down=[]), old, new)
    assert {(finding.check, finding.place, finding.pointer) for finding in report.findings} == {
        (Check.DOWN, "/down", "/a"),
        (Check.DOWN, "/down", "/s"),
    }
    assert any("S_NEW is number 2 in the new version and 1 in the old" in each.message for each in report.findings)
    assert verify(document(*up, down=up), old, new).findings == ()


def test_a_name_that_is_meant_is_listed() -> None:
    old, new = protobuf(STATES, "S s = 1;"), protobuf(EXCHANGED, "S s = 1;")
    names = {"S_NONE": "S_NONE", "S_NEW": "S_NEW", "S_DONE": "S_DONE"}
    assert verify(document({"map": {"at": "/s", "table": names, "else": "keep"}}, down="none"), old, new).accepted
    found = draft("s", 1, 2, old, new)
    assert Chain.up([found.document])({"s": "S_NEW"}) == {"s": "S_DONE"}


def test_two_names_of_one_number_are_one_value() -> None:
    alias = "enum S { option allow_alias = true; S_NONE = 0; S_NEW = 1; S_FRESH = 1; }"
    old, new = (
        protobuf(alias, "S s = 1;"),
        protobuf(alias.replace("S_NEW = 1; S_FRESH = 1", "S_FRESH = 1; S_NEW = 1"), "S s = 1;"),
    )
    assert verify(document(down="none"), old, new).accepted
    assert draft("s", 1, 2, old, new).document.ops == ()
