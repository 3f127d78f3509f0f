"""The JSON Schema engine: what ``compat.engine.Engine`` asks for, put together from the parts of this package."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from compat.budget import Budget
from compat.definition import Definition, Format
from compat.engine import Form, Violation
from compat.errors import InvalidPayload, LimitExceeded
from compat.json_schema import text
from compat.json_schema.decide import incompatibilities
from compat.json_schema.differences import differences
from compat.json_schema.judge import violations
from compat.json_schema.outline import outline
from compat.json_schema.projection import projection
from compat.json_schema.proofs import Proofs
from compat.json_schema.rules import RULES
from compat.json_schema.samples import minimal, samples
from compat.json_schema.schema import ParsedSchema, parse
from compat.outline import Type
from compat.profile import FormatMode
from compat.projection import Need
from compat.verdict import Difference, Incompatibility, Rule, Undecided


class JsonSchemaEngine:
    """Drafts 4, 6, 7, 2019-09 and 2020-12, mixed as they come."""

    def __init__(self) -> None:
        self._proofs = {mode: Proofs() for mode in FormatMode}

    @property
    def format(self) -> Format:
        return Format.JSON

    @property
    def rules(self) -> Mapping[str, Rule]:
        return RULES

    def parse(self, definition: Definition) -> ParsedSchema:
        return parse(definition)

    def text(self, schema: ParsedSchema, form: Form) -> str:
        return text.write(text.spelt(schema.root.document.text), sort=form is Form.NORMALIZED)

    def differences(self, old: ParsedSchema, new: ParsedSchema) -> Iterator[Difference]:
        return differences(old, new)

    def incompatibilities(
        self,
        reader: ParsedSchema,
        writer: ParsedSchema,
        budget: Budget,
        *,
        first_only: bool = False,  # noqa: ARG002 - a JSON Schema describes one kind of event
        json_formats: FormatMode = FormatMode.CONSERVATIVE,
    ) -> Iterator[Incompatibility | Undecided]:
        return incompatibilities(reader, writer, budget, json_formats, self._proofs[json_formats])

    def projection(self, schema: ParsedSchema, need: Need) -> Definition:
        return projection(schema, need)

    def outline(self, schema: ParsedSchema) -> Type:
        return outline(schema)

    def minimal(self, schema: ParsedSchema) -> object:
        return minimal(schema)

    def samples(self, schema: ParsedSchema, seed: int) -> Iterator[object]:
        return samples(schema, seed)

    def violations(self, schema: ParsedSchema, payload: object) -> Iterator[Violation]:
        return violations(schema, payload)

    def encode(self, schema: ParsedSchema, payload: object) -> bytes:
        _refuse_invalid(schema, payload)
        return text.write(payload).encode("utf-8", "surrogatepass")

    def decode(self, schema: ParsedSchema, data: bytes) -> object:
        try:
            payload = text.load(data.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise InvalidPayload(f"not UTF-8 at byte {error.start}") from None
        except text.NotJson as error:
            raise InvalidPayload(f"not JSON: {error.message} at character {error.offset}") from None
        except LimitExceeded as error:
            raise InvalidPayload(str(error)) from None
        _refuse_invalid(schema, payload)
        return payload

    def to_json(self, schema: ParsedSchema, payload: object) -> object:  # noqa: ARG002 - JSON is what it is made of
        """The payload itself; a ``Decimal`` that a binary float writes the same becomes one."""
        return text.plain(payload)

    def from_json(self, schema: ParsedSchema, value: object) -> object:
        payload = text.exact(value)
        _refuse_invalid(schema, payload)
        return payload


def _refuse_invalid(schema: ParsedSchema, payload: object) -> None:
    for violation in violations(schema, payload):
        raise InvalidPayload(violation.message, violation.pointer)
