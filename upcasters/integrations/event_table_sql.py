"""The statements about a table of events that every tactic needs, composed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import psycopg
from psycopg import sql

from upcasters.chain import Chain
from upcasters.compile import postgresql
from upcasters.errors import UpcastersError

Chains: TypeAlias = Mapping[tuple[str, int], Chain]
"""By event type and version, as a bundle holds them."""
Functions: TypeAlias = Mapping[tuple[str, int], str]
"""Names of installed functions, by the type and version they are for."""
Connection: TypeAlias = "psycopg.Connection[Any]"


@dataclass(frozen=True, slots=True)
class EventTable:
    """A table of events and the names of its columns."""

    name: str
    schema: str = "public"
    position: str = "position"
    """Unique and growing."""
    type: str = "type"
    version: str = "version"
    payload: str = "payload"
    """Of type jsonb."""

    @property
    def identifier(self) -> sql.Identifier:
        """The quoted name."""
        return sql.Identifier(self.schema, self.name)

    def beside(self, name: str) -> EventTable:
        """A table of the same form."""
        return EventTable(name, self.schema, self.position, self.type, self.version, self.payload)


def install(connection: Connection, chains: Chains) -> Functions:
    """The functions for the chains that change something, by what they are for."""
    connection.execute(postgresql.runtime().encode())
    functions = {}
    for key, chain in chains.items():
        if chain.steps:
            functions[key] = f"lineal_up_{chain.hash[:24]}"
            connection.execute(postgresql.function(chain.plan, functions[key]).encode())
    if not functions:
        raise UpcastersError("no chain changes anything: there is nothing to migrate")
    return functions


def holds(table: EventTable, key: tuple[str, int]) -> sql.Composable:
    """Whether a row ``t`` is of this type and version."""
    kind, version = key
    return sql.SQL("(t.{} = {} AND t.{} = {})").format(
        sql.Identifier(table.type), sql.Literal(kind), sql.Identifier(table.version), sql.Literal(version)
    )


def new_payload(table: EventTable, functions: Functions) -> sql.Composable:
    """The payload of a row ``t`` as its chain makes it; as it is where there is none."""
    own = sql.Identifier("t", table.payload)
    cases = (
        sql.SQL("WHEN {} THEN {}({})").format(holds(table, key), sql.Identifier(name), own)
        for key, name in functions.items()
    )
    return sql.SQL("CASE {} ELSE {} END").format(sql.SQL(" ").join(cases), own)


def new_version(table: EventTable, chains: Chains) -> sql.Composable:
    """The version that the chain of a row ``t`` leads to."""
    cases = (
        sql.SQL("WHEN {} THEN {}").format(holds(table, key), sql.Literal(chain.target))
        for key, chain in chains.items()
        if chain.steps
    )
    return sql.SQL("CASE {} ELSE {} END").format(sql.SQL(" ").join(cases), sql.Identifier("t", table.version))


def new_columns(connection: Connection, table: EventTable, functions: Functions, chains: Chains) -> sql.Composable:
    """The columns of the table, the payload and the version as the chains make them."""
    made = {table.payload: new_payload(table, functions), table.version: new_version(table, chains)}
    return sql.SQL(", ").join(
        sql.SQL("{} AS {}").format(made.get(name, sql.Identifier("t", name)), sql.Identifier(name))
        for name in column_names(connection, table)
    )


def column_names(connection: Connection, table: EventTable) -> list[str]:
    """The columns that are written, in order. Raises UpcastersError where one that is named is missing."""
    query = (
        "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s "
        "AND is_generated = 'NEVER' ORDER BY ordinal_position"
    )
    names = [row[0] for row in connection.execute(query, (table.schema, table.name))]
    for wanted in (table.position, table.type, table.version, table.payload):
        if wanted not in names:
            raise UpcastersError(f"{table.schema}.{table.name} has no column {wanted}: name the columns of EventTable")
    return names


def number(connection: Connection, query: sql.Composed) -> int:
    """The one number that a query gives."""
    row = connection.execute(query).fetchone()
    return 0 if row is None else int(row[0])


REPLACED: Final = """
    CREATE SCHEMA IF NOT EXISTS lineal;
    CREATE TABLE IF NOT EXISTS lineal.replaced (
        events text NOT NULL, position bigint NOT NULL, version integer NOT NULL, sha256 text NOT NULL,
        replaced timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (events, position, version)
    )
"""


def replaced(table: EventTable, which: sql.Composable) -> sql.Composed:
    """Keep version and hash of the rows ``t`` that are about to be overwritten."""
    names = {name: sql.Identifier("t", getattr(table, name)) for name in ("position", "version", "payload")}
    return sql.SQL(
        "INSERT INTO lineal.replaced (events, position, version, sha256) SELECT {table}, {position}, "
        "{version}, encode(sha256(convert_to({payload}::text, 'UTF8')), 'hex') FROM {t} AS t WHERE {which} "
        "ON CONFLICT DO NOTHING"
    ).format(table=sql.Literal(f"{table.schema}.{table.name}"), t=table.identifier, which=which, **names)


def create_beside(connection: Connection, table: EventTable, copy: EventTable) -> None:
    """A table for the copies of events, of the same form, if there is none."""
    connection.execute(
        sql.SQL("CREATE TABLE IF NOT EXISTS {} (LIKE {} INCLUDING ALL)").format(copy.identifier, table.identifier)
    )


def lock(connection: Connection, table: EventTable) -> None:
    """Let nobody write until the transaction ends."""
    connection.execute(sql.SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(table.identifier))


def continue_numbers(connection: Connection, table: EventTable) -> None:
    """A generated position goes on behind the last event."""
    connection.execute(
        sql.SQL(
            "SELECT setval(s, greatest((SELECT max({p}) FROM {t}), 1)) "
            "FROM pg_get_serial_sequence({name}, {column}) AS s WHERE s IS NOT NULL"
        ).format(
            p=sql.Identifier(table.position),
            t=table.identifier,
            name=sql.Literal(table.identifier.as_string(connection)),
            column=sql.Literal(table.position),
        )
    )
