"""The application in process, over both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from registry.http.app import create_app
from registry.service import Registry


@pytest.fixture
def client(registry: Registry) -> Iterator[TestClient[Litestar]]:
    with TestClient(create_app(registry=registry)) as client:
        yield client
