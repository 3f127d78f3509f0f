"""buf's breaking rules (version 2 of its configuration) that one file can break, with their categories."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

from compat.buf import fields, files, types
from compat.buf.pairs import FieldPair, Found, field_pairs
from compat.protobuf.model import Schema

CATEGORIES: Final = ("FILE", "PACKAGE", "WIRE_JSON", "WIRE")

Check: TypeAlias = Callable[[Schema, Schema], Iterator[Found]]


@dataclass(frozen=True, slots=True)
class BufRule:
    """A rule by buf's id."""

    name: str
    categories: frozenset[str]
    check: Check
    """Older and newer schema."""


_LETTERS: Final = {"F": "FILE", "P": "PACKAGE", "J": "WIRE_JSON", "W": "WIRE"}


def _rule(name: str, categories: str, check: Check) -> BufRule:
    return BufRule(name, frozenset(_LETTERS[letter] for letter in categories), check)


def _field(name: str, categories: str, check: Callable[[FieldPair], Iterator[Found]]) -> BufRule:
    def each(old: Schema, new: Schema) -> Iterator[Found]:
        for pair in field_pairs(old, new):
            yield from check(pair)

    return _rule(name, categories, each)


_ALL: Final = (
    _rule("MESSAGE_NO_DELETE", "F", types.message_no_delete),
    _rule("ENUM_NO_DELETE", "F", types.enum_no_delete),
    _rule("SERVICE_NO_DELETE", "F", files.service_no_delete),
    _rule("EXTENSION_NO_DELETE", "F", files.extension_no_delete),
    _rule("PACKAGE_NO_DELETE", "P", files.package_no_delete),
    _rule("PACKAGE_MESSAGE_NO_DELETE", "P", files.package_message_no_delete),
    _rule("PACKAGE_ENUM_NO_DELETE", "P", files.package_enum_no_delete),
    _rule("PACKAGE_SERVICE_NO_DELETE", "P", files.package_service_no_delete),
    _rule("PACKAGE_EXTENSION_NO_DELETE", "P", files.package_extension_no_delete),
    _rule("FILE_SAME_PACKAGE", "FPJW", files.file_same_package),
    _rule("FILE_SAME_SYNTAX", "FP", files.file_same_syntax),
    *(_rule(f"FILE_SAME_{option.upper()}", "FP", files.file_same_option(option)) for option in files.FILE_OPTIONS),
    _rule("FIELD_NO_DELETE", "FP", types.field_no_delete),
    _rule("FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED", "JW", types.field_no_delete_unless_number_reserved),
    _rule("FIELD_NO_DELETE_UNLESS_NAME_RESERVED", "J", types.field_no_delete_unless_name_reserved),
    _rule("ENUM_VALUE_NO_DELETE", "FP", types.enum_value_no_delete),
    _rule("ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED", "JW", types.enum_value_no_delete_unless_number_reserved),
    _rule("ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED", "J", types.enum_value_no_delete_unless_name_reserved),
    _rule("ENUM_VALUE_SAME_NAME", "FPJ", types.enum_value_same_name),
    _rule("ENUM_SAME_TYPE", "FP", types.enum_same_type),
    _rule("ENUM_SAME_JSON_FORMAT", "FPJ", types.enum_same_json_format),
    _rule("MESSAGE_SAME_JSON_FORMAT", "FPJ", types.message_same_json_format),
    _field("FIELD_SAME_NAME", "FPJ", fields.same_name),
    _field("FIELD_SAME_JSON_NAME", "FPJ", fields.same_json_name),
    _field("FIELD_SAME_TYPE", "FP", fields.same_type),
    _field("FIELD_WIRE_JSON_COMPATIBLE_TYPE", "J", fields.wire_json_compatible_type),
    _field("FIELD_WIRE_COMPATIBLE_TYPE", "W", fields.wire_compatible_type),
    _field("FIELD_SAME_CARDINALITY", "FP", fields.same_cardinality),
    _field("FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY", "J", fields.wire_json_compatible_cardinality),
    _field("FIELD_WIRE_COMPATIBLE_CARDINALITY", "W", fields.wire_compatible_cardinality),
    _field("FIELD_SAME_ONEOF", "FPJW", fields.same_oneof),
    _rule("ONEOF_NO_DELETE", "FP", types.oneof_no_delete),
    _field("FIELD_SAME_DEFAULT", "FPJW", fields.same_default),
    _field("FIELD_SAME_JSTYPE", "FP", fields.same_jstype),
    _field("FIELD_SAME_CPP_STRING_TYPE", "FP", fields.same_cpp_string_type),
    _field("FIELD_SAME_UTF8_VALIDATION", "FP", fields.same_utf8_validation),
    _field("FIELD_SAME_JAVA_UTF8_VALIDATION", "FP", fields.same_java_utf8_validation),
    _rule("MESSAGE_SAME_REQUIRED_FIELDS", "FPJW", types.message_same_required_fields),
    _rule("RESERVED_MESSAGE_NO_DELETE", "FPJW", types.reserved_message_no_delete),
    _rule("RESERVED_ENUM_NO_DELETE", "FPJW", types.reserved_enum_no_delete),
    _rule("EXTENSION_MESSAGE_NO_DELETE", "FP", types.extension_message_no_delete),
    _rule("MESSAGE_NO_REMOVE_STANDARD_DESCRIPTOR_ACCESSOR", "FP", types.message_no_remove_standard_descriptor_accessor),
    _rule("RPC_NO_DELETE", "FP", files.rpc_no_delete),
    _rule("RPC_SAME_REQUEST_TYPE", "FPJW", files.rpc_same_request_type),
    _rule("RPC_SAME_RESPONSE_TYPE", "FPJW", files.rpc_same_response_type),
    _rule("RPC_SAME_CLIENT_STREAMING", "FPJW", files.rpc_same_client_streaming),
    _rule("RPC_SAME_SERVER_STREAMING", "FPJW", files.rpc_same_server_streaming),
    _rule("RPC_SAME_IDEMPOTENCY_LEVEL", "FPJW", files.rpc_same_idempotency_level),
)

RULES: Final[Mapping[str, BufRule]] = MappingProxyType({rule.name: rule for rule in _ALL})
"""Every rule by its id."""
