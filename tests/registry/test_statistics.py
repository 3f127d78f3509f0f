"""A new PostgreSQL database plans by its size from the first registrations on, before the server looks itself."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from compat.definition import Format
from registry.model import Content, Subject
from registry.service import Registry
from registry.settings import load

pytestmark = pytest.mark.postgresql

_ROWS = text("SELECT reltuples FROM pg_class WHERE oid = '\"schema\"'::regclass")
_NEVER = -1


def test_the_size_of_the_tables_is_known_as_they_grow(postgresql: str) -> None:
    registry = Registry.open(load({}, database=postgresql))
    known = []
    for number in range(130):
        registry.registration.register(
            Subject(name=f"s{number}"), Content(Format.AVRO, f'{{"type":"fixed","name":"F","size":{number}}}')
        )
        with registry.store.read() as reading:
            known.append(reading.connection.execute(_ROWS).scalar_one())
    registry.close()
    assert known[:127] == [_NEVER] * 127
    assert known[127:] == [128] * 3
