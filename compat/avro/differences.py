"""Everything that changed between two schemas, for people, in the order of the definitions.

Named types are compared once, fields by name, then by the new schema's aliases. Whether a change hurts anybody is not
said here: that is what ``incompatibilities`` decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from compat.avro.rules import fragment
from compat.avro.schema import (
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
    Union,
    label,
)
from compat.avro.text import dump
from compat.definition import Format
from compat.positions import escape
from compat.verdict import Difference, Fragment, Rule, Severity


def differences(old: Schema, new: Schema) -> Iterator[Difference]:
    """What changed from one schema to the other."""
    yield from _Comparison().run(old.root, new.root)


_Pair = tuple[Node, Node]


class _Comparison:
    """Depth first with an own stack; a pair of types is compared once."""

    def __init__(self) -> None:
        self._seen: set[_Pair] = set()

    def run(self, old: Node, new: Node) -> Iterator[Difference]:
        stack: list[_Pair] = [(old, new)]
        while stack:
            pair = stack.pop()
            if pair in self._seen:
                continue
            self._seen.add(pair)
            inner: list[_Pair] = []
            yield from self._compare(*pair, inner)
            stack += reversed(inner)

    def _compare(self, old: Node, new: Node, inner: list[_Pair]) -> Iterator[Difference]:
        match old, new:
            case Primitive(), Primitive():
                if old.kind != new.kind:
                    yield _type_changed(old, new)
                else:
                    yield from _logical(old, new)
                yield from _properties(old, new)
            case Array(), Array():
                inner.append((old.items, new.items))
                yield from _properties(old, new)
            case Map(), Map():
                inner.append((old.values, new.values))
                yield from _properties(old, new)
            case Union(), Union():
                yield from _union(old, new, inner)
            case Record(), Record():
                yield from _named(old, new)
                yield from _fields(old, new, inner)
            case Enum(), Enum():
                yield from _named(old, new)
                yield from _symbols(old, new)
            case Fixed(), Fixed():
                yield from _named(old, new)
                yield from _fixed(old, new)
            case _:
                yield _type_changed(old, new)
                _follow_through_union(old, new, inner)


def _difference(rule: str, message: str, before: Node | Field | None, after: Node | Field | None) -> Difference:
    return Difference(rule, message, fragment(before), fragment(after))


def _attribute(
    rule: str, message: str, old: Field | Node, new: Field | Node, key: str, before: object, after: object
) -> Difference:
    """A difference of one attribute, placed at it; a side without the attribute is absent."""
    sides = []
    for owner, value in ((old, before), (new, after)):
        place = owner.source.place(f"{owner.pointer}/{escape(key)}")
        text = dump(value)
        sides.append(None if value is None else Fragment(place, text if len(text) <= 300 else f"{text[:299]}…"))
    return Difference(rule, message, sides[0], sides[1])


def _type_changed(old: Node, new: Node) -> Difference:
    return _difference("TYPE_CHANGED", f"the type was {label(old)} and is {label(new)}", old, new)


def _follow_through_union(old: Node, new: Node, inner: list[_Pair]) -> None:
    """Where a type moved into a union or out of one, go on with the branch that stayed."""
    branches, single = (new, old) if isinstance(new, Union) else (old, new)
    if not isinstance(branches, Union) or isinstance(single, Union):
        return
    key = _branch_key(single)
    stayed = [each for each in branches.branches if _branch_key(each) == key]
    inner += [(old, each) if isinstance(new, Union) else (each, new) for each in stayed]


def _branch_key(node: Node) -> str:
    return node.name if isinstance(node, Enum | Fixed | Record) else node.kind


def _union(old: Union, new: Union, inner: list[_Pair]) -> Iterator[Difference]:
    before = {_branch_key(each): each for each in old.branches}
    after = {_branch_key(each): each for each in new.branches}
    renamed = {
        alias: each for each in new.branches if isinstance(each, Enum | Fixed | Record) for alias in each.aliases
    }
    kept: list[str] = []
    for key, each in before.items():
        partner = after.get(key) or renamed.get(key)
        if partner is None:
            yield _difference("UNION_BRANCH_REMOVED", f"the union no longer takes {label(each)}", each, new)
        else:
            kept.append(_branch_key(partner))
            inner.append((each, partner))
    for key, each in after.items():
        if key not in kept:
            yield _difference("UNION_BRANCH_ADDED", f"the union now takes {label(each)}", old, each)
    if kept != [key for key in after if key in kept]:
        yield _difference("UNION_ORDER_CHANGED", "the branches stand in another order", old, new)


def _named(old: Named, new: Named) -> Iterator[Difference]:
    if old.name != new.name:
        known = " (kept as an alias)" if old.name in new.aliases else ""
        yield _difference("TYPE_RENAMED", f"{old.name!r} is now called {new.name!r}{known}", old, new)
    yield from _aliases(old, new)
    yield from _doc(old, new, f"the {new.kind} {new.name!r}")
    yield from _properties(old, new)


def _fixed(old: Fixed, new: Fixed) -> Iterator[Difference]:
    if old.size != new.size:
        yield _difference("FIXED_SIZE_CHANGED", f"the size was {old.size} bytes and is {new.size}", old, new)
    yield from _logical(old, new)


def _logical(old: Primitive | Fixed, new: Primitive | Fixed) -> Iterator[Difference]:
    if old.logical != new.logical:
        message = f"the logical type was {old.logical or 'none'} and is {new.logical or 'none'}"
        yield _difference("LOGICAL_TYPE_CHANGED", message, old, new)


def _aliases(old: Named | Field, new: Named | Field) -> Iterator[Difference]:
    if set(old.aliases) != set(new.aliases):
        before, after = (", ".join(each.aliases) or "none" for each in (old, new))
        message = f"the aliases of {new.name!r} were {before} and are {after}"
        yield _attribute(
            "ALIASES_CHANGED", message, old, new, "aliases", list(old.aliases) or None, list(new.aliases) or None
        )


def _doc(old: Named | Field, new: Named | Field, whose: str) -> Iterator[Difference]:
    if old.doc != new.doc:
        yield _attribute("DOC_CHANGED", f"the documentation of {whose} changed", old, new, "doc", old.doc, new.doc)


def _properties(
    old: Primitive | Array | Map | Named | Field, new: Primitive | Array | Map | Named | Field
) -> Iterator[Difference]:
    """Attributes the specification does not know. Those of a valid logical type have a rule of their own."""
    for key in dict.fromkeys((*old.properties, *new.properties)):
        before, after = old.properties.get(key), new.properties.get(key)
        same = before == after and isinstance(before, bool) == isinstance(after, bool)
        if same or key in ("logicalType", "precision", "scale"):
            continue
        yield _attribute("PROPERTY_CHANGED", f"the attribute {key!r} changed", old, new, key, before, after)


def _fields(old: Record, new: Record, inner: list[_Pair]) -> Iterator[Difference]:
    before = {each.name: each for each in old.fields}
    after = {each.name for each in new.fields}
    matched: list[tuple[Field, Field]] = []
    for each in new.fields:
        origin = before.get(each.name)
        if origin is None:
            origin = next((before[name] for name in each.aliases if name in before and name not in after), None)
        if origin is None:
            optional = "with a default" if each.has_default else "without a default"
            yield _difference("FIELD_ADDED", f"the field {each.name!r} was added, {optional}", old, each)
        else:
            matched.append((origin, each))
    kept = {origin for origin, _ in matched}
    for each in old.fields:
        if each not in kept:
            yield _difference("FIELD_REMOVED", f"the field {each.name!r} was removed", each, new)
    for origin, each in matched:
        yield from _field(origin, each)
        inner.append((origin.type, each.type))
    rank = {each: index for index, each in enumerate(old.fields)}
    order = [rank[origin] for origin, _ in matched]
    if order != sorted(order):
        yield _difference("FIELD_ORDER_CHANGED", f"the fields of {new.name!r} stand in another order", old, new)


def _field(old: Field, new: Field) -> Iterator[Difference]:
    if old.name != new.name:
        yield _difference("FIELD_RENAMED", f"the field {old.name!r} is now called {new.name!r}", old, new)
    yield from _default(old, new)
    if old.order != new.order:
        message = f"{new.name!r} was sorted {old.order} and is sorted {new.order}"
        yield _attribute("SORT_ORDER_CHANGED", message, old, new, "order", old.order, new.order)
    yield from _aliases(old, new)
    yield from _doc(old, new, f"the field {new.name!r}")
    yield from _properties(old, new)


def _default(old: Field, new: Field) -> Iterator[Difference]:
    before = dump(old.default) if old.has_default else None
    after = dump(new.default) if new.has_default else None
    if before == after:
        return
    rule, words = "DEFAULT_CHANGED", f"was {before} and is {after}"
    if before is None:
        rule, words = "DEFAULT_ADDED", f"is now {after}"
    elif after is None:
        rule, words = "DEFAULT_REMOVED", f"was {before} and is gone"
    sides = (
        Fragment(each.source.place(f"{each.pointer}/default"), text[:300]) if text is not None else None
        for each, text in ((old, before), (new, after))
    )
    yield Difference(rule, f"the default of {new.name!r} {words}", *sides)


def _symbols(old: Enum, new: Enum) -> Iterator[Difference]:
    added = [each for each in new.symbols if each not in set(old.symbols)]
    removed = [each for each in old.symbols if each not in set(new.symbols)]
    if added:
        yield _difference("SYMBOLS_ADDED", f"{new.name!r} gained {', '.join(added[:20])}", old, new)
    if removed:
        yield _difference("SYMBOLS_REMOVED", f"{new.name!r} lost {', '.join(removed[:20])}", old, new)
    if [each for each in old.symbols if each not in removed] != [each for each in new.symbols if each not in added]:
        yield _difference("SYMBOL_ORDER_CHANGED", f"the symbols of {new.name!r} stand in another order", old, new)
    if old.default != new.default:
        message = f"the default of {new.name!r} was {old.default or 'none'} and is {new.default or 'none'}"
        yield _attribute("ENUM_DEFAULT_CHANGED", message, old, new, "default", old.default, new.default)


def _change(name: str, summary: str, why: str, remedy: str = "Nothing has to be done.") -> tuple[str, Rule]:
    return name, Rule(name, Format.AVRO, Severity.INFO, summary, why, remedy)


_READ: Final = "Readers follow it by schema resolution; the check says whether all can."

CHANGES: Final[Mapping[str, Rule]] = MappingProxyType(
    dict(
        [
            _change("TYPE_CHANGED", "A type became another.", _READ, "See the check for what a reader makes of it."),
            _change(
                "TYPE_RENAMED",
                "A named type has another full name.",
                "Types match by name or alias.",
                "Keep the old full name as an alias.",
            ),
            _change(
                "FIELD_ADDED",
                "A field was added.",
                "A reader needs a default to fill it from older events.",
                "Give it a default.",
            ),
            _change(
                "FIELD_REMOVED",
                "A field was removed.",
                "Older readers need a default for it.",
                "Give a field a default before it is removed.",
            ),
            _change(
                "FIELD_RENAMED",
                "A field has a new name and its old one as an alias.",
                "Readers with the new schema find the old name; older readers do not find the new one.",
            ),
            _change(
                "FIELD_ORDER_CHANGED",
                "Fields stand in another order.",
                "Order decides how data are written, and readers undo it with the writer's schema.",
            ),
            _change("DEFAULT_ADDED", "A field got a default.", "It can be read from events that lack it."),
            _change(
                "DEFAULT_REMOVED",
                "A field lost its default.",
                "It cannot be read from events that lack it.",
                "Keep the default.",
            ),
            _change(
                "DEFAULT_CHANGED",
                "The default of a field changed.",
                "Events that lack the field are read with another value.",
            ),
            _change("SORT_ORDER_CHANGED", "A field is sorted otherwise.", "Sorted files may have to be sorted again."),
            _change(
                "SYMBOLS_ADDED",
                "An enum gained symbols.",
                "Older readers need a default of the enum for them.",
                "Give the enum a default.",
            ),
            _change(
                "SYMBOLS_REMOVED",
                "An enum lost symbols.",
                "Events that hold them need the enum's default.",
                "Keep the symbols, or give the enum a default.",
            ),
            _change(
                "SYMBOL_ORDER_CHANGED",
                "Symbols stand in another order.",
                "Symbols match by name, so only sorting changes.",
            ),
            _change(
                "ENUM_DEFAULT_CHANGED",
                "The default of an enum changed.",
                "Unknown symbols are read as another symbol, or not at all.",
            ),
            _change(
                "FIXED_SIZE_CHANGED",
                "A fixed type has another size.",
                "Neither side can read the other.",
                "Add a new type instead.",
            ),
            _change(
                "UNION_BRANCH_ADDED",
                "A union takes another type.",
                "Older readers cannot read it.",
                "Upgrade readers before writers use it.",
            ),
            _change(
                "UNION_BRANCH_REMOVED",
                "A union no longer takes a type.",
                "Events that hold it cannot be read.",
                "Keep the branch.",
            ),
            _change(
                "UNION_ORDER_CHANGED",
                "The branches of a union stand in another order.",
                "The first branch that matches is read, and a default may belong to the first branch.",
            ),
            _change("ALIASES_CHANGED", "Aliases changed.", "Aliases let a reader find data under former names."),
            _change("DOC_CHANGED", "Documentation changed.", "No reader notices."),
            _change("PROPERTY_CHANGED", "A custom attribute changed.", "Avro ignores it; your tools may not."),
        ]
    )
)
"""What can change between two schemas; ``LOGICAL_TYPE_CHANGED`` is shared with the incompatibilities."""
