"""The demo: told through the service, once, the same every time."""

from __future__ import annotations

import json

import pytest

from compat.definition import Format
from registry import demo, settings
from registry.contracts import Answer
from registry.events import RegistrationRefused, SchemaRegistered, UpcasterPublished
from registry.model import EVERYTHING, Content, Subject
from registry.service import Registry


def opened(folder):
    return Registry.open(settings.load({}, database=f"sqlite:///{folder}/demo.db"))


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    registry = opened(tmp_path_factory.mktemp("demo"))
    lines = []
    demo.tell(registry, lines.append)
    yield registry, lines
    registry.close()


def log(registry):
    return registry.catalog.changes(0, limit=10_000)


def test_every_act_is_in_the_log_with_its_time_its_actor_and_its_reason(told):
    registry, lines = told
    entries = log(registry)
    assert len(lines) == len(demo.story()) == len({entry.origin.request_id for entry in entries})
    acts = {f"demo-{number}": act for number, act in enumerate(demo.story(), 1)}
    for entry in entries:
        act = acts[entry.origin.request_id]
        assert (entry.time, entry.origin.actor, entry.origin.reason) == (act.at, act.by, act.why)
    assert [entry.time for entry in entries] == sorted(entry.time for entry in entries)


def test_there_is_something_of_everything_to_look_at(told):
    registry, _ = told
    summaries, count = registry.catalog.subjects(page=EVERYTHING)
    assert count >= 12
    assert {summary.format for summary in summaries} == set(Format)
    assert set(registry.catalog.contexts()) >= {".", ".bank", ".web"}
    assert all(summary.properties.get("owner") for summary in summaries)
    assert max(summary.latest for summary in summaries) >= 5
    refused = registry.catalog.refusals(page=EVERYTHING)
    assert {entry.event.format for entry in refused} == set(Format)


def test_every_refusal_is_proven_by_an_event(told):
    registry, _ = told
    refusals = [entry.event for entry in log(registry) if isinstance(entry.event, RegistrationRefused)]
    assert len(refusals) == sum(act.refused is not None for act in demo.story())
    for refusal in refusals:
        assert "witness" in json.dumps(refusal.findings), refusal.message


def test_old_events_of_the_bridged_subjects_reach_the_latest_version(told):
    registry, _ = told
    for name in ("orders.OrderPlaced", "orders.OrderShipped", ":.bank:cards.CardBlocked"):
        subject = Subject.parse(name)
        for event in registry.catalog.samples(subject, 1, count=5):
            _, stops = registry.upcasters.upcast(subject, event, 1)
            assert not stops[-1].violations, event


def test_readers_read_directly_or_through_upcasters_and_one_in_staging_is_left_behind(told):
    registry, _ = told
    matrix = registry.readers.matrix(Subject.parse("orders.OrderPlaced"))
    assert {str(row.reader.build): [cell.way.value for cell in row.cells] for row in matrix.rows} == {
        "billing 3.2": ["upcaster", "upcaster", "upcaster", "upcaster", "direct"],
        "insight 7": ["upcaster", "upcaster", "direct", "direct", "direct"],
        "loyalty 0.9": ["direct", "direct", "direct", "direct", "broken"],
        "warehouse 2.4": ["upcaster", "upcaster", "upcaster", "direct", "direct"],
    }
    for application in registry.contracts.applications():
        for one in application.deployments:
            if one.environment == "prod":
                assert registry.readers.can_deploy(one.build, "prod").answer is Answer.YES, one.build


def test_a_refused_change_would_break_a_live_reader_and_another_would_break_none(told):
    registry, _ = told
    broken = {}
    for entry in log(registry):
        if isinstance(entry.event, RegistrationRefused):
            event = entry.event
            content = Content(Format(event.format), event.text, tuple(event.references))
            impact = registry.readers.broken_by(entry.subject, content, environment="prod")
            broken.setdefault(str(entry.subject), []).append([str(row.reader.build) for row in impact.broken])
    assert broken[":.bank:payments.MoneyTransferred"] == [["ledger 4.6"]]
    assert broken[":.bank:accounts.AccountOpened"] == [[]]


def test_told_again_it_adds_nothing(told):
    registry, _ = told
    before = registry.catalog.position()
    demo.tell(registry)
    assert registry.catalog.position() == before


def test_what_a_person_has_deleted_since_does_not_come_back(tmp_path):
    registry = opened(tmp_path)
    demo.tell(registry)
    registry.deletion.subject(Subject.parse("orders.OrderShipped"))
    demo.tell(registry)
    assert "orders.OrderShipped" not in [str(subject) for subject in registry.lookup.subjects()]
    registry.close()


def test_a_telling_that_was_cut_short_goes_on_where_it_stopped(tmp_path):
    registry = opened(tmp_path)
    lines = []

    def stop_after_twenty(line):
        lines.append(line)
        if len(lines) == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        demo.tell(registry, stop_after_twenty)
    demo.tell(registry)
    assert len({entry.origin.request_id for entry in log(registry)}) == len(demo.story())
    registry.close()


def test_it_is_the_same_every_time_and_what_is_served_is_what_the_log_says(told, tmp_path):
    registry, _ = told
    other = opened(tmp_path)
    demo.tell(other)
    kinds = (SchemaRegistered, RegistrationRefused, UpcasterPublished)
    texts = [
        [(entry.position, type(entry.event), getattr(entry.event, "text", ""), entry.time) for entry in log(one)
         if isinstance(entry.event, kinds)]
        for one in (registry, other)
    ]  # fmt: skip
    assert texts[0] == texts[1]
    assert registry.upkeep.verify() == []
    other.close()
