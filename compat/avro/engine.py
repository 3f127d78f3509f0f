"""Avro, as an engine of the check: the parts of this package behind one protocol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from compat.avro.decode import decode
from compat.avro.differences import differences
from compat.avro.incompatible import incompatibilities
from compat.avro.json_form import from_json, to_json
from compat.avro.outline import outline
from compat.avro.parse import parse
from compat.avro.payload import Payloads
from compat.avro.projection import projection
from compat.avro.rulebook import RULES
from compat.avro.sample import bare, minimal, trees
from compat.avro.schema import Schema
from compat.avro.text import text
from compat.budget import DEFAULT_LIMITS, Budget, Limits
from compat.definition import Definition, Format
from compat.engine import Form, Violation
from compat.errors import InvalidPayload
from compat.outline import Type
from compat.profile import FormatMode
from compat.projection import Need
from compat.verdict import Difference, Incompatibility, Rule, Undecided

_TOO_DEEP: Final = "it nests too deep"


@contextmanager
def _bounded() -> Iterator[None]:
    """Payloads nest as deep as their maker likes; Python's stack does not."""
    try:
        yield
    except RecursionError:
        raise InvalidPayload(_TOO_DEEP) from None


class AvroEngine:
    """The engine of Avro. Payloads are as fastavro's decoder gives them."""

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self._limits = limits

    @property
    def format(self) -> Format:
        return Format.AVRO

    @property
    def rules(self) -> Mapping[str, Rule]:
        return RULES

    def parse(self, definition: Definition) -> Schema:
        return parse(definition, self._limits)

    def text(self, schema: Schema, form: Form) -> str:
        return text(schema, form)

    def differences(self, old: Schema, new: Schema) -> Iterator[Difference]:
        return differences(old, new)

    def incompatibilities(
        self,
        reader: Schema,
        writer: Schema,
        budget: Budget,
        *,
        first_only: bool = False,  # noqa: ARG002 - an Avro schema describes one kind of event
        json_formats: FormatMode = FormatMode.CONSERVATIVE,  # noqa: ARG002 - of JSON Schema only
    ) -> Iterator[Incompatibility | Undecided]:
        return incompatibilities(reader, writer, budget)

    def projection(self, schema: Schema, need: Need) -> Definition:
        return projection(schema, need)

    def outline(self, schema: Schema) -> Type:
        return outline(schema)

    def minimal(self, schema: Schema) -> object:
        return minimal(schema)

    def samples(self, schema: Schema, seed: int) -> Iterator[object]:
        return map(bare, trees(schema, seed))

    def violations(self, schema: Schema, payload: object) -> Iterator[Violation]:
        try:
            yield from Payloads().violations(schema.root, payload)
        except RecursionError:
            yield Violation("", _TOO_DEEP)

    def encode(self, schema: Schema, payload: object) -> bytes:
        broken = next(self.violations(schema, payload), None)
        if broken is not None:
            raise InvalidPayload(broken.message, broken.pointer)
        out = bytearray()
        with _bounded():
            Payloads().write(schema.root, payload, out)
        return bytes(out)

    def decode(self, schema: Schema, data: bytes) -> object:
        return decode(schema, data)

    def to_json(self, schema: Schema, payload: object) -> object:
        with _bounded():
            return to_json(schema.root, payload, Payloads())

    def from_json(self, schema: Schema, value: object) -> object:
        with _bounded():
            return from_json(schema.root, value)
