"""The proof at publication: an upcaster joins its two schemas, or the refusal shows event, step and place."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from compat.definition import Format
from compat.errors import CompatError
from compat.formats import Parsed
from registry.upcasting.elsewhere import Asked, Comparison, compare
from registry.upcasting.json_form import json_form
from registry.upcasting.numbers import renumbered
from registry.upcasting.report import DEFAULT_LIMITS, Check, Finding, Limits, Report
from registry.upcasting.shapes import shape_of
from upcasters.chain import Chain, downward
from upcasters.collecting import collects, gather
from upcasters.compile.capabilities import capabilities
from upcasters.document import Document
from upcasters.errors import EventRefused, NoChain, UpcastersError, UpcastFailed
from upcasters.expression_check import member_at
from upcasters.fit import misfits
from upcasters.functions import same
from upcasters.fuse import PlanTooHeavy, fuse
from upcasters.interpret import interpret
from upcasters.losses import vanished
from upcasters.operations import NAMES, Add, Emit, Operation, Retype, is_stream_level
from upcasters.path import ROOT, Pointer
from upcasters.places import touches
from upcasters.reversal import Kind, Loss
from upcasters.reverse import reverse
from upcasters.shape import PAYLOAD, Shape, around
from upcasters.shape_change import change
from upcasters.step import Step
from upcasters.stream import Event, lifted
from upcasters.trace import changes


def verify(document: Document, old: Parsed, new: Parsed, seed: int = 0, limits: Limits = DEFAULT_LIMITS) -> Report:
    """Check an upcaster against the two schemas it joins. Deterministic for a seed; bounded by the limits."""
    return _Proof(document, old, new, seed, limits).report()


class _Proof:
    def __init__(self, document: Document, old: Parsed, new: Parsed, seed: int, limits: Limits) -> None:
        self._document = document
        self._old = old
        self._new = new
        self._seed = seed
        self._limits = limits
        self._shape = shape_of(old)
        self._target = shape_of(new)
        self._findings: list[Finding] = []
        self._unreturned: Finding | None = None
        self._altered: Loss | None = None
        self._tried = 0
        self._outcomes: list[tuple[object, object]] = []
        """Events and what the interpreter makes of them, for other engines."""

    def report(self) -> Report:
        self._operations()
        if not self._findings:
            self._losses()
            self._events()
            self._returns()
            self._examples()
        compared = () if self._findings or self._stream_level else self._elsewhere()
        reversal = reverse(self._document.ops, self._shape)
        losses = [*reversal.losses, *self._seen()]
        return Report(
            findings=tuple(self._findings[: self._limits.findings]),
            kind=self._kind(reversal.kind, losses),
            down=self._down_kind(reversal.kind),
            losses=tuple((str(loss.pointer), loss.reason, loss.direction) for loss in losses),
            events=self._tried,
            capabilities=capabilities(self._document, self._shape, self._old.definition.format.value),
            hash=self._document.digest(),
            invented=tuple(_invented(self._document, self._target)),
            compared=compared,
            unreturned=self._unreturned,
        )

    def _kind(self, derived: Kind, losses: Sequence[Loss]) -> Kind:
        """What the operations promise, and no more than the events have shown."""
        if self._document.down == "none" or (derived == "up-only" and self._document.down == "auto"):
            return "up-only"
        return "lens" if losses or derived != "iso" else "iso"

    def _seen(self) -> Iterator[Loss]:
        """What gets lost beyond what the operations say: by a way down of its own, or as the events have shown."""
        if isinstance(self._document.down, tuple):
            back = reverse(self._document.down, self._target)
            yield from (Loss(loss.pointer, loss.reason, "down") for loss in back.losses if loss.direction == "up")
        if self._altered is not None:
            yield self._altered
        if self._unreturned is not None:
            what = f"not every new event has a place in the old version: {self._unreturned.message}"
            yield Loss(Pointer.parse(self._unreturned.pointer), what, "down")

    def _down_kind(self, kind: Kind) -> str:
        if isinstance(self._document.down, tuple):
            return "explicit"
        return "none" if self._document.down == "none" or kind == "up-only" else "derived"

    @property
    def _stream_level(self) -> bool:
        return is_stream_level(self._document.ops)

    def _on_envelope(self) -> tuple[Operation, ...]:
        return tuple(lifted(self._document.ops))

    def _operations(self) -> None:
        changed = change(self._document.ops, self._shape)
        for problem in changed.problems:
            self._add(Finding(Check.OPERATIONS, problem.place, problem.pointer, problem.message, problem.remedy))
        if changed.problems:
            return
        try:
            if self._stream_level:
                fuse([self._on_envelope()], around(self._shape))
            else:
                fuse([self._document.ops], self._shape)
        except PlanTooHeavy as error:
            self._add(
                Finding(Check.OPERATIONS, "/ops", "", str(error), "copy less, and go through fewer lists of lists")
            )
        if self._emits:
            return  # every event that comes out has a shape of its own
        self._numbers()
        for misfit in misfits(changed.shape, self._target, trusting=True):
            self._add(Finding(Check.SHAPE, "/ops", str(misfit.pointer), misfit.message, misfit.remedy))

    def _numbers(self) -> None:
        """Whether fields of Protobuf stay what they are: numbers, whatever they are called."""
        if self._stream_level:
            return
        for place, number, now in renumbered(self._document.ops, self._old, self._new):
            self._add(
                Finding(
                    Check.SHAPE, "/ops", str(place),
                    f"is field {number} in the old version and field {now} in the new: not the same field",
                    f"rename it to what field {number} is called now; if {now} is meant, write it with set",
                )
            )  # fmt: skip

    def _add(self, finding: Finding) -> None:
        if finding not in self._findings:
            self._findings.append(finding)

    def _losses(self) -> None:
        if self._emits:
            return
        for lost in vanished(self._on_envelope(), around(self._shape)):
            pointer = Pointer(lost.parts[1:])
            if lost.parts[0] == PAYLOAD and not any(pointer.within(known) for known in self._document.loses):
                self._add(
                    Finding(
                        Check.LOSS, "/loses", str(pointer), "does not arrive in the new version",
                        f"carry it over, or acknowledge it: loses: [{pointer}]",
                    )
                )  # fmt: skip

    # Events

    def _events(self) -> None:
        deadline = time.monotonic() + self._limits.seconds
        if (collect := collects(self._document.ops)) is not None:
            self._groups(collect.most, deadline)
            return
        chains = {} if self._stream_level else self._chains()
        back = None if self._stream_level else self._back()
        for payload in islice(self._old.engine.samples(self._old.schema, self._seed), self._limits.events):
            self._tried += 1
            if self._stream_level:
                self._whole_event(payload)
            else:
                self._event(payload, chains, back)
            if len(self._findings) >= self._limits.findings or time.monotonic() > deadline:
                return

    def _groups(self, most: int, deadline: float) -> None:
        """Groups of generated events, of one, of two and as large as may be, as one event each."""
        payloads = list(islice(self._old.engine.samples(self._old.schema, self._seed), self._limits.events))
        for size in sorted({1, 2, min(most, len(payloads))}):
            for start in range(0, len(payloads) - size + 1, size):
                self._tried += size
                self._group(payloads[start : start + size])
                if len(self._findings) >= self._limits.findings or time.monotonic() > deadline:
                    return

    def _group(self, payloads: list[object]) -> None:
        shown = [json_form(self._old, payload) for payload in payloads]
        try:
            made = self._gathered(payloads)
        except EventRefused:
            return
        except UpcastFailed as error:
            self._add(Finding(Check.EVENTS, error.place, error.pointer, error.reason, "", shown))
            return
        if made is None:
            return
        violation = next(iter(self._new.engine.violations(self._new.schema, made.payload)), None)
        if violation is not None:
            place, told = f"/ops/{len(self._document.ops) - 1}/collect", json_form(self._new, made.payload)
            self._add(Finding(Check.EVENTS, place, violation.pointer, violation.message, "", shown, told))

    def _gathered(self, payloads: Iterable[object]) -> Event | None:
        events = (Event(self._type, payload, str(n), attributes=_ATTRIBUTES) for n, payload in enumerate(payloads))
        return gather(Step.up(self._document), interpret, events)

    @property
    def _collects(self) -> bool:
        return collects(self._document.ops) is not None

    def _chains(self) -> dict[str, Chain]:
        step = Step.up(self._document)
        subject, version = step.subject, step.source
        chains = {
            "the fused plan": Chain(subject, version, (step,), self._shape),
            "the closures": Chain(subject, version, (step,), self._shape, mechanism="closures"),
        }
        without = Chain(subject, version, (step,))
        try:
            without.plan  # noqa: B018 - made here, to see whether it can be
        except PlanTooHeavy:
            return chains  # it may be so without a shape; chains are served with theirs
        return chains | {"the plan without a shape": without}

    def _back(self) -> Chain | None:
        if self._document.down == "none":
            return None
        try:
            step = downward(self._document, self._shape)
        except NoChain:
            return None
        return Chain(step.subject, step.source, (step,))

    def _event(self, payload: object, chains: dict[str, Chain], back: Chain | None) -> None:
        chain = chains["the fused plan"]
        try:
            result = chain.interpret(payload)
        except EventRefused:
            return
        except UpcastFailed as error:
            self._add(self._shown(Check.EVENTS, error.place, error.pointer, error.reason, payload, None))
            return
        if len(self._outcomes) < self._limits.compared:
            self._outcomes.append((payload, result))
        for name, other in chains.items():
            try:
                agrees = same(other.function(payload), result)
            except Exception as error:  # noqa: BLE001 - any failure is a disagreement to report
                agrees, name = False, f"{name} ({type(error).__name__}: {error})"
            if not agrees:
                message = f"{name} and the interpreter disagree: this is a fault of lineal, please report it"
                self._add(self._shown(Check.AGREEMENT, "/ops", "", message, payload, result))
        violation = next(iter(self._new.engine.violations(self._new.schema, result)), None)
        if violation is not None:
            place = self._culprit(violation.pointer)
            self._add(self._shown(Check.EVENTS, place, violation.pointer, violation.message, payload, result))
        elif back is not None:
            self._downward(payload, result, back)

    def _elsewhere(self) -> tuple[Comparison, ...]:
        found, wrong = compare(
            Asked(self._document.ops, self._shape, wide_integers=self._old.definition.format is not Format.JSON),
            self._outcomes,
            self._limits.engines,
        )
        for each in wrong:
            message = f"{each.engine} and the interpreter disagree: this is a fault of lineal, please report it"
            self._add(self._shown(Check.AGREEMENT, "/ops", "", message, each.payload, each.other))
        return found

    def _whole_event(self, payload: object) -> None:
        """What comes of a whole event; those that take a type of their own by ``emit`` have schemas of their own."""
        try:
            results = self._results(payload)
        except EventRefused:
            return
        except UpcastFailed as error:
            self._add(self._shown(Check.EVENTS, error.place, error.pointer, error.reason, payload, None))
            return
        for result in results:
            violation = next(iter(self._new.engine.violations(self._new.schema, result.payload)), None)
            if violation is not None and not (self._emits and result.type != self._type):
                place = self._culprit(violation.pointer)
                self._add(
                    self._shown(Check.EVENTS, place, violation.pointer, violation.message, payload, result.payload)
                )

    @property
    def _emits(self) -> bool:
        return any(isinstance(operation, Emit) for operation in self._document.ops)

    @property
    def _type(self) -> str:
        """The type of the old events: the one that is changed, or else the subject."""
        renamed = (operation.source for operation in self._document.ops if isinstance(operation, Retype))
        return next(renamed, self._document.subject)

    def _results(self, payload: object) -> list[Event]:
        event = Event(self._type, payload, "an event", attributes=_ATTRIBUTES)
        chain = Chain(self._document.subject, self._document.source, (Step.up(self._document),), self._shape)
        return list(chain.stream([event]))

    def _downward(self, payload: object, result: object, back: Chain) -> None:
        try:
            returned = back.interpret(result)
        except UpcastFailed as error:
            place = error.place.replace("/ops", "/down", 1)
            self._add(self._shown(Check.DOWN, place, error.pointer, error.reason, payload, result))
            return
        violation = next(iter(self._old.engine.violations(self._old.schema, returned)), None)
        if violation is not None:
            message = f"coming back: {violation.message}"
            self._add(self._shown(Check.DOWN, "/down", violation.pointer, message, payload, returned))
        elif self._altered is None and not same(returned, payload):
            place = _first_difference(payload, returned)
            self._altered = Loss(Pointer.parse(place), "up and down again it is not what it was", "up")

    def _returns(self) -> None:
        """Whether events that were written under the new version come back: those of old code meet them."""
        back = None if self._stream_level or self._findings else self._back()
        if back is None:
            return
        deadline = time.monotonic() + self._limits.seconds
        for payload in islice(self._new.engine.samples(self._new.schema, self._seed), self._limits.events):
            self._unreturned = self._return(payload, back)
            if self._unreturned is not None or time.monotonic() > deadline:
                return

    def _return(self, payload: object, back: Chain) -> Finding | None:
        event = json_form(self._new, payload)
        try:
            returned = back.interpret(payload)
        except UpcastFailed as error:
            place = error.place.replace("/ops", "/down", 1)
            return Finding(Check.DOWN, place, error.pointer, error.reason, "", event)
        violation = next(iter(self._old.engine.violations(self._old.schema, returned)), None)
        if violation is None:
            return None
        result = json_form(self._old, returned)
        return Finding(Check.DOWN, "/down", violation.pointer, violation.message, "", event, result)

    def _culprit(self, pointer: str) -> str:
        """The last operation that wrote a place or something around it."""
        at = Pointer.parse(pointer)
        for index in range(len(self._document.ops) - 1, -1, -1):
            operation = self._document.ops[index]
            if any(at.within(place) or place.within(at) for place in touches(operation) if place != ROOT):
                return f"/ops/{index}/{NAMES[type(operation)]}"
        return "/ops"

    def _shown(self, check: Check, place: str, pointer: str, message: str, event: object, result: object) -> Finding:
        return Finding(
            check,
            place,
            pointer,
            message,
            "",
            json_form(self._old, event),
            None if result is None else json_form(self._new, result),
        )

    # Examples

    def _examples(self) -> None:
        chain = Chain(self._document.subject, self._document.source, (Step.up(self._document),), self._shape)
        for index, example in enumerate(self._document.examples):
            for problem in self._example(chain, example.given, example.wanted):
                message, pointer, result = problem
                self._add(Finding(Check.EXAMPLES, f"/examples/{index}", pointer, message, "", example.given, result))

    def _outcome(self, chain: Chain, payloads: list[Any]) -> Any:
        """What an example becomes, as JSON."""
        if self._collects:
            made = self._gathered(payloads)
            return None if made is None else json_form(self._new, made.payload)
        return self._told(payloads[0]) if self._stream_level else json_form(self._new, chain(payloads[0]))

    def _told(self, payload: object) -> Any:
        """What comes of an event in an example: its payload, null where it is dropped; by ``emit`` a list of events."""
        results = self._results(payload)
        if self._emits:
            return [{"type": result.type, "payload": json_form(self._new, result.payload)} for result in results]
        return json_form(self._new, results[0].payload) if results else None

    def _example(self, chain: Chain, given: Any, wanted: Any) -> Iterator[tuple[str, str, Any]]:
        if self._collects and not (isinstance(given, list) and given):
            yield "'in' is no list of events, which the document gathers", "", None
            return
        payloads: list[Any] = []
        for event in given if self._collects else [given]:
            try:
                payloads.append(self._old.engine.from_json(self._old.schema, event))
            except CompatError as error:
                yield f"'in' is no event of version {self._document.source}: {error}", "", None
                return
            for violation in self._old.engine.violations(self._old.schema, payloads[-1]):
                message = f"'in' is no event of version {self._document.source}: {violation.message}"
                yield message, violation.pointer, None
                return
        try:
            result = self._outcome(chain, payloads)
        except UpcastersError as error:
            yield str(error), getattr(error, "pointer", ""), None
            return
        if not same(result, wanted):
            yield "'in' becomes something else than 'out'", _first_difference(result, wanted), result


_ATTRIBUTES: Final = {"time": "2026-01-01T00:00:00Z", "source": "/", "subject": "s", "stream": "s"}
"""What the events of the proof know of themselves."""


def _first_difference(one: Any, other: Any) -> str:
    return next((each.pointer for each in changes(one, other)), "")


def _invented(document: Document, target: Shape) -> Iterator[str]:
    for operation in document.ops:
        if isinstance(operation, Add):
            member = member_at(target, operation.at.parts)
            if member is not None and member.required:
                yield str(operation.at)
