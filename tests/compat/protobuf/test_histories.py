"""The real histories, step by step, in both directions of time: every break of the wire is in a list, with its reason.

``python -m tests.prove.protobuf_histories`` compares every version with all before it.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from compat.definition import Definition, Format
from compat.engine import Form
from compat.protobuf.engine import ProtobufEngine
from compat.protobuf.model import Schema
from compat.verdict import Severity
from tests.compat.protobuf.conftest import Find
from tests.compat.protobuf.histories import Version, histories
from tests.compat.protobuf.laws import proven, sound

pytestmark = pytest.mark.corpus
EXPECTED = Path(__file__).with_name("histories.txt")


def test_every_step(corpora: Path, engine: ProtobufEngine, find: Find) -> None:
    said = []
    for name, versions in histories(corpora).items():
        parsed: dict[bytes, Schema] = {}
        for version in versions:
            if (digest := version.definition.digest()) not in parsed:
                parsed[digest] = engine.parse(version.definition)
        for older, newer in pairwise(versions):
            old, new = (parsed[version.definition.digest()] for version in (older, newer))
            if old is not new:
                said += _step(engine, find, name, (older, newer), (old, new))
    assert said == EXPECTED.read_text(encoding="utf-8").splitlines()


def _step(
    engine: ProtobufEngine, find: Find, name: str, versions: tuple[Version, Version], parsed: tuple[Schema, Schema]
) -> list[str]:
    """One line per direction that does not simply read everything."""
    lines = []
    for direction, (writer, reader) in (("backward", parsed), ("forward", parsed[::-1])):
        findings = find(reader, writer)
        assert not [problem for finding in findings if (problem := proven(reader, writer, finding))]
        assert not sound(engine, reader, writer, findings, events=4, seed=1)
        told = sorted({f"{f.severity} {f.difference.rule}" for f in findings if f.severity is not Severity.INFO})
        if told:
            lines.append(f"{name} {versions[0].release} {versions[1].release} {direction}: {', '.join(told)}")
    return lines


def test_every_text_form_of_the_last_versions(corpora: Path, engine: ProtobufEngine, find: Find) -> None:
    for versions in histories(corpora).values():
        definition = versions[-1].definition
        schema = engine.parse(definition)
        for form in Form:
            text = engine.text(schema, form)
            again = engine.parse(Definition(Format.PROTOBUF, text, definition.references))
            assert engine.text(again, form) == text
            assert find(again, schema) == find(schema, again) == []
            assert again.message_names == schema.message_names
