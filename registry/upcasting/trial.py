"""Generated events of both versions, taken up and down, in every way that Python runs an upcaster."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import islice
from typing import Any

from compat.engine import Violation
from compat.formats import Parsed
from registry.upcasting.edge import Edge
from registry.upcasting.events import samples
from registry.upcasting.findings import Findings
from registry.upcasting.json_form import json_form
from registry.upcasting.repeated import remedy
from registry.upcasting.report import Check, Finding, Limits
from upcasters.chain import Chain
from upcasters.collecting import collects
from upcasters.errors import EventRefused, UpcastFailed
from upcasters.functions import same
from upcasters.fuse import PlanTooHeavy
from upcasters.operations import NAMES, Operation
from upcasters.path import ROOT, Pointer
from upcasters.places import touches
from upcasters.reversal import Loss
from upcasters.trace import first_difference


class Trial:
    """The events of one proof, and what became of them. Deterministic for a seed; bounded by the limits."""

    def __init__(self, edge: Edge, seed: int, limits: Limits, findings: Findings) -> None:
        self._edge = edge
        self._seed = seed
        self._limits = limits
        self._findings = findings
        self.tried = 0
        """Events of the old version."""
        self.ups: list[tuple[Any, Any]] = []
        """Events of the old version and what the interpreter makes of them, for other engines."""
        self.downs: list[tuple[Any, Any]] = []
        """Events of the new version and what they come back as: those that came up, and some of its own."""
        self.altered: Loss | None = None
        """The first place that was not what it had been, up and down again."""
        self.unreturned: Finding | None = None
        """An event of the new version that does not come back as a valid event of the old."""

    def run(self) -> None:
        """Take events up and down."""
        deadline = time.monotonic() + self._limits.seconds
        if (collect := collects(self._edge.document.ops)) is not None:
            self._groups(collect.most, deadline)
            return
        for payload in self._samples(self._edge.old):
            self.tried += 1
            if self._edge.stream_level:
                self._whole_event(payload)
            else:
                self._event(payload)
            if self._findings.enough or time.monotonic() > deadline:
                return

    def bring_back(self) -> None:
        """Take events of the new version down: those that old code meets."""
        back = self._edge.back
        if back is None:
            return
        deadline = time.monotonic() + self._limits.seconds
        for payload in self._samples(self._edge.new):
            self.unreturned = self._return(payload, back)
            if self.unreturned is not None or time.monotonic() > deadline:
                return

    def _samples(self, version: Parsed) -> Iterator[object]:
        return islice(samples(version, self._seed), self._limits.events)

    # Groups of events

    def _groups(self, most: int, deadline: float) -> None:
        """Groups of generated events, of one, of two and as large as may be, as one event each."""
        payloads = list(self._samples(self._edge.old))
        for size in sorted({1, 2, min(most, len(payloads))}):
            for start in range(0, len(payloads) - size + 1, size):
                self.tried += size
                self._group(payloads[start : start + size])
                if self._findings.enough or time.monotonic() > deadline:
                    return

    def _group(self, payloads: list[object]) -> None:
        shown = [json_form(self._edge.old, payload) for payload in payloads]
        try:
            made = self._edge.gathered(payloads)
        except EventRefused:
            return
        except UpcastFailed as error:
            self._findings.add(Finding(Check.EVENTS, error.place, error.pointer, error.reason, "", shown))
            return
        if made is None:
            return
        violation = _violation(self._edge.new, made.payload)
        if violation is not None:
            place = f"/ops/{len(self._edge.document.ops) - 1}/collect"
            told = json_form(self._edge.new, made.payload)
            self._findings.add(Finding(Check.EVENTS, place, violation.pointer, violation.message, "", shown, told))

    # Whole events

    def _whole_event(self, payload: object) -> None:
        """What comes of a whole event; those that take a type of their own by ``emit`` have schemas of their own."""
        try:
            results = self._edge.results(payload)
        except EventRefused:
            return
        except UpcastFailed as error:
            self._add(Check.EVENTS, error.place, error.pointer, error.reason, payload, None)
            return
        for result in results:
            violation = _violation(self._edge.new, result.payload)
            if violation is not None and not (self._edge.emits and result.type != self._edge.type):
                place = culprit(self._edge.document.ops, violation.pointer)
                self._add(Check.EVENTS, place, violation.pointer, violation.message, payload, result.payload)

    # Payloads

    def _event(self, payload: object) -> None:
        try:
            result = self._edge.chain.interpret(payload)
        except EventRefused:
            return
        except UpcastFailed as error:
            self._add(Check.EVENTS, error.place, error.pointer, error.reason, payload, None)
            return
        if len(self.ups) < self._limits.compared:
            self.ups.append((payload, result))
        for name, chain in self._chains.items():
            try:
                agrees = same(chain.function(payload), result)
            except Exception as error:  # noqa: BLE001 - any failure is a disagreement to report
                agrees, name = False, f"{name} ({type(error).__name__}: {error})"
            if not agrees:
                message = f"{name} and the interpreter disagree: this is a fault of lineal, please report it"
                self._add(Check.AGREEMENT, "/ops", "", message, payload, result)
        violation = _violation(self._edge.new, result)
        if violation is not None:
            place = culprit(self._edge.document.ops, violation.pointer)
            self._add(Check.EVENTS, place, violation.pointer, violation.message, payload, result)
        elif self._edge.back is not None:
            self._downward(payload, result, self._edge.back)

    @cached_property
    def _chains(self) -> Mapping[str, Chain]:
        """The ways to run the step."""
        chain = self._edge.chain
        chains = {
            "the fused plan": chain,
            "the closures": Chain(chain.subject, chain.source, chain.steps, chain.shape, mechanism="closures"),
        }
        without = Chain(chain.subject, chain.source, chain.steps)
        try:
            without.plan  # noqa: B018 - made here, to see whether it can be
        except PlanTooHeavy:
            return chains  # it may be so without a shape; chains are served with theirs
        return chains | {"the plan without a shape": without}

    def _downward(self, payload: object, result: object, back: Chain) -> None:
        try:
            returned = back.interpret(result)
        except UpcastFailed as error:
            self._add(Check.DOWN, _down(error.place), error.pointer, error.reason, payload, result)
            return
        if len(self.downs) < self._limits.compared // 2:
            self.downs.append((result, returned))
        violation = _violation(self._edge.old, returned)
        if violation is not None:
            self._add(Check.DOWN, "/down", violation.pointer, f"coming back: {violation.message}", payload, returned)
        elif self.altered is None and not same(returned, payload):
            place = first_difference(payload, returned)
            self.altered = Loss(Pointer.parse(place), "up and down again it is not what it was", "up")

    def _return(self, payload: object, back: Chain) -> Finding | None:
        event = json_form(self._edge.new, payload)
        try:
            returned = back.interpret(payload)
        except UpcastFailed as error:
            return Finding(Check.DOWN, _down(error.place), error.pointer, error.reason, "", event)
        if len(self.downs) < self._limits.compared:
            self.downs.append((payload, returned))
        violation = _violation(self._edge.old, returned)
        if violation is None:
            return None
        result = json_form(self._edge.old, returned)
        return Finding(Check.DOWN, "/down", violation.pointer, violation.message, "", event, result)

    def _add(self, check: Check, place: str, pointer: str, message: str, event: object, result: object) -> None:
        shown = json_form(self._edge.old, event)
        told = None if result is None else json_form(self._edge.new, result)
        repeated = remedy(self._edge.target, Pointer.parse(pointer))
        self._findings.add(Finding(check, place, pointer, message, repeated, shown, told))


def culprit(ops: tuple[Operation, ...], pointer: str) -> str:
    """The last operation that wrote a place of the event or something around it."""
    at = Pointer.parse(pointer)
    for index in range(len(ops) - 1, -1, -1):
        if any(at.within(place) or place.within(at) for place in touches(ops[index]) if place != ROOT):
            return f"/ops/{index}/{NAMES[type(ops[index])]}"
    return "/ops"


def _violation(version: Parsed, payload: object) -> Violation | None:
    return next(iter(version.engine.violations(version.schema, payload)), None)


def _down(place: str) -> str:
    return place.replace("/ops", "/down", 1)
