"""The five-step chain of fused_plan in Spark SQL, beside a Python function in Spark: events a second and core.

Needs ``make spark`` first; says so where PySpark is absent.
Run: .venv/bin/python -m tests.benchmarks.spark_target
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from tests.benchmarks.fused_plan import EVENT, SHAPE, chain, documents
from upcasters.chain import chain_to_json
from upcasters.compile.spark import expression
from upcasters.integrations.spark import upcast_columns, upcast_in_python, upcast_texts

EVENTS = 60_000
"""Enough that what a query costs by itself is little of it."""
COLUMNS = (
    "order_id STRING, cust_first STRING, cust_last STRING, mail STRING, zip STRING, city STRING, status STRING, "
    "created BIGINT, total BIGINT, weight_kg BIGINT, legacy_flag STRING, "
    "items ARRAY<STRUCT<sku STRING, qty BIGINT, price BIGINT>>"
)


def seconds(frame: Callable[[], Any], rounds: int = 2) -> float:
    """The best time of some rounds after one that warms up; each over a frame of its own, whose stages nobody kept."""
    frame().collect()
    best = float("inf")
    for _ in range(rounds):
        started = time.perf_counter()
        frame().collect()
        best = min(best, time.perf_counter() - started)
    return best


def texts(spark: Any) -> Any:
    """A frame of events that differ, as JSON texts."""
    rows = [(json.dumps({**EVENT, "order_id": f"o-{index}", "total": index}),) for index in range(EVENTS)]
    frame = spark.createDataFrame(rows, "event STRING").coalesce(1).cache()
    assert frame.count() == EVENTS
    return frame


def runs(frame: Any) -> dict[str, Callable[[], Any]]:
    """The ways to bring a frame over, each reduced to one row, so that nothing is computed in vain or left out."""
    served = chain_to_json("orders.OrderPlaced", 1, documents(), {1: SHAPE})
    written = expression(chain().plan)
    parsed = frame.selectExpr("parse_json(event) AS event").cache()
    typed = frame.selectExpr(f"from_json(event, '{COLUMNS}') AS e").select("e.*").cache()
    assert parsed.count() == typed.count()
    total = "sum(length(event)) AS total"
    return {
        "Python function, text to text": lambda: upcast_in_python(frame, served).selectExpr(total),
        "Spark SQL, text to text": lambda: upcast_texts(frame, chain()).selectExpr(total),
        "Spark SQL, columns to columns": lambda: upcast_columns(typed, chain()).selectExpr("sum(hash(*))"),
        "Spark SQL, VARIANT to text": lambda: parsed.selectExpr(f"to_json({written}) AS event").selectExpr(total),
    }


def main() -> None:
    """Measure and print."""
    if find_spec("pyspark") is None:
        print("PySpark is not installed: make spark")
        return
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    for name in ("spark.driver.bindAddress", "spark.driver.host"):
        builder = builder.config(name, "127.0.0.1")
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    found = {name: EVENTS / seconds(frame) for name, frame in runs(texts(spark)).items()}
    for name, value in found.items():
        print(f"{name:36} {value:9,.0f} events/s per core")
    for way in ("text to text", "columns to columns"):
        ratio = found[f"Spark SQL, {way}"] / found["Python function, text to text"]
        print(f"{f'{way} / Python function':36} {ratio:9.2f}")
    spark.stop()


if __name__ == "__main__":
    main()
