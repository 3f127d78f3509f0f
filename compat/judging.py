"""Weigh what was found: by severity under ``strict``, by another authority's table under its profile.

Detection knows no profile. Where an authority and the truth about data part, the finding says so in its note.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from compat.level import Direction
from compat.profile import Criteria, Weight
from compat.verdict import Cause, Fact, Finding, Incompatibility, Objection, Reason, Undecided

_SHOWN: Final = 200
"""Characters of an event that a note shows; the witness beside it has it whole."""


def told(found: Iterator[Finding], most: int) -> Iterator[Finding]:
    """The first findings that block, at most so many, and the first that do not; a last one says where there are more.

    It looks no further than it must: the outcome is that of all findings, whatever is told.
    """
    blocking: list[Finding] = []
    certain = False
    left = others = 0
    last: Finding | None = None
    for finding in found:
        if not finding.blocks:
            others += 1
            last = finding
            if others <= most:
                yield finding
            continue
        proves = not isinstance(finding.cause, Undecided)
        if len(blocking) < most or (proves and not certain):
            blocking.append(finding)
            certain = certain or proves
            yield finding
        else:
            left += 1
            if certain:
                break
    if left:
        yield _more(f"there are more findings that block than the {len(blocking)} told", blocking[-1])
    if last is not None and others > most:
        yield _more(f"there are {others - most} more findings that do not block than the {most} told", last)


def _more(message: str, like: Finding) -> Finding:
    return Finding(Undecided(Reason.MORE_FINDINGS, message), like.direction, like.version, like.weight)


def first_harmful(facts: Iterator[Fact], most: int) -> Iterator[Fact]:
    """The facts, up to so many that block; then that there are more."""
    harmful = 0
    for fact in facts:
        if isinstance(fact, Undecided) or fact.severity.blocks:
            if harmful == most:
                yield Undecided(Reason.MORE_FINDINGS, f"there are more than {most}; the rest was not looked for")
                return
            harmful += 1
        yield fact


def strictly(facts: Iterable[Fact], criteria: Criteria, direction: Direction, version: int) -> Iterator[Finding]:
    """Findings that weigh what their severity says; an open question blocks."""
    for fact in facts:
        weight = Weight.ERROR if isinstance(fact, Undecided) else fact.severity.weight
        yield from _finding(fact, criteria, direction, version, weight)


def foreign(
    objections: Sequence[Objection | Undecided],
    facts: Sequence[Fact],
    criteria: Criteria,
    direction: Direction,
    version: int,
) -> Iterator[Finding]:
    """Findings of an authority first, then lineal's own facts, which block no longer but still say what is true."""
    refused = any(isinstance(each, Undecided) or each.refused for each in objections)
    for each in objections:
        if isinstance(each, Undecided):
            yield from _finding(each, criteria, direction, version, Weight.ERROR)
        elif each.refused:
            yield from _finding(each, criteria, direction, version, Weight.ERROR, _contradiction(criteria, facts))
        elif criteria.action(each.difference.rule) is not None:
            yield from _finding(each, criteria, direction, version, Weight.INFO)
    for fact in facts:
        harmful = isinstance(fact, Undecided) or fact.severity.blocks
        weight = Weight.WARNING if isinstance(fact, Undecided) or harmful else fact.severity.weight
        note = _warning(criteria, fact) if harmful and not refused else ""
        yield from _finding(fact, criteria, direction, version, weight, note)


def _finding(
    cause: Cause, criteria: Criteria, direction: Direction, version: int, weight: Weight, note: str = ""
) -> Iterator[Finding]:
    chosen: Weight | None = weight
    if not isinstance(cause, Undecided):
        severity = cause.severity.value if isinstance(cause, Incompatibility) else ""
        action = criteria.action(cause.difference.rule, severity)
        chosen = weight if action is None else action.weight
    if chosen is not None:
        yield Finding(cause, direction, version, chosen, note)


def _contradiction(criteria: Criteria, facts: Sequence[Fact]) -> str:
    """What to say beside a refusal: nothing where lineal has an event that fails, too."""
    if any(isinstance(fact, Incompatibility) and fact.severity.blocks for fact in facts):
        return ""
    who = criteria.profile.authority
    if any(isinstance(fact, Undecided) for fact in facts):
        return f"{who} refuses this; lineal could not decide whether any event fails."
    return f"{who} refuses this; lineal proved that the reader reads every event of the writer."


def _warning(criteria: Criteria, fact: Fact) -> str:
    """What to say beside a fact that the authority lets pass."""
    who = criteria.profile.authority
    if isinstance(fact, Undecided):
        return f"{who} accepts this; lineal could not decide whether any event fails."
    event = "" if fact.witness is None else json.dumps(fact.witness.payload, ensure_ascii=False, default=str)
    shown = event if len(event) <= _SHOWN else f"{event[:_SHOWN]}…"
    return f"{who} accepts this; the event {shown} fails ({fact.difference.rule})."
