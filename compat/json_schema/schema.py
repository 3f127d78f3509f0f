"""A JSON Schema that has been read: its documents, every schema in them with its place, and what references mean.

References are looked up in the definition's own references and in the published metaschemas that the libraries carry;
nothing is fetched. Of members that stand twice in an object the last one counts, as in Jackson and in Python.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urldefrag, urljoin

import jsonschema_rs
from jsonschema_specifications import REGISTRY as SPECIFICATIONS  # type: ignore[import-untyped]
from referencing import Resource, Specification
from referencing.exceptions import CannotDetermineSpecification, Unresolvable

from compat import positions
from compat.budget import DEFAULT_LIMITS, Limits
from compat.definition import Definition
from compat.errors import InvalidSchema, LimitExceeded, UnresolvedReference
from compat.json_schema import text
from compat.json_schema.dialect import DEFAULT_DIALECT, DIALECT_4, Dialect, dialect_of
from compat.verdict import Place

MAX_SCHEMAS: Final = 50_000
"""Schemas, counted at every depth, of one definition and its references."""

MAX_EVALUATIONS: Final = 20_000
"""Schemas that a validator may have to apply to one value: references that refer twice each grow exponentially."""

MOST_DROPPED: Final = 100
"""Members that a lenient definition may have against the metaschema; each is taken for absent."""

SINGLE: Final = frozenset({
    "additionalItems", "additionalProperties", "contains", "contentSchema", "else", "if", "items", "not",
    "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties",
})  # fmt: skip
"""Keywords whose value is a schema."""
LISTED: Final = frozenset({"allOf", "anyOf", "items", "oneOf", "prefixItems"})
"""Keywords whose value is a list of schemas."""
NAMED: Final = frozenset({
    "$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties",
})  # fmt: skip
"""Keywords whose value is an object of schemas."""


@dataclass(frozen=True, slots=True, eq=False)
class Location:
    """One schema in a document: where it stands, in which dialect, and what its references are relative to."""

    raw: Any
    document: Document
    pointer: str
    dialect: Dialect
    resolver: Any

    @property
    def place(self) -> Place:
        """The place for people, with line and column."""
        return self.document.place(self.pointer)

    def step(self, *names: str | int) -> str:
        """The pointer of something below this schema."""
        return self.pointer + "".join(f"/{positions.escape(str(name))}" for name in names)


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """One text: the schema itself or one that it refers to by name."""

    name: str
    """Empty for the schema itself."""
    text: str
    raw: Any
    dialect: Dialect
    finder: positions.Finder

    def place(self, pointer: str) -> Place:
        """The place of a pointer into this document; the name of a referenced document stands before it."""
        found = self.finder.find(pointer)
        where = f"{self.name}#{pointer}" if self.name else pointer
        return Place(where) if found is None else Place(where, *found)


@dataclass(frozen=True, slots=True, eq=False)
class ParsedSchema:
    """A schema with everything that it refers to. Immutable for its users; compared by identity."""

    root: Location
    documents: tuple[Document, ...]
    registry: Any
    locations: dict[int, Location] = field(repr=False)
    followed: dict[tuple[str, str], Location] = field(default_factory=dict, repr=False)
    cache: dict[str, Any] = field(default_factory=dict, repr=False)
    """What is derived on demand: executors, the normal form."""

    @property
    def dialect(self) -> Dialect:
        return self.root.dialect

    @property
    def spelling(self) -> tuple[tuple[str, str], ...]:
        """All documents as they are written."""
        return tuple((document.name, document.text) for document in self.documents)

    @property
    def identity(self) -> tuple[str, ...]:
        """All documents, white space apart: equal identities mean the same schema."""
        known: tuple[str, ...] | None = self.cache.get("identity")
        if known is None:
            known = self.cache["identity"] = tuple(
                f"{document.name}\n{document.dialect.name}\n{document.raw!r}" for document in self.documents
            )
        return known

    def locate(self, raw: Any, near: Location) -> Location:
        """The location of a schema object of one of the documents; booleans have the place of their parent."""
        if isinstance(raw, dict) and (found := self.locations.get(id(raw))) is not None:
            return found
        return Location(raw, near.document, near.pointer, near.dialect, near.resolver)

    def follow(self, location: Location, reference: str) -> Location:
        """The schema that a reference at a location means. Raises UnresolvedReference."""
        name = (location.resolver._base_uri, reference)  # noqa: SLF001 - the library has no public name for it
        if (known := self.followed.get(name)) is None:
            known = self.followed[name] = self._follow(location, reference)
        return known

    def _follow(self, location: Location, reference: str) -> Location:
        resolved = lookup(location, reference)
        raw = resolved.contents
        if not isinstance(raw, dict):
            document = _document_at(self, resolved, location)
            return Location(raw, document, urldefrag(reference).fragment, document.dialect, resolved.resolver)
        if id(raw) not in self.locations:
            document = _document_at(self, resolved, location)
            fragment = urldefrag(reference).fragment
            published = dialect_of({"$schema": resolved.resolver._base_uri})  # noqa: SLF001 - as above
            known = Location(raw, document, fragment, published or document.dialect, resolved.resolver)
            self.locations.update({id(each.raw): each for each in locations(known)})
        return self.locations[id(raw)]


def parse(definition: Definition, limits: Limits = DEFAULT_LIMITS) -> ParsedSchema:
    """Read a definition. Raises InvalidSchema (with its place), UnresolvedReference, LimitExceeded."""
    root = _read("", definition, limits)
    others = _references(definition, limits)
    resources = _resources(root, others)
    registry: Any = SPECIFICATIONS.with_resources(resources)
    try:
        registry = registry.crawl()
    except (Unresolvable, CannotDetermineSpecification, ValueError, AttributeError, TypeError) as error:
        raise InvalidSchema(f"its identifiers cannot be understood: {error}", root.place("")) from None
    known: dict[int, Location] = {}
    top: Location | None = None
    for document in (root, *others):
        base = _base(document)
        resolver = registry.resolver(base if base is not None else document.name)
        first = Location(document.raw, document, "", document.dialect, resolver)
        top = top or first
        known.update({id(each.raw): each for each in locations(first) if isinstance(each.raw, dict)})
        if len(known) > MAX_SCHEMAS:
            raise LimitExceeded("schemas in a definition", MAX_SCHEMAS, "split it")
    assert top is not None  # noqa: S101 - the loop runs at least once
    schema = ParsedSchema(top, (root, *others), registry, known)
    _check_references(schema)
    _bound_evaluations(schema)
    return schema


def locations(start: Location) -> Iterator[Location]:
    """A schema and every schema inside it, outermost first. No recursion."""
    pending = [start]
    while pending:
        here = pending.pop()
        yield here
        raw = here.raw
        if not isinstance(raw, dict):
            continue
        for keyword, value in raw.items():
            for raw_child, names in _children(keyword, value):
                if isinstance(raw_child, dict):
                    pending.append(_descend(here, raw_child, here.step(*names)))
                elif isinstance(raw_child, bool):
                    pending.append(Location(raw_child, here.document, here.step(*names), here.dialect, here.resolver))


def _children(keyword: str, value: Any) -> Iterator[tuple[Any, tuple[str | int, ...]]]:
    if keyword in SINGLE and isinstance(value, (dict, bool)):
        yield value, (keyword,)
    elif keyword in LISTED and isinstance(value, list):
        for index, item in enumerate(value):
            yield item, (keyword, index)
    elif keyword in NAMED and isinstance(value, dict):
        for name, item in value.items():
            yield item, (keyword, name)


def schemas_in(raw: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The object of a schema and of every schema inside it. No recursion."""
    pending = [raw]
    while pending:
        here = pending.pop()
        yield here
        for keyword, value in here.items():
            if isinstance(value, dict):
                if keyword in NAMED:
                    pending += [child for child in value.values() if isinstance(child, dict)]
                elif keyword in SINGLE:
                    pending.append(value)
            elif isinstance(value, list) and keyword in LISTED:
                pending += [child for child in value if isinstance(child, dict)]


def _descend(parent: Location, raw: dict[str, Any], pointer: str) -> Location:
    dialect = parent.dialect
    identifier = raw.get(dialect.identifier)
    resolver = parent.resolver
    if isinstance(identifier, str):
        if isinstance(raw.get("$schema"), str) and dialect.order >= 2019:
            dialect = dialect_of(raw) or dialect
        resolver = resolver.in_subresource(dialect.specification.create_resource(raw))
    return Location(raw, parent.document, pointer, dialect, resolver)


def lookup(location: Location, reference: str) -> Any:
    """What ``referencing`` finds for a reference. Raises UnresolvedReference."""
    try:
        resolved = location.resolver.lookup(reference)
    except (Unresolvable, LookupError, ValueError, AttributeError, TypeError):
        raise UnresolvedReference(reference, location.document.place(location.step("$ref"))) from None
    if not isinstance(resolved.contents, (dict, bool)):
        raise InvalidSchema(f"{reference!r} does not lead to a schema", location.place)
    return resolved


def _read(name: str, definition: Definition, limits: Limits) -> Document:
    source = definition.text
    try:
        raw = text.load(source, limits)
    except text.NotJson as error:
        raise InvalidSchema(f"not JSON: {error.message}", _offset_place(name, source, error.offset)) from None
    try:
        document = Document(name, source, raw, _dialect(raw), positions.Finder(source))
        wrong = _metaschema_error(raw, document.dialect) if isinstance(raw, (dict, bool)) else None
        for _ in range(MOST_DROPPED if definition.lenient else 0):
            if wrong is None or not _dropped(raw, wrong.instance_path):
                break
            wrong = _metaschema_error(raw, document.dialect)
    except UnicodeEncodeError:
        raise InvalidSchema("half of a surrogate pair (as \\ud800) is no character: write both halves") from None
    if not isinstance(raw, (dict, bool)):
        raise InvalidSchema("a schema is an object or a boolean", document.place(""))
    if wrong:
        pointer = "".join(f"/{positions.escape(str(step))}" for step in wrong.instance_path)
        raise InvalidSchema(f"not a {document.dialect.name} schema: {wrong.message}", document.place(pointer))
    return document


def _dropped(raw: Any, path: Sequence[str | int]) -> bool:
    """Take away the innermost member on a path, if there is one."""
    holder: dict[Any, Any] | None = None
    here, name = raw, None
    for step in path:
        if isinstance(here, dict):
            holder, name = here, step
        here = here[step]
    if holder is None:
        return False
    del holder[name]
    return True


def _offset_place(name: str, source: str, offset: int) -> Place:
    line = source.count("\n", 0, offset) + 1
    column = offset - (source.rfind("\n", 0, offset) + 1) + 1
    return Place(f"{name}#" if name else "", line, column)


def _dialect(raw: Any) -> Dialect:
    declared = dialect_of(raw)
    if declared is not None:
        return declared
    for dialect in (DEFAULT_DIALECT, DIALECT_4):
        if _metaschema_error(raw, dialect) is None:
            return dialect
    return DEFAULT_DIALECT


def _metaschema_error(raw: Any, dialect: Dialect) -> Any:
    """The first thing the metaschema says against a schema, if any."""
    if isinstance(raw, bool) and dialect.order > 4:
        return None
    subject = {**raw, "$schema": dialect.uri + ("#" if dialect.order < 2019 else "")} if isinstance(raw, dict) else raw
    try:
        jsonschema_rs.meta.validate(subject)
    except jsonschema_rs.ValidationError as error:
        return error
    return None


def _references(definition: Definition, limits: Limits) -> tuple[Document, ...]:
    """The documents of all references, breadth first, each name once."""
    found: dict[str, tuple[bytes, Document]] = {}
    level = [definition]
    for _ in range(limits.reference_depth + 1):
        following: list[Definition] = []
        for reference in (each for parent in level for each in parent.references):
            digest = reference.definition.digest()
            if reference.name not in found:
                document = _read(reference.name, reference.definition, limits)
                found[reference.name] = (digest, document)
                following.append(reference.definition)
            elif found[reference.name][0] != digest:
                raise InvalidSchema(f"two references named {reference.name!r} stand for different schemas")
        if not following:
            return tuple(document for _, document in found.values())
        level = following
    raise LimitExceeded("depth of references", limits.reference_depth, "flatten them, or raise the limit")


def _base(document: Document) -> str | None:
    if not isinstance(document.raw, dict):
        return None
    identifier = document.raw.get(document.dialect.identifier)
    if not isinstance(identifier, str) or identifier.startswith("#"):
        return None
    return urldefrag(urljoin(document.name, identifier)).url


def _resources(root: Document, others: tuple[Document, ...]) -> list[tuple[str, Resource[Any]]]:
    """Every document under its name, its own identifier, and its name seen from every other document."""
    bases = {base for base in map(_base, (root, *others)) if base}
    bases |= {document.name for document in others}
    known: dict[str, Resource[Any]] = {}
    for document in (root, *others):
        specification: Specification[Any] = document.dialect.specification
        resource = specification.create_resource(document.raw)
        own = _base(document)
        for uri in {document.name, *(urljoin(base, document.name) for base in bases if document.name)}:
            known.setdefault(urldefrag(uri).url, resource)
        if own is not None:
            known[own] = resource
    return list(known.items())


def _document_at(schema: ParsedSchema, resolved: Any, near: Location) -> Document:
    uri = resolved.resolver._base_uri  # noqa: SLF001 - the library has no public name for it
    for document in schema.documents:
        if uri and uri in (_base(document), document.name):
            return document
    return near.document


def _check_references(schema: ParsedSchema) -> None:
    """Every reference of every schema leads somewhere."""
    pending = list(schema.locations.values())
    seen: set[int] = set()
    while pending:
        here = pending.pop()
        if id(here.raw) in seen:
            continue
        seen.add(id(here.raw))
        for keyword in ("$ref", "$recursiveRef", "$dynamicRef"):
            reference = here.raw.get(keyword) if isinstance(here.raw, dict) else None
            if isinstance(reference, str) and _is_reference(keyword, here.dialect):
                target = schema.follow(here, reference)
                if isinstance(target.raw, dict) and id(target.raw) not in seen:
                    pending.append(target)


_IN_PLACE: Final = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "dependencies")


def _applied(schema: ParsedSchema, here: Location) -> list[Location]:
    """The schemas that a schema applies to the value it is applied to itself."""
    raw = here.raw
    if not isinstance(raw, dict):
        return []
    found = [schema.follow(here, raw["$ref"])] if isinstance(raw.get("$ref"), str) else []
    for keyword in _IN_PLACE:
        if keyword in raw:
            found += [schema.locate(each, here) for each, _ in _children(keyword, raw[keyword])]
    return [each for each in found if isinstance(each.raw, dict)]


def _bound_evaluations(schema: ParsedSchema) -> None:
    """Refuse a schema for which a validator has to do exponentially much with one value."""
    weights: dict[int, int] = {}
    for start in list(schema.locations.values()):
        stack = [(start, False)]
        while stack:
            here, is_done = stack.pop()
            name = id(here.raw)
            if is_done:
                weights[name] = 1 + sum(max(weights.get(id(each.raw), 0), 0) for each in _applied(schema, here))
                if weights[name] > MAX_EVALUATIONS:
                    raise LimitExceeded("schemas applied to one value", MAX_EVALUATIONS, "combine fewer references")
            elif name not in weights:
                weights[name] = 0  # on the way: a circle counts once
                stack.append((here, True))
                stack += [(each, False) for each in _applied(schema, here) if id(each.raw) not in weights]


def _is_reference(keyword: str, dialect: Dialect) -> bool:
    order = {"$ref": 0, "$recursiveRef": 2019, "$dynamicRef": 2020}[keyword]
    return dialect.order >= order if order != 2019 else dialect.order == 2019
