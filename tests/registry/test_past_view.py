"""Whoever may not see a subject now may not see it as it was either."""

from __future__ import annotations

from registry.access.current import acting, caller
from registry.access.roles import grant
from registry.model import Content, Subject
from registry.service import Registry


def test_the_past_is_seen_in_the_view_of_the_caller(registry: Registry) -> None:
    from compat.definition import Format

    for name in ("shop.a", "bank.b"):
        registry.registration.register(Subject.parse(name), Content(Format.AVRO, '"int"'))
    registry.deletion.subject(Subject.parse("bank.b"))
    past = registry.at(2)
    with acting(caller("anna", (grant("anna", "reader", ".", "shop."),))):
        seen, total = past.catalog.subjects(deleted=True)
        assert ([str(one.subject) for one in seen], total) == (["shop.a"], 1)
        assert [str(entry.subject) for entry in past.catalog.changes()] == ["shop.a"]
    assert past.catalog.subjects()[1] == 2
