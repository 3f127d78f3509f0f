"""Random shapes, payloads of a shape, and documents that fit it: for laws and for comparing compilers."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

from upcasters.document import Document
from upcasters.operations import (
    Add,
    Convert,
    Copy,
    Default,
    Each,
    Entries,
    Fail,
    In,
    Join,
    Map,
    Move,
    Only,
    Operation,
    Otherwise,
    Remove,
    Rename,
    Scale,
    Set,
    Split,
    Unwrap,
    When,
    Wrap,
)
from upcasters.path import ROOT, Pointer
from upcasters.shape import (
    BOOLEAN,
    INT64,
    NULL,
    NUMBER,
    STRING,
    Anything,
    Array,
    Choice,
    Integer,
    Member,
    OneOf,
    Plain,
    Record,
    Shape,
    Table,
    nullable,
    union,
    without_null,
)
from upcasters.shape_change import change

NAMES = "abcdefgh"
TEXTS = ("", "a", "x y", "N", "P", "é𝄞", "1", "-7", "12.5")


def shape(random: Random, depth: int = 0) -> Shape:
    """A shape; records are likelier near the root."""
    roll = random.random()
    found: Shape
    if depth < 3 and roll < 0.18:
        found = record(random, depth + 1)
    elif depth < 3 and roll < 0.30:
        found = Array(shape(random, depth + 1))
    elif depth < 3 and roll < 0.36:
        found = Table(shape(random, depth + 1))
    else:
        found = random.choice([STRING, INT64, NUMBER, BOOLEAN, Choice(("N", "P", "x")), STRING, INT64])
    return union(found, NULL) if random.random() < 0.15 else found


def record(random: Random, depth: int = 0) -> Record:
    """A record of one to six members."""
    names = random.sample(NAMES, random.randint(1, 6))
    members = {name: Member(shape(random, depth), random.random() < 0.7) for name in names}
    return Record(members, open=random.random() < 0.4)


def payload(random: Random, of: Shape) -> Any:  # noqa: C901
    """A value of a shape, boundary values often."""
    match of:
        case OneOf(arms=arms):
            return payload(random, random.choice(arms))
        case Plain(kind="null"):
            return None
        case Plain(kind="string"):
            return random.choice(TEXTS)
        case Plain(kind="boolean"):
            return random.random() < 0.5
        case Plain(kind="decimal"):
            return Decimal(random.choice(["0", "1.20", "-7.005", "1000"]))
        case Plain(kind="bytes"):
            return random.choice([b"", b"a", b"\x00\xff"])
        case Plain(kind="number"):
            return random.choice([0, 1, -1, 0.5, 2.5, -2.5, 1e21, 12.345, 2**53])
        case Integer():
            chosen = random.choice([0, 1, -1, 7, 2**31, 2**53 + 1, -(2**40)])
            return chosen if of.bits is None or abs(chosen) < 2 ** (of.bits - 1) else 2 ** (of.bits - 1) - 1
        case Choice(symbols=symbols):
            return random.choice(symbols)
        case Array(items=items):
            return [payload(random, items) for _ in range(random.choice([0, 1, 1, 2, 3]))]
        case Table(values=values):
            return {random.choice(TEXTS): payload(random, values) for _ in range(random.choice([0, 1, 2]))}
        case Record(members=members):
            event = {
                name: payload(random, member.shape)
                for name, member in members.items()
                if member.required or random.random() < 0.6
            }
            if of.open and random.random() < 0.3:
                event[f"unknown {random.randint(0, 3)}"] = random.choice([None, 1, {"deep": []}])
            return event
        case Anything():
            return random.choice([None, 1, "x", [], {}])
        case _:
            raise AssertionError(of)


def places(of: Shape, at: Pointer = ROOT) -> list[tuple[Pointer, Shape]]:
    """Every place below records, with its shape."""
    found = [(at, of)] if at.parts else []
    bare = without_null(of)
    if isinstance(bare, Record):
        for name, member in bare.members.items():
            found += places(member.shape, at / name)
    return found


def operations(random: Random, of: Shape, count: int, depth: int = 0) -> tuple[tuple[Operation, ...], Shape]:
    """Operations that fit a shape, one after another, and the shape they lead to."""
    chosen: list[Operation] = []
    for _ in range(count * 4):
        if len(chosen) == count:
            break
        operation = _operation(random, of, depth)
        if operation is None:
            continue
        result = change((operation,), of)
        if not result.problems:
            chosen.append(operation)
            of = result.shape
    return tuple(chosen), of


def _fresh(random: Random) -> str:
    return random.choice(["p", "q", "r", "s", "t", *NAMES])


def _operation(random: Random, of: Shape, depth: int) -> Operation | None:  # noqa: C901
    found = places(of)
    if not found:
        return (
            Add(Pointer((_fresh(random),)), random.choice([1, "x", None, {}, []])) if isinstance(of, Record) else None
        )
    at, own = random.choice(found)
    bare = without_null(own)
    to = Pointer((_fresh(random),))
    match random.randint(0, 19):
        case 0 | 1:
            return Rename(at, _fresh(random))
        case 2:
            return Move(at, random.choice([to, to / _fresh(random), at.parent / _fresh(random)]))
        case 3:
            return Copy(at, random.choice([to, to / "z"]))
        case 4:
            return Add(random.choice([to, to / "z"]), random.choice([1, "x", None, {"k": [1]}, [], True, 1.5]))
        case 5:
            return Default(at, random.choice([0, "d", False]), when=random.choice(["absent", "null", "either"]))
        case 6:
            return Remove(at)
        case 7:
            return (
                Only(ROOT, tuple(name for name in of.members if random.random() < 0.8))
                if isinstance(of, Record)
                else None
            )
        case 8 if isinstance(bare, Choice):
            return Map(at, {str(symbol): f"new {symbol}" for symbol in bare.symbols})
        case 9 if bare in (STRING, INT64):
            otherwise = random.choice(["keep", Otherwise("other")])
            return Map(at, ((1, "one"), ("a", "A"), (7, True)) if bare == INT64 else {"a": "A", "N": "n"}, otherwise)
        case 10 if bare in (INT64, BOOLEAN, NUMBER):
            return Convert(at, {INT64: "int->string", BOOLEAN: "bool->string", NUMBER: "number->string"}[bare])
        case 11 if bare in (INT64, NUMBER):
            rounding = random.choice(["half_even", "half_up", "floor", "up", "down", "ceiling", "half_down"])
            return Scale(
                at,
                random.choice([100, "0.01", "1/3"]),
                rounding,
                random.choice(["int64", "string", "double"]),
                places=0,
            )
        case 12:
            return _set(random, found, to)
        case 13:
            texts = [place for place, its in found if without_null(its) == STRING]
            return Join(tuple(random.sample(texts, 2)), to, "|") if len(texts) > 1 else None
        case 14 if bare == STRING:
            return Split(at, (to, Pointer(("w",))), " ") if random.random() < 0.3 else Wrap(at)
        case 15 if isinstance(bare, Array):
            return Unwrap(at, random.choice(["one", "first", "last"]))
        case 16 if isinstance(bare, Table):
            return Entries(at, "list")
        case 17 if isinstance(bare, Array | Table) and depth < 3:
            items = bare.items if isinstance(bare, Array) else bare.values
            inner, _ = operations(random, without_null(items), random.randint(1, 3), depth + 1)
            if not inner and without_null(items) == INT64:
                inner = (Scale(ROOT, 10, "exact", "int64"),)
            return Each(at, inner) if inner else None
        case 18 if isinstance(bare, Record) and depth < 3:
            inner, _ = operations(random, bare, random.randint(1, 3), depth + 1)
            return In(at, inner) if inner else None
        case 19 if depth < 3:
            condition = _condition(random, of, found)
            if condition is None:
                return None
            if random.random() < 0.15:
                return Fail(condition, "no such events")
            then, _ = operations(random, of, random.randint(1, 2), depth + 2)
            otherwise, _ = operations(random, of, random.randint(0, 2), depth + 2)
            return When(condition, then, otherwise) if then else None
        case _:
            return None


def _name(at: Pointer) -> str:
    return ".".join(f"`{part}`" if part == "in" else part for part in at.parts)


def _set(random: Random, found: list[tuple[Pointer, Shape]], to: Pointer) -> Set | None:
    at, own = random.choice(found)
    name = _name(at)
    bare = without_null(own)
    choices: list[str] = [f"coalesce({name}, 'none')"] if bare == STRING else []
    if bare == STRING and not nullable(own):
        choices += [
            f"{name} + '!' + {name}",
            f"{name}.upper()",
            f"{name}.size() > 1 ? 'long' : 'short'",
            f"{name}.before(' ')",
        ]
    if bare == INT64 and not nullable(own):
        choices += [f"{name} * 2 + 1", f"-{name}", f"{name} > 3 && {name} < 10", f"string({name})", f"{name} % 3"]
    if isinstance(bare, Array) and not nullable(own):
        choices += [f"{name}.size()", f"{name}.exists(i, i == 1)", f"{name}.filter(i, i != null)"]
    if not choices:
        return None
    place = random.choice([to, at, to / "z"])
    return Set(place, random.choice(choices), random.choice(["error", "skip"]))


def _condition(random: Random, of: Shape, found: list[tuple[Pointer, Shape]]) -> str | None:
    at, own = random.choice(found)
    name = _name(at)
    bare = without_null(own)
    if bare == STRING:
        return f"has({name}) && {name} == 'a'"
    if bare == INT64:
        return f"coalesce({name}, 0) > 3"
    if bare == BOOLEAN:
        return f"has({name}) && {name} == true"
    return f"has({name})"


def document(ops: tuple[Operation, ...]) -> Document:
    """A document around operations."""
    return Document("things.Happened", 1, 2, ops)
