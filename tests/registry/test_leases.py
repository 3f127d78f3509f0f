"""What only one process may do at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from registry.service import Registry
from registry.settings import Settings, load


@pytest.fixture
def nodes(settings: Settings) -> Iterator[list[Registry]]:
    opened = [Registry.open(load({}, database=settings.database, lease_seconds=1.5)) for _ in range(2)]
    yield opened
    for node in opened:
        node.close()


def test_of_many_that_ask_at_once_one_has_it(nodes: list[Registry]) -> None:
    for number in range(5):
        held: list[bool] = []
        together = threading.Barrier(2)

        def ask(node: Registry, name: str, held: list[bool], together: threading.Barrier) -> None:
            together.wait()
            held.append(node.leases.hold(name))

        threads = [threading.Thread(target=ask, args=(node, f"task-{number}", held, together)) for node in nodes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(held) == [False, True]


def test_it_runs_out_and_can_be_given_up(nodes: list[Registry]) -> None:
    one, other = nodes
    assert one.leases.hold("a")
    assert one.leases.hold("a")
    assert not other.leases.hold("a")
    assert other.leases.hold("b"), "each task has its own"
    time.sleep(1.7)
    assert other.leases.hold("a"), "as if the first had been killed"
    assert not one.leases.hold("a")
    other.leases.give_up("a")
    assert one.leases.hold("a")
