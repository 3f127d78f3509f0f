"""Real alert schemas of an observatory, ten versions, with real events of each."""

from __future__ import annotations

import io
import itertools
import json
from pathlib import Path
from typing import Any

import fastavro
import pytest

from compat.avro.schema import Schema
from compat.definition import Definition, Format, Reference
from compat.engine import Form
from compat.outline import Kind
from tests.compat.avro.laws import ENGINE, blocking, findings, unproven, unsound

pytestmark = pytest.mark.corpus

ALERT = "alert"


def _versions(corpora: Path) -> list[Path]:
    return sorted((corpora / "avro" / "lsst").iterdir(), key=lambda path: [int(part) for part in path.name.split(".")])


def _definition(folder: Path) -> Definition:
    """The alert of one version, with every other schema of its folder as a reference."""
    texts = {path.name.split(".")[2]: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.avsc"))}
    alert = texts.pop(ALERT)
    references = tuple(
        Reference(f"{json.loads(text)['namespace']}.{name}", Definition(Format.AVRO, text))
        for name, text in texts.items()
    )
    return Definition(Format.AVRO, alert, references)


def _schemas(corpora: Path) -> list[tuple[str, Schema]]:
    return [(folder.name, ENGINE.parse(_definition(folder))) for folder in _versions(corpora)]


def test_every_version_parses_and_describes_itself(corpora: Path) -> None:
    for _, schema in _schemas(corpora):
        outline = ENGINE.outline(schema)
        assert outline.kind is Kind.RECORD
        assert len(outline.fields) >= 8
        resolved = ENGINE.text(schema, Form.RESOLVED)
        again = ENGINE.parse(Definition(Format.AVRO, resolved))
        assert ENGINE.text(again, Form.RESOLVED) == resolved
        for payload in itertools.islice(ENGINE.samples(schema, 0), 20):
            ENGINE.decode(schema, ENGINE.encode(schema, payload))


def test_every_step_is_decided_in_both_directions(corpora: Path) -> None:
    schemas = _schemas(corpora)
    assert len(schemas) == 10
    rules: dict[str, list[str]] = {}
    for (before, old), (after, new) in itertools.pairwise(schemas):
        for direction, writer, reader in (("backward", old, new), ("forward", new, old)):
            found = findings(writer, reader)
            assert unproven(writer, reader, found) is None
            if not blocking(found):
                assert unsound(writer, reader, seed=0, count=8) is None
            rules[f"{before} {after} {direction}"] = sorted({each.difference.rule for each in blocking(found)})
        assert list(ENGINE.differences(old, new))
    assert any(rules.values())
    assert not all(rules.values())


def test_the_newest_against_all_versions_keeps_the_laws(corpora: Path) -> None:
    *earlier, (_, newest) = _schemas(corpora)
    for _, old in earlier:
        for writer, reader in ((old, newest), (newest, old)):
            found = findings(writer, reader)
            assert unproven(writer, reader, found) is None
            if not blocking(found):
                assert unsound(writer, reader, seed=1, count=5) is None


def test_real_events_survive(corpora: Path) -> None:
    read = 0
    for folder in _versions(corpora):
        path = folder / "sample_data" / "fakeAlert.avro"
        if not path.is_file():
            continue
        with path.open("rb") as stream:
            events: Any = fastavro.reader(stream)
            schema = ENGINE.parse(Definition(Format.AVRO, events.metadata["avro.schema"]))
            for event in events:
                data = ENGINE.encode(schema, event)
                out = io.BytesIO()
                fastavro.schemaless_writer(out, fastavro.parse_schema(json.loads(schema.definition.text)), event)
                assert data == out.getvalue()
                assert repr(ENGINE.decode(schema, data)) == repr(event)
                assert ENGINE.encode(schema, ENGINE.from_json(schema, ENGINE.to_json(schema, event))) == data
                read += 1
    assert read >= 5
