"""What a caller hands in: the text of a schema, its format, and what its references stand for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum


class Format(StrEnum):
    """The three formats, spelt as the wire spells ``schemaType``."""

    AVRO = "AVRO"
    JSON = "JSON"
    PROTOBUF = "PROTOBUF"


@dataclass(frozen=True, slots=True)
class Reference:
    """A name used in a definition, and the definition it stands for.

    The name is a full name (Avro), a URI or relative path (JSON Schema) or an import path (Protobuf).
    """

    name: str
    definition: Definition


@dataclass(frozen=True, slots=True)
class Definition:
    """The text of a schema together with the definitions its references resolve to."""

    format: Format
    text: str
    references: tuple[Reference, ...] = ()
    lenient: bool = False
    """Take what older registries took. Avro: defaults that do not fit their type, which then are none, and namespaces
    of any characters; JSON Schema: members that the metaschema does not allow, which then are absent.
    A definition that is referred to has its own."""

    def digest(self) -> bytes:
        """SHA-256 over format, text and references: the key of parsed schemas, not the schema's identity.

        However leniently it is read, it means the same if it can be read at all.
        """
        state = hashlib.sha256(f"{self.format}\0{len(self.text)}\0{self.text}".encode("utf-8", "surrogatepass"))
        for reference in self.references:
            state.update(f"\0{reference.name}\0".encode("utf-8", "surrogatepass"))
            state.update(reference.definition.digest())
        return state.digest()
