"""Spark in local mode (``make spark``, from ``requirements/spark.txt``); skipped without PySpark or without Java."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

UPCASTERS = Path(__file__).parents[1] / "upcasters"
sys.path[:0] = [str(UPCASTERS / "compile"), str(UPCASTERS)]


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A session on one core."""
    sql = pytest.importorskip("pyspark.sql", reason="needs PySpark: make spark")
    if not os.environ.get("JAVA_HOME") and shutil.which("java") is None:
        pytest.skip("needs Java: set JAVA_HOME, or have java on the PATH")
    folder = tmp_path_factory.mktemp("spark")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = sql.SparkSession.builder.master("local[1]").appName("lineal")
    for name, value in {
        "spark.ui.enabled": "false",
        "spark.driver.memory": "3g",  # its parser keeps what it has learnt of every query
        "spark.sql.shuffle.partitions": "1",
        "spark.local.dir": str(folder),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
    }.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()
