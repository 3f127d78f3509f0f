"""Upcasters in a row. A chain is called with a payload; the plan it runs is made once, on first use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, reduce
from typing import Any, Final

from upcasters.canonical import digest
from upcasters.collecting import Replay, collects
from upcasters.compile.closures import compile_closures
from upcasters.compile.python import compile_plan
from upcasters.conform import deviations
from upcasters.document import Document, read, write
from upcasters.errors import NoChain, NotAPayload, Tampered
from upcasters.fuse import PlanTooHeavy, fuse
from upcasters.growth import require_room
from upcasters.interpret import Fault, bounded, failure, interpret
from upcasters.operations import Operation
from upcasters.plan import Plan
from upcasters.reverse import reversed_operations
from upcasters.shape import ANYTHING, Shape, from_json, to_json
from upcasters.step import Step
from upcasters.stream import Event, through
from upcasters.trace import StepTrace, trace

MECHANISMS: Final = {"source": compile_plan, "closures": compile_closures}
"""How a plan is run: as generated Python, or without ``exec``."""


class Chain:
    """Steps in a row, each starting where the one before ended. Immutable; safe to share between threads.

    ``shape`` is the shape of the first version's payloads; without one every member counts as optional.
    """

    def __init__(
        self,
        subject: str,
        version: int,
        steps: Sequence[Step] = (),
        shape: Shape = ANYTHING,
        *,
        mechanism: str = "source",
    ) -> None:
        """Raises NoChain where a step does not start at the version the one before led to."""
        self.subject = subject
        self.source = version
        self.steps = tuple(steps)
        self.shape = shape
        self.mechanism = mechanism
        for step in self.steps:
            if step.source != version:
                raise NoChain(f"{subject}: a step starts at version {step.source}, the one before ended at {version}")
            version = step.target
        self.target = version

    @classmethod
    def up(cls, documents: Iterable[Document], shape: Shape = ANYTHING, *, mechanism: str = "source") -> Chain:
        """The chain of one or more documents, oldest first. Raises NoChain."""
        steps = [Step.up(document) for document in documents]
        if not steps:
            raise NoChain("no documents: an empty chain needs its subject and version")
        return cls(steps[0].subject, steps[0].source, steps, shape, mechanism=mechanism)

    @cached_property
    def hash(self) -> str:
        """What the chain is made of, in 64 hex digits: the key of caches and audits."""
        steps = [[step.source, step.target, step.digest] for step in self.steps]
        return digest([self.subject, self.source, steps, to_json(self.shape)])

    @cached_property
    def plan(self) -> Plan:
        """The chain as one transformation. Raises NotAPayload if it renames, splits or drops events."""
        if any(step.stream_level for step in self.steps):
            raise NotAPayload(f"{self!r} renames, splits or drops events: use stream()")
        return fuse((step.ops for step in self.steps), self.shape)

    @cached_property
    def function(self) -> Callable[[Any], Any]:
        """The plan ready to run; it raises whatever goes wrong, without diagnostics.

        A chain too heavy for one plan is run as one plan per step, with a bound on what comes of each. Raises
        PlanTooHeavy where one step is too heavy.
        """
        if self._one_plan or len(self.steps) == 1:
            return MECHANISMS[self.mechanism](self.plan)
        functions = [
            Chain(self.subject, step.source, (step,), mechanism=self.mechanism).function for step in self.steps
        ]
        return lambda payload: reduce(lambda value, function: require_room(function(value)), functions, payload)

    @cached_property
    def _one_plan(self) -> bool:
        """Whether the steps go into one plan: then the growth of events is bounded beforehand."""
        try:
            self.plan  # noqa: B018 - made here, to see whether it can be
        except PlanTooHeavy:
            return False
        return True

    def __call__(self, payload: Any) -> Any:
        """The payload in the shape of the target version; the argument is left as it was.

        The result may share parts with the argument. Raises UpcastFailed, EventRefused, NotAPayload.
        """
        function = self.function
        try:
            return function(payload)
        except Exception as error:  # noqa: BLE001 - whatever it is, the interpreter says where
            return self._explained(payload, error)

    def interpret(self, payload: Any) -> Any:
        """The same, step by step and slowly. Raises UpcastFailed, EventRefused."""
        for step in self.steps:
            payload = interpret(step, payload)
            if len(self.steps) > 1 and not self._one_plan:
                payload = bounded(step, payload)
        return payload

    def _explained(self, payload: Any, error: Exception) -> Any:
        """Do the steps one by one to see where it went wrong; raises UpcastFailed with the place."""
        result = self.interpret(payload)
        if self.steps and (found := next(deviations(self.shape, payload), None)):
            pointer, message = found
            fault = Fault(f"the event is none of version {self.source}: {message}", pointer)
            raise failure(self.steps[0], fault) from error
        return result

    def stream(self, events: Iterable[Event]) -> Iterator[Event]:
        """What comes of events, where steps may rename, split and drop them. Raises UpcastFailed, NotAPayload."""
        if any(collects(step.ops) for step in self.steps):
            raise NotAPayload(f"{self!r} makes one event of several: only a replay job can, with replay()")
        plans = {id(step): Chain(self.subject, step.source, (step,)) for step in self.steps if not step.stream_level}
        if len(plans) == len(self.steps):
            for event in events:
                yield replace(event, payload=self(event.payload))
            return
        for event in events:
            yield from through(self.steps, lambda step, payload: plans[id(step)](payload), event)

    def replay(self, state: Any = None) -> Replay:
        """A whole stream through the chain, also where several events become one; ``state`` of one broken off.

        Raises PlanTooHeavy.
        """
        plans: dict[int, Chain] = {}

        def run_step(step: Step, payload: Any) -> Any:
            plan = plans.get(id(step))
            if plan is None:
                plan = plans[id(step)] = Chain(self.subject, step.source, (step,))
            return plan(payload)

        return Replay(self.steps, run_step, state)

    def trace(self, payload: Any) -> tuple[StepTrace, ...]:
        """The travel of a payload: what every operation did, up to the first error."""
        return tuple(trace(self.steps, payload))

    def then(self, other: Chain) -> Chain:
        """This chain followed by another. Raises NoChain."""
        return Chain(self.subject, self.source, (*self.steps, *other.steps), self.shape, mechanism=self.mechanism)

    def __repr__(self) -> str:
        return f"<Chain {self.subject} v{self.source}->v{self.target}, {len(self.steps)} steps>"


def downward(document: Document, shape: Shape = ANYTHING) -> Step:
    """The step that leads back from a document's target to its source.

    ``shape`` is that of the source version. Raises NoChain where the document has no way back.
    """
    ops: tuple[Operation, ...]
    match document.down:
        case "none":
            raise NoChain(f"{document.subject} v{document.target}->v{document.source}: the document says down: none")
        case "auto":
            ops = reversed_operations(document.ops, shape)
        case ops:
            pass
    return Step(document.subject, document.target, document.source, ops, document.digest())


def chain_to_json(subject: str, version: int, documents: Sequence[Document], shapes: Mapping[int, Shape]) -> Any:
    """What the registry serves for a chain that starts at a version.

    ``documents`` stand in the order of travel: oldest first on the way up, newest first on the way down. ``shapes``
    are those of the versions involved. Raises NoChain.
    """
    down = bool(documents) and documents[0].target == version
    steps = [
        {"hash": document.digest(), "document": write(document)}
        | ({"shape": to_json(shapes.get(document.source, ANYTHING))} if down else {})
        for document in documents
    ]
    tree = {
        "subject": subject,
        "from": version,
        "direction": "down" if down else "up",
        "shape": to_json(shapes.get(version, ANYTHING)),
        "steps": steps,
    }
    chain = _chain(tree, "source")
    return tree | {"to": chain.target, "hash": chain.hash}


def chain_from_json(tree: Any, *, mechanism: str = "source") -> Chain:
    """The chain a registry served. Raises Tampered where it is not what its hashes name, InvalidDocument, NoChain."""
    chain = _chain(tree, mechanism)
    if chain.hash != tree["hash"]:
        raise Tampered(f"the chain {chain!r} is not {tree['hash'][:12]}, as the registry says")
    return chain


def _chain(tree: Any, mechanism: str) -> Chain:
    steps: list[Step] = []
    for entry in tree["steps"]:
        document = read(entry["document"])
        if document.digest() != entry["hash"]:
            raise Tampered(f"{document.subject} v{document.source}->v{document.target} is not {entry['hash'][:12]}")
        shape = from_json(entry["shape"]) if "shape" in entry else ANYTHING
        steps.append(downward(document, shape) if tree["direction"] == "down" else Step.up(document))
    return Chain(tree["subject"], tree["from"], steps, from_json(tree["shape"]), mechanism=mechanism)
