"""A node remembers what its last decisions rested on; what other nodes have done since counts all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from compat.definition import Format
from registry.errors import IncompatibleSchema, OperationNotPermitted
from registry.model import ConfigurationChange, Content, Subject
from registry.service import Registry
from registry.settings import Settings

ORDERS = Subject(name="orders")
Record = Callable[..., str]


def avro(text: str) -> Content:
    return Content(Format.AVRO, text)


@pytest.fixture
def other(registry: Registry, settings: Settings) -> Iterator[Registry]:
    """Another node over the same database."""
    opened = Registry.open(settings)
    yield opened
    opened.close()


def test_what_another_node_has_registered_counts(registry: Registry, other: Registry, record: Record) -> None:
    for number in (1, 2):
        assert registry.registration.register(ORDERS, avro(record(**{f"f{number}": ("int", 0)}))).number == number
    there = other.registration.register(ORDERS, avro(record(there=("int", 0))))
    assert there.number == 3
    assert registry.registration.register(ORDERS, avro(record(there=("int", 0)))) == there
    assert registry.registration.register(ORDERS, avro(record(here=("int", 0)))).number == 4
    assert registry.upkeep.verify() == []


def test_what_another_node_has_deleted_is_registered_anew(registry: Registry, other: Registry, record: Record) -> None:
    text = record(x=("int", 0))
    registry.registration.register(ORDERS, avro(text))
    assert registry.registration.register(ORDERS, avro(text)).number == 1
    other.deletion.subject(ORDERS)
    assert registry.registration.register(ORDERS, avro(text)).number == 2
    other.deletion.subject(ORDERS)
    other.deletion.subject(ORDERS, permanent=True)
    assert registry.registration.register(ORDERS, avro(text)).number == 1


def test_what_another_node_has_set_is_in_force(registry: Registry, other: Registry, record: Record) -> None:
    """A memory neither lets in what is refused by now, nor refuses what may come in by now."""
    registry.registration.register(ORDERS, avro(record(id="long")))
    breaking = avro(record(id="long", total="double"))
    with pytest.raises(IncompatibleSchema):
        registry.registration.register(ORDERS, breaking)
    for scope in (ORDERS, Subject()):
        other.configurations.configure(scope, ConfigurationChange(compatibility="NONE"))
    assert registry.registration.register(ORDERS, breaking).number == 2
    other.configurations.set_mode(ORDERS, "READONLY")
    with pytest.raises(OperationNotPermitted, match="read-only"):
        registry.registration.register(ORDERS, avro(record(y="int")))
    other.configurations.set_mode(ORDERS, "READWRITE")
    assert registry.registration.register(ORDERS, avro(record(y="int"))).number == 3
    other.configurations.configure(ORDERS, ConfigurationChange(compatibility="BACKWARD"))
    with pytest.raises(IncompatibleSchema):
        registry.registration.register(ORDERS, avro(record(z="int")))
    other.configurations.configure(ORDERS, ConfigurationChange(alias="invoices"))
    assert registry.registration.register(ORDERS, avro(record(z="int"))).subject == Subject(name="invoices")
