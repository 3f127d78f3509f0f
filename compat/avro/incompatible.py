"""What keeps a reader schema from reading what a writer schema writes: faults, each with its witness."""

from __future__ import annotations

from collections.abc import Iterator

from compat.avro.meetings import Stop, faults
from compat.avro.resolution import Resolution
from compat.avro.rules import Fact, fragment
from compat.avro.schema import Schema
from compat.avro.text import text
from compat.avro.witness import Executor, NotShown
from compat.budget import Budget, BudgetSpent
from compat.engine import Form
from compat.verdict import Difference, Incompatibility, Place, Reason, Undecided, Witness


def incompatibilities(reader: Schema, writer: Schema, budget: Budget) -> Iterator[Incompatibility | Undecided]:
    """Nothing that blocks: every event of the writer is read, by the letter and by the Java implementation.

    Undecided only when the budget is spent.
    """
    if _are_one(reader, writer):
        return
    resolution = Resolution(reader, writer, budget.spend)
    found: list[tuple[Stop, Fact]] = []
    spent: BudgetSpent | None = None
    try:
        found += faults(resolution, budget)
    except BudgetSpent as error:
        spent = error
    executor = Executor(resolution)
    blocking = sum(fact.severity.blocks for _, fact in found)
    for stop, fact in found:
        try:
            budget.spend(_cost(stop))
            witness = executor.witness(stop, fact, alone=blocking == 1)
        except NotShown:
            continue
        except BudgetSpent as error:
            spent = spent or error
            break
        yield _judged(stop, fact, witness)
    if spent is not None:
        yield Undecided(Reason.BUDGET_SPENT, str(spent))


def _are_one(reader: Schema, writer: Schema) -> bool:
    """Whether both are the same schema: no resolution takes place then, in any implementation."""
    if reader.definition == writer.definition:
        return True
    if len(reader.nodes) != len(writer.nodes) or reader.named.keys() != writer.named.keys():
        return False
    return text(reader, Form.RESOLVED) == text(writer, Form.RESOLVED)


def _cost(stop: Stop) -> int:
    """Steps of building an event: the records on the way are copied, which is cheaper than looking at their fields."""
    return 1 + sum(len(getattr(each.meeting.writer, "fields", ())) for each in stop.way()) // 16


def _judged(stop: Stop, fact: Fact, witness: Witness | None) -> Incompatibility | Undecided:
    difference = Difference(fact.rule, fact.message, fragment(fact.before), fragment(fact.after))
    if witness is None and fact.severity.blocks:
        message = f"{fact.rule}: {fact.message}; the event that shows it nests too deep to be executed"
        return Undecided(Reason.BUDGET_SPENT, message, stop_place(stop))
    return Incompatibility(difference, fact.severity, witness)


def stop_place(stop: Stop) -> Place:
    """Where a meeting stands in the reader schema."""
    return stop.meeting.reader.source.place(stop.meeting.reader.pointer)
