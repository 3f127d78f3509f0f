"""Schemas of every draft into the normal form, as far down as somebody looks.

A schema for members or items is left as a reference until it is needed, under a name that says all that it means
(``pieces``): of two versions of a schema most parts are the same nodes then, and are never looked into.
"""

from __future__ import annotations

from collections.abc import Iterator
from threading import RLock
from typing import Any, Final
from weakref import WeakValueDictionary

from compat.json_schema import nodes as n
from compat.json_schema.dynamic import meant
from compat.json_schema.keywords import KEYWORDS, type_mask
from compat.json_schema.nodes import FALSE, TRUE, Node
from compat.json_schema.pieces import Piece, Pieces, is_free, written
from compat.json_schema.schema import Document, Location, ParsedSchema
from compat.positions import Finder
from compat.verdict import Reason

MAX_REFERENCES: Final = 12
"""References followed one inside the other before the next one is left for later."""
MAX_OPEN: Final = 40
"""Schemas inside each other before the next one is left for later."""
LONG: Final = 200
"""Bytes, as a schema is ``written``, from which on one for members or items is left for later."""


def normal(schema: ParsedSchema, *, formats: bool = True) -> Normal:
    """The normal form of a schema, made once; without ``formats`` they are annotations that say nothing."""
    name = f"normal {formats}"
    known: Normal | None = schema.cache.get(name)
    if known is None:
        known = schema.cache[name] = Normal(schema, formats=formats)
    return known


_making: Final = RLock()
"""Held while normal forms are made: what another thread is making must not be taken for recursion."""
_free: Final[WeakValueDictionary[tuple[str, bool, bytes], Node]] = WeakValueDictionary()
"""Schemas without references, by dialect, formats and as written: the normal form of short ones, references to long."""
_references: Final[WeakValueDictionary[tuple[bytes, bool], Node]] = WeakValueDictionary()
"""References to pieces with references, by name and formats."""


class _Making:
    """Normal forms of the schemas of one text, made piece by piece."""

    def __init__(self, *, formats: bool) -> None:
        self.formats = formats
        self._nodes: dict[int, Node] = {}
        self._parts: dict[int, Node] = {}
        self._said: dict[int, tuple[tuple[str, Node], ...]] = {}
        self._open: set[int] = set()

    def node(self, location: Location) -> Node:
        """The node of a schema at a location."""
        raw = location.raw
        if not isinstance(raw, dict):
            return TRUE if raw else FALSE
        found = self._nodes.get(id(raw))
        if found is not None:
            return found
        with _making:
            return self._made(location, raw)

    def _made(self, location: Location, raw: Any) -> Node:
        found = self._nodes.get(id(raw))
        if found is not None:
            return found
        if id(raw) in self._open or len(self._open) > MAX_OPEN:
            return self.later(location)
        self._open.add(id(raw))
        try:
            found = n.both(node for _, node in self.keywords(location))
        finally:
            self._open.discard(id(raw))
        self._nodes[id(raw)] = found
        return found

    def keywords(self, location: Location) -> tuple[tuple[str, Node], ...]:
        """Each keyword of a schema that asserts something, with what it says."""
        known = self._said.get(id(location.raw))
        if known is None:
            known = self._said[id(location.raw)] = tuple(self._keywords(location))
        return known

    def _keywords(self, location: Location) -> Iterator[tuple[str, Node]]:
        raw, dialect = location.raw, location.dialect
        if "$ref" in raw and dialect.reference_hides_siblings and isinstance(raw["$ref"], str):
            yield "$ref", self.target(location, raw["$ref"])
            return
        for keyword in raw:
            entry = KEYWORDS.get(keyword)
            if entry is not None and entry[0] <= dialect.order <= entry[1]:
                yield keyword, entry[2](self, location, raw[keyword])

    def child(self, location: Location, raw: Any, *steps: str | int) -> Node:
        """The node of a schema below a location, for the same value."""
        return self.node(self.below(location, raw, *steps))

    def part(self, location: Location, raw: Any, *steps: str | int) -> Node:
        """The node of a schema below a location, for a member, an item or a name of the value."""
        if not isinstance(raw, dict):
            return TRUE if raw else FALSE
        known = self._parts.get(id(raw))
        if known is None:
            with _making:
                known = self._parts[id(raw)] = self._part(self.below(location, raw, *steps))
        return known

    def _part(self, location: Location) -> Node:
        said = written(location.raw)
        if not is_free(said):
            return self.shared(location) or self.node(location)
        name = (location.dialect.name, self.formats, said)
        if (known := _free.get(name)) is not None:
            return known
        if len(said) >= LONG:
            return _without_references(Piece(location.raw, location.dialect, _written=said), formats=self.formats)
        known = _free[name] = self.node(location)
        return known

    def shared(self, location: Location) -> Node | None:
        """A reference to a schema that means the same in every document; None for other schemas."""
        return _reference(self.piece(location), formats=self.formats)

    def later(self, location: Location) -> Node:
        """A reference to a location: looked into when it is needed."""
        raise NotImplementedError

    def piece(self, location: Location) -> Piece:
        """What a location means, without its document."""
        raise NotImplementedError

    def below(self, location: Location, raw: Any, *steps: str | int) -> Location:
        """The location of a schema below another."""
        raise NotImplementedError

    def follow(self, location: Location, reference: str) -> Location:
        """Where a reference leads."""
        raise NotImplementedError

    def target(self, location: Location, reference: str) -> Node:
        """What a reference leads to."""
        raise NotImplementedError

    def dynamic(self, location: Location, keyword: str, reference: str) -> Node:
        """What a dynamic reference leads to."""
        raise NotImplementedError


class Normal(_Making):
    """The normal form of one schema."""

    def __init__(self, schema: ParsedSchema, *, formats: bool = True) -> None:
        super().__init__(formats=formats)
        self.schema = schema
        self._pieces = Pieces(schema)
        self._later: dict[int, Node] = {}
        self._depth = 0

    @property
    def root(self) -> Node:
        return self.node(self.schema.root)

    def later(self, location: Location) -> Node:
        found = self.shared(location) or self._later.get(id(location.raw))
        if found is None:
            found = self._later[id(location.raw)] = n.reference(lambda: self.node(location))
        return found

    def piece(self, location: Location) -> Piece:
        return self._pieces.at(location)

    def below(self, location: Location, raw: Any, *steps: str | int) -> Location:
        if isinstance(raw, dict):
            return self.schema.locate(raw, location)
        return Location(raw, location.document, location.step(*steps), location.dialect, location.resolver)

    def follow(self, location: Location, reference: str) -> Location:
        return self.schema.follow(location, reference)

    def target(self, location: Location, reference: str) -> Node:
        return self._resolved(self.follow(location, reference))

    def _resolved(self, found: Location) -> Node:
        if not isinstance(found.raw, dict):
            return TRUE if found.raw else FALSE
        known = self._nodes.get(id(found.raw))
        if known is not None:
            return known
        if (shared := self.shared(found)) is not None:
            return _looked_into(shared)
        if id(found.raw) in self._open or self._depth >= MAX_REFERENCES:
            return self.later(found)
        self._depth += 1
        try:
            return self.node(found)
        finally:
            self._depth -= 1

    def dynamic(self, location: Location, keyword: str, reference: str) -> Node:
        """What it leads to if that is the same whoever asks; OPAQUE otherwise."""
        found = meant(self.schema, location, keyword, reference)
        if found is not None:
            return self._resolved(found)
        what = f"{keyword} {reference}"
        return n.opaque(
            (id(location.document), location.pointer, what), Reason.DYNAMIC_REFERENCE,
            f"{what} at {location.pointer or 'the root'} means another schema depending on where it is reached from",
        )  # fmt: skip


class _Cut(_Making):
    """The normal form of one piece, made when it is first asked for. Keeps no document alive."""

    def __init__(self, piece: Piece, *, formats: bool) -> None:
        super().__init__(formats=formats)
        self._piece = piece
        self._root: Node | None = None
        self.is_open = False

    def __call__(self) -> Node:
        """The node of the piece."""
        if self._root is None:
            with _making:
                if self._root is None:
                    self._root = self._made_whole()
        return self._root

    def _made_whole(self) -> Node:
        self.is_open = True
        _cuts.append(self)
        try:
            return self.node(_standing_alone(self._piece))
        finally:
            _cuts.pop()
            self.is_open = False
            for known in (self._nodes, self._parts, self._said):
                known.clear()

    def later(self, location: Location) -> Node:
        return self._named(self.piece(location))

    def piece(self, location: Location) -> Piece:
        return self._piece if location.raw is self._piece.raw else self._piece.part(location.raw)

    def below(self, location: Location, raw: Any, *_: str | int) -> Location:
        return Location(raw, location.document, "", location.dialect, None)

    def target(self, _: Location, reference: str) -> Node:
        return _looked_into(self._named(self._piece.targets[reference]))

    def _named(self, piece: Piece) -> Node:
        found = _reference(piece, formats=self.formats)
        if found is None:
            raise TypeError("what belongs to a piece with a name has a name")
        return found

    def follow(self, _: Location, reference: str) -> Location:
        raise TypeError(f"a piece does not say where {reference!r} stands")

    def dynamic(self, _: Location, keyword: str, reference: str) -> Node:
        raise TypeError(f"a piece has no {keyword} {reference!r}")


_cuts: Final[list[_Cut]] = []
"""Those that are being made, outermost first."""


def _reference(piece: Piece, *, formats: bool) -> Node | None:
    """The one reference to all pieces of a name; None if the piece has no name."""
    hidden = piece.dialect.reference_hides_siblings
    target = piece.raw.get("$ref")
    if isinstance(target, str) and (hidden or len(piece.raw) == 1) and target in piece.targets:
        piece = piece.targets[target]  # a reference alone means what it leads to
    if not (piece.bound or piece.own[1]):
        return _without_references(piece, formats=formats)
    name = piece.name()
    if name is None:
        return None
    known = _references.get((name, formats))
    if known is None:
        known = _references[name, formats] = n.reference(_Cut(piece, formats=formats), _kinds(piece))
    return known


def _without_references(piece: Piece, *, formats: bool) -> Node:
    name = (piece.dialect.name, formats, piece.written)
    known = _free.get(name)
    if known is None:
        cut = _Cut(piece, formats=formats)
        known = _free[name] = cut() if len(piece.written) < LONG else n.reference(cut, _kinds(piece))
    return known


def _kinds(piece: Piece) -> int:
    """The kinds of values that a piece may hold for, as far as its type says."""
    if "type" not in piece.raw or "$ref" in piece.raw:
        return n.EVERY
    return type_mask(piece.raw["type"], spelt=piece.dialect.integer_is_spelt)


def _looked_into(reference: Node) -> Node:
    """The node of a piece, or the reference to it while it is being made, or far inside others."""
    cut = reference.target
    if not isinstance(cut, _Cut) or cut.is_open or len(_cuts) >= MAX_REFERENCES:
        return reference
    return cut()


def _standing_alone(piece: Piece) -> Location:
    document = Document("", "", piece.raw, piece.dialect, Finder(""))
    return Location(piece.raw, document, "", piece.dialect, None)
