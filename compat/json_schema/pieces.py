"""Pieces: schemas cut out of their documents, so that what two documents share is recognised and worked out once.

What a schema says depends on its text, its dialect and what its references lead to, and on nothing else as long as it
has no dynamic reference. A piece holds these three and no document. Its *name* is a hash of them: of its own text and
dialect, and of those of every schema that its references reach, with the ways between them. So pieces of the same name
are the same graph of the same texts, circles included, and mean the same wherever they stand.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final

from compat.json_schema.dialect import Dialect
from compat.json_schema.schema import Location, ParsedSchema, schemas_in

MAX_REACHED: Final = 64
"""Schemas that the references of a piece reach; one that reaches more is not told apart from its document."""

_BOUND: Final = frozenset({"$dynamicRef", "$recursiveRef", "unevaluatedItems", "unevaluatedProperties"})
"""Keywords that tie a schema to where it is reached from, or to schemas beside it that only its document has."""
_NAMELESS: Final = b""


@dataclass(slots=True, eq=False)
class Piece:
    """A schema without its document."""

    raw: dict[str, Any]
    dialect: Dialect
    targets: dict[str, Piece] = field(default_factory=dict, repr=False)
    """What the references in it mean, and those around it if it is not ``whole``."""
    whole: bool = True
    bound: bool = False
    """Whether it means something in its document only."""
    _written: bytes | None = field(default=None, repr=False)
    """As ``written`` has it, if that is known."""
    _own: tuple[bytes, tuple[str, ...]] | None = field(default=None, repr=False)
    _name: bytes | None = field(default=None, repr=False)

    @property
    def written(self) -> bytes:
        """The schema as bytes; see ``written``."""
        if self._written is None:
            self._written = written(self.raw)
        return self._written

    @property
    def own(self) -> tuple[bytes, tuple[str, ...]]:
        """The hash of its dialect and of what is written in it, and the references in it."""
        if self._own is None:
            digest = blake2b(self.dialect.name.encode() + self.written, digest_size=20).digest()
            self._own = digest, self._references()
        return self._own

    def _references(self) -> tuple[str, ...]:
        if b"$ref" not in self.written:
            return ()
        if self.whole:
            return tuple(self.targets)
        found = (each.get("$ref") for each in schemas_in(self.raw))
        return tuple(dict.fromkeys(each for each in found if isinstance(each, str)))

    def name(self) -> bytes | None:
        """What names the meaning of the piece; None where it has none of its own."""
        if self._name is None and not self.bound:
            self._name = self._named()
        return self._name or None

    def _named(self) -> bytes:
        digest, references = self.own
        if not references:
            return digest
        reached, index = [self], {id(self.raw): 0}
        total = blake2b(digest_size=20)
        for piece in reached:
            digest, references = piece.own
            total.update(digest)
            for reference in references:
                target = piece.targets.get(reference)
                if target is None or target.bound:
                    return _NAMELESS
                at = index.setdefault(id(target.raw), len(reached))
                if at == len(reached):
                    reached.append(target)
                total.update(at.to_bytes(4, "big"))
            if len(reached) > MAX_REACHED:
                return _NAMELESS
        return total.digest()

    def part(self, raw: dict[str, Any]) -> Piece:
        """A schema inside this one."""
        return Piece(raw, self.dialect, self.targets, whole=False)


def written(raw: dict[str, Any]) -> bytes:
    """A schema as bytes: equal bytes are equal schemas, to the spelling of numbers and the order of members.

    Version 2 of ``marshal`` writes every value whole, with its type, several times faster than ``repr``; that one
    writes what has a ``Decimal`` in it. They differ in the second byte.
    """
    try:
        return marshal.dumps(raw, 2)
    except ValueError:
        return repr(raw).encode()


def is_free(schema: bytes) -> bool:
    """Whether a schema, as it is written, surely has nothing in it that ties it to its document."""
    # One look for each is several times faster than a pattern or a loop, and is done for every part of a schema.
    return not (
        b"$ref" in schema or b"$schema" in schema or b"unevaluated" in schema
        or b"$dynamicRef" in schema or b"$recursiveRef" in schema
    )  # fmt: skip


class Pieces:
    """The pieces of one schema."""

    def __init__(self, schema: ParsedSchema) -> None:
        self._schema = schema
        self._known: dict[int, Piece] = {}

    def at(self, location: Location) -> Piece:
        """The piece at a location, whose schema is an object, with the pieces that its references lead to."""
        known = self._known.get(id(location.raw))
        if known is not None:
            return known
        wanted = self._known[id(location.raw)] = Piece(location.raw, location.dialect)
        pending = [(wanted, location)]
        while pending:
            piece, here = pending.pop()
            for reference, target in () if is_free(piece.written) else self._links(piece, here):
                other = self._known.get(id(target.raw))
                if other is None:
                    other = self._known[id(target.raw)] = Piece(target.raw, target.dialect)
                    pending.append((other, target))
                if piece.targets.setdefault(reference, other) is not other:
                    piece.bound = True  # one name, two meanings: identifiers inside it
        return wanted

    def _links(self, piece: Piece, here: Location) -> Iterator[tuple[str, Location]]:
        """The references in a piece, and where they lead."""
        for raw in schemas_in(piece.raw):
            piece.bound |= not _BOUND.isdisjoint(raw)
            if "$schema" in raw:
                piece.bound |= self._schema.locate(raw, here).dialect is not piece.dialect
            if isinstance(reference := raw.get("$ref"), str):
                target = self._schema.follow(self._schema.locate(raw, here), reference)
                piece.bound |= not isinstance(target.raw, dict)
                if isinstance(target.raw, dict):
                    yield reference, target
