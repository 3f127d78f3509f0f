"""Events of the log in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest

from registry.events import TYPES, Event, WebhookRegistered
from registry.model import Subject
from web import log
from web.kinds import GROUPS

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
_PLAIN = {
    str: "something",
    int: 1,
    bool: True,
    float: 1.0,
    list: [],
    dict: {},
    datetime: datetime(2026, 1, 1, tzinfo=UTC),
}


def example(kind: type[Any]) -> Any:
    """An instance with no more than it must have."""
    hints = get_type_hints(kind)
    required = [field.name for field in msgspec.structs.fields(kind) if field.required]
    return kind(**{name: _value(hints[name]) for name in required})


def _value(hint: Any) -> Any:
    plain = get_origin(hint) or hint
    if plain in _PLAIN:
        return _PLAIN[plain]
    if isinstance(plain, type) and issubclass(plain, msgspec.Struct):
        return example(plain)
    return get_args(hint)[0]  # a literal


@pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES)
def test_every_event_has_words_of_its_own(kind: type[Event]) -> None:
    _, sentence, _ = log.told(example(kind), Subject(name="orders"))
    assert sentence
    assert sentence != log.spaced(kind.__name__), "this is what an event is called that nobody has found words for"


def test_a_webhook_is_named_by_its_host_alone() -> None:
    event = WebhookRegistered(id="1", url="https://example.org/secret-path?token=x", sealed="")
    assert log.told(event, Subject())[1] == "example.org is told what happens from now on"


def test_every_kind_of_event_is_found_under_something() -> None:
    assert {kind for group in GROUPS.values() for kind in group.kinds} == set(TYPES.values())
