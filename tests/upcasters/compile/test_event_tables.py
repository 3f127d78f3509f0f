"""A table of events in a real PostgreSQL: read in its new shape, rewritten where it stands, copied and swapped."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from random import Random
from typing import Any

import psycopg
import pytest

from upcasters import Chain, Event, NotAPayload, UpcastersError, UpcastFailed, chain_to_json, read
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
        "DROP TABLE IF EXISTS events, events_new, events_old CASCADE;"
        "DROP TABLE IF EXISTS lineal.replaced, lineal.replays;"
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


COLLECT = {"collect": {"key": "order", "most": 3, "within": 20, "until": "n == 9", "incomplete": "keep", "ops": [
    {"set": {"at": "/sums", "expr": "events.map(e, e.n)"}}, {"remove": {"at": "/events"}}]}}  # fmt: skip
LINE_STEPS = [
    read({"upcast": 1, "subject": "Line", "from": 1, "to": 2, "ops": [{"rename": {"at": "/count", "to": "n"}}]}),
    read({"upcast": 1, "subject": "Line", "from": 2, "to": 3, "ops": [{"drop_event": {"when": "n == 0"}}, COLLECT],
          "down": "none"}),
]  # fmt: skip
GATHERING = CHAINS | {("Line", version): Chain.up(LINE_STEPS[version - 1 :]) for version in (1, 2)}


def mixed(count: int, seed: int = 5) -> list[tuple[str, int, Any]]:
    """Lines of two versions, and orders of other types between them."""
    random = Random(seed)
    found: list[tuple[str, int, Any]] = []
    for _ in range(count):
        line = {"order": f"o-{random.randint(0, 6)}"}
        n = random.randint(0, 9)
        lines = [("Line", 1, line | {"count": n}), ("Line", 2, line | {"n": n})]
        found.append(random.choice([*lines, *lines, ("Placed", 1, {"who": "Ann", "status": "N"}), ("Shipped", 1, {})]))
    return found


def as_new(events: list[tuple[str, int, Any]]) -> list[Any]:
    """What a table of events comes to, by replay() alone; positions begin at 5."""
    replay, made = GATHERING["Line", 1].replay(), []
    outcomes = []
    for position, (kind, version, payload) in enumerate(events, 5):
        if kind == "Line":
            outcomes += replay.take(Event("Line", payload, position=(position,)), version)
        else:
            made.append((position, kind, *((3, NEW) if kind == "Placed" else (version, payload))))
    results = (outcome.result for outcome in (*outcomes, *replay.finish()))
    made += [(event.position[0], "Line", 3, event.payload) for event in results if isinstance(event, Event)]
    return [*AS_NEW, *sorted(made)]


class PowerCut(Exception):
    """Breaks a job off."""


def cut(done: int, _total: int) -> None:
    if done >= 21:
        raise PowerCut


@pytest.mark.parametrize("batch", [7, 1000])
def test_several_events_become_one_in_a_copy(store: psycopg.Connection, batch: int) -> None:
    events = mixed(80)
    append(store, *events[:60])
    with pytest.raises(PowerCut):
        copy_and_transform(store, EVENTS, GATHERING, "events_new", batch=7, progress=cut)
    done = copy_and_transform(store, EVENTS, GATHERING, "events_new", batch=batch)
    assert (done.events, done.failed) == (64 - 21, ())
    assert done.held > 0
    append(store, *events[60:])
    before = rows(store)
    with pytest.raises(UpcastersError, match="other chains"):
        swap(store, EVENTS, "events_new", "events_old", {("Line", 1): GATHERING["Line", 1]})
    assert swap(store, EVENTS, "events_new", "events_old", GATHERING) == 20
    assert rows(store) == as_new(events)
    assert len(rows(store)) < 70
    assert rows(store, "events_old") == before
    assert store.execute("SELECT count(*) FROM lineal.replays").fetchone() == (0,)


def test_several_events_become_one_in_place(store: psycopg.Connection) -> None:
    events = mixed(60)
    append(store, *events)
    with pytest.raises(PowerCut):
        migrate_in_place(store, EVENTS, GATHERING, batch=7, progress=cut)
    old = len([1 for kind, version, _ in [*OLD, *events] if (kind, version) in GATHERING and version < 3])
    done = migrate_in_place(store, EVENTS, GATHERING, batch=7)
    assert (done.events, done.failed, done.held) == (old - 21, (), 0)
    assert rows(store) == as_new(events)
    assert store.execute("SELECT count(*) FROM lineal.replaced").fetchone() == (old,)
    assert migrate_in_place(store, EVENTS, GATHERING).events == 0, "again changes nothing"


KILLED = """
import json, os, signal, sys
import psycopg
from upcasters import chain_from_json
from upcasters.integrations import event_tables
from upcasters.integrations.event_table_replay import Job

def write_and_die(self, state, *changes, write=Job._write):
    write(self, state, *changes)
    if state.taken >= 28:
        os.kill(os.getpid(), signal.SIGKILL)

Job._write = write_and_die
chains = {(kind, version): chain_from_json(tree) for kind, version, tree in json.loads(sys.argv[2])}
with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    event_tables.migrate_in_place(connection, event_tables.EventTable("events"), chains, batch=7)
"""


def test_a_process_that_is_killed_between_writing_and_committing(store: psycopg.Connection) -> None:
    events = mixed(60)
    append(store, *events)
    steps = {"Line": LINE_STEPS, "Placed": STEPS}
    served = [
        (kind, version, chain_to_json(kind, version, steps[kind][version - 1 :], {}))
        for (kind, version), chain in GATHERING.items() if chain.steps
    ]  # fmt: skip
    command = [sys.executable, "-c", KILLED, store.info.dsn, json.dumps(served)]
    assert subprocess.run(command, check=False, timeout=60).returncode == -signal.SIGKILL
    query = "SELECT state::json ->> 'taken' FROM lineal.replays"
    assert store.execute(query).fetchone() == ("21",), "the fourth batch was not committed"
    migrate_in_place(store, EVENTS, GATHERING, batch=7)
    assert rows(store) == as_new(events)


def test_groups_that_fail_are_named_or_left_as_they_are(store: psycopg.Connection) -> None:
    step = read({"upcast": 1, "subject": "Line", "from": 1, "to": 2, "down": "none", "ops": [
        {"collect": {"key": "order", "most": 2, "within": 9}}]})  # fmt: skip
    chains = {("Line", 1): Chain.up([step])}
    given = [{"order": order} for order in ("a", "b", "a", None)]
    append(store, *[("Line", 1, payload) for payload in given])
    for migrate in (
        lambda **more: migrate_in_place(store, EVENTS, chains, **more),
        lambda **more: copy_and_transform(store, EVENTS, chains, "events_new", **more),
    ):
        with pytest.raises(UpcastFailed, match="events at position 8: the key is null") as failed:
            migrate()
        assert failed.value.place == "/ops/0/collect/key"
        assert rows(store)[4:] == [
            (5 + n, "Line", 1, {"order": order}) for n, order in enumerate(["a", "b", "a", None])
        ]
    copied = copy_and_transform(store, EVENTS, chains, "events_new", on_failure="skip")
    assert ([position for position, _ in copied.failed], copied.held) == ([8], 1)
    with pytest.raises(UpcastFailed, match="events at position 6: the group 'b' has 1 of 2"):
        swap(store, EVENTS, "events_new", "events_old", chains)
    done = migrate_in_place(store, EVENTS, chains, on_failure="skip")
    assert [position for position, _ in done.failed] == [8, 6]
    left = [(6, 1), (7, 2), (8, 1)]
    assert [(position, version) for position, _, version, _ in rows(store)[4:]] == left


def test_a_copy_keeps_what_fails_under_skip(store: psycopg.Connection) -> None:
    append(store, ("Placed", 1, {"who": "Bob", "status": "Z"}))
    done = copy_and_transform(store, EVENTS, CHAINS, "events_new", on_failure="skip")
    assert [(position, error.place) for position, error in done.failed] == [(5, "/ops/0/map")]
    assert swap(store, EVENTS, "events_new", "events_old", CHAINS, on_failure="skip") == 0
    assert rows(store) == [*AS_NEW, (5, "Placed", 1, {"who": "Bob", "status": "Z"})]


@pytest.mark.parametrize("in_place", [True, False])
def test_an_event_that_came_in_behind_others_ends_the_job(store: psycopg.Connection, in_place: bool) -> None:  # noqa: FBT001
    append(store, *mixed(30))
    store.execute("DELETE FROM events WHERE position = 8")
    late = "INSERT INTO events OVERRIDING SYSTEM VALUE VALUES (8, 's', 'Line', 1, '{\"order\": \"x\", \"count\": 1}')"

    def meanwhile(_done: int, _total: int) -> None:
        store.execute(f"{late} ON CONFLICT DO NOTHING")

    def run(chains: Any, **more: Any) -> None:
        if in_place:
            migrate_in_place(store, EVENTS, chains, **more)
        else:
            copy_and_transform(store, EVENTS, chains, "events_new", **more)
            swap(store, EVENTS, "events_new", "events_old", chains)

    with pytest.raises(UpcastersError, match="behind position"):
        run(GATHERING, batch=10, progress=meanwhile)
    with pytest.raises(UpcastersError, match="other chains"):
        run({("Line", 1): GATHERING["Line", 1]})
