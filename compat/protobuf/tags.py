"""Inline tags of a Protobuf schema: the options ``confluent.message_meta`` and ``confluent.field_meta``.

A text with other tags is printed anew from its descriptors, so comments are lost; the rest stays.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any, Final

from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto, FileDescriptorSet

from compat.definition import Definition, Format
from compat.entity import Entity, EntityKind, Tags
from compat.protobuf.engine import ProtobufEngine
from compat.protobuf.model import Schema
from compat.protobuf.pool import with_known_options

_META: Final = "confluent/meta.proto"
_PROBE: Final = Definition(Format.PROTOBUF, f'syntax = "proto3";\nimport "{_META}";\nmessage Probe {{}}\n')
_OPTION: Final = {EntityKind.RECORD: "confluent.message_meta", EntityKind.FIELD: "confluent.field_meta"}


def tags(engine: ProtobufEngine, schema: Schema) -> Tags:
    """The tags of the schema's own text."""
    file = _readable(engine, schema)
    found = {entity: frozenset(_meta(holder, entity.kind, file).tags) for entity, holder in _within(file)}
    return {entity: tags for entity, tags in found.items() if tags}


def entities(schema: Schema) -> list[Entity]:
    """What can carry tags, in the order of the text."""
    return [entity for entity, _ in _within(schema.file)]


def tagged(engine: ProtobufEngine, schema: Schema, wanted: Tags) -> str:
    """The text with exactly these tags at these entities."""
    file = _readable(engine, schema)
    for entity, holder in _within(file):
        if entity in wanted:
            meta = _meta(holder, entity.kind, file)
            del meta.tags[:]
            meta.tags.extend(sorted(wanted[entity]))
            if not meta.ByteSize():
                holder.options.ClearExtension(_extension(file, entity.kind))
    if _META not in file.dependency and any(wanted.values()):
        file.dependency.append(_META)
    file.ClearField("source_code_info")
    text = base64.b64encode(file.SerializeToString()).decode()
    return engine.parse(Definition(Format.PROTOBUF, text, schema.definition.references)).text


def _readable(engine: ProtobufEngine, schema: Schema) -> FileDescriptorProto:
    """The schema's file with the options of ``confluent/meta.proto`` as fields, also where it does not import it."""
    known = {file.name for file in schema.descriptors.file}
    files = FileDescriptorSet()
    files.file.extend(schema.descriptors.file[:-1])
    probe = engine.parse(_PROBE).descriptors.file[:-1]
    files.file.extend(file for file in probe if file.name not in known)
    return with_known_options(files, schema.file)


def _within(file: FileDescriptorProto) -> Iterator[tuple[Entity, Any]]:
    prefix = f"{file.package}." if file.package else ""
    for message in file.message_type:
        yield from _message(message, prefix)


def _message(message: DescriptorProto, prefix: str) -> Iterator[tuple[Entity, Any]]:
    name = prefix + message.name
    yield Entity(name, EntityKind.RECORD), message
    for field in message.field:
        yield Entity(f"{name}.{field.name}", EntityKind.FIELD), field
    for inner in message.nested_type:
        if not inner.options.map_entry:
            yield from _message(inner, f"{name}.")


def _extension(file: FileDescriptorProto, kind: EntityKind) -> Any:
    return file.DESCRIPTOR.file.pool.FindExtensionByName(_OPTION[kind])


def _meta(holder: Any, kind: EntityKind, file: FileDescriptorProto) -> Any:
    return holder.options.Extensions[_extension(file, kind)]
