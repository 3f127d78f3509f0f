"""A table of events sent through its chains here and in order, for what the database cannot do: one event of several.

Each batch is one transaction, and how far the job has come, with the groups that are open, stands in
``lineal.replays``, written in the same transaction: broken off anywhere, it goes on where it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

import msgspec
from psycopg import sql

from upcasters.canonical import digest
from upcasters.chain import Chain
from upcasters.collecting import Outcome, Replay, require_payloads
from upcasters.errors import UpcastersError, UpcastFailed
from upcasters.integrations.event_files import ENCODER, number
from upcasters.integrations.event_table_sql import (
    REPLACED,
    Chains,
    Connection,
    EventTable,
    column_names,
    create_beside,
    holds,
    replaced,
)
from upcasters.integrations.event_table_sql import number as counted
from upcasters.stream import Event

OnFailure: TypeAlias = Literal["raise", "skip"]
Failures: TypeAlias = list[tuple[int, UpcastFailed]]
"""Position and reason of each event that is left as it is."""

_REPLAYS: Final = """
    CREATE TABLE IF NOT EXISTS lineal.replays (
        events text NOT NULL, target text NOT NULL, state text NOT NULL, PRIMARY KEY (events, target)
    )
"""
_BATCH: Final = 1_000
_PAYLOADS: Final = msgspec.json.Decoder(float_hook=number)


def whole_events(chains: Chains) -> bool:
    """Whether a chain drops events or makes one of several. Raises NotAPayload where one splits or renames them."""
    for chain in chains.values():
        require_payloads(chain.steps)
    return any(step.stream_level for chain in chains.values() for step in chain.steps)


class _State(msgspec.Struct):
    """How far a job has come."""

    chains: str
    after: int | None = None
    """Position of the last event that was taken."""
    taken: int = 0
    left: int = 0
    """Events that failed and are as they were."""
    written: int = 0
    replays: dict[str, Any] = {}
    """By event type: what is open."""


@dataclass(slots=True)
class _Changes:
    """What a batch comes to."""

    made: dict[int, Event] = field(default_factory=dict)
    """By the position that the event takes."""
    gone: list[int] = field(default_factory=list)
    """Positions of events that were made into others, or dropped."""
    same: list[int] = field(default_factory=list)
    """Positions of events that stay as they are."""


@dataclass(frozen=True, slots=True)
class Job:
    """A table on its way into another, or with ``target`` the same table: into itself."""

    connection: Connection
    table: EventTable
    target: EventTable
    chains: Chains
    on_failure: OnFailure
    failed: Failures = field(default_factory=list)

    @property
    def in_place(self) -> bool:
        """Whether the events are overwritten."""
        return self.table == self.target

    def begin(self) -> None:
        """Make what the job writes into. Raises UpcastersError where a job with other chains is under way."""
        column_names(self.connection, self.table)
        self.connection.execute(REPLACED)
        self.connection.execute(_REPLAYS)
        if not self.in_place:
            create_beside(self.connection, self.table, self.target)
        fresh = _State(self._hash())
        self.connection.execute(
            "INSERT INTO lineal.replays (events, target, state) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            (*self._names, _text(fresh)),
        )
        self._state()

    def under_way(self) -> bool:
        """Whether such a job was begun and has not ended."""
        self.connection.execute(REPLACED)
        self.connection.execute(_REPLAYS)
        query = "SELECT FROM lineal.replays WHERE events = %s AND target = %s"
        return self.connection.execute(query, self._names).fetchone() is not None

    def count(self) -> int:
        """How many events are still to be taken."""
        return counted(self.connection, sql.SQL("SELECT count(*) FROM {}").format(self._ahead(self._state().after)))

    def batch(self, most: int) -> int:
        """Take the next events and write what comes of them; how many. Raises UpcastFailed under ``raise``."""
        failed: Failures = []
        with self.connection.transaction():
            state = self._state()
            rows = self._rows(state.after, most)
            if not rows:
                return 0
            replays = self._replays(state)
            changes = _Changes()
            for position, kind, version, text in rows:
                chain = self.chains.get((kind, version))
                if chain is None or not chain.steps:
                    changes.same.append(position)
                    continue
                event = Event(kind, _PAYLOADS.decode(text), str(position), position=(position,))
                self._settle(replays[kind].take(event, version), changes, failed)
            state.after, state.taken = rows[-1][0], state.taken + len(rows)
            self._write(state, replays, changes, failed)
        self.failed.extend(failed)
        return len(rows)

    def held(self) -> int:
        """How many events are in groups that are open."""
        return sum(replay.held for replay in self._replays(self._state()).values())

    def close(self) -> int:
        """Take what is left, and close the groups that are open: in a transaction that lets nobody write.

        How many events were left. Raises UpcastFailed under ``raise``, and UpcastersError where events came in behind
        those that were taken.
        """
        late = 0
        while moved := self.batch(_BATCH):
            late += moved
        state = self._state()
        replays = self._replays(state)
        changes = _Changes()
        failed: Failures = []
        for replay in replays.values():
            self._settle(replay.finish(), changes, failed)
        self._write(state, replays, changes, failed)
        behind = sql.SQL("SELECT count(*) FROM {} AND {p} <= {after}").format(
            self._relevant, p=self._position, after=sql.Literal(state.after)
        )
        if counted(self.connection, behind) != (state.left if self.in_place else state.taken):
            raise UpcastersError(
                f"{self.table.name}: events came in behind position {state.after}, which was taken: {_ANEW}"
            )
        copied = sql.SQL("SELECT count(*) FROM {}").format(self.target.identifier)
        if not self.in_place and counted(self.connection, copied) != state.written:
            raise UpcastersError(f"{self.target.name} holds other events than were copied: {_ANEW}")
        self.connection.execute("DELETE FROM lineal.replays WHERE events = %s AND target = %s", self._names)
        self.failed.extend(failed)
        return late

    # How far it has come

    @property
    def _names(self) -> tuple[str, str]:
        return (f"{self.table.schema}.{self.table.name}", f"{self.target.schema}.{self.target.name}")

    def _hash(self) -> str:
        own = ([kind, version, chain.hash] for (kind, version), chain in self.chains.items() if chain.steps)
        return digest(sorted(own))

    def _state(self) -> _State:
        """As the last batch left it; whoever else works at the same job waits for this transaction to end."""
        query = "SELECT state FROM lineal.replays WHERE events = %s AND target = %s FOR UPDATE"
        row = self.connection.execute(query, self._names).fetchone()
        if row is None:
            raise UpcastersError(f"{self.target.name}: the job has ended")
        state = msgspec.json.decode(row[0], type=_State)
        if state.chains != self._hash():
            raise UpcastersError(f"{self.target.name} was begun with other chains: {_ANEW}")
        return state

    def _replays(self, state: _State) -> dict[str, Replay]:
        """By event type: the chain that begins at its first version, which later versions enter on the way."""
        first: dict[str, Chain] = {}
        for (kind, version), chain in sorted(self.chains.items(), key=lambda item: item[0]):
            longest = first.setdefault(kind, chain)
            if [step.digest for step in chain.steps] != [s.digest for s in longest.steps if s.source >= version]:
                raise UpcastersError(f"the chains of {kind} do not lead over the same steps")
        return {kind: chain.replay(state.replays.get(kind)) for kind, chain in first.items() if chain.steps}

    # What is read

    @property
    def _position(self) -> sql.Composable:
        return sql.Identifier("t", self.table.position)

    @property
    def _relevant(self) -> sql.Composable:
        """The events that are taken: all, or in place the old ones."""
        old = [holds(self.table, key) for key, chain in self.chains.items() if chain.steps]
        which = sql.SQL(" OR ").join(old) if self.in_place else sql.SQL("true")
        return sql.SQL("{} AS t WHERE ({})").format(self.table.identifier, which)

    def _ahead(self, after: int | None) -> sql.Composable:
        if after is None:
            return self._relevant
        return sql.SQL("{} AND {} > {}").format(self._relevant, self._position, sql.Literal(after))

    def _rows(self, after: int | None, most: int) -> list[Any]:
        query = sql.SQL("SELECT {p}, {kind}, {version}, {payload}::text FROM {ahead} ORDER BY {p} LIMIT {most}").format(
            p=self._position,
            kind=sql.Identifier("t", self.table.type),
            version=sql.Identifier("t", self.table.version),
            payload=sql.Identifier("t", self.table.payload),
            ahead=self._ahead(after),
            most=sql.Literal(most),
        )
        return self.connection.execute(query).fetchall()

    # What comes of it

    def _settle(self, outcomes: list[Outcome], changes: _Changes, failed: Failures) -> None:
        for outcome in outcomes:
            positions = [position for position, *_ in outcome.origins]
            match outcome.result:
                case None:
                    changes.gone += positions
                case Event() as event:
                    changes.made[event.position[0]] = event
                    changes.gone += positions[:-1]
                case UpcastFailed() as error:
                    found = named(error, self.table, positions)
                    if self.on_failure == "raise":
                        raise found from error
                    failed += [(position, found) for position in positions]
                    changes.same += positions

    def _write(self, state: _State, replays: Mapping[str, Replay], changes: _Changes, failed: Failures) -> None:
        targets = {kind: chain.target for (kind, _), chain in self.chains.items()}
        made = [
            (position, ENCODER.encode(event.payload).decode(), targets[event.type])
            for position, event in changes.made.items()
        ]
        if self.in_place:
            self._overwrite(made, changes.gone)
        else:
            self._copy(made, changes.same)
            state.written += len(made) + len(changes.same)
        state.left += len(failed)
        state.replays = {kind: replay.state for kind, replay in replays.items()}
        self.connection.execute(
            "UPDATE lineal.replays SET state = %s WHERE events = %s AND target = %s", (_text(state), *self._names)
        )

    def _overwrite(self, made: list[tuple[int, str, int]], gone: list[int]) -> None:
        self.connection.execute(
            replaced(self.table, sql.SQL("{} = ANY(%(due)s)").format(self._position)),
            {"due": [*(position for position, *_ in made), *gone]},
        )
        self.connection.execute(
            sql.SQL("UPDATE {} AS t SET {} = made.payload, {} = made.version FROM {} WHERE {} = made.position").format(
                self.table.identifier,
                sql.Identifier(self.table.payload),
                sql.Identifier(self.table.version),
                _MADE,
                self._position,
            ),
            _columns(made),
        )
        self.connection.execute(
            sql.SQL("DELETE FROM {} AS t WHERE {} = ANY(%s)").format(self.table.identifier, self._position), (gone,)
        )

    def _copy(self, made: list[tuple[int, str, int]], same: list[int]) -> None:
        names = column_names(self.connection, self.table)
        new = {self.table.payload: "payload", self.table.version: "version"}
        shown = [sql.Identifier("made", new[name]) if name in new else sql.Identifier("t", name) for name in names]
        into = sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE").format(
            self.target.identifier, sql.SQL(", ").join(map(sql.Identifier, names))
        )
        self.connection.execute(
            sql.SQL("{} SELECT {} FROM {} AS t JOIN {} ON {} = made.position").format(
                into, sql.SQL(", ").join(shown), self.table.identifier, _MADE, self._position
            ),
            _columns(made),
        )
        self.connection.execute(
            sql.SQL("{} SELECT {} FROM {} AS t WHERE {} = ANY(%s)").format(
                into,
                sql.SQL(", ").join(sql.Identifier("t", name) for name in names),
                self.table.identifier,
                self._position,
            ),
            (same,),
        )


_ANEW: Final = "stop writing old events, take the job away from lineal.replays and drop its copy, and begin anew"
_MADE: Final = sql.SQL(
    "unnest(%(positions)s::bigint[], %(payloads)s::jsonb[], %(versions)s::integer[]) "
    "AS made(position, payload, version)"
)


def _columns(made: list[tuple[int, str, int]]) -> dict[str, Any]:
    return {
        "positions": [position for position, _, _ in made], "payloads": [payload for _, payload, _ in made],
        "versions": [version for _, _, version in made],
    }  # fmt: skip


def _text(state: _State) -> str:
    return msgspec.json.encode(state).decode()


def named(error: UpcastFailed, table: EventTable, positions: list[int]) -> UpcastFailed:
    """The error of events of a table, which says where they stand."""
    where = f"position{'s'[: len(positions) > 1]} {', '.join(map(str, positions))}"
    reason = f"{table.name} at {where}: {error.reason}"
    return UpcastFailed(error.subject, (error.source, error.target), error.place, error.pointer, reason)
