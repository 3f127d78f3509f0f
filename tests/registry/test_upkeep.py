"""The projections equal the log, and can be made again from it."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, update

from compat.definition import Format
from registry.errors import IncompatibleSchema
from registry.model import ANONYMOUS, Build, ConfigurationChange, Content, Metadata, SchemaReference, Subject
from registry.service import Registry
from registry.storage import tables


def avro(text: str, **more: object) -> Content:
    return Content(Format.AVRO, text, **more)  # type: ignore[arg-type]


@pytest.fixture
def lived_in(registry: Registry) -> Registry:
    """A registry where a bit of everything has happened."""
    subject = Subject.parse
    register, money = registry.registration.register, '{"type":"record","name":"Money","fields":[]}'
    register(subject("money"), avro(money))
    register(subject("copy"), avro(money.replace(",", ", ")))
    uses = '{"type":"record","name":"Order","fields":[{"name":"total","type":"Money"}]}'
    register(subject("order"), avro(uses, references=(SchemaReference("Money", "money", 1),)))
    register(
        subject("order"),
        avro(uses, references=(SchemaReference("Money", "money", 1),), metadata=Metadata(properties={"a": "b"})),
    )
    register(subject(":.shop:a"), avro('"string"'))
    with pytest.raises(IncompatibleSchema):
        register(subject(":.shop:a"), avro('"int"'))
    registry.configurations.configure(subject(":.shop:a"), ConfigurationChange(compatibility="NONE"))
    register(subject(":.shop:a"), avro('"int"'))
    registry.deletion.version(subject(":.shop:a"), 1)
    registry.deletion.version(subject(":.shop:a"), 1, permanent=True)
    registry.deletion.subject(subject("copy"))
    contracts, billing, shop = registry.contracts, Build("billing", "1"), Build("shop", "1")
    contracts.declare_fields(subject("order"), billing, ["total?"], owner="team-money")
    contracts.declare_versions(subject("order"), Build("billing", "0"), 1, 2)
    contracts.declare_writer(subject("order"), shop, [2])
    contracts.withdraw_reader(subject("order"), Build("billing", "0"))
    contracts.record_deployment(Build("billing", "0"), "prod")
    contracts.record_deployment(billing, "prod")
    contracts.record_deployment(shop, "prod", mode="released")
    contracts.end_deployment(billing, "prod")
    registry.configurations.set_mode(Subject(), "READONLY")
    registry.configurations.remove_mode(Subject())
    return registry


def test_the_projections_equal_the_log(lived_in: Registry) -> None:
    assert lived_in.upkeep.verify() == []


def test_rebuilding_changes_nothing_and_tells_how_far_it_is(lived_in: Registry) -> None:
    before = lived_in.lookup.schemas(":*:", deleted=True)
    told: list[tuple[int, int]] = []
    entries = lived_in.upkeep.rebuild(lambda done, total: told.append((done, total)))
    assert entries == lived_in.catalog.position() == told[-1][0] == told[-1][1]
    assert lived_in.lookup.schemas(":*:", deleted=True) == before
    assert lived_in.upkeep.verify() == []


def test_verification_names_what_is_wrong_and_rebuilding_mends_it(lived_in: Registry) -> None:
    with lived_in.store.write(ANONYMOUS) as writing:
        forged = update(tables.version).where(tables.version.c.subject == "order").values(actor="eve")
        writing.connection.execute(forged)
        writing.connection.execute(delete(tables.setting))
        writing.connection.execute(update(tables.context).where(tables.context.c.name == ".").values(last_id=99))
    found = lived_in.upkeep.verify()
    assert {(each.table, each.key) for each in found} == {
        ("version", "., order, 1"),
        ("version", "., order, 2"),
        ("setting", ".shop, a"),
        ("context", "."),
    }
    missing = next(each for each in found if each.table == "setting")
    assert missing.kept == ""
    assert "NONE" in missing.replayed
    lived_in.upkeep.rebuild()
    assert lived_in.upkeep.verify() == []


def test_everything_deleted_leaves_no_ghost(lived_in: Registry) -> None:
    for subject in ("order", ":.shop:a", "money", "copy"):
        at = Subject.parse(subject)
        if any(not gone for _, gone in lived_in.lookup.numbers(at, deleted=True)):
            lived_in.deletion.subject(at)
        lived_in.deletion.subject(at, permanent=True)
    lived_in.deletion.context(".shop")
    with lived_in.store.read() as reading:
        left = {
            table.name: list(reading.connection.execute(table.select()))
            for table in tables.PROJECTIONS
            if table.name not in {"context", "application", "deployment"}
        }
    assert not any(left.values()), left
    assert lived_in.upkeep.verify() == []
