"""A Spark job that brings archives of events, as JSON lines, to the version that a chain leads to.

    curl -fsS "$REGISTRY/api/v1/subjects/orders.OrderPlaced/chain?from=1" > chain.json
    spark-submit upcasters/integrations/spark.py --chain chain.json --input old/ --output new/

The chain runs inside Spark as one SQL expression, and an event that it refuses ends the job. With ``--dead-letters`` it
runs as Python on the workers instead: slower, but what is refused is put aside with its reason, and chains run that
Spark SQL cannot express. A chain that makes one event of several runs in Python too, over the lines in their order,
files by name. ``upcast``, ``upcast_texts``, ``upcast_columns`` and ``upcast_in_python`` are for jobs of
your own.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias
from uuid import uuid4

from upcasters.chain import Chain, chain_from_json
from upcasters.compile.spark import READ, columns, expression, texts
from upcasters.compile.targets import result_shape
from upcasters.errors import NotPortable, UpcastersError
from upcasters.integrations.spark_replay import replay_texts

DataFrame: TypeAlias = Any
"""Of PySpark, which this module does without until a job runs."""


def upcast(frame: DataFrame, chain: Chain, column: str = "event") -> DataFrame:
    """The frame with the events in a VARIANT column brought to the chain's target. Raises NotPortable, NotAPayload."""
    from pyspark.sql.functions import expr

    return frame.withColumn(column, expr(expression(chain.plan, column)))


def upcast_texts(frame: DataFrame, chain: Chain, column: str = "event") -> DataFrame:
    """The frame with the JSON texts in a column brought to the chain's target, by the faster way that the chain has.

    Where the shape of the events is closed a text is taken apart once, into columns; a whole number that is written
    with a fraction (``1.0``) is refused there. Raises NotPortable, NotAPayload.
    """
    from pyspark.sql.functions import col, expr, parse_json, to_json

    try:
        reader, written = texts(chain.plan, chain.shape, column)
    except NotPortable:
        return upcast(frame.withColumn(column, parse_json(col(column))), chain, column).withColumn(
            column, to_json(col(column))
        )
    return frame.withColumn(READ, expr(reader)).withColumn(column, expr(written)).drop(READ)


def upcast_columns(frame: DataFrame, chain: Chain, keep: Sequence[str] = ()) -> DataFrame:
    """The frame, whose columns are the members of events, with the new version's members as columns.

    ``keep`` are columns that are none of the event's. Raises NotPortable, NotAPayload.
    """
    name = f"lineal_{uuid4().hex}"
    query = columns(chain.plan, chain.shape, result_shape(chain), name, tuple(keep))
    frame.createOrReplaceTempView(name)
    try:
        return frame.sparkSession.sql(query)
    finally:
        frame.sparkSession.catalog.dropTempView(name)


def upcast_in_python(frame: DataFrame, served: Any, column: str = "event") -> DataFrame:
    """The frame with the JSON texts in a column brought along a chain, as the registry served it, row by row.

    What an operation refuses is null in the column, and its reason stands in the column ``error``.
    """
    from pyspark.sql.functions import col, udf

    run = udf(_runner(json.dumps(served)), "event STRING, error STRING", useArrow=False)
    done = frame.withColumn("upcast", run(col(column)))
    return done.withColumn(column, col("upcast.event")).withColumn("error", col("upcast.error")).drop("upcast")


def _runner(served: str) -> Callable[[str | None], tuple[str | None, str | None]]:
    def run(text: str | None) -> tuple[str | None, str | None]:
        if text is None:
            return None, None
        try:
            return json.dumps(_chain(served)(json.loads(text)), ensure_ascii=False), None
        except (UpcastersError, ValueError) as error:
            return None, str(error)

    return run


@lru_cache(maxsize=64)
def _chain(served: str) -> Chain:
    """The chain of a worker, made once in its process."""
    return chain_from_json(json.loads(served))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the job."""
    from pyspark.sql import SparkSession

    asked = _arguments(arguments)
    served = json.loads(Path(asked.chain).read_text(encoding="utf-8"))
    spark = SparkSession.builder.appName(f"upcast {served['subject']}").getOrCreate()
    lines = spark.read.text(asked.input)
    if any(step.stream_level for step in chain_from_json(served).steps):
        _replay(lines, served, asked)
        return
    if asked.dead_letters is None:
        upcast_texts(lines, chain_from_json(served), "value").write.text(asked.output)
        return
    done = upcast_in_python(lines.withColumn("event", lines.value), served).cache()
    done.where("error IS NULL").selectExpr("event AS value").write.text(asked.output)
    refused = done.where("error IS NOT NULL").selectExpr("value AS event", "error")
    refused.write.json(asked.dead_letters)
    print(f"{done.count()} events, {refused.count()} put aside")  # noqa: T201 - a job speaks through its output


def _replay(lines: DataFrame, served: Any, asked: argparse.Namespace) -> None:
    """Lines as one stream along a chain that makes one event of several. Raises UpcastersError for what fails."""
    from pyspark.sql.functions import monotonically_increasing_id

    where = ["_metadata.file_path", "_metadata.file_block_start"]
    ordered = lines.select("value", *where).withColumn("line", monotonically_increasing_id())
    done = replay_texts(ordered, served, ["file_path", "file_block_start", "line"], "value").cache()
    refused = done.where("error IS NOT NULL").select("places", "error")
    if asked.dead_letters is not None:
        refused.write.json(asked.dead_letters)
    elif (first := refused.first()) is not None:
        raise UpcastersError(f"events {', '.join(map(str, first.places))}: {first.error}")
    done.where("error IS NULL").selectExpr("event AS value").write.text(asked.output)
    print(f"{done.where('error IS NULL').count()} events made, {refused.count()} put aside")  # noqa: T201 - a job speaks through its output


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="spark.py", description="Bring JSON lines of events along a chain.")
    parser.add_argument("--chain", required=True, help="file with the chain, as the registry serves it")
    parser.add_argument("--input", required=True, help="JSON lines: a file or folder that Spark can read")
    parser.add_argument("--output", required=True, help="folder for the events, which must not exist")
    parser.add_argument("--dead-letters", help="folder for refused events and their reasons; runs in Python")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
