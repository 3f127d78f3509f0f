"""The application in process, over both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from registry.http.app import create_app
from registry.service import Registry
from registry.settings import load


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


@pytest.fixture
def client(registry: Registry) -> Iterator[TestClient[Litestar]]:
    with TestClient(create_app(registry=registry)) as client:
        yield client
