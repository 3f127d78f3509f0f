"""Payloads as JSON for people, and back."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable, Mapping
from typing import Final

from compat.errors import InvalidPayload
from compat.protobuf.model import Schema
from compat.protobuf.payload import MAX_DEPTH, UNKNOWN, field_key, json_key, json_scalar, violations
from compat.protobuf.records import Field
from compat.protobuf.records import Message as MessageType

_SPECIAL: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def to_json(schema: Schema, message_type: str, payload: object) -> object:
    """A payload as JSON: bytes as base64, NaN and infinities as text, map keys as text, integers as they are."""
    return _convert(schema, schema.message(message_type), payload, _json_leaf, 0)


def from_json(schema: Schema, message_type: str, tree: object) -> object:
    """The payload of a JSON tree that ``to_json`` gave or a person edited. Raises InvalidPayload."""
    payload = _convert(schema, schema.message(message_type), tree, _payload_leaf, 0)
    for violation in violations(schema, message_type, payload):
        raise InvalidPayload(violation.message, violation.pointer)
    return payload


_Leaf = Callable[[Field, object, bool], object]


def _convert(schema: Schema, message: MessageType, tree: object, leaf: _Leaf, depth: int) -> object:
    """Convert the leaves and leave what does not fit the schema as it is: violations name it."""
    if not isinstance(tree, Mapping) or depth > MAX_DEPTH:
        return tree
    by_name = {field_key(field): field for field in message.fields.values()}
    converted: dict[str, object] = {}
    for name, content in tree.items():
        field = by_name.get(name)
        if name == UNKNOWN:
            converted[name] = _base64(content)
        else:
            converted[name] = content if field is None else _convert_field(schema, field, content, leaf, depth)
    return converted


def _base64(content: object) -> object:
    """Bytes as base64 text, and such a text as bytes."""
    if isinstance(content, bytes):
        return base64.b64encode(content).decode()
    try:
        return base64.b64decode(content, validate=True) if isinstance(content, str) else content
    except (binascii.Error, ValueError) as error:
        raise InvalidPayload(f"{UNKNOWN} holds the bytes of unknown fields: give base64 text") from error


def _convert_field(schema: Schema, field: Field, content: object, leaf: _Leaf, depth: int) -> object:
    if field.map and isinstance(content, Mapping):
        entry = schema.message(field.type_name)
        return {
            leaf(entry.fields[1], key, True): _convert_value(schema, entry.fields[2], element, leaf, depth)
            for key, element in content.items()
        }
    if field.repeated and isinstance(content, list | tuple):
        return [_convert_value(schema, field, element, leaf, depth) for element in content]
    return _convert_value(schema, field, content, leaf, depth)


def _convert_value(schema: Schema, field: Field, content: object, leaf: _Leaf, depth: int) -> object:
    if field.holds_message:
        return _convert(schema, schema.message(field.type_name), content, leaf, depth + 1)
    return leaf(field, content, False)


def _json_leaf(_: Field, content: object, key: bool) -> object:  # noqa: FBT001
    return json_key(content) if key else json_scalar(content)


def _payload_leaf(field: Field, content: object, key: bool) -> object:  # noqa: FBT001
    if field.type == "bytes" and isinstance(content, str):
        try:
            return base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError) as error:
            raise InvalidPayload(f"{field.name} is bytes: give base64 text") from error
    if field.type in {"float", "double"}:
        if isinstance(content, str):
            return _SPECIAL.get(content, content)
        if isinstance(content, int) and not isinstance(content, bool) and abs(content) < 10**300:
            return float(content)
    if key and isinstance(content, str):
        return _key(field, content)
    return content


def _key(field: Field, text: str) -> object:
    if field.type == "bool":
        return {"true": True, "false": False}.get(text, text)
    if field.type != "string":
        try:
            return int(text) if len(text) < 24 else text
        except ValueError:
            return text
    return text
