"""The reader schema of some fields: the messages of the file with the numbers that are needed, and no others."""

from __future__ import annotations

from typing import TypeVar

from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto
from google.protobuf.message import Message as ProtobufMessage

from compat.definition import Definition, Format
from compat.errors import UnknownField
from compat.projection import Need, merged
from compat.protobuf.model import Schema
from compat.protobuf.pool import with_known_options
from compat.protobuf.printer import print_file
from compat.protobuf.records import Message

M = TypeVar("M", bound=ProtobufMessage)


def projection(schema: Schema, need: Need) -> Definition:
    """Narrows the messages that the first one reaches within its file; imported ones are needed whole.

    Raises UnknownField.
    """
    if not schema.message_names:
        raise UnknownField("", "the definition declares no message, so it has no fields")
    needs: dict[str, Need] = {}
    _visit(schema, schema.message(schema.message_names[0]), need, "", needs)
    file = FileDescriptorProto()
    file.CopyFrom(schema.file)
    file.ClearField("source_code_info")
    file.ClearField("service")
    prefix = f"{file.package}." if file.package else ""
    for message in file.message_type:
        _narrow(message, f"{prefix}{message.name}", needs)
    text = print_file(with_known_options(schema.descriptors, file))
    return Definition(Format.PROTOBUF, text, schema.definition.references)


def _visit(schema: Schema, message: Message, need: Need, path: str, needs: dict[str, Need]) -> None:
    before = needs.get(message.name)
    wanted = need if before is None else merged(before, need)
    if wanted == before:
        return
    needs[message.name] = wanted
    fields = {field.name: field for field in message.fields.values()}
    for name in wanted.fields or fields:
        full = f"{path}.{name}" if path else name
        if name not in fields:
            listed = ", ".join(sorted(fields)[:12]) or "none"
            raise UnknownField(full, f"there is no field {full}; the fields there: {listed}")
        field, inner = fields[name], wanted.of(name)
        if field.map:
            field = schema.message(field.type_name).fields[2]
        if field.holds_message:
            _visit(schema, schema.message(field.type_name), inner, full, needs)
        elif inner.fields:
            deeper = f"{full}.{next(iter(inner.fields))}"
            raise UnknownField(deeper, f"there is no field {deeper}: {full} is no message")


def _narrow(message: DescriptorProto, name: str, needs: dict[str, Need]) -> None:
    for inner in message.nested_type:
        _narrow(inner, f"{name}.{inner.name}", needs)
    need = needs.get(name)
    if need is None or not need.fields:
        return
    kept = [field for field in message.field if field.name in need.fields]
    used = sorted({field.oneof_index for field in kept if field.HasField("oneof_index")})
    oneofs = [message.oneof_decl[index] for index in used]
    for field in kept:
        if field.HasField("oneof_index"):
            field.oneof_index = used.index(field.oneof_index)
    fields, declared = [_copy(field) for field in kept], [_copy(oneof) for oneof in oneofs]
    entries = {field.type_name.rpartition(".")[2] for field in fields}
    nested = [_copy(each) for each in message.nested_type if not each.options.map_entry or each.name in entries]
    for member, values in (("field", fields), ("oneof_decl", declared), ("nested_type", nested)):
        message.ClearField(member)  # type: ignore[arg-type]
        getattr(message, member).extend(values)


def _copy(value: M) -> M:
    made = type(value)()
    made.CopyFrom(value)
    return made
