"""What no case file of a JSON rule shows: zeros and empty lists that only some writers print, names given away."""

from __future__ import annotations

import pytest

from tests.compat.protobuf.conftest import Find, Parse

HEAD = 'syntax = "proto3"; package shop; message Order {{ {field} }} enum State {{ {value} = 0; }}'


@pytest.mark.parametrize(
    ("written", "read", "rule"),
    [
        ("State state = 1;", "State state = 1;", "JSON_ENUM_VALUE_UNKNOWN"),
        ("State state = 1;", "int32 state = 1;", "JSON_VALUE_UNREADABLE"),
        ("State state = 1;", "State condition = 1;", "JSON_FIELD_RENAMED"),
        ("State state = 1;", "", "JSON_FIELD_REMOVED"),
    ],
)
def test_a_zero_that_not_every_writer_prints(
    parse: Parse, find_in_json: Find, written: str, read: str, rule: str
) -> None:
    """The enum has no other value, and a field without presence leaves zero out unless its writer is told otherwise."""
    writer = parse(HEAD.format(field=written, value="STATE_NEW"))
    reader = parse(HEAD.format(field=read, value="STATE_UNKNOWN"))
    (finding,) = find_in_json(reader, writer)
    assert finding.difference.rule == rule
    assert finding.witness is not None
    assert finding.witness.payload == {"state": "STATE_NEW"}


def test_a_zero_under_the_same_name_is_read(parse: Parse, find_in_json: Find) -> None:
    schema = parse(HEAD.format(field="State state = 1;", value="STATE_NEW"))
    wider = parse(HEAD.format(field="State state = 1; int32 other = 2;", value="STATE_NEW"))
    assert find_in_json(wider, schema) == []


def test_required_fields_that_exchanged_names(parse: Parse, find: Find, find_in_json: Find) -> None:
    """In JSON the field that is always there fills the one that need not be."""
    text = 'syntax = "proto2"; package shop; message Order {{ required int64 {} = 1; optional int64 {} = 2; }}'
    writer, reader = parse(text.format("sum", "tax")), parse(text.format("tax", "sum"))
    assert not [finding for finding in find(reader, writer) if finding.severity.blocks]
    (finding,) = find_in_json(reader, writer)
    assert finding.difference.rule == "JSON_FIELD_RENAMED"
    assert finding.witness is not None
    assert finding.witness.payload == {"sum": "0"}
    assert finding.witness.reader_error == "missing required fields: tax"
    both = text.replace("optional", "required")
    assert find_in_json(parse(both.format("tax", "sum")), parse(both.format("sum", "tax"))) == []


def test_a_renamed_type_is_compared_by_its_fields(parse: Parse, find_in_json: Find) -> None:
    """What is wrong is said of the field inside: the name of a type is not in the JSON."""
    text = """syntax = "proto3"; package shop; import "google/protobuf/timestamp.proto";
        message Order {{ {0} line = 1; google.protobuf.Timestamp at = 2; }} message {0} {{ string {1} = 1; }}"""
    writer, reader = parse(text.format("Line", "sku")), parse(text.format("Item", "code"))
    assert [(each.difference.rule, each.difference.message) for each in find_in_json(reader, writer)] == [
        ("JSON_FIELD_RENAMED", "shop.Line.sku (1) is written as sku; the reader's name for it is code")
    ]


def test_a_value_changes_only_in_an_event_that_is_read(parse: Parse, find_in_json: Find) -> None:
    """Here every event is refused for the field that is always there, so none shows a value that changes."""
    writer = parse('syntax = "proto2"; message M { required string a = 1; optional uint64 b = 2; }')
    reader = parse('syntax = "proto2"; message M { optional uint64 a = 2; optional string b = 1; }')
    found = find_in_json(reader, writer)
    assert [each.difference.rule for each in found] == ["JSON_VALUE_UNREADABLE"]
    kinder = parse('syntax = "proto2"; message M { optional string a = 2; optional string b = 1; }')
    assert [each.difference.rule for each in find_in_json(kinder, writer)] == ["JSON_VALUE_CHANGED"]


ENDLESS = 'syntax = "proto2"; message Order {{ {0} }} message Endless {{ required Endless next = 1; }}'


@pytest.mark.parametrize(
    ("read", "rule"),
    [
        ("repeated Endless more = 1;", "JSON_FIELD_RENAMED"),
        ("", "JSON_FIELD_REMOVED"),
        ("optional int32 items = 1;", "JSON_VALUE_UNREADABLE"),
    ],
)
def test_a_list_that_is_always_empty_may_be_printed(parse: Parse, find_in_json: Find, read: str, rule: str) -> None:
    """No event can hold an item that requires itself without end, but some writers print the empty list."""
    writer, reader = (parse(ENDLESS.format(field)) for field in ("repeated Endless items = 1;", read))
    (finding,) = find_in_json(reader, writer)
    assert finding.difference.rule == rule
    assert finding.witness is not None
    assert finding.witness.payload == {"items": []}


@pytest.mark.parametrize(("label", "rules"), [("optional ", ["JSON_ONEOF_JOINED"]), ("", [])])
def test_two_names_of_one_field(parse: Parse, find_in_json: Find, label: str, rules: list[str]) -> None:
    """What was f4 is called otherwise, and its name was given to the field that is written as n6."""
    line = 'syntax = "proto3"; message Line {{ {0}string {1} = 4; {0}string {2} = 6 [json_name = "n6"]; }}'
    writer, reader = (parse(line.format(label, *names)) for names in (("f4", "f6"), ("fresh", "f4")))
    findings = find_in_json(reader, writer)
    assert rules == [finding.difference.rule for finding in findings]
    assert all(finding.witness is not None for finding in findings)
