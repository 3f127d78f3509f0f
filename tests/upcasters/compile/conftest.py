"""The generator of the folder above, and a PostgreSQL database for this one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import psycopg
import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]


@pytest.fixture(scope="session")
def postgresql(new_postgresql: Callable[..., AbstractContextManager[str]]) -> Iterator[psycopg.Connection]:
    """A connection to a database of its own, with the runtime installed."""
    from upcasters.compile import postgresql as target

    with new_postgresql() as url, psycopg.connect(url, autocommit=True) as connection:
        connection.execute(target.runtime())
        yield connection
