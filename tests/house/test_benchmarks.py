"""The benchmarks still speak today's words: each can be loaded, and those that are quick at a small size are run."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from registry.model import DEFAULT, ConfigurationChange
from registry.service import Registry
from registry.settings import load
from tests.benchmarks import growth, registration

ROOT = Path(__file__).resolve().parents[1] / "benchmarks"
NAMES = sorted(path.stem for path in ROOT.glob("[a-z]*.py"))
_WRITTEN = re.compile(r"^(?:INSERT INTO|UPDATE) (\w+)")


@pytest.mark.filterwarnings("ignore:XDG_RUNTIME_DIR is not set")  # of the PostgreSQL wheel
@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_can_be_loaded(name: str) -> None:
    if name == "spark_target":
        pytest.importorskip("pyspark", reason="needs requirements/spark.txt: make spark")
    importlib.import_module(f"tests.benchmarks.{name}")


def test_growth_asks_every_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "REPEATS", 2)
    database = f"sqlite:///{tmp_path / 'lineal.db'}"
    registry = Registry.open(load({}, database=database))
    registry.configurations.configure(DEFAULT, ConfigurationChange(compatibility="NONE"))
    growth.fill(registry, 0, 30)
    registry.close()
    assert all(figure >= 0 for figure in growth.measure(database, 30).values())


def test_registrations_are_compared_with_the_rows_they_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registration, "COUNT", 10)
    database = f"sqlite:///{tmp_path / 'lineal.db'}"
    registry = Registry.open(load({}, database=database))
    registration.many_clients(registry, 0)
    rows = registration.rows_of(registry)
    with registration.driver(database) as execute:
        registration.bare(execute, rows)
    registry.close()
    tables = [[_WRITTEN.findall(statement)[0] for statement, _ in each] for each in rows]
    assert tables == [["log", "schema", "version", "subject", "context", "head"]] * 10
