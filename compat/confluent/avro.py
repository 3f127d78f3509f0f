"""Avro: Confluent asks the Java library's checker of a reader's against a writer's schema; six kinds, none accepted.

Names are compared without their namespace, or through the reader's aliases; logical types are not looked at; a reader
union is readable if any branch is. A pair that is being compared counts as readable, and what was concluded from that
is kept even if it turns out wrong: this is known to accept some recursive schemas that cannot be read, and is modelled.
Where the library throws (a reader field that meets two writer fields), Confluent reports that alone; here it is a
TYPE_MISMATCH of the two records. Paths inside a branch of a union begin anew, and details are worded as the library
words them.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Final, TypeAlias

from compat.avro.rules import fragment
from compat.avro.schema import Array, Enum, Field, Fixed, Map, Named, Node, Record, Schema, Union, short_name
from compat.budget import Budget
from compat.confluent.kinds import Policy, Seen

_PROMOTIONS: Final = {
    "long": {"int"},
    "float": {"int", "long"},
    "double": {"int", "long", "float"},
    "bytes": {"string"},
    "string": {"bytes"},
}
"""By reader kind, the writer kinds that are promoted to it."""

Results: TypeAlias = dict[Seen, None]
"""In the order found, each once."""
Steps: TypeAlias = Generator[tuple[Node, Node, str], Results, Results]
"""A comparison that asks for others (reader, writer, path) and is sent their results."""


def differences(original: Schema, update: Schema, _policy: Policy, budget: Budget) -> Iterator[Seen]:
    """Raises BudgetSpent."""
    try:
        yield from _check(update.root, original.root, budget)
    except _Thrown as thrown:
        yield thrown.seen


class _Thrown(Exception):
    """The library would throw here, whatever else it has found."""

    def __init__(self, seen: Seen) -> None:
        super().__init__(seen.detail)
        self.seen = seen


def _check(reader: Node, writer: Node, budget: Budget) -> Results:
    """Compare two types on a stack of its own, so that no depth of types exhausts Python's."""
    known: dict[tuple[Node, Node], Results] = {(reader, writer): {}}
    waiting: list[tuple[tuple[Node, Node], Steps]] = [((reader, writer), _compared(reader, writer, ""))]
    sent: Results | None = None
    while waiting:
        budget.spend(1 + len(sent or ()) // 16)
        pair, steps = waiting[-1]
        try:
            inner_reader, inner_writer, path = next(steps) if sent is None else steps.send(sent)
        except StopIteration as ended:
            waiting.pop()
            known[pair] = sent = ended.value
            continue
        asked = (inner_reader, inner_writer)
        if asked in known:
            sent = known[asked]
        else:
            known[asked] = {}  # readable for as long as it is being compared
            waiting.append((asked, _compared(*asked, path)))
            sent = None
    return sent or {}


def _compared(reader: Node, writer: Node, path: str) -> Steps:
    match reader, writer:
        case Union(), Union(branches=branches):
            return (yield from _each_branch(reader, branches, path))
        case _, Union(branches=branches):
            return (yield from _every_branch(reader, branches))
        case Union(), _:
            return (yield from _some_branch(reader, writer, path))
        case (Array(items=r), Array(items=w)):
            return (yield r, w, f"{path}/items")
        case (Map(values=r), Map(values=w)):
            return (yield r, w, f"{path}/values")
        case Record(), Record():
            fields = yield from _fields(reader, writer, path)
            return {**_names(reader, writer, path), **fields}
        case Enum(), Enum():
            return {**_names(reader, writer, path), **_symbols(reader, writer, path)}
        case Fixed(), Fixed():
            return {**_names(reader, writer, path), **_sizes(reader, writer, path)}
        case _ if reader.kind == writer.kind or writer.kind in _PROMOTIONS.get(reader.kind, ()):
            return {}
        case _:
            told = f"reader type: {reader.kind.upper()} not compatible with writer type: {writer.kind.upper()}"
            return _one("TYPE_MISMATCH", path, reader, writer, told)


def _each_branch(reader: Union, branches: tuple[Node, ...], path: str) -> Steps:
    """Two unions: each branch of the writer's needs one of the reader's; what is wrong inside is not told."""
    found: Results = {}
    for index, branch in enumerate(branches):
        if (yield reader, branch, ""):
            found |= _one("MISSING_UNION_BRANCH", f"{path}/{index}", reader, branch, _lacking(branch))
    return found


def _every_branch(reader: Node, branches: tuple[Node, ...]) -> Steps:
    """A writer's union read by another type: every branch has to be readable."""
    found: Results = {}
    for branch in branches:
        found |= yield reader, branch, ""
    return found


def _some_branch(reader: Union, writer: Node, path: str) -> Steps:
    """A reader's union: any branch that reads the type, whatever comes before it."""
    for branch in reader.branches:
        if not (yield branch, writer, ""):
            return {}
    return _one("MISSING_UNION_BRANCH", path, reader, writer, _lacking(writer))


def _lacking(writer: Node) -> str:
    return f"reader union lacking writer type: {writer.kind.upper()}"


def _fields(reader: Record, writer: Record, path: str) -> Steps:
    written = {field.name: field for field in writer.fields}
    found: Results = {}
    for index, field in enumerate(reader.fields):
        names = (field.name, *dict.fromkeys(field.aliases))  # an alias that repeats the name counts once more
        met = [written[name] for name in names if name in written]
        if len(met) > 1:
            detail = f"the field {field.name} meets {', '.join(each.name for each in met)} of the writer"
            raise _Thrown(*_one("TYPE_MISMATCH", path, reader, writer, detail))
        if met:
            found |= yield field.type, met[0].type, f"{path}/fields/{index}/type"
        elif not field.has_default:
            place = f"{path}/fields/{index}"
            if isinstance(field.type, Enum) and field.type.default is not None:
                found |= yield field.type, writer, f"{place}/type"  # an enum's default fills no field: they never fit
            else:
                found |= _one("READER_FIELD_MISSING_DEFAULT_VALUE", place, field, writer, field.name)
    return found


def _names(reader: Named, writer: Named, path: str) -> Results:
    if short_name(reader.name) == short_name(writer.name) or writer.name in reader.aliases:
        return {}
    return _one("NAME_MISMATCH", f"{path}/name", reader, writer, f"expected: {writer.name}")


def _symbols(reader: Enum, writer: Enum, path: str) -> Results:
    known = set(reader.symbols)
    missing = [symbol for symbol in writer.symbols if symbol not in known]
    if not missing or reader.default is not None:
        return {}
    return _one("MISSING_ENUM_SYMBOLS", f"{path}/symbols", reader, writer, f"[{', '.join(missing[:10])}]")


def _sizes(reader: Fixed, writer: Fixed, path: str) -> Results:
    if reader.size == writer.size:
        return {}
    return _one("FIXED_SIZE_MISMATCH", f"{path}/size", reader, writer, f"expected: {writer.size}, found: {reader.size}")


def _one(kind: str, path: str, reader: Node | Field, writer: Node, detail: str) -> Results:
    return {Seen(kind, path or "/", fragment(writer), fragment(reader), detail): None}
