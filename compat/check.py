"""Apply a level to a candidate and its history. The only place that knows which version plays which role."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from compat import confluent
from compat.budget import DEFAULT_LIMITS, Budget, BudgetSpent, Limits
from compat.definition import Definition
from compat.errors import InvalidPayload
from compat.formats import Parsed, parse
from compat.judging import first_harmful, foreign, strictly, told
from compat.level import Direction, Level
from compat.profile import STRICT, Criteria, FormatMode, Profile
from compat.verdict import (
    Difference,
    Fact,
    Finding,
    Incompatibility,
    Objection,
    Reason,
    Severity,
    Undecided,
    Verdict,
    Witness,
)

FORMAT_CHANGED = "FORMAT_CHANGED"
"""The one rule above the formats: the versions of a subject share one format."""

_FORMAT_SAMPLES = 100


def check(
    level: Level,
    candidate: Definition,
    history: Sequence[Definition],
    *,
    everything: bool = False,
    criteria: Criteria = STRICT,
    limits: Limits = DEFAULT_LIMITS,
) -> Verdict:
    """Whether ``candidate`` may follow ``history`` (oldest first) under ``level``, judged by ``criteria``.

    Stops at the first version with a finding that blocks, newest first, unless ``everything`` is asked for.
    Each comparison of two schemas has its own budget. Raises InvalidSchema if the candidate does not parse.
    """
    new = parse(candidate)
    criteria = criteria.applied_to(candidate.format)
    findings: list[Finding] = []
    for version in _compared(level, len(history)):
        old = parse(history[version])
        for direction in level.directions:
            findings += judged(new, old, direction, criteria, version=version, limits=limits)
        if not everything and any(finding.blocks for finding in findings):
            break
    return Verdict(level, tuple(findings), criteria)


def judged(
    new: Parsed,
    old: Parsed,
    direction: Direction,
    criteria: Criteria = STRICT,
    *,
    version: int = 0,
    limits: Limits = DEFAULT_LIMITS,
) -> Iterator[Finding]:
    """One version against one other in one direction: the facts, and what they weigh."""
    reader, writer = (new, old) if direction is Direction.BACKWARD else (old, new)
    compared = compare(reader, writer, limits, json_formats=criteria.json_formats)
    criteria = criteria.applied_to(new.definition.format)
    if criteria.profile is Profile.STRICT or reader.engine is not writer.engine:  # nobody compares two formats
        yield from told(strictly(compared, criteria, direction, version), limits.findings)
        return
    # Facts block nothing under another authority, unless somebody weighs their rule otherwise.
    facts = list(compared if criteria.overrides else first_harmful(compared, limits.findings))
    if criteria.profile.of_confluent:
        found = confluent.differences(reader, writer, criteria.profile, Budget(limits))
    else:
        from compat import buf  # brings the Protobuf engine along, whatever is compared

        # it asks whether the newer breaks who uses the older, whatever the direction
        found = buf.differences(old.schema, new.schema, criteria.profile.buf_category)
        if criteria.profile is Profile.BUF_WIRE_JSON:
            facts += buf.as_json(reader.schema, writer.schema, Budget(limits))
    yield from told(foreign(list(_within_budget(found)), facts, criteria, direction, version), limits.findings)


def _within_budget(found: Iterator[Objection]) -> Iterator[Objection | Undecided]:
    try:
        yield from found
    except BudgetSpent as spent:
        yield Undecided(Reason.BUDGET_SPENT, f"the comparison was stopped: {spent}")


def compare(
    reader: Parsed,
    writer: Parsed,
    limits: Limits = DEFAULT_LIMITS,
    *,
    first_only: bool = False,
    json_formats: FormatMode = FormatMode.CONSERVATIVE,
) -> Iterator[Fact]:
    """What keeps ``reader`` from reading what ``writer`` writes; nothing that blocks means proven compatible.

    ``first_only``: only events of the first message count, where a definition declares several.
    """
    if reader.engine is not writer.engine:
        yield _format_changed(reader, writer)
        return
    if reader.schema is writer.schema:
        return
    yield from reader.engine.incompatibilities(
        reader.schema, writer.schema, Budget(limits), first_only=first_only, json_formats=json_formats
    )


def _compared(level: Level, length: int) -> Iterator[int]:
    newest_first = range(length - 1, -1, -1)
    if not level.directions:
        return iter(())
    return iter(newest_first if level.transitive else newest_first[:1])


def _format_changed(reader: Parsed, writer: Parsed) -> Fact:
    """An event of the writer's format that the reader's decoder refuses: almost any does, but it is run."""
    message = (
        f"data of the format {writer.definition.format} cannot be read with a schema of {reader.definition.format}: "
        "keep the format, or register under a new subject"
    )
    for payload in islice(writer.engine.samples(writer.schema, seed=0), _FORMAT_SAMPLES):
        encoded = writer.engine.encode(writer.schema, payload)
        try:
            reader.engine.decode(reader.schema, encoded)
        except InvalidPayload as error:
            witness = Witness(
                payload=writer.engine.to_json(writer.schema, payload),
                encoded=encoded,
                executor=f"the {reader.definition.format} decoder",
                writer_result=f"a valid {writer.definition.format} event",
                reader_error=str(error),
            )
            return Incompatibility(Difference(FORMAT_CHANGED, message), Severity.ERROR, witness)
    return Undecided(Reason.NO_WITNESS, f"{message}; yet every sampled event happens to decode")
