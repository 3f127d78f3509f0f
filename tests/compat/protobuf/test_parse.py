"""What is taken as a schema, and what is said of what is not."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto

from compat.definition import Definition, Format, Reference
from compat.errors import InvalidSchema, LimitExceeded, UnresolvedReference
from compat.protobuf.engine import ProtobufEngine
from compat.protobuf.model import Schema
from compat.protobuf.source import MAX_FILES
from compat.verdict import Place
from tests.compat.protobuf.conftest import Parse

MONEY = 'syntax = "proto3"; package shop; message Money { int64 units = 1; }'


def definition(text: str, *references: tuple[str, Definition]) -> Definition:
    return Definition(Format.PROTOBUF, text, tuple(Reference(name, d) for name, d in references))


@pytest.mark.parametrize("head", ['syntax = "proto2";', 'syntax = "proto3";', 'edition = "2023";', 'edition = "2024";'])
def test_every_syntax_is_read(parse: Parse, head: str) -> None:
    assert parse(f"{head} message A {{ repeated int32 x = 1; }}").message_names == ("A",)


def test_a_later_edition_is_refused(parse: Parse) -> None:
    with pytest.raises(InvalidSchema, match="2099"):
        parse('edition = "2099"; message A {}')


def test_an_error_has_its_place(parse: Parse) -> None:
    with pytest.raises(InvalidSchema) as caught:
        parse('syntax = "proto3";\nmessage A {\n  int32 x = 1\n}\n')
    assert caught.value.place == Place("", 4, 1)
    assert 'Expected ";"' in caught.value.message


def test_several_errors_are_told_together(parse: Parse) -> None:
    with pytest.raises(InvalidSchema) as caught:
        parse('syntax = "proto3";\nmessage A {\n  int32 x = 1;\n  int32 x = 1;\n}\n')
    assert caught.value.place == Place("", 4, 9)
    assert "already defined" in caught.value.message
    assert "already been used" in caught.value.message


def test_a_missing_import_is_an_unresolved_reference(parse: Parse) -> None:
    with pytest.raises(UnresolvedReference) as caught:
        parse('syntax = "proto3";\nimport "shop/money.proto";\nmessage A { shop.Money m = 1; }')
    assert caught.value.name == "shop/money.proto"
    assert caught.value.place == Place("", 2, 1)


def test_an_undeclared_type_is_an_unresolved_reference(parse: Parse) -> None:
    with pytest.raises(UnresolvedReference) as caught:
        parse('syntax = "proto3";\nmessage A {\n  Money m = 1;\n}')
    assert caught.value.name == "Money"
    assert caught.value.place == Place("", 3, 3)


def test_an_import_missing_in_a_reference_is_told(engine: ProtobufEngine) -> None:
    shop = definition('syntax = "proto3"; import "money.proto"; message Shop { Money m = 1; }')
    with pytest.raises(UnresolvedReference) as caught:
        engine.parse(
            definition('syntax = "proto3"; import "shop.proto"; message A { Shop s = 1; }', ("shop.proto", shop))
        )
    assert caught.value.name == "money.proto"


def test_an_error_in_a_reference_names_its_file(engine: ProtobufEngine) -> None:
    shop = definition('syntax = "proto3";\nmessage Shop { int32 x }')
    with pytest.raises(InvalidSchema) as caught:
        engine.parse(
            definition('syntax = "proto3"; import "shop.proto"; message A { Shop s = 1; }', ("shop.proto", shop))
        )
    assert caught.value.place == Place("shop.proto", 2, 24)
    assert caught.value.message.startswith("shop.proto: ")


def test_references_of_references_are_found(engine: ProtobufEngine) -> None:
    money = definition(MONEY)
    price = definition(
        'syntax = "proto3"; package shop; import "money.proto"; message Price { Money m = 1; }', ("money.proto", money)
    )
    schema = engine.parse(
        definition('syntax = "proto3"; import "price.proto"; message A { shop.Price p = 1; }', ("price.proto", price))
    )
    assert schema.message("shop.Price").fields[1].type_name == "shop.Money"
    assert schema.message_names == ("A",)


def test_one_path_with_two_meanings_is_refused(engine: ProtobufEngine) -> None:
    other = definition('syntax = "proto3"; message Money {}')
    price = definition('syntax = "proto3"; import "money.proto"; message Price {}', ("money.proto", other))
    with pytest.raises(InvalidSchema, match="differently"):
        engine.parse(
            definition(
                'syntax = "proto3"; import "money.proto";', ("money.proto", definition(MONEY)), ("price.proto", price)
            )
        )


@pytest.mark.parametrize(
    "name", ["", "/etc/passwd", "../a.proto", "a//b.proto", "a:b.proto", "a=b.proto", "a\nb.proto"]
)
def test_a_reference_name_that_is_no_path_is_refused(engine: ProtobufEngine, name: str) -> None:
    with pytest.raises(InvalidSchema, match="cannot be imported"):
        engine.parse(definition('syntax = "proto3"; message A {}', (name, definition(MONEY))))


@pytest.mark.parametrize(
    ("path", "type_name"),
    [
        ("google/protobuf/timestamp.proto", "google.protobuf.Timestamp"),
        ("google/protobuf/any.proto", "google.protobuf.Any"),
        ("google/protobuf/struct.proto", "google.protobuf.Struct"),
        ("confluent/type/decimal.proto", "confluent.type.Decimal"),
        ("confluent/types/decimal.proto", "confluent.type.Decimal"),
        ("confluent/type/variant.proto", "confluent.type.Variant"),
    ],
)
def test_bundled_types_need_no_reference(parse: Parse, path: str, type_name: str) -> None:
    schema = parse(f'syntax = "proto3"; import "{path}"; message A {{ {type_name} x = 1; }}')
    assert schema.message("A").fields[1].type_name == type_name


def test_confluents_annotations_are_read(parse: Parse) -> None:
    schema = parse(
        'syntax = "proto3"; import "confluent/meta.proto";'
        'message A { string mail = 1 [(confluent.field_meta) = { tags: "PII" params { key: "a" value: "b" } }]; }'
    )
    assert schema.message("A").fields[1].name == "mail"


def test_the_bundled_annotations_are_those_of_the_clients() -> None:
    clients = pytest.importorskip("confluent_kafka.schema_registry.confluent.meta_pb2")
    theirs = FileDescriptorProto()
    clients.DESCRIPTOR.CopyToProto(theirs)
    engine = ProtobufEngine()
    include = Path(__file__).parents[3] / "compat" / "protobuf" / "include" / "confluent" / "meta.proto"
    ours = engine.parse(definition(include.read_text(encoding="utf-8"))).file
    for kind in ("message_type", "extension"):
        assert [(e.name, e) for e in _bare(ours, kind)] == [(e.name, e) for e in _bare(theirs, kind)]


def _bare(file: FileDescriptorProto, kind: str) -> list[FileDescriptorProto]:
    elements = list(getattr(file, kind))
    for element in elements:
        for field in (
            [element] if kind == "extension" else [*element.field, *(f for n in element.nested_type for f in n.field)]
        ):
            field.ClearField("json_name")
    return elements


def test_a_reference_cannot_replace_a_bundled_file(engine: ProtobufEngine) -> None:
    fake = definition('syntax = "proto3"; package google.protobuf; message Timestamp { string text = 1; }')
    schema = engine.parse(
        definition(
            'syntax = "proto3"; import "google/protobuf/timestamp.proto";'
            "message A { google.protobuf.Timestamp t = 1; }",
            ("google/protobuf/timestamp.proto", fake),
        )
    )
    assert schema.message("google.protobuf.Timestamp").fields[1].name == "seconds"


@pytest.mark.parametrize("text", ["", "  \n", "// nothing\n", 'syntax = "proto3";', 'syntax = "proto3"; package a;'])
def test_a_text_without_declarations_is_no_schema(parse: Parse, text: str) -> None:
    with pytest.raises(InvalidSchema, match="declares nothing"):
        parse(text)


def test_a_text_of_enums_is_a_schema_without_events(parse: Parse, engine: ProtobufEngine) -> None:
    schema = parse('syntax = "proto3"; enum State { NEW = 0; }')
    with pytest.raises(InvalidSchema.__mro__[1]):
        engine.minimal(schema)


def test_limits(engine: ProtobufEngine) -> None:
    with pytest.raises(LimitExceeded, match="size"):
        engine.parse(definition('syntax = "proto3"; message A {} //' + "x" * 1_000_000))
    deep = definition(MONEY)
    for level in range(40):
        deep = definition(f'syntax = "proto3"; import "l{level}.proto";', (f"l{level}.proto", deep))
    with pytest.raises(LimitExceeded, match="depth of references"):
        engine.parse(deep)
    wide = [(f"w{n}.proto", definition(f'syntax = "proto3"; message W{n} {{}}')) for n in range(MAX_FILES + 1)]
    with pytest.raises(LimitExceeded, match="references"):
        engine.parse(definition('syntax = "proto3"; message A {}', *wide))


def test_nesting_is_bounded(parse: Parse) -> None:
    groups = "".join(f"optional group G{n} = 1 {{" for n in range(150))
    with pytest.raises(InvalidSchema, match="recursion limit"):
        parse(f'syntax = "proto2"; message A {{ {groups} {"}" * 150} }}')
    with pytest.raises(LimitExceeded, match="nesting"):
        parse('syntax = "proto3";' + "message A {" * 201 + "}" * 201)
    assert parse('syntax = "proto3"; message A {} // ' + "{" * 300), "braces in comments do not count"


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_characters_that_are_none_are_refused(parse: Parse, text: str) -> None:
    with pytest.raises(InvalidSchema, match="character"):
        parse(f'syntax = "proto3"; message A {{}} // {text}')


# ------------------------------------------------------------------------------------------ serialized descriptors

RICH = """
syntax = "proto2";
package shop;
import "google/protobuf/descriptor.proto";
import "money.proto";
extend google.protobuf.FieldOptions { optional string unit = 50001; optional Note note = 50002; }
message Note { optional string text = 1; repeated int32 numbers = 2; }
message Order {
  option deprecated = true;
  message Inner { optional bytes raw = 1 [default = "a\\377\\"b"]; }
  required string id = 1 [(unit) = "none", (note) = { text: "x\\ny" numbers: 1 numbers: 2 }];
  optional group Line = 2 { optional double price = 1 [default = -inf]; }
  map<string, Inner> stock = 3;
  oneof payment { Money cash = 4; string card = 5 [json_name = "CARD"]; }
  extensions 100 to 199, 500 to max;
  reserved 50, 60 to 70;
  reserved "old";
  optional State state = 6 [default = PAID];
}
enum State { option allow_alias = true; NEW = 0; PAID = 1; SETTLED = 1 [deprecated = true]; reserved -3, 7 to max; }
extend Order { optional float weight = 100; }
service Shop { rpc Buy(stream Order) returns (Order) { option idempotency_level = IDEMPOTENT; } }
"""


def bare(schema: Schema) -> FileDescriptorProto:
    file = FileDescriptorProto()
    file.CopyFrom(schema.file)
    file.ClearField("source_code_info")
    return file


def test_a_serialized_descriptor_is_a_definition_too(engine: ProtobufEngine) -> None:
    money = ("money.proto", definition(MONEY))
    schema = engine.parse(definition(RICH, money))
    serialized = base64.b64encode(bare(schema).SerializeToString()).decode()
    again = engine.parse(definition(serialized, money))
    assert bare(again) == bare(schema)
    assert again.text.startswith('syntax = "proto2";')
    assert '(shop.unit) = "none"' in again.text


def test_a_serialized_reference_is_read_too(engine: ProtobufEngine) -> None:
    money = base64.b64encode(bare(engine.parse(definition(MONEY))).SerializeToString()).decode()
    text = 'syntax = "proto3"; import "money.proto"; message A { shop.Money m = 1; }'
    assert engine.parse(definition(text, ("money.proto", definition(money)))).has_message("shop.Money")


@pytest.mark.parametrize("text", ["AAAA", base64.b64encode(b"\x0a\xff").decode(), base64.b64encode(b"hello").decode()])
def test_base64_that_is_no_descriptor_is_refused(parse: Parse, text: str) -> None:
    with pytest.raises(InvalidSchema):
        parse(text)


def test_a_descriptor_that_contradicts_itself_is_refused(engine: ProtobufEngine) -> None:
    file = FileDescriptorProto(name="x", syntax="proto3")
    message = file.message_type.add(name="A")
    for name in ("a", "b"):
        message.field.add(name=name, number=1, type="TYPE_INT32", label="LABEL_OPTIONAL")
    with pytest.raises(InvalidSchema):
        engine.parse(definition(base64.b64encode(file.SerializeToString()).decode()))
    file.message_type[0].name = "A { } message B"
    with pytest.raises(InvalidSchema):
        engine.parse(definition(base64.b64encode(file.SerializeToString()).decode()))


def test_stock_clients_register_serialized_descriptors(engine: ProtobufEngine) -> None:
    from google.protobuf import timestamp_pb2

    text = base64.standard_b64encode(timestamp_pb2.DESCRIPTOR.serialized_pb).decode()
    assert engine.parse(definition(text)).message_names == ("google.protobuf.Timestamp",)
