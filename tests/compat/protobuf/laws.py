"""The laws a verdict on a pair obeys, as plain functions: the tests run hundreds of pairs, the long run any number."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from itertools import islice
from typing import Any

from google.protobuf import json_format

from compat.budget import Budget, Limits
from compat.protobuf.engine import ProtobufEngine
from compat.protobuf.model import Schema
from compat.verdict import Incompatibility, Severity
from tests.compat.protobuf.judge import Outcome, judge
from tests.compat.protobuf.rewritings import AGAIN, REWRITINGS
from tests.compat.protobuf.strategies import File, definition

UNHURRIED = Limits(seconds=900.0)
"""Steps bound a check here, as they do everywhere; the clock must not, when the process gets little of the machine."""

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
    for name, data in sampled(engine, writer, seed, events):
        outcome = judge(writer, reader, name, data, reader_name(writer, reader, name))
        if outcome.error or outcome.incomplete or outcome.lost or (outcome.changed and not lossy):
            return f"{name} {data.hex()}: {outcome}"
    return ""


@lru_cache(maxsize=2)
def sampled(engine: ProtobufEngine, writer: Schema, seed: int, events: int) -> tuple[tuple[str, bytes], ...]:
    """So many events of each message type, encoded: two laws run the same."""
    return tuple(
        (name, engine.encode(writer, payload, name))
        for name in writer.event_names
        for payload in islice(engine.samples(writer, seed, name), events)
    )


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


# ------------------------------------------------------------------------------------------------ rewriting

_OF_THE_TEXT = {"SYNTAX_CHANGED", "MESSAGE_INDEX_CHANGED", "PACKAGE_CHANGED", "MESSAGE_MOVED"}
"""Findings about how a schema is written down."""
_WORD_FOR_WORD = {"respelt", "in_edition"}
"""Rewritings after which every finding is the same."""


def moved(engine: ProtobufEngine, name: str, chance: random.Random, writer: File, reader: File) -> str | None:
    """What a rewriting of either side changes, empty if nothing; None if this pair cannot be rewritten so.

    Raises InvalidSchema if protoc refuses one of the files.
    """
    rewritten = [REWRITINGS[name](chance, file) for file in (writer, reader)]
    if None in rewritten:
        return None
    first, second = (engine.parse(definition(file)) for file in (writer, reader))
    twins = [engine.parse(definition(file)) for file in rewritten if file is not None]
    for one, other in ((first, twins[0]), (twins[0], first), (second, twins[1]), (twins[1], second)):
        if any(severity is not Severity.INFO for _, severity in _said(engine, one, other)):
            return f"{name}: not the same: {_said(engine, one, other)}"
    if name == "split":
        return ""
    weigh = sorted if name in _WORD_FOR_WORD else _verdict
    expected = weigh(_said(engine, second, first))
    for read, written in ((twins[1], first), (second, twins[0]), (twins[1], twins[0])):
        if (said := weigh(_said(engine, read, written))) != expected:
            return f"{name}: {said} instead of {expected}\n{read.text}\n{written.text}"
    return ""


def _said(engine: ProtobufEngine, reader: Schema, writer: Schema) -> list[tuple[str, Severity]]:
    """Rules and severities of both encodings."""
    causes = [
        *engine.incompatibilities(reader, writer, Budget(UNHURRIED)),
        *engine.json_incompatibilities(reader, writer, Budget(UNHURRIED)),
    ]
    return [
        (cause.difference.rule, cause.severity) if isinstance(cause, Incompatibility) else (str(cause), Severity.ERROR)
        for cause in causes
        if not (isinstance(cause, Incompatibility) and _is_of_the_text(cause))
    ]


def _is_of_the_text(finding: Incompatibility) -> bool:
    goes = finding.difference.rule in {"MESSAGE_REMOVED", "HELD_MESSAGE_REMOVED"}
    only_the_copy_goes = goes and AGAIN in finding.difference.message
    return only_the_copy_goes or finding.difference.rule in _OF_THE_TEXT


def _verdict(said: list[tuple[str, Severity]]) -> list[object]:
    severities = {severity for _, severity in said}
    blocks = any(severity.blocks for severity in severities)
    return ["blocks" if blocks else "lossy" if Severity.LOSSY in severities else "compatible"]


# ------------------------------------------------------------------------------------------------ ProtoJSON


def json_sound(
    engine: ProtobufEngine, reader: Schema, writer: Schema, findings: Sequence[Incompatibility], events: int, seed: int
) -> str:
    """Why a verdict on JSON is too kind. ``findings`` are those of both encodings: one adds to the other."""
    if any(finding.severity.blocks for finding in findings):
        return ""
    lossy = any(finding.severity is Severity.LOSSY for finding in findings)
    for name, data in sampled(engine, writer, seed, events):
        try:
            text = json_format.MessageToJson(
                writer.event_class(name).FromString(data),
                descriptor_pool=writer.pool,
                always_print_fields_with_no_presence=seed % 2 == 0,
            )
        except (json_format.Error, ValueError):
            continue  # JSON cannot say it
        read: Any = reader.event_class(reader_name(writer, reader, name))()
        try:
            json_format.Parse(text, read, descriptor_pool=reader.pool)
        except json_format.Error as error:
            return f"{name} {text}: {error}"
        again = json_format.MessageToDict(read, descriptor_pool=reader.pool)
        if not read.IsInitialized() or (not lossy and not _alike(json.loads(text), again)):
            return f"{name} {text} reads as {again}"
    return ""


def json_proven(reader: Schema, writer: Schema, finding: Incompatibility) -> str:
    """Why a finding about JSON is not proven; empty if its document, parsed again, fails or changes."""
    witness = finding.witness
    if witness is None or witness.encoded is None:
        return "no witness"
    name = witness.writer_result.partition(":")[0]
    text = witness.encoded.decode()
    written: Any = json_format.Parse(text, writer.event_class(name)(), descriptor_pool=writer.pool)
    if not written.IsInitialized():
        return "no event of the writer"
    read: Any = reader.event_class(reader_name(writer, reader, name))()
    try:
        json_format.Parse(text, read, descriptor_pool=reader.pool)
    except (json_format.Error, ValueError, TypeError):
        return "" if finding.severity.blocks else "a value is said to change, and cannot be parsed"
    if finding.severity is Severity.LOSSY:
        return ""
    if finding.severity is Severity.DROPPED:
        again = json_format.MessageToDict(read, descriptor_pool=reader.pool)
        return "" if _size(again) < _size(json.loads(text)) else f"{finding.difference.rule}: {text} reads as {again}"
    return "" if not read.IsInitialized() else f"{finding.difference.rule}: the reader parses {text}"


def _size(document: Any) -> int:
    """The number of values in a document, those that hold others counted too."""
    inside = document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
    return 1 + sum(map(_size, inside))


def _alike(one: Any, other: Any) -> bool:
    """Whether two documents say the same, whatever the types of their numbers; what only one has is a default."""
    if isinstance(one, dict) and isinstance(other, dict):
        return all(_alike(one[name], other[name]) for name in one.keys() & other.keys())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    try:
        return Decimal(str(one)) == Decimal(str(other))
    except InvalidOperation:
        return bool(one == other)
