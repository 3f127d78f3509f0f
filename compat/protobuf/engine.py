"""The Protobuf engine: what ``compat.engine.Engine`` asks, answered from descriptors that the real protoc made."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Final

from google.protobuf.descriptor_pb2 import FileDescriptorProto

from compat.budget import DEFAULT_LIMITS, Budget, Limits
from compat.definition import Definition, Format
from compat.engine import Form, Violation
from compat.errors import InvalidPayload, InvalidSchema, LimitExceeded
from compat.outline import Type
from compat.profile import FormatMode
from compat.projection import Need
from compat.protobuf import payload as payloads
from compat.protobuf import payload_json
from compat.protobuf.canonical import canonical
from compat.protobuf.compare import Comparison
from compat.protobuf.differences import differences
from compat.protobuf.json_compare import JsonComparison
from compat.protobuf.minimal import Minimal
from compat.protobuf.model import Schema
from compat.protobuf.outline import outline
from compat.protobuf.pool import with_known_options
from compat.protobuf.printer import Style, print_file
from compat.protobuf.projection import projection
from compat.protobuf.protoc import Protoc
from compat.protobuf.rules import RULES
from compat.protobuf.samples import samples
from compat.protobuf.source import compile_definition
from compat.verdict import Difference, Incompatibility, Reason, Rule, Undecided

_STYLES: Final = {
    Form.NORMALIZED: Style(ordered=True),
    Form.IGNORE_EXTENSIONS: Style(extensions=False),
}


class ProtobufEngine:
    """Protobuf schemas: proto2, proto3 and editions.

    What concerns one event (``encode``, ``samples``, ``outline`` ...) means the first message of the file, as message
    index 0 of the Confluent wire format does; ``message`` names another by its full name.
    """

    def __init__(self, protoc: Protoc | None = None, limits: Limits = DEFAULT_LIMITS) -> None:
        self._protoc = protoc or Protoc()
        self._limits = limits

    @property
    def format(self) -> Format:
        return Format.PROTOBUF

    @property
    def rules(self) -> Mapping[str, Rule]:
        return RULES

    def parse(self, definition: Definition) -> Schema:
        """Compile source text, or a base64 FileDescriptorProto.

        Raises InvalidSchema with line and column, UnresolvedReference, LimitExceeded.
        """
        text, files = compile_definition(definition, self._protoc, self._limits)
        schema = Schema(definition, text, files)
        file = schema.file
        if not (file.message_type or file.enum_type or file.service or file.extension or file.public_dependency):
            raise InvalidSchema("the text declares nothing: declare a message")
        return schema

    def text(self, schema: Schema, form: Form) -> str:
        if form is Form.SERIALIZED:
            bare = FileDescriptorProto()
            bare.CopyFrom(schema.file)
            bare.ClearField("source_code_info")
            return base64.b64encode(bare.SerializeToString(deterministic=True)).decode()
        if form not in _STYLES:
            return canonical(schema.text)
        return print_file(with_known_options(schema.descriptors, schema.file), _STYLES[form])

    def differences(self, old: Schema, new: Schema) -> Iterator[Difference]:
        return differences(old, new)

    def incompatibilities(
        self,
        reader: Schema,
        writer: Schema,
        budget: Budget,
        *,
        first_only: bool = False,
        json_formats: FormatMode = FormatMode.CONSERVATIVE,  # noqa: ARG002 - of JSON Schema only
    ) -> Iterator[Incompatibility | Undecided]:
        """Findings of the binary encoding. Exact: undecided only when the budget is spent."""
        try:
            yield from Comparison(reader, writer, budget).run(first_only=first_only)
        except LimitExceeded as spent:
            yield Undecided(Reason.BUDGET_SPENT, f"the comparison was stopped: {spent}")

    def projection(self, schema: Schema, need: Need) -> Definition:
        """Narrows the messages of the file itself; those it imports are needed whole."""
        return projection(schema, need)

    def json_incompatibilities(
        self, reader: Schema, writer: Schema, budget: Budget
    ) -> Iterator[Incompatibility | Undecided]:
        """Findings of ProtoJSON, to be asked for beside those of the binary encoding where events travel as JSON."""
        try:
            yield from JsonComparison(reader, writer, budget).run()
        except LimitExceeded as spent:
            yield Undecided(Reason.BUDGET_SPENT, f"the comparison was stopped: {spent}")

    def outline(self, schema: Schema, message: str | None = None) -> Type:
        return outline(schema, self.root(schema, message))

    def minimal(self, schema: Schema, message: str | None = None) -> object:
        """The event with its required fields and nothing else; raises InvalidPayload if the message has no event."""
        root = self.root(schema, message)
        smallest = Minimal(schema).of(root)
        if smallest is None:
            raise InvalidPayload(f"{root} requires itself without end, so it has no event")
        return payloads.decode(schema, root, smallest)

    def samples(self, schema: Schema, seed: int, message: str | None = None) -> Iterator[object]:
        """Events of the message, boundary values first; none if it requires itself without end."""
        return samples(schema, self.root(schema, message), seed)

    def violations(self, schema: Schema, payload: object, message: str | None = None) -> Iterator[Violation]:
        return payloads.violations(schema, self.root(schema, message), payload)

    def encode(self, schema: Schema, payload: object, message: str | None = None) -> bytes:
        return payloads.encode(schema, self.root(schema, message), payload)

    def decode(self, schema: Schema, data: bytes, message: str | None = None) -> object:
        return payloads.decode(schema, self.root(schema, message), data)

    def to_json(self, schema: Schema, payload: object, message: str | None = None) -> object:
        return payload_json.to_json(schema, self.root(schema, message), payload)

    def from_json(self, schema: Schema, value: object, message: str | None = None) -> object:
        return payload_json.from_json(schema, self.root(schema, message), value)

    def root(self, schema: Schema, message: str | None = None) -> str:
        """The full name of the message that is meant. Raises InvalidPayload if there is none."""
        if message is not None:
            if not schema.has_message(message):
                raise InvalidPayload(f"the schema has no message {message}: give the full name of one it declares")
            return message
        if not schema.message_names:
            raise InvalidPayload("the schema declares no message, so it has no events")
        return schema.message_names[0]
