"""The second verdict of the gate: what new schemas do to the readers that are live in an environment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from compat.gate.errors import CouldNotCheck, Misconfigured
from compat.gate.findings import (
    Counterexample,
    GateFinding,
    LiveReaders,
    Spot,
    Standing,
    SubjectResult,
    fingerprint,
)
from compat.gate.mapping import SchemaFile
from compat.gate.references import Workspace
from compat.gate.rules import LIVE_READER_BROKEN, LIVE_READERS_UNKNOWN
from compat.profile import Weight
from registry.cli import contracts
from registry.cli.bodies import Bodies
from registry.cli.contracts import Impact, Row
from registry.cli.errors import Refusal
from registry.cli.remote import Remote

_UNASKED = frozenset({Standing.INVALID, Standing.REMOVED})


def with_readers(
    result: SubjectResult, file: SchemaFile, workspace: Workspace, remote: Remote, environment: str
) -> SubjectResult:
    """A result with what its newest schema does to the live readers. Raises CouldNotCheck."""
    if result.standing in _UNASKED:
        return result
    try:
        body = Bodies(workspace, remote).of(file)
        found = contracts.impact(remote, result.subject, body, environment)
    except (Refusal, Misconfigured) as cause:
        raise CouldNotCheck(f"the readers of {result.subject} in {environment}: {cause}") from cause
    readers = LiveReaders(environment, found.readers, found.broken, found.unknown, found.recorded)
    return replace(result, readers=readers, findings=(*result.findings, *_findings(result, file, found, environment)))


def _findings(result: SubjectResult, file: SchemaFile, found: Impact, environment: str) -> Iterator[GateFinding]:
    spot = Spot(file.path)
    if not found.recorded:
        message = f"nothing is recorded as live in {environment}, so who would break there is unknown"
        handle = fingerprint(result.subject, LIVE_READERS_UNKNOWN.name, environment)
        yield GateFinding(LIVE_READERS_UNKNOWN, Weight.WARNING, result.subject, message, spot, handle)
    failing = [row for row in found.rows if row.cells[0].way in {"broken", "unknown"}]
    said = {message.partition(",")[0]: message for message in found.messages}
    for row in failing:
        rule = LIVE_READER_BROKEN if row.cells[0].way == "broken" else LIVE_READERS_UNKNOWN
        build = f"{row.application} {row.build}"
        yield GateFinding(
            rule,
            Weight.ERROR,
            result.subject,
            said.get(build, f"{build} cannot read it"),
            spot,
            fingerprint(result.subject, rule.name, environment, row.application, _first_rule(row)),
            counterexample=_counterexample(row),
        )


def _first_rule(row: Row) -> str:
    return next((str(obstacle["rule"]) for obstacle in row.cells[0].obstacles), "")


def _counterexample(row: Row) -> Counterexample | None:
    witnesses: Iterator[dict[str, Any]] = (
        obstacle["witness"] for obstacle in row.cells[0].obstacles if obstacle.get("witness")
    )
    proof = next(witnesses, None)
    if proof is None:
        return None
    return Counterexample(
        proof["payload"], proof["encoded"], proof["executor"], proof["writerResult"], proof["readerError"]
    )
