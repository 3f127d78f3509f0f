"""Events of every age are read: what is stored is never rewritten, what is old is upcast."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from compat.definition import Format
from registry import events
from registry.events import TYPES, ConfigurationChanged, SchemaRegistered
from registry.model import ANONYMOUS, Configuration, Content, Metadata, Subject
from registry.older_events import DOCUMENTS
from registry.service import Registry
from registry.storage import tables

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
