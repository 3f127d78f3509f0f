"""A parsed Protobuf schema, read from descriptors."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final, TypeVar

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FeatureSet,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)
from google.protobuf.message import Message as Event

from compat.definition import Definition
from compat.protobuf.locations import Source
from compat.protobuf.pool import build_pool, event_class
from compat.protobuf.printer import SCALARS
from compat.protobuf.records import ENUM, GROUP, ITEM, MESSAGE, MESSAGES, Enum, EnumValue, Field, Message, Site
from compat.verdict import Place

_PACKAGE: Final = (2,)
"""The path of a file's package (descriptor.proto: FileDescriptorProto.package)."""
_KINDS: Final[Mapping[int, str]] = {
    **{int(number): name for number, name in SCALARS.items()},
    FieldDescriptor.TYPE_MESSAGE: MESSAGE,
    FieldDescriptor.TYPE_GROUP: GROUP,
    FieldDescriptor.TYPE_ENUM: ENUM,
}


@dataclass(frozen=True, slots=True)
class _Declared:
    """Where a type stands: its file, its position in it, its own descriptor."""

    file: FileDescriptorProto
    path: tuple[int, ...]
    proto: DescriptorProto | EnumDescriptorProto


P = TypeVar("P", DescriptorProto, EnumDescriptorProto)


class Schema:
    """A parsed schema: immutable, compared by identity, safe to share between threads.

    Messages and enums of the definition's own file are read from the descriptors at once, those of imports when they
    are first asked for.
    """

    def __init__(self, definition: Definition, text: str, files: FileDescriptorSet) -> None:
        self.definition = definition
        self.text = text
        """The source text: the definition's, or printed where that was a serialized descriptor."""
        self.descriptors = files
        self.files: Mapping[str, FileDescriptorProto] = MappingProxyType({file.name: file for file in files.file})
        self.main = files.file[-1].name
        self.pool = build_pool(files)
        self._declared = {name: declared for file in self.files.values() for name, declared in declarations(file)}
        self._messages: dict[str, Message] = {}
        self._enums: dict[str, Enum] = {}
        self._classes: dict[str, type[Event]] = {}
        self._sources = {name: Source(file, main=name == self.main) for name, file in self.files.items()}
        for name in self.message_names:
            self.message(name)
        for name in self.enum_names:
            self.enum(name)

    @property
    def file(self) -> FileDescriptorProto:
        """The descriptor of the definition's own file."""
        return self.files[self.main]

    @property
    def package(self) -> str:
        return self.file.package

    @cached_property
    def message_names(self) -> tuple[str, ...]:
        """Full names of the messages of the definition's own file, outer before inner, as they are declared."""
        declared = self._of_main(DescriptorProto)
        return tuple(name for name, message in declared.items() if not message.options.map_entry)

    @cached_property
    def event_names(self) -> tuple[str, ...]:
        """The messages of the file that can be the type of an event: all but those that a group makes in passing."""
        if self.file.syntax == "proto3":
            return self.message_names  # the language has no groups
        groups = {
            field.type_name.removeprefix(".")
            for fields in (self.file.extension, *map(_declared_fields, self._of_main(DescriptorProto).values()))
            for field in fields
            if field.type == FieldDescriptorProto.TYPE_GROUP
        }
        return tuple(name for name in self.message_names if name not in groups)

    @cached_property
    def enum_names(self) -> tuple[str, ...]:
        """Full names of the enums of the definition's own file."""
        return tuple(self._of_main(EnumDescriptorProto))

    def _of_main(self, kind: type[P]) -> dict[str, P]:
        """The declarations of this kind in the definition's own file, by full name."""
        declared = ((name, each.proto) for name, each in self._declared.items() if each.file is self.file)
        return {name: proto for name, proto in declared if isinstance(proto, kind)}

    def has_message(self, name: str) -> bool:
        declared = self._declared.get(name)
        return declared is not None and isinstance(declared.proto, DescriptorProto)

    def has_enum(self, name: str) -> bool:
        declared = self._declared.get(name)
        return declared is not None and isinstance(declared.proto, EnumDescriptorProto)

    def message(self, name: str) -> Message:
        """The message of this full name, of any file. Raises KeyError."""
        found = self._messages.get(name)
        if found is None:
            found = self._messages[name] = self._read_message(name, self._declared[name])
        return found

    def enum(self, name: str) -> Enum:
        """The enum of this full name, of any file. Raises KeyError."""
        found = self._enums.get(name)
        if found is None:
            found = self._enums[name] = self._read_enum(name, self._declared[name])
        return found

    def place(self, name: str) -> Place | None:
        """Where the message or enum of this full name stands, of any file, or the file's package; None for no such."""
        if (declared := self._declared.get(name)) is not None:
            return self._sources[declared.file.name].place(declared.path, name)
        return self._sources[self.main].place(_PACKAGE, name) if name and name == self.package else None

    def event_class(self, name: str) -> type[Event]:
        """The runtime's class for events of this message. Kept: the runtime forgets a class nobody holds."""
        found = self._classes.get(name)
        if found is None:
            found = self._classes[name] = event_class(self.pool.FindMessageTypeByName(name))
        return found

    @cached_property
    def file_digests(self) -> Mapping[str, bytes]:
        """What each file means together with all it imports: equal digests, equal types."""
        digests: dict[str, bytes] = {}
        for name, file in self.files.items():
            places = FileDescriptorProto(source_code_info=file.source_code_info).SerializeToString(deterministic=True)
            state = hashlib.sha256(file.SerializeToString(deterministic=True).replace(places, b"", 1))
            for dependency in file.dependency:
                state.update(digests.get(dependency, b""))
            digests[name] = state.digest()
        return digests

    @cached_property
    def _declared_extensions(self) -> Mapping[str, tuple[FileDescriptorProto, tuple[int, ...], FieldDescriptorProto]]:
        """Every extension field by full name, with its file and its position in it."""
        found: dict[str, tuple[FileDescriptorProto, tuple[int, ...], FieldDescriptorProto]] = {}
        for file in self.files.values():
            scope = f"{file.package}." if file.package else ""
            for position, field in enumerate(file.extension):
                found[scope + field.name] = (file, (7, position), field)
        for name, declared in self._declared.items():
            if isinstance(declared.proto, DescriptorProto):
                for position, field in enumerate(declared.proto.extension):
                    found[f"{name}.{field.name}"] = (declared.file, (*declared.path, 6, position), field)
        return found

    @cached_property
    def held(self) -> frozenset[str]:
        """Full names of the messages that a field of another message of the schema holds."""
        return frozenset(
            field.type_name.removeprefix(".")
            for name, declared in self._declared.items()
            if isinstance(declared.proto, DescriptorProto)
            for field in declared.proto.field
            if field.type_name and field.type_name != f".{name}"
        )

    @cached_property
    def extended(self) -> frozenset[str]:
        """Full names of the messages that some file of the schema extends: their meaning is not their file's alone."""
        return frozenset(
            extension.extendee.removeprefix(".")
            for declared in self._declared.values()
            if isinstance(declared.proto, DescriptorProto)
            for extension in declared.proto.extension
        ) | frozenset(e.extendee.removeprefix(".") for file in self.files.values() for e in file.extension)

    def _read_message(self, name: str, declared: _Declared) -> Message:
        proto = declared.proto
        if not isinstance(proto, DescriptorProto):
            raise KeyError(name)
        descriptor = self.pool.FindMessageTypeByName(name)
        fields = {field.number: field for field in self._fields(descriptor, declared, proto)}
        for extension in self._extensions(descriptor):
            fields.setdefault(extension.number, extension)
        oneofs: dict[str, tuple[int, ...]] = {}
        for field in fields.values():
            if field.oneof:
                oneofs[field.oneof] = (*oneofs.get(field.oneof, ()), field.number)
        return Message(
            name=name,
            file=declared.file.name,
            fields=MappingProxyType(fields),
            oneofs=MappingProxyType(oneofs),
            reserved=tuple((r.start, r.end - 1) for r in proto.reserved_range),
            reserved_names=frozenset(proto.reserved_name),
            extension_ranges=tuple((r.start, r.end - 1) for r in proto.extension_range),
            map_entry=proto.options.map_entry,
            index=declared.path[1::2],
            deprecated=proto.options.deprecated,
            site=Site(name, self._sources[declared.file.name], declared.path),
        )

    def _fields(self, descriptor: Descriptor, declared: _Declared, proto: DescriptorProto) -> Iterator[Field]:
        source, prefix = self._sources[declared.file.name], f"{descriptor.full_name}."
        for position, (resolved, field) in enumerate(zip(descriptor.fields, proto.field, strict=True)):
            oneof = resolved.containing_oneof
            named = "" if oneof is None or field.proto3_optional else oneof.name
            site = Site(prefix + field.name, source, (*declared.path, 2, position))
            yield _field(resolved, field, declared.file, named, site)

    def _extensions(self, descriptor: Any) -> Iterator[Field]:
        if not descriptor.extension_ranges:
            return
        extensions: list[Any] = self.pool.FindAllExtensions(descriptor)
        for resolved in sorted(extensions, key=lambda e: e.number):
            file, path, proto = self._declared_extensions[resolved.full_name]
            site = Site(resolved.full_name, self._sources[file.name], path)
            yield _field(resolved, proto, file, "", site)

    def _read_enum(self, name: str, declared: _Declared) -> Enum:
        proto = declared.proto
        if not isinstance(proto, EnumDescriptorProto):
            raise KeyError(name)
        source, prefix = self._sources[declared.file.name], f"{name}."
        values = [
            EnumValue(
                value.name,
                value.number,
                value.options.deprecated,
                Site(prefix + value.name, source, (*declared.path, 2, position)),
            )
            for position, value in enumerate(proto.value)
        ]
        return Enum(
            name=name,
            file=declared.file.name,
            closed=self.pool.FindEnumTypeByName(name).is_closed,
            values=tuple(values),
            reserved=tuple((r.start, r.end) for r in proto.reserved_range),
            reserved_names=frozenset(proto.reserved_name),
            site=Site(name, self._sources[declared.file.name], declared.path),
        )


def counterpart(writer: Schema, reader: Schema, name: str) -> str:
    """The name under which the reader knows a message or enum of the writer: a changed package moves all."""
    old, new = writer.package, reader.package
    known = reader.has_message(name) or reader.has_enum(name)
    if known or old == new or (old and not name.startswith(f"{old}.")):
        return name
    inner = name.removeprefix(f"{old}.") if old else name
    return f"{new}.{inner}" if new else inner


def declarations(file: FileDescriptorProto) -> Iterator[tuple[str, _Declared]]:
    """Every message and enum of a file by full name, outer before inner; nesting is bounded by protoc."""
    prefix = f"{file.package}." if file.package else ""
    waiting: list[tuple[str, tuple[int, ...], DescriptorProto]] = [
        (prefix, (4, position), message) for position, message in reversed(list(enumerate(file.message_type)))
    ]
    while waiting:
        scope, path, message = waiting.pop()
        name = scope + message.name
        yield name, _Declared(file, path, message)
        yield from _enums(file, f"{name}.", (*path, 4), message.enum_type)
        waiting += [
            (f"{name}.", (*path, 3, position), nested)
            for position, nested in reversed(list(enumerate(message.nested_type)))
        ]
    yield from _enums(file, prefix, (5,), file.enum_type)


def _declared_fields(message: DescriptorProto) -> Iterator[FieldDescriptorProto]:
    yield from message.field
    yield from message.extension


def _enums(
    file: FileDescriptorProto, scope: str, path: tuple[int, ...], enums: Sequence[EnumDescriptorProto]
) -> Iterator[tuple[str, _Declared]]:
    for position, enum in enumerate(enums):
        yield scope + enum.name, _Declared(file, (*path, position), enum)


def _field(
    resolved: Any,
    proto: FieldDescriptorProto,
    file: FileDescriptorProto,
    oneof: str,
    site: Site,
) -> Field:
    in_set = resolved.is_extension and resolved.containing_type.GetOptions().message_set_wire_format
    kind = ITEM if in_set else _KINDS[resolved.type]
    named = resolved.message_type or resolved.enum_type
    repeated = resolved.is_repeated
    return Field(
        number=resolved.number,
        name=resolved.full_name if resolved.is_extension else resolved.name,
        json_name=f"[{resolved.full_name}]" if resolved.is_extension else resolved.json_name,
        type=kind,
        type_name=named.full_name if named is not None else "",
        repeated=repeated,
        packed=resolved.is_packed,
        map=repeated and kind == MESSAGE and resolved.message_type.GetOptions().map_entry,
        presence=resolved.has_presence,
        required=resolved.is_required,
        oneof=oneof,
        default=None if repeated or kind in MESSAGES else resolved.default_value,
        checked=kind == "string" and _checks_utf8(file, proto),
        extension=resolved.full_name if resolved.is_extension else "",
        deprecated=proto.HasField("options") and proto.options.deprecated,
        site=site,
    )


def _checks_utf8(file: FileDescriptorProto, field: FieldDescriptorProto) -> bool:
    """Language guide, 'Feature settings for editions', utf8_validation: of the file or the field."""
    if file.syntax != "editions":
        return file.syntax == "proto3"
    for options in (field.options, file.options):
        if options.features.HasField("utf8_validation"):
            return options.features.utf8_validation != FeatureSet.NONE
    return True
