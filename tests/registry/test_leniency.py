"""What an older registry has accepted is taken over, and stays readable after every kind of restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from compat.definition import Format
from registry.errors import InvalidSchemaText
from registry.model import ConfigurationChange, Content, Mode, Subject
from registry.service import Registry
from registry.service.registration import RegistrationOptions
from registry.settings import Settings, load

OLD = '{"type": "record", "name": "R", "namespace": "my-app", "fields": [{"name": "a", "type": "int", "default": "x"}]}'
NEXT = (
    '{"type": "record", "name": "R", "namespace": "my-app", '
    '"fields": [{"name": "a", "type": "int"}, {"name": "b", "type": "int", "default": 0}]}'
)
SUBJECT = Subject.parse("old")


def content(text: str) -> Content:
    return Content(Format.AVRO, text)


def check_readable(registry: Registry) -> None:
    """It is served, compared, looked up, shown in the catalog, and the log proves the projections."""
    assert registry.lookup.by_id(5).content.text == OLD
    assert registry.lookup.by_text(SUBJECT, content(OLD)).number == 3
    registry.configurations.configure(SUBJECT, ConfigurationChange(validate_new_schemas=False))
    assert registry.checking.against_history(SUBJECT, content(NEXT)).verdict.compatible
    worse = content(NEXT.replace('"default": 0', '"default": "y"'))
    assert not registry.checking.against_history(SUBJECT, worse).verdict.compatible
    registry.configurations.configure(SUBJECT, ConfigurationChange(validate_new_schemas=True))
    with pytest.raises(InvalidSchemaText):
        registry.checking.against_history(SUBJECT, worse)
    assert registry.upkeep.verify() == []


def test_imported_schemas_survive_restart_rebuild_and_moving(
    registry: Registry, settings: Settings, tmp_path: Path
) -> None:
    registry.configurations.set_mode(SUBJECT, Mode.IMPORT.value)
    registry.registration.register(SUBJECT, content(OLD), RegistrationOptions(version=3, schema_id=5))
    registry.configurations.set_mode(SUBJECT, Mode.READWRITE.value)
    check_readable(registry)
    again = Registry.open(settings)
    try:
        check_readable(again)
        again.upkeep.rebuild()
        check_readable(again)
        file = tmp_path / "all.gz"
        file.write_bytes(b"".join(again.transfer.export()))
    finally:
        again.close()
    moved = Registry.open(load({}, database=f"sqlite:///{tmp_path / 'moved.db'}"))
    try:
        moved.transfer.restore(file)
        check_readable(moved)
    finally:
        moved.close()


def test_what_is_copied_from_another_registry_is_not_validated_in_any_mode(registry: Registry) -> None:
    options = RegistrationOptions(version=3, schema_id=5, copied=True)
    assert registry.registration.register(SUBJECT, content(OLD), options).schema_id == 5
    check_readable(registry)
