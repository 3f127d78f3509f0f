"""A shortened soak: everything is answered, and nothing that is opened stays open."""

from __future__ import annotations

import pytest

from tests.benchmarks.soak import Window, growth, soak

SECONDS = 9.0


@pytest.fixture(scope="module")
def windows(tmp_path_factory: pytest.TempPathFactory) -> list[Window]:
    folder = tmp_path_factory.mktemp("soak")
    windows: list[Window] = []
    _, failures = soak(f"sqlite:///{folder / 'lineal.db'}", folder, SECONDS, windows.append)
    assert failures == []
    assert sum(window.requests for window in windows) > 100, "the load was no load"
    return windows


def test_descriptors_and_threads_do_not_grow(windows: list[Window]) -> None:
    assert growth(windows, lambda window: window.descriptors) < 1.3
    assert growth(windows, lambda window: window.threads) < 1.3


def test_memory_is_bounded(windows: list[Window]) -> None:
    assert growth(windows, lambda window: window.memory_mb) < 1.2
