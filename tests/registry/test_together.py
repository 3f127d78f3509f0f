"""Registrations that come together are asked about and written together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from sqlalchemy import text

from compat.definition import Format
from compat.engine import Form
from registry.events import SchemaRegistered
from registry.model import ANONYMOUS, Content, Metadata, SchemaReference, Subject, Version
from registry.service import RegistrationOptions, Registry
from registry.service.decision import Decision, Identified, Proposal, append_if_still
from registry.service.definitions import Definitions
from registry.service.situation import Situation
from registry.settings import load


def decided(registry: Registry, name: str) -> Decision:
    subject = Subject(name=name)
    definitions = Definitions(registry.settings.limits, 10)
    with registry.store.read() as reading:
        content = Content(Format.AVRO, f'{{"type":"record","name":"{name}","fields":[]}}')
        identified = Identified.of(definitions.candidate(reading, subject, content), subject.context)
        situation = Situation.of(reading, subject, registry.settings)
    return Decision(situation, identified, identified.guid(Form.CANONICAL), situation.next_number, "checked")


def test_nothing_is_written_before_all_is_decided(tmp_path: Path) -> None:
    registry = Registry.open(load({}, database=f"sqlite:///{tmp_path}/lineal.db"))
    decisions = [decided(registry, name) for name in ("A", "B", "C")]
    statements: list[str] = []
    with registry.store.write(ANONYMOUS) as writing:
        driver = writing.connection.connection.driver_connection
        assert driver is not None
        driver.set_trace_callback(statements.append)
        writing.expect(decision.schema for decision in decisions)
        assert len(statements) == 1
        found = [append_if_still(writing, decision, ANONYMOUS) for decision in decisions]
        assert not [statement for statement in statements if not statement.startswith("SELECT")]
        assert [version.schema_id for version in found if version] == [1, 2, 3]
        assert writing.connection.execute(text("SELECT count(*) FROM log")).scalar() == 3
        driver.set_trace_callback(None)
    assert all(isinstance(entry.event, SchemaRegistered) for entry in registry.catalog.changes())
    assert registry.upkeep.verify() == []
    registry.close()


def test_what_other_nodes_wrote_meanwhile_is_asked_once_for_all(tmp_path: Path) -> None:
    registry, other = (Registry.open(load({}, database=f"sqlite:///{tmp_path}/lineal.db")) for _ in range(2))
    registry.registration.register(Subject(name="mine"), Content(Format.AVRO, '"int"'))
    decisions = [decided(registry, name) for name in ("A", "B", "C")]
    for name in ("B", "elsewhere"):
        other.registration.register(Subject(name=name), Content(Format.AVRO, '"int"'))
    statements: list[str] = []
    with registry.store.write(ANONYMOUS) as writing:
        driver = writing.connection.connection.driver_connection
        assert driver is not None
        driver.set_trace_callback(statements.append)
        found = [append_if_still(writing, decision, ANONYMOUS) for decision in decisions]
        driver.set_trace_callback(None)
    assert [version is not None for version in found] == [True, False, True]
    assert len([statement for statement in statements if "FROM log" in statement]) == 1
    assert registry.upkeep.verify() == []
    for each in (registry, other):
        each.close()


def registered(registry: Registry, wanted: Mapping[Subject, Content]) -> list[Version]:
    """In one transaction."""
    taken = [
        registry.registration.steps(subject, content, RegistrationOptions(), ANONYMOUS)
        for subject, content in wanted.items()
    ]
    proposals = [Proposal(next(steps), ANONYMOUS) for steps in taken]
    versions = registry.registration.carry_out(proposals)
    for steps, version in zip(taken, versions, strict=True):
        with suppress(StopIteration):
            steps.send(version)
    return [version for version in versions if version is not None]


def test_what_is_written_together_is_kept_as_what_is_written_alone(registry: Registry) -> None:
    """Whatever stands in it, with what comes with it; and it is the same when it is replayed together."""
    registry.registration.register(Subject(name="base"), Content(Format.AVRO, '{"type":"fixed","name":"B","size":2}'))
    odd = 'A "quoted" \\ back\u0007slash, ümläut, 🦉, $1, null'
    record = {"type": "record", "name": "R", "doc": odd, "fields": []}
    wanted = {
        Subject(name="plain"): Content(Format.AVRO, json.dumps(record, ensure_ascii=False)),
        Subject(name="spelt otherwise"): Content(Format.AVRO, json.dumps(record, indent=1)),
        Subject(".elsewhere", f"odd {odd[:9]}"): Content(Format.JSON, '{"title":"' + "🦉" * 40 + '"}'),
        Subject(name="refers"): Content(
            Format.AVRO,
            '{"type":"record","name":"U","fields":[{"name":"b","type":"B"}]}',
            (SchemaReference("B", "base", 1),),
            Metadata(properties={"owner": odd}),
        ),
    }
    numbers = [version.schema_id for version in registered(registry, wanted)]
    assert numbers == [2, 2, 1, 3]
    further = {
        subject: Content(Format.AVRO, f'{{"type":"record","name":"R","doc":"{number}","fields":[]}}')
        for number, subject in enumerate(list(wanted)[:2])
    }
    assert [version.number for version in registered(registry, further)] == [2, 2]
    for subject, content in wanted.items():
        assert registry.lookup.version(subject, 1).content == content
    assert registry.lookup.referrers(Subject(name="base"), "1") == [(Subject(name="refers"), 1, 3)]
    assert registry.upkeep.verify() == []
    registry.upkeep.rebuild()
    assert registry.upkeep.verify() == []
    for subject, content in wanted.items():
        assert registry.lookup.version(subject, 1).content == content
