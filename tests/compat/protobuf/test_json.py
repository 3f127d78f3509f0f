"""What no case file of a JSON rule shows: zeros and empty lists that only some writers print, names given away."""

from __future__ import annotations

import pytest

from tests.compat.protobuf.conftest import Find, Parse
from tests.compat.protobuf.laws import json_proven

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


@pytest.mark.parametrize(
    ("head", "label", "story"),
    [
        (
            'syntax = "proto3";',
            "optional ",
            'Message type "Line" should not have multiple "_f4" oneof fields at "Line".',
        ),
        ('syntax = "proto3";', "", 'one field reads as "a"'),
        ('syntax = "proto2";', "optional ", 'one field reads as "a"'),
        ('edition = "2023";', "", 'one field reads as "a"'),
    ],
)
def test_two_names_of_one_field(parse: Parse, find_in_json: Find, head: str, label: str, story: str) -> None:
    """What was f4 is called otherwise, and its name was given to the field that is written as n6.

    The runtime refuses both names of a proto3 ``optional`` and takes the last of two elsewhere; protobuf-java and
    protobuf-es refuse them everywhere.
    """
    line = '{0} message Line {{ {1}string {2} = 4; {1}string {3} = 6 [json_name = "n6"]; }}'
    writer, reader = (parse(line.format(head, label, *names)) for names in (("f4", "f6"), ("fresh", "f4")))
    (finding,) = find_in_json(reader, writer)
    assert finding.difference.rule == "JSON_NAMES_JOINED"
    assert finding.witness is not None
    assert finding.witness.reader_error == story
    assert not json_proven(reader, writer, finding)


@pytest.mark.parametrize(
    ("joined", "payload", "story"),
    [
        ("Empty", {"a": {}, "b": {}}, "one field reads as {}"),
        ("Inner", {"a": {"n": 7}, "b": {}}, 'one field reads as {"n": 7}'),
        ("repeated State", {"a": [7], "b": ["NEW"]}, 'one field reads as ["NEW"]'),
        ("map<string, State>", {"a": {"a": "NEW"}, "b": {"": "NEW"}}, 'one field reads as {"": "NEW"}'),
    ],
)
def test_messages_of_two_names_become_one(
    parse: Parse, find_in_json: Find, joined: str, payload: object, story: str
) -> None:
    """Far down in a map, and whatever the fields hold: even where nothing tells the two apart."""
    text = """syntax = "proto3"; message Order {{ map<string, Line> lines = 1; }} message Empty {{}}
        enum State {{ NEW = 0; }} message Inner {{ int32 n = 1; }} message Line {{ {0} }}"""
    writer = parse(text.format(f"{joined} a = 1; {joined} b = 2;"))
    reader = parse(text.format(f'{joined} a = 1 [json_name = "b"];'))
    (finding,) = find_in_json(reader, writer)
    assert finding.difference.rule == "JSON_NAMES_JOINED"
    assert finding.witness is not None
    assert finding.witness.payload == {"lines": {"": payload}}
    assert finding.witness.reader_error == story
    assert not json_proven(reader, writer, finding)


def test_a_oneof_of_enums_that_have_nothing_but_zero(parse: Parse, find_in_json: Find) -> None:
    text = 'syntax = "proto3"; enum State {{ NEW = 0; }} message Order {{ {} }}'
    writer, reader = (
        parse(text.format("State a = 1; State b = 2;")),
        parse(text.format("oneof o { State a = 1; State b = 2; }")),
    )
    assert "JSON_ONEOF_JOINED" in [finding.difference.rule for finding in find_in_json(reader, writer)]


@pytest.mark.parametrize("field", ["{} item = 1;", "repeated {} item = 1;", "map<string, {}> item = 1;"])
def test_an_any_is_written_with_the_fields_it_holds(parse: Parse, find_in_json: Find, field: str) -> None:
    text = 'syntax = "proto3"; package shop; import "google/protobuf/any.proto"; message Order {{ {} }} {}'
    writer = parse(text.format(field.format("google.protobuf.Any"), ""))
    reader = parse(text.format(field.format("Any"), "message Any { string type_url = 1; bytes value = 2; }"))
    (finding,) = find_in_json(reader, writer)
    assert finding.difference.rule == "JSON_VALUE_UNREADABLE"
    assert finding.witness is not None
    assert 'has no field named "@type"' in finding.witness.reader_error


def test_names_that_are_one_in_json(parse: Parse, find: Find, find_in_json: Find) -> None:
    """protoc only warns of them in proto2; the parser takes the last field of one name."""
    before = parse('syntax = "proto2"; message Order { optional int32 foo_bar = 1; }')
    after = parse('syntax = "proto2"; message Order { optional int32 foo_bar = 1; optional string fooBar = 2; }')
    assert not [finding for finding in find(after, before) if finding.severity.blocks]
    assert [finding.difference.rule for finding in find_in_json(after, before)] == ["JSON_VALUE_UNREADABLE"]
    exchanged = 'syntax = "proto3"; message Order { string a = 1 [json_name = "b"]; string b = 2 [json_name = "a"]; }'
    assert find_in_json(parse(exchanged), parse(exchanged)) == []
