"""Whether the compilers of other engines come to what the interpreter comes to, where those engines are at hand.

Up and down, on the events of every format as each engine meets them. What was not compared is named with the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from registry.upcasting.engines import ENGINES, REFUSED, Asked, NotCompared
from registry.upcasting.forms import LeftOut
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
    asked: Asked, outcomes: Sequence[tuple[Any, Any]], engines: Sequence[str]
) -> tuple[tuple[Comparison, ...], tuple[Disagreement, ...]]:
    """Hold engines to pairs of an event and what the interpreter makes of it."""
    comparisons: list[Comparison] = []
    disagreements: list[Disagreement] = []
    for name in engines:
        try:
            found, wrong = _compared(name, asked, outcomes)
        except (NotCompared, NotPortable, PlanTooHeavy) as error:
            reason = error.reason if isinstance(error, NotPortable) else str(error)
            found, wrong = Comparison(name, asked.direction, 0, reason=reason), []
        comparisons.append(found)
        disagreements += wrong
    return tuple(comparisons), tuple(disagreements)


def _compared(name: str, asked: Asked, outcomes: Sequence[tuple[Any, Any]]) -> tuple[Comparison, list[Disagreement]]:
    engine = ENGINES[name]
    if obstacle := engine.obstacle(asked):
        raise NotCompared(obstacle)
    shown: list[tuple[Any, Any, Any, Any]] = []
    left_out: Counter[str] = Counter()
    for payload, result in outcomes:
        try:
            engine.meets(asked, payload)
            shown.append((payload, result, engine.form.of(payload), engine.form.of(result)))
        except LeftOut as error:
            left_out[str(error)] += 1
    why = next((reason for reason, _ in left_out.most_common(1)), "")
    if not shown:
        engine.run(asked, [])  # a step that it does not run at all is the better reason
        raise NotCompared(f"every event holds {why}" if why else "no event came through")
    results = engine.run(asked, [event for _, _, event, _ in shown])
    declined, wrong = 0, []
    for (payload, result, _, wanted), got in zip(shown, results, strict=True):
        if got is REFUSED:
            declined += 1
        elif not same(got, wanted):
            wrong.append(Disagreement(name, payload, result, got, first_difference(wanted, got)))
    same_events = len(shown) - declined - len(wrong)
    return Comparison(name, asked.direction, same_events, declined, left_out.total(), why), wrong
