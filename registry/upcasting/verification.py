"""The proof at publication: an upcaster joins its two schemas, or the refusal shows event, step and place."""

from __future__ import annotations

from collections.abc import Iterator

from compat.formats import Parsed
from registry.upcasting.edge import Edge
from registry.upcasting.elsewhere import Comparison, Disagreement, compare
from registry.upcasting.engines import Asked, Budget
from registry.upcasting.examples import wrong_examples
from registry.upcasting.findings import Findings
from registry.upcasting.json_form import json_form
from registry.upcasting.report import DEFAULT_LIMITS, Check, Finding, Limits, Report
from registry.upcasting.statics import lost, misplaced
from registry.upcasting.trial import Trial, culprit
from upcasters.compile.capabilities import WHOLE_EVENTS, capabilities
from upcasters.document import Document
from upcasters.expression_check import member_at
from upcasters.operations import Add
from upcasters.path import Pointer
from upcasters.reversal import Kind, Loss
from upcasters.reverse import reverse


def verify(document: Document, old: Parsed, new: Parsed, seed: int = 0, limits: Limits = DEFAULT_LIMITS) -> Report:
    """Check an upcaster against the two schemas it joins. Deterministic for a seed; bounded by the limits."""
    edge = Edge(document, old, new)
    findings = Findings(limits.findings)
    trial = Trial(edge, seed, limits, findings)
    for finding in misplaced(edge):
        findings.add(finding)
    if not findings:
        for finding in lost(edge):
            findings.add(finding)
        trial.run()
        if not findings:
            trial.bring_back()
        for finding in wrong_examples(edge):
            findings.add(finding)
    compared = () if findings else _elsewhere(edge, trial, limits, findings)
    reversal = reverse(document.ops, edge.shape)
    losses = [*reversal.losses, *_seen(edge, trial)]
    return Report(
        findings=tuple(findings),
        kind=_kind(document, reversal.kind, losses),
        down=_way_down(document, reversal.kind),
        losses=tuple((str(loss.pointer), loss.reason, loss.direction) for loss in losses),
        events=trial.tried,
        capabilities=capabilities(document, edge.shape, old.definition.format.value),
        hash=document.digest(),
        invented=tuple(_invented(edge)),
        compared=compared,
        unreturned=trial.unreturned,
    )


def _elsewhere(edge: Edge, trial: Trial, limits: Limits, findings: Findings) -> tuple[Comparison, ...]:
    """What other engines make of the events, on the way up and, where there is one, on the way down."""
    if edge.stream_level:
        return tuple(Comparison(engine.name, "up", 0, reason=WHOLE_EVENTS) for engine in limits.engines)
    ops, format_ = edge.document.ops, edge.old.definition.format
    budget = Budget(limits.engine_seconds, len(limits.engines) * (1 if edge.back is None else 2))
    found, wrong = compare(Asked(ops, edge.shape, format_), trial.ups, limits.engines, budget)
    for each in wrong:
        findings.add(_disagreement(each, culprit(ops, each.pointer), edge.old, edge.new))
    if edge.back is None:
        return found
    back = edge.back.steps[0].ops
    returned, wrong = compare(Asked(back, edge.target, format_, "down"), trial.downs, limits.engines, budget)
    for each in wrong:
        findings.add(_disagreement(each, "/down", edge.new, edge.old))
    return (*found, *returned)


def _disagreement(found: Disagreement, place: str, before: Parsed, after: Parsed) -> Finding:
    message = f"{found.engine} and the interpreter disagree: this is a fault of lineal, please report it"
    event = json_form(before, found.payload)
    return Finding(Check.AGREEMENT, place, found.pointer, message, "", event, json_form(after, found.other))


def _kind(document: Document, derived: Kind, losses: list[Loss]) -> Kind:
    """What the operations promise, and no more than the events have shown."""
    if document.down == "none" or (derived == "up-only" and document.down == "auto"):
        return "up-only"
    return "lens" if losses or derived != "iso" else "iso"


def _way_down(document: Document, derived: Kind) -> str:
    if isinstance(document.down, tuple):
        return "explicit"
    return "none" if document.down == "none" or derived == "up-only" else "derived"


def _seen(edge: Edge, trial: Trial) -> Iterator[Loss]:
    """What gets lost beyond what the operations say: by a way down of its own, or as the events have shown."""
    if isinstance(edge.document.down, tuple):
        back = reverse(edge.document.down, edge.target)
        yield from (Loss(loss.pointer, loss.reason, "down") for loss in back.losses if loss.direction == "up")
    if trial.altered is not None:
        yield trial.altered
    if trial.unreturned is not None:
        what = f"not every new event has a place in the old version: {trial.unreturned.message}"
        yield Loss(Pointer.parse(trial.unreturned.pointer), what, "down")


def _invented(edge: Edge) -> Iterator[str]:
    for operation in edge.document.ops:
        if isinstance(operation, Add):
            member = member_at(edge.target, operation.at.parts)
            if member is not None and member.required:
                yield str(operation.at)
