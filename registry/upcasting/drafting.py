"""Propose an upcaster from the difference of two versions: what is certain is written, what is not is asked.

A rename is certain where Avro aliases or Protobuf numbers say so, else it is scored by type and name. Nothing that
loses data or invents a value is ever taken for granted: it stands in the draft with a question beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from compat.definition import Format
from compat.formats import Parsed
from compat.outline import ABSENT, Type
from registry.upcasting.enum_numbers import numbers_of, other_values
from registry.upcasting.likeness import alike, likely_pairs
from registry.upcasting.numbers import other_fields
from registry.upcasting.outlines import field_at, items_at, type_at
from registry.upcasting.proposals import LIKELY, POSSIBLE, Draft, Found, Proposal
from registry.upcasting.renaming import CERTAIN, declared, in_order
from registry.upcasting.shapes import shape_of
from registry.upcasting.stand_ins import Place, StandIn, StandIns
from registry.upcasting.tighter import expression_name, is_tighter, reads, tighter
from registry.upcasting.units import unit_pairs
from upcasters.expression_check import sort
from upcasters.fit import fits, misfits
from upcasters.operations import (
    Add,
    Convert,
    Default,
    Each,
    Fail,
    In,
    Map,
    Move,
    Only,
    Operation,
    Remove,
    Rename,
    Scalar,
    Scale,
)
from upcasters.path import ROOT, Pointer
from upcasters.reverse_values import number_of
from upcasters.shape import ITEMS, Array, Choice, Member, OneOf, Record, Shape, Table, nullable, without_null


def draft(subject: str, source: int, target: int, old: Parsed, new: Parsed) -> Draft:
    """Propose the upcaster from version ``source`` (schema ``old``) to version ``target`` (schema ``new``)."""
    found = Found()
    outlines = old.engine.outline(old.schema), new.engine.outline(new.schema)
    limits = is_tighter(*outlines) and not reads(new, old)
    drafter = _Drafter(found, *outlines, new.definition.format, StandIns(new), limits=limits)
    drafter.compare(shape_of(old), shape_of(new), ROOT)
    return found.draft(subject, source, target)


class _Drafter:
    """Walks two shapes side by side; the outlines know aliases, numbers and defaults."""

    def __init__(
        self,
        found: Found,
        old: Type,
        new: Type,
        form: Format,
        stand_ins: StandIns,
        above: Place = (),
        *,
        limits: bool,
    ) -> None:
        self._found = found
        self._old = old
        self._new = new
        self._format = form
        self._stand_ins = stand_ins
        self._above = above
        """Where the scope stands in an event of the new version."""
        self._limited = limits
        """Whether limits that became tighter keep old events out."""
        self._formerly: dict[Pointer, Pointer] = {}
        """Where members stood before they were renamed."""

    def _propose(self, operation: Operation, pointer: Pointer, confidence: float, reason: str) -> None:
        self._found.proposals.append(Proposal(operation, pointer, confidence, reason))

    def compare(self, old: Shape, new: Shape, at: Pointer, *, always: bool = True) -> None:
        """Propose what brings a value at a place from one shape to the other; ``always``: every event has it."""
        sides = type_at(self._old, self._before(at)), type_at(self._new, at)
        if fits(old, new) and not self._renumbered(at) and not (self._limited and is_tighter(*sides)):
            return
        before, after = without_null(old), without_null(new)
        if nullable(old) and not nullable(new):
            self._null(at)
        match before, after:
            case Record(), Record() if not at.parts or (always and not nullable(old)):
                self._records(before, after, at)
            case Record(), Record():
                self._within(In, before, after, at)
            case Choice(), Choice() if self._renumbered(at) or not fits(before, after):
                self._symbols(before, after, at)
            case (Array(items=one), Array(items=other)) | (Table(values=one), Table(values=other)):
                self._within(Each, one, other, at)
            case _ if not fits(before, after):
                self._value(before, after, at)
        if self._limited:
            self._limits(at, always=always)

    def _limits(self, at: Pointer, *, always: bool) -> None:
        """Propose to refuse events beyond limits that became tighter."""
        limits = list(tighter(type_at(self._old, self._before(at)), type_at(self._new, at), at))
        if not limits:
            return
        name = expression_name(at)
        guards = [] if always else [f"has({name})"]
        if any(limit.null_is_beyond for limit in limits):
            guards.append(f"{name} != null")
        beyond = " || ".join(limit.condition for limit in limits)
        condition = " && ".join([*guards, f"({beyond})" if guards and len(limits) > 1 else beyond])
        told = " and ".join(limit.keyword for limit in limits)
        reason = (
            f"{told} {'is' if len(limits) == 1 else 'are'} tighter: confirm that events beyond are refused, "
            "or write what they become"
        )
        self._propose(Fail(condition, f"{str(at) or 'a value'} is beyond {told}"), at, POSSIBLE, reason)

    def _renumbered(self, at: Pointer) -> bool:
        """Whether names of Protobuf stand for other fields or values now."""
        sides = type_at(self._old, self._before(at)), type_at(self._new, at)
        return any(True for _ in other_fields(*sides)) or any(True for _ in other_values(*sides))

    def _before(self, at: Pointer) -> Pointer:
        """Where the value at a place stood in the old version."""
        if not at.parts:
            return at
        return self._formerly.get(at) or self._before(at.parent) / at.name

    def _null(self, at: Pointer) -> None:
        reason = "null is not allowed any more: choose what stands for it"
        self._fill(lambda value: Default(at, value.value, value.literal, when="null"), at, 0.3, reason)

    def _fill(self, make: Callable[[StandIn], Operation], at: Pointer, confidence: float, reason: str) -> None:
        """Propose an operation with a value that the new version takes at a place, or leave the place open."""
        value = self._stand_ins.smallest((*self._above, *at.parts))
        if value is None:
            self._found.open.append((at, f"{reason}; no value that the new version takes here could be made"))
        else:
            self._propose(make(value), at, confidence, reason)

    def _within(self, kind: type[Each | In], one: Shape, other: Shape, at: Pointer) -> None:
        """What happens in every item of a list or map, or in a record that may not be there, as one operation."""
        inner = Found()
        reach = items_at if kind is Each else type_at
        beneath = reach(self._old, self._before(at)), reach(self._new, at)
        within = (*self._above, *at.parts, *([ITEMS] if kind is Each else []))
        _Drafter(inner, *beneath, self._format, self._stand_ins, within, limits=self._limited).compare(one, other, ROOT)
        self._found.open += [(at / place, reason) for place, reason in inner.open]
        if not inner.proposals:
            return
        proposals = tuple(inner.proposals)
        ops = tuple(proposal.operation for proposal in proposals)
        least = min(proposals, key=lambda proposal: proposal.confidence)
        self._found.proposals.append(Proposal(kind(at, ops), at, least.confidence, least.reason, proposals))
        self._found.losses += [at / place for place in inner.losses]

    def _value(self, before: Shape, after: Shape, at: Pointer) -> None:
        if isinstance(after, OneOf) and any(fits(before, arm) for arm in after.arms):
            return
        using = _CONVERSIONS.get((sort(before), sort(after)))
        if using is not None:
            self._propose(Convert(at, using), at, 0.7, f"the type changed: confirm that {using} is meant")
        elif next(misfits(before, after, trusting=True), None) is not None:
            if at.parts:
                reason = "the type changed and no codec leads there: write how it is computed (set, map ...)"
                self._propose(Remove(at), at, 0.0, reason)
            reason = "the type changed and no codec leads there: a value for the new type is needed"
            self._fill(lambda value: Add(at, value.value, value.literal), at, 0.0, reason)
            self._found.losses.append(at)

    def _symbols(self, before: Choice, after: Choice, at: Pointer) -> None:
        left = [symbol for symbol in before.symbols if symbol is not None and not fits(Choice((symbol,)), after)]
        table: list[tuple[Scalar, Scalar]] = []
        worst = CERTAIN
        numbered = _numbered(type_at(self._old, self._before(at)), type_at(self._new, at))
        free = [symbol for symbol in after.symbols if symbol not in before.symbols]
        best = {symbol: self._best(symbol, free, after.symbols[0]) for symbol in left}
        claimed = {other for score, other in best.values() if score >= POSSIBLE}
        for symbol in before.symbols:
            if symbol is None:
                continue
            if symbol in numbered:
                table.append((symbol, numbered[symbol]))
                continue
            if symbol not in left:
                table.append((symbol, symbol))
                continue
            score, other = best[symbol]
            if score < POSSIBLE:  # a guess: rather a value that no other name stands for
                other = next((each for each in free if each not in claimed), other)
            least = 0.7 if len(after.symbols) == 1 else 0.0  # there is nothing else it could become
            worst = min(worst, score if score >= POSSIBLE else least)
            table.append((symbol, other))
        gone = f"{', '.join(map(str, left))} left the list of values" if left else "names have other numbers now"
        texts = all(isinstance(symbol, str) for symbol, _ in table)
        rows = {str(symbol): value for symbol, value in table} if texts else tuple(table)
        operation = Map(at, rows, "keep" if numbered and self._is_open(at) else "error")
        reason = "the values have the same numbers" if worst == CERTAIN else "check what each becomes"
        self._propose(operation, at, worst, f"{gone}: {reason}")

    @staticmethod
    def _best(symbol: Scalar, free: Sequence[Scalar], otherwise: Scalar) -> tuple[float, Scalar]:
        """The value most like a symbol, with its likeness."""
        scored = [(alike(str(symbol), str(other)), other) for other in free]
        return max(scored, key=lambda pair: pair[0], default=(0.0, otherwise))

    def _is_open(self, at: Pointer) -> bool:
        """Whether an enum of Protobuf lets numbers without a name pass: they go on as they are."""
        return not dict(type_at(self._old, self._before(at)).constraints).get("closed", True)

    # Records

    def _records(self, before: Record, after: Record, at: Pointer) -> None:
        if before.open and not after.open:
            reason = "members that no schema declares are refused now: confirm that they are dropped"
            self._propose(Only(at, tuple(before.members)), at, POSSIBLE, reason)
            self._found.losses += [] if before.members else [at]
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
            self._formerly[place] = self._before(at) / name
            holder = after.members[place.parts[len(at.parts)]].shape
            inner = without_null(holder)
            if isinstance(inner, Record):
                self._both(removed[name], inner.members[place.name], place)
            del removed[name]
        for name, wanted in added.items():
            if wanted.required and not any(
                isinstance(p.operation, Move) and p.operation.to.within(at / name) for p in self._found.proposals
            ):
                self._add(at / name, wanted)
        if not after.open:
            self._losses(list(removed), set(added), at)

    def _losses(self, names: list[str], new: set[str], at: Pointer) -> None:
        """Propose to take away what the new version has no place for; less sure where something new might hold it."""
        for name in names:
            confidence = 0.5 if new else POSSIBLE
            reason = "the new version does not have it: confirm the loss"
            self._propose(Remove(at / name), at / name, confidence, reason)
            self._found.losses.append(at / name)

    def _same_field(self, at: Pointer) -> bool:
        """Whether a name stands for the same field in both versions: in Protobuf, if its number is the same."""
        old, new = field_at(self._old, self._before(at)), field_at(self._new, at)
        return old is None or new is None or old.number == new.number

    def _both(self, member: Member, wanted: Member, at: Pointer) -> None:
        """A member on both sides, under the name it has now."""
        self.compare(member.shape, wanted.shape, at, always=member.required)
        if wanted.required and not member.required:
            self._filling(lambda value: Default(at, value.value, value.literal), at, wanted.shape, "required now: ")

    def _add(self, at: Pointer, wanted: Member) -> None:
        self._filling(lambda value: Add(at, value.value, value.literal), at, wanted.shape)

    def _filling(self, make: Callable[[StandIn], Operation], at: Pointer, shape: Shape, why: str = "") -> None:
        """Propose what fills a place that old events lack: certain only where the schema itself says what."""
        place = (*self._above, *at.parts)
        declared = field_at(self._new, at)
        if declared is not None and declared.default is not ABSENT:
            own = self._stand_ins.default(place, declared)
            if own is not None:
                certain = self._format is not Format.JSON and not why
                self._propose(make(own), at, CERTAIN if certain else LIKELY, f"{why}the schema's own default")
                return
        if isinstance(shape, Choice) and len(shape.symbols) == 1:
            only = StandIn(shape.symbols[0])
            self._propose(make(only), at, LIKELY if why else CERTAIN, f"{why}the only value it can have")
        elif nullable(shape) and (self._format is not Format.JSON or self._stand_ins.takes(place, None)):
            self._propose(make(StandIn(None)), at, 0.8, f"{why}old events do not know it: null says so")
        else:
            self._fill(make, at, 0.2, f"{why}old events do not know it: choose the value that is true of them")

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
