"""The application in process, over both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from registry.http.app import create_app
from registry.service import Registry
from registry.settings import load
from tests.registry.conftest import DATABASES


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient[Litestar]]:
    """One application for all tests of a module that must not change it."""
    database = f"sqlite:///{tmp_path_factory.mktemp('kept') / 'lineal.db'}"
    with TestClient(create_app(load({}, database=database))) as client:
        schema = '{"type":"record","name":"Kept","fields":[]}'
        client.post("/subjects/kept/versions", json={"schema": schema}).raise_for_status()
        yield client


@pytest.fixture
def untouched(kept: TestClient[Litestar]) -> Iterator[TestClient[Litestar]]:
    """An application with one subject, ``kept``, and the proof that the test has written nothing."""
    yield kept
    assert kept.get("/api/v1/changes").json()["position"] == 1


@pytest.fixture(scope="module", params=DATABASES)
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient[Litestar]]:
    """One application on each database for all tests of a module that take away what they have brought."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            database = f"sqlite:///{tmp_path_factory.mktemp('shared') / 'lineal.db'}"
        else:
            new = request.getfixturevalue("new_postgresql")
            database = stack.enter_context(new(request.getfixturevalue("migrated")))
        settings = load({}, database=database, secret_key="A" * 43 + "=")
        yield stack.enter_context(TestClient(create_app(settings)))


@pytest.fixture
def client(registry: Registry) -> Iterator[TestClient[Litestar]]:
    with TestClient(create_app(registry=registry)) as client:
        yield client
