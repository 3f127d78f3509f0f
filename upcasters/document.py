"""Read and write upcaster documents: JSON or YAML in, canonical JSON and its hash out. Errors name the place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal, TypeAlias, get_type_hints

import msgspec
from msgspec import UNSET, Struct
from msgspec.structs import FieldInfo

from upcasters.canonical import canonical, digest
from upcasters.errors import InvalidDocument
from upcasters.faults import faults
from upcasters.operations import (
    NAMES,
    OPERATIONS,
    STREAM_LEVEL,
    Branch,
    Collect,
    Each,
    Emit,
    Envelope,
    In,
    Json,
    Operation,
    Part,
    When,
    nested,
)
from upcasters.path import Pointer

Down: TypeAlias = Literal["auto", "none"] | tuple[Operation, ...]
"""How events come back: derived from the operations, not at all, or by operations of its own."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds on one document; each is a setting of the service."""

    text_bytes: int = 262_144
    """Size of the text."""
    depth: int = 64
    """Nesting of the JSON or YAML."""
    operations: int = 2_000
    """Operations of a document, nested ones counted."""
    operation_depth: int = 8
    """Operations within operations."""
    examples: int = 50


DEFAULT_LIMITS: Final = Limits()


class Example(Struct, frozen=True, forbid_unknown_fields=True, rename={"given": "in", "wanted": "out"}):
    """An old event in JSON, and what it must become."""

    given: Json
    wanted: Json


class Document(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename={"source": "from", "target": "to"}
):
    """An upcaster: the step from one version of a subject to the next, as data."""

    subject: str
    source: int
    target: int
    ops: tuple[Operation, ...] = ()
    down: Down = "auto"
    loses: tuple[Pointer, ...] = ()
    examples: tuple[Example, ...] = ()
    doc: str = ""

    def canonical(self) -> bytes:
        """The one text of this document (RFC 8785)."""
        return canonical(write(self))

    def digest(self) -> str:
        """The hash that names this document: SHA-256 of the canonical text, in hex."""
        return digest(write(self))


def load(text: str | bytes, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Read a document from JSON or, where PyYAML is installed, YAML. Raises InvalidDocument."""
    return read(parse(text, limits), limits)


def parse(text: str | bytes, limits: Limits = DEFAULT_LIMITS) -> Json:
    """The JSON tree of a text in JSON or YAML, without repeated keys. Raises InvalidDocument."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(data) > limits.text_bytes:
        raise InvalidDocument(f"the document is larger than {limits.text_bytes} bytes", remedy="split it into steps")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise InvalidDocument(f"byte {error.start} is not UTF-8", remedy="save the document as UTF-8") from error
    tree = _json(text) if text.lstrip()[:1] in ("{", "[", "") else _yaml(text)
    _bound_depth(tree, limits.depth)
    return tree


def _json(text: str) -> Json:
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise InvalidDocument(
            f"not JSON: {error.msg}, line {error.lineno}, column {error.colno}", remedy="correct the text there"
        ) from error
    except RecursionError as error:
        raise InvalidDocument("the document is nested too deeply", remedy="flatten it") from error


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members: dict[str, Json] = {}
    for key, value in pairs:
        if key in members:
            raise InvalidDocument(f"the key {key!r} stands twice in one object", remedy="keep one of them")
        members[key] = value
    return members


def _no_constant(name: str) -> Json:
    raise InvalidDocument(f"{name} is not JSON", remedy="write a number or null")


def _yaml(text: str) -> Json:
    try:
        from upcasters import yaml_text
    except ImportError as error:
        raise InvalidDocument(
            "the document is neither a JSON object nor can YAML be read here",
            remedy="write JSON, or install lineal-upcasters[yaml]",
        ) from error
    return yaml_text.parse(text)


def _bound_depth(tree: Json, depth: int) -> None:
    level = [tree]
    for _ in range(depth):
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return
    raise InvalidDocument(f"the document is nested deeper than {depth} levels", remedy="flatten it")


def read(tree: Json, limits: Limits = DEFAULT_LIMITS) -> Document:
    """The document a JSON tree stands for. Raises InvalidDocument, which names the place in the tree."""
    members = dict(_object(tree, ""))
    if (language := members.pop("upcast", None)) != 1 or isinstance(language, bool):
        raise InvalidDocument("the document does not say which language it is in", "/upcast", "write upcast: 1")
    down = members.pop("down", "auto")
    ops = _operations(members.pop("ops", []), "/ops", limits, 1)
    document: Document = _struct(Document, members, "", ops=ops, down=_down(down, limits))
    _check_whole(document, limits)
    return document


def _down(value: Json, limits: Limits) -> Down:
    match value:
        case "auto":
            return "auto"
        case "none":
            return "none"
        case list():
            return _operations(value, "/down", limits, 1)
        case _:
            raise InvalidDocument("down is neither auto, none nor a list of operations", "/down", "write down: auto")


def _check_whole(document: Document, limits: Limits) -> None:
    if document.source < 1:
        raise InvalidDocument(f"there is no version {document.source}", "/from", "versions count from 1")
    if document.target <= document.source:
        raise InvalidDocument(
            f"version {document.target} does not follow version {document.source}", "/to", "write the later version"
        )
    if not document.subject:
        raise InvalidDocument("the subject is empty", "/subject", "name the subject")
    if len(document.examples) > limits.examples:
        raise InvalidDocument(f"more than {limits.examples} examples", "/examples", "keep the telling ones")
    lists = {"/ops": document.ops} | ({"/down": document.down} if isinstance(document.down, tuple) else {})
    for place, operations in lists.items():
        if (count := _count(operations)) > limits.operations:
            raise InvalidDocument(f"{count} operations, {limits.operations} are allowed", place, "split the step")
        for index, operation in enumerate(operations[:-1]):
            if isinstance(operation, Emit | Collect):
                name = NAMES[type(operation)]
                raise InvalidDocument(
                    f"{name} is not the last operation", f"{place}/{index}/{name}", "move it to the end"
                )


def _count(operations: tuple[Operation, ...]) -> int:
    return sum(1 + sum(_count(inner) for _, inner in nested(operation)) for operation in operations)


def _operations(value: Json, place: str, limits: Limits, depth: int) -> tuple[Operation, ...]:
    if not isinstance(value, list):
        raise InvalidDocument("not a list of operations", place, "write a list, each item an object with one key")
    if depth > limits.operation_depth:
        raise InvalidDocument(f"operations nested deeper than {limits.operation_depth}", place, "flatten them")
    return tuple(_operation(item, f"{place}/{index}", limits, depth) for index, item in enumerate(value))


def _operation(value: Json, place: str, limits: Limits, depth: int) -> Operation:
    if not isinstance(value, dict) or len(value) != 1:
        raise InvalidDocument("not an object with one key", place, "write the operation's name as its only key")
    [(name, fields)] = value.items()
    kind = OPERATIONS.get(name)
    if kind is None:
        raise InvalidDocument(f"there is no operation {name!r}", place, f"use one of {', '.join(OPERATIONS)}")
    place = f"{place}/{name}"
    if depth > 1 and kind in STREAM_LEVEL:
        raise InvalidDocument(f"{name} concerns the whole event", place, "move it to the top of the document")
    members = dict(_object(fields, place))
    inner: dict[str, Any] = {}
    for field, key in _NESTED.get(kind, ()):
        if key in members:
            inner[field] = _inner(kind, field, members.pop(key), f"{place}/{key}", limits, depth + 1)
    operation: Operation = _struct(kind, members, place, **inner)
    _check_operation(operation, place)
    return operation


_NESTED: Final[dict[type, tuple[tuple[str, str], ...]]] = {
    Each: (("ops", "ops"),),
    In: (("ops", "ops"),),
    When: (("then", "ops"), ("otherwise", "else")),
    Branch: (("arms", "arms"),),
    Emit: (("events", "events"),),
    Envelope: (("ops", "ops"),),
    Collect: (("ops", "ops"),),
}
"""The fields that hold operations, by their names here and in a document."""


def _inner(kind: type, field: str, value: Json, place: str, limits: Limits, depth: int) -> Any:
    if field == "arms":
        return {
            arm: _operations(ops, str(Pointer.parse(place) / arm), limits, depth)
            for arm, ops in _object(value, place).items()
        }
    if kind is Emit:
        if not isinstance(value, list):
            raise InvalidDocument("not a list of events", place, "write a list of {type, ops}")
        return tuple(_part(item, f"{place}/{index}", limits, depth) for index, item in enumerate(value))
    return _operations(value, place, limits, depth)


def _part(value: Json, place: str, limits: Limits, depth: int) -> Part:
    members = dict(_object(value, place))
    ops = _operations(members.pop("ops", []), f"{place}/ops", limits, depth)
    part: Part = _struct(Part, members, place, ops=ops)
    return part


def _check_operation(operation: Operation, place: str) -> None:
    """What can be said against an operation without a shape."""
    for key, problem, remedy in faults(operation):
        raise InvalidDocument(problem, f"{place}/{key}", remedy)


def _object(value: Json, place: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise InvalidDocument("not an object", place, "write an object here")
    return value


def _struct(kind: type[Any], members: dict[str, Json], place: str, **ready: Any) -> Any:
    """Make a struct of JSON members, field by field, so that an error names its field."""
    values = dict(ready)
    types: dict[str, Any] = _types(kind)  # type: ignore[arg-type]
    names = dict(zip(kind.__struct_encode_fields__, kind.__struct_fields__, strict=True))
    for key, value in members.items():
        field = names.get(key)
        if field is None or field in ready:
            known = ", ".join(name for name, own in names.items() if own not in ready) or "none"
            raise InvalidDocument(f"there is no field {key!r} here", f"{place}/{key}", f"known fields: {known}")
        values[field] = _value(value, types[field], f"{place}/{key}")
    for info in _known(kind):  # type: ignore[arg-type]
        if info.required and info.name not in values:
            raise InvalidDocument(f"{info.encode_name!r} is missing", place, f"write {info.encode_name}: ...")
    return kind(**values)


@cache
def _types(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


@cache
def _known(kind: Any) -> tuple[FieldInfo, ...]:
    return msgspec.structs.fields(kind)


def _value(value: Json, annotation: Any, place: str) -> Any:
    try:
        return msgspec.convert(value, annotation, dec_hook=_decode)
    except InvalidDocument as error:
        raise InvalidDocument(error.message, place, error.remedy) from error
    except msgspec.ValidationError as error:
        message = str(error).replace("`", "'")
        raise InvalidDocument(message[0].lower() + message[1:], place, "correct the value") from error


def _decode(kind: type, value: Any) -> Any:
    if kind is Pointer:
        if not isinstance(value, str):
            raise InvalidDocument("not a JSON pointer", remedy="write a text such as /customer/name")
        return Pointer.parse(value)
    raise NotImplementedError(kind)


def write(document: Document) -> Json:
    """The JSON tree of a document, without fields that say nothing new."""
    tree: dict[str, Json] = {"upcast": 1}
    for key, field in zip(document.__struct_encode_fields__, document.__struct_fields__, strict=True):
        value = getattr(document, field)
        if field in ("subject", "source", "target", "ops") or value not in ((), "auto", ""):
            tree[key] = _write(value)
    return tree


def write_operation(operation: Operation) -> Json:
    """The JSON tree of one operation: an object with its name as the only key."""
    return {NAMES[type(operation)]: _fields(operation)}


def _write(value: Any) -> Json:
    match value:
        case Pointer():
            return str(value)
        case Struct():
            name = _NAMES.get(type(value))
            return _fields(value) if name is None else {name: _fields(value)}
        case tuple():
            return [_write(item) for item in value]
        case dict():
            return {key: _write(item) for key, item in value.items()}
        case _:
            return value


_NAMES: Final[Mapping[type, str]] = dict(NAMES.items())


def _fields(value: Struct) -> dict[str, Json]:
    return {
        field.encode_name: _write(current)
        for field in _known(type(value))
        if (current := getattr(value, field.name)) is not UNSET and (field.required or current != field.default)
    }
