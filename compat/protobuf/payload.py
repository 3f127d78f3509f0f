"""Payloads: an event as a dict by field name, and as bytes.

A field without presence is always in the payload, since 'absent' is only a way to write its default; a field with
presence is there when it is set. Enums are names (numbers where the schema names none), maps are dicts, bytes are
bytes, nested messages are dicts; extension fields stand under ``[full.name]``. Fields that the schema does not know
stand under ``[?]``, as the bytes they had on the wire: whoever encodes the payload again writes them again, and a
schema that knows them reads them.
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, cast

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import DecodeError, EncodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet

from compat.engine import Violation
from compat.errors import InvalidPayload
from compat.protobuf.model import Schema
from compat.protobuf.records import Field
from compat.protobuf.records import Message as MessageType
from compat.protobuf.wire import INTEGER_BOUNDS

MAX_DEPTH: Final = 100
"""Nesting of messages, as the runtime bounds it when parsing."""

UNKNOWN: Final = "[?]"
"""Where the bytes of unknown fields stand in a payload."""

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_FLOAT_MAX: Final = 3.4028235677973366e38  # the first value that no longer rounds to a float
RuntimeField = Any
"""A field descriptor of the runtime: its stubs know two classes that the runtime takes for one."""

_REQUIRED_MISSING: Final = "is required and missing: add it"


def decode(schema: Schema, message_type: str, data: bytes) -> dict[str, object]:
    """Raises InvalidPayload for bytes that are no complete event."""
    message: Any = schema.event_class(message_type)()
    try:
        message.ParseFromString(data)
    except DecodeError as error:
        raise InvalidPayload(str(error)) from error
    if not message.IsInitialized():
        raise InvalidPayload(f"missing required fields: {', '.join(message.FindInitializationErrors())}")
    return to_tree(message)


def encode(schema: Schema, message_type: str, payload: object) -> bytes:
    """Raises InvalidPayload, with the place of the first violation."""
    for violation in violations(schema, message_type, payload):
        raise InvalidPayload(violation.message, violation.pointer)
    message = schema.event_class(message_type)()
    _fill(message, cast("Mapping[str, Any]", payload))
    try:
        return message.SerializeToString(deterministic=True)
    except EncodeError as error:  # pragma: no cover - violations name what is missing before
        raise InvalidPayload(str(error)) from error


# ---------------------------------------------------------------------------------------------- message to payload


def to_tree(message: Message) -> dict[str, object]:
    """The payload a parsed event stands for. Nesting is bounded by the runtime's parser."""
    tree: dict[str, object] = {}
    for field in message.DESCRIPTOR.fields:
        if not field.has_presence or message.HasField(field.name):
            tree[field.name] = _content(field, getattr(message, field.name))
    for field, content in message.ListFields():
        if field.is_extension:
            tree[f"[{field.full_name}]"] = _content(field, content)
    if len(UnknownFieldSet(message)):
        tree[UNKNOWN] = _unknown(message)
    return tree


def _unknown(message: Message) -> bytes:
    """What a message holds beyond the fields of its type, as bytes."""
    rest = type(message)()
    rest.CopyFrom(message)
    for field, _ in message.ListFields():
        if field.is_extension:
            rest.ClearExtension(cast("Any", field))
        else:
            rest.ClearField(field.name)
    return rest.SerializePartialToString()


def _content(field: RuntimeField, content: Any) -> object:
    if field.is_repeated:
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            item = field.message_type.fields_by_name["value"]
            kind = field.message_type.fields_by_name["key"]
            return {_single(kind, key): _single(item, value) for key, value in entries(content)}
        return [_single(field, element) for element in content]
    return _single(field, content)


def entries(content: Any) -> list[tuple[Any, Any]]:
    """The entries of a runtime map. A key that is not UTF-8 (proto2 lets it pass) is bytes, its value out of reach."""
    found = []
    for key in content:
        try:
            found.append((key, content[key]))
        except UnicodeDecodeError:
            found.append((key, None))
    return found


def _single(field: RuntimeField, content: Any) -> object:
    if field.message_type is not None:
        return to_tree(content)
    if field.enum_type is not None:
        named = field.enum_type.values_by_number.get(content)
        return content if named is None else named.name
    if field.type == FieldDescriptor.TYPE_STRING and isinstance(content, bytes):
        raise InvalidPayload(f"{field.name} holds bytes that are not UTF-8 text")
    return content


def to_json_tree(message: Message) -> dict[str, object]:
    """What is set in a parsed event, JSON-ready: for showing, not for reading back."""
    tree: dict[str, object] = {}
    for field, content in message.ListFields():
        name = f"[{field.full_name}]" if field.is_extension else field.name
        if not field.is_repeated:
            tree[name] = _json_single(field, content)
        elif field.message_type is not None and field.message_type.GetOptions().map_entry:
            item = field.message_type.fields_by_name["value"]
            tree[name] = {json_key(key): _json_single(item, value) for key, value in entries(content)}
        else:
            tree[name] = [_json_single(field, element) for element in content]
    return tree


def _json_single(field: RuntimeField, content: Any) -> object:
    if content is None:
        return None
    if field.message_type is not None:
        return to_json_tree(content)
    return json_scalar(content if isinstance(content, bytes) else _single(field, content))


def json_scalar(content: object) -> object:
    """Bytes as base64, NaN and infinities as text."""
    if isinstance(content, bytes):
        return base64.b64encode(content).decode()
    if isinstance(content, float) and not math.isfinite(content):
        return "NaN" if math.isnan(content) else "Infinity" if content > 0 else "-Infinity"
    return content


def json_key(key: object) -> str:
    """A map key as JSON has it."""
    if isinstance(key, bytes):
        return key.decode("utf-8", "replace")  # a key that an old reader let pass although it is not UTF-8
    return ("true" if key else "false") if isinstance(key, bool) else str(key)


# ---------------------------------------------------------------------------------------------- payload to message


def _fill(message: Message, payload: Mapping[str, Any]) -> None:
    descriptor = message.DESCRIPTOR
    for name, content in payload.items():
        if name == UNKNOWN:
            message.MergeFromString(content)
        elif name.startswith("["):
            field = descriptor.file.pool.FindExtensionByName(name[1:-1])
            _set_extension(message, field, content)
        else:
            _set_field(message, descriptor.fields_by_name[name], content)


def _set_field(message: Message, field: RuntimeField, content: Any) -> None:
    if field.is_repeated:
        target = getattr(message, field.name)
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            item = field.message_type.fields_by_name["value"]
            for key, element in content.items():
                if item.message_type is not None:
                    _fill(target[key], element)
                else:
                    target[key] = _number(item, element)
        else:
            _extend(target, field, content)
    elif field.message_type is not None:
        child = getattr(message, field.name)
        child.SetInParent()
        _fill(child, content)
    else:
        setattr(message, field.name, _number(field, content))


def _set_extension(message: Any, field: RuntimeField, content: Any) -> None:
    if field.is_repeated:
        _extend(message.Extensions[field], field, content)
    elif field.message_type is not None:
        message.Extensions[field].SetInParent()
        _fill(message.Extensions[field], content)
    else:
        message.Extensions[field] = _number(field, content)


def _extend(target: Any, field: RuntimeField, content: Sequence[Any]) -> None:
    for element in content:
        if field.message_type is not None:
            _fill(target.add(), element)
        else:
            target.append(_number(field, element))


def _number(field: RuntimeField, content: Any) -> Any:
    if field.enum_type is not None and isinstance(content, str):
        return field.enum_type.values_by_name[content].number
    return content


# ---------------------------------------------------------------------------------------------- what is wrong


def violations(schema: Schema, message_type: str, payload: object) -> Iterator[Violation]:
    """Why a payload is no event of the message; nothing if it is one."""
    yield from _message_violations(schema, schema.message(message_type), payload, "", 0)


def _message_violations(
    schema: Schema, message: MessageType, payload: object, pointer: str, depth: int
) -> Iterator[Violation]:
    if depth > MAX_DEPTH:
        yield Violation(pointer, f"nested deeper than the {MAX_DEPTH} levels a reader accepts")
        return
    if not isinstance(payload, Mapping):
        yield Violation(
            pointer, f"is {_kind(payload)}, but {message.name} is a message: give an object with its fields"
        )
        return
    by_name = {field_key(field): field for field in message.fields.values()}
    for name, content in payload.items():
        field = by_name.get(name) if isinstance(name, str) else None
        at = f"{pointer}/{_escaped(name)}"
        if name == UNKNOWN:
            yield from _unknown_violations(content, at)
        elif field is None:
            yield Violation(at, f"{message.name} has no field of this name: remove it or declare it")
        else:
            yield from _field_violations(schema, field, content, at, depth)
    for name, field in by_name.items():
        if field.required and name not in payload:
            yield Violation(f"{pointer}/{_escaped(name)}", _REQUIRED_MISSING)
    for oneof, numbers in message.oneofs.items():
        present = [message.fields[number].name for number in numbers if message.fields[number].name in payload]
        if len(present) > 1:
            yield Violation(pointer, f"only one of {', '.join(present)} can be set: they share the oneof {oneof}")


def _unknown_violations(content: object, pointer: str) -> Iterator[Violation]:
    try:
        if isinstance(content, bytes):
            Empty().ParseFromString(content)
            return
    except DecodeError:
        pass
    yield Violation(pointer, "are unknown fields: give the bytes of fields as they are on the wire")


def field_key(field: Field) -> str:
    """The name of a field in a payload."""
    return f"[{field.extension}]" if field.extension else field.name


def _field_violations(schema: Schema, field: Field, content: object, pointer: str, depth: int) -> Iterator[Violation]:
    if field.map:
        if not isinstance(content, Mapping):
            yield Violation(pointer, f"is {_kind(content)}, but the field is a map: give an object")
            return
        entry = schema.message(field.type_name)
        for key, element in content.items():
            at = f"{pointer}/{_escaped(key)}"
            yield from _value_violations(schema, entry.fields[1], key, at, depth)
            yield from _value_violations(schema, entry.fields[2], element, at, depth)
    elif field.repeated:
        if not isinstance(content, Sequence) or isinstance(content, str | bytes | bytearray):
            yield Violation(pointer, f"is {_kind(content)}, but the field is repeated: give a list")
            return
        for position, element in enumerate(content):
            yield from _value_violations(schema, field, element, f"{pointer}/{position}", depth)
    else:
        yield from _value_violations(schema, field, content, pointer, depth)


def _value_violations(schema: Schema, field: Field, content: object, pointer: str, depth: int) -> Iterator[Violation]:
    if field.holds_message:
        yield from _message_violations(schema, schema.message(field.type_name), content, pointer, depth + 1)
        return
    message = _enum_violation(schema, field, content) if field.type == "enum" else _SCALAR_CHECKS[field.type](content)
    if message:
        yield Violation(pointer, message)


def _enum_violation(schema: Schema, field: Field, content: object) -> str:
    enum = schema.enum(field.type_name)
    if isinstance(content, str):
        if any(value.name == content for value in enum.values):
            return ""
        return f"{content!r} is no value of {enum.name}: use one of {', '.join(v.name for v in enum.values[:10])}"
    if not isinstance(content, int) or isinstance(content, bool):
        return f"is {_kind(content)}, but {enum.name} is an enum: give the name of a value"
    if enum.closed and content not in enum.by_number:
        return f"{content} is no value of {enum.name}, which is closed: use one it declares"
    return _integer_violation(content, "enum")


def _integer_violation(content: object, type_: str) -> str:
    if not isinstance(content, int) or isinstance(content, bool):
        return f"is {_kind(content)}, but the field is {type_}: give a whole number"
    least, greatest = INTEGER_BOUNDS[type_]
    return "" if least <= content <= greatest else f"{content} does not fit {type_} ({least} to {greatest})"


def _float_violation(content: object, type_: str) -> str:
    if isinstance(content, bool) or not isinstance(content, int | float):
        return f"is {_kind(content)}, but the field is {type_}: give a number"
    try:
        number = float(content)
    except OverflowError:
        return f"{content} does not fit {type_}"
    if type_ == "float" and math.isfinite(number) and abs(number) >= _FLOAT_MAX:
        return f"{content} does not fit float"
    return ""


def _text_violation(content: object) -> str:
    if not isinstance(content, str):
        return f"is {_kind(content)}, but the field is string: give text"
    if _SURROGATE.search(content):
        return "holds half of a surrogate pair, which is no text"
    return ""


def _check_integer(type_: str) -> Callable[[object], str]:
    return lambda content: _integer_violation(content, type_)


_SCALAR_CHECKS: Final[Mapping[str, Callable[[object], str]]] = {
    **{type_: _check_integer(type_) for type_ in INTEGER_BOUNDS if type_ != "enum"},
    "float": lambda content: _float_violation(content, "float"),
    "double": lambda content: _float_violation(content, "double"),
    "string": _text_violation,
    "bytes": lambda c: "" if isinstance(c, bytes) else f"is {_kind(c)}, but the field is bytes: give bytes",
    "bool": lambda c: "" if isinstance(c, bool) else f"is {_kind(c)}, but the field is bool: give true or false",
}


def _kind(content: object) -> str:
    match content:
        case None:
            return "null"
        case bool():
            return "a truth value"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case bytes():
            return "bytes"
        case Mapping():
            return "an object"
        case Sequence():
            return "a list"
    return type(content).__name__


def _escaped(name: object) -> str:
    return str(name).replace("~", "~0").replace("/", "~1")
