"""What can be said of an upcaster without an event: whether its operations fit, what comes out, and what vanishes."""

from __future__ import annotations

from collections.abc import Iterator

from compat.formats import Parsed
from registry.upcasting.edge import Edge
from registry.upcasting.enum_numbers import renumbered_values
from registry.upcasting.numbers import renumbered
from registry.upcasting.report import Check, Finding
from upcasters.fit import misfits
from upcasters.fuse import PlanTooHeavy, fuse
from upcasters.losses import vanished
from upcasters.operations import Operation
from upcasters.path import Pointer
from upcasters.shape import PAYLOAD, around
from upcasters.shape_change import change
from upcasters.stream import lifted


def misplaced(edge: Edge) -> Iterator[Finding]:
    """Operations that do not fit where they stand, and results that do not fit the new version."""
    document = edge.document
    changed = change(document.ops, edge.shape)
    for problem in changed.problems:
        yield Finding(Check.OPERATIONS, problem.place, problem.pointer, problem.message, problem.remedy)
    if changed.problems:
        return
    try:
        if edge.stream_level:
            fuse([tuple(lifted(document.ops))], around(edge.shape))
        else:
            fuse([document.ops], edge.shape)
    except PlanTooHeavy as error:
        yield Finding(Check.OPERATIONS, "/ops", "", str(error), "copy less, and go through fewer lists of lists")
    if edge.emits:
        return  # every event that comes out has a shape of its own
    if not edge.stream_level:
        yield from _renumbered(edge)
    for misfit in misfits(changed.shape, edge.target, trusting=True):
        yield Finding(Check.SHAPE, "/ops", str(misfit.pointer), misfit.message, misfit.remedy)


def _renumbered(edge: Edge) -> Iterator[Finding]:
    """Fields and values of enums of Protobuf that do not stay what they are: numbers, whatever they are called."""
    yield from _other_numbers(edge.document.ops, edge.old, edge.new, Check.SHAPE, "/ops", ("old", "new"))
    down = edge.document.down
    if isinstance(down, tuple):
        yield from _other_numbers(down, edge.new, edge.old, Check.DOWN, "/down", ("new", "old"))


def _other_numbers(
    ops: tuple[Operation, ...], before: Parsed, after: Parsed, check: Check, place: str, words: tuple[str, str]
) -> Iterator[Finding]:
    one, other = words
    for at, number, now in renumbered(ops, before, after):
        yield Finding(
            check, place, str(at),
            f"is field {number} in the {one} version and field {now} in the {other}: not the same field",
            f"rename it to what field {number} is called in the {other} version; if {now} is meant, write it with set",
        )  # fmt: skip
    for each in renumbered_values(ops, before, after):
        called = f"called {each.called}" if each.called else "missing"
        yield Finding(
            check, place, str(each.place),
            f"{each.name} is number {each.number} in the {one} version and {each.now} in the {other}: "
            "not the same value",
            f"write map: number {each.number} is {called} in the {other} version; "
            f"if {each.name} is meant, list {each.name}: {each.name}",
        )  # fmt: skip


def lost(edge: Edge) -> Iterator[Finding]:
    """Fields of the old version that vanish without being acknowledged."""
    if edge.emits:
        return
    for gone in vanished(tuple(lifted(edge.document.ops)), around(edge.shape)):
        pointer = Pointer(gone.parts[1:])
        if gone.parts[0] == PAYLOAD and not any(pointer.within(known) for known in edge.document.loses):
            yield Finding(
                Check.LOSS, "/loses", str(pointer), "does not arrive in the new version",
                f"carry it over, or acknowledge it: loses: [{pointer}]",
            )  # fmt: skip
