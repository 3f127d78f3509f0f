"""Both interfaces keep what their OpenAPI documents say, whatever is sent."""

from __future__ import annotations

import pytest
from litestar import Litestar

from registry.http.app import create_app
from registry.settings import load

EXAMPLES = 8


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    return create_app(load({}, database=f"sqlite:///{tmp_path_factory.mktemp('openapi') / 'lineal.db'}"))
