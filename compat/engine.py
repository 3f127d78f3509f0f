"""The protocol a format plugs into."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

from compat.budget import Budget
from compat.definition import Definition, Format
from compat.outline import Type
from compat.profile import FormatMode
from compat.projection import Need
from compat.verdict import Difference, Incompatibility, Rule, Undecided


class Form(StrEnum):
    """The ways the text of one schema can be written."""

    CANONICAL = "canonical"
    """One text for all spellings that differ in white space and comments only: what the protocol compares."""
    NORMALIZED = "normalized"
    """Canonical, and in one order: what ``normalize=true`` compares."""
    RESOLVED = "resolved"
    """References written out (Avro); canonical elsewhere."""
    SERIALIZED = "serialized"
    """Base64 of the FileDescriptorProto (Protobuf); canonical elsewhere."""
    IGNORE_EXTENSIONS = "ignore_extensions"
    """Without extension fields and custom options (Protobuf); canonical elsewhere."""


@dataclass(frozen=True, slots=True)
class Violation:
    """Why a payload is not an event of a schema: where in the payload, and in plain words."""

    pointer: str
    message: str


S = TypeVar("S")


class Engine(Protocol[S]):
    """One format. ``S`` is its parsed schema: immutable, hashable by identity, safe to share between threads.

    A *payload* is an event's data as the format's Python decoder gives it: fastavro's values (Decimal, datetime,
    bytes), parsed JSON with exact numbers, or for Protobuf a dict by field name with int, bytes and enum names.
    """

    @property
    def format(self) -> Format: ...

    @property
    def rules(self) -> Mapping[str, Rule]:
        """Every rule that ``incompatibilities`` and ``differences`` can name."""
        ...

    def parse(self, definition: Definition) -> S:
        """Raises InvalidSchema (with its place), UnresolvedReference, LimitExceeded."""
        ...

    def text(self, schema: S, form: Form) -> str: ...

    def differences(self, old: S, new: S) -> Iterator[Difference]:
        """Everything that changed, for people; in the order of the definitions."""
        ...

    def incompatibilities(
        self,
        reader: S,
        writer: S,
        budget: Budget,
        *,
        first_only: bool = False,
        json_formats: FormatMode = FormatMode.CONSERVATIVE,
    ) -> Iterator[Incompatibility | Undecided]:
        """What keeps the reader from reading all the writer can write. Nothing that blocks: proven compatible.

        ``first_only``: events of the definition's first message, not of the others it declares (Protobuf).
        ``json_formats``: what ``format`` means (JSON Schema).
        """
        ...

    def projection(self, schema: S, need: Need) -> Definition:
        """The reader schema of some fields of this one, with the types they have here. Raises UnknownField."""
        ...

    def outline(self, schema: S) -> Type: ...

    def minimal(self, schema: S) -> object:
        """The smallest payload; raises InvalidPayload if the schema admits none."""
        ...

    def samples(self, schema: S, seed: int) -> Iterator[object]:
        """Valid payloads without end (or until no new one exists), boundary values first, then seeded random ones."""
        ...

    def violations(self, schema: S, payload: object) -> Iterator[Violation]:
        """Why the payload is no event of the schema; nothing if it is one."""
        ...

    def encode(self, schema: S, payload: object) -> bytes:
        """Raises InvalidPayload."""
        ...

    def decode(self, schema: S, data: bytes) -> object:
        """Raises InvalidPayload."""
        ...

    def to_json(self, schema: S, payload: object) -> object:
        """The payload as a JSON-ready tree a person can read and edit."""
        ...

    def from_json(self, schema: S, value: object) -> object:
        """The payload a JSON tree stands for; inverse of ``to_json``. Raises InvalidPayload."""
        ...
