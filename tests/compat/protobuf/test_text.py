"""The text forms of a schema."""

from __future__ import annotations

import base64

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto

from compat.definition import Definition, Format, Reference
from compat.engine import Form
from compat.protobuf.canonical import canonical
from compat.protobuf.engine import ProtobufEngine
from compat.protobuf.model import Schema
from tests.compat.protobuf.conftest import Parse
from tests.compat.protobuf.test_parse import MONEY, RICH, bare

UNTIDY = """
// A comment before everything.
syntax = 'proto3'  ; package   shop.  v1 ;
import   "google/protobuf/timestamp.proto";;
enum State { /* inside */ NEW = 0; PAID = 1 ; } ;
option java_package = "com.shop" ;
message Order { State  state=1; // after
  map < string ,int32 > stock = 2 [ deprecated=true , json_name = "s" ] ;
  repeated google . protobuf
     .Timestamp at = 3; oneof o { string a=4; bytes b = 5; }
  enum Inner { I = 0; }  message Nested { int32 x = 1; }  option deprecated = true; reserved 9 , 10 to 12;
  reserved "old";
}
message Empty { }
service Shop { rpc Buy ( stream Order ) returns ( Order ) ;
  rpc Sell(Order) returns (stream Order) { option deprecated = true; } }
"""

TIDY = """\
syntax = 'proto3';
package shop.v1;

import "google/protobuf/timestamp.proto";

option java_package = "com.shop";

message Order {
  option deprecated = true;
  reserved 9, 10 to 12;
  reserved "old";
  State state = 1;
  map<string, int32> stock = 2 [deprecated = true, json_name = "s"];
  repeated google.protobuf.Timestamp at = 3;
  oneof o {
    string a = 4;
    bytes b = 5;
  }
  message Nested {
    int32 x = 1;
  }
  enum Inner {
    I = 0;
  }
}

message Empty {}

enum State {
  NEW = 0;
  PAID = 1;
}

service Shop {
  rpc Buy(stream Order) returns (Order);
  rpc Sell(Order) returns (stream Order) {
    option deprecated = true;
  }
}
"""


def test_canonical_text_has_one_layout(parse: Parse, engine: ProtobufEngine) -> None:
    schema = parse(UNTIDY)
    assert engine.text(schema, Form.CANONICAL) == TIDY
    assert engine.text(parse(TIDY), Form.CANONICAL) == TIDY
    assert bare(parse(TIDY)) == bare(schema)


@pytest.mark.parametrize(
    "change",
    [
        ("State  state=1;", "State  state=6;"),
        ("deprecated=true", "deprecated=false"),
        ('"s"', '"t"'),
        ("reserved 9 ,", "reserved 8 ,"),
        ('reserved "old"', 'reserved "new"'),
        ("State  state=1;", "shop.v1.State  state=1;"),
        ("NEW = 0; PAID = 1 ;", "PAID = 0; NEW = 1 ;"),
        ("message Empty { }", ""),
    ],
)
def test_canonical_text_tells_apart_what_is_written_differently(
    parse: Parse, engine: ProtobufEngine, change: tuple[str, str]
) -> None:
    assert change[0] in UNTIDY
    other = UNTIDY.replace(*change)
    assert engine.text(parse(other), Form.CANONICAL) != TIDY


def test_text_in_strings_is_no_comment() -> None:
    source = 'syntax = "proto3";\n\noption go_package = "a//b/*c*/;{";\n\nmessage A {}\n'
    assert canonical(source) == source


def test_normalized_text_has_one_order(parse: Parse, engine: ProtobufEngine) -> None:
    one = parse(
        'syntax = "proto2"; package p; import "google/protobuf/any.proto"; import "google/protobuf/api.proto";'
        "option java_package = 'x'; option go_package = 'y';"
        "message B { optional A a = 2; optional int32 b = 1 [json_name = 'q', deprecated = true]; reserved 9, 5 to 7; }"
        "message A { optional google.protobuf.Any any = 1; optional google.protobuf.Api api = 2; }"
        "enum E { X = 0; Z = 2; Y = 1; }"
    )
    other = parse(
        'package p; option go_package = "y"; import "google/protobuf/api.proto"; import "google/protobuf/any.proto";'
        "enum E { X = 0; Y = 1; Z = 2; }"
        "message B { reserved 5 to 7; optional int32 b = 1 [deprecated = true, json_name = 'q']; reserved 9;"
        "optional .p.A a = 2; }"
        "message A { optional .google.protobuf.Any any = 1; optional google.protobuf.Api api = 2; }"
        "option java_package = 'x';"
    )
    assert engine.text(one, Form.CANONICAL) != engine.text(other, Form.CANONICAL)
    assert engine.text(one, Form.NORMALIZED) == engine.text(other, Form.NORMALIZED)
    assert engine.text(one, Form.NORMALIZED) == (
        "package p;\n\n"
        'import "google/protobuf/any.proto";\nimport "google/protobuf/api.proto";\n\n'
        'option go_package = "y";\noption java_package = "x";\n\n'
        "message B {\n  reserved 5 to 7;\n  reserved 9;\n"
        '  optional int32 b = 1 [json_name = "q", deprecated = true];\n  optional .p.A a = 2;\n}\n\n'
        "message A {\n  optional .google.protobuf.Any any = 1;\n  optional .google.protobuf.Api api = 2;\n}\n\n"
        "enum E {\n  X = 0;\n  Y = 1;\n  Z = 2;\n}\n"
    )


def test_normalized_text_keeps_the_order_of_messages(parse: Parse, engine: ProtobufEngine) -> None:
    for names in (("A", "B"), ("B", "A")):
        source = 'syntax = "proto3";' + "".join(f"message {name} {{}}" for name in names)
        again = parse(engine.text(parse(source), Form.NORMALIZED))
        assert again.message_names == names


NESTED = """
syntax = "proto2";
message Order {
  message First {}
  map<string, int32> stock = 5;
  optional group Line = 4 { optional int32 x = 1; }
  message Second {}
  map<string, int32> prices = 1;
  message Third {}
}
"""


def indexes(schema: Schema) -> dict[str, tuple[int, ...]]:
    return {name: schema.message(name).index for name in schema.message_names}


@pytest.mark.parametrize("form", list(Form))
def test_no_form_moves_a_message_index(parse: Parse, engine: ProtobufEngine, form: Form) -> None:
    schema = parse(NESTED)
    again = parse(engine.text(schema, form))
    assert {name: index for name, index in indexes(again).items() if name != "Order.Line"} == {
        name: index for name, index in indexes(schema).items() if name != "Order.Line"
    }


def test_serialized_is_the_descriptor(parse: Parse, engine: ProtobufEngine) -> None:
    schema = parse(UNTIDY)
    file = FileDescriptorProto.FromString(base64.b64decode(engine.text(schema, Form.SERIALIZED)))
    assert file == bare(schema)
    assert not file.HasField("source_code_info")


@pytest.mark.parametrize("form", list(Form))
def test_every_form_of_a_rich_schema_is_a_schema(engine: ProtobufEngine, form: Form) -> None:
    references = (Reference("money.proto", Definition(Format.PROTOBUF, MONEY)),)
    schema = engine.parse(Definition(Format.PROTOBUF, RICH, references))
    text = engine.text(schema, form)
    again = engine.parse(Definition(Format.PROTOBUF, text, references))
    assert engine.text(again, form) == text
    if form in {Form.CANONICAL, Form.SERIALIZED}:
        assert bare(again) == bare(schema)


def test_extensions_can_be_left_out(engine: ProtobufEngine) -> None:
    references = (Reference("money.proto", Definition(Format.PROTOBUF, MONEY)),)
    schema = engine.parse(Definition(Format.PROTOBUF, RICH, references))
    text = engine.text(schema, Form.IGNORE_EXTENSIONS)
    assert "extend " not in text
    assert "(" not in text.replace("rpc Buy(stream .shop.Order) returns (.shop.Order)", "")
    assert "extensions 100 to 199" in text, "the ranges are part of the message"


EDITION = """
edition = "2024";
package shop;
option features.field_presence = IMPLICIT;
export message Order {
  string id = 1 [features.field_presence = EXPLICIT, features.utf8_validation = NONE];
  local message Part {}
  reserved old, older;
}
local enum State { option features.enum_type = CLOSED; STATE_NEW = 1; reserved STATE_OLD; }
"""


def test_editions_keep_their_features(parse: Parse, engine: ProtobufEngine) -> None:
    schema = parse(EDITION)
    for form in Form:
        again = parse(engine.text(schema, form))
        assert bare(again) == bare(schema), form
    assert schema.enum("shop.State").closed
    assert schema.message("shop.Order").fields[1].presence
    assert not schema.message("shop.Order").fields[1].checked
