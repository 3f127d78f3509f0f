"""Propose an upcaster from the difference of two versions: what is certain is written, what is not is asked.

A rename is certain where Avro aliases or Protobuf numbers say so, else it is scored by type and name. Nothing that
loses data or invents a value is ever taken for granted: it stands in the draft with a question beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from compat.definition import Format
from compat.formats import Parsed
from compat.outline import ABSENT, Type
from registry.upcasting.enum_numbers import numbers_of, other_values
from registry.upcasting.likeness import alike, likely_pairs
from registry.upcasting.numbers import other_fields
from registry.upcasting.outlines import field_at, items_at, type_at
from registry.upcasting.renaming import CERTAIN, declared, in_order
from registry.upcasting.shapes import shape_of
from registry.upcasting.units import unit_pairs
from upcasters.document import Document, write_operation
from upcasters.expression_check import sort
from upcasters.fit import fits, misfits
from upcasters.operations import (
    NAMES,
    Add,
    Convert,
    Default,
    Each,
    In,
    Map,
    Move,
    Operation,
    Remove,
    Rename,
    Scalar,
    Scale,
)
from upcasters.path import ROOT, Pointer
from upcasters.reverse_values import number_of
from upcasters.shape import Array, Choice, Member, OneOf, Record, Shape, Table, nullable, without_null

LIKELY: Final = 0.9
"""From here on a proposal counts as done."""
POSSIBLE: Final = 0.6
"""From here on a rename is proposed, to be confirmed."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a person has to decide: the operation proposed, how sure it is, and why it is asked."""

    place: str
    """Pointer into the draft: ``/ops/2``, or ``/ops/2/in/ops/0`` within an operation."""
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
    inner: tuple[_Proposal, ...] = ()
    """What is proposed within a record or a list; the operation holds them."""


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
    placed = list(_placed(found.proposals, "/ops", ROOT))
    questions = tuple(
        Question(place, str(pointer), round(proposal.confidence, 2), proposal.reason)
        for place, pointer, proposal in placed
        if proposal.confidence < LIKELY
    )
    notes = tuple(
        f"{write_operation(proposal.operation)}: {proposal.reason}"
        for _, _, proposal in placed
        if proposal.confidence >= LIKELY
    )
    return Draft(document, questions, notes)


def _placed(proposals: Sequence[_Proposal], place: str, at: Pointer) -> Iterator[tuple[str, Pointer, _Proposal]]:
    """The proposals that hold no others, each with its place in the draft and in the event."""
    for index, proposal in enumerate(proposals):
        if proposal.inner:
            inside = f"{place}/{index}/{NAMES[type(proposal.operation)]}/ops"
            yield from _placed(proposal.inner, inside, at / proposal.pointer)
        else:
            yield f"{place}/{index}", at / proposal.pointer, proposal


class _Drafter:
    """Walks two shapes side by side; the outlines know aliases, numbers and defaults."""

    def __init__(self, found: _Found, old: Type, new: Type, form: Format) -> None:
        self._found = found
        self._old = old
        self._new = new
        self._format = form
        self._formerly: dict[Pointer, Pointer] = {}
        """Where members stood before they were renamed."""

    def _propose(self, operation: Operation, pointer: Pointer, confidence: float, reason: str) -> None:
        self._found.proposals.append(_Proposal(operation, pointer, confidence, reason))

    def compare(self, old: Shape, new: Shape, at: Pointer, *, always: bool = True) -> None:
        """Propose what brings a value at a place from one shape to the other; ``always``: every event has it."""
        if fits(old, new) and not self._renumbered(at):
            return
        before, after = without_null(old), without_null(new)
        if nullable(old) and not nullable(new):
            self._null(after, at)
        match before, after:
            case Record(), Record() if not at.parts or (always and not nullable(old)):
                self._records(before, after, at)
            case Record(), Record():
                self._within(In, before, after, at)
            case Choice(), Choice():
                self._symbols(before, after, at)
            case (Array(items=one), Array(items=other)) | (Table(values=one), Table(values=other)):
                self._within(Each, one, other, at)
            case _ if not fits(before, after):
                self._value(before, after, at)

    def _renumbered(self, at: Pointer) -> bool:
        """Whether names of Protobuf stand for other fields or values now."""
        sides = type_at(self._old, self._before(at)), type_at(self._new, at)
        return any(True for _ in other_fields(*sides)) or any(True for _ in other_values(*sides))

    def _before(self, at: Pointer) -> Pointer:
        """Where the value at a place stood in the old version."""
        if not at.parts:
            return at
        return self._formerly.get(at) or self._before(at.parent) / at.name

    def _null(self, after: Shape, at: Pointer) -> None:
        value = _stand_in(after)
        self._propose(
            Default(at, value, when="null"), at, 0.3, "null is not allowed any more: choose what stands for it"
        )

    def _within(self, kind: type[Each | In], one: Shape, other: Shape, at: Pointer) -> None:
        """What happens in every item of a list or map, or in a record that may not be there, as one operation."""
        inner = _Found()
        reach = items_at if kind is Each else type_at
        beneath = reach(self._old, self._before(at)), reach(self._new, at)
        _Drafter(inner, *beneath, self._format).compare(one, other, ROOT)
        if not inner.proposals:
            return
        proposals = tuple(inner.proposals)
        ops = tuple(proposal.operation for proposal in proposals)
        least = min(proposals, key=lambda proposal: proposal.confidence)
        self._found.proposals.append(_Proposal(kind(at, ops), at, least.confidence, least.reason, proposals))
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
        numbered = _numbered(type_at(self._old, self._before(at)), type_at(self._new, at))
        free = [symbol for symbol in after.symbols if symbol not in before.symbols]
        for symbol in before.symbols:
            if symbol is None:
                continue
            if symbol in numbered:
                table.append((symbol, numbered[symbol]))
                continue
            if symbol not in left:
                table.append((symbol, symbol))
                continue
            scored = [(alike(str(symbol), str(other)), other) for other in free]
            score, other = max(scored, key=lambda pair: pair[0], default=(0.0, after.symbols[0]))
            worst = min(worst, score if score >= POSSIBLE else 0.0)
            table.append((symbol, other))
        gone = f"{', '.join(map(str, left))} left the list of values" if left else "names have other numbers now"
        texts = all(isinstance(symbol, str) for symbol, _ in table)
        rows = {str(symbol): value for symbol, value in table} if texts else tuple(table)
        operation = Map(at, rows, "keep" if numbered and self._is_open(at) else "error")
        reason = "the values have the same numbers" if worst == CERTAIN else "check what each becomes"
        self._propose(operation, at, worst, f"{gone}: {reason}")

    def _is_open(self, at: Pointer) -> bool:
        """Whether an enum of Protobuf lets numbers without a name pass: they go on as they are."""
        return not dict(type_at(self._old, self._before(at)).constraints).get("closed", True)

    # Records

    def _records(self, before: Record, after: Record, at: Pointer) -> None:
        kept = {name for name in before.members if name in after.members and self._same_field(at / name)}
        removed = {name: member for name, member in before.members.items() if name not in kept}
        added = {name: member for name, member in after.members.items() if name not in kept}
        self._rescaled(removed, added, at)
        renames = list(self._renames(removed, added, at))
        for name, to, confidence, reason in in_order(renames, before.members.keys()):
            self._propose(Rename(at / name, to), at / name, confidence, reason)
        for name, to, _, _ in renames:
            self._formerly[at / to] = self._before(at) / name
            self._both(removed.pop(name), added.pop(to), at / to)
        for name in (name for name in before.members if name in kept):
            self._both(before.members[name], after.members[name], at / name)
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

    def _same_field(self, at: Pointer) -> bool:
        """Whether a name stands for the same field in both versions: in Protobuf, if its number is the same."""
        old, new = field_at(self._old, self._before(at)), field_at(self._new, at)
        return old is None or new is None or old.number == new.number

    def _both(self, member: Member, wanted: Member, at: Pointer) -> None:
        """A member on both sides, under the name it has now."""
        self.compare(member.shape, wanted.shape, at, always=member.required)
        if wanted.required and not member.required:
            value, confidence, reason = self._filling(at, wanted.shape)
            self._propose(Default(at, value), at, min(confidence, LIKELY), f"required now: {reason}")

    def _add(self, at: Pointer, wanted: Member) -> None:
        value, confidence, reason = self._filling(at, wanted.shape)
        operation: Operation = Add(at, value)
        self._propose(operation, at, confidence, reason)

    def _filling(self, at: Pointer, shape: Shape) -> tuple[Any, float, str]:
        declared = field_at(self._new, at)
        if declared is not None and declared.default is not ABSENT:
            certain = self._format is Format.AVRO
            return declared.default, CERTAIN if certain else LIKELY, "the schema's own default"
        if isinstance(shape, Choice) and len(shape.symbols) == 1:
            return shape.symbols[0], CERTAIN, "the only value it can have"
        if nullable(shape):
            return None, 0.8, "old events do not know it: null says so"
        return _stand_in(shape), 0.2, "old events do not know it: choose the value that is true of them"

    def _rescaled(self, removed: dict[str, Member], added: dict[str, Member], at: Pointer) -> None:
        """Numbers that have another unit in their name now; they are taken out of both sides."""
        for name, to, factor, reason in list(unit_pairs(removed, added)):
            if name not in removed or to not in added:
                continue
            before, result = number_of(removed[name].shape), number_of(added[to].shape)
            field = field_at(self._new, at / to)
            if not {before, result} <= _COUNTED or result is None or (field is not None and field.number is not None):
                continue
            whole = "/" not in factor and before != "double"
            scale = Scale(at / name, factor, "exact" if whole else "half_even", result, to)
            self._propose(scale, at / name, 0.8, f"{reason}: confirm that the values follow it")
            del removed[name], added[to]

    def _renames(
        self, removed: dict[str, Member], added: dict[str, Member], at: Pointer
    ) -> Iterator[tuple[str, str, float, str]]:
        old = {name: field_at(self._old, self._before(at) / name) for name in removed}
        new = {name: field_at(self._new, at / name) for name in added}
        scored = list(declared(old, new))
        for name, to, score in likely_pairs(removed, added):
            numbered = old[name] is not None and old[name].number is not None  # type: ignore[union-attr]
            if score >= POSSIBLE and not numbered and _same_kind(removed[name].shape, added[to].shape):
                scored.append((score, name, to, f"same record, same type, names alike ({score:.2f})"))
        taken: set[str] = set()
        for score, name, to, reason in sorted(scored, key=lambda each: (-each[0], each[1], each[2])):
            if name not in taken and f"to {to}" not in taken:
                taken |= {name, f"to {to}"}
                yield name, to, score, reason

    def _moved_down(self, removed: dict[str, Member], after: Record, at: Pointer) -> Iterator[tuple[str, Pointer]]:
        """Members that a record beneath has under the same name, or the rest of it, and the same type now."""
        for name, member in removed.items():
            for holder, inner in after.members.items():
                bare = without_null(inner.shape)
                if not isinstance(bare, Record) or not self._new_record(at / holder):
                    continue
                inner_name = next(
                    (each for each in bare.members if each == name or alike(holder + each, name) == 1), None
                )
                if inner_name is not None and _same_kind(member.shape, bare.members[inner_name].shape):
                    yield name, at / holder / inner_name
                    break

    def _new_record(self, at: Pointer) -> bool:
        return field_at(self._old, self._before(at)) is None


_COUNTED: Final = frozenset({"int32", "int64", "integer", "double"})
"""Numbers that another unit changes; those of texts and decimals have digits to be chosen."""

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


def _numbered(old: Type, new: Type) -> dict[Scalar, str]:
    """The values of an enum of Protobuf by what their numbers are called now."""
    before, now = numbers_of(old), numbers_of(new)
    names = {number: name for name, number in now.items()}
    known = {name: number for name, number in before.items() if number in names}
    return {name: name if now.get(name) == number else names[number] for name, number in known.items()}


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
