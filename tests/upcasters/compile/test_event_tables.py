"""A table of events in a real PostgreSQL: read in its new shape, rewritten where it stands, copied and swapped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from upcasters import Chain, NotAPayload, UpcastersError, UpcastFailed, read
from upcasters.integrations.event_tables import (
    EventTable,
    copy_and_transform,
    create_view,
    migrate_in_place,
    swap,
)

STEPS = [
    read({"upcast": 1, "subject": "Placed", "from": 1, "to": 2, "ops": [{"rename": {"at": "/who", "to": "customer"}}]}),
    read({"upcast": 1, "subject": "Placed", "from": 2, "to": 3, "ops": [
        {"map": {"at": "/status", "table": {"N": "NEW"}}}, {"add": {"at": "/currency", "value": "EUR"}}]}),
]  # fmt: skip
CHAINS = {("Placed", 1): Chain.up(STEPS), ("Placed", 2): Chain.up(STEPS[1:]), ("Placed", 3): Chain("Placed", 3)}
EVENTS = EventTable("events")
NEW = {"customer": "Ann", "status": "NEW", "currency": "EUR"}
OLD = [
    ("Placed", 1, {"who": "Ann", "status": "N"}),
    ("Shipped", 1, {"parcels": 2}),
    ("Placed", 2, {"customer": "Ann", "status": "N"}),
    ("Placed", 3, NEW),
]
AS_NEW = [(1, "Placed", 3, NEW), (2, "Shipped", 1, {"parcels": 2}), (3, "Placed", 3, NEW), (4, "Placed", 3, NEW)]


@pytest.fixture
def store(postgresql: psycopg.Connection) -> Iterator[psycopg.Connection]:
    postgresql.execute(
        "DROP TABLE IF EXISTS events, events_new, events_old CASCADE; DROP TABLE IF EXISTS lineal.replaced;"
        "CREATE TABLE events (position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, stream text DEFAULT 's', "
        "type text NOT NULL, version integer NOT NULL, payload jsonb NOT NULL)"
    )
    append(postgresql, *OLD)
    yield postgresql
    postgresql.execute("DROP TABLE IF EXISTS events, events_new, events_old CASCADE")


def append(store: psycopg.Connection, *events: tuple[str, int, Any]) -> None:
    for kind, version, payload in events:
        store.execute(
            "INSERT INTO events (type, version, payload) VALUES (%s, %s, %s)", (kind, version, json.dumps(payload))
        )


def rows(store: psycopg.Connection, table: str = "events") -> list[Any]:
    query = f"SELECT position, type, version, payload FROM {table} ORDER BY position"  # noqa: S608
    return store.execute(query.encode()).fetchall()


def test_a_view_shows_every_event_in_its_newest_version(store: psycopg.Connection) -> None:
    before = rows(store)
    create_view(store, EVENTS, CHAINS, "events_latest")
    assert rows(store, "events_latest") == AS_NEW
    append(store, OLD[0])
    assert rows(store, "events_latest")[-1] == (5, "Placed", 3, NEW)
    assert rows(store)[:4] == before, "nothing is written"


def test_in_place_rewrites_old_events_and_keeps_what_they_were(store: psycopg.Connection) -> None:
    seen: list[tuple[int, int]] = []
    done = migrate_in_place(store, EVENTS, CHAINS, batch=1, progress=lambda *step: seen.append(step))
    assert (done.events, done.failed, seen) == (2, (), [(1, 2), (2, 2)])
    assert rows(store) == AS_NEW
    kept = store.execute("SELECT events, position, version, length(sha256) FROM lineal.replaced ORDER BY 2").fetchall()
    assert kept == [("public.events", 1, 1, 64), ("public.events", 3, 2, 64)]
    assert migrate_in_place(store, EVENTS, CHAINS).events == 0, "again changes nothing"


def test_in_place_goes_on_where_it_was_interrupted(store: psycopg.Connection) -> None:
    def interrupt(done: int, _total: int) -> None:
        raise KeyboardInterrupt(done)

    with pytest.raises(KeyboardInterrupt):
        migrate_in_place(store, EVENTS, CHAINS, batch=1, progress=interrupt)
    assert [version for _, _, version, _ in rows(store)] == [3, 1, 2, 3]
    assert migrate_in_place(store, EVENTS, CHAINS).events == 1
    assert rows(store) == AS_NEW


def test_an_event_that_fails_is_named_or_left_as_it_is(store: psycopg.Connection) -> None:
    append(store, ("Placed", 1, {"who": "Bob", "status": "Z"}), OLD[0])
    with pytest.raises(UpcastFailed, match="events at position 5") as failed:
        migrate_in_place(store, EVENTS, CHAINS)
    assert (failed.value.place, failed.value.pointer) == ("/ops/0/map", "/status")
    done = migrate_in_place(store, EVENTS, CHAINS, on_failure="skip")
    assert [position for position, _ in done.failed] == [5]
    assert [version for _, _, version, _ in rows(store)] == [3, 1, 3, 3, 1, 3]
    with pytest.raises(UpcastFailed, match="events at position 5"):
        copy_and_transform(store, EVENTS, CHAINS, "events_new")


def test_a_copy_takes_the_place_of_the_table_with_what_came_late(store: psycopg.Connection) -> None:
    assert copy_and_transform(store, EVENTS, CHAINS, "events_new", batch=3).events == 4
    assert rows(store, "events_new") == AS_NEW
    append(store, OLD[2])
    assert copy_and_transform(store, EVENTS, CHAINS, "events_new").events == 1, "it goes on after the last one"
    append(store, OLD[0])
    before = rows(store)
    assert swap(store, EVENTS, "events_new", "events_old", CHAINS) == 1
    assert rows(store) == [*AS_NEW, (5, "Placed", 3, NEW), (6, "Placed", 3, NEW)]
    assert rows(store, "events_old") == before
    append(store, OLD[3])
    assert rows(store)[-1][0] == 7, "positions go on"


def test_a_copy_that_holds_other_events_is_not_swapped_in(store: psycopg.Connection) -> None:
    copy_and_transform(store, EVENTS, CHAINS, "events_new")
    store.execute("DELETE FROM events WHERE position = 2")
    with pytest.raises(UpcastersError, match="other events than events"):
        swap(store, EVENTS, "events_new", "events_old", CHAINS)
    assert len(rows(store)) == 3


def test_what_cannot_be_done_is_said_before_anything_is_changed(store: psycopg.Connection) -> None:
    with pytest.raises(UpcastersError, match="no column occurred"):
        create_view(store, EventTable("events", position="occurred"), CHAINS, "v")
    with pytest.raises(UpcastersError, match="nothing to migrate"):
        migrate_in_place(store, EVENTS, {("Placed", 3): Chain("Placed", 3)})
    retype = read({"upcast": 1, "subject": "A", "from": 1, "to": 2, "ops": [{"retype": {"from": "A", "to": "B"}}]})
    with pytest.raises(NotAPayload):
        migrate_in_place(store, EVENTS, {("A", 1): Chain.up([retype])})
