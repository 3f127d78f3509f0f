"""Whether every value of one shape is a value of another, and where not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from upcasters.path import ROOT, Pointer
from upcasters.shape import (
    ANYTHING,
    NULL,
    Anything,
    Array,
    Choice,
    Integer,
    Member,
    Never,
    OneOf,
    Plain,
    Record,
    Shape,
    Table,
    alike,
    nullable,
    one_of,
    union,
    without_null,
)


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why a value of the first shape may be none of the second, at a place in the event."""

    pointer: Pointer
    message: str
    remedy: str = ""


def label(shape: Shape) -> str:
    """A shape in a few words for people."""
    match shape:
        case Anything():
            return "any value"
        case Never():
            return "no value"
        case Plain(kind="string"):
            return "a text"
        case Plain(kind="null"):
            return "null"
        case Plain(kind=kind):
            return f"a {kind}"
        case Integer(bits=bits):
            return "a whole number" if bits is None else f"a whole number of {abs(bits)} bits"
        case Choice(symbols=symbols):
            shown = ", ".join(map(str, symbols[:4]))
            return f"one of {shown}{', ...' if len(symbols) > 4 else ''}"
        case Record(name=name):
            return f"a record {name}" if name else "a record"
        case Array():
            return "a list"
        case Table():
            return "a map"
        case OneOf(arms=arms):
            return " or ".join(map(label, arms[:4])) + (" ..." if len(arms) > 4 else "")


def misfits(  # noqa: C901 - one case per pair of shapes
    source: Shape, target: Shape, at: Pointer = ROOT, *, trusting: bool = False
) -> Iterator[Misfit]:
    """Every place where a value of ``source`` may be no value of ``target``; nothing where it always is.

    ``trusting``: a source of which nothing is known counts as fitting.
    """
    match source, target:
        case (_, Anything()) | (Never(), _):
            return
        case Anything(), _ if trusting:
            return  # nothing is known beforehand: generated events decide
        case OneOf(arms=arms), _:
            for arm in arms:
                yield from misfits(arm, target, at, trusting=trusting)
        case _, OneOf(arms=arms):
            yield from _into_union(source, arms, at, trusting=trusting)
        case Record(), Record():
            yield from _records(source, target, at, trusting=trusting)
        case Record(), Table(values=values):
            for name, member in source.members.items():
                yield from misfits(member.shape, values, at / name, trusting=trusting)
        case Array(items=one), Array(items=other):
            yield from misfits(one, other, at, trusting=trusting)
        case Table(values=one), Table(values=other):
            yield from misfits(one, other, at, trusting=trusting)
        case Table(values=one), Record(open=True, members=members) if not any(m.required for m in members.values()):
            for member in members.values():
                yield from misfits(one, member.shape, at, trusting=trusting)
        case _:
            if not _leaf_fits(source, target):
                yield Misfit(at, f"{label(source)} where {label(target)} is expected")


def fits(source: Shape, target: Shape) -> bool:
    """Whether every value of ``source`` is a value of ``target``."""
    return next(misfits(source, target), None) is None


def _into_union(source: Shape, arms: tuple[Shape, ...], at: Pointer, *, trusting: bool) -> Iterator[Misfit]:
    if any(next(misfits(source, arm, at, trusting=trusting), None) is None for arm in arms):
        return
    if isinstance(source, Choice) and all(
        any(fits(Choice((symbol,)), arm) for arm in arms) for symbol in source.symbols
    ):
        return
    alike = [arm for arm in arms if type(arm) is type(source)]
    if len(alike) == 1:
        yield from misfits(source, alike[0], at, trusting=trusting)
    else:
        yield Misfit(at, f"{label(source)} where {label(OneOf(arms))} is expected")


def _records(source: Record, target: Record, at: Pointer, *, trusting: bool) -> Iterator[Misfit]:
    for name, wanted in target.members.items():
        given = source.members.get(name)
        if given is None:
            if wanted.required:
                yield Misfit(at / name, "required, and nothing gives it", f"add: {{at: {at / name}, value: ...}}")
        else:
            if wanted.required and not given.required:
                yield Misfit(at / name, "required, and may be absent", f"default: {{at: {at / name}, value: ...}}")
            yield from misfits(given.shape, wanted.shape, at / name, trusting=trusting)
    if target.open:
        return
    for name in source.members:
        if name not in target.members:
            yield Misfit(at / name, "not a member any more", f"rename, move or remove {at / name}")
    if source.open:
        yield Misfit(
            at,
            "members that the old version does not declare are allowed there and refused here",
            f"only: {{at: '{at}', members: [{', '.join(source.members)}]}} drops them",
        )


def _leaf_fits(source: Shape, target: Shape) -> bool:
    match source, target:
        case Choice(symbols=symbols), Choice(symbols=allowed):
            return all(any(_same(symbol, other) for other in allowed) for symbol in symbols)
        case Choice(symbols=symbols), _:
            return all(_constant_fits(symbol, target) for symbol in symbols)
        case Integer(bits=None), Integer():
            return True  # widths are of the format; values are proven with generated events
        case Integer(bits=one), Integer(bits=other):
            return other is None or (
                _range(one or 64)[0] >= _range(other)[0] and _range(one or 64)[1] <= _range(other)[1]
            )
        case Integer(), Plain(kind="number"):
            return True
        case _:
            return source == target


def _range(bits: int) -> tuple[int, int]:
    return (0, 2**-bits) if bits < 0 else (-(2 ** (bits - 1)), 2 ** (bits - 1))


def _same(one: Any, other: Any) -> bool:
    return isinstance(one, bool) is isinstance(other, bool) and one == other


def _constant_fits(value: Any, target: Shape) -> bool:
    match target:
        case Plain(kind="null"):
            return value is None
        case Plain(kind="string"):
            return isinstance(value, str)
        case Plain(kind="boolean"):
            return isinstance(value, bool)
        case Plain(kind="number"):
            return isinstance(value, int | float) and not isinstance(value, bool)
        case Integer(bits=bits):
            whole = isinstance(value, int) and not isinstance(value, bool)
            return whole and (bits is None or _range(bits)[0] <= value < _range(bits)[1])
        case _:
            return False


def join(one: Shape, other: Shape, *, undeclared: bool = False) -> Shape:
    """The shape of what has either of two shapes: records are joined member by member.

    ``undeclared``: where only one record declares a member and the other is open, that may hold anything there.
    """
    bare, rest = without_null(one), without_null(other)
    if alike(one, other):
        return one
    if not (_open(bare) and _open(rest)):  # what fits an open record may say more than it
        if fits(other, one):
            return one
        if fits(one, other):
            return other
    null = (NULL,) if nullable(one) or nullable(other) else ()
    if isinstance(bare, Record) and isinstance(rest, Record):
        return union(_joined(bare, rest, undeclared=undeclared), *null)
    if isinstance(bare, Array) and isinstance(rest, Array):
        return union(Array(join(bare.items, rest.items, undeclared=undeclared)), *null)
    if isinstance(bare, Table) and isinstance(rest, Table):
        return union(Table(join(bare.values, rest.values, undeclared=undeclared)), *null)
    if isinstance(bare, Choice) and isinstance(rest, Choice):
        return union(one_of((*bare.symbols, *rest.symbols)), *null)
    return union(one, other)


def _open(shape: Shape) -> bool:
    """Whether a shape is a record with room, or holds such."""
    match shape:
        case Record():
            return shape.open or any(_open(without_null(member.shape)) for member in shape.members.values())
        case Array(items=inner) | Table(values=inner):
            return _open(without_null(inner))
        case _:
            return False


def _joined(one: Record, other: Record, *, undeclared: bool) -> Record:
    members: dict[str, Member] = {}
    for name in {**one.members, **other.members}:
        left, right = one.members.get(name), other.members.get(name)
        if left is not None and right is not None:
            both = join(left.shape, right.shape, undeclared=undeclared)
            members[name] = Member(both, left.required and right.required)
            continue
        present, lacking = (left, other) if left is not None else (right, one)
        assert present is not None  # noqa: S101 - the name is of one of them
        anything = undeclared and lacking.open
        members[name] = Member(ANYTHING if anything else present.shape, required=False)
    return Record(members, open=one.open or other.open, name=one.name if one.name == other.name else "")


def shape_of(value: Any) -> Shape:
    """The shape of one constant: as narrow as can be."""
    match value:
        case None:
            return NULL
        case str() | bool() | int() | float():
            return Choice((value,))
        case list():
            shape: Shape = Never()
            for item in value:
                shape = join(shape, shape_of(item))
            return Array(shape)
        case dict():
            return Record({name: Member(shape_of(item)) for name, item in value.items()})
        case _:
            return _native(value)


def _native(value: Any) -> Shape:
    names = {"Decimal": "decimal", "bytes": "bytes", "datetime": "timestamp", "date": "date", "time": "time",
             "UUID": "uuid"}  # fmt: skip
    return Plain(names[type(value).__name__])  # type: ignore[arg-type]
