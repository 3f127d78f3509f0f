"""Other runtimes of Protobuf as judges of the engine: ``make protobuf-judges`` (``PAIRS=2000`` for a long run).

The events of the generated pairs of ``tests/prove`` and the witnesses of the findings, given to protobuf-java and to
protobuf-es. Where lineal calls a pair compatible both have to read every event, and as upb reads it; a witness has to
fail in them, or to arrive otherwise than it was written. Where a runtime is known to differ, the reason is counted.
Prints the figures and every contradiction, and exits with 1 if there is one.
"""

from __future__ import annotations

import base64
import json
import math
import random
import re
import struct
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet

from compat.budget import Budget
from compat.errors import InvalidSchema
from compat.protobuf.engine import ProtobufEngine
from compat.protobuf.model import Schema
from compat.verdict import Incompatibility, Severity
from tests.compat.protobuf.laws import BY_NAME, reader_name, sampled
from tests.compat.protobuf.strategies import pair
from tests.judges.streams import Judge, NotHere, java, javascript
from tests.prove import campaign
from tests.prove.protobuf import UNHURRIED, InProcess

EVENTS = 8
ES = "protobuf-es"


@dataclass(frozen=True)
class Event:
    """Bytes of a writer's message, with the finding they are the witness of."""

    data: bytes
    proves: Incompatibility | None = None


@dataclass(frozen=True)
class Outcome:
    """What one runtime makes of an event: as the writer wrote it, and as the reader reads it."""

    written: Any
    read: Any

    @property
    def harmed(self) -> bool:
        if "error" in self.read or self.read.get("complete") is False:
            return True
        return "error" not in self.written and bool(self.written["read"] != self.read["read"])


def judge(engine: ProtobufEngine, runtimes: Mapping[str, Judge], seed: int, counts: Counter[str]) -> list[str]:
    """What is wrong with the answers about the pair of this seed."""
    sources = pair(random.Random(seed))
    try:
        writer, reader = map(engine.parse, sources)
    except InvalidSchema:
        counts["refused by protoc"] += 1
        return []
    causes = list(engine.incompatibilities(reader, writer, Budget(UNHURRIED)))
    found = [each for each in causes if isinstance(each, Incompatibility)]
    blocked = any(each.severity.blocks for each in found)
    counts["incompatible" if blocked else "compatible"] += 1
    problems = []
    for name, events in _events(engine, writer, seed, found).items():
        target = reader_name(writer, reader, name)
        if reader.has_message(target):
            for runtime, library in runtimes.items():
                lazy = runtime == ES
                upb = _outcomes(_upb(writer, name, events, lazy=lazy), _upb(reader, target, events, lazy=lazy))
                theirs = _outcomes(_ask(library, writer, name, events), _ask(library, reader, target, events))
                for event, ours, other in zip(events, upb, theirs, strict=True):
                    problem = _compared(runtime, event, ours, other, blocked=blocked, counts=counts)
                    problems += [f"{runtime}, {name} {event.data.hex()}: {problem}"] if problem else []
    return [f"{problem}\n{sources[0].text}\n{sources[1].text}" for problem in problems]


def _events(engine: ProtobufEngine, writer: Schema, seed: int, found: list[Incompatibility]) -> dict[str, list[Event]]:
    events: dict[str, list[Event]] = {}
    for name, data in sampled(engine, writer, seed, EVENTS):
        events.setdefault(name, []).append(Event(data))
    for each in found:
        if each.witness is not None and each.witness.encoded is not None:
            name = each.witness.writer_result.partition(":")[0]
            events.setdefault(name, []).append(Event(each.witness.encoded, each))
    return events


def _compared(
    runtime: str, event: Event, ours: Outcome, theirs: Outcome, *, blocked: bool, counts: Counter[str]
) -> str | None:
    reason = _known(event, ours, theirs) if runtime == ES else None
    if event.proves is not None:
        if event.proves.severity is Severity.INFO or event.proves.difference.rule in BY_NAME:
            return None
        counts[f"{runtime}: witnesses that {'fail' if theirs.harmed else reason or 'DO NOT FAIL'}"] += 1
        return (
            None if theirs.harmed or reason else f"reads the witness of {event.proves.difference.rule}: {theirs.read}"
        )
    if blocked:
        return None
    same = "error" not in theirs.read and theirs.read["read"] == ours.read.get("read")
    same = same and theirs.read.get("complete") is not False
    counts[f"{runtime}: events of compatible pairs that {'read as upb reads them' if same else 'DIFFER'}"] += 1
    return None if same else f"reads {theirs.read}, upb {ours.read}"


def _known(event: Event, ours: Outcome, theirs: Outcome) -> str | None:
    """Why protobuf-es is allowed to read what upb does not."""
    if event.proves is None:
        return None
    if not ours.harmed or ("error" in ours.read and re.search(r'"unknown": \[\d', json.dumps(theirs.read))):
        return "concern an extension, which is read when it is asked for"
    if "error" not in theirs.read and ours.read.get("complete") is False:
        return "concern what is required, which is not checked"
    if "CLOSED" in event.proves.difference.rule:
        return "concern a closed enum, whose unknown values are kept"
    return None


def _outcomes(written: list[Any], read: list[Any]) -> list[Outcome]:
    return [Outcome(*each) for each in zip(written, read, strict=True)]


def _ask(library: Judge, schema: Schema, name: str, events: list[Event]) -> list[Any]:
    files = base64.b64encode(schema.descriptors.SerializeToString()).decode()
    data = [base64.b64encode(each.data).decode() for each in events]
    answer = library.ask({"files": files, "message": name, "events": data})
    return [_in_order(each) for each in answer.get("events", [{"error": answer.get("refused")}] * len(events))]


def _upb(schema: Schema, name: str, events: list[Event], *, lazy: bool) -> list[Any]:
    """``lazy``: extensions are left among the unknown fields, as protobuf-es leaves them."""
    outcomes: list[Any] = []
    for event in events:
        message: Any = schema.event_class(name)()
        try:
            message.ParseFromString(event.data)
            outcomes.append(_in_order({"read": _told(message, lazy=lazy), "complete": message.IsInitialized()}))
        except (DecodeError, UnicodeDecodeError) as error:
            outcomes.append({"error": str(error)})
    return outcomes


def _told(message: Any, *, lazy: bool) -> dict[str, Any]:
    """A message as the judges tell it."""
    unknown = {each.field_number for each in UnknownFieldSet(message)}
    fields = {}
    for field, value in message.ListFields():
        if lazy and field.is_extension:
            unknown.add(field.number)
        else:
            fields[str(field.number)] = list(_values(field, value, lazy=lazy))
    return {"fields": fields, "unknown": sorted(unknown)}


def _values(field: Any, value: Any, *, lazy: bool) -> Iterator[Any]:
    entry = field.message_type
    if entry is not None and entry.GetOptions().map_entry:
        first, second = entry.fields_by_number[1], entry.fields_by_number[2]
        for key in value:
            parts = {"1": [_one(first, key, lazy=lazy)], "2": [_one(second, value[key], lazy=lazy)]}
            yield {"fields": parts, "unknown": []}
    else:
        yield from (_one(field, each, lazy=lazy) for each in (value if field.is_repeated else [value]))


def _one(field: Any, value: Any, *, lazy: bool) -> Any:
    if field.message_type is not None:
        return _told(value, lazy=lazy)
    match value:
        case float():
            bits = struct.pack(">d", value).hex().lstrip("0") or "0"
            return {"bits": "7ff8000000000000" if math.isnan(value) else bits}
        case bytes():
            return {"hex": value.hex()}
        case int() if field.type not in (field.TYPE_BOOL, field.TYPE_ENUM):
            return str(value)
        case _:
            return value


def _in_order(outcome: Any) -> Any:
    """An outcome with the entries of its maps in one order: maps have none."""
    match outcome:
        case {"read": message, **rest}:
            return {**rest, "read": _in_order(message)}
        case {"fields": fields, "unknown": unknown}:
            ordered = {number: [_in_order(each) for each in values] for number, values in fields.items()}
            for values in ordered.values():
                if all(isinstance(each, dict) and each.get("fields", {}).keys() <= {"1", "2"} for each in values):
                    values.sort(key=lambda each: json.dumps(each, sort_keys=True))
            return {"fields": ordered, "unknown": unknown}
        case _:
            return outcome


def main() -> int:
    """Run, print, and answer with the exit status."""
    runtimes: dict[str, Judge] = {}
    for name, start in (
        ("protobuf-java", lambda: java("ProtobufJudge")),
        ("protobuf-es", lambda: javascript("protobuf")),
    ):
        try:
            runtimes[name] = start()
        except NotHere as reason:
            print(f"SKIPPED, {name}: {reason}")
    engine = ProtobufEngine(InProcess())
    try:
        return campaign.run("protobuf-judges", __doc__, lambda seed, counts: judge(engine, runtimes, seed, counts), ())
    finally:
        for each in runtimes.values():
            each.end()


if __name__ == "__main__":
    sys.exit(main())
