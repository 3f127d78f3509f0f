"""Upcasters in the registry: proven before they are in force, revisioned, served, applied, withdrawn."""

from __future__ import annotations

import json
from typing import Any

import pytest

from compat.definition import Format
from registry.errors import (
    IncompatibleSchema,
    InvalidEvent,
    InvalidUpcaster,
    NoUpcasters,
    OperationNotPermitted,
    UpcasterRefused,
    VersionNotFound,
)
from registry.events import SchemaRegistered, UpcasterPublished, UpcasterWithdrawn
from registry.model import ConfigurationChange, Content, Origin, Subject
from registry.service import RegistrationOptions, Registry
from registry.service.proving import read_document
from registry.upcasting import elsewhere, verification
from registry.upcasting.engines import Asked, Budget
from upcasters.chain import chain_from_json
from upcasters.compile import duckdb
from upcasters.document import write

ORDERS = Subject.parse("orders.OrderPlaced")
FIRST = '{"type":"record","name":"Order","fields":[{"name":"id","type":"string"},{"name":"cents","type":"int"}]}'
SECOND = '{"type":"record","name":"Order","fields":[{"name":"id","type":"string"},{"name":"amount","type":"int"}]}'
THIRD = SECOND.replace("]}", ',{"name":"note","type":["null","string"],"default":null}]}')
RENAME = {
    "upcast": 1,
    "subject": "orders.OrderPlaced",
    "from": 1,
    "to": 2,
    "ops": [{"rename": {"at": "/cents", "to": "amount"}}],
}
DROPS = {**RENAME, "ops": [{"remove": {"at": "/cents"}}, {"add": {"at": "/amount", "value": 0}}]}


@pytest.fixture
def orders(registry: Registry) -> Registry:
    for text in (FIRST, SECOND, THIRD):
        registry.registration.register(ORDERS, Content(Format.AVRO, text), RegistrationOptions(force=True))
    return registry


def kinds(registry: Registry) -> list[type]:
    return [type(entry.event) for entry in registry.catalog.changes(3)]


def test_a_proven_upcaster_is_in_force_with_rules_for_stock_clients(orders: Registry) -> None:
    published = orders.upcasters.publish(ORDERS, RENAME, Origin("ann"))
    assert (published.source, published.target, published.revision, published.actor) == (1, 2, 1, "ann")
    assert [rule.mode for rule in published.migration_rules] == ["UPGRADE", "DOWNGRADE"]
    assert published.details["kind"] == "iso"
    assert orders.lookup.version(ORDERS, 2).migration_rules == published.migration_rules
    assert kinds(orders) == [UpcasterPublished, UpcasterPublished]  # the second is the step that nobody has to write


def test_steps_that_need_no_upcaster_carry_rules_too(orders: Registry) -> None:
    assert orders.lookup.version(ORDERS, 3).migration_rules == ()  # clients without upcasters need no rule executor
    orders.upcasters.publish(ORDERS, RENAME)
    assert [(edge.source, edge.target, edge.implied) for edge in orders.upcasters.edges(ORDERS)] == [
        (1, 2, False),
        (2, 3, True),
    ]
    assert [edge.source for edge in orders.upcasters.published(ORDERS)] == [1]
    assert [rule.mode for rule in orders.lookup.version(ORDERS, 3).migration_rules] == ["UPGRADE", "DOWNGRADE"]
    with pytest.raises(OperationNotPermitted, match="follows from the schemas"):
        orders.upcasters.withdraw(ORDERS, 2, 3)
    aliased = THIRD.replace('"name":"note"', '"name":"note","doc":"free text"')
    assert orders.registration.register(ORDERS, Content(Format.AVRO, aliased)).number == 4
    up, down = orders.lookup.version(ORDERS, 4).migration_rules
    assert (up.expr, down.expr) == ("$", "$")
    orders.upcasters.withdraw(ORDERS, 1, 2)
    assert orders.upcasters.edges(ORDERS) == []


def test_a_step_that_nobody_wrote_is_held_to_engines_when_it_leaves_the_registry(
    orders: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not sooner: a registration does not wait for engines, nor does whoever only asks whether there is a step."""
    asked: list[str] = []
    right = elsewhere.compare

    def compare(step: Asked, outcomes: Any, engines: Any, budget: Budget) -> Any:
        asked.extend([step.direction] if engines else [])
        return right(step, outcomes, engines, budget)

    monkeypatch.setattr(verification, "compare", compare)
    with orders.upcasters._store.read() as reading:
        history = {one.number: (one, orders._definitions.of(reading, one)) for one in reading.versions(ORDERS)}
        assert orders.upcasters.reaches(reading, ORDERS, history)(2, 3)
    assert asked == []
    orders.upcasters.route(ORDERS, 2, 3)
    assert asked == ["up", "down"]
    orders.upcasters.route(ORDERS, 3, 2)
    assert len(asked) == 2, "once"
    orders.upcasters.publish(ORDERS, RENAME)
    [_, implied] = orders.upcasters.edges(ORDERS)
    assert {each["engine"] for each in implied.details["compared"]} > {"DuckDB", "DuckDB columns", "PostgreSQL"}
    reasons = {each["engine"]: each["reason"] for each in implied.details["compared"]}
    assert reasons["Spark"] == "LINEAL_PROOF_ENGINES does not name it"
    orders.registration.register(ORDERS, Content(Format.AVRO, THIRD.replace('"id"', '"id","doc":"d"')))
    *_, following = orders.upcasters.edges(ORDERS)
    assert (following.source, following.details["compared"]) == (3, []), "it changes nothing"


def test_a_step_that_nobody_wrote_does_not_leave_where_an_engine_disagrees(
    orders: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = duckdb.DuckDB.literal
    monkeypatch.setattr(duckdb.DuckDB, "literal", lambda self, value: right(self, "x" if value is None else value))
    with pytest.raises(NoUpcasters, match="from version 2 to version 3"):
        orders.upcasters.route(ORDERS, 2, 3)


def obj(**properties: Any) -> str:
    required = [name for name, schema in properties.items() if not schema.pop("optional", False)]
    return json.dumps({"type": "object", "properties": properties, "required": required, "additionalProperties": False})


@pytest.mark.parametrize(
    ("old", "new", "up", "down"),
    [
        pytest.param(obj(a={"type": "string"}), obj(a={"type": "string", "maxLength": 9}), None, None, id="tighter"),
        pytest.param(obj(a={"type": "string", "maxLength": 9}), obj(a={"type": "string"}), [], "none", id="wider"),
        pytest.param(obj(a={}), obj(a={}, b={"optional": True}), [], [{"remove": {"at": "/b"}}], id="optional"),
        pytest.param(obj(a={"type": "string"}), obj(a={"type": "string", "title": "A"}), [], "auto", id="same"),
    ],
)
def test_what_follows_from_two_schemas(registry: Registry, old: str, new: str, up: Any, down: Any) -> None:
    subject = Subject.parse("things")
    for text in (old, new):
        registry.registration.register(subject, Content(Format.JSON, text), RegistrationOptions(force=True))
    if up is None:
        with pytest.raises(NoUpcasters):
            registry.upcasters.route(subject, 1)
        return
    document = write(registry.upcasters.route(subject, 1).legs[0].document)
    assert (document["ops"], document.get("down", "auto")) == (up, down)


def test_the_same_document_again_changes_nothing_and_another_is_the_next_revision(orders: Registry) -> None:
    orders.upcasters.publish(ORDERS, RENAME)
    assert orders.upcasters.publish(ORDERS, RENAME).revision == 1
    explained = {**RENAME, "doc": "cents are the amount"}
    assert orders.upcasters.publish(ORDERS, explained).revision == 2
    assert [edge.revision for edge in orders.upcasters.published(ORDERS)] == [2]
    assert orders.lookup.version(ORDERS, 2).schema_id == 2  # a correction never changes a schema id


def test_a_silent_loss_is_refused_and_nothing_is_written(orders: Registry) -> None:
    with pytest.raises(UpcasterRefused, match="/cents") as caught:
        orders.upcasters.publish(ORDERS, DROPS)
    assert caught.value.report["findings"][0]["check"] == "loss"
    assert kinds(orders) == []
    acknowledged = {**DROPS, "loses": ["/cents"]}
    assert orders.upcasters.publish(ORDERS, acknowledged).details["kind"] == "up-only"


def test_an_event_that_would_come_out_invalid_is_shown(orders: Registry) -> None:
    wrong = {
        **DROPS,
        "loses": ["/cents"],
        "ops": [{"remove": {"at": "/cents"}}, {"add": {"at": "/amount", "value": "x"}}],
    }
    with pytest.raises(UpcasterRefused) as caught:
        orders.upcasters.publish(ORDERS, wrong)
    assert any(finding["pointer"] == "/amount" for finding in caught.value.report["findings"])


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({**RENAME, "from": 1, "to": 3}, "Versions 2 lie between"),
        ({**RENAME, "subject": "other"}, "write subject: orders.OrderPlaced"),
        ({**RENAME, "upcast": 2}, "/upcast"),
        ("upcast: [", "no upcaster"),
        ({**RENAME, "ops": [{"explode": {}}]}, "there is no operation 'explode'"),
    ],
)
def test_a_document_that_cannot_be_one_is_refused_with_the_place(orders: Registry, document: Any, words: str) -> None:
    with pytest.raises(InvalidUpcaster, match=words):
        orders.upcasters.publish(ORDERS, document)


def test_an_event_travels_over_published_and_implied_steps(orders: Registry) -> None:
    orders.upcasters.publish(ORDERS, RENAME)
    route, stops = orders.upcasters.upcast(ORDERS, {"id": "a", "cents": 5}, 1)
    assert [(leg.source, leg.target, leg.published is not None) for leg in route.legs] == [(1, 2, True), (2, 3, False)]
    assert stops[-1].payload == {"id": "a", "amount": 5, "note": None}
    assert all(not stop.violations for stop in stops)


def test_an_event_travels_back_down(orders: Registry) -> None:
    orders.upcasters.publish(ORDERS, RENAME)
    _, stops = orders.upcasters.upcast(ORDERS, {"id": "a", "amount": 5, "note": "n"}, 3, 1)
    assert [stop.version for stop in stops] == [3, 2, 1]
    assert stops[-1].payload == {"id": "a", "cents": 5}


def test_a_gap_says_where_it_is_and_what_to_do(orders: Registry) -> None:
    with pytest.raises(NoUpcasters, match=r"from version 1 to version 2.*lineal upcaster draft"):
        orders.upcasters.route(ORDERS, 1)


@pytest.mark.parametrize("event", [{"id": "a"}, {"id": "a", "cents": "5"}, [], None])
def test_an_event_that_is_none_of_its_version_is_refused(orders: Registry, event: Any) -> None:
    orders.upcasters.publish(ORDERS, RENAME)
    with pytest.raises(InvalidEvent, match="none of version 1"):
        orders.upcasters.upcast(ORDERS, event, 1)


@pytest.mark.parametrize(("source", "target"), [(1, 3), (3, 1)])
def test_what_is_served_runs_in_the_client(orders: Registry, source: int, target: int) -> None:
    orders.upcasters.publish(ORDERS, RENAME)
    chain = chain_from_json(orders.upcasters.served(ORDERS, source, target))
    events = {1: {"id": "a", "cents": 5}, 3: {"id": "a", "amount": 5, "note": None}}
    assert chain(events[source]) == events[target]


def test_a_withdrawn_upcaster_is_gone_but_remembered(orders: Registry) -> None:
    orders.upcasters.publish(ORDERS, RENAME)
    orders.upcasters.withdraw(ORDERS, 1, 2)
    assert orders.upcasters.published(ORDERS) == []
    assert orders.lookup.version(ORDERS, 2).migration_rules == ()
    assert kinds(orders)[-2:] == [UpcasterWithdrawn, UpcasterWithdrawn]
    with pytest.raises(NoUpcasters):
        orders.upcasters.withdraw(ORDERS, 1, 2)


def test_a_read_only_subject_takes_no_upcaster(orders: Registry) -> None:
    orders.configurations.set_mode(ORDERS, "READONLY")
    with pytest.raises(OperationNotPermitted):
        orders.upcasters.publish(ORDERS, RENAME)


def test_upcasters_survive_a_rebuild(orders: Registry) -> None:
    orders.upcasters.publish(ORDERS, RENAME)
    before = orders.upcasters.published(ORDERS)
    orders.upkeep.rebuild()
    assert orders.upcasters.published(ORDERS) == before


def test_a_draft_names_what_it_is_unsure_of(orders: Registry) -> None:
    proposal = orders.upcasters.propose(ORDERS, 1, 2)
    assert proposal.draft.questions
    assert not proposal.draft.complete


def test_a_draft_leads_to_the_next_version_unless_another_is_named(orders: Registry) -> None:
    assert orders.upcasters.propose(ORDERS, 1).draft.document.target == 2
    with pytest.raises(VersionNotFound):
        orders.upcasters.propose(ORDERS, 99)


@pytest.fixture
def upcastable(registry: Registry) -> Registry:
    registry.registration.register(ORDERS, Content(Format.AVRO, FIRST))
    registry.configurations.configure(ORDERS, ConfigurationChange(compatibility_policy="UPCASTABLE"))
    return registry


def together(registry: Registry, document: dict[str, Any]) -> int:
    options = RegistrationOptions(upcaster=read_document(document))
    return registry.registration.register(ORDERS, Content(Format.AVRO, SECOND), options).number


def test_a_breaking_version_is_accepted_together_with_its_upcaster(upcastable: Registry) -> None:
    with pytest.raises(IncompatibleSchema):
        upcastable.registration.register(ORDERS, Content(Format.AVRO, SECOND))
    assert together(upcastable, RENAME) == 2
    registered, published = (entry.event for entry in upcastable.catalog.changes()[-2:])
    assert isinstance(registered, SchemaRegistered)
    assert registered.lifted
    assert isinstance(published, UpcasterPublished)
    assert upcastable.upcasters.upcast(ORDERS, {"id": "a", "cents": 5}, 1)[1][-1].payload == {"id": "a", "amount": 5}


def test_a_version_is_not_let_in_by_what_only_replays_can_do(upcastable: Registry) -> None:
    gather = {"key": "id", "most": 9, "within": 9, "ops": [{"rename": {"at": "/key", "to": "id"}}]}
    with pytest.raises(InvalidUpcaster, match="in replay jobs only"):
        together(upcastable, {**RENAME, "ops": [{"collect": gather}], "loses": ["/cents"], "down": "none"})


def test_neither_is_accepted_when_the_upcaster_does_not_hold(upcastable: Registry) -> None:
    position = upcastable.catalog.position()
    with pytest.raises(UpcasterRefused):
        together(upcastable, DROPS)
    with pytest.raises(InvalidUpcaster, match="from: 1, to: 2"):
        together(upcastable, {**RENAME, "from": 2, "to": 3})
    assert upcastable.catalog.position() == position


def test_without_the_policy_a_breaking_version_stays_refused(registry: Registry) -> None:
    registry.registration.register(ORDERS, Content(Format.AVRO, FIRST))
    with pytest.raises(IncompatibleSchema):
        together(registry, RENAME)


def test_every_older_version_must_still_reach_the_latest(upcastable: Registry) -> None:
    broken = Content(Format.AVRO, FIRST.replace("cents", "pence"))
    upcastable.registration.register(ORDERS, broken, RegistrationOptions(force=True))
    document = {**RENAME, "from": 2, "to": 3, "ops": [{"rename": {"at": "/pence", "to": "amount"}}]}
    with pytest.raises(NoUpcasters, match="from version 1 to version 2"):
        together(upcastable, document)


def test_which_stored_types_can_yield_a_type(orders: Registry) -> None:
    renamed = {**RENAME, "ops": [*RENAME["ops"], {"retype": {"from": "OrderMade", "to": "OrderPlaced"}}]}
    published = orders.upcasters.publish(ORDERS, renamed)
    (source,) = orders.upcasters.sources("OrderPlaced")
    assert (source.type, source.subject, source.version, source.hash) == ("OrderMade", str(ORDERS), 1, published.hash)
    assert orders.upcasters.sources("OrderMade") == ()
