"""Whatever the store is asked, it is asked through the caller's view."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from registry.access.current import OPEN, acting, caller, current
from registry.access.roles import grant
from registry.errors import Forbidden
from registry.model import Content, Format, Origin, Subject
from registry.service import Registry
from registry.settings import load
from registry.storage.reading import Reading

BLIND = {
    "position": "a number of the whole log",
    "position_at": "a number of the whole log",
    "is_last_refusal": "asks entries",
    "changed": "asked by decisions about what they rest on, which holds for everybody",
    "lines": "given to admins of everything only, who copy the whole log",
    "holds": "asked by decisions about ids, which hold for everybody",
    "ids": "asked by decisions about ids, which hold for everybody",
    "has_context": "asked before a context is removed, by its admin",
    "is_empty": "asked before a context is removed, by its admin",
    "scopes_with_mode": "asked before modes are removed, by the context's admin",
    "key": "asked to recognise callers, before there is one",
    "keys": "given to admins of everything only",
    "grants": "asked to recognise callers, before there is one",
    "applications": "applications belong to no subject",
    "application": "applications belong to no subject",
    "readers": "asks _contracts",
    "writers": "asks _contracts",
    "numbers": "asks _places",
    "positions": "asks _places",
    "referrers": "asks _referrers",
    "foreign_referrers": "asks _referrers",
    "deployments": "applications belong to no subject",
}
"""Questions that do not look at the view themselves, and why that is right."""


def test_every_question_to_the_store_looks_at_the_view() -> None:
    questions = {
        name: inspect.getsource(member)
        for room in Reading.__mro__
        for name, member in vars(room).items()
        if inspect.isfunction(member) and name != "__init__"
    }
    unseeing = {name for name, source in questions.items() if "self.view" not in source}
    assert unseeing == BLIND.keys(), "let it look at self.view, or say here why it need not"


def test_a_change_that_shares_a_transaction_is_made_for_its_own_caller(tmp_path: Path) -> None:
    registry = Registry.open(load({}, database=f"sqlite:///{tmp_path / 'lineal.db'}"))
    text = '{"type":"record","name":"A","fields":[]}'
    dev = caller("dev", (grant("dev", "developer", ".", "orders."),))
    try:
        with acting(dev):
            made = registry.registration.register(
                Subject(".", "orders.A"), Content(Format.AVRO, text), origin=Origin("dev")
            )
            with pytest.raises(Forbidden):
                registry.registration.register(Subject(".", "other.A"), Content(Format.AVRO, text))
        assert made.number == 1
        assert current() is OPEN
        registry.registration.register(Subject(".", "other.A"), Content(Format.AVRO, text))
        assert [str(one) for one in registry.lookup.subjects()] == ["orders.A", "other.A"]
    finally:
        registry.close()
