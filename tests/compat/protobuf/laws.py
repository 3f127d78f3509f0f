"""The laws a verdict on a pair obeys, as plain functions: the tests run hundreds of pairs, the long run any number."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from compat.protobuf.engine import ProtobufEngine
from compat.protobuf.model import Schema
from compat.verdict import Incompatibility, Severity
from tests.compat.protobuf.judge import Outcome, judge

BY_NAME = {"FIELD_RENUMBERED", "FIELD_NAME_REUSED"}
"""Findings about a name, which a judge by number does not see."""


def sound(
    engine: ProtobufEngine, reader: Schema, writer: Schema, findings: Sequence[Incompatibility], events: int, seed: int
) -> str:
    """Why a verdict is too kind; empty if every sampled event of the writer fares as the findings say."""
    blocking = any(finding.severity.blocks for finding in findings)
    lossy = any(finding.severity is Severity.LOSSY for finding in findings)
    if blocking:
        return ""
    for name in writer.message_names:
        for payload in islice(engine.samples(writer, seed, name), events):
            data = engine.encode(writer, payload, name)
            outcome = judge(writer, reader, name, data, reader_name(writer, reader, name))
            if outcome.error or outcome.incomplete or outcome.lost or (outcome.changed and not lossy):
                return f"{name} {payload!r} ({data.hex()}): {outcome}"
    return ""


def proven(reader: Schema, writer: Schema, finding: Incompatibility) -> str:
    """Why a finding is not proven; empty if its witness, executed again, shows what it says."""
    severity = finding.severity
    if severity is Severity.INFO:
        return ""
    witness = finding.witness
    if witness is None or witness.encoded is None:
        return "no witness" if severity.blocks else ""
    message = witness.writer_result.partition(":")[0]
    target = reader_name(writer, reader, message)
    if not reader.has_message(target):
        return (
            ""
            if finding.difference.rule in {"MESSAGE_REMOVED", "HELD_MESSAGE_REMOVED"}
            else "the reader lacks the type"
        )
    return _shows(finding, judge(writer, reader, message, witness.encoded, target))


def reader_name(writer: Schema, reader: Schema, name: str) -> str:
    """The name a message of the writer has at the reader, where the package may be another."""
    return name if reader.has_message(name) else f"{reader.package}.{name.removeprefix(f'{writer.package}.')}"


def _shows(finding: Incompatibility, outcome: Outcome) -> str:
    if finding.difference.rule in BY_NAME:
        return ""
    shown: Any = {
        Severity.ERROR: outcome.error or outcome.incomplete,
        Severity.DATA_DEPENDENT: outcome.error,
        Severity.DROPPED: outcome.lost or outcome.changed or outcome.error,  # what a list lost has changed its length
        Severity.LOSSY: outcome.changed,
    }[finding.severity]
    return "" if shown else f"{finding.difference.rule} is not shown by its witness: {outcome}"
