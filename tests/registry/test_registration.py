"""Check and append are one decision; what was registered comes back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from compat.definition import Format
from registry.errors import IncompatibleSchema, InvalidSubject
from registry.events import RegistrationRefused, SchemaRegistered
from registry.model import Configuration, ConfigurationChange, Content, Origin, Subject, Version
from registry.service import Registry
from registry.settings import Settings

ORDERS = Subject(name="orders")
Record = Callable[..., str]


def avro(text: str) -> Content:
    return Content(Format.AVRO, text)


def test_the_text_of_every_version_comes_back_byte_for_byte(registry: Registry, record: Record) -> None:
    spaced = record(x="int").replace(",", " ,\n\t") + "\n"
    dense = record(x="int").replace(" ", "")
    first = registry.registration.register(ORDERS, avro(spaced))
    second = registry.registration.register(Subject(name="copy"), avro(dense))
    assert first.schema_id == second.schema_id
    assert registry.lookup.version(ORDERS, 1).content.text == spaced
    assert registry.lookup.version(Subject(name="copy"), 1).content.text == dense
    assert registry.lookup.by_id(1).content.text == spaced
    registry.deletion.subject(ORDERS)
    registry.deletion.subject(ORDERS, permanent=True)
    assert registry.lookup.by_id(1).content.text == dense


@pytest.mark.parametrize("trial", range(3))
def test_of_two_racing_versions_that_exclude_each_other_one_is_refused(
    registry: Registry, record: Record, trial: int
) -> None:
    subject = Subject(name=f"race-{trial}")
    registry.configurations.configure(subject, ConfigurationChange(compatibility="FULL_TRANSITIVE"))
    registry.registration.register(subject, avro(record(id="long")))
    rivals = [record(id="long", total=(kind, default)) for kind, default in (("string", "-"), ("double", 0.5))]
    start = Barrier(len(rivals))

    def attempt(text: str) -> Version | IncompatibleSchema:
        start.wait()
        try:
            return registry.registration.register(subject, avro(text))
        except IncompatibleSchema as error:
            return error

    with ThreadPoolExecutor(len(rivals)) as threads:
        outcomes = list(threads.map(attempt, rivals))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["IncompatibleSchema", "Version"]
    assert [number for number, _ in registry.lookup.numbers(subject)] == [1, 2]


@pytest.mark.parametrize("trial", range(3))
def test_of_two_that_race_on_two_nodes_one_is_refused(
    registry: Registry, settings: Settings, record: Record, trial: int
) -> None:
    """The nodes share nothing but the database."""
    subject = Subject(name=f"race-{trial}")
    registry.configurations.configure(subject, ConfigurationChange(compatibility="FULL_TRANSITIVE"))
    registry.registration.register(subject, avro(record(id="long")))
    rivals = [record(id="long", total=(kind, default)) for kind, default in (("string", "-"), ("double", 0.5))]
    other = Registry.open(settings)
    start = Barrier(len(rivals))

    def attempt(node: Registry, text: str) -> Version | IncompatibleSchema:
        start.wait()
        try:
            return node.registration.register(subject, avro(text))
        except IncompatibleSchema as error:
            return error

    try:
        with ThreadPoolExecutor(len(rivals)) as threads:
            outcomes = list(threads.map(attempt, (registry, other), rivals))
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["IncompatibleSchema", "Version"]
        for node in (registry, other):
            assert [number for number, _ in node.lookup.numbers(subject)] == [1, 2]
    finally:
        other.close()


def test_ids_and_versions_are_dense_under_concurrency(registry: Registry, record: Record) -> None:
    registry.configurations.configure(Subject(), ConfigurationChange(compatibility="NONE"))
    texts = [record(f"R{index}", x="int") for index in range(24)]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda text: registry.registration.register(ORDERS, avro(text)), texts))
    assert sorted(version.number for version in found) == list(range(1, 25))
    assert sorted(version.schema_id for version in found) == list(range(1, 25))
    with ThreadPoolExecutor(8) as threads:
        again = list(threads.map(lambda text: registry.registration.register(ORDERS, avro(text)), texts))
    assert [(version.number, version.schema_id) for version in again] == [
        (version.number, version.schema_id) for version in found
    ]
    assert registry.upkeep.verify() == []


def test_one_schema_registered_by_many_at_once_is_one_version(registry: Registry, record: Record) -> None:
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: registry.registration.register(ORDERS, avro(record(x="int"))), range(16)))
    assert {(version.number, version.schema_id) for version in found} == {(1, 1)}
    assert registry.catalog.position() == 1


def test_a_refusal_is_remembered_once_with_its_witness(registry: Registry, record: Record) -> None:
    registry.registration.register(ORDERS, avro(record(id="long")))
    for _ in range(3):
        with pytest.raises(IncompatibleSchema, match="Proof: the event"):
            registry.registration.register(
                ORDERS, avro(record(id="long", total="double")), origin=Origin("ann", "request-7")
            )
    (entry,) = registry.catalog.refusals(ORDERS)
    assert isinstance(entry.event, RegistrationRefused)
    assert entry.origin == Origin("ann", "request-7")
    (finding,) = entry.event.findings
    assert finding["rule"] == "READER_FIELD_WITHOUT_DEFAULT"
    assert finding["version"] == 1
    assert finding["witness"]["payload"] == {"id": 0}
    assert registry.catalog.refusal(entry.position) == entry


def test_the_log_says_who_and_in_which_request(registry: Registry, record: Record) -> None:
    registry.registration.register(ORDERS, avro(record(x="int")), origin=Origin("ann", "r-1", "first try"))
    (entry,) = registry.catalog.changes()
    assert entry.origin == Origin("ann", "r-1", "first try")
    assert entry.subject == ORDERS
    assert isinstance(entry.event, SchemaRegistered)
    assert entry.event.text == record(x="int")
    assert registry.lookup.version(ORDERS, 1).actor == "ann"


@pytest.mark.parametrize("name", ["", "__GLOBAL", "__EMPTY", "a\nb", "a\x7fb", "a\x00b"])
def test_names_that_no_subject_can_have(registry: Registry, name: str) -> None:
    with pytest.raises(InvalidSubject):
        registry.registration.register(Subject.parse(name), avro('"string"'))
    assert registry.catalog.position() == 0


def test_a_transitive_level_looks_at_every_live_version(registry: Registry, record: Record) -> None:
    registry.configurations.configure(ORDERS, ConfigurationChange(compatibility="BACKWARD_TRANSITIVE"))
    registry.registration.register(ORDERS, avro(record(a="string")))
    registry.registration.register(ORDERS, avro(record()))
    broken = avro(record(a=("int", 0)))
    with pytest.raises(IncompatibleSchema, match="version 1"):
        registry.registration.register(ORDERS, broken)
    registry.configurations.configure(ORDERS, ConfigurationChange(compatibility="BACKWARD"))
    assert registry.registration.register(ORDERS, broken).number == 3


def test_settings_are_what_was_set(registry: Registry) -> None:
    registry.configurations.configure(ORDERS, ConfigurationChange(compatibility="none", alias="x"))
    registry.configurations.configure(ORDERS, ConfigurationChange(alias=None))
    assert registry.configurations.configuration(ORDERS) == Configuration(compatibility_level="NONE")
