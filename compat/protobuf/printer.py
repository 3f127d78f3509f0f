"""Print a file descriptor as Protobuf source text: one spelling for every schema of the same meaning.

What is printed compiles back to an equal descriptor, in the ordered style to one that differs in order alone.
Messages stand before enums; the order of messages is kept, since the Confluent wire format counts them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from google.protobuf import text_encoding
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    Edition,
    EnumDescriptorProto,
    EnumValueDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    MethodDescriptorProto,
    ServiceDescriptorProto,
    SymbolVisibility,
)
from google.protobuf.message import Message

SCALARS: Final = {
    FieldDescriptorProto.TYPE_DOUBLE: "double",
    FieldDescriptorProto.TYPE_FLOAT: "float",
    FieldDescriptorProto.TYPE_INT64: "int64",
    FieldDescriptorProto.TYPE_UINT64: "uint64",
    FieldDescriptorProto.TYPE_INT32: "int32",
    FieldDescriptorProto.TYPE_FIXED64: "fixed64",
    FieldDescriptorProto.TYPE_FIXED32: "fixed32",
    FieldDescriptorProto.TYPE_BOOL: "bool",
    FieldDescriptorProto.TYPE_STRING: "string",
    FieldDescriptorProto.TYPE_BYTES: "bytes",
    FieldDescriptorProto.TYPE_UINT32: "uint32",
    FieldDescriptorProto.TYPE_SFIXED32: "sfixed32",
    FieldDescriptorProto.TYPE_SFIXED64: "sfixed64",
    FieldDescriptorProto.TYPE_SINT32: "sint32",
    FieldDescriptorProto.TYPE_SINT64: "sint64",
}
"""The scalar types by descriptor number, spelt as in the language."""

_MAX_FIELD: Final = 536_870_912
_MAX_ENUM: Final = 2_147_483_647
_MAX_MESSAGE_SET: Final = 2_147_483_647
_MAX_OPTION_DEPTH: Final = 64


@dataclass(frozen=True, slots=True)
class Style:
    """Which of the text forms is wanted."""

    ordered: bool = False
    """Fields by number, values by number and name, imports and options by name; a stated proto2 is left out."""
    extensions: bool = True
    """Whether extension fields and custom options are printed."""


def print_file(file: FileDescriptorProto, style: Style = Style()) -> str:
    """Source text of the file. Custom options are printed where ``file`` has them as known extensions."""
    return "\n".join(_Printer(file, style).lines()) + "\n"


class _Printer:
    def __init__(self, file: FileDescriptorProto, style: Style) -> None:
        self._file = file
        self._style = style
        self._editions = file.syntax == "editions"

    def lines(self) -> Iterator[str]:
        file = self._file
        yield from self._syntax()
        if file.package:
            yield f"package {file.package};"
        yield from self._imports()
        yield from self._options(file.options)
        for message in file.message_type:
            yield ""
            yield from self._message(message, 0)
        for enum in file.enum_type:
            yield ""
            yield from self._enum(enum, 0)
        yield from self._extends(file.extension, file.message_type, 0)
        for service in file.service:
            yield ""
            yield from self._service(service)

    def _syntax(self) -> Iterator[str]:
        if self._editions:
            yield f'edition = "{Edition.Name(self._file.edition).removeprefix("EDITION_")}";'
        elif self._file.syntax == "proto3":
            yield 'syntax = "proto3";'
        elif not self._style.ordered:
            yield 'syntax = "proto2";'

    def _imports(self) -> Iterator[str]:
        file = self._file
        public, weak = set(file.public_dependency), set(file.weak_dependency)
        lines = []
        for index, name in enumerate(file.dependency):
            kind = "public " if index in public else "weak " if index in weak else ""
            lines.append(f"import {kind}{_quoted(name)};")
        lines += [f"import option {_quoted(name)};" for name in file.option_dependency]
        if lines:
            yield ""
            yield from sorted(set(lines)) if self._style.ordered else lines

    def _options(self, options: Message, indent: int = 0) -> Iterator[str]:
        lines = [f"{_pad(indent)}option {option};" for option in self._assignments(options)]
        if lines and not indent:
            yield ""
        yield from lines

    def _message(self, message: DescriptorProto, indent: int) -> Iterator[str]:
        yield f"{_pad(indent)}{_visibility(message.visibility)}message {message.name} {{"
        yield from self._body(message, indent + 1)
        yield f"{_pad(indent)}}}"

    def _body(self, message: DescriptorProto, indent: int) -> Iterator[str]:
        yield from self._options(message.options, indent)
        yield from self._reserved(
            message.reserved_range, message.reserved_name, indent, lambda r: _range(r.start, r.end - 1, _MAX_FIELD - 1)
        )
        nested = _Nested(message)
        yield from self._fields(message, nested, indent)
        highest = _MAX_MESSAGE_SET if message.options.message_set_wire_format else _MAX_FIELD
        ranges: Sequence[DescriptorProto.ExtensionRange] = message.extension_range
        for extension_range in sorted(ranges, key=lambda r: r.start) if self._style.ordered else ranges:
            text = _range(extension_range.start, extension_range.end - 1, highest - 1)
            yield f"{_pad(indent)}extensions {text}{_brackets(self._assignments(extension_range.options))};"
        for inner in nested.rest():
            yield from self._message(inner, indent)
        for enum in message.enum_type:
            yield from self._enum(enum, indent)
        yield from self._extends(message.extension, message.nested_type, indent)

    def _reserved(
        self, ranges: Sequence[Any], names: Sequence[str], indent: int, spell: Callable[[Any], str]
    ) -> Iterator[str]:
        spelt = [name if self._editions else _quoted(name) for name in names]
        if self._style.ordered:
            ranges = sorted(ranges, key=lambda r: r.start)
            for text in [*map(spell, ranges), *sorted(spelt)]:
                yield f"{_pad(indent)}reserved {text};"
            return
        if ranges:
            yield f"{_pad(indent)}reserved {', '.join(map(spell, ranges))};"
        if spelt:
            yield f"{_pad(indent)}reserved {', '.join(spelt)};"

    def _fields(self, message: DescriptorProto, nested: _Nested, indent: int) -> Iterator[str]:
        fields = sorted(message.field, key=lambda f: f.number) if self._style.ordered else message.field
        started: set[int] = set()
        for field in fields:
            members = [field]
            if field.HasField("oneof_index") and not field.proto3_optional:
                if field.oneof_index in started:
                    continue
                started.add(field.oneof_index)
                members = [f for f in fields if f.HasField("oneof_index") and f.oneof_index == field.oneof_index]
            for member in members:
                for inner in nested.before(member):
                    yield from self._message(inner, indent)
            if members == [field] and not (field.HasField("oneof_index") and not field.proto3_optional):
                yield from self._field(field, message.nested_type, indent)
            else:
                yield from self._oneof(message, members, indent)

    def _oneof(self, message: DescriptorProto, members: Sequence[FieldDescriptorProto], indent: int) -> Iterator[str]:
        oneof = message.oneof_decl[members[0].oneof_index]
        yield f"{_pad(indent)}oneof {oneof.name} {{"
        yield from self._options(oneof.options, indent + 1)
        for member in members:
            yield from self._field(member, message.nested_type, indent + 1, labelled=False)
        yield f"{_pad(indent)}}}"

    def _field(
        self, field: FieldDescriptorProto, nested: Sequence[DescriptorProto], indent: int, *, labelled: bool = True
    ) -> Iterator[str]:
        options = _brackets([*_default(field), *_json_name(field), *self._assignments(field.options)])
        entry = _map_entry(field, nested)
        label = self._label(field) if labelled else ""
        if field.type == FieldDescriptorProto.TYPE_GROUP:
            group = next(message for message in nested if message.name == field.type_name.rpartition(".")[2])
            yield f"{_pad(indent)}{label}group {group.name} = {field.number}{options} {{"
            yield from self._body(group, indent + 1)
            yield f"{_pad(indent)}}}"
        elif entry is not None:
            key, value = entry.field
            yield f"{_pad(indent)}map<{_type(key)}, {_type(value)}> {field.name} = {field.number}{options};"
        else:
            yield f"{_pad(indent)}{label}{_type(field)} {field.name} = {field.number}{options};"

    def _label(self, field: FieldDescriptorProto) -> str:
        if field.label == FieldDescriptorProto.LABEL_REPEATED:
            return "repeated "
        if field.label == FieldDescriptorProto.LABEL_REQUIRED:
            return "required "
        implied = self._editions or (self._file.syntax == "proto3" and not field.proto3_optional)
        return "" if implied else "optional "

    def _enum(self, enum: EnumDescriptorProto, indent: int) -> Iterator[str]:
        yield f"{_pad(indent)}{_visibility(enum.visibility)}enum {enum.name} {{"
        yield from self._options(enum.options, indent + 1)
        yield from self._reserved(
            enum.reserved_range, enum.reserved_name, indent + 1, lambda r: _range(r.start, r.end, _MAX_ENUM)
        )
        values: Sequence[EnumValueDescriptorProto] = enum.value
        if self._style.ordered and values:
            # The first value is the default, and in an open enum must be zero: it stays first.
            values = [values[0], *sorted(values[1:], key=lambda v: (v.number, v.name))]
        for value in values:
            options = _brackets(self._assignments(value.options))
            yield f"{_pad(indent + 1)}{value.name} = {value.number}{options};"
        yield f"{_pad(indent)}}}"

    def _extends(
        self, extensions: Sequence[FieldDescriptorProto], nested: Sequence[DescriptorProto], indent: int
    ) -> Iterator[str]:
        if not self._style.extensions:
            return
        for extendee, fields in groupby(extensions, key=lambda f: f.extendee):
            if not indent:
                yield ""
            yield f"{_pad(indent)}extend {extendee} {{"
            for field in fields:
                yield from self._field(field, nested, indent + 1)
            yield f"{_pad(indent)}}}"

    def _service(self, service: ServiceDescriptorProto) -> Iterator[str]:
        yield f"service {service.name} {{"
        yield from self._options(service.options, 1)
        for method in service.method:
            yield from self._method(method)
        yield "}"

    def _method(self, method: MethodDescriptorProto) -> Iterator[str]:
        request = f"{'stream ' if method.client_streaming else ''}{method.input_type}"
        response = f"{'stream ' if method.server_streaming else ''}{method.output_type}"
        options = list(self._options(method.options, 2))
        signature = f"  rpc {method.name}({request}) returns ({response})"
        if not options:
            yield f"{signature} {{}}" if method.HasField("options") else f"{signature};"
            return
        yield f"{signature} {{"
        yield from options
        yield "  }"

    def _assignments(self, options: Message) -> list[str]:
        """``name = value`` for every option that is set, custom ones under ``(full.name)``."""
        found = []
        for field, value in options.ListFields():
            if field.is_extension and not self._style.extensions:
                continue
            if field.name == "map_entry" and not field.is_extension:
                continue
            name = f"({field.full_name})" if field.is_extension else field.name
            if field.message_type is not None and not field.is_repeated and not field.is_extension:
                found += [f"{name}.{part}" for part in self._nested_assignments(value)]
            else:
                values = _elements(field, value)
                found += [f"{name} = {_literal(field, element, 0)}" for element in values]
        return sorted(found) if self._style.ordered else found

    def _nested_assignments(self, value: Message) -> Iterator[str]:
        """``features`` are set one by one: the language has no other way for some of them."""
        for field, element in value.ListFields():
            name = f"({field.full_name})" if field.is_extension else field.name
            for one in _elements(field, element):
                yield f"{name} = {_literal(field, one, 0)}"


class _Nested:
    """The messages declared inside a message, handed out so that each keeps its place among all nested types.

    A message index counts the types that maps and groups make as well: they come into being where the field stands.
    """

    def __init__(self, message: DescriptorProto) -> None:
        groups = _group_names(message.field, message) | _group_names(message.extension, message)
        self._types = message.nested_type
        self._made = [nested.options.map_entry or nested.name in groups for nested in message.nested_type]
        self._next = 0

    def before(self, field: FieldDescriptorProto) -> Iterator[DescriptorProto]:
        """The messages that stand before the type this field makes, if it makes one."""
        makes = field.type == FieldDescriptorProto.TYPE_GROUP or _map_entry(field, self._types) is not None
        if not makes:
            return
        while self._next < len(self._types) and not self._made[self._next]:
            self._next += 1
            yield self._types[self._next - 1]
        self._next += 1

    def rest(self) -> Iterator[DescriptorProto]:
        for position in range(self._next, len(self._types)):
            if not self._made[position]:
                yield self._types[position]


def _elements(field: Any, value: Any) -> list[Any]:
    if not field.is_repeated:
        return [value]
    entry = field.message_type
    if entry is not None and entry.GetOptions().map_entry:
        make = entry._concrete_class  # noqa: SLF001 - the runtime names the class of an entry nowhere else
        if entry.fields_by_name["value"].message_type is None:
            return [make(key=key, value=item) for key, item in sorted(value.items())]
        return [make(key=key, value=item) for key, item in sorted(value.items(), key=lambda pair: pair[0])]
    return list(value)


def _literal(field: Any, value: Any, depth: int) -> str:
    """An option's value as the language writes it; messages as ``{ name: value }``."""
    if field.message_type is not None:
        if depth > _MAX_OPTION_DEPTH:
            return "{ }"
        return _aggregate(value, depth)
    if field.enum_type is not None:
        named = field.enum_type.values_by_number.get(value)
        return named.name if named is not None else str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return f'"{text_encoding.CEscape(value, as_utf8=False)}"'
    if isinstance(value, str):
        return _quoted(value)
    return _number(value)


def _aggregate(value: Any, depth: int) -> str:
    parts = []
    for field, element in value.ListFields():
        name = f"[{field.full_name}]" if field.is_extension else field.name
        if field.type == FieldDescriptor.TYPE_GROUP and not field.is_extension:
            name = field.message_type.name
        parts += [f"{name}: {_literal(field, one, depth + 1)}" for one in _elements(field, element)]
    return f"{{ {' '.join(parts)} }}" if parts else "{ }"


def _number(value: float) -> str:
    if isinstance(value, int):
        return str(value)
    if value != value:
        return "nan"
    if value in (float("inf"), float("-inf")):
        return "inf" if value > 0 else "-inf"
    return repr(value)


def _default(field: FieldDescriptorProto) -> Iterator[str]:
    if not field.HasField("default_value"):
        return
    if field.type == FieldDescriptorProto.TYPE_STRING:
        yield f"default = {_quoted(field.default_value)}"
    elif field.type == FieldDescriptorProto.TYPE_BYTES:
        yield f'default = "{field.default_value}"'
    else:
        yield f"default = {field.default_value}"


def _json_name(field: FieldDescriptorProto) -> Iterator[str]:
    if field.HasField("json_name") and not field.extendee and field.json_name != implied_json_name(field.name):
        yield f"json_name = {_quoted(field.json_name)}"


def implied_json_name(name: str) -> str:
    """The lowerCamelCase name that protoc gives a field (language guide, 'JSON Mapping')."""
    parts: list[str] = []
    upper = False
    for character in name:
        if character == "_":
            upper = True
        else:
            parts.append(character.upper() if upper and character.islower() else character)
            upper = False
    return "".join(parts)


def _map_entry(field: FieldDescriptorProto, nested: Sequence[DescriptorProto]) -> DescriptorProto | None:
    if field.type != FieldDescriptorProto.TYPE_MESSAGE or field.label != FieldDescriptorProto.LABEL_REPEATED:
        return None
    name = field.type_name.rpartition(".")[2]
    return next((m for m in nested if m.name == name and m.options.map_entry), None)


def _group_names(fields: Sequence[FieldDescriptorProto], owner: DescriptorProto) -> set[str]:
    names = {f.type_name.rpartition(".")[2] for f in fields if f.type == FieldDescriptorProto.TYPE_GROUP}
    return names & {nested.name for nested in owner.nested_type}


def _type(field: FieldDescriptorProto) -> str:
    return SCALARS.get(field.type) or field.type_name


def _visibility(visibility: int) -> str:
    spelt = {SymbolVisibility.VISIBILITY_LOCAL: "local ", SymbolVisibility.VISIBILITY_EXPORT: "export "}
    return spelt.get(visibility, "")  # type: ignore[call-overload, no-any-return]


def _range(first: int, last: int, highest: int) -> str:
    if first == last:
        return str(first)
    return f"{first} to {'max' if last >= highest else last}"


def _brackets(options: Sequence[str]) -> str:
    return f" [{', '.join(options)}]" if options else ""


def _quoted(text: str) -> str:
    return f'"{text_encoding.CEscape(text.encode("utf-8"), as_utf8=False)}"'


def _pad(indent: int) -> str:
    return "  " * indent
