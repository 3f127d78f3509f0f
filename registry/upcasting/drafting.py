"""Propose an upcaster from the difference of two versions: what is certain is written, what is not is asked.

A rename is certain where Avro aliases or Protobuf numbers say so, else it is scored by type and name. Nothing that
loses data or invents a value is ever taken for granted: it stands in the draft with a question beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any, Final

from compat.definition import Format
from compat.formats import Parsed
from compat.outline import ABSENT, Field, Kind, Type
from registry.upcasting.shapes import shape_of
from upcasters.document import Document, write_operation
from upcasters.expression_check import sort
from upcasters.fit import fits, misfits
from upcasters.operations import Add, Convert, Default, Each, Map, Move, Operation, Remove, Rename, Scalar
from upcasters.path import ROOT, Pointer
from upcasters.shape import Array, Choice, Member, OneOf, Record, Shape, Table, nullable, without_null

CERTAIN: Final = 1.0
LIKELY: Final = 0.9
"""From here on a proposal counts as done."""
POSSIBLE: Final = 0.6
"""From here on a rename is proposed, to be confirmed."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a person has to decide: the operation proposed, how sure it is, and why it is asked."""

    place: str
    """Pointer into the draft: ``/ops/2``."""
    pointer: str
    """Pointer into the event."""
    confidence: float
    reason: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposed document. Complete if nothing is left to decide."""

    document: Document
    questions: tuple[Question, ...]
    notes: tuple[str, ...]
    """What was decided without asking, and why."""

    @property
    def complete(self) -> bool:
        """Whether the draft may be published as it is."""
        return not self.questions


@dataclass(slots=True)
class _Proposal:
    operation: Operation
    pointer: Pointer
    confidence: float
    reason: str


@dataclass(slots=True)
class _Found:
    proposals: list[_Proposal] = field(default_factory=list)
    losses: list[Pointer] = field(default_factory=list)


def draft(subject: str, source: int, target: int, old: Parsed, new: Parsed) -> Draft:
    """Propose the upcaster from version ``source`` (schema ``old``) to version ``target`` (schema ``new``)."""
    found = _Found()
    before, after = shape_of(old), shape_of(new)
    drafter = _Drafter(found, old.engine.outline(old.schema), new.engine.outline(new.schema), new.definition.format)
    drafter.compare(before, after, ROOT)
    ops = tuple(proposal.operation for proposal in found.proposals)
    document = Document(subject, source, target, ops, loses=tuple(found.losses))
    questions = tuple(
        Question(f"/ops/{index}", str(proposal.pointer), round(proposal.confidence, 2), proposal.reason)
        for index, proposal in enumerate(found.proposals)
        if proposal.confidence < LIKELY
    )
    notes = tuple(
        f"{write_operation(proposal.operation)}: {proposal.reason}"
        for proposal in found.proposals
        if proposal.confidence >= LIKELY
    )
    return Draft(document, questions, notes)


class _Drafter:
    """Walks two shapes side by side; the outlines know aliases, numbers and defaults."""

    def __init__(self, found: _Found, old: Type, new: Type, form: Format) -> None:
        self._found = found
        self._old = old
        self._new = new
        self._format = form

    def _propose(self, operation: Operation, pointer: Pointer, confidence: float, reason: str) -> None:
        self._found.proposals.append(_Proposal(operation, pointer, confidence, reason))

    def compare(self, old: Shape, new: Shape, at: Pointer) -> None:
        """Propose what brings a value at a place from one shape to the other."""
        if fits(old, new):
            return
        before, after = without_null(old), without_null(new)
        if nullable(old) and not nullable(new):
            self._null(after, at)
        match before, after:
            case Record(), Record():
                self._records(before, after, at)
            case Choice(), Choice():
                self._symbols(before, after, at)
            case (Array(items=one), Array(items=other)) | (Table(values=one), Table(values=other)):
                self._items(one, other, at)
            case _ if not fits(before, after):
                self._value(before, after, at)

    def _null(self, after: Shape, at: Pointer) -> None:
        value = _stand_in(after)
        self._propose(
            Default(at, value, when="null"), at, 0.3, "null is not allowed any more: choose what stands for it"
        )

    def _items(self, one: Shape, other: Shape, at: Pointer) -> None:
        inner = _Found()
        _Drafter(inner, _beneath(self._old, at), _beneath(self._new, at), self._format).compare(one, other, ROOT)
        if not inner.proposals:
            return
        ops = tuple(proposal.operation for proposal in inner.proposals)
        least = min(inner.proposals, key=lambda proposal: proposal.confidence)
        self._propose(Each(at, ops), at, least.confidence, f"in every item: {least.reason}")
        self._found.losses += [at / place for place in inner.losses]

    def _value(self, before: Shape, after: Shape, at: Pointer) -> None:
        if isinstance(after, OneOf) and any(fits(before, arm) for arm in after.arms):
            return
        using = _CONVERSIONS.get((sort(before), sort(after)))
        if using is not None:
            self._propose(Convert(at, using), at, 0.7, f"the type changed: confirm that {using} is meant")
        elif next(misfits(before, after, trusting=True), None) is not None:
            self._propose(
                Remove(at),
                at,
                0.0,
                "the type changed and no codec leads there: write how it is computed (set, map ...)",
            )
            self._propose(Add(at, _stand_in(after)), at, 0.0, "a value for the new type is needed")
            self._found.losses.append(at)

    def _symbols(self, before: Choice, after: Choice, at: Pointer) -> None:
        left = [symbol for symbol in before.symbols if symbol is not None and not fits(Choice((symbol,)), after)]
        table: list[tuple[Scalar, Scalar]] = []
        worst = CERTAIN
        free = [symbol for symbol in after.symbols if symbol not in before.symbols]
        for symbol in before.symbols:
            if symbol is None:
                continue
            if symbol not in left:
                table.append((symbol, symbol))
                continue
            scored = [(_alike(str(symbol), str(other)), other) for other in free]
            score, other = max(scored, key=lambda pair: pair[0], default=(0.0, after.symbols[0]))
            worst = min(worst, score if score >= POSSIBLE else 0.0)
            table.append((symbol, other))
        gone = ", ".join(map(str, left))
        operation = Map(
            at, {str(old): new for old, new in table} if all(isinstance(o, str) for o, _ in table) else tuple(table)
        )
        self._propose(operation, at, worst, f"{gone} left the list of values: check what each becomes")

    # Records

    def _records(self, before: Record, after: Record, at: Pointer) -> None:
        removed = {name: member for name, member in before.members.items() if name not in after.members}
        added = {name: member for name, member in after.members.items() if name not in before.members}
        for name, to, confidence, reason in self._renames(removed, added, at):
            self._propose(Rename(at / name, to), at / name, confidence, reason)
            member, wanted = removed.pop(name), added.pop(to)
            self._both(member, wanted, at / to)
        for name, member in before.members.items():
            if name in after.members:
                self._both(member, after.members[name], at / name)
        for name, place in list(self._moved_down(removed, after, at)):
            self._propose(Move(at / name, place), at / name, 0.7, f"{place} has its name and type: confirm the move")
            del removed[name]
        for name, wanted in added.items():
            if wanted.required and not any(
                isinstance(p.operation, Move) and p.operation.to.within(at / name) for p in self._found.proposals
            ):
                self._add(at / name, wanted)
        if not after.open:
            for name in removed:
                self._propose(Remove(at / name), at / name, 0.5, "the new version does not have it: confirm the loss")
                self._found.losses.append(at / name)

    def _both(self, member: Member, wanted: Member, at: Pointer) -> None:
        """A member on both sides, under the name it has now."""
        self.compare(member.shape, wanted.shape, at)
        if wanted.required and not member.required:
            value, confidence, reason = self._filling(at, wanted.shape)
            self._propose(Default(at, value), at, min(confidence, LIKELY), f"required now: {reason}")

    def _add(self, at: Pointer, wanted: Member) -> None:
        value, confidence, reason = self._filling(at, wanted.shape)
        operation: Operation = Add(at, value)
        self._propose(operation, at, confidence, reason)

    def _filling(self, at: Pointer, shape: Shape) -> tuple[Any, float, str]:
        declared = _field(self._new, at)
        if declared is not None and declared.default is not ABSENT:
            certain = self._format is Format.AVRO
            return declared.default, CERTAIN if certain else LIKELY, "the schema's own default"
        if isinstance(shape, Choice) and len(shape.symbols) == 1:
            return shape.symbols[0], CERTAIN, "the only value it can have"
        if nullable(shape):
            return None, 0.8, "old events do not know it: null says so"
        return _stand_in(shape), 0.2, "old events do not know it: choose the value that is true of them"

    def _renames(
        self, removed: dict[str, Member], added: dict[str, Member], at: Pointer
    ) -> Iterator[tuple[str, str, float, str]]:
        scored: list[tuple[float, str, str, str]] = []
        for name, member in removed.items():
            for to, wanted in added.items():
                score, reason = self._score(name, member, to, wanted, at)
                if score >= POSSIBLE:
                    scored.append((score, name, to, reason))
        taken: set[str] = set()
        for score, name, to, reason in sorted(scored, key=lambda each: (-each[0], each[1], each[2])):
            if name not in taken and f"to {to}" not in taken:
                taken |= {name, f"to {to}"}
                yield name, to, score, reason

    def _score(self, name: str, member: Member, to: str, wanted: Member, at: Pointer) -> tuple[float, str]:
        old, new = _field(self._old, at / name), _field(self._new, at / to)
        if new is not None and name in new.aliases:
            return CERTAIN, f"{to} has the alias {name}"
        if old is not None and new is not None and old.number is not None and old.number == new.number:
            return CERTAIN, f"both are field number {old.number}"
        if old is not None and old.number is not None:
            return 0.0, "another field number"
        if not _same_kind(member.shape, wanted.shape):
            return 0.0, "another type"
        alike = _alike(name, to)
        return alike, f"same record, same type, names alike ({alike:.2f})"

    def _moved_down(self, removed: dict[str, Member], after: Record, at: Pointer) -> Iterator[tuple[str, Pointer]]:
        """Members that a record beneath has under the same name and type now."""
        for name, member in removed.items():
            for holder, inner in after.members.items():
                bare = without_null(inner.shape)
                if not isinstance(bare, Record) or name not in bare.members or not self._new_record(at / holder):
                    continue
                if _same_kind(member.shape, bare.members[name].shape):
                    yield name, at / holder / name
                    break

    def _new_record(self, at: Pointer) -> bool:
        return _field(self._old, at) is None


_CONVERSIONS: Final = {
    ("int", "string"): "int->string", ("boolean", "string"): "bool->string", ("double", "string"): "number->string",
    ("string", "int"): "string->int", ("string", "boolean"): "string->bool", ("string", "double"): "string->number",
    ("string", "timestamp"): "rfc3339->timestamp", ("timestamp", "string"): "timestamp->rfc3339",
    ("string", "decimal"): "string->decimal", ("decimal", "string"): "decimal->string",
    ("int", "decimal"): "int->decimal", ("string", "uuid"): "string->uuid", ("uuid", "string"): "uuid->string",
    ("string", "date"): "string->date", ("string", "bytes"): "utf8->bytes",
}  # fmt: skip


def _same_kind(one: Shape, other: Shape) -> bool:
    return sort(one) == sort(other) and sort(one) != "any"


def _alike(one: str, other: str) -> float:
    """How alike two names are: 1 if only case and separators differ."""
    folded = re.sub(r"[\W_]+", "", one).casefold(), re.sub(r"[\W_]+", "", other).casefold()
    return 1.0 if folded[0] == folded[1] else 0.95 * SequenceMatcher(None, *folded).ratio()


def _field(outline: Type, at: Pointer) -> Field | None:
    """The field of an outline at a place; variants of a union and what null aside are looked through."""
    found: Field | None = None
    for name in at.parts:
        found = next((each for each in _fields(outline) if each.name == name), None)
        if found is None:
            return None
        outline = found.type
    return found


def _fields(outline: Type) -> Iterator[Field]:
    yield from outline.fields
    for variant in outline.variants:
        yield from variant.fields


def _beneath(outline: Type, at: Pointer) -> Type:
    """The items of what stands at a place."""
    declared = _field(outline, at)
    held = outline if declared is None and not at.parts else declared.type if declared is not None else None
    variants = (held, *held.variants) if held is not None else ()
    return next((each.items for each in variants if each.items is not None), Type(Kind.ANY, ""))


def _stand_in(shape: Shape) -> Any:
    """A value of a shape that a person is going to replace."""
    match without_null(shape):
        case Choice(symbols=symbols):
            return symbols[0]
        case Record(members=members):
            return {name: _stand_in(member.shape) for name, member in members.items() if member.required}
        case Array():
            return []
        case Table():
            return {}
        case OneOf(arms=arms):
            return _stand_in(arms[0])
        case bare:
            return {"string": "", "int": 0, "double": 0, "boolean": False}.get(sort(bare))
