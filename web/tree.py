"""The outline of a schema as rows for a page: fields with their documentation, why they are required, since when."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from compat.outline import ABSENT, Field, Kind, Type
from web import address
from web.code import compact
from web.prose import prose
from web.words import logical_words, short_name, type_words

DEEPEST: Final = 24
"""Levels of fields that are shown."""
MOST: Final = 3_000
"""Fields of one schema that are shown; the rest is counted."""

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One field (or one arm of a union) of the tree."""

    name: str
    anchor: str
    type: str
    exact: str
    """The format's own name of the type, if it says more than the words."""
    need: str
    """``required``, ``optional`` or empty."""
    why: str
    """Of ``need``, as a sentence."""
    short_why: str
    """Of ``need``, in a word or two; empty where nothing is to be added."""
    meaning: str
    """What a logical type stands for, with an example."""
    default: str | None
    facts: tuple[tuple[str, str], ...]
    """Constraints, aliases, numbers: label and value."""
    symbols: tuple[str, ...]
    doc: Markup
    since: int | None
    """The first version of those without a gap up to this one that has the field."""
    since_at_least: bool
    """Whether older versions may have it too: they were not looked at."""
    new: bool
    """Whether this version is the one that brought it, and there was one before."""
    deprecated: bool
    readers: tuple[str, ...]
    """Builds that have declared that they need this field."""
    children: tuple[Leaf, ...]
    repeats: str
    """Anchor-free name of the type this one repeats, else empty."""
    open: bool


@dataclass(frozen=True, slots=True)
class Earlier:
    """What is known of the versions before one."""

    paths: tuple[tuple[int, frozenset[Path]], ...] = ()
    """The paths of their fields, oldest first."""
    cut: bool = False
    """Whether versions before these may have fields that all of these have."""


@dataclass(frozen=True, slots=True)
class Tree:
    """The whole outline."""

    title: str
    kind: str
    doc: Markup
    leaves: tuple[Leaf, ...]
    count: int
    """Fields in the schema, shown or not."""
    cut: bool
    open: bool
    aliases: tuple[str, ...]


def tree(
    outline: Type,
    format_: str,
    version: int,
    earlier: Earlier,
    readers: Mapping[str, tuple[str, ...]] | None = None,
) -> Tree:
    """The outline for people; ``earlier``: what 'since' is told from.

    ``readers``: who has declared a need of a field, by its dotted name.
    """
    builder = _Builder(format_, version, _first_seen(paths_of(outline), earlier, version), earlier, readers or {})
    leaves = tuple(builder.inside(outline, (), 0))
    return Tree(
        title=short_name(outline.name) or type_words(outline),
        kind=type_words(outline),
        doc=prose(outline.doc) if outline.doc else Markup(),
        leaves=leaves,
        count=builder.count,
        cut=builder.count > MOST,
        open=outline.open,
        aliases=outline.aliases,
    )


def paths_of(outline: Type) -> Iterator[Path]:
    """The path of every field, down through lists, maps and unions."""
    return (path for path, _ in fields_of(outline))


def fields_of(outline: Type, most: int = 20_000) -> Iterator[tuple[Path, str]]:
    """The path and the documentation of every field, at most so many; levels near the root first."""
    pending: deque[tuple[Type, Path]] = deque([(outline, ())])
    given = visited = 0
    while pending and given < most and visited < 4 * most:
        type_, path = pending.popleft()
        visited += 1
        for step, field, inner in _steps(type_):
            inner_path = (*path, *step) if field is None else (*path, *step, field.name)
            if field is not None:
                given += 1
                yield inner_path, field.doc or _doc(inner)
            if len(inner_path) < DEEPEST:
                pending.append((inner, inner_path))


def _steps(type_: Type) -> Iterator[tuple[Path, Field | None, Type]]:
    """What lies directly inside a type: the way there, the field (or none), its type."""
    match type_.kind:
        case Kind.RECORD if not well_known(type_):
            for field in type_.fields:
                yield (), field, field.type
        case Kind.ARRAY if type_.items:
            yield ("[]",), None, type_.items
        case Kind.MAP if type_.items:
            yield ("{}",), None, type_.items
        case Kind.UNION:
            arms = [variant for variant in type_.variants if variant.kind is not Kind.NULL]
            for arm in arms:
                yield ((), None, arm) if len(arms) == 1 else ((_arm_name(arm),), None, arm)
        case _:
            return


def well_known(type_: Type) -> bool:
    """Whether a record is one that everybody knows by its name, so that its fields say nothing more."""
    return type_.logical.startswith("google.protobuf.")


def _declared(path: Path) -> str:
    """A field as readers declare it: the names alone, whatever lists, maps and unions stand between."""
    return ".".join(step for step in path if step not in {"[]", "{}"} and not step.startswith("~"))


def _arm_name(arm: Type) -> str:
    return f"~{short_name(arm.name) or arm.label or arm.kind}"


def _first_seen(paths: Iterator[Path], earlier: Earlier, version: int) -> Mapping[Path, int]:
    seen: dict[Path, int] = {}
    for path in paths:
        first = version
        for number, known in reversed(earlier.paths):
            if path not in known:
                break
            first = number
        seen[path] = first
    return seen


class _Builder:
    def __init__(
        self,
        format_: str,
        version: int,
        since: Mapping[Path, int],
        earlier: Earlier,
        readers: Mapping[str, tuple[str, ...]],
    ) -> None:
        self._format, self._version, self._since = format_, version, since
        self._past = bool(earlier.paths)
        self._oldest = (earlier.paths[0][0] if earlier.paths else version) if earlier.cut else None
        self._readers = readers
        self.count = 0

    def inside(self, type_: Type, path: Path, depth: int) -> Iterator[Leaf]:
        """The fields inside a type, whatever lists, maps and unions stand between."""
        if depth > DEEPEST:
            return
        if type_.kind is Kind.RECORD and not well_known(type_):
            for field in type_.fields:
                self.count += 1
                if self.count <= MOST:
                    yield self._field(field, (*path, field.name), depth)
        elif type_.kind in {Kind.ARRAY, Kind.MAP} and type_.items:
            yield from self.inside(type_.items, (*path, "[]" if type_.kind is Kind.ARRAY else "{}"), depth + 1)
        elif type_.kind is Kind.UNION:
            arms = [variant for variant in type_.variants if variant.kind is not Kind.NULL]
            if len(arms) == 1:
                yield from self.inside(arms[0], path, depth + 1)
            else:
                for arm in arms:
                    yield self._arm(arm, (*path, _arm_name(arm)), depth)

    def _field(self, field: Field, path: Path, depth: int) -> Leaf:
        need, short_why, why = _need(field, self._format)
        facts = [*_facts(field.type)]
        if field.number is not None:
            facts.insert(0, ("number", str(field.number)))
        if field.aliases:
            facts.append(("also known as", ", ".join(field.aliases)))
        return self._leaf(
            field.name,
            field.type,
            path,
            depth,
            field.doc or _doc(field.type),
            facts,
            need=need,
            why=why,
            short_why=short_why,
            default=self._default(field),
            deprecated=field.deprecated,
        )

    def _default(self, field: Field) -> str | None:
        """The default, where it says something: a Protobuf field's zero does not."""
        implied = self._format == "PROTOBUF" and not field.default
        return None if field.default is ABSENT or implied else compact(field.default)

    def _arm(self, arm: Type, path: Path, depth: int) -> Leaf:
        return self._leaf("or " + type_words(arm), arm, path, depth, arm.doc, [*_facts(arm)])

    def _leaf(
        self,
        name: str,
        type_: Type,
        path: Path,
        depth: int,
        doc: str,
        facts: list[tuple[str, str]],
        *,
        need: str = "",
        why: str = "",
        short_why: str = "",
        default: str | None = None,
        deprecated: bool = False,
    ) -> Leaf:
        innermost = _innermost(type_)
        words = type_words(type_)
        since = self._since.get(path)
        return Leaf(
            name=name,
            anchor=address.field_anchor(path),
            type=words,
            exact=_exact(innermost, words),
            need=need,
            why=why,
            short_why=short_why,
            meaning=logical_words(innermost),
            default=default,
            facts=tuple(facts),
            readers=self._readers.get(_declared(path), ()),
            symbols=tuple(symbol if isinstance(symbol, str) else compact(symbol) for symbol in innermost.symbols),
            doc=prose(doc) if doc else Markup(),
            since=since,
            since_at_least=since is not None and since == self._oldest,
            new=self._past and since == self._version,
            deprecated=deprecated,
            children=tuple(self.inside(type_, path, depth + 1)),
            repeats=short_name(innermost.name) if innermost.kind is Kind.REPEAT else "",
            open=depth < 1,
        )


def _innermost(type_: Type) -> Type:
    """What a list, map or 'or nothing' is of."""
    for _ in range(DEEPEST):
        if type_.kind in {Kind.ARRAY, Kind.MAP} and type_.items:
            type_ = type_.items
            continue
        arms = [variant for variant in type_.variants if variant.kind is not Kind.NULL]
        if type_.kind is Kind.UNION and len(arms) == 1:
            type_ = arms[0]
            continue
        break
    return type_


_SAID: Final = frozenset({Kind.RECORD, Kind.ENUM, Kind.UNION, Kind.REPEAT, Kind.STRING, Kind.BOOLEAN, Kind.NULL})
"""Kinds whose words already say what the format's name would."""


def _exact(type_: Type, words: str) -> str:
    """The format's own name of a type where it says more than the words: ``long``, ``sint32``, ``timestamp-millis``."""
    if type_.kind in _SAID and not type_.logical:
        return ""
    exact = type_.logical or type_.label
    return "" if exact in words or exact in {"integer", "number"} else exact


def _doc(type_: Type) -> str:
    return _innermost(type_).doc


def _facts(type_: Type) -> Iterator[tuple[str, str]]:
    inner = _innermost(type_)
    for owner in (type_,) if inner is type_ else (type_, inner):
        for keyword, value in owner.constraints:
            yield keyword, value if isinstance(value, str) else compact(value)
    if inner.kind is Kind.RECORD and not inner.open and dict(inner.constraints).get("additionalProperties") is False:
        yield "closed", "no other fields"
    if inner.aliases:
        yield "type also known as", ", ".join(inner.aliases)


def _need(field: Field, format_: str) -> tuple[str, str, str]:
    """Whether an event must carry a field; why, in a word or two; why, as a sentence in the terms of its format."""
    nullable = any(variant.kind is Kind.NULL for variant in field.type.variants) or field.type.kind is Kind.NULL
    null = "may be null" if nullable else ""
    if format_ == "AVRO":
        if field.required:
            return "required", "no default", "A reader cannot do without it, because it has no default."
        return "optional", "", "It has a default, which a reader uses when the writer did not know the field."
    if format_ == "PROTOBUF":
        if field.required:
            return "required", "", "It is declared required: a message without it does not parse."
        if field.oneof:
            return "optional", f"one of {field.oneof}", "It belongs to a oneof: one of its fields is set at most."
        return "", "", "A message without it reads as the default of its type."
    if field.required:
        return "required", null, "The schema lists it as required."
    return "optional", null, "The schema does not list it as required."
