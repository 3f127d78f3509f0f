"""A standby takes over that lacks the last commits: what a node remembers of them is not given out any more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from urllib.parse import urlsplit

import psycopg
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from psycopg import sql

from registry.http.app import create_app
from registry.settings import load

pytestmark = pytest.mark.postgresql

LOST = '{"type":"record","name":"A","fields":[{"name":"lost","type":"int"}]}'
KEPT = '{"type":"record","name":"A","fields":[{"name":"kept","type":"string"}]}'


@pytest.fixture
def take_over(
    postgresql: str, postgresql_server: str, new_postgresql: Callable[..., AbstractContextManager[str]]
) -> Iterator[Callable[[], None]]:
    """A copy of the database as it is when the test begins; called, it stands in the database's place."""
    name = urlsplit(postgresql).path.removeprefix("/")
    with new_postgresql(name) as copy:
        standby = urlsplit(copy).path.removeprefix("/")

        def swap() -> None:
            with psycopg.connect(postgresql_server, autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
                ).fetchall()
                for old, new in ((name, f"{name}_lost"), (standby, name), (f"{name}_lost", standby)):
                    connection.execute(
                        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new))
                    )

        yield swap


@pytest.fixture
def nodes(
    postgresql: str,
    take_over: Callable[[], None],
) -> Iterator[tuple[TestClient[Litestar], TestClient[Litestar]]]:
    """Two nodes that do not look at the log by themselves, started when the copy is made."""
    one, other = (create_app(load({}, database=postgresql, follow_seconds=3_600.0)) for _ in range(2))
    with TestClient(one) as first, TestClient(other) as second:
        yield first, second


def register(node: TestClient[Litestar], text: str) -> tuple[int, int]:
    answer = node.post("/subjects/s/versions", json={"schema": text})
    assert answer.status_code == 200, answer.text
    return answer.json()["id"], answer.json()["version"]


def test_a_lost_registration_is_made_anew(
    nodes: tuple[TestClient[Litestar], TestClient[Litestar]], take_over: Callable[[], None]
) -> None:
    node, other = nodes
    assert register(node, LOST) == (1, 1)
    assert "lost" in node.get("/schemas/ids/1").json()["schema"]
    take_over()
    assert register(other, KEPT) == (1, 1), "the id is free again"
    assert node.get("/subjects").json() == ["s"]  # anything that asks the database
    assert "kept" in node.get("/schemas/ids/1").json()["schema"]
    assert register(node, KEPT) == (1, 1)
    assert node.post("/subjects/s", json={"schema": LOST}).json()["error_code"] == 40403


def test_what_was_remembered_decides_nothing(
    nodes: tuple[TestClient[Litestar], TestClient[Litestar]], take_over: Callable[[], None]
) -> None:
    node, other = nodes
    register(node, LOST)
    register(node, LOST.replace("int", "long"))
    take_over()
    register(other, KEPT)
    for text in (LOST, LOST.replace("int", "long")):
        refused = node.post("/subjects/s/versions", json={"schema": text})
        assert refused.status_code == 409, f"'kept' is read by nobody who expects 'lost': {refused.text}"
    assert node.get("/subjects/s/versions").json() == [1]
