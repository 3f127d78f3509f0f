"""Our findings beside buf's on the same pairs: every fact of one is a fact of the other, or the table says why not.

buf asks whether code and wire stay alike, the engine what becomes of events: they need not agree on what blocks.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

import pytest

from compat.definition import Definition, Format
from compat.errors import InvalidSchema
from compat.protobuf.engine import ProtobufEngine
from compat.protobuf.minimal import Minimal
from compat.protobuf.model import Schema
from compat.protobuf.rules import RULES
from compat.verdict import Incompatibility
from tests.compat.protobuf.buf import BUF, breaking
from tests.compat.protobuf.conftest import Find
from tests.compat.protobuf.strategies import plain_pair

PAIRS = 150

BUF_ALONE: Mapping[str, str] = {
    "MESSAGE_SAME_JSON_FORMAT": "concerns JSON; proto2 allows what proto3 refuses",
    "ENUM_SAME_JSON_FORMAT": "concerns JSON; proto2 allows what proto3 refuses",
    "FIELD_SAME_CPP_STRING_TYPE": "concerns generated C++; editions have another default",
    "EXTENSION_NO_DELETE": "the extension is reported as a field that is gone, or its range is",
    "FIELD_SAME_JAVA_UTF8_VALIDATION": "concerns generated Java; the fact is UTF8_CHECK_REMOVED or _ADDED",
    "MESSAGE_NO_DELETE": "buf also counts the entry of a map that is gone: no event has that type",
    "ONEOF_NO_DELETE": "the oneof went with its last member, which is reported as a removed field",
    "FIELD_SAME_CARDINALITY": "the type changed too, and is reported with what becomes of the value",
    "FIELD_WIRE_COMPATIBLE_CARDINALITY": "the type changed too, and is reported with what becomes of the value",
    "FIELD_SAME_DEFAULT": "the type changed too, and no value arrives at all",
    "FIELD_SAME_ONEOF": "the type changed too, and no value arrives at all",
    "FIELD_SAME_UTF8_VALIDATION": "the type changed too; only text has a check",
    "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY": "the type changed too, and is reported with what becomes of the value",
    "MESSAGE_SAME_REQUIRED_FIELDS": "buf does not count LEGACY_REQUIRED of an edition: its syntax changed",
    **dict.fromkeys(
        ("FIELD_SAME_TYPE", "FIELD_WIRE_COMPATIBLE_TYPE", "FIELD_WIRE_JSON_COMPATIBLE_TYPE"),
        "a renamed map has an entry of another name, which is no other type",
    ),
    "ENUM_SAME_TYPE": "the enum is held by no field and opened for nobody",
}
"""What buf reports where the engine does not name the same fact: harmless to events, or told under another name."""

ENGINE_ALONE: Mapping[str, str] = {
    "REQUIRED_FIELD_ADDED": "buf does not count LEGACY_REQUIRED of an edition",
    "FIELD_BECAME_REQUIRED": "found inside a message whose type was swapped: buf compares types of one name only",
    "UTF8_CHECK_ADDED": "the key or value of a map: buf looks at declared fields only",
    "FIELD_TYPE_DROPPED": "found inside a message whose type was swapped",
    "FIELD_TYPE_UNREADABLE": "found inside a message whose type was swapped",
    "FIELD_MESSAGE_TYPE_CHANGED": "found inside a message whose type was swapped",
    "PACKED_LIST_TO_SINGLE": "found inside a message whose type was swapped",
    "CLOSED_ENUM_VALUE_REMOVED": "the field holds another enum: buf compares enums of one name only",
    "FIELD_RENUMBERED": "found inside a message whose type was swapped",
}
"""What the engine blocks where buf names no such fact."""


@pytest.mark.skipif(not BUF.exists(), reason="needs buf from the development requirements")
def test_every_fact_is_known_to_both_or_explained(engine: ProtobufEngine, find: Find, tmp_path: Path) -> None:
    sources, found = _judged(engine, find)
    reported = breaking(tmp_path, sources, ["FILE", "WIRE", "WIRE_JSON"])
    unexplained = []
    for (earlier, later), findings, theirs in zip(sources, found, reported, strict=True):
        ours = {rule for finding in findings for rule in RULES[finding.difference.rule].buf}
        alone = theirs - ours - BUF_ALONE.keys()
        unexplained += [f"buf alone says {rule}\n{earlier}\n{later}" for rule in alone]
        for finding in findings:
            rule = finding.difference.rule
            if finding.severity.blocks and not theirs & set(RULES[rule].buf) and rule not in ENGINE_ALONE:
                unexplained.append(f"the engine alone says {finding.difference.message}\n{earlier}\n{later}")
    assert not unexplained, "\n".join(unexplained[:3])
    assert sum(map(bool, reported)) > PAIRS / 3, "the comparison has something to compare"


def _judged(engine: ProtobufEngine, find: Find) -> tuple[list[tuple[str, str]], list[list[Incompatibility]]]:
    sources, found, seed = [], [], 0
    while len(sources) < PAIRS:
        seed += 1
        texts = plain_pair(random.Random(seed))
        try:
            writer, reader = (engine.parse(Definition(Format.PROTOBUF, text)) for text in texts)
        except InvalidSchema:
            continue
        if _has_events(writer):
            sources.append(texts)
            found.append(find(reader, writer))
    return sources, found


def _has_events(schema: Schema) -> bool:
    """Whether every message has an event: buf does not know that there may be none."""
    return all(Minimal(schema).of(name) is not None for name in schema.message_names)
