"""Watch an event travel: what every operation of every step added, removed and changed, for people and players."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from upcasters.errors import UpcastFailed
from upcasters.evaluate import ABSENT
from upcasters.functions import same
from upcasters.interpret import Context, Fault, apply, failure
from upcasters.operations import NAMES
from upcasters.path import ROOT, Pointer
from upcasters.step import Step


@dataclass(frozen=True, slots=True)
class Change:
    """One place where a payload is different after an operation."""

    kind: Literal["added", "removed", "changed"]
    pointer: str
    before: Any
    """None where something was added; ``kind`` tells that from a null."""
    after: Any


@dataclass(frozen=True, slots=True)
class OperationTrace:
    """What one operation did."""

    place: str
    """Pointer into the document: ``/ops/2/rename``."""
    operation: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class StepTrace:
    """One step of the travel: what its operations did, and the payload they led to, or the error they ended in."""

    source: int
    target: int
    digest: str
    operations: tuple[OperationTrace, ...]
    payload: Any
    error: UpcastFailed | None = None


def trace(steps: tuple[Step, ...], payload: Any) -> Iterator[StepTrace]:
    """The travel of a payload, step by step; it ends at the first error."""
    for step in steps:
        watched = _step(step, payload)
        yield watched
        if watched.error is not None:
            return
        payload = watched.payload


def _step(step: Step, payload: Any) -> StepTrace:
    operations: list[OperationTrace] = []
    for index, operation in enumerate(step.ops):
        name = NAMES[type(operation)]
        place = f"/ops/{index}/{name}"
        try:
            after = apply(operation, payload, Context(place))
        except Fault as fault:
            error = failure(step, fault)
            return StepTrace(step.source, step.target, step.digest, tuple(operations), payload, error)
        operations.append(OperationTrace(place, name, tuple(changes(payload, after))))
        payload = after
    return StepTrace(step.source, step.target, step.digest, tuple(operations), payload)


def changes(before: Any, after: Any, at: Pointer = ROOT) -> Iterator[Change]:
    """Where two payloads differ: as deep as both are records or lists of one length."""
    if before is after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in {**before, **after}:
            yield from _member(before.get(name, ABSENT), after.get(name, ABSENT), at / name)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from changes(one, other, at / str(index))
    elif type(before) is not type(after) or before != after:
        yield Change("changed", str(at), before, after)


def _member(before: Any, after: Any, at: Pointer) -> Iterator[Change]:
    if before is ABSENT:
        yield Change("added", str(at), None, after)
    elif after is ABSENT:
        yield Change("removed", str(at), before, None)
    else:
        yield from changes(before, after, at)


def first_difference(one: Any, other: Any) -> str:
    """The first place where two payloads differ, empty where none does; 1 and 1.0 are one number."""
    found = (each for each in changes(one, other) if each.kind != "changed" or not same(each.before, each.after))
    return next((each.pointer for each in found), "")
