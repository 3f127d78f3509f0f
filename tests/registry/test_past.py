"""The past is what the present was: every state is compared with what was answered when it was the present."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from compat.definition import Format
from registry.errors import IncompatibleSchema, InvalidRequest, OperationNotPermitted, RegistryError, StillReplaying
from registry.model import EVERYTHING, ConfigurationChange, Content, Metadata, SchemaReference, Subject
from registry.service import Registry
from registry.settings import Settings, load
from registry.storage.past import PastReading, PastStore
from registry.storage.reading.entries import LogQuestions
from registry.storage.store import Store

MONEY = '{"type":"record","name":"Money","fields":[{"name":"cents","type":"long"}]}'
ORDER = '{"type":"record","name":"Order","fields":[{"name":"total","type":"Money"}]}'
NAMES = ("money", "copy", "order", ":.shop:a")
UPCASTER = {"upcast": 1, "subject": ":.shop:a", "from": 1, "to": 2, "ops": [{"rename": {"at": "/a", "to": "b"}}]}


def avro(text: str, **more: Any) -> Content:
    return Content(Format.AVRO, text, **more)


def field(name: str) -> Content:
    return avro('{"type":"record","name":"A","fields":[{"name":"%s","type":"string"}]}' % name)  # noqa: UP031


def acts(registry: Registry) -> list[Callable[[], object]]:
    """A bit of everything, permanent deletion and a number that is given twice included."""
    at, register = Subject.parse, registry.registration.register
    uses = (SchemaReference("Money", "money", 1),)
    configure, delete = registry.configurations.configure, registry.deletion
    return [
        lambda: register(at("money"), avro(MONEY)),
        lambda: register(at("copy"), avro(MONEY.replace(",", ", "))),
        lambda: register(at("order"), avro(ORDER, references=uses, metadata=Metadata(properties={"owner": "a"}))),
        lambda: register(at(":.shop:a"), field("a")),
        lambda: register(at(":.shop:a"), field("b")),
        lambda: configure(at(":.shop:a"), ConfigurationChange(compatibility="NONE")),
        lambda: register(at(":.shop:a"), field("b")),
        lambda: registry.upcasters.publish(at(":.shop:a"), UPCASTER),
        lambda: register(at("order"), avro(ORDER, references=uses, metadata=Metadata(properties={"owner": "b"}))),
        lambda: delete.version(at("order"), 1),
        lambda: delete.version(at("order"), 1, permanent=True),
        lambda: configure(Subject(), ConfigurationChange(compatibility="FULL")),
        lambda: registry.upcasters.withdraw(at(":.shop:a"), 1, 2),
        lambda: delete.subject(at(":.shop:a")),
        lambda: delete.subject(at(":.shop:a"), permanent=True),
        lambda: register(at(":.shop:a"), avro('"int"')),
        lambda: registry.configurations.set_mode(at("copy"), "READONLY"),
        lambda: delete.subject(at("order")),
        lambda: registry.configurations.remove_mode(at("copy")),
        lambda: configure(at("copy"), ConfigurationChange(alias="money")),
    ]


def asked(registry: Registry) -> list[object]:
    """Everything that the catalog is asked, with the refusals as answers."""
    catalog = registry.catalog
    questions: list[Callable[[], object]] = [
        catalog.position,
        catalog.contexts,
        lambda: catalog.subjects(deleted=True, page=EVERYTHING),
        lambda: catalog.subjects("o", page=EVERYTHING),
        catalog.refusals,
        catalog.latest_changes,
        lambda: registry.lookup.schemas(":*:", deleted=True),
        lambda: registry.lookup.by_id(1),
        lambda: registry.lookup.uses(1, deleted=True),
    ]
    for name in NAMES:
        subject = Subject.parse(name)
        questions += [
            lambda subject=subject: catalog.subject(subject),  # type: ignore[misc]
            lambda subject=subject: catalog.describe(subject, "latest"),  # type: ignore[misc]
            lambda subject=subject: catalog.compare(subject, 1, "latest"),  # type: ignore[misc]
            lambda subject=subject: registry.upcasters.published(subject),  # type: ignore[misc]
            lambda subject=subject: registry.upcasters.served(subject, 1),  # type: ignore[misc]
            lambda subject=subject: registry.configurations.policy(subject),  # type: ignore[misc]
        ]
    return [answer(question) for question in questions]


def answer(question: Callable[[], object]) -> object:
    try:
        return question()
    except RegistryError as error:
        return type(error), error.message


def test_every_state_can_be_asked_again(registry: Registry) -> None:
    answered = {0: asked(registry)}
    for act in acts(registry):
        with contextlib.suppress(IncompatibleSchema):  # which is a state of its own: the refusal is in the log
            act()
        assert registry.catalog.position() not in answered
        answered[registry.catalog.position()] = asked(registry)
    positions = list(answered)
    random.Random(7).shuffle(positions)
    for position in positions:
        assert asked(registry.at(position)) == answered[position], position


def test_what_was_deleted_for_good_is_there_before(registry: Registry) -> None:
    subject = Subject.parse("gone")
    registry.registration.register(subject, avro(MONEY))
    registry.deletion.subject(subject)
    registry.deletion.subject(subject, permanent=True)
    assert registry.at(1).lookup.version(subject, 1).content.text == MONEY
    assert registry.at(2).catalog.subject(subject).summary.deleted
    assert registry.at(3).catalog.subjects(deleted=True) == ([], 0)


def test_the_past_cannot_be_changed(registry: Registry) -> None:
    registry.registration.register(Subject.parse("a"), avro(MONEY))
    past, at = registry.at(1), Subject.parse
    for change in (
        lambda: past.deletion.subject(at("a")),
        lambda: past.registration.register(at("a"), avro('"int"')),
        lambda: past.registration.register(at("b"), avro(MONEY)),
        lambda: past.configurations.configure(at("a"), ConfigurationChange(compatibility="NONE")),
        past.upkeep.rebuild,
        lambda: past.webhooks.redeliver("any"),
    ):
        with pytest.raises(OperationNotPermitted, match="as it was at position 1"):
            change()
    assert past.registration.register(at("a"), avro(MONEY)).number == 1, "what is there already is no change"
    registry.deletion.subject(at("a"))
    assert [line.position for line in past.transfer.lines(0, 10)[0]] == [1], "its log ends with it"


def test_every_question_has_an_answer_in_the_past_or_a_refusal_in_words(registry: Registry) -> None:
    for act in acts(registry):
        with contextlib.suppress(IncompatibleSchema):
            act()
    past = registry.at(9)
    past.upkeep.require_ready()
    assert past.upkeep.verify() == []
    assert past.store.dialect == registry.store.dialect
    assert past.store.connections().keys() == {"used", "idle"}
    assert past.store.stamp() is None
    past.store.heard(registry.catalog.changes(limit=1))
    (ninth,) = registry.catalog.changes(8, limit=1)
    now = registry.catalog.changes(limit=100)[-1].time
    assert past.catalog.moment(now.isoformat()).position == 9, "there the log ends with it"
    assert past.catalog.moment((ninth.time - timedelta(microseconds=1)).isoformat()).position == 8
    with past.store.read() as reading:
        streams = {entry.subject for entry in registry.catalog.changes(8)}
        assert [reading.changed(streams, after=after) for after in (8, 9)] == [True, False]
    for unlogged in (past.exporters.all, lambda: past.replication.failed("it does not answer")):
        with pytest.raises(OperationNotPermitted, match="known of the present only, not of position 9"):
            unlogged()


def test_the_past_lacks_nothing_of_the_present() -> None:
    """Whatever a store does with its database, the past does with that of the present, or refuses."""
    own = {name for name, member in vars(Store).items() if not name.startswith("_") and callable(member)}
    own |= {name for name, member in vars(Store).items() if isinstance(member, property)}
    assert own <= vars(PastStore).keys()
    assert set(vars(LogQuestions)) - vars(PastReading).keys() <= {"__module__", "__doc__", "is_last_refusal"}


def test_rows_of_the_past_that_the_log_does_not_tell_are_named(registry: Registry) -> None:
    registry.registration.register(Subject.parse("a"), avro(MONEY))
    past = registry.at(1)
    past.catalog.subjects()
    (kept,) = registry._pasts._kept.values()
    with kept.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE schema SET text = 'another'")
    assert [deviation.table for deviation in past.upkeep.verify()] == ["schema"]


def test_a_time_is_the_last_entry_written_until_then(registry: Registry) -> None:
    first = registry.registration.register(Subject.parse("a"), avro(MONEY))
    second = registry.registration.register(Subject.parse("b"), avro(MONEY))
    moment = registry.catalog.moment
    assert moment(second.registered.isoformat()).position == 2
    between = second.registered - timedelta(microseconds=1)
    assert moment(between.isoformat()).position == 1
    assert moment(between.isoformat().replace("+", " ")).position == 1, "a plus that a query has turned into a space"
    assert moment(between.isoformat().replace("+00:00", "Z")).position == 1
    assert moment(between.isoformat().removesuffix("+00:00")).position == 1
    before = moment((first.registered - timedelta(days=1)).date().isoformat())
    assert (before.position, before.time) == (0, None)
    assert (moment("2").position, moment("2").time, moment("0").time) == (2, second.registered, None)


@pytest.mark.parametrize("words", ["yesterday", "-1", "", "2026-13-01", "1.5", "3", "9" * 30, "2999-01-01"])
def test_a_moment_that_cannot_be_is_refused_in_words(registry: Registry, words: str) -> None:
    registry.registration.register(Subject.parse("a"), avro(MONEY))
    with pytest.raises(InvalidRequest, match=r"^at is "):
        registry.catalog.moment(words)


def test_a_far_moment_is_reached_in_several_requests(settings: Settings) -> None:
    opened = Registry.open(load({}, database=settings.database, limit_replayed_entries=2, cache_pasts=1))
    try:
        for name in "abcde":
            opened.registration.register(Subject.parse(name), avro(MONEY))
        past = opened.at(5)
        for reached in ("2 of 5", "4 of 5"):
            with pytest.raises(StillReplaying, match=reached):
                past.catalog.subjects()
        assert past.catalog.subjects()[1] == 5
        assert len(list(opened._pasts._kept)) == 1
    finally:
        opened.close()
