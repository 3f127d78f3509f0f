"""Descriptor pools of the protobuf runtime: one per schema, so that names never leak from one to another."""

from __future__ import annotations

from typing import Any, cast

from google.protobuf import descriptor_pb2, message_factory
from google.protobuf.descriptor import Descriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.internal import api_implementation
from google.protobuf.message import Message as Event

from compat.errors import InvalidSchema


def build_pool(files: FileDescriptorSet) -> DescriptorPool:
    """A pool of these files, dependencies first. Raises InvalidSchema for what the runtime refuses."""
    pool = DescriptorPool()
    for file in files.file:
        try:
            _add(pool, file)
        except TypeError as error:
            raise InvalidSchema(f"the protobuf runtime refuses {file.name}: {error}") from error
    return pool


def _add(pool: DescriptorPool, file: FileDescriptorProto) -> None:
    """protoc only warns of names that are one in JSON, or exchanged there; the runtime wants them to be allowed."""
    try:
        pool.AddSerializedFile(file.SerializeToString())
    except TypeError as error:
        if "duplicate json_name" not in str(error):
            raise
        allowing = FileDescriptorProto()
        allowing.CopyFrom(file)
        waiting = [*allowing.message_type]
        while waiting:
            message = waiting.pop()
            message.options.deprecated_legacy_json_field_conflicts = True
            waiting += message.nested_type
        pool.AddSerializedFile(allowing.SerializeToString())


def event_class(descriptor: Descriptor) -> type[Event]:
    """The runtime's class for a message.

    The factory makes the classes of all messages it can hold at once, some 50 microseconds each. The usual runtime
    makes them itself when they are first met, so there it is asked through its metaclass, as generated code does.
    """
    if api_implementation.Type() != "upb":
        return message_factory.GetMessageClass(descriptor)
    meta: Any = type(FileDescriptorProto)
    made: type[Event] = meta(descriptor.name, (Event,), {"DESCRIPTOR": descriptor, "__module__": None})
    return made


def with_known_options(dependencies: FileDescriptorSet, file: FileDescriptorProto) -> FileDescriptorProto:
    """The same file with the custom options that it or its dependencies declare as fields, not as unknown bytes."""
    pool = DescriptorPool()
    names = set()
    for dependency in dependencies.file:
        if dependency.name != file.name:
            _add(pool, dependency)
            names.add(dependency.name)
    plain = FileDescriptorProto()
    plain.CopyFrom(file)
    try:
        if set(file.dependency) <= names:
            _add(pool, plain)
    except TypeError as error:
        raise InvalidSchema(f"the serialized FileDescriptorProto is inconsistent: {error}") from error
    if descriptor_pb2.DESCRIPTOR.name not in names:
        pool.AddSerializedFile(descriptor_pb2.DESCRIPTOR.serialized_pb)
    known = message_factory.GetMessageClass(pool.FindMessageTypeByName("google.protobuf.FileDescriptorProto"))()
    known.ParseFromString(file.SerializeToString())
    return cast("FileDescriptorProto", known)
