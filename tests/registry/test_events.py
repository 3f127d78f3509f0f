"""Events of every age are read: what is stored is never rewritten, what is old is upcast."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import update

from compat.definition import Format
from registry import events
from registry.events import TYPES, ConfigurationChanged, SchemaRegistered
from registry.model import ANONYMOUS, Configuration, Content, Metadata, Subject
from registry.older_events import DOCUMENTS
from registry.service import Registry
from registry.storage import tables

PINNED = Path(__file__).parent / "older" / "events.json"
OLD = (
    '{"version":1,"schemaId":7,"guid":"g","format":"AVRO","text":"\\"int\\"","canonicalDigest":"c",'
    '"normalizedDigest":"n","metadata":{"properties":{"owner":"ann"}}%s}'
)


@pytest.mark.parametrize(
    ("rest", "acceptance"),
    [(',"level":"FULL"', "checked"), (',"level":"FULL","forced":true', "forced"), ("", "imported")],
)
def test_a_registration_of_the_first_version_says_why_it_was_accepted(rest: str, acceptance: str) -> None:
    event = events.decode("SchemaRegistered", 1, OLD % rest)
    assert isinstance(event, SchemaRegistered)
    assert event.acceptance == acceptance
    assert event.text == '"int"'
    assert event.metadata == Metadata(properties={"owner": "ann"})


def test_every_type_has_a_step_from_each_of_its_older_versions() -> None:
    for name, kind in TYPES.items():
        steps = [(document["from"], document["to"]) for document in DOCUMENTS.get(name, ())]
        assert steps == [(version, version + 1) for version in range(1, kind.version_of_type)], name


def shapes() -> dict[str, Any]:
    """What the payloads of every type are, with the version of each."""
    _, components = msgspec.json.schema_components([*TYPES.values(), Configuration])
    versions = {name: kind.version_of_type for name, kind in TYPES.items()}
    return {"versions": versions, "shapes": without_words(components)}


def without_words(schema: Any) -> Any:
    if isinstance(schema, list):
        return [without_words(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: without_words(each) for key, each in schema.items() if key not in {"description", "title"}}


def broken(before: Any, after: Any, place: str) -> Iterator[str]:
    """Where what was written before could not be read any more, or would be another thing."""
    if isinstance(before, dict) and isinstance(after, dict):
        for new in set(after.get("required", ())) - set(before.get("required", ())):
            yield f"{place}: {new} has no default"
        for key in before.keys() - {"required"}:
            yield from broken(before[key], after.get(key), f"{place}/{key}")
    elif isinstance(before, list) and isinstance(after, list):
        yield from (f"{place}: {gone} is gone" for gone in before if gone not in after)
    elif before != after:
        yield f"{place}: {before} became {after}"


def test_the_shape_of_an_event_changes_with_its_version_only() -> None:
    """What was written by a version stays readable, or the version goes up and an upcaster brings it along.

    ``python -m tests.registry.test_events`` writes down the shapes of today: after a version has gone up, or a member
    with a default has come.
    """
    pinned, now = json.loads(PINNED.read_text("utf-8")), shapes()
    assert pinned["versions"] == now["versions"], "write the new shapes down"
    assert list(broken(pinned["shapes"], now["shapes"], "")) == [], "a new version_of_type, and a step in older_events"
    assert pinned == now, "write the new members down"


def test_what_is_written_is_read() -> None:
    event = ConfigurationChanged(configuration=Configuration(compatibility_level="FULL", normalize=False))
    assert events.decode("ConfigurationChanged", 1, events.encode(event)) == event


def test_a_log_from_before_is_replayed(registry: Registry) -> None:
    registry.registration.register(Subject(name="s"), Content(Format.AVRO, '"int"'))
    registry.upkeep.rebuild()
    with registry.store.write(ANONYMOUS) as writing:
        (entry,) = writing.entries(limit=1)
        assert isinstance(entry.event, SchemaRegistered)
        payload = events.encode(entry.event)
        assert "acceptance" not in payload, "a default is not written"
        older = payload.replace('"level":"BACKWARD"', '"level":"BACKWARD","forced":true')
        assert older != payload
        writing.connection.execute(update(tables.log).values(type_version=1, payload=older))
    assert registry.upkeep.verify() == []
    (entry,) = registry.catalog.changes()
    assert isinstance(entry.event, SchemaRegistered)
    assert entry.event.forced
    assert registry.lookup.version(Subject(name="s"), 1).content.text == '"int"'


if __name__ == "__main__":
    PINNED.write_text(json.dumps(shapes(), indent=1, sort_keys=True) + "\n", "utf-8")
