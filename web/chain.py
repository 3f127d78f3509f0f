"""The upcasters of a subject, and one event that travels along them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate, pairwise
from typing import Any, Final, Protocol

from compat.errors import CompatError
from compat.verdict import Outcome
from registry.errors import InvalidEvent, NotFound, RegistryError
from registry.model import Subject
from registry.service.answers import SubjectDetail
from registry.service.routes import Leg, Route
from registry.upcasting import Stop, shape_of
from upcasters import chain as travelling
from upcasters import step as upcasters
from upcasters.document import read, write
from upcasters.shape import Shape
from web import address
from web.code import beside, json_text
from web.elsewhere import held
from web.operation_words import operations
from web.plausible import plausible
from web.site import Site
from web.steps import Deadline
from web.subject import STRIP_SECONDS, choices, live, live_span
from web.views.chain import Chain, Edge, Frame
from web.views.subject import Step
from web.where import where
from web.words import LIFT, Tone, counted

LEGS: Final = 20
"""Steps to the latest version that an event travels where the address says nothing."""
LONGEST: Final = 8_000
"""Characters of an event that an address can carry."""
_DEEPEST: Final = 500
_STEPS: Final = {"[": 1, "{": 1, "]": -1, "}": -1}
_SAMPLES: Final = 40
"""Of the engine's own samples, those that the player takes where no plausible event is valid."""
_VIOLATIONS: Final = 8
_VALID: Final = Tone("good", "check", "valid")
_INVALID: Final = Tone("bad", "cross", "not valid")
_FAILED: Final = Tone("bad", "cross", "failed")


class Published(Protocol):
    """An upcaster in force, as the service gives it."""

    @property
    def source(self) -> int: ...
    @property
    def target(self) -> int: ...
    @property
    def revision(self) -> int: ...
    @property
    def hash(self) -> str: ...
    @property
    def document(self) -> dict[str, Any]: ...
    @property
    def details(self) -> dict[str, Any]: ...
    @property
    def published(self) -> datetime: ...
    @property
    def actor(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks the player for; 0 and empty where it says nothing."""

    start: int = 0
    end: int = 0
    step: int = 0
    seed: int = 0
    event: str = ""

    @classmethod
    def read(cls, parameters: Mapping[str, str]) -> Wanted:
        """Whatever of an address makes sense; the rest is taken as not said."""

        def number(name: str) -> int:
            text = parameters.get(name, "")
            return int(text) if text.isdecimal() and len(text) < 9 else 0

        event = parameters.get("event", "").strip()
        return cls(number("from"), number("to"), number("step"), number("seed"), event)


def chain(site: Site, detail: SubjectDetail, wanted: Wanted) -> Chain:
    """The upcasters in force, and the travel of the event that the address names or of a generated one."""
    subject = detail.summary.subject
    numbers = tuple(site.registry.catalog.numbers(subject, live_span(detail, LEGS + 1)))
    start, end = wanted.start or numbers[0], wanted.end or numbers[-1]
    every = site.registry.upcasters.published(subject)
    published = [one for one in every if min(start, end) <= one.source < max(start, end)]
    shown = Chain(
        edges=tuple(_edge(subject, one) for one in published),
        frames=(),
        steps=(),
        hidden=len(every) - len(published),
        versions=choices(site, detail),
        undrafted=() if every else _undrafted(site, detail),
        highest=detail.versions[-1].number,
        start=start,
        end=end,
        event=wanted.event,
        own=bool(wanted.event),
        seed=wanted.seed,
        error="",
        error_place="",
        where=where((one.source, one.target, one.details) for one in published),
        another=address.player(str(subject), **{"from": start, "to": end, "seed": wanted.seed + 1}),
    )
    return _played(site, subject, shown, wanted) if every else shown


def _undrafted(site: Site, detail: SubjectDetail) -> tuple[int, ...]:
    """The newest step that breaks readers of old events, or else the last one, in a subject without upcasters."""
    subject, deadline = detail.summary.subject, Deadline(STRIP_SECONDS)
    steps = list(pairwise(live(site, detail, LEGS + 1)))
    for old, new in reversed(steps):
        reading = site.readings.of(subject, old, new, detail.policy.criteria, deadline)
        if reading is not None and reading.backward is not Outcome.COMPATIBLE:
            return old.number, new.number
    return (steps[-1][0].number, steps[-1][1].number) if steps else ()


def _played(site: Site, subject: Subject, shown: Chain, wanted: Wanted) -> Chain:
    try:
        if wanted.event:
            route, stops = site.registry.upcasters.upcast(subject, _parsed(wanted.event), shown.start, shown.end)
        else:
            route, stops = _generated(site, subject, shown)
    except (_NotAnEvent, InvalidEvent) as error:
        return replace(shown, error="This is not an event that can travel.", error_place=_said(error))
    except NotFound as error:
        return replace(shown, error="No chain of upcasters leads there.", error_place=_said(error))
    except (RegistryError, CompatError) as error:
        return replace(shown, error="The event could not be read.", error_place=_said(error))
    return _with_frames(site, subject, shown, wanted, route, stops)


class _NotAnEvent(Exception):
    """The text is no JSON, or too long for an address."""


def _said(error: Exception) -> str:
    return getattr(error, "message", str(error))


def _parsed(text: str) -> Any:
    if len(text) > LONGEST:
        raise _NotAnEvent(
            f"It has {len(text):,} characters and an address carries {LONGEST:,} at most: "
            "shorten it, or use lineal upcast for large events."
        )
    if _depth(text) > _DEEPEST:
        raise _NotAnEvent("It is nested too deeply.")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise _NotAnEvent(f"It is not JSON: {error.msg}, line {error.lineno}, column {error.colno}.") from error
    except RecursionError as error:
        raise _NotAnEvent("It is nested too deeply.") from error


def _depth(text: str) -> int:
    """Nesting of a JSON text at the most: brackets in strings count too."""
    return max(accumulate(_STEPS.get(character, 0) for character in text), default=0)


def _generated(site: Site, subject: Subject, shown: Chain) -> tuple[Route, tuple[Stop, ...]]:
    """An event of the first version: the author's example, else a plausible one, else one of the engine's samples."""
    service = site.registry.upcasters
    for event in _candidates(site, subject, shown):
        try:
            return service.upcast(subject, event, shown.start, shown.end)
        except InvalidEvent:
            continue
    seed = shown.seed % _SAMPLES
    events = site.registry.catalog.samples(subject, shown.start, seed=shown.seed, count=seed + 2)
    event = events[min(seed + 1, len(events) - 1)]
    return service.upcast(subject, event, shown.start, shown.end)


def _candidates(site: Site, subject: Subject, shown: Chain) -> list[Any]:
    published = site.registry.upcasters.published(subject)
    examples = [
        example.given for one in published if one.source == shown.start for example in read(one.document).examples
    ]
    outline = site.registry.catalog.describe(subject, shown.start).outline
    invented = plausible(outline, shown.seed)
    if shown.seed < len(examples):
        return [examples[shown.seed], invented]
    return [invented]


def _with_frames(
    site: Site, subject: Subject, shown: Chain, wanted: Wanted, route: Route, stops: Sequence[Stop]
) -> Chain:
    state: dict[str, object] = {"from": shown.start, "to": shown.end}
    state |= {"event": wanted.event} if wanted.event else {"seed": shown.seed} if shown.seed else {}
    current = min(wanted.step, len(stops) - 1)
    before = (stops[0].payload, *(stop.payload for stop in stops))
    done = route.chain().steps  # on the way down, the reversed operations
    steps_from = zip(done, route.schemas, strict=False)
    modules = [("", ""), *(_module(site, subject, step, shape_of(schema)) for step, schema in steps_from)]
    frames = tuple(
        _frame(
            index,
            stop,
            before[index],
            (route.legs[index - 1], done[index - 1]) if index else None,
            address.player(str(subject), **state, step=index),
            current=index == current,
            module=modules[index],
        )
        for index, stop in enumerate(stops)
    )
    steps = tuple(_step(subject, leg, step) for leg, step in zip(route.legs, done[: len(stops) - 1], strict=False))
    return replace(shown, frames=frames, steps=steps)


def _frame(
    index: int,
    stop: Stop,
    before: Any,
    way: tuple[Leg, upcasters.Step] | None,
    url: str,
    *,
    current: bool,
    module: tuple[str, str],
) -> Frame:
    failed = stop.step.error if stop.step else None
    if failed is not None:
        look, words = _FAILED, f"The step to version {stop.version} failed"
        said: tuple[str, ...] = (f"{failed.reason}, at {failed.pointer or 'the root'} ({failed.place})",)
    else:
        look = _INVALID if stop.violations else _VALID
        words = f"{'Not valid' if stop.violations else 'Valid'} under version {stop.version}"
        said = tuple(f"{one.message} (at {one.pointer or 'the root'})" for one in stop.violations[:_VIOLATIONS])
    written = "as it was written" if index == 0 else "as it becomes"
    return Frame(
        index=index,
        version=stop.version,
        title=f"The event {written}, version {stop.version}",
        url=url,
        lines=tuple(beside(before, stop.payload)),
        event=json_text(stop.payload),
        operations=operations(way[1].ops) if way else (),
        summary=_summary(stop),
        valid=look,
        valid_words=words,
        violations=said,
        current=current,
        implied=way is not None and way[0].published is None,
        module=module[0],
        module_refused=module[1],
    )


def _module(site: Site, subject: Subject, step: upcasters.Step, shape: Shape) -> tuple[str, str]:
    """The address of the JavaScript module of one step, or nothing and why there is none."""
    _, refused = site.modules.of(travelling.Chain(str(subject), step.source, (step,), shape))
    return ("", refused) if refused else (address.module(str(subject), step.source, step.target), "")


def _summary(stop: Stop) -> tuple[str, ...]:
    """``2 values added`` and so on: what the operations of a step changed, counted."""
    if stop.step is None:
        return ()
    kinds = Counter(change.kind for done in stop.step.operations for change in done.changes)
    return tuple(f"{counted(kinds[kind], 'value')} {kind}" for kind in ("added", "changed", "removed") if kinds[kind])


def _step(subject: Subject, leg: Leg, done: upcasters.Step) -> Step:
    low, high = sorted((leg.source, leg.target))
    url = address.difference(str(subject), low, high)
    count = len(done.ops)
    words = counted(count, "operation") if count else "same shape"
    how = "by a published upcaster" if leg.published else "by what follows from the schemas"
    return Step(LIFT, words, url, f"From version {done.source} to {done.target} {how}: {words}")


_KINDS: Final = {
    "iso": Tone("good", "arrows", "reversible"),
    "lens": Tone("lift", "arrows", "reversible in part"),
    "up-only": Tone("doubt", "up", "upwards only"),
}


def _edge(subject: Subject, published: Published) -> Edge:
    document = read(published.document)
    revision = f"revision {published.revision}, " if published.revision > 1 else ""
    return Edge(
        older=published.source,
        newer=published.target,
        tone=_KINDS.get(str(published.details.get("kind", "")), LIFT),
        sentence=f"{revision}{counted(len(document.ops), 'operation')}",
        doc=document.doc,
        operations=operations(document.ops),
        loses=tuple(str(pointer) for pointer in document.loses),
        invented=tuple(published.details.get("invented", ())),
        text=json_text(write(document)),
        url=address.difference(str(subject), published.source, published.target),
        author=published.actor,
        when=published.published,
        hash=published.hash,
        events=int(published.details.get("events", 0)),
        held=held(published.details),
    )
