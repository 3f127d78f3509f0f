"""What can be said of an upcaster without an event: whether its operations fit, what comes out, and what vanishes."""

from __future__ import annotations

from collections.abc import Iterator

from registry.upcasting.edge import Edge
from registry.upcasting.enum_numbers import renumbered_values
from registry.upcasting.numbers import renumbered
from registry.upcasting.report import Check, Finding
from upcasters.fit import misfits
from upcasters.fuse import PlanTooHeavy, fuse
from upcasters.losses import vanished
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
        yield from _other_fields(edge)
        yield from _other_values(edge)
    for misfit in misfits(changed.shape, edge.target, trusting=True):
        yield Finding(Check.SHAPE, "/ops", str(misfit.pointer), misfit.message, misfit.remedy)


def _other_fields(edge: Edge) -> Iterator[Finding]:
    """Fields of Protobuf that do not stay what they are: numbers, whatever they are called."""
    for place, number, now in renumbered(edge.document.ops, edge.old, edge.new):
        yield Finding(
            Check.SHAPE, "/ops", str(place),
            f"is field {number} in the old version and field {now} in the new: not the same field",
            f"rename it to what field {number} is called now; if {now} is meant, write it with set",
        )  # fmt: skip


def _other_values(edge: Edge) -> Iterator[Finding]:
    """Values of Protobuf's enums that do not stay what they are: numbers too."""
    for each in renumbered_values(edge.document.ops, edge.old, edge.new):
        called = f"called {each.called} now" if each.called else "not in the new version"
        yield Finding(
            Check.SHAPE, "/ops", str(each.place),
            f"{each.name} is number {each.number} in the old version and {each.now} in the new: not the same value",
            f"write map: number {each.number} is {called}; if {each.name} is meant, list {each.name}: {each.name}",
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
