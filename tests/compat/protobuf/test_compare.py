"""What one file per rule does not show: imports, packages, extensions, recursion, depth, budgets."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from compat.budget import Budget, Limits
from compat.check import check
from compat.definition import Definition, Format, Reference
from compat.level import Level
from compat.protobuf.engine import ProtobufEngine
from compat.protobuf.model import Schema
from compat.verdict import Incompatibility, Outcome, Reason, Severity, Undecided
from tests.compat.protobuf.conftest import Find, Parse
from tests.compat.protobuf.laws import proven

P3 = 'syntax = "proto3"; package shop; '
P2 = 'syntax = "proto2"; package shop; '


def blocking(find: Find, reader: Schema, writer: Schema) -> list[str]:
    findings = [finding for finding in find(reader, writer) if finding.severity.blocks]
    assert not [problem for finding in findings if (problem := proven(reader, writer, finding))]
    return [finding.difference.rule for finding in findings]


def importing(engine: ProtobufEngine, imported: str, text: str = "") -> Schema:
    text = text or P3 + 'import "line.proto"; message Order { Line line = 1; }'
    return engine.parse(
        Definition(Format.PROTOBUF, text, (Reference("line.proto", Definition(Format.PROTOBUF, imported)),))
    )


def test_what_is_imported_is_compared_by_its_contents(engine: ProtobufEngine, find: Find) -> None:
    old = importing(engine, P3 + "message Line { int32 count = 1; }")
    same = importing(engine, "// another text\n" + P3 + "message Line { int32 count = 1; }")
    other = importing(engine, P3 + "message Line { string count = 1; }")
    assert find(same, old) == []
    [finding] = [finding for finding in find(other, old) if finding.severity.blocks]
    assert finding.difference.rule == "FIELD_TYPE_DROPPED"
    assert finding.witness is not None
    assert finding.witness.payload == {"line": {"count": 7}}, "the witness is an event of the schema's own message"


def test_a_message_may_move_into_an_import(engine: ProtobufEngine, parse: Parse, find: Find) -> None:
    before = parse(P3 + "message Order { Line line = 1; } message Line { int32 count = 1; }")
    after = importing(engine, P3 + "message Line { int32 count = 1; }")
    assert [finding.difference.rule for finding in find(after, before)] == ["MESSAGE_MOVED"]
    changed = importing(engine, P3 + "message Line { double count = 1; }")
    assert blocking(find, changed, before) == ["FIELD_TYPE_DROPPED"]


def test_a_changed_package_moves_every_name(parse: Parse, find: Find) -> None:
    text = "message Order { Line line = 1; State state = 2; } message Line { Order up = 1; } enum State { NEW = 0; }"
    before, after = parse(P3 + text), parse(P3.replace("shop", "store.v2") + text)
    assert [finding.difference.rule for finding in find(after, before)] == ["PACKAGE_CHANGED"]
    bare = parse('syntax = "proto3"; ' + text)
    assert [finding.difference.rule for finding in find(bare, before)] == ["PACKAGE_CHANGED"]
    assert [finding.difference.rule for finding in find(before, bare)] == ["PACKAGE_CHANGED"]


def test_imported_types_keep_their_names_when_the_package_changes(parse: Parse, find: Find) -> None:
    money = {"common/money.proto": 'syntax = "proto3"; package common; message Money { int64 cents = 1; }'}
    text = 'syntax = "proto3"; package {}; import "common/money.proto"; message M {{ common.Money price = 1; }}'
    writer, reader = parse(text.format("shop"), **money), parse(text.format("store"), **money)
    assert [each.difference.rule for each in find(reader, writer)] == ["PACKAGE_CHANGED"]


def test_a_type_may_stay_in_the_package_that_the_file_has_left(parse: Parse, find: Find) -> None:
    line = {"line.proto": P3 + "message Line { int32 count = 1; }"}
    before = parse(P3 + "message Order { Line line = 1; } message Line { int32 count = 1; }")
    order = 'syntax = "proto3"; package store; import "line.proto"; message Order { shop.Line line = 1; }'
    assert [each.difference.rule for each in find(parse(order, **line), before)] == ["PACKAGE_CHANGED", "MESSAGE_MOVED"]


def test_what_holds_a_message_without_events_has_none_either(parse: Parse, find: Find) -> None:
    text = (
        P2 + "message Endless {{ required Endless self = 1; }} message Holder {{ required Endless it = 1; {} n = 2; }}"
    )
    before, after = (parse(text.format(f"optional {each}")) for each in ("int32", "string"))
    assert find(after, before) == []


def test_an_entry_of_a_map_is_written_with_what_its_value_requires(parse: Parse, find: Find) -> None:
    text = P2 + "message Order {{ map<{}, Line> lines = 1; }} message Line {{ required int32 count = 1; }}"
    before, after = parse(text.format("string")), parse(text.format("int64"))
    assert blocking(find, after, before) == ["FIELD_TYPE_DROPPED"]


def test_what_an_entry_loses_is_told_of_the_map(parse: Parse, find: Find) -> None:
    before = parse(P2 + "message Order { map<string, int32> counts = 1; }")
    after = parse(P2 + "message Order { repeated Entry counts = 1; } message Entry { optional string key = 1; }")
    rules = sorted(each.difference.rule for each in find(after, before))
    assert rules == ["FIELD_MESSAGE_TYPE_CHANGED", "MAP_TO_LIST", "MESSAGE_ADDED"]


def test_entries_of_maps_reserve_nothing(parse: Parse, find: Find) -> None:
    a_map = parse(P2 + "message Order { map<string, int32> counts = 1; }")
    entry = "message Entry { optional string key = 1; optional int32 value = 2; reserved 5; }"
    a_list = parse(P2 + "message Order { repeated Entry counts = 1; } " + entry)
    assert [each.difference.rule for each in find(a_list, a_map)] == ["MAP_TO_LIST", "MESSAGE_ADDED"]
    assert [each.difference.rule for each in find(a_map, a_list)] == ["LIST_TO_MAP", "HELD_MESSAGE_REMOVED"]


def test_findings_have_their_line(parse: Parse, find: Find) -> None:
    text = P3 + "\nmessage Order {{\n  {} id = 1;\n}}"
    (found,) = (
        each for each in find(parse(text.format("string")), parse(text.format("int32"))) if each.severity.blocks
    )
    places = [each.place for each in (found.difference.before, found.difference.after) if each is not None]
    assert [(each.line, each.column) for each in places] == [(3, 3), (3, 3)]


def test_extensions_are_fields_of_what_they_extend(parse: Parse, find: Find) -> None:
    head = P2 + "message Order { optional string id = 1; extensions 100 to 200; } "
    before = parse(head + "extend Order { optional int32 total = 100; }")
    after = parse(head + "extend Order { optional string total = 100; }")
    gone = parse(head)
    assert blocking(find, after, before) == ["FIELD_TYPE_DROPPED"]
    assert blocking(find, gone, before) == []
    assert [finding.difference.rule for finding in find(gone, before)] == ["FIELD_REMOVED_UNRESERVED"]
    nested = parse(head + "message Holder { extend Order { optional fixed32 total = 100; } }")
    assert blocking(find, nested, before) == ["FIELD_TYPE_DROPPED"]


def test_a_new_name_under_an_old_json_name(parse: Parse, find: Find, find_in_json: Find) -> None:
    text = 'syntax = "proto3"; message M {{ string {} = 1 [json_name = "note"]; }}'
    writer, reader = parse(text.format("note")), parse(text.format("remark"))
    assert [each.difference.rule for each in find(reader, writer)] == ["FIELD_RENAMED"]
    assert find_in_json(reader, writer) == []


def test_only_the_package_of_types_changed(engine: ProtobufEngine, parse: Parse) -> None:
    """Each type is compared with the one that had its name, messages and enums alike."""
    text = 'syntax = "proto3"; package {}; message M {{ E e = 1; {} }} enum E {{ A = 0; {} }}'
    old, new = parse(text.format("shop", "", "")), parse(text.format("store", "reserved 2;", "reserved 7;"))
    rules = [each.rule for each in engine.differences(old, new)]
    assert "RESERVED_ADDED" in rules
    assert not {"ENUM_ADDED", "ENUM_REMOVED", "MESSAGE_ADDED", "MESSAGE_REMOVED"} & set(rules)


def test_values_of_enums_are_deprecated_one_by_one(engine: ProtobufEngine, parse: Parse) -> None:
    text = 'syntax = "proto3"; message M {{ E e = 1; }} enum E {{ A = 0; B = 1{}; C = 2; }}'
    old, new = parse(text.format("")), parse(text.format(" [deprecated = true]"))
    (found,) = engine.differences(old, new)
    assert (found.rule, found.before and found.before.text) == ("DEPRECATED_CHANGED", "B")


OPTIONS = """syntax = "proto2"; package shop; import "google/protobuf/descriptor.proto";
    extend google.protobuf.MessageOptions { optional Policy policy = 50000; }
    message Policy { optional string owner = 1; }
    extend google.protobuf.FieldOptions { optional int32 level = 50000; }"""


def test_options_of_every_declaration(engine: ProtobufEngine, parse: Parse) -> None:
    """Custom ones too, by their names; with another package."""
    text = (
        P3
        + """import "options.proto"; message Order { option (policy) = { owner: "a" };
        message Line { int64 sum = 1 [(level) = 5, jstype = JS_STRING]; } Line line = 1; }
        enum State { NEW = 0; } service Orders { rpc Get(Order) returns (Order); }"""
    )
    later = (
        text.replace("package shop", "package store").replace("(policy)", "(shop.policy)").replace('"a"', '"b"')
        .replace("(level) = 5, jstype = JS_STRING", "(shop.level) = 6")
        .replace("NEW = 0;", "option deprecated = true; NEW = 0;")
        .replace("(Order);", "(Order) { option idempotency_level = IDEMPOTENT; }")
    )  # fmt: skip
    before, after = (parse(each, **{"options.proto": OPTIONS}) for each in (text, later))
    assert [(each.rule, each.message) for each in engine.differences(before, after) if "option " in each.message] == [
        ("OPTION_CHANGED", 'the option (shop.policy) of store.Order is owner: "b"'),
        ("OPTION_CHANGED", "the option (shop.level) of store.Order.Line.sum is 6"),
        ("OPTION_CHANGED", "the option jstype of store.Order.Line.sum is not set"),
        ("DEPRECATED_CHANGED", "the option deprecated of store.State is true"),
        ("OPTION_CHANGED", "the option idempotency_level of store.Orders.Get is IDEMPOTENT"),
    ]
    assert not list(engine.differences(after, after))


def test_the_smallest_event_holds_zeros_not_defaults(engine: ProtobufEngine, parse: Parse) -> None:
    """Only an enum need not have a zero: its default stands in."""
    schema = parse(
        'syntax = "proto2"; enum E { A = 3; B = 4; } message M { required int32 i = 1 [default = 5];'
        " required double d = 2 [default = 1.5]; required E e = 3; required E f = 4 [default = B]; }"
    )
    assert engine.minimal(schema) == {"i": 0, "d": 0.0, "e": "A", "f": "B"}


def test_a_name_that_a_required_field_took_over(parse: Parse, find: Find) -> None:
    """No event leaves the reader's field empty: what stands in it is another field's."""
    text = 'syntax = "proto2"; message M {{ {} }}'
    writer = parse(text.format("optional string note = 1; required string title = 2;"))
    reader = parse(text.format("reserved 1; required string note = 2;"))
    finding = next(each for each in find(reader, writer) if each.severity.blocks)
    assert finding.difference.rule == "FIELD_RENUMBERED"
    assert finding.witness is not None
    assert finding.witness.payload == {"note": "a", "title": ""}
    assert finding.witness.reader_error == "the reader's note (2) is '', which the writer gave to another field"


@pytest.mark.parametrize(
    ("old", "new", "payload"),
    [("Inner", "Order", {"note": {}, "title": {}}), ("State", "State", {"note": "NEW", "title": "NEW"})],
)
def test_a_name_that_cannot_be_told_apart(parse: Parse, find: Find, old: str, new: str, payload: object) -> None:
    """As before, of messages and of an enum with one value: the value arrives among the unknown fields all the same."""
    text = P2 + "message Inner {{ }} message Order {{ }} enum State {{ NEW = 0; }} message M {{ {} }}"
    writer = parse(text.format(f"optional {old} note = 1; required {new} title = 2;"))
    reader = parse(text.format(f"reserved 1; required {new} note = 2;"))
    finding = next(each for each in find(reader, writer) if each.severity.blocks)
    assert finding.difference.rule == "FIELD_RENUMBERED"
    assert finding.witness is not None
    assert finding.witness.payload == payload


def test_recursive_messages_are_compared_once(parse: Parse, find: Find) -> None:
    text = "message Tree {{ Tree left = 1; repeated Tree more = 2; map<string, Tree> named = 3; {type} leaf = 4; }}"
    before, same, after = (parse(P3 + text.format(type=type_)) for type_ in ("int32", "int32", "string"))
    assert find(same, before) == []
    assert blocking(find, after, before) == ["FIELD_TYPE_DROPPED"]


def test_messages_that_require_each_other_have_no_events(parse: Parse, find: Find) -> None:
    text = "message A {{ required B b = 1; optional {type} x = 2; }} message B {{ required A a = 1; }}"
    before, after = (parse(P2 + text.format(type=type_)) for type_ in ("int32", "string"))
    assert find(after, before) == []


def test_a_map_of_messages_without_events_stays_empty(parse: Parse, find: Find) -> None:
    endless = "message Endless {{ required Endless more = 1; optional {type} x = 2; }}"
    texts = [P2 + "message A { map<int32, Endless> m = 1; }" + endless.format(type=t) for t in ("int32", "string")]
    before, after = map(parse, texts)
    assert find(after, before) == []


def test_extensions_of_a_message_set(parse: Parse, find: Find) -> None:
    """They are written as items, groups numbered 1, which no other message knows; a message set reads both ways."""
    text = (
        P2
        + """message Box {{ {} extensions 4 to 100; }}
        message Order {{ extend Box {{ optional Order order = 10; }} optional {} sum = 1; }}"""
    )
    kind = "option message_set_wire_format = true;"
    box, plain = (parse(text.format(option, "int32")) for option in (kind, ""))
    (finding,) = [finding for finding in find(plain, box) if finding.severity.blocks]
    assert finding.difference.rule == "MESSAGE_ENCODING_CHANGED"
    assert finding.witness is not None
    assert finding.witness.encoded == bytes.fromhex("0b100a1a000c")
    assert blocking(find, box, plain) == []
    assert blocking(find, parse(text.format(kind, "string")), box) == ["FIELD_TYPE_DROPPED"]


def test_a_default_of_minus_zero(parse: Parse, find: Find) -> None:
    writer = parse(P2 + "message Order { optional double sum = 1 [default = -0.0]; }")
    reader = parse(P2 + "message Order { optional double sum = 1; }")
    (finding,) = find(reader, writer)
    assert finding.difference.rule == "DEFAULT_CHANGED"
    assert not proven(reader, writer, finding)


INNER = "message Inner { required int32 n = 300; } "


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("optional int32 key = 1; optional Inner value = 2;", "FIELD_BECAME_REQUIRED"),
        ("optional int32 key = 1;", "REQUIRED_FIELD_ADDED"),
        ("required int32 key = 1;", "REQUIRED_FIELD_ADDED"),
        ("optional int32 key = 1; required Inner value = 2;", ""),
    ],
)
def test_a_message_read_as_an_entry_lacks_a_value(parse: Parse, find: Find, line: str, rule: str) -> None:
    """An entry without its value holds an empty message, which lacks what the type of the value requires."""
    line = f"{INNER} message Line {{ {line} }} "
    writer = parse(P2 + line + "message Order { repeated Line lines = 5; }")
    reader = parse(P2 + line + "message Order { map<int32, Inner> lines = 5; }")
    assert blocking(find, reader, writer) == ([rule] if rule else [])


@pytest.mark.parametrize("required", ["required int32 other = 3;", "required string key = 1;"])
def test_nothing_is_missed_in_an_entry_that_never_arrives(parse: Parse, find: Find, required: str) -> None:
    """An entry with a field that is not its own goes whole to the unknown fields: so does every one here."""
    line = f"{INNER} message Line {{ {required} optional Other value = 2; }} message Other {{ optional int32 n = 1; }} "
    writer = parse(P2 + line + "message Order { repeated Line lines = 5; }")
    reader = parse(P2 + line + "message Order { map<int32, Inner> lines = 5; }")
    assert set(blocking(find, reader, writer)) <= {"FIELD_MESSAGE_TYPE_CHANGED", "FIELD_TYPE_DROPPED"}


def test_findings_about_events_that_are_refused_for_another_reason(parse: Parse, find: Find) -> None:
    """The tag of a field 16 is no UTF-8, so every event fails for it: that shows the other findings, too."""
    inner = "message Inner { required int32 n = 16; } message Order { required Inner inner = 2; "
    writer = parse(P2 + inner + "repeated int32 many = 1 [packed = true]; optional int32 old = 5; }")
    reader = parse(P3 + "message Order { string inner = 2; int32 many = 1; int32 old = 6; }")
    found = blocking(find, reader, writer)
    assert sorted(found) == [
        "FIELD_RENUMBERED",
        "FIELD_TYPE_UNREADABLE",
        "HELD_MESSAGE_REMOVED",
        "PACKED_LIST_TO_SINGLE",
    ]


def test_a_fault_far_down_has_its_witness(parse: Parse, find: Find) -> None:
    def chain(type_: str) -> Schema:
        links = " ".join(f"message M{n} {{ M{n + 1} next = 1; }}" for n in range(300))
        return parse(f"{P3} {links} message M300 {{ {type_} x = 1; }}")

    assert blocking(find, chain("string"), chain("int32")) == ["FIELD_TYPE_DROPPED"]


def test_a_witness_carries_what_is_required_on_the_way(parse: Parse, find: Find) -> None:
    text = (
        "message Order {{ required string id = 1; required Line line = 2; }}"
        "message Line {{ required State state = 1; map<string, Part> parts = 2; }}"
        "message Part {{ required bytes raw = 1; optional {type} x = 2; }}"
        "enum State {{ PAID = 3; NEW = 1; }}"
    )
    before, after = (parse(P2 + text.format(type=type_)) for type_ in ("int32", "fixed64"))
    [finding] = [finding for finding in find(after, before) if finding.severity.blocks]
    assert finding.witness is not None
    assert finding.witness.payload == {
        "id": "",
        "line": {"state": "PAID", "parts": {"": {"raw": "", "x": 7}}},
    }
    assert not proven(after, before, finding)


def test_a_smallest_event_that_doubles_with_each_level_stops_the_check(engine: ProtobufEngine, parse: Parse) -> None:
    links = " ".join(f"message M{n} {{ required M{n + 1} a = 1; required M{n + 1} b = 2; }}" for n in range(60))
    bomb = parse(f"{P2} {links} message M60 {{ required string x = 1; }}")
    other = parse(f"{P2} {links} message M60 {{ required bytes x = 1; optional int32 y = 2; }}")
    [cause] = [c for c in engine.incompatibilities(other, bomb, Budget()) if isinstance(c, Undecided)]
    assert cause.reason is Reason.BUDGET_SPENT


def test_a_spent_budget_is_said(engine: ProtobufEngine, parse: Parse) -> None:
    fields = " ".join(f"int32 f{n} = {n};" for n in range(1, 500))
    before, after = parse(f"{P3} message A {{ {fields} }}"), parse(f"{P3} message A {{ {fields} string x = 500; }}")
    causes = list(engine.incompatibilities(after, before, Budget(Limits(steps=100))))
    assert [cause.reason for cause in causes if isinstance(cause, Undecided)] == [Reason.BUDGET_SPENT]


def test_groups_and_delimited_messages_are_the_same_on_the_wire(parse: Parse, find: Find) -> None:
    group = parse(P2 + "message Order { optional group Line = 1 { optional int32 count = 1; } }")
    delimited = parse(
        'edition = "2023"; package shop;'
        "message Order { Line line = 1 [features.message_encoding = DELIMITED]; message Line { int32 count = 1; } }"
    )
    assert blocking(find, delimited, group) == blocking(find, group, delimited) == []


@pytest.mark.parametrize("encoding", ["PACKED", "EXPANDED"])
def test_both_ways_of_writing_lists_are_read(parse: Parse, find: Find, encoding: str) -> None:
    text = 'edition = "2023"; message A {{ repeated {type} x = 1 [features.repeated_field_encoding = {encoding}]; }}'
    plain = parse(text.format(type="int64", encoding="PACKED"))
    assert blocking(find, plain, parse(text.format(type="int32", encoding=encoding))) == []
    single = parse('edition = "2023"; message A { int32 x = 1; }')
    expected = ["PACKED_LIST_TO_SINGLE"] if encoding == "PACKED" else []
    assert blocking(find, single, parse(text.format(type="int32", encoding=encoding))) == expected


def test_a_string_read_as_a_list_of_numbers(parse: Parse, find: Find) -> None:
    """The bytes of a text are a packed list for a reader that expects numbers: read, dropped or refused, never safe."""
    before = parse(P3 + "message A { string x = 1; }")
    for type_, severity in (("int32", Severity.ERROR), ("fixed64", Severity.ERROR), ("bool", Severity.ERROR)):
        [finding] = find(parse(P3 + f"message A {{ repeated {type_} x = 1; }}"), before)
        assert finding.severity is severity, type_


def test_a_removed_message_is_judged_by_who_holds_it(parse: Parse, find: Find) -> None:
    before = parse(P3 + "message Order { Line line = 1; } message Line {} message Refund {}")
    after = parse(P3 + "message Order { }")
    assert blocking(find, after, before) == ["HELD_MESSAGE_REMOVED", "MESSAGE_REMOVED"]


def test_a_group_is_no_event_type(parse: Parse, find: Find) -> None:
    before = parse(P2 + "message Order { optional int32 x = 2; optional group Line = 1 { optional int32 count = 1; } }")
    after = parse(P2 + "message Order { optional int32 x = 2; reserved 1; }")
    assert blocking(find, after, before) == []


def test_threads_share_schemas(parse: Parse, find: Find) -> None:
    texts = [
        P3 + f"message A {{ {type_} x = 1; A a = 2; map<string, A> m = 3; }}" for type_ in ("int32", "string", "bytes")
    ]
    schemas = [parse(text) for text in texts]
    expected = find(parse(texts[1]), parse(texts[0]))
    with ThreadPoolExecutor(8) as threads:
        assert all(found == expected for found in threads.map(lambda _: find(schemas[1], schemas[0]), range(40)))


def test_levels(engine: ProtobufEngine) -> None:
    def definition(fields: str) -> Definition:
        return Definition(Format.PROTOBUF, f'syntax = "proto3"; message A {{ {fields} }}')

    first, second = definition("int32 x = 1;"), definition("reserved 1; string y = 2;")
    third = definition("string y = 2; string x = 1;")
    assert check(Level.BACKWARD, third, [first, second]).outcome is Outcome.COMPATIBLE
    verdict = check(Level.BACKWARD_TRANSITIVE, third, [first, second])
    assert verdict.outcome is Outcome.INCOMPATIBLE, "a number that was reserved for a while is not free"
    [finding] = [finding for finding in verdict.findings if finding.blocks]
    assert isinstance(finding.cause, Incompatibility)
    assert (finding.version, finding.cause.difference.rule) == (0, "FIELD_TYPE_DROPPED")


def test_verdicts_do_not_depend_on_what_was_checked_before(parse: Parse, find: Find) -> None:
    texts = [P3 + f"message A {{ {type_} x = 1; A a = 2; }}" for type_ in ("int32", "string", "bytes", "bool")]
    schemas = [parse(text) for text in texts]
    first = [[find(reader, writer) for reader in schemas] for writer in schemas]
    again = [[find(reader, writer) for reader in reversed(schemas)] for writer in schemas]
    fresh = [[find(parse(reader), parse(writer)) for reader in texts] for writer in texts]
    assert [row[::-1] for row in again] == first == fresh


@pytest.mark.parametrize("fields", ["optional {} x = 1;", "repeated {} x = 1;", "map<int32, {}> x = 1;"])
def test_bytes_are_no_text_where_nobody_verifies_it(parse: Parse, find: Find, fields: str) -> None:
    """proto2 parses it; then Python gives bytes for the text, or fails, and Java puts other characters there."""
    before, after = (parse(P2 + f"message A {{ {fields.format(kind)} }}") for kind in ("bytes", "string"))
    [finding] = [each for each in find(after, before) if each.severity.blocks]
    assert finding.difference.rule == "FIELD_TYPE_UNREADABLE"
    assert not proven(after, before, finding)
    assert blocking(find, before, after) == []
