"""Real servers in processes of their own, on any database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.node import Node, launch, running
from tests.serving import Serve, serving


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Node]]:
    """Start nodes on a database; they are stopped at the end."""
    started: list[Node] = []

    def run(database: str, port: int = 0, **settings: str) -> Node:
        started.append(launch(database, tmp_path, port=port, **settings))
        return started[-1]

    yield run
    for node in started:
        node.stop()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One node for all tests of a module; each keeps to its own subjects."""
    folder = tmp_path_factory.mktemp("node")
    with running(f"sqlite:///{folder / 'lineal.db'}", folder) as url:
        yield url


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts ``lineal serve``."""
    with serving(tmp_path) as start:
        yield start
