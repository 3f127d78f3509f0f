"""A node remembers what its last decisions rested on; what other nodes have done since counts all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from compat.definition import Format
from compat.level import Level
from registry.access.current import acting, caller
from registry.access.roles import grant
from registry.errors import (
    IncompatibleSchema,
    OperationNotPermitted,
    SchemaNotFound,
    SubjectNotFound,
    VersionNotFound,
)
from registry.model import ConfigurationChange, Content, Metadata, Subject, Version
from registry.service import Registry
from registry.settings import Settings
from registry.storage.reading import Reading

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


def test_an_alias_of_a_subject_that_is_an_alias_itself_leads_one_step(registry: Registry, record: Record) -> None:
    """What is remembered of a target is nothing for those who name it: they mean the target of its own alias."""
    first, last = Subject(name="old"), Subject(name="new")
    registry.configurations.configure(first, ConfigurationChange(alias=ORDERS.name))
    registry.configurations.configure(ORDERS, ConfigurationChange(alias=last.name))
    for number in (1, 2):
        text = avro(record(**{f"f{number}": ("int", 0)}))
        assert registry.registration.register(first, text).subject == ORDERS
        assert registry.lookup.by_text(first, text).subject == ORDERS
        assert registry.registration.register(ORDERS, text).subject == last
        assert registry.lookup.by_text(ORDERS, text).subject == last
        assert registry.lookup.numbers(ORDERS) == [(each, False) for each in range(1, number + 1)]
    assert registry.checking.against_history(first, text).subject == ORDERS
    assert registry.checking.against_history(ORDERS, text).subject == last


class Asked:
    """What a node answers about one subject: as a client sees it."""

    def __init__(self, node: Registry, subject: Subject = ORDERS) -> None:
        self._node = node
        self._subject = subject

    def found(self, text: str) -> Version | None:
        try:
            return self._node.lookup.by_text(self._subject, avro(text))
        except (SchemaNotFound, SubjectNotFound):
            return None

    def numbers(self) -> list[int]:
        try:
            return [number for number, _ in self._node.lookup.numbers(self._subject)]
        except SubjectNotFound:
            return []

    def checked(self, text: str, version: str | None = None) -> bool | None:
        """None where there is no such version."""
        try:
            return self._node.checking.in_words(self._subject, avro(text), version)[0]
        except VersionNotFound:
            return None


@pytest.fixture
def asked(registry: Registry) -> Asked:
    return Asked(registry)


def test_what_another_node_has_registered_is_found(
    registry: Registry, other: Registry, asked: Asked, record: Record
) -> None:
    first, second = record(a=("int", 0)), record(a=("int", 0), b=("int", 0))
    registry.registration.register(ORDERS, avro(first))
    assert (asked.found(second), asked.numbers(), asked.checked(second, "2")) == (None, [1], None)
    there = other.registration.register(ORDERS, avro(second))
    assert asked.found(second) == there
    assert (asked.numbers(), asked.checked(second, "2")) == ([1, 2], True)


def test_what_another_node_has_deleted_is_not_found(
    registry: Registry, other: Registry, asked: Asked, record: Record
) -> None:
    texts = [record(**{f"f{number}": "int"}) for number in (1, 2)]
    other.configurations.configure(Subject(), ConfigurationChange(compatibility="NONE"))
    for text in texts:
        registry.registration.register(ORDERS, avro(text))
    other.configurations.configure(Subject(), ConfigurationChange(compatibility="BACKWARD"))
    assert asked.found(texts[1])
    assert asked.checked(texts[0]) is False
    other.deletion.version(ORDERS, 2)
    assert (asked.found(texts[1]), asked.numbers(), asked.checked(texts[0], "2")) == (None, [1], None)
    assert asked.checked(texts[0])
    deleted = registry.lookup.by_text(ORDERS, avro(texts[1]), deleted=True)
    assert (deleted.number, deleted.deleted) == (2, True)
    other.deletion.version(ORDERS, 2, permanent=True)
    with pytest.raises(SchemaNotFound):
        registry.lookup.by_text(ORDERS, avro(texts[1]), deleted=True)
    other.deletion.subject(ORDERS)
    other.deletion.subject(ORDERS, permanent=True)
    assert (asked.found(texts[0]), asked.numbers(), asked.checked(texts[1])) == (None, [], True)
    again = other.registration.register(ORDERS, avro(texts[1]))
    assert asked.found(texts[1]) == again
    assert asked.checked(texts[0]) is False


@pytest.mark.parametrize("scope", [ORDERS, Subject(ORDERS.context), Subject(".__GLOBAL")], ids=str)
def test_a_check_is_by_what_another_node_has_set(
    registry: Registry, other: Registry, asked: Asked, record: Record, scope: Subject
) -> None:
    registry.registration.register(ORDERS, avro(record(a="int")))
    breaking = record(a="int", b="int")
    for level, compatible in (("BACKWARD", False), ("NONE", True), ("BACKWARD", False), ("FORWARD", True)):
        other.configurations.configure(scope, ConfigurationChange(compatibility=level))
        assert asked.checked(breaking) is compatible
        assert registry.checking.against_history(ORDERS, avro(breaking)).verdict.level is Level[level]
        assert asked.checked(breaking, "latest") is compatible
    other.configurations.unconfigure(scope)
    assert asked.checked(breaking) is False


def test_a_look_up_normalizes_as_another_node_has_set(registry: Registry, other: Registry) -> None:
    sent = Content(Format.PROTOBUF, 'syntax = "proto3"; message A { int32 a = 1; int32 b = 2; }')
    swapped = Content(Format.PROTOBUF, 'syntax = "proto3"; message A { int32 b = 2; int32 a = 1; }')
    registry.registration.register(ORDERS, sent)
    for normalize in (False, True, False):
        other.configurations.configure(ORDERS, ConfigurationChange(normalize=normalize))
        if normalize:
            assert registry.lookup.by_text(ORDERS, swapped).number == 1
        else:
            with pytest.raises(SchemaNotFound):
                registry.lookup.by_text(ORDERS, swapped)


def test_an_alias_that_another_node_has_set_leads_on(
    registry: Registry, other: Registry, asked: Asked, record: Record
) -> None:
    own, theirs = record(a=("int", 0)), record(b=("int", 0))
    invoices = Subject(name="invoices")
    here = registry.registration.register(ORDERS, avro(own))
    there = registry.registration.register(invoices, avro(theirs))
    for _ in range(2):
        assert (asked.found(own), asked.found(theirs)) == (here, None)
        other.configurations.configure(ORDERS, ConfigurationChange(alias="invoices"))
        assert (asked.found(own), asked.found(theirs)) == (None, there)
        assert registry.checking.against_history(ORDERS, avro(own)).subject == invoices
        other.configurations.configure(ORDERS, ConfigurationChange(alias=None))
    other.configurations.configure(ORDERS, ConfigurationChange(alias="invoices"))
    later = other.registration.register(invoices, avro(own))
    assert asked.found(own) == later, "what is remembered of the target is no truer for being asked by an alias"


def test_a_name_that_another_node_has_given_a_context_is_found_there(
    registry: Registry, other: Registry, asked: Asked, record: Record
) -> None:
    """A bare name is looked for in the other contexts as long as the default one lacks it."""
    text, elsewhere = record(a=("int", 0)), Subject(".shop", ORDERS.name)
    assert asked.found(text) is None
    there = other.registration.register(elsewhere, avro(text))
    assert asked.found(text) == there
    here = other.registration.register(ORDERS, avro(text))
    assert asked.found(text) == here
    other.deletion.subject(ORDERS)
    assert asked.found(text) is None
    other.deletion.subject(ORDERS, permanent=True)
    assert asked.found(text) == there
    other.deletion.subject(elsewhere)
    other.deletion.subject(elsewhere, permanent=True)
    assert asked.found(text) is None


def test_metadata_that_another_node_has_registered_is_found(
    registry: Registry, other: Registry, record: Record
) -> None:
    def owned(number: int, owner: str) -> Content:
        return Content(Format.AVRO, record(**{f"f{number}": ("int", 0)}), (), Metadata(properties={"owner": owner}))

    registry.registration.register(ORDERS, owned(1, "ann"))
    assert registry.lookup.with_properties(ORDERS, {"owner": "ann"}).number == 1
    with pytest.raises(SchemaNotFound):
        registry.lookup.with_properties(ORDERS, {"owner": "bob"})
    for number, owner in ((2, "bob"), (3, "ann")):
        other.registration.register(ORDERS, owned(number, owner))
        assert registry.lookup.with_properties(ORDERS, {"owner": owner}).number == number
    other.deletion.version(ORDERS, 3)
    assert registry.lookup.with_properties(ORDERS, {"owner": "ann"}).number == 1
    assert registry.lookup.with_properties(ORDERS, {"owner": "ann"}, deleted=True).number == 3


def test_what_is_remembered_for_one_caller_is_not_shown_to_another(registry: Registry, record: Record) -> None:
    text = record(a=("int", 0))
    here = registry.registration.register(ORDERS, avro(text))
    outside = caller("eve", (grant("eve", "reader", ".", "shop."),))
    for _ in range(2):
        assert Asked(registry).found(text) == here
        with acting(outside):
            assert Asked(registry).found(text) is None
            assert Asked(registry).numbers() == []


def test_the_past_is_not_what_is_remembered_of_the_present(registry: Registry, record: Record) -> None:
    texts = [record(**{f"f{number}": ("int", 0)}) for number in (1, 2, 3)]
    versions = [registry.registration.register(ORDERS, avro(text)) for text in texts]
    registry.configurations.configure(ORDERS, ConfigurationChange(compatibility="NONE"))
    breaking = record(g="int")
    assert Asked(registry).checked(breaking)
    past = Asked(registry.at(versions[1].position))
    for _ in range(2):  # it has a memory of its own
        assert [past.found(text) is not None for text in texts] == [True, True, False]
        assert past.numbers() == [1, 2]
        assert past.checked(breaking) is False
    assert Asked(registry).numbers() == [1, 2, 3]


def test_what_is_so_is_read_once(
    registry: Registry, other: Registry, asked: Asked, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long a history is: until something happens on the streams that it rests on."""
    text = record(a=("int", 0))
    read = []
    history = Reading.history

    def counted(reading: Reading, at: Subject) -> object:
        read.append(at)
        return history(reading, at)

    monkeypatch.setattr(Reading, "history", counted)
    here = other.registration.register(ORDERS, avro(text))
    read.clear()
    for happens in (lambda: None, lambda: other.configurations.configure(ORDERS, ConfigurationChange(normalize=True))):
        happens()
        for _ in range(3):
            assert asked.found(text) == here
            assert registry.registration.register(ORDERS, avro(text)) == here
            assert asked.checked(text)
            assert asked.numbers() == [1]
        other.registration.register(Subject(name="another"), avro(text))
        assert read.count(ORDERS) == 1
        read.clear()
