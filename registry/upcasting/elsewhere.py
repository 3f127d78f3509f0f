"""Whether the compilers of other engines come to what the interpreter comes to, where those engines are at hand.

Up and down, on the events of every format as each engine meets them. What was not compared is named with the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from registry.upcasting.engines import REFUSED, Asked, Budget, Clock, Engine, LeftOut, NotCompared
from upcasters.errors import NotPortable
from upcasters.functions import same
from upcasters.fuse import PlanTooHeavy
from upcasters.trace import first_difference


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one engine made of the events of a proof, in one direction."""

    engine: str
    direction: str
    """``up`` or ``down``."""
    events: int
    """That came out the same."""
    declined: int = 0
    """That it refuses aloud, because it cannot compute them exactly."""
    left_out: int = 0
    """That it was not shown."""
    left_out_for: str = ""
    """What is in most of those, why."""
    reason: str = ""
    """Why nothing was compared."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """An event that an engine makes something else of."""

    engine: str
    payload: Any
    result: Any
    """What the interpreter makes of it."""
    other: Any
    """What the engine makes of it, as it meets events."""
    pointer: str
    """The first place where the two differ."""


def compare(
    asked: Asked, outcomes: Sequence[tuple[Any, Any]], engines: Sequence[Engine], budget: Budget
) -> tuple[tuple[Comparison, ...], tuple[Disagreement, ...]]:
    """Hold engines to pairs of an event and what the interpreter makes of it, as long as there is time."""
    comparisons: list[Comparison] = []
    disagreements: list[Disagreement] = []
    for engine in engines:
        try:
            clock = budget.share(partial(_start, engine, asked))
            found, wrong = _compared(engine, asked, outcomes, clock)
        except (NotCompared, NotPortable, PlanTooHeavy) as error:
            reason = error.reason if isinstance(error, NotPortable) else str(error)
            found, wrong = Comparison(engine.name, asked.direction, 0, reason=reason), []
        comparisons.append(found)
        disagreements += wrong
    return tuple(comparisons), tuple(disagreements)


def _start(engine: Engine, asked: Asked, clock: Clock) -> None:
    if obstacle := engine.obstacle(asked):
        raise NotCompared(obstacle)
    engine.start(clock)


def _compared(
    engine: Engine, asked: Asked, outcomes: Sequence[tuple[Any, Any]], clock: Clock
) -> tuple[Comparison, list[Disagreement]]:
    met: list[tuple[Any, Any, Any, Any]] = []
    left_out: Counter[str] = Counter()
    for payload, result in outcomes:
        try:
            met.append((payload, result, engine.given(asked, payload), engine.shown(asked, result)))
        except LeftOut as error:
            left_out[str(error)] += 1
    why = next((reason for reason, _ in left_out.most_common(1)), "")
    if not met:
        engine.run(asked, [], clock)  # a step that it does not run at all is the better reason
        raise NotCompared(f"every event holds {why}" if why else "no event came through")
    results = engine.run(asked, [event for _, _, event, _ in met], clock)
    declined, wrong = 0, []
    for (payload, result, _, wanted), got in zip(met, results, strict=True):
        if got is REFUSED:
            declined += 1
        elif not same(read := _read_as(got, wanted), wanted):
            wrong.append(Disagreement(engine.name, payload, result, got, first_difference(wanted, read)))
    same_events = len(met) - declined - len(wrong)
    return Comparison(engine.name, asked.direction, same_events, declined, left_out.total(), why), wrong


def _read_as(got: Any, wanted: Any) -> Any:
    """What came back, read as who wants a double reads it: engines write some without point and exponent."""
    match got, wanted:
        case dict(), dict():
            return {name: _read_as(item, wanted.get(name)) for name, item in got.items()}
        case list(), list() if len(got) == len(wanted):
            return [_read_as(item, other) for item, other in zip(got, wanted, strict=True)]
        case int(), float() if not isinstance(got, bool):
            return float(str(got))
        case _:
            return got
