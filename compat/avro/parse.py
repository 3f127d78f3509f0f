"""Read an Avro schema, refusing whatever the specification refuses (Avro 1.12, 'Schema Declaration', 'Names').

Everything is checked here; no decoder's own parser is trusted with it. Names live in a table made for one parse.
A lenient definition may have defaults that do not fit their type, which then are none, and namespaces of any
characters.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NoReturn

from compat.avro.defaults import Misfit, endless, fit
from compat.avro.inhabited import heights, weight_by_parts, weights
from compat.avro.logical import logical_type
from compat.avro.schema import (
    PRIMITIVES,
    Array,
    Enum,
    Field,
    Fixed,
    Map,
    Named,
    Node,
    Primitive,
    Record,
    Schema,
    Source,
    Union,
    children,
    namespace,
    reachable,
    short_name,
)
from compat.budget import DEFAULT_LIMITS, Limits
from compat.definition import Definition, Format
from compat.errors import InvalidSchema, LimitExceeded, UnresolvedReference
from compat.outline import ABSENT

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_COMPLEX: Final = frozenset({"record", "error", "enum", "fixed", "array", "map"})
_PRIMITIVES: Final = frozenset(PRIMITIVES)
_ORDERS: Final = ("ascending", "descending", "ignore")
_TYPE_KEYS: Final = frozenset(
    {"type", "name", "namespace", "doc", "aliases", "fields", "symbols", "items", "values", "size"}
)
"""Attributes that some type has: on another type they are no custom ones and say nothing, as in the Java library."""
_FIELD_KEYS: Final = frozenset({"name", "type", "doc", "default", "order", "aliases"})

SMALLEST_EVENT: Final = 10_000
"""How many values the smallest event of a schema may hold: types that double each other grow without bound."""


def parse(definition: Definition, limits: Limits = DEFAULT_LIMITS) -> Schema:
    """Parse a definition. Raises InvalidSchema, UnresolvedReference, LimitExceeded."""
    table = _Table(limits)
    try:
        for reference in definition.references:
            table.read_reference(reference.name, reference.definition, 1)
        borrowed = set(table.named)
        root = table.read_text(Source("", definition.text), lenient=definition.lenient)
        table.check_defaults()
    except RecursionError:
        raise _too_deep(limits) from None
    weight = table.weights if table.weighed and not definition.references else weights(reachable(root))
    if definition.references and _written_depth(root) > 2 * limits.depth:
        raise _too_deep(limits)
    _require_small(weight, limits)
    return Schema(definition, root, frozenset(table.named) - borrowed, table.named, weight, table.adorned)


def _too_deep(limits: Limits) -> LimitExceeded:
    return LimitExceeded("nesting of the schema", limits.depth, "flatten it, or give inner types a name of their own")


def _require_small(weight: Mapping[Node, int], limits: Limits) -> None:
    """Refuse graphs that make small texts mean huge or endlessly nested events."""
    if max(weight.values(), default=0) > SMALLEST_EVENT:
        raise LimitExceeded(
            "number of values in the smallest event", SMALLEST_EVENT, "make fields optional or split the event"
        )
    if max(weight.values(), default=0) > limits.depth and max(heights(weight).values()) > limits.depth:
        raise _too_deep(limits)


def _written_depth(root: Node) -> int:
    """How deep the JSON text nests that declares every type where it is first used, references written out.

    Without references it is as deep as the text itself.
    """
    deepest = 0
    seen: set[Node] = set()
    stack = [(root, 0)]
    while stack:
        node, depth = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        deepest = max(deepest, depth)
        step = 3 if isinstance(node, Record) else 1
        stack += ((child, depth + step) for child in reversed(tuple(children(node))))
    return deepest


@dataclass(frozen=True, slots=True)
class _Default:
    """Where a field with a default stands."""

    fields: list[Field]
    index: int
    lenient: bool

    @property
    def field(self) -> Field:
        return self.fields[self.index]

    def drop(self) -> None:
        """From now on the field has none."""
        self.fields[self.index] = replace(self.field, default=ABSENT, unfit=self.field.default)


@dataclass(slots=True)
class _Table:
    """The names of one parse, and the defaults that can be judged only when all names are known."""

    limits: Limits
    named: dict[str, Named] = field(default_factory=dict)
    defaults: list[_Default] = field(default_factory=list)
    read: set[bytes] = field(default_factory=set)
    source: Source = field(default_factory=lambda: Source("", ""))
    lenient: bool = False
    """Of the text that is being read."""
    weights: dict[Node, int] = field(default_factory=dict)
    """Size of the smallest value of each node that was read, as long as ``weighed``: no type contains itself."""
    weighed: bool = True
    adorned: bool = False

    def read_reference(self, name: str, definition: Definition, depth: int) -> None:
        """Take in the names of a reference, and of those it refers to, each definition once."""
        if depth > self.limits.reference_depth:
            raise LimitExceeded("depth of references", self.limits.reference_depth, "refer to fewer levels of schemas")
        if definition.format is not Format.AVRO:
            raise InvalidSchema(
                f"reference {name!r} is {definition.format}: an Avro schema refers to Avro schemas only"
            )
        digest = definition.digest()
        if digest in self.read:
            return
        self.read.add(digest)
        for reference in definition.references:
            self.read_reference(reference.name, reference.definition, depth + 1)
        self.read_text(Source(name, definition.text), lenient=definition.lenient)

    def read_text(self, source: Source, *, lenient: bool) -> Node:
        self.source, self.lenient = source, lenient
        return self.node(_load(source, self.limits), "", "", 0)

    def fail(self, message: str, pointer: str) -> NoReturn:
        raise InvalidSchema(message, self.source.place(pointer))

    def node(self, value: object, pointer: str, space: str, depth: int) -> Node:
        """The type a JSON value declares or names. ``space`` is the enclosing namespace."""
        if depth > self.limits.depth:
            raise _too_deep(self.limits)
        found: Node
        if isinstance(value, str):
            found = self.by_name(value, pointer, space)
        elif isinstance(value, dict):
            found = self.declared(value, pointer, space, depth)
        elif isinstance(value, list):
            found = self.union(value, pointer, space, depth)
        else:
            self.fail(f"a type is a name, an object or a list of types, not {_shown(value)}", pointer)
        self.weigh(found)
        return found

    def weigh(self, node: Node) -> None:
        """Note the size of the smallest value of a node, once it is read."""
        if isinstance(node, Primitive):
            self.weights[node] = 1
            return
        if not self.weighed or node in self.weights:
            return
        try:
            self.weights[node] = weight_by_parts(node, self.weights)
        except LookupError:
            self.weighed = False

    def by_name(self, name: str, pointer: str, space: str) -> Node:
        if name in _PRIMITIVES:
            return Primitive(name, self.source, pointer)
        full = name if "." in name or not space else f"{space}.{name}"
        found = self.named.get(full.removeprefix("."))
        if found is None and "." not in name:
            found = self.named.get(name)
        if found is not None:
            self.weighed = self.weighed and found in self.weights
            return found
        if name in _COMPLEX or name == "union":
            self.fail(
                f'{name!r} needs an object with its parts, as in {{"type": {name!r}, …}}'.replace("'", '"'), pointer
            )
        if not all(_NAME.match(part) for part in name.removeprefix(".").split(".")):
            self.fail(f"{_shown(name)} is neither a primitive type nor a name", pointer)
        raise UnresolvedReference(full, self.source.place(pointer))

    def declared(self, value: dict[str, object], pointer: str, space: str, depth: int) -> Node:
        kind = value.get("type", ABSENT)
        if kind is ABSENT:
            self.fail('the type has no "type": add one', pointer)
        if not isinstance(kind, str):
            self.fail(
                f'"type" of a type is a name, not {_shown(kind)}: write the inner type in its place', f"{pointer}/type"
            )
        if kind in _PRIMITIVES:
            properties = self.custom(value)
            return Primitive(kind, self.source, pointer, logical_type(kind, properties), properties)
        match kind:
            case "record" | "error":
                return self.record(value, pointer, space, depth)
            case "enum":
                return self.enum(value, pointer, space)
            case "fixed":
                return self.fixed(value, pointer, space)
            case "array":
                items = self.part("items", value, pointer, space, depth)
                properties = self.custom(value)
                return Array(self.source, pointer, items, logical_type("array", properties), properties)
            case "map":
                values = self.part("values", value, pointer, space, depth)
                properties = self.custom(value)
                return Map(self.source, pointer, values, logical_type("map", properties), properties)
        return self.by_name(kind, f"{pointer}/type", space)

    def part(self, key: str, value: dict[str, object], pointer: str, space: str, depth: int) -> Node:
        if key not in value:
            self.fail(f'the {value["type"]} has no "{key}": add the type of its {key}', pointer)
        return self.node(value[key], f"{pointer}/{key}", space, depth + 1)

    def union(self, value: list[object], pointer: str, space: str, depth: int) -> Union:
        branches: list[Node] = []
        taken: set[str] = set()
        for index, each in enumerate(value):
            place = f"{pointer}/{index}"
            branch = self.node(each, place, space, depth + 1)
            if isinstance(branch, Union):
                self.fail("a union may not contain a union directly: list the inner types in the outer one", place)
            key = branch.name if isinstance(branch, Enum | Fixed | Record) else branch.kind
            if key in taken:
                self.fail(f"{key!r} stands twice in the union: a reader could not tell the two apart", place)
            taken.add(key)
            branches.append(branch)
        return Union(self.source, pointer, tuple(branches))

    def names(self, value: dict[str, object], pointer: str, space: str) -> tuple[str, tuple[str, ...], str | None]:
        """Full name, aliases as full names, and doc of a named type (specification, 'Names', 'Aliases')."""
        name = value.get("name", ABSENT)
        if not isinstance(name, str):
            self.fail(f'the {value["type"]} needs a "name" that is a string', pointer)
        given = value.get("namespace", space)
        if not isinstance(given, str):
            self.fail(f'"namespace" is a string, not {_shown(given)}', f"{pointer}/namespace")
        full = self.full_name(name, given, f"{pointer}/name")
        if given and "." not in name:
            self.full_name(f"{given}.x", "", f"{pointer}/namespace" if "namespace" in value else f"{pointer}/name")
        if full in _PRIMITIVES:
            self.fail(
                f"{full!r} is a primitive type and cannot be declared again: choose another name", f"{pointer}/name"
            )
        if full in self.named:
            self.fail(f"{full!r} is declared twice: declare it once and use its name afterwards", f"{pointer}/name")
        aliases = tuple(
            self.full_name(alias, namespace(full), f"{pointer}/aliases/{index}")
            for index, alias in enumerate(self.strings("aliases", value, pointer))
        )
        return full, aliases, self.doc(value, pointer)

    def full_name(self, name: str, space: str, pointer: str) -> str:
        full = name if "." in name or not space else f"{space}.{name}"
        full = full.removeprefix(".")
        for part in [short_name(full)] if self.lenient else full.split("."):
            if not _NAME.match(part):
                self.fail(
                    f"{_shown(full)} is not a name: its parts are letters, digits and _, and none starts with a digit",
                    pointer,
                )
        return full

    def custom(self, value: dict[str, object], known: frozenset[str] = _TYPE_KEYS) -> dict[str, object]:
        """The attributes that a user has made up."""
        found = {key: each for key, each in value.items() if key not in known}
        self.adorned = self.adorned or bool(found)
        return found

    def strings(self, key: str, value: dict[str, object], pointer: str) -> list[str]:
        found = value.get(key, [])
        if not isinstance(found, list):
            self.fail(f'"{key}" is a list of strings, not {_shown(found)}', f"{pointer}/{key}")
        self.adorned = self.adorned or (key == "aliases" and bool(found))
        for index, each in enumerate(found):
            if not isinstance(each, str):
                self.fail(f'"{key}" holds strings, not {_shown(each)}', f"{pointer}/{key}/{index}")
        return found

    def doc(self, value: dict[str, object], pointer: str) -> str | None:
        doc = value.get("doc")
        if doc is not None and not isinstance(doc, str):
            self.fail(f'"doc" is a string, not {_shown(doc)}', f"{pointer}/doc")
        return doc

    def enum(self, value: dict[str, object], pointer: str, space: str) -> Enum:
        name, aliases, doc = self.names(value, pointer, space)
        if "symbols" not in value:
            self.fail('the enum has no "symbols": list them', pointer)
        symbols = self.strings("symbols", value, pointer)
        seen: set[str] = set()
        for index, symbol in enumerate(symbols):
            place = f"{pointer}/symbols/{index}"
            if not _NAME.match(symbol):
                self.fail(
                    f"{_shown(symbol)} is not a symbol: use letters, digits and _, not starting with a digit", place
                )
            if symbol in seen:
                self.fail(f"the symbol {symbol!r} stands twice", place)
            seen.add(symbol)
        default = value.get("default")
        if "default" in value and default not in seen:
            self.fail(f"the default {_shown(default)} is none of the symbols", f"{pointer}/default")
        properties = {key: each for key, each in self.custom(value).items() if key != "default"}
        node = Enum(
            self.source, pointer, name, tuple(symbols), default if isinstance(default, str) else None, aliases, doc,
            logical_type("enum", properties), properties,
        )  # fmt: skip
        self.named[name] = node
        return node

    def fixed(self, value: dict[str, object], pointer: str, space: str) -> Fixed:
        name, aliases, doc = self.names(value, pointer, space)
        size = value.get("size", ABSENT)
        if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size < 2**31:
            self.fail(f'the fixed type needs a "size" in whole bytes, not {_shown(size)}', pointer)
        properties = self.custom(value)
        logical = logical_type("fixed", properties, size)
        node = Fixed(self.source, pointer, name, size, aliases, doc, logical, properties)
        self.named[name] = node
        return node

    def record(self, value: dict[str, object], pointer: str, space: str, depth: int) -> Record:
        name, aliases, doc = self.names(value, pointer, space)
        listed = value.get("fields", ABSENT)
        if not isinstance(listed, list):
            self.fail('the record needs "fields", a list', pointer)
        fields: list[Field] = []
        properties = self.custom(value)
        is_error = value["type"] == "error"
        logical = logical_type("record", properties)
        node = Record(self.source, pointer, name, fields, aliases, doc, is_error, logical, properties)
        self.named[name] = node
        taken: set[str] = set()
        inner = namespace(name)
        for index, each in enumerate(listed):
            parsed = self.field(each, f"{pointer}/fields/{index}", inner, depth + 3)
            if parsed.name in taken:
                self.fail(f"the field {parsed.name!r} stands twice in {name!r}", parsed.pointer)
            taken.add(parsed.name)
            if parsed.has_default:
                self.defaults.append(_Default(fields, index, self.lenient))
            fields.append(parsed)
        return node

    def field(self, value: object, pointer: str, space: str, depth: int) -> Field:
        if not isinstance(value, dict):
            self.fail(f'a field is an object with "name" and "type", not {_shown(value)}', pointer)
        name = value.get("name", ABSENT)
        if not isinstance(name, str):
            self.fail('the field needs a "name" that is a string', pointer)
        if not _NAME.match(name):
            self.fail(
                f"{_shown(name)} is not a field name: start with a letter or _ and go on with letters, digits or _",
                f"{pointer}/name",
            )
        if "type" not in value:
            self.fail(f'the field {name!r} has no "type": add one', pointer)
        if len(value) == 2:
            node = self.node(value["type"], f"{pointer}/type", space, depth)
            return Field(self.source, pointer, name, node, ABSENT, "ascending", (), None)
        order = value.get("order", "ascending")
        if order not in _ORDERS:
            self.fail(f'"order" is one of {", ".join(_ORDERS)}, not {_shown(order)}', f"{pointer}/order")
        aliases = tuple(self.strings("aliases", value, pointer))
        for index, alias in enumerate(aliases):
            if not _NAME.match(alias):
                self.fail(f"the alias {_shown(alias)} is not a field name", f"{pointer}/aliases/{index}")
        node = self.node(value["type"], f"{pointer}/type", space, depth)
        properties = self.custom(value, _FIELD_KEYS)
        default = value.get("default", ABSENT)
        doc = self.doc(value, pointer)
        return Field(self.source, pointer, name, node, default, str(order), aliases, doc, properties)

    def check_defaults(self) -> None:
        """A default may use a type that is declared after it, so all are judged at the end.

        One that is dropped may have been needed by the default of a record around it: then all are judged again.
        """
        while unfit := [each for each in self.defaults if self.drops(each)]:
            dropped = set(map(id, unfit))
            self.defaults = [each for each in self.defaults if id(each) not in dropped]
        without_end = set(endless(each.field for each in self.defaults))
        for default in self.defaults:
            if default.field in without_end:
                self.refuse(default, Misfit("", "it is filled with itself, without end"))

    def drops(self, default: _Default) -> bool:
        """Whether a default is dropped, since it does not fit. Raises InvalidSchema where that is not lenient."""
        each = default.field
        problem = fit(each.type, each.default)
        if problem is not None:
            self.refuse(default, problem)
        return problem is not None

    def refuse(self, default: _Default, problem: Misfit) -> None:
        """Drop a default where that is lenient. Raises InvalidSchema elsewhere."""
        each = default.field
        if not default.lenient:
            place = each.source.place(f"{each.pointer}/default{problem.pointer}")
            raise InvalidSchema(f"the default of {each.name!r} does not fit its type: {problem.message}", place)
        default.drop()


def _load(source: Source, limits: Limits) -> object:
    """The JSON value of a text: finite numbers, no name twice in one object, text that can be written again."""
    if len(source.text.encode("utf-8", "surrogatepass")) > limits.text_bytes:
        raise LimitExceeded("bytes of the schema's text", limits.text_bytes, "split it with references")
    try:
        value = json.loads(source.text, parse_float=_finite, parse_constant=_finite, object_pairs_hook=_unique)
        if "\\u" in source.text:
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        where = source.place("")
        message = f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        raise InvalidSchema(message, type(where)(where.pointer, error.lineno, error.colno)) from None
    except _DuplicateName as error:
        duplicates = source.positions.duplicates
        place = source.place(duplicates[0] if duplicates else "")
        raise InvalidSchema(f"the name {error.name!r} stands twice in one object: keep one of them", place) from None
    except RecursionError:
        raise _too_deep(limits) from None
    except UnicodeEncodeError:
        raise InvalidSchema("the text escapes half a surrogate pair, which is no character") from None
    except ValueError as error:
        raise InvalidSchema(str(error)) from None
    return value


class _DuplicateName(Exception):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) < len(pairs):
        seen: set[str] = set()
        raise _DuplicateName(next(name for name, _ in pairs if name in seen or seen.add(name)))  # type: ignore[func-returns-value]
    return result


def _finite(literal: str) -> float:
    number = float(literal)
    if not math.isfinite(number):
        raise ValueError(f"{literal} is not a number JSON can hold: use a finite one")
    return number


def _shown(value: object) -> str:
    if value is ABSENT:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}…"
