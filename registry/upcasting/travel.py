"""An event on its way through versions, told for people: every stop as JSON, what changed, and whether it is valid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from compat.engine import Violation
from compat.errors import CompatError
from compat.formats import Parsed
from registry.upcasting.events import from_json
from registry.upcasting.json_form import json_form
from upcasters.chain import Chain
from upcasters.trace import StepTrace


@dataclass(frozen=True, slots=True)
class Stop:
    """The event as it is at one version."""

    version: int
    payload: Any
    """As JSON."""
    violations: tuple[Violation, ...]
    """Why it is no event of that version; nothing if it is one."""
    step: StepTrace | None
    """How it came here: the operations of the step with what each changed. None at the first stop."""


def travel(chain: Chain, versions: Sequence[Parsed], event: Any) -> tuple[Stop, ...]:
    """Take an event, given as JSON, along a chain. ``versions`` are the schemas of the stops, first to last.

    The travel ends where a step fails: that stop carries the error in its step. Raises InvalidPayload if the event
    has not even the form of the first version.
    """
    first = versions[0]
    payload = from_json(first, event)
    stops = [Stop(chain.source, event, _violations(first, payload), None)]
    for step, schema in zip(chain.trace(payload), versions[1:], strict=False):
        violations = () if step.error is not None else _violations(schema, step.payload)
        stops.append(Stop(step.target, json_form(schema, step.payload), violations, step))
    return tuple(stops)


def _violations(schema: Parsed, payload: object) -> tuple[Violation, ...]:
    try:
        return tuple(schema.engine.violations(schema.schema, payload))
    except CompatError as error:
        return (Violation("", str(error)),)
