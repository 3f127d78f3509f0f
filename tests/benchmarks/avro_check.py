"""What a check of two Avro schemas costs: ``python -m tests.benchmarks.avro_check``.

Times a pair of records of 50 fields beside parsing the same texts and beside the checker of the ``avro`` package in the
same run. Processor time, not the clock's, and the best of several rounds, so that a busy machine does not show.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable
from typing import Any

import fastavro

from compat.avro.parse import parse as parse_definition
from compat.definition import Definition, Format
from tests.compat.avro.laws import blocking, findings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import avro.schema
    from avro.compatibility import ReaderWriterCompatibilityChecker

TYPES: tuple[Any, ...] = (
    "int",
    "long",
    "string",
    ["null", "string"],
    {"type": "long", "logicalType": "timestamp-millis"},
    {"type": "array", "items": "string"},
    {"type": "map", "values": "double"},
    {"type": "enum", "name": "Kind{}", "symbols": ["A", "B", "C"]},
    ["null", {"type": "record", "name": "Part{}", "fields": [{"name": "sku", "type": "string"}]}],
    "boolean",
)


def record(size: int, *more: Any) -> str:
    """The text of a record with so many fields of ten kinds."""
    fields = [
        json.loads(json.dumps({"name": f"field_{index}", "type": TYPES[index % 10]}).replace("{}", str(index)))
        for index in range(size)
    ]
    return json.dumps({"type": "record", "name": "shop.Order", "doc": "An order.", "fields": [*fields, *more]})


def best(work: Callable[[], object], rounds: int) -> float:
    """Milliseconds of processor time of one call in the best of so many rounds."""
    fastest = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(10):
            work()
        fastest = min(fastest, (time.process_time() - start) / 10)
    return fastest * 1e3


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=30)
    options.add_argument("--fields", type=int, default=50)
    given = options.parse_args()
    old = record(given.fields)
    new = record(given.fields, {"name": "extra", "type": ["null", "int"], "default": None})
    broken = old.replace('"field_0", "type": "int"', '"field_0", "type": "string"')

    def parse(text: str) -> Any:
        return parse_definition(Definition(Format.AVRO, text))

    writer, reader, bad = map(parse, (old, new, broken))
    assert not findings(writer, reader)
    assert len(blocking(findings(writer, bad))) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = avro.schema.parse(new), avro.schema.parse(old)
        rows = {
            "check, compatible": best(lambda: findings(writer, reader), given.rounds),
            "check, incompatible, with its executed witness": best(lambda: findings(writer, bad), given.rounds),
            "parse both texts": best(lambda: (parse(old), parse(new)), given.rounds),
            "json.loads of both texts": best(lambda: (json.loads(old), json.loads(new)), given.rounds),
            "fastavro parses both": best(lambda: [_fastavro(text) for text in (old, new)], given.rounds),
            "avro: check": best(lambda: ReaderWriterCompatibilityChecker().get_compatibility(*theirs), given.rounds),
            "avro: parse both texts": best(lambda: [avro.schema.parse(text) for text in (old, new)], given.rounds),
        }
    check = rows["check, compatible"]
    print(f"{given.fields} fields, {len(old):,} bytes per schema")
    for name, milliseconds in rows.items():
        print(f"{name:50} {milliseconds:8.3f} ms   {milliseconds / check:6.2f} x the check")


def _fastavro(text: str) -> object:
    return fastavro.parse_schema(json.loads(text), named_schemas={})


if __name__ == "__main__":
    main()
