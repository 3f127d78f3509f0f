"""What it is to be another engine in a proof: how events are shown to it, and how it is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from compat.definition import Format
from registry.upcasting.engines.clock import Clock
from registry.upcasting.engines.forms import AS_JSON
from upcasters.fuse import fuse
from upcasters.operations import Operation
from upcasters.plan import Plan
from upcasters.shape import Shape
from upcasters.shape_change import change

_SPLITS: Final = 40
"""Queries that look for the events an engine refuses."""


class _Refused:
    """Stands for what an engine makes of an event that it refuses."""


REFUSED: Final = _Refused()


class EventRefused(Exception):
    """A query failed over one of its events."""


@dataclass(frozen=True)
class Asked:
    """A step in one direction."""

    ops: tuple[Operation, ...]
    shape: Shape
    """Of the events before it."""
    format: Format
    direction: str = "up"

    @property
    def wide_integers(self) -> bool:
        """Whether whole numbers may be beyond 2^53, as in Avro and Protobuf."""
        return self.format is not Format.JSON

    @cached_property
    def plan(self) -> Plan:
        """The step, fused. Raises PlanTooHeavy."""
        return fuse([self.ops], self.shape)

    @cached_property
    def result(self) -> Shape:
        """Of the events after it."""
        return change(self.ops, self.shape).shape


def _as_json(_asked: Asked, value: Any) -> Any:
    return AS_JSON.of(value)


@dataclass(frozen=True, slots=True)
class Engine:
    """How an engine meets events, and how it is asked."""

    name: str
    """As reports give it."""
    run: Callable[[Asked, Sequence[Any], Clock], list[Any]]
    """What a step makes of events, REFUSED where it refuses one. Raises NotCompared, NotPortable, PlanTooHeavy."""
    given: Callable[[Asked, Any], Any] = _as_json
    """An event as the engine meets it. Raises LeftOut."""
    shown: Callable[[Asked, Any], Any] = _as_json
    """What the interpreter makes of an event, as the engine would show it. Raises LeftOut."""
    obstacle: Callable[[Asked], str] = lambda _asked: ""
    """Why it cannot run the step at all."""
    start: Callable[[Clock], None] = lambda _clock: None
    """Make ready what runs all steps, once in a process. Raises NotCompared."""


def one_by_one(ask: Callable[[Sequence[Any]], list[Any]], events: Sequence[Any], most: int = _SPLITS) -> list[Any]:
    """The results of one query; where it fails, of two halves, until the events that it refuses stand alone.

    ``ask`` raises EventRefused. After ``most`` failures what has not been asked alone counts as refused.
    """
    splits = [most]

    def halves(some: Sequence[Any]) -> list[Any]:
        try:
            return ask(some)
        except EventRefused:
            splits[0] -= 1
            if len(some) == 1 or splits[0] < 0:
                return [REFUSED] * len(some)
        middle = len(some) // 2
        return [*halves(some[:middle]), *halves(some[middle:])]

    return halves(events)
